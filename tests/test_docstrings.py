"""What one room offers another says what it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from source_nodes import nodes
from test_floors import PACKAGE, resolved, room_of


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, tuple[Path, tuple[ast.AST, ...]]]:
    """Each with its file and its nodes."""
    return {module_of(p): (p, nodes(p.read_text(encoding="utf-8"))) for p in sorted(PACKAGE.rglob("*.py"))}


def body(module: str) -> list[ast.stmt]:
    first = modules()[module][1][0]
    assert isinstance(first, ast.Module)
    return first.body


@cache
def defined(module: str) -> dict[str, ast.FunctionDef | ast.ClassDef]:
    """The functions and classes of a module."""
    return {node.name: node for node in body(module) if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def taken_from_others(module: str) -> Iterator[tuple[str, str]]:
    """(module, name) of what a file uses of other rooms: imported by name, or as an attribute of an imported module."""
    path, inside = modules()[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    aliases: dict[str, str] = {}
    for node in inside:
        match node:
            case ast.ImportFrom(module=source, names=names, level=level):
                target = resolved("." * level + (source or ""), package).rstrip(".")
                for alias in names:
                    inner = f"{target}.{alias.name}"
                    if inner in modules():
                        aliases[alias.asname or alias.name] = inner
                    elif target in modules():
                        yield target, alias.name
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in aliases:
                yield aliases[name], attribute


def test_what_another_room_uses_has_a_docstring() -> None:
    found = set()
    for module, (path, _) in modules().items():
        for source, name in taken_from_others(module):
            there = modules()[source][0]
            node = defined(source).get(name)
            if room_of(there) != room_of(path) and node is not None and not ast.get_docstring(node):
                found.add(f"{source}.{name}")
    assert sorted(found) == []


def test_what_is_taken_from_other_rooms_is_seen() -> None:
    """Both ways: `from ..model import Formula`, and `doc.Paragraph` of `from .. import document as doc`."""
    taken = set(taken_from_others("dlcalc.explain.calculation"))
    assert ("dlcalc.formulas.model", "Formula") in taken
    assert ("dlcalc.document", "Paragraph") in taken


def test_every_room_says_what_it_is() -> None:
    """Each file and folder of code begins with a sentence."""
    missing = [str(path.relative_to(PACKAGE)) for module, (path, inside) in modules().items() if body(module)
               and not ast.get_docstring(inside[0])]  # fmt: skip
    assert missing == []
