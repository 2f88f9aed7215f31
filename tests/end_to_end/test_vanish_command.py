"""`dlcalc vanish` as a teacher uses it."""

from __future__ import annotations

from pathlib import Path

import pytest
from terminal import Terminal

from dlcalc.api.vanishing import vanish

pytest.importorskip("numba")


def test_the_table_and_the_plot(terminal: Terminal) -> None:
    found = terminal("vanish --lambda 0.9 --steps 10 --hidden 4")
    assert found.status == 0
    assert "for certain" in found.words
    assert "simple RNN: not under ε = 0.001 within 10 steps" in found.words
    assert "· bound (γλ)^d  a simple RNN  b LSTM  c GRU  ╌ ε = 0.001" in found.out
    assert "\x1b" not in found.out
    assert max(map(len, found.out.splitlines())) <= 80


def test_json_has_the_curves(terminal: Terminal) -> None:
    found = terminal("vanish --cell rnn --lambda 1.2 --steps 5 --hidden 4 --clip 1.1 --truncate 3 --json").json
    assert found["bound"] == pytest.approx([1.2**d for d in range(6)])
    assert found["until"] is None
    assert max(found["cured"]["rnn"]) <= 1.1
    assert found["cured"]["rnn"][4:] == [0, 0]


def test_the_bound_alone_is_dashed_in_the_chart() -> None:
    """What is measured is drawn through; ε is the level, on an axis of powers."""
    chart = vanish("0.5", 6, ["rnn"], hidden=4, epsilon="0.01").chart()
    assert [name for name in chart.curves if name in chart.dashed] == ["bound (γλ)^d"]
    assert (chart.level, chart.logarithmic) == ((0.01, "ε = 0.01"), True)
    assert [list(chart.curves["bound (γλ)^d"])[d] for d in (0, 1, 6)] == [1, 0.5, 0.5**6]


def test_one_step_is_one_step(terminal: Terminal) -> None:
    found = terminal("vanish --cell rnn --lambda 0.0001 --steps 5 --hidden 4")
    assert "from 1 step on, for certain" in found.words
    assert "simple RNN: under ε = 0.001 from 1 step on" in found.words


def test_each_cell_has_its_own_step_from_which_it_has_vanished(terminal: Terminal) -> None:
    """Under ε from there on, and not yet one step before; the bound vanishes later than what it bounds."""
    found = terminal("vanish --cell rnn,gru --lambda 0.5 --steps 40 --hidden 4 --json").json
    assert found["until"] == 10  # 0.5¹⁰ = 0.00098
    assert len(set(found["under"].values())) == 2
    for cell, first in found["under"].items():
        norms = found["measured"][cell]
        assert max(norms[first:]) < 0.001 <= norms[first - 1]
    assert found["under"]["rnn"] <= found["until"]


def test_pictures_are_written_the_same_each_time(terminal: Terminal, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    written = []
    for name in ("a", "b"):
        files = [tmp_path / f"{name}.{kind}" for kind in ("svg", "png")]
        command = f"vanish --cell rnn --steps 5 --hidden 4 --svg {files[0]} --png {files[1]}"
        assert terminal(command).status == 0
        written.append([file.read_bytes() for file in files])
    assert written[0] == written[1]
    assert written[0][0].startswith(b"<?xml")
    assert written[0][1].startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--steps many", "--steps is a whole number, not 'many'"),
        ("--clip x", "--clip is a number, not 'x'"),
        ("--clip 1_0", "--clip is a number, not '1_0'"),
        ("--clip nan", "--clip is a number, not 'nan'"),
        ("--steps 1_0", "--steps is a whole number, not '1_0'"),
        ("--steps ٣", "--steps is a whole number, not '٣'"),
        ("--cell rnn,cnn", "a cell is one of rnn, lstm, gru, not cnn"),
        ("--steps 3 --hidden 2 --svg /no/where/v.svg", "there is no folder"),
    ],
)
def test_a_bad_question_is_one_line(terminal: Terminal, options: str, words: str) -> None:
    found = terminal(f"vanish {options}")
    assert found.status == 2
    assert words in found.err
    assert len(found.err.splitlines()) == 1
