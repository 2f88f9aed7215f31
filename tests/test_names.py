"""Names are the terms of the field: words that only their author knew do not come back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from rows import each_row
from source_nodes import nodes
from test_floors import PACKAGE, room_of

# Word → the term that stands for it.
TERMS = {
    "met": "operand, or the gradient of a weight",
    "told": "message, remark, shown",
    "turned": "transposed, flipped, reordered",
    "laid": "scattered, in a layout",
    "world": "instance",
    "worlds": "instances",
    "look": "pattern, style",
    "looks": "patterns, peepholes",
    "slipped": "mistaken",
    "telling": "shown lines",
    "tell": "show",
    "taking": "practice",
    "filling": "rendering",
    "filler": "renderer",
}
OLD_NAMES = {
    "taken_back": "vjp",
    "Taken": "Gradient",
    "asked_of": "target_of",
    "put_in": "evaluate_at, substitute",
    "put_out": "output_of",
    "lay_out": "allocate, arrange",
}
# The word of the problem files for a cell that is wrong on purpose; elsewhere it is a mistake.
SLIP_ROOMS = {"quiz", "answers", "verification", "grading"}
# Keys of JSON, a method of Optuna's, the name of a file of people to look at, and a mistake that is called so.
KEPT = {"told_apart", "to_look_at", "tell", "TO_LOOK_AT", "_SIGN_TURNED"}
OLD_FILES = {
    "worlds", "looks", "slips", "where", "asked", "own", "keys", "words", "filling", "shows", "telling", "taking",
    "wide", "fields", "foreign", "told", "look",
}  # fmt: skip


def identifiers(source: str) -> Iterator[str]:
    """Functions, classes, parameters, fields and attributes; keywords of calls; constants of modules and classes."""
    for node in nodes(source):
        if isinstance(node, ast.Module | ast.ClassDef):
            places = (place for each in node.body if isinstance(each, ast.Assign) for place in each.targets)
            yield from (part.id for place in places for part in ast.walk(place) if isinstance(part, ast.Name))
        match node:
            case ast.FunctionDef(name=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield name
            case ast.keyword(arg=str(name)):
                yield name
            case ast.ClassDef(name=name, body=body):
                yield name
                yield from (each.target.id for each in body if isinstance(each, ast.AnnAssign | ast.AugAssign)
                            and isinstance(each.target, ast.Name))  # fmt: skip


def words(name: str) -> list[str]:
    """The words of snake_case and CamelCase, small."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")


def strange(source: str, room: str) -> list[str]:
    """The identifiers that are not to be used in a file of `room`."""
    terms = TERMS if room in SLIP_ROOMS else TERMS | {"slip": "mistake", "slips": "mistakes"}
    names = {name for name in identifiers(source) if name not in KEPT}
    return sorted(name for name in names if name.strip("_") in OLD_NAMES or not terms.keys().isdisjoint(words(name)))


def test_identifiers_are_terms_of_the_field() -> None:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if names := strange(path.read_text(encoding="utf-8"), room_of(path)):
            found[str(path.relative_to(PACKAGE))] = names
    assert found == {}


def test_files_are_named_after_their_subjects() -> None:
    assert [str(path) for path in PACKAGE.rglob("*.py") if path.stem in OLD_FILES] == []


def test_no_kind_is_a_number() -> None:
    """`kind.value == 10` says nothing to a reader: a kind is compared with a kind."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        for node in nodes(path.read_text(encoding="utf-8")):
            match node:
                case ast.Compare(
                    left=ast.Attribute(attr="value", value=ast.Name(id=name) | ast.Attribute(attr=name)),
                    comparators=[ast.Constant(value=int())],
                ) if "kind" in name:
                    found.append(f"{path.name}:{node.lineno}")
    assert found == []


@each_row(
    ("source", "room", "expected"),
    [
        ("def taken_back(x): ...", "gradients", ["taken_back"]),
        ("def _put_in(x): ...", "gradients", ["_put_in"]),
        ("class World: ...", "gradients", ["World"]),
        ("class A:\n    turned: bool = False", "gradients", ["turned"]),
        ("f(told=1)", "ops", ["told"]),
        ("def f(_told): ...", "ops", ["_told"]),
        ("x.laid_down", "kernels", ["laid_down"]),
        ("class FirstWorlds: ...", "api", ["FirstWorlds"]),
        ("_LAID = 1", "api", ["_LAID"]),
        ("class Slip: ...", "gradients", ["Slip"]),
        ("class Slip: ...", "quiz", []),
        ("x.told_apart", "verification", []),
        ("def method(metric): return metric.lookup", "api", []),
    ],
)
def test_a_private_word_is_seen(source: str, room: str, expected: list[str]) -> None:
    """The check itself, in each place where a name can stand."""
    assert strange(source, room) == expected
