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


@pytest.mark.parametrize(("args", "answer", "want", "said"), CASES)
def test_a_notation_is_read(args: str, answer: str, want: str, said: str) -> None:
    """`said`: what is told of it, a part of the reason, or of the mistake that is named."""
    found = mark(args, answer)
    assert found.status == want, found
    told = "; ".join((found.reason, *(each.because for each in found.mistakes)))
    assert said in told
