"""The problem bank: a folder of topics, each a folder of problem files. Found by id, by topic, or by path."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ..errors import UserError, printable
from ..formulas.draw import Sampler
from .problem import Problem
from .reader import read_problem

SUFFIX = ".md"
PAGES = ("README.md", "EXAMS.md")
"""Files of the bank that are no problems."""


def folder() -> Path:
    """The bank that comes with dlcalc: beside the package in a checkout, inside it where it is installed."""
    package = Path(__file__).parents[1]
    inside = package / "problems"
    return inside if inside.is_dir() else package.parent / "problems"


def files(where: Path | None = None) -> tuple[Path, ...]:
    """The problem files under a folder, sorted by topic and name."""
    root = folder() if where is None else where
    return tuple(sorted(path for path in root.rglob(f"*{SUFFIX}") if path.name not in PAGES and path.is_file()))


def topics() -> tuple[str, ...]:
    """The topics of the bank: its folders."""
    return tuple(sorted({path.parent.name for path in files()}))


def load(path: str) -> Problem:
    """The problem in a file, read once as long as it stays the same. Raises ProblemError."""
    try:
        found = os.stat(path)
    except OSError:
        return read_problem(path)
    return _loaded(path, os.path.abspath(path), found.st_mtime_ns, found.st_size)


@cache
def _loaded(path: str, _place: str, _changed: int, _size: int) -> Problem:
    return read_problem(path)


def find(name: str, near: str = "") -> Problem:
    """A problem by its id, or by the path of its file, which starts from the folder `near`.

    Raises UserError when there is none, ProblemError when the file cannot be read.
    """
    if name.endswith(SUFFIX):
        path = os.path.join(near, name)
        if not os.path.isfile(path):
            raise UserError(f"there is no problem file {printable(path)}")
        return load(path)
    for path_ in files():
        if path_.stem == name:
            return load(str(path_))
    import difflib

    close = difflib.get_close_matches(name, [path_.stem for path_ in files()], 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise UserError(f"the bank has no problem {printable(name)}{hint}")


def of_topic(topic: str, level: str = "") -> tuple[Problem, ...]:
    """The problems of a topic, `all` for every one. Raises UserError for a topic that the bank does not have."""
    if topic != "all" and topic not in topics():
        raise UserError(f"a topic is one of {', '.join((*topics(), 'all'))}, not {printable(topic)}")
    wanted = [load(str(path)) for path in files() if topic == "all" or path.parent.name == topic]
    found = tuple(problem for problem in wanted if not level or problem.level == level)
    if not found:
        raise UserError(f"{topic} has no problem of level {printable(level)}")
    return found


def chosen(problems: Iterable[Problem], count: int, *key: object) -> tuple[Problem, ...]:
    """`count` of the problems in an order of the stream `key`: each once before one comes again."""
    pool = sorted(problems, key=lambda problem: problem.id)
    found: list[Problem] = []
    turn = 0
    while len(found) < count:
        sampler = Sampler(*key, "chosen", turn)
        left = list(pool)
        while left and len(found) < count:
            found.append(left.pop(sampler.integer(0, len(left) - 1)))
        turn += 1
    return tuple(found)
