"""`dlcalc train` and `predict` as a user runs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from terminal import Terminal

from dlcalc.files.safetensors import pack, unpack

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


def test_a_checkpoint_that_somebody_wrote_is_one_line(terminal: Terminal, tmp_path: Path) -> None:
    """Whatever stands in the place of a setting, an epoch or a word: taken up, or refused."""
    file = tmp_path / "run.safetensors"
    terminal(f"{RUN} --epochs 1 --validation 0.2 --save {file}")
    arrays, words = unpack(file.read_bytes(), "")

    def changed() -> Iterator[dict[str, str]]:
        for word in words.keys() - {"title", "dlcalc", "data"}:
            yield {each: text for each, text in words.items() if each != word}
            yield from (words | {word: text} for text in ("", "null", "-1", "[" * 5_000))
        for word in ("settings", "history"):
            for place in list(places(json.loads(words[word]))):
                for value in ("x", None, 10**400, float("nan")):
                    yield words | {word: json.dumps(put(json.loads(words[word]), place, value))}

    refused = 0
    for number, said in enumerate(changed()):
        file.write_bytes(pack(arrays, said))
        ran = terminal(f"train --resume {file} --epochs 1" if number % 4 == 0 else f"predict {file} --n 1")
        assert ran.status in (0, 2), (said, ran.err)
        if ran.status == 2:
            refused += 1
            assert ran.err.startswith("dlcalc: "), ran.err
            assert ran.err.count("\n") == 1
    assert 100 < refused <= number
    file.write_bytes(pack(arrays, words))
    assert terminal(f"predict {file} --n 1").status == 0


def places(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in what JSON holds."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield (*before, key)
        yield from places(inner, (*before, key))


def put(whole: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The whole with a value at one place."""
    inner = whole
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return whole


def test_the_gradient_is_checked_and_the_plan_shown(terminal: Terminal, tmp_path: Path) -> None:
    checked = terminal(f"{RUN} --check --json").json
    assert checked["passed"]
    assert list(checked["errors"]) == ["fc-1.weight", "fc-1.bias", "fc-2.weight", "fc-2.bias"]
    assert max(checked["formulas"].values()) <= 1e-12
    assert list(checked["formulas"]) == list(checked["errors"])
    assert "backpropagation and central differences and the derived formulas in float64 agree" in (
        terminal(f"{RUN} --check").words)  # fmt: skip
    plan = terminal(f"{RUN} --plan --json").json
    assert [step["step"] for step in plan["steps"]] == ["dense", "activation", "dense", "cross-entropy"]
    assert plan["arena"] < plan["unshared"]
    assert (plan["batch"], plan["parts"]) == (10, 1)
    two = "train '2; a: dense 4; dense 2; concat a input; dense 2' --data xor:n=20 --plan --loss-weights 0.5,1"
    terminal(f"{two} --svg {tmp_path / 'plan.svg'}")
    steps = [step["step"] for step in terminal(f"{two} --json").json["steps"]]
    assert steps == ["dense", "dense", "move", "move", "dense", "cross-entropy", "cross-entropy"]
    assert (tmp_path / "plan.svg").read_text().startswith("<?xml")
    large = "train '20x64 seq; gru 64; dense 2' --data ball:n=20,side=8,steps=20 --batch 64 --plan"
    assert "cut into 2 parts" in terminal(large).words
    assert terminal(f"{large} --json").json["parts"] == 2


def test_a_rate_that_is_too_large_is_explained(terminal: Terminal) -> None:
    """Status 1, with the place and what to do."""
    ran = terminal('train "2; dense 8 relu; dense 1" --data "sine:T=2,n=50" --optimizer sgd --lr 1e6 --epochs 20')
    assert ran.status == 1
    assert "the loss became NaN in fc-" in ran.err


@pytest.mark.parametrize("rate", ["1e38", "1e25"])
def test_a_last_update_that_is_too_large_is_explained_too(rate: str, terminal: Terminal, tmp_path: Path) -> None:
    """No step comes after it: parameters are no numbers, or too large for any output. What was saved stays whole."""
    file = tmp_path / "run.safetensors"
    net = "'2; dense 4; dense 2' --data spirals:n=100"
    command = f"train {net} --batch 100 --optimizer sgd --save {file} --epochs"
    for watched in ("", " --validation 0.2"):
        terminal(f"{command} 1 --lr 0.1{watched}")
        kept = file.read_bytes()
        ran = terminal(f"{command} 1 --lr {rate} --json{watched}")
        assert (ran.status, ran.out) == (1, "")
        assert "the loss became NaN in fc-2, epoch 1, step 1: the rate" in ran.err
        assert file.read_bytes() == kept


