"""The one small language of formulas, options, problem files and answers: text → frozen typed nodes → exact value."""
