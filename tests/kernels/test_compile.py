"""Where compiled kernels are kept, when they are made anew, and that they run where nothing can be kept or compiled."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from dlcalc import kernels  # noqa: E402
from dlcalc.errors import UserError  # noqa: E402
from dlcalc.kernels import compile as compiling  # noqa: E402
from dlcalc.kernels import warming  # noqa: E402
from dlcalc.kernels.cpu import activations  # noqa: E402

ROOT = Path(__file__).parents[2]

compiled = pytest.mark.skipif(bool(compiling._settings.DISABLE_JIT), reason="nothing is compiled")

# One kernel by way of its operation; then where it came from and what is kept.
PROBE = """
import json, numpy as np
from dlcalc import ops
from dlcalc.kernels import cache, compile as compiling
found = ops.relu(np.array([-1.0, 2.0])).tolist()
dispatcher = compiling.KERNELS["dlcalc.kernels.cpu.activations.activate_all"].dispatcher
stats = dispatcher.stats
(made,) = dispatcher.overloads.values()
print(json.dumps({
    "relu": found,
    "hits": sum(stats.cache_hits.values()),
    "misses": sum(stats.cache_misses.values()),
    "folder": str(cache.place().folder),
    "name": made.fndesc.llvm_func_name,
}))
"""


def probed(**environment: str) -> dict:
    """What a fresh process finds, one that compiles."""
    environment = os.environ | {"NUMBA_DISABLE_JIT": "0", "NUMBA_CACHE_DIR": ""} | environment
    ran = subprocess.run(
        [sys.executable, "-c", PROBE], env=environment, capture_output=True, encoding="utf-8", cwd=ROOT,
        timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_kernels_are_kept_in_a_folder_of_our_own_and_found_again(tmp_path: Path) -> None:
    """The second process compiles nothing; beside the folder nothing is written, in the package least of all.

    Whatever becomes of a file, the next process answers, and leaves a whole one. Its code has another name: by names
    compiled code finds what it calls, and what two processes have compiled would be taken for one another.
    """
    first, second = (probed(XDG_CACHE_HOME=str(tmp_path)) for _ in range(2))
    assert first["relu"] == second["relu"] == [0, 2]
    assert (first["hits"], first["misses"]) == (0, 1)
    assert (second["hits"], second["misses"]) == (1, 0)
    folder = tmp_path / "dlcalc" / Path(first["folder"]).name
    assert first["folder"] == second["folder"] == str(folder)
    assert list(tmp_path.iterdir()) == [tmp_path / "dlcalc"]
    (kept,) = folder.iterdir()
    assert not list((ROOT / "dlcalc").rglob("*.nb?"))
    kept.write_bytes(b"")
    third = probed(XDG_CACHE_HOME=str(tmp_path))
    assert third | {"name": first["name"]} == first
    assert first["name"] == second["name"] != third["name"]
    assert "activate_all" in first["name"]
    assert kept.stat().st_size > 1000


@pytest.mark.long
@compiled
def test_warming_makes_every_kernel_ready_for_both_dtypes() -> None:
    """An event for each, counted."""
    events = list(kernels.warm())
    assert [event.done for event in events] == list(range(1, len(events) + 1))
    assert {event.of for event in events} == {len(events)}
    assert len({(event.kernel, event.signature) for event in events}) == len(events)
    assert {event.kernel for event in events} == set(compiling.KERNELS)
    assert compiling.KERNELS["dlcalc.kernels.cpu.activations.activate_all"].dispatcher is activations.activate_all
    for kernel in compiling.KERNELS.values():
        assert len(kernel.dispatcher.signatures) == len(kernel.signatures())


def _stored(number: int, flag: bool, out: object) -> None:
    out[0] = number if flag else -number  # type: ignore[index]


@compiled
def test_a_number_that_is_written_in_a_call_is_no_type_of_its_own() -> None:
    """A kernel that another calls with 1 and with 2 is compiled once, for the types that it names."""
    store = compiling.Kernel(_stored, ("int64", "boolean", "int64[::1]")).dispatcher

    @compiling.numba.njit
    def called(out: object) -> None:
        store(1, True, out)
        store(2, False, out)

    out = np.zeros(1, np.int64)
    called(out)
    assert out[0] == -2
    (signature,) = store.signatures
    assert [str(each) for each in signature] == ["int64", "bool", "array(int64, 1d, C)"]


@pytest.mark.long
@compiled
def test_after_warming_training_compiles_nothing() -> None:
    """Neither a step of any layer or loss, nor any rule, nor the kernels of the loop itself, in either dtype."""
    from numba.core.event import install_recorder

    from dlcalc import train
    from dlcalc.kernels.cpu.steps import machine, optimisers

    list(kernels.warm())
    with install_recorder("numba:compile") as compilations:
        for dtype in compiling.DTYPES:
            for backwards in (False, True):
                assert len(machine.entries(list(machine.OPERATIONS), dtype, backwards)) == len(machine.OPERATIONS)
            machine.helpers([*machine.OPERATIONS, "activation-squash"], dtype)
            for code in range(len(optimisers.RULES)):
                machine.rule(code, dtype)
            for data, network in (("xor:n=40", "2; dense 3 tanh; dense 2"), ("sine:n=40", "20x1 seq; gru 2; dense 1")):
                assert len(list(train(network, data, epochs=1, dtype=dtype))) > 1
    assert [str(each) for _, each in compilations.buffer] == []


@compiled
def test_what_is_warmed_is_every_kernel_of_every_file() -> None:
    """Those of training too: each file that makes a kernel is in the list."""
    package = ROOT / "dlcalc" / "kernels"
    makers = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in package.glob("cpu/**/*.py")
        if re.search(r"^ *@(kernel|step)\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    listed = {name.rpartition(".")[0] for name, _ in kernels.specialisations()}
    assert makers - listed == set()
    assert "dlcalc.kernels.cpu.steps.optimisers" in listed


def test_what_another_process_has_not_compiled_is_still_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it ends at once or cannot be started."""
    wanted = [(str(number), "void(int64)") for number in range(20)]
    ended = [sys.executable, "-c", "pass"]
    for command in (ended, [str(ROOT / "no such program")]):
        monkeypatch.setattr(
            warming, "_started", lambda command=command: subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
            )
        )  # fmt: skip
        assert sorted(warming._by_others(wanted, 2)) == sorted(wanted)


