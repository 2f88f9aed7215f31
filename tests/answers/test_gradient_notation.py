"""Gradients as they stand on slides and in textbooks: one formula in many notations, each judged by hand first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dlcalc.answers.marks import Mark
from dlcalc.api.recurrent_gradients import bptt

CASES = [json.loads(line) for line in (Path(__file__).parent / "gradients.jsonl").read_text("utf-8").splitlines()]


def mark(args: str, answer: str) -> Mark:
    """The mark of an answer: `lstm W_f --loss last` says of which cell and weight."""
    words = args.split()
    cell = words.pop(0) if words[0] in ("lstm", "gru") else "rnn"
    wrt, *rest = words
    options: dict[str, Any] = {
        name.removeprefix("--"): value for name, value in zip(rest[::2], rest[1::2], strict=True)
    }
    if "steps" in options:
        options["steps"] = int(options["steps"])
    return bptt(cell, wrt, answer=answer, **options).mark  # type: ignore[union-attr]


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_notation_is_read(cell: str) -> None:
    """Each case: of which weight, what is written, its mark, and a part of the reason or of the mistake named."""
    bad = []
    for args, answer, want, said in CASES:
        if (args.split()[0] if args.split()[0] in ("lstm", "gru") else "rnn") == cell:
            found = mark(args, answer)
            told = "; ".join((found.reason, *(each.because for each in found.mistakes)))
            if found.status != want or said not in told:
                bad.append((args, answer, want, said, found.status, told))
    assert not bad, bad
