"""`dlcalc train` and `predict` as a user runs them."""

from __future__ import annotations

from pathlib import Path

import pytest
from terminal import Terminal

from dlcalc.files.safetensors import unpack

pytest.importorskip("numba")

NET = '"2; dense 8 tanh; dense 2"'
RUN = f"train {NET} --data spirals:n=100 --batch 10"


def test_a_run_as_data(terminal: Terminal) -> None:
    """The keys of the contract; the loss falls; one fifth is kept for the test."""
    found = terminal(f"{RUN} --epochs 3 --lr 0.05 --json").json
    assert list(found) == ["network", "data", "parameters", "seed", "epochs", "test", "seconds", "checkpoint"]
    assert (found["parameters"], found["seed"], found["checkpoint"]) == (2 * 8 + 8 + 8 * 2 + 2, 0, None)
    assert [epoch["epoch"] for epoch in found["epochs"]] == [1, 2, 3]
    assert found["epochs"][2]["loss"] < found["epochs"][0]["loss"]
    assert set(found["test"]) == {"loss", "accuracy"}


def test_a_run_is_a_function_of_its_seed(terminal: Terminal) -> None:
    def losses(seed: int) -> list[float]:
        return [epoch["loss"] for epoch in terminal(f"{RUN} --epochs 2 --seed {seed} --json").json["epochs"]]

    assert losses(1) == losses(1) != losses(2)


def test_a_run_that_is_taken_up_again_ends_as_the_whole(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit for bit: history, parameters, moments."""
    monkeypatch.chdir(tmp_path)
    whole = terminal(f"{RUN} --epochs 4 --save whole.safetensors --json").json
    terminal(f"{RUN} --epochs 2 --save half.safetensors --json")
    rest = terminal("train --resume half.safetensors --epochs 4 --json").json
    assert [epoch["loss"] for epoch in rest["epochs"]] == [epoch["loss"] for epoch in whole["epochs"]]
    assert rest["test"] == whole["test"]
    arrays, again = (unpack(Path(f"{name}.safetensors").read_bytes(), "")[0] for name in ("whole", "half"))
    assert {name: bytes(each.data) for name, each in arrays.items()} == {
        name: bytes(each.data) for name, each in again.items()
    }
    assert {"fc-1.weight", "optimiser.m", "optimiser.v"} <= arrays.keys()
    said = terminal("predict half.safetensors --n 3 --json").json
    assert len(said["predictions"]) == 3
    assert said["test"] == whole["test"]


def test_the_gradient_is_checked_and_the_plan_shown(terminal: Terminal) -> None:
    checked = terminal(f"{RUN} --check --json").json
    assert checked["passed"]
    assert list(checked["errors"]) == ["fc-1.weight", "fc-1.bias", "fc-2.weight", "fc-2.bias"]
    plan = terminal(f"{RUN} --plan --json").json
    assert [step["step"] for step in plan["steps"]] == ["dense", "activation", "dense", "cross-entropy"]
    assert plan["arena"] < plan["unshared"]


def test_a_rate_that_is_too_large_is_explained(terminal: Terminal) -> None:
    """Status 1, with the place and what to do."""
    ran = terminal('train "2; dense 8 relu; dense 1" --data "sine:T=2,n=50" --optimizer sgd --lr 1e6 --epochs 20')
    assert ran.status == 1
    assert "the loss became NaN in fc-" in ran.err


def test_optimisers_are_compared(terminal: Terminal) -> None:
    runs = terminal(f"{RUN} --epochs 2 --compare sgd,adam --json").json["runs"]
    assert list(runs) == ["sgd", "adam"]
    assert runs["sgd"]["epochs"][0]["loss"] != runs["adam"]["epochs"][0]["loss"]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("train", "train needs a network and data"),
        (f"train {NET} --data nothing", "data is one of digits, .*, or a path; nothing is neither"),
        (f"train {NET} --data spirals:m=3", "spirals has n, turns, noise, not 'm'"),
        (f"train {NET} --data bars", "an example of bars is 12×12×1"),
        ('train "2; dense 3; dense 1" --data bars', "an example of bars is"),
        ('train "2; dense 3" --data "xor" --loss hinge', "loss is one of cross-entropy"),
        (f"{RUN} --epochs many", "--epochs is a whole number"),
        (f"{RUN} --epochs -1", "epochs is a whole number from 0"),
        (f"{RUN} --device cuda", "networks are trained on the cpu, not on cuda"),
        (f"{RUN} --freeze conv*", "no layer is called conv*"),
        (f"{RUN} --init zeros", "init is one of keras"),
        ("predict nowhere.safetensors", "nowhere.safetensors: the file cannot be read"),
        ('train "3x4 seq; attention 2" --data xor', "cannot be trained"),
    ],
)
def test_a_bad_question_is_one_line(terminal: Terminal, command: str, message: str) -> None:
    import re

    ran = terminal(command)
    assert (ran.status, ran.out) == (2, "")
    assert re.search(re.escape(message).replace(r"\.\*", ".*"), ran.err), ran.err
    assert ran.err.count("\n") == 1
