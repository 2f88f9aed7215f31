"""One mistake has one id, wherever it is made: a gradebook adds up by ids."""

from __future__ import annotations

import re
from collections import defaultdict

from checkout import ROOT, project_files

from dlcalc.formulas.registry import formula
from dlcalc.formulas.topics import ids_known
from dlcalc.gradients.diff_mistakes import DIFF_MISTAKES, OTHER_LETTER
from dlcalc.gradients.mistakes import GRADIENT_MISTAKES, RULES, TRANSPOSED

RETIRED = {
    "explicit-term-only": "explicit-only",
    "w-not-transposed": "not-transposed",
    "not-transposed-back": "not-transposed",
    "hidden-weights-transposed": "weights-transposed",
    "recurrent-matrix-transposed": "weights-transposed",
    "rows-for-columns": "transposed",
    "signs-turned": "sign-turned",
    "softmax-unnormalised": "not-normalised",
    "power-forgotten": "loss-for-perplexity",
    "sigmoid-derivative": "sigmoid-slope",
    "tanh-derivative": "tanh-slope",
    "state-for-state-before": "state-of-the-same-step",
    "divided-by-the-largest-alone": "divided-by-largest-after-shift",
    "divided-by-b-minus-1": "divided-by-one-less",
    "divided-by-n-minus-1": "divided-by-one-less",
    "inner-forgotten": "inner-derivative-forgotten",
    "sigmoid-twice": "activation-twice",
    "tanh-twice": "activation-twice",
    "slope-at-the-output": "activation-twice",
    "at-the-output": "input-for-value",
    "values-not-bytes": "parameters-not-bytes",
    "whole-filter-padded": "padding-of-each-side-in-output",
}
"""Ids of before 0.2 → what the same mistake is called now."""


def every_mistake() -> list[tuple[str, str]]:
    """(id, sentence) of all mistakes of formulas, gradients and derivatives."""
    found = [(mistake.id, mistake.because) for id in ids_known() for mistake in formula(id).mistakes]
    found += [(rule.id, rule.because) for rule in RULES]
    found += [(whole.id, whole.because) for whole in GRADIENT_MISTAKES]
    return found + [(slip.id, slip.because) for slip in (*DIFF_MISTAKES, OTHER_LETTER)]


def test_a_sentence_has_one_id() -> None:
    """What can go wrong at two places of one formula has the place behind the id of the first."""
    ids = defaultdict(set)
    for id, because in every_mistake():
        if "{" not in because:  # what stands in the braces tells these apart
            ids[because].add(id)
    several = [sorted(names, key=len) for names in ids.values() if len(names) > 1]
    assert [names for names in several if not all(name.startswith(f"{names[0]}-") for name in names[1:])] == []


def test_no_id_of_before_is_left() -> None:
    """Nor does a problem file or a document name one."""
    known = {id for id, _ in every_mistake()}
    assert known & set(RETIRED) == set()
    assert set(RETIRED.values()) - known <= {"transposed"}  # of whole arrays, whatever the formula
    named = re.compile(rf"[\"':`+]({'|'.join(RETIRED)})(?=[\"'`+])")
    assert named.findall("'inner-forgotten' `at-the-output+signs-turned`") == [
        "inner-forgotten",
        "at-the-output",
        "signs-turned",
    ]
    left = [
        (path.name, id)
        for path in project_files()
        if path.suffix in {".md", ".py", ".toml"} and path.name not in {"CHANGELOG.md", "test_mistake_ids.py"}
        for id in named.findall(path.read_text(encoding="utf-8"))
    ]
    assert left == []


def test_a_transposed_answer_is_called_so_everywhere() -> None:
    """A gradient and any other array."""
    assert TRANSPOSED.id == "transposed"
    patterns = next(path for path in (ROOT / "dlcalc").rglob("array_patterns.py"))
    assert f'"{TRANSPOSED.id}"' in patterns.read_text(encoding="utf-8")