def test_a_process_compiles_what_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """One answer for each line, after it is done."""
    asked: list[str] = []
    kernel = SimpleNamespace(make_ready=asked.append)
    monkeypatch.setattr(warming, "KERNELS", {"a.b": kernel})
    monkeypatch.setattr(signal, "signal", lambda *given: None)
    monkeypatch.setattr(sys, "stdin", io.StringIO("a.b\tvoid(float32[::1], int64)\na.b\tvoid(float64[::1], int64)\n"))
    warming.answer()
    assert asked == ["void(float32[::1], int64)", "void(float64[::1], int64)"]
    assert capfd.readouterr().out == "\n\n"


@compiled
def test_what_is_missing_is_compiled_by_others_and_what_is_kept_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kept ones come first; one process alone is not worth starting another for."""

    class Kept:
        def __init__(self, kept: bool) -> None:
            self.kept = kept

        def is_kept(self, signature: str) -> bool:
            return self.kept

    made = {str(number): Kept(number % 4 == 0) for number in range(40)}
    monkeypatch.setattr(warming, "KERNELS", made)
    monkeypatch.setattr(warming, "_by_others", lambda missing, workers: iter([*missing, ("", str(workers))]))
    wanted = [(name, "") for name in made]
    kept = [each for each in wanted if made[each[0]].kept]
    missing = [each for each in wanted if each not in kept]
    for cores, shared in ((1, False), (2, True), (64, True)):
        monkeypatch.setenv("DLCALC_THREADS", str(cores))
        workers = min(cores, len(missing) // warming.WORTH)
        assert list(warming._in_turn(wanted)) == ([*kept, *missing, ("", str(workers))] if shared else wanted)


def test_warming_without_numba_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "find_spec", lambda name: None if name == "numba" else object())
    with pytest.raises(UserError, match=r'^compiling kernels needs numba: pip install "dlcalc\[numeric\]"$'):
        next(kernels.warm())


def test_kernels_run_as_plain_python() -> None:
    """With NUMBA_DISABLE_JIT=1 every operation agrees with its definition, and its gradients in one dtype with those in
    the other; with differences `.ci/run` compares them."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not differences",
         "tests/ops/test_every_op.py"],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"}, capture_output=True, encoding="utf-8", cwd=ROOT, timeout=300,
        check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert "SKIPPED [1] tests/ops/test_every_op.py:" in ran.stdout, "the test of compiled types, and no other"
    assert "1 skipped" in ran.stdout


def test_doctor_warms(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """How many, how long and where, as a sentence and as data; the kernels of one module stand for all."""
    pytest.importorskip("typer")
    from dlcalc.cli import main

    own = {name: kernel for name, kernel in compiling.KERNELS.items() if name.startswith(activations.__name__)}
    for module in (compiling, warming):
        monkeypatch.setattr(module, "KERNELS", own)
    number, kept = len(list(kernels.warm())), kernels.kept()
    assert number == sum(len(kernel.signatures()) for kernel in own.values()) > 2
    assert main(["doctor", "--warm"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"{number} kernels are ready after ")
    assert (kept.trouble or f"kept in {kept.path}") in said.out.replace("\n", "")
    assert said.err == ""
    assert main(["doctor", "--warm", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["compiled"], found["reason"]) == (number, kept.trouble)
    assert found["folder"] == (None if kept.trouble else str(kept.path))
    assert found["seconds"] >= 0


def test_doctor_lists_what_is_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    """Each specialisation that warming makes ready, by name; as many lines and one that counts them."""
    pytest.importorskip("typer")
    from dlcalc.cli import main

    listed = kernels.specialisations()
    assert main(["doctor", "--kernels", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["kernels"]
    assert [(each["kernel"], each["signature"]) for each in found] == listed
    assert {name for name, _ in listed} == set(compiling.KERNELS)
    assert main(["doctor", "--kernels"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"{len(listed)} specialisations of {len(compiling.KERNELS)} kernels"
    assert lines[0].startswith("cpu.")
    assert len(lines) == len(listed) + 1
