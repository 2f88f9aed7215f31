"""Who may import whom, and what no file of ours may do: read from the source, so that a late import counts too."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from rows import each_row
from source_nodes import nodes

PACKAGE = Path(__file__).parents[1] / "dlcalc"

# A room imports only what stands before it, and itself. `dlcalc` is the package's own __init__.py.
FLOORS = (
    "errors",
    "files",
    "profiles",
    "expressions",
    "formulas",
    "kernels",
    "algebra",
    "ops",
    "networks",
    "gradients",
    "document",
    "diagrams",
    "explain",
    "answers",
    "training",
    "quiz",
    "grading",
    "verification",
    "export",
    "api",
    "dlcalc",
    "cli",
    "__main__",
)

# Neighbours that do not meet although their floors would allow it: formulas and kernels state the same truth
# independently, and a formula names its conventions without knowing who chose among them.
APART = {("kernels", "formulas"), ("formulas", "profiles")}

# The rooms that may import something outside the standard library, at module level or anywhere else.
OWNERS = {
    "typer": {"cli"},
    "rich": {"cli"},
    "sympy": {"algebra"},
    "numba": {"kernels"},
    "llvmlite": {"kernels"},
    "numpy": {"kernels", "ops", "networks", "gradients", "training"},
    "sklearn": {"training"},
    "mnist1d": {"training"},
    "PIL": {"training"},
    "optuna": {"training"},
    "onnx": {"networks"},
    "h5py": {"networks"},
    "drawsvg": {"diagrams"},
    "matplotlib": {"diagrams"},
    "typst": {"export"},
    "markdown_it": {"quiz"},
}

# Each runs, or may run, text as a program.
RUNNERS = {"eval", "exec", "compile", "__import__", "sympify", "parse_expr", "parse_latex"}
LOADERS = {"pickle", "marshal", "shelve"}


def room_of(path: Path) -> str:
    """The room a file of the package belongs to: its folder, or its own name at the top."""
    top = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "dlcalc" if top == "__init__" else top


def resolved(name: str, package: str) -> str:
    """The full dotted name of a module called `name`, perhaps with leading dots, in a file of `package`."""
    level = len(name) - len(name.lstrip("."))
    parents = package.split(".")
    return ".".join(parents[: len(parents) - level + 1] + name.strip(".").split(".")) if level else name


def imported(source: str, package: str) -> Iterator[str]:
    """Every module that `source`, a file of `package`, imports: its full dotted name, with the name taken from it.

    Of a name put together at run time it is the part that is written, such as f".{topic}"; without one, "?".
    """
    for node in nodes(source):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                dots = "." * level
                yield from (resolved(f"{dots}{f'{module}.' if module else ''}{alias.name}", package) for alias in names)
            case ast.Call(func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"), args=[name, *_]):
                written = name.values[0] if isinstance(name, ast.JoinedStr) else name
                yield resolved(str(written.value), package) if isinstance(written, ast.Constant) else "?"


def offences(source: str, room: str, package: str = "dlcalc") -> list[str]:
    """What `source`, a file of `room`, does that its room may not."""
    found = []
    for module in imported(source, package):
        top, *rest = module.split(".")
        if top == "dlcalc":
            target = rest[0] if rest and rest[0] in FLOORS else "dlcalc"
            if FLOORS.index(target) > FLOORS.index(room) or (room, target) in APART:
                found.append(f"{room} imports {target}")
        elif top in LOADERS or (top not in sys.stdlib_module_names and room not in OWNERS.get(top, ())):
            found.append(f"{room} imports {top}")
    for node in nodes(source):
        match node:
            case ast.Name(id=name) if name in RUNNERS:
                found.append(f"{room} uses {name}")
            case ast.Attribute(attr="sympify" | "parse_expr" | "parse_latex" as name):
                found.append(f"{room} uses {name}")
            case ast.Name(id="print") if room not in ("cli", "__main__"):
                found.append(f"{room} uses print")
            case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr") if room not in ("cli", "__main__"):
                found.append(f"{room} writes to the terminal")
    return found


def test_every_file_keeps_to_its_floor() -> None:
    """No file of the package imports upwards, borrows another room's library, prints below cli/ or runs text."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        package = ".".join(("dlcalc", *path.relative_to(PACKAGE).parts[:-1]))
        if wrong := offences(path.read_text(encoding="utf-8"), room_of(path), package):
            found[str(path.relative_to(PACKAGE))] = wrong
    assert found == {}


# Imports that lead back, each with its reason; with them left out, no module needs itself.
BACK = {
    ("dlcalc.expressions.nodes", "dlcalc.expressions.printing"): "a node in a message is shown as text, when it is one",
}


@cache
def arrows() -> dict[str, set[str]]:
    """Module → the modules of the package that it imports anywhere: late, or for its types alone, too.

    A name put together at run time is no arrow: a table of files, such as the topics, is loaded by it.
    """
    files = {}
    for path in PACKAGE.rglob("*.py"):
        parts = ("dlcalc", *path.relative_to(PACKAGE).with_suffix("").parts)
        files[".".join(parts).removesuffix(".__init__")] = path, ".".join(parts[:-1])
    found: dict[str, set[str]] = {}
    for name, (path, package) in files.items():
        targets = (
            module if module in files else module.rpartition(".")[0]
            for module in imported(path.read_text(encoding="utf-8"), package)
            if not module.endswith(".")
        )
        found[name] = {target for target in targets if target in files} - {name}
    return found


