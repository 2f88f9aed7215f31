"""A part that asks a gradient of a drawn feed-forward network: gradient:net.W1."""

from __future__ import annotations

from pathlib import Path

import pytest
from handing_in import marked, written

from dlcalc.errors import ProblemError

PROBLEM = """+++
title = 'A gradient'
topic = 'training'
level = 'easy'

[draw]
k = [4, 5]
net = {{text = '3; dense {{{{k}}}} {activation}; dense 2{output}'}}

[[part]]
id = 'a'
kind = '{kind}'
ask = '{ask}'
{more}
+++
A network with {{{{k}}}} hidden units.
"""


def text(ask: str, more: str = "", kind: str = "expression", activation: str = "tanh", output: str = " softmax") -> str:
    return PROBLEM.format(ask=ask, more=more, kind=kind, activation=activation, output=output)


@pytest.mark.parametrize(
    ("ask", "more", "answer", "status"),
    [
        ("gradient:net.W2", "", "(ŷ - y) h_1^T", "right"),
        ("gradient:net.W2", "", "h_1 (ŷ - y)^T", "convention"),
        ("gradient:net.W2", "with = {layout = 'column'}", "h_1 (ŷ - y)^T", "wrong"),
        ("gradient:net.W2", "with = {layout = 'row'}", "h_1^T (ŷ - y)", "right"),
        ("gradient:net.b1", "", "(W_2^T (ŷ - y)) ⊙ (1 - h_1^2)", "right"),
        ("gradient:net.W1[1,2]", "", "δ_1[1] x[2]", "right"),
        ("gradient:net.W1", "", "(W_2^T (ŷ - y)) x^T", "wrong"),
        ("gradient:net.W1", "", "the chain rule", "unreadable"),
    ],
)
def test_it_is_marked(ask: str, more: str, answer: str, status: str, tmp_path: Path) -> None:
    found = marked(written(tmp_path / "gradient.md", text(ask, more)), a=answer)["a"]
    assert found.status == status, found


@pytest.mark.parametrize(
    ("ask", "more", "kind", "rule"),
    [
        ("gradient:net", "", "expression", "a gradient of a network is written gradient:net.W1"),
        ("gradient:mlp.W1", "", "expression", "or of what is drawn: gradient:net.W1"),
        ("gradient:net.W1", "with = {steps = '3'}", "expression", "its options are loss, layout, outer"),
        ("gradient:net.W1", "with = {layout = 'rows'}", "expression", "this is one of column, row, pytorch"),
        ("gradient:net.W1", "", "choice", "a gradient of a network is asked as an expression, not as choice"),
    ],
)
def test_what_cannot_be_asked(ask: str, more: str, kind: str, rule: str, tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=rule):
        written(tmp_path / "gradient.md", text(ask, more, kind))


def test_a_layout_for_what_is_written_entry_by_entry(tmp_path: Path) -> None:
    rule = "what is written entry by entry has the layout column, not row"
    with pytest.raises(ProblemError, match=rule):
        written(tmp_path / "gradient.md", text("gradient:net.W1[1,2]", "with = {layout = 'row'}"))
