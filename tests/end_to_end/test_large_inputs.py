"""What is large ends in an answer or in one line: work is counted before it is done, and what is told has a bound."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dlcalc.api import hand_run
from dlcalc.api.hand_run import by_hand, check
from dlcalc.cli import main
from dlcalc.expressions import limits
from dlcalc.expressions.printing import Block, joined
from dlcalc.expressions.printing.blocks import line_width
from dlcalc.formulas.differences import Checks
from dlcalc.formulas.model import Formula
from dlcalc.formulas.program import Program
from dlcalc.formulas.registry import formula
from dlcalc.formulas.run import Working, run


def image(size: int) -> str:
    return "; ".join(" ".join(str((3 * i + 7 * j) % 10) for j in range(size)) for i in range(size))


def row(size: int) -> str:
    return " ".join(f"0.{37 * i % 89 + 10}" for i in range(size))


TOO_MUCH = (
    "dlcalc: working by hand is limited to {:,} operations, and these numbers need more: give fewer, or call "
    "dlcalc.ops from Python\n"
)


@pytest.mark.parametrize(
    ("arguments", "limit"),
    [
        (["conv", "--x", image(100), "--w", "1 0; 0 -1", "--backward"], 5_000_000),
        (["conv", "--x", image(33), "--w", image(9)], 500_000),
        (["conv", "--x", image(33), "--w", image(9), "--ask", "output", "--answer", "1"], 500_000),
        (["conv-transpose", "--x", image(33), "--w", image(9)], 500_000),
    ],
    ids=["backwards", "large filter", "judged", "transposed"],
)
def test_too_much_by_hand_is_one_line(
    arguments: list[str], limit: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the limit as it is, and wherever the work goes with a tenth of it, which is reached sooner."""
    if limit != limits.LIMIT_WORKING:
        monkeypatch.setattr(hand_run, "LIMIT_WORKING", limit)
    assert main(["run", *arguments]) == 2
    assert capsys.readouterr().err == TOO_MUCH.format(limit)


def test_all_entries_of_a_formula_share_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each window costs little; together they may not cost more than a working may."""
    given = {"x": (((1,) * 30,) * 30,), "w": ((((1,) * 3,) * 3,),), "b": (0,)}
    run(formula("conv_by_hand"), given)
    monkeypatch.setattr("dlcalc.formulas.run.LIMIT_WORKING", 100_000)
    with pytest.raises(limits.WorkError, match="too much work"):
        run(formula("conv_by_hand"), given)


def test_an_array_that_is_judged_is_worked_out_once_for_the_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """To know how many indices it has, and to be compared."""
    runs = []

    def counted(found: Formula, given: Any, edits: Any = (), known: Any = None, convention: str = "") -> Working:
        runs.append(convention)
        return run(found, given, edits, known, convention)

    monkeypatch.setattr("dlcalc.answers.formula_target.run", counted)
    assert check("pool", "output", "9 8; 7 9", x=image(4), f=2).status == "wrong"
    assert len(runs) == len(set(runs)) > 0


@pytest.mark.parametrize("kind", ["max", "min", "avg", "sum"])
def test_a_cell_asks_only_the_windows_over_it(kind: str) -> None:
    """Four times the cells, four times the work, forwards and backwards."""

    def work(size: int) -> int:
        half = size // 2
        given = {"x": (tuple(tuple((3 * i + 7 * j) % 10 for j in range(size)) for i in range(size)),), "f": 2, "s": 2,
                 "p": 0, "g": (((1,) * half,) * half,)}  # fmt: skip

        def spent() -> int:
            run(formula(f"pool_by_hand_{kind}_backward"), given)
            return 1_000_000 - limits.left()

        return limits.within_budget(spent, 1_000_000)

    assert work(20) <= 4.5 * work(10)


def test_a_mistake_in_a_large_array_is_looked_for_while_there_is_work_left() -> None:
    """A small convolution with its pairs of mistakes; of a larger one single mistakes only: never a refusal."""
    large = [[(3 * i + 7 * j) % 10 for j in range(32)] for i in range(32)]
    right = by_hand("conv", x=large, w="1 2; 3 4").output
    flipped = by_hand("conv", x=large, w="1 2; 3 4", flip=True).output
    assert check("conv", "output", right, x=large, w="1 2; 3 4").correct
    judged = check("conv", "output", flipped, x=large, w="1 2; 3 4")
    assert not judged.correct
    assert judged.mistakes[0]["id"] == "flipped"


def test_finite_differences_are_made_where_all_their_runs_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of fifty examples with fifty features each no number is moved: that would be 200 passes over 2,500."""
    small = by_hand("batchnorm", x="1 2; 3 6; 5 5", backward=True)
    assert {each.variable for each in small.checked} == {"x", "gamma", "beta"}
    runs: list[object] = []
    reach_all = Program.reach_all
    monkeypatch.setattr(Program, "reach_all", lambda *arguments: (runs.append(1), reach_all(*arguments))[1])
    large = by_hand("batchnorm", x=image(50), backward=True)
    assert large.checks == Checks((), ("dx", "dgamma", "dbeta"))
    assert len(runs) == 1  # by which it is seen how long all would take
    assert large.to_dict()["finite_differences_left_out"] == ["dx", "dgamma", "dbeta"]
    assert "finite_differences_left_out" not in small.to_dict()