def test_what_patience_ended_stays_ended(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "run.safetensors"
    whole = terminal(f"{RUN} --patience 1 --lr 1 --epochs 60 --save {file} --json").json
    assert len(whole["epochs"]) < 60
    kept = file.read_bytes()
    assert terminal(f"train --resume {file} --json").json["epochs"] == whole["epochs"]
    assert file.read_bytes() == kept


def test_optimisers_are_compared(terminal: Terminal) -> None:
    runs = terminal(f"{RUN} --epochs 2 --compare sgd,adam --json").json["runs"]
    assert list(runs) == ["sgd", "adam"]
    assert runs["sgd"]["epochs"][0]["loss"] != runs["adam"]["epochs"][0]["loss"]


def test_cells_are_compared_with_their_gradients_through_time(terminal: Terminal) -> None:
    command = 'train "6x2 seq; gru 3; dense 1" --data adding:T=6,n=20 --epochs 1 --compare-cells rnn,gru'
    runs = terminal(f"{command} --json").json["runs"]
    assert list(runs) == ["rnn", "gru"]
    for run in runs.values():
        assert [len(lengths) for lengths in run["gradients"].values()] == [6, 6]
        assert run["gradients"]["before"] != run["gradients"]["after"]
    assert "gradient by the input of" in terminal(command).words
    alone = terminal("train '2; dense 3; dense 2' --data xor:n=20 --compare-cells rnn")
    assert "has no recurrent layer whose cell could be another" in alone.err


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
        (f"train {NET} --data xor:n=1_0", "n of xor is a whole number from 1 to 10,000,000, not '1_0'"),
        (f"{RUN} --schedule step:1_0:0.5", "a schedule is one of constant, .*; not 'step:1_0:0.5'"),
        (f"{RUN} --search lr=0.1..1_0", "a search is lr=1e-4..1e-1 hidden=16,32,64; not 'lr=0.1..1_0'"),
        (f"{RUN} --search lr=0.1.2..3", "a search is lr=1e-4..1e-1 hidden=16,32,64; not 'lr=0.1.2..3'"),
        (f"{RUN} --search lr=1_0,2", "lr of a search is a number, not '1_0'"),
        (f"{RUN} --search batch=8,2.5", "batch of a search is a whole number, not '2.5'"),
        (f"{RUN} --epochs -1", "epochs is a whole number from 0"),
        (f"{RUN} --seed -1", "seed is a whole number from 0 to 10,000,000, not -1"),
        (f"{RUN} --seed -1 --search lr=0.1,0.2", "seed is a whole number from 0 to 10,000,000, not -1"),
        (f"{RUN} --threads 0", "threads must be a whole number from 1 to 256"),
        (f"{RUN} --device tpu", "networks are trained on the cpu, not on tpu"),
        (f"{RUN} --device cuda", "networks are trained on the cpu: on cuda only single operations run"),
        (f"{RUN} --loss-weights 1,2", "every output needs a factor for its loss: network has fc-2"),
        (f"{RUN} --loss-weights 1001", "the factor of an output's loss is a number from 0 to 1,000, not 1001"),
        (
            'train "2; a: dense 3; dense 2; average a a; dense 3" --data xor',
            "have one shape: those of network are 2, 3",
        ),
        ('train "4x3x3x1; convlstm 2 f3 relu; dense 2" --data xor', "there is no gated cell with relu"),
        ('train "4x3x3x1; convlstm 2 f3; dense 2" --data xor --stateful', "its state is not carried from batch to"),
        ('train "4x3x1; convlstm 2 f3; dense 2" --data xor', "only maps that keep their size are convolved over time"),
        (f"{RUN} --freeze conv*", "no layer is called conv*"),
        (f"{RUN} --init zeros", "init is one of keras"),
        (f"{RUN} --dtype float16", "dtype is float32 or float64, not 'float16'"),
        (f"{RUN} --validation 0.9999", "of 80 examples to train on 80 would only be watched: none is left"),
        (f"{RUN} --explain-step 2 --lr 1e42 --optimizer sgd", "step 1 comes to what is no number"),
        (f"{RUN} --patience -1", "patience is a whole number from 0 to 10,000,000, not -1"),
        (f"{RUN} --clip-value -1", "clip value is a number from 0 on, not -1"),
        (f"{RUN} --png /nowhere/a.png", "/nowhere/a.png cannot be written: there is no folder /nowhere"),
        (f"{RUN} --save /nowhere/a.safetensors", "/nowhere/a.safetensors cannot be written: there is no folder"),
        (f"{RUN} --compare ,", "there is no optimizer to compare: --compare sgd,momentum,adam or"),
        (f"{RUN} --budget 3", "--budget is that of a --search"),
        (f"{RUN} --plan --check", "--plan has no use for --check"),
        (f"{RUN} --check --save a.safetensors", "--check has no use for --save"),
        (f"{RUN} --compare sgd,adam --csv", "--compare has no use for --csv"),
        (f"train {NET} --resume a.safetensors --lr 0.1", "--resume has no use for NETWORK, --lr"),
        ("predict nowhere.safetensors", "nowhere.safetensors: the file cannot be read"),
        ('train "4; dense 2; permute 1; dense 2" --data xor', "cannot be trained: there is no step for it"),
    ],
)
def test_a_bad_question_is_one_line(terminal: Terminal, command: str, message: str) -> None:
    import re

    ran = terminal(command)
    assert (ran.status, ran.out) == (2, "")
    assert re.search(re.escape(message).replace(r"\.\*", ".*"), ran.err), ran.err
    assert ran.err.count("\n") == 1


