"""The field's facts, a file per topic: each formula with its steps, forms, typical mistakes, conventions and source."""