def test_finite_differences_of_all_arrays_share_their_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each gradient of a long LSTM is one number and cheap; all of them together are not."""
    gates = {f"{matrix}_{gate}": "0.5" for matrix in "wu" for gate in "fioc"}
    long = by_hand("lstm", x=row(1000), backward=True, **gates)
    assert 0 < len(long.checks.made) < len(long.checks.too_long)
    shown = " ".join(long.to_markdown().split())
    assert "not checked by finite differences, which would take long: db" in shown
    short = by_hand("lstm", x="1 2", backward=True, **gates)
    assert short.checks.too_long == ()
    assert "would take long" not in short.to_markdown()


def test_that_not_all_mistakes_were_tried_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "conv", "--x", image(40), "--w", "1 0; 0 -1", "--ask", "value", "--answer", "1"]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "no typical mistake that was tried gives this" in told
    assert "not all mistakes were tried: it would take too long with so many numbers" in told
    assert main(["run", "conv", "--x", image(5), "--w", "1 0; 0 -1", "--ask", "value", "--answer", "1", "--json"]) == 1
    assert "stopped" not in json.loads(capsys.readouterr().out)


def test_of_a_long_series_the_first_rows_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    weights = ["--w-x", "0.5", "--w-h", "0.3", "--b", "0", "--activation", "tanh"]
    assert main(["run", "rnn", "--x", row(3000), *weights]) == 0
    told = capsys.readouterr().out
    assert told.count("the first 100 of 3,000 are shown; --json has all values") == 2
    assert len(told.splitlines()) < 300


def test_json_tells_fewer_entries_where_whole_arrays_stand_in_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Each entry of a transposed convolution looks through the whole image."""
    assert main(["run", "conv-transpose", "--x", image(30), "--w", "1 2; 3 4", "--json"]) == 0
    told = capsys.readouterr().out
    assert len(told) < 1_000_000
    assert sum(json.loads(told)["left_out"].values()) > 0


def test_json_tells_the_first_windows_and_how_many_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "conv", "--x", image(40), "--w", "1 0; 0 -1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    names = [step["name"].partition("[")[0] for step in told["steps"]]
    assert told["left_out"] == {
        name: entries - names.count(name) for name, entries in {"padded": 1600, "sums": 1521, "output": 1521}.items()
    }
    assert names.count("output") == 375  # a quarter of 1,500, for four unrolled steps
    assert len(told["output"][0]) == len(told["output"][0][0]) == 39
    assert main(["run", "conv", "--x", image(10), "--w", "1 0; 0 -1", "--json"]) == 0
    assert "left_out" not in json.loads(capsys.readouterr().out)


def test_a_large_image_is_not_printed_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "pool", "--x", image(40), "--f", "2"]) == 0
    assert "x: 40×40 numbers; --json has them" in capsys.readouterr().out
    assert main(["run", "pool", "--x", image(30), "--f", "2"]) == 0
    assert "x: 30×30" not in capsys.readouterr().out


def test_large_matrices_are_told_by_their_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bptt", "--form", "numeric", "--m", "40"]) == 0
    told = capsys.readouterr().out
    assert "W: 40×40 numbers; --json has them" in told
    assert main(["bptt", "--form", "numeric", "--m", "3"]) == 0
    assert "numbers; --json has them" not in capsys.readouterr().out


def test_a_line_is_as_wide_as_its_characters_without_their_accents() -> None:
    assert line_width("abc") == 3
    assert line_width("x\u0302 · y\u0304\u0302 ∂") == 7
    assert line_width("\u0302") == 0


def test_blocks_of_different_heights_are_level_at_their_baselines() -> None:
    tall = Block(["1", "—", "n̂"], 1)
    assert joined([tall, " + ", "x"]) == Block(["1    ", "— + x", "n̂    "], 1)
    assert joined(["x", "ŷ", "z"]) == Block(["xŷz"], 0)
    assert joined([]) == Block([""], 0)
