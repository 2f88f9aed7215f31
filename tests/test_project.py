"""The habits of this project that a reader would otherwise have to watch."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

from checkout import ROOT, project_files

MOST_LINES = 600

# Files under dlcalc/ that may be longer, each with its reason.
LONGER: dict[str, str] = {}

# The project speaks of itself alone, not of how it was made. (pytest calls its own run by one of these words.)
FOREIGN = re.compile(
    r'(?<!scope=")(?<!pytest[.])\bsessions?\b(?!: pytest)|/work/(?=\w)|\bissue #\d|\b(?:design|course)[.]md\b',
    re.IGNORECASE,
)

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def lines(path: Path) -> int:
    """The number of lines of a text file."""
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_file_of_the_package_outgrows_a_reader() -> None:
    """A file is as long as its one subject; over 600 lines it has its reason above, as long as it needs one."""
    sizes = {str(path.relative_to(ROOT)): lines(path) for path in project_files() if ROOT / "dlcalc" in path.parents}
    assert {name for name, size in sizes.items() if size > MOST_LINES} == set(LONGER)


def test_the_front_door_is_small() -> None:
    """`dlcalc/__init__.py` names what is offered and holds no logic of its own."""
    assert lines(ROOT / "dlcalc" / "__init__.py") < 40


def test_the_project_speaks_of_itself_alone() -> None:
    """No file tells how the project was made, in its name or its text."""
    found = []
    for path in project_files():
        name = str(path.relative_to(ROOT))
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{name}: {match[0]}" for match in FOREIGN.finditer(f"{name}\n{text}")]
    assert found == []


def test_the_installed_version_is_the_written_one() -> None:
    """pyproject.toml is the only place that states the version (after a change of it: `pip install -e .`)."""
    assert metadata.version("dlcalc") == VERSION


def test_the_changelog_has_the_version() -> None:
    """What is released is described."""
    assert f"\n## [{VERSION}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_readme_opens_with_the_main_job_and_the_tests() -> None:
    """The first `sh` block of README.md starts with the two commands that `.ci/run` runs as they are written."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"^```sh\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert block
    first, second = [line for line in block[1].splitlines() if line and not line.startswith("#")][:2]
    assert "dlcalc conv" in first
    assert second.endswith("pytest")


def test_the_doctor_looks_at_every_extra() -> None:
    """An extra that is added to pyproject.toml is one that somebody asks the doctor about."""
    from dlcalc.api.installation import _EXTRAS

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(_EXTRAS) == set(project["optional-dependencies"])