def test_a_step_is_written_out_by_the_formula(terminal: Terminal) -> None:
    """What the compiled loop made of a weight is what its formula makes of the same numbers."""
    command = "train '2; dense 3 tanh; dense 2' --data xor:n=40 --explain-step 1 --optimizer momentum --lr 0.5"
    found = terminal(f"{command} --json").json["parameters"]["fc-2.bias"]
    for before, gradient, after in zip(found["before"], found["gradient"], found["after"], strict=True):
        assert after == pytest.approx(before - 0.5 * gradient, rel=1e-5)
    shown = terminal(command)
    assert "as in PyTorch: v ← γv + g, w ← w − ηv" in shown.words
    refused = terminal("train '2; dense 300; dense 2' --data xor:n=40 --explain-step 1")
    assert "a step is written out for at most 400 trained values" in refused.err
    assert "an epoch has the steps 1 to 1, not 2" in terminal(f"{command.replace('step 1', 'step 2')}").err


def test_the_step_that_is_written_out_is_that_of_the_run() -> None:
    """With its rate and its examples; of a network without biases, its smallest array."""
    from dlcalc import train
    from dlcalc.api.training import Explained

    given: dict[str, Any] = {"epochs": 1, "batch": 100, "schedule": "warmup:2,cosine", "validation": 0.2, "lr": 1.0}
    net = "2; dense 3 nobias tanh; dense 2 nobias"
    run = train(net, "xor:n=40", optimizer="sgd", **given)
    told = Explained(train(net, "xor:n=40", optimizer="sgd", **given), 1)
    assert {name: after.tolist() for name, (_, _, after) in told.changes.items()} == {
        name: array.tolist() for name, array in run.parameters.items()
    }
    assert told.rate == run.history[0]["rate"]
    assert "The update of fc-1.weight" in told.to_markdown()


def test_settings_are_searched_for(terminal: Terminal) -> None:
    pytest.importorskip("optuna")
    command = 'train "2; dense {hidden} tanh; dense 2" --data xor:n=60 --epochs 2 --budget 3 --search'
    trials = terminal(f'{command} "lr=1e-3..1e-1 hidden=2,4" --json').json["trials"]
    assert len(trials) == 3
    assert all(1e-3 <= trial["settings"]["lr"] <= 1e-1 for trial in trials)
    assert {trial["settings"]["hidden"] for trial in trials} <= {"2", "4"}
    losses = [trial["validation_loss"] for trial in trials]
    assert losses == sorted(losses)
    assert "layers is neither in braces" in terminal(f'{command} "layers=1,2"').err
    assert "a search is lr=1e-4..1e-1 hidden=16,32,64; not 'lr=2..1'" in terminal(f'{command} "lr=2..1"').err


