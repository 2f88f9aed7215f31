"""Where compiled kernels are kept, when they are made anew, and that they run where nothing can be kept or compiled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from dlcalc import kernels  # noqa: E402
from dlcalc.errors import UserError  # noqa: E402
from dlcalc.kernels import compile as compiling  # noqa: E402
from dlcalc.kernels.cpu import activations  # noqa: E402

ROOT = Path(__file__).parents[2]

# One kernel by way of its operation; then where it came from and what is kept.
PROBE = """
import json, numba, numpy as np
before = numba.config.CACHE_DIR
from dlcalc import ops
from dlcalc.kernels import compile as compiling
found = ops.relu(np.array([-1.0, 2.0])).tolist()
stats = getattr(compiling.KERNELS["dlcalc.kernels.cpu.activations.activate_all"].dispatcher, "stats", None)
print(json.dumps({
    "relu": found,
    "hits": stats and sum(stats.cache_hits.values()),
    "misses": stats and sum(stats.cache_misses.values()),
    "folder": str(compiling.cache_folder()),
    "restored": numba.config.CACHE_DIR == before,
}))
"""


def probed(**environment: str) -> dict:
    """What a fresh process finds."""
    ran = subprocess.run(
        [sys.executable, "-c", PROBE], env=os.environ | environment, capture_output=True, encoding="utf-8", cwd=ROOT,
        timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_kernels_are_kept_in_a_folder_of_our_own_and_found_again(tmp_path: Path) -> None:
    """The second process compiles nothing; beside the folder nothing is written, in the package least of all."""
    environment = {"XDG_CACHE_HOME": str(tmp_path), "NUMBA_CACHE_DIR": ""}
    first, second = (probed(**environment) for _ in range(2))
    assert first["relu"] == second["relu"] == [0, 2]
    assert (first["hits"], first["misses"]) == (0, 1)
    assert (second["hits"], second["misses"]) == (1, 0)
    folder = tmp_path / "dlcalc" / Path(first["folder"]).name
    assert first["folder"] == second["folder"] == str(folder)
    assert list(tmp_path.iterdir()) == [tmp_path / "dlcalc"]
    assert sorted(path.suffix for path in folder.rglob("*.nb?")) == [".nbc", ".nbi"]
    assert first["restored"]
    assert not list((ROOT / "dlcalc").rglob("*.nb?"))


def test_where_nothing_can_be_kept_each_process_compiles(tmp_path: Path) -> None:
    """As in a read-only installation with a read-only home: a file stands where the folder would be."""
    (tmp_path / "file").touch()
    found = probed(XDG_CACHE_HOME=str(tmp_path / "file"), NUMBA_CACHE_DIR="", HOME=str(tmp_path / "file"))
    assert found["relu"] == [0, 2]
    assert found["folder"] == "None"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


@pytest.mark.parametrize(
    ("environment", "root"),
    [
        ({"NUMBA_CACHE_DIR": "/numba", "XDG_CACHE_HOME": "/xdg", "HOME": "/home/me"}, "/numba"),
        ({"XDG_CACHE_HOME": "/xdg", "HOME": "/home/me"}, "/xdg"),
        ({"HOME": "/home/me"}, "/home/me/.cache"),
    ],
)
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these have folders of their own for it")
def test_the_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], root: str) -> None:
    for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert compiling._cache_root() == Path(root)


def test_the_folder_is_named_by_all_that_decides_the_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An edited source, a new file, another flag or numba: each makes another folder; a remark beside does not."""
    (tmp_path / "cpu").mkdir()
    (tmp_path / "scalars.py").write_text("ONE = 1\n")
    names = [compiling._fingerprint(tmp_path)]

    def changed() -> bool:
        names.append(compiling._fingerprint(tmp_path))
        return names[-1] not in names[:-1]

    assert not changed()
    (tmp_path / "README.md").write_text("a remark")
    assert not changed()
    (tmp_path / "scalars.py").write_text("ONE = 2\n")
    assert changed()
    (tmp_path / "cpu" / "conv.py").write_text("")
    assert changed()
    monkeypatch.setitem(compiling.FLAGS, "fastmath", True)
    assert changed()
    monkeypatch.setattr(compiling.numba, "__version__", "0.0")
    assert changed()


def test_warming_makes_every_kernel_ready_for_both_dtypes() -> None:
    """An event for each, counted; afterwards every specialisation is there that a kernel names."""
    events = list(kernels.warm())
    assert [event.done for event in events] == list(range(1, len(events) + 1))
    assert {event.of for event in events} == {len(events)}
    assert len({(event.kernel, event.signature) for event in events}) == len(events)
    assert {event.kernel for event in events} == set(compiling.KERNELS)
    for kernel in compiling.KERNELS.values():
        assert len(kernel.dispatcher.signatures) == len(kernel.signatures())
    assert compiling.KERNELS["dlcalc.kernels.cpu.activations.activate_all"].dispatcher is activations.activate_all
    assert kernels.kept_in() == compiling.cache_folder()


def test_warming_without_numba_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "find_spec", lambda name: None if name == "numba" else object())
    with pytest.raises(UserError, match=r'^compiling kernels needs numba: pip install "dlcalc\[numeric\]"$'):
        next(kernels.warm())


def test_kernels_run_as_plain_python() -> None:
    """With NUMBA_DISABLE_JIT=1 every operation agrees with its definition and with differences, in both dtypes."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/ops/test_every_op.py"],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"}, capture_output=True, encoding="utf-8", cwd=ROOT, timeout=300,
        check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert "SKIPPED [1] tests/ops/test_every_op.py:" in ran.stdout, "the test of compiled types, and no other"
    assert "1 skipped" in ran.stdout


def test_doctor_warms(capsys: pytest.CaptureFixture[str]) -> None:
    """How many, how long and where, as a sentence and as data."""
    pytest.importorskip("typer")
    from dlcalc.cli import main

    number = len(list(kernels.warm()))
    assert main(["doctor", "--warm"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"{number} kernels are ready after ")
    assert str(kernels.kept_in()) in said.out.replace("\n", "")
    assert said.err == ""
    assert main(["doctor", "--warm", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["compiled"], found["folder"]) == (number, str(kernels.kept_in()))
    assert found["seconds"] >= 0
