"""CONTRIBUTING.md speaks of the code as it is: its rooms, its floors, its paths, its commands."""

from __future__ import annotations

import re
import shlex
import tomllib

import pytest
from checkout import ROOT
from test_floors import FLOORS, PACKAGE, room_of

ROOMS = sorted({room_of(path) for path in PACKAGE.rglob("*.py")}, key=FLOORS.index)

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PICTURE = re.search(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
CODE = [*re.findall(r"(?<!`)`([^`\n]+)`(?!`)", PAGE), *re.findall(r"^\S*pytest [^#\n]+", PAGE, re.MULTILINE)]
LINKS = re.findall(r"\]\(([^)#]+)\)", PAGE)
COMMANDS = [code for code in CODE if code.split()[0].endswith(("pytest", "python", ".ci/run"))]

SECTIONS = {heading: text for heading, _, text in (s.partition("\n") for s in re.split(r"^##+ ", PAGE, flags=re.M))}
RECIPES = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)


def rooms_of_a_line(line: str) -> list[str]:
    """The rooms between the two edges of the picture."""
    return re.findall(r"\w+", line.split("│")[1]) if line.startswith("│") else []


def paths(text: str) -> list[str]:
    """What looks like a file or folder of the project; of `problems/<topic>/<id>.md` the part that is fixed."""
    words = [word.partition("::")[0] for word in shlex.split(text)]
    looks = [
        word
        for word in words
        if re.fullmatch(r"\.?[\w.<>-]+(/[\w.<>-]*)+|[\w-]*\.?[\w-]+\.(md|toml|yaml|cff|py)", word)
    ]
    fixed = [word.partition("<")[0] for word in looks]
    return [path for path in fixed if path and not path.startswith(".venv/")]


def test_the_picture_stacks_the_rooms_as_the_floors_do() -> None:
    """From the lowest line up, no room stands on a lower line than one that comes before it in FLOORS."""
    assert PICTURE
    stacked = [rooms_of_a_line(line) for line in reversed(PICTURE[1].splitlines())]
    level = {room: height for height, rooms in enumerate(stacked) for room in rooms}
    assert sorted(room for rooms in stacked for room in rooms) == sorted(ROOMS)
    assert [level[room] for room in ROOMS] == sorted(level.values())


def test_every_room_has_its_line() -> None:
    """Each room of the package, from the top down, and no other."""
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", SECTIONS["Rooms"], re.MULTILINE)
    assert sorted(room for room, _ in rows) == sorted(ROOMS)
    assert all(10 < len(does) < 120 and not does.endswith(".") for _, does in rows)


def test_every_path_exists() -> None:
    """Files and folders in the text, in commands and behind links."""
    named = {path for code in CODE for path in paths(code)} | set(LINKS)
    assert len(named) > 40
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_what_a_file_is_said_to_hold_is_there() -> None:
    """`NAME` of (or in) `path`: the name stands in that file."""
    pairs = re.findall(r"`(\w+)`\s+(?:of|in)\s+`([\w./]+)`", PAGE)
    assert len(pairs) >= 5
    assert [
        pair for pair in pairs if not re.search(rf"\b{pair[0]}\b", (ROOT / pair[1]).read_text(encoding="utf-8"))
    ] == []


def test_a_path_that_is_missing_would_be_seen() -> None:
    """The reading of paths itself."""
    assert paths("pytest tests/formulas/test_x.py::test_y tests/nowhere -k NAME") == [
        "tests/formulas/test_x.py",
        "tests/nowhere",
    ]
    assert paths("problems/<topic>/<id>.md") == ["problems/"]
    assert paths(".ci/run --full") == [".ci/run"]
    assert paths("pyproject.toml") == ["pyproject.toml"]
    assert paths(".pre-commit-config.yaml") == [".pre-commit-config.yaml"]
    assert paths(".venv/bin/pytest tests/quiz") == ["tests/quiz"]
    assert paths("run(formula, given) -> Working") == []


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_names_its_files_and_the_test_that_completes_it(recipe: str) -> None:
    steps, _, complete = SECTIONS[recipe].partition("\nComplete: ")
    assert any(paths(code) for code in re.findall(r"`([^`\n]+)`", steps))
    assert re.match(r"`(pytest|dlcalc) ", complete)


def test_what_is_added_most_often_has_a_recipe() -> None:
    assert [recipe.split()[-1] for recipe in RECIPES] == [
        "calculator", "mistake", "convention", "format", "layer", "problem",
    ]  # fmt: skip


def test_links_within_the_page_lead_somewhere() -> None:
    headings = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in SECTIONS}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings


@pytest.mark.parametrize("option", ["--full", "--mutate"])
def test_the_whole_check_knows_its_options(option: str) -> None:
    assert f".ci/run {option}" in COMMANDS
    assert option in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_project_has_one_address() -> None:
    """pyproject.toml's, in its other addresses and in CITATION.cff."""
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    assert all(url.startswith(urls["Repository"]) for url in urls.values())
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"https://\S+", citation) == [urls["Repository"]]


def test_files_behind_the_projects_addresses_exist() -> None:
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    files = [url.partition("/blob/main/")[2] for url in urls.values() if "/blob/main/" in url]
    assert files
    assert all((ROOT / file).is_file() for file in files)


def test_the_hooks_run_tests_that_exist() -> None:
    """.pre-commit-config.yaml names files of tests/."""
    named = re.findall(r"tests/\w+\.py", (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert len(named) >= 3
    assert all((ROOT / path).is_file() for path in named)