def test_a_report_has_the_curve_and_the_result(terminal: Terminal, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    ran = terminal(f"{RUN} --epochs 2 --report {tmp_path / 'report.html'} --csv")
    assert ran.out.splitlines()[0] == "epoch,loss,accuracy,norm,rate,seconds"
    assert len(ran.out.splitlines()) == 3
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<html" in page
    assert "<img" in page
    assert "24 trained" not in page
    assert "42 trained values" in page
    assert "Decision surface" in page


def test_an_interrupted_run_is_saved_at_its_last_whole_epoch(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the third epoch: what is saved goes on as if nothing had been."""
    from dlcalc.training import loop

    monkeypatch.chdir(tmp_path)
    whole = terminal(f"{RUN} --epochs 4 --json").json
    usual, count = loop.Trainer._epoch, [0]

    def broken(self: loop.Trainer, chosen: object, epoch: int) -> object:
        for event in usual(self, chosen, epoch):
            count[0] += epoch == 3
            if count[0] == 2:
                raise KeyboardInterrupt
            yield event

    monkeypatch.setattr(loop.Trainer, "_epoch", broken)
    ran = terminal(f"{RUN} --epochs 4 --save run.safetensors --json")
    assert (ran.status, ran.out) == (130, "")
    assert "interrupted after epoch 2; --resume run.safetensors goes on" in ran.err
    monkeypatch.setattr(loop.Trainer, "_epoch", usual)
    rest = terminal("train --resume run.safetensors --json").json
    assert [epoch["loss"] for epoch in rest["epochs"]] == [epoch["loss"] for epoch in whole["epochs"]]


def test_a_run_is_left_between_two_epochs_as_it_is() -> None:
    """Ctrl-C may come while an epoch is shown or saved: nothing is taken back then, and in the next only that one."""
    from dlcalc import train

    run = train("2; dense 3; dense 2", "xor:n=20", epochs=3, batch=5)
    ends: list[bytes] = []
    for event in run:
        if hasattr(event, "norm"):
            ends.append(run.trainer.model.parameters.tobytes())
        if len(ends) == 2:
            assert (run.trainer.model.parameters.tobytes() == ends[1]) == hasattr(event, "norm")
            run.trainer.rewind()
            assert run.trainer.model.parameters.tobytes() == ends[1] != ends[0]


def test_a_head_is_trained_on_what_was_learnt(terminal: Terminal, tmp_path: Path) -> None:
    """Transfer: the first layer is loaded and kept, the new last one learns."""
    first = tmp_path / "first.safetensors"
    terminal(f"{RUN} --epochs 1 --save {first} --json")
    second = tmp_path / "second.safetensors"
    net = '"2; dense 8 tanh; dense 6"'
    ran = terminal(f"train {net} --data spirals:n=100 --load {first} --freeze fc-1 --epochs 1 --save {second} --json")
    assert ran.json["parameters"] == 8 * 6 + 6
    kept, learnt = (unpack(path.read_bytes(), "")[0]["fc-1.weight"].data for path in (first, second))
    assert bytes(kept) == bytes(learnt)


def test_what_was_learnt_is_given_to_other_programs(terminal: Terminal, tmp_path: Path) -> None:
    """The arrays alone as .npz and safetensors, the network as .onnx; each is read back."""
    import numpy as np

    pytest.importorskip("onnx")
    run = tmp_path / "run.safetensors"
    trained = terminal(f"{RUN} --epochs 1 --save {run} --export {tmp_path / 'net.npz'} --json").json
    for ending in ("safetensors", "onnx"):  # nothing is trained a second time
        again = terminal(f"train --resume {run} --export {tmp_path / f'net.{ending}'} --json").json
        assert again["test"] == trained["test"]
    arrays, words = unpack((tmp_path / "net.safetensors").read_bytes(), "")
    assert (list(arrays), words) == (["fc-1.weight", "fc-1.bias", "fc-2.weight", "fc-2.bias"], {})
    with np.load(tmp_path / "net.npz") as file:
        assert {name: file[name].tobytes() for name in file.files} == {k: bytes(v.data) for k, v in arrays.items()}
    assert terminal(f"net {tmp_path / 'net.onnx'} --json").json["total"]["parameters"] == trained["parameters"]
    loaded = terminal(f"{RUN} --epochs 0 --load {tmp_path / 'net.npz'} --json").json
    assert loaded["test"] == trained["test"]
    for option, message in (
        (f"--export {tmp_path / 'net.pkl'}", "an export ends in .npz, .safetensors, .onnx, not"),
        (f"--save {tmp_path / 'net.npz'}", "a checkpoint is a .safetensors file, not"),
    ):
        refused = terminal(f"{RUN} --epochs 1 --json {option}")
        assert (refused.status, message in refused.err) == (2, True), refused.err
    refused = terminal(
        f'train "2; dense 4; rmsnorm; dense 2" --data xor:n=20 --epochs 1 --export {tmp_path / "a.onnx"}'
    )
    assert "rms-1 (rmsnorm) is not written as ONNX: there is no operator for it here" in refused.err
