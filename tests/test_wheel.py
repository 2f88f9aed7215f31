"""The wheel, as a user gets it: the only place where a file missing from the package can show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*command: str | Path, cwd: Path) -> str:
    """Standard output of a command that must succeed, in a process that cannot see the checkout."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from the source archive, so that both hold what they must."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel in it; the path of its folder of programs.

    Its dependencies are those of the environment that runs the tests, whose folders a .pth file lends: nothing is
    downloaded, so the test needs no network and takes seconds. The wheel stands before them in the search path, so a
    dlcalc there is not seen; and they are lent last, so pip does not take that one for installed.
    """
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False)
    scheme = {"base": str(folder), "platbase": str(folder)}
    programs, packages = (Path(sysconfig.get_path(name, "venv", scheme)) for name in ("scripts", "purelib"))
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        folder,
        "install",
        "--no-deps",
        "--no-index",
        "--no-compile",
        wheel,
        cwd=folder,
    )
    lent = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
    (packages / "lent.pth").write_text("\n".join(lent), encoding="utf-8")
    return programs


def test_the_wheel_holds_its_data(wheel: Path) -> None:
    """The problem bank, the course profiles, the practice page and the mark of a typed package are inside."""
    names = set(zipfile.ZipFile(wheel).namelist())
    profiles = {f"dlcalc/profiles/{path.name}" for path in (ROOT / "dlcalc" / "profiles").glob("*.toml")}
    assert profiles
    page = {f"dlcalc/export/practice.{kind}" for kind in ("js", "css")}
    assert names >= {"dlcalc/problems/README.md", "dlcalc/py.typed", *page, *profiles}


def test_the_wheel_holds_nothing_but_the_package(wheel: Path) -> None:
    """No test, cache or stray top-level folder is installed beside dlcalc."""
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"dlcalc"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_the_installed_program_answers_from_another_folder(environment: Path, tmp_path: Path) -> None:
    """The program runs from the wheel, where there is no checkout to fall back on."""
    question = ["conv", "--n", "227", "--f", "11", "--s", "4", "--json"]
    answer = json.loads(run(environment / "dlcalc", *question, cwd=tmp_path))
    assert answer["output"] == [55, 55, "k"]


def test_the_installed_package_is_the_one_that_runs(environment: Path, tmp_path: Path) -> None:
    """The test above speaks of the wheel: that is where the temporary environment imports dlcalc from."""
    where = run(environment / "python", "-c", "import dlcalc; print(dlcalc.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(environment.parent)