def circles(graph: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    """The modules that reach themselves, those of one circle together."""
    reached = {}
    for start in graph:
        seen: set[str] = set()
        ahead = list(graph[start])
        while ahead:
            if (at := ahead.pop()) not in seen:
                seen.add(at)
                ahead += graph.get(at, ())
        reached[start] = seen
    return sorted({tuple(sorted(m for m in reached[n] if n in reached[m])) for n in graph if n in reached[n]})


def test_no_module_needs_itself() -> None:
    """There is no circle of imports, nor an exception that is none."""
    graph = {name: set(targets) for name, targets in arrows().items()}
    assert {back for back in BACK if back[1] not in graph[back[0]]} == set()
    for one, other in BACK:
        graph[one].discard(other)
    assert circles(graph) == []


def test_a_circle_is_seen() -> None:
    """Of two modules that import each other, and one that only uses them, the two are told."""
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [("b", "c")]


# So many pairs of rooms of which one imports the other, late and for types alone too. A new pair is paid for by another
# that goes: what one room takes from many stands in too many places.
MOST_PAIRS = 100


def rooms_of(graph: Mapping[str, set[str]]) -> set[tuple[str, str]]:
    """The pairs of different rooms of which the first imports the second, of an imports' graph of modules."""

    def room(module: str) -> str:
        return [*module.split("."), "dlcalc"][1]

    return {(room(one), room(other)) for one, others in graph.items() for other in others if room(one) != room(other)}


def test_rooms_reach_for_no_more_rooms() -> None:
    """The number of arrows between rooms does not grow."""
    pairs = rooms_of(arrows())
    assert len(pairs) <= MOST_PAIRS, sorted(pairs)


def test_an_arrow_between_rooms_is_seen() -> None:
    """However many modules of a room import another room, it is one arrow; inside a room there is none."""
    graph = {
        "dlcalc": {"dlcalc.api"},
        "dlcalc.api": set(),
        "dlcalc.cli.app": {"dlcalc", "dlcalc.cli.net", "dlcalc.errors"},
        "dlcalc.cli.net": {"dlcalc.errors"},
        "dlcalc.errors": set(),
    }
    assert rooms_of(graph) == {("dlcalc", "api"), ("cli", "dlcalc"), ("cli", "errors")}


def test_every_room_has_a_floor() -> None:
    """A new file or folder of code at the top of the package has to be given its place first."""
    assert {room_of(path) for path in PACKAGE.rglob("*.py")} <= set(FLOORS)


@each_row(
    ("room", "package", "source", "expected"),
    [
        ("formulas", "dlcalc.formulas", "from ..errors import UserError", []),
        ("formulas", "dlcalc.formulas", "from .run import run", []),
        ("formulas", "dlcalc.formulas", "from dlcalc import expressions", []),
        ("expressions", "dlcalc.expressions", "from dlcalc.formulas.run import run", ["expressions imports formulas"]),
        ("expressions", "dlcalc.expressions", "from ..formulas import run", ["expressions imports formulas"]),
        ("expressions", "dlcalc.expressions", "from .. import formulas", ["expressions imports formulas"]),
        ("expressions", "dlcalc.expressions", "import dlcalc.cli.app", ["expressions imports cli"]),
        ("export", "dlcalc.export", "from dlcalc import conv", ["export imports dlcalc"]),
        ("export", "dlcalc.export", "import_module('dlcalc.api')", ["export imports api"]),
        ("formulas", "dlcalc.formulas", "import_module(f'.{topic}', __package__)", []),
        ("formulas", "dlcalc.formulas", "import_module(f'..{room}', __package__)", ["formulas imports dlcalc"]),
        ("formulas", "dlcalc.formulas", "importlib.import_module(name)", ["formulas imports ?"]),
        ("kernels", "dlcalc.kernels.cpu", "from ...formulas import run", ["kernels imports formulas"]),
        ("formulas", "dlcalc.formulas", "from ..profiles import load", ["formulas imports profiles"]),
        ("quiz", "dlcalc.quiz", "def f():\n    import sympy", ["quiz imports sympy"]),
        ("cli", "dlcalc.cli", "import typer, rich.table", []),
        ("cli", "dlcalc.cli", "import click", ["cli imports click"]),
        ("grading", "dlcalc.grading", "import pickle", ["grading imports pickle"]),
        ("cli", "dlcalc.cli", "run = eval", ["cli uses eval"]),
        ("algebra", "dlcalc.algebra", "sympy.sympify('1')", ["algebra uses sympify"]),
        ("document", "dlcalc", "re.compile('a')", []),
        ("document", "dlcalc", "print(1)", ["document uses print"]),
        ("document", "dlcalc", "sys.stdout.write('1')", ["document writes to the terminal"]),
        ("cli", "dlcalc.cli", "print(1)", []),
    ],
)
def test_an_offence_is_seen(room: str, package: str, source: str, expected: list[str]) -> None:
    """The check itself tells the allowed from the forbidden, in each form an import can take."""
    assert offences(source, room, package) == expected
