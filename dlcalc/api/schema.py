"""JSON schemas of what `--json` prints, made of the types in `shapes` and of the formulas: `schema("lstm")`."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from ..errors import UserError, printable
from ..formulas.catalogue import ENTRIES
from ..formulas.hand_operations import OPERATIONS
from ..formulas.model import Formula, Step
from ..formulas.registry import formula
from . import exam_shapes, shapes, training_shapes
from .results import Result

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_SHAPES: Mapping[str, tuple[type, ...]] = {
    "net": (shapes.Network, shapes.Comparison, shapes.LayerList, shapes.NetworkList, shapes.NetworkRun,
            shapes.MarkedTable, shapes.ExplainedLayer, shapes.NetworkAnswer),
    "bptt": (shapes.Bptt, shapes.JudgedGradient),
    "backprop": (shapes.Backprop, shapes.JudgedBackprop),
    "diff": (shapes.Differentiated, shapes.MatrixDifferentiated, shapes.JudgedDerivative),
    "vanish": (shapes.Vanished,),
    "solve": (shapes.Backwards, shapes.InLetters),
    "find": (shapes.Found,),
    "doctor": (shapes.Doctor, shapes.Warmed, shapes.Kernels),
    "problems show": (exam_shapes.Paper,),
    "problems lint": (exam_shapes.Linted,),
    "problems check": (exam_shapes.BankCheck,),
    "quiz make": (exam_shapes.Paper,),
    "grade": (exam_shapes.Graded, exam_shapes.Tested),
    "train": (training_shapes.Training, training_shapes.Trainings, training_shapes.Searched, training_shapes.Explained,
              training_shapes.Planned, training_shapes.Checked),
    "predict": (training_shapes.Predictions,),
}  # fmt: skip
"""Command → the kinds of object that it prints; calculators and `run` have theirs from their formulas."""

VALUE: Schema = {
    "description": " ".join((shapes.VALUE or "").split()),
    "anyOf": [
        {"type": ["number", "string", "boolean", "null"]},
        {"type": "array", "items": {"$ref": "#/$defs/value"}},
        {"type": "object", "additionalProperties": {"$ref": "#/$defs/value"}},
    ],
}


def commands() -> tuple[str, ...]:
    """The commands that print JSON, as they are typed."""
    calculators = (name.replace("_", "-") for name in ENTRIES)
    return (*calculators, *(f"run {name}" for name in OPERATIONS), *_SHAPES)


class Schemas(Result):
    """The JSON schema of a command's `--json`."""

    def __init__(self, command: str) -> None:
        self.command = command

    def to_dict(self) -> Schema:
        made = _Definitions()
        kinds = made.of_command(self.command)
        found = {"$schema": DIALECT, "title": f"dlcalc {self.command} --json", "anyOf": kinds}
        return {**found, "$defs": {"value": VALUE, **dict(sorted(made.found.items()))}}


def schema(command: str) -> Schemas:
    """The schema of what `dlcalc COMMAND --json` prints: "lstm", "run conv", "problems check".

    Raises UserError for a command that prints no JSON.
    """
    wanted = " ".join(command.replace("_", "-").split())
    if wanted not in commands():
        near = [name for name in commands() if wanted and name.startswith(f"{wanted} ")]
        known = ", ".join(near) if near else "lstm, run conv, problems check, ..."
        wrote = printable(wanted[:40]) if wanted else "of nothing"
        raise UserError(f"a schema is of a command that prints JSON ({known}), not {wrote}")
    return Schemas(wanted)


class _Definitions:
    """Schemas by name, each made once."""

    def __init__(self) -> None:
        self.found: dict[str, Schema] = {}

    def of_command(self, command: str) -> list[Schema]:
        if command in _SHAPES:
            return [self.of(shape) for shape in _SHAPES[command]]
        if command.startswith("run "):
            operation = OPERATIONS[command.removeprefix("run ")]
            ids = list(operation.formula_ids())
            first = formula(ids[0]).answers[0]
            kinds = [self._of_formula(formula(id), shapes.ByHand, (first,)) for id in ids]
            return [*kinds, self.of(shapes.OneAnswer), self.of(shapes.Judged)]
        entry = ENTRIES[command.replace("-", "_")]
        kinds = [self._of_formula(formula(id), shapes.Calculation) for id in entry.formulas()]
        return [*kinds, *map(self.of, (shapes.OneAnswer, shapes.Backwards, shapes.InLetters, shapes.Judged))]

    def _of_formula(self, found: Formula, base: type, more: Iterable[str] = ()) -> Schema:
        """The base's keys, and one for each answer with its meaning."""
        whole = self._object(base)
        answers = {name: self._answer(found, name) for name in found.answers}
        main = {} if found.shape and base is shapes.Calculation else {"value": self._answer(found, found.answers[0])}
        own = {"formula": {"const": found.id}, **main, **answers}
        also = {name: {"$ref": "#/$defs/value"} for name in more if name not in own}
        self.found[found.id] = {
            "title": found.title,
            **whole,
            "properties": {**own, **also, **whole["properties"]},
            "required": list(dict.fromkeys((*own, *whole["required"]))),
        }
        return {"$ref": f"#/$defs/{found.id}"}

    def _answer(self, found: Formula, name: str) -> Schema:
        step = found.by_name.get(name)
        said = step.meaning if isinstance(step, Step) else ""
        unit = f", in {step.unit}" if isinstance(step, Step) and step.unit else ""
        return {"$ref": "#/$defs/value", **({"description": f"{said}{unit}"} if said else {})}

    def of(self, kind: Any) -> Schema:
        """The schema of a type: of a TypedDict a reference, of anything else the schema itself."""
        origin, arguments = get_origin(kind), get_args(kind)
        if is_typeddict(kind):
            if kind.__name__ not in self.found:
                self.found[kind.__name__] = {}  # the place, for one that has itself in it
                self.found[kind.__name__] = self._object(kind)
            return {"$ref": f"#/$defs/{kind.__name__}"}
        if origin is Annotated:
            *_, said = kind.__metadata__
            is_value = shapes.IS_VALUE in kind.__metadata__
            about = {} if said == shapes.IS_VALUE else {"description": said}
            return ({"$ref": "#/$defs/value"} if is_value else self.of(arguments[0])) | about
        if origin in (Union, types.UnionType):
            return _union([self.of(each) for each in arguments])
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin is list:
            return {"type": "array", "items": self.of(arguments[0])}
        if origin is dict:
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        return {} if kind is Any else {"type": _NAMES[kind]}

    def _object(self, kind: type) -> Schema:
        hints = get_type_hints(kind, include_extras=True)
        properties, required = {}, []
        for name, hint in hints.items():
            inner = get_args(hint)[0] if get_origin(hint) is NotRequired else hint
            properties[name] = self.of(inner)
            if inner is hint:
                required.append(name)
        said = {"description": " ".join(kind.__doc__.split())} if kind.__doc__ and kind.__doc__ != dict.__doc__ else {}
        others = {"$ref": "#/$defs/value"} if kind in shapes.WITH_ANSWERS else False
        return {
            "type": "object",
            **said,
            "properties": properties,
            "required": required,
            "additionalProperties": others,
        }


_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def _union(kinds: list[Schema]) -> Schema:
    """Plain types together, as `"type": ["string", "null"]`; else any of them."""
    if all(set(each) == {"type"} and isinstance(each["type"], str) for each in kinds):
        return {"type": [each["type"] for each in kinds]}
    return {"anyOf": kinds}
