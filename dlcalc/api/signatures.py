"""What completion and `?` tell of a calculator and of an operation: its signature, and a text with its formulas."""

from __future__ import annotations

import inspect
import keyword
import shlex
from collections.abc import Iterable
from fractions import Fraction

from ..expressions import printing
from ..formulas.catalogue import Entry
from ..formulas.hand_operations import Operation
from ..formulas.model import Formula, Step, Variable
from ..formulas.registry import formula
from .hand_given import quantities


def calculator_signature(entry: Entry) -> inspect.Signature:
    """`(*, n, f, s=1, ...)`: quantities by their letters, then switches, answers, and how it is counted."""
    formulas = [formula(id) for id in entry.formulas()]
    found = [_parameter(entry.choice, "str | None", None, positional=entry.positional)] if entry.choice else []
    found += [_quantity(variable) for variable in _variables(formulas)]
    found += [_parameter(name, "bool", False) for name in (*entry.flags, *entry.switches)]
    known = {parameter.name for parameter in found}
    answers = dict.fromkeys(name for each in formulas for name in each.answers if name not in known)
    found += [_parameter(name, "object", None) for name in answers]
    found += [_parameter("convention", "str | None", None), _parameter("profile", "str | None", None)]
    found += [_parameter("find", "str", ""), _parameter("ranges", "dict[str, tuple[int, int]] | None", None)]
    return _signature(found, "Calculation | Backwards")


def calculator_text(entry: Entry) -> str:
    formulas = [formula(id) for id in entry.formulas()]
    parts = [
        f"{entry.help}.",
        f"Example: {in_python(entry.example)}",
        "Quantities (a number, a tuple of one per axis, or text; what is not given stays a letter):\n"
        + _lines(map(_said, _variables(formulas))),
        f"{formulas[0].title}, step by step:\n{_lines(map(_step, _steps(formulas[0])))}",
        *(f"With {name}=True: {formula(id).title}." for name, id in entry.switches.items()),
        *(f"With {name}: {formula(id).title}." for name, id in entry.given.items()),
        f"On the command line: {entry.example}",
    ]
    return "\n\n".join(parts) + "\n"


def operation_signature(operation: Operation) -> inspect.Signature:
    named = quantities(operation)
    variables = [v for v in _variables(map(formula, operation.formula_ids())) if v.name in named.values()]
    found = [_parameter(_python_name(variable), _ARRAY, None) for variable in variables]
    found += [_parameter(switch.replace("-", "_"), "bool", False) for switch in operation.switches]
    choices = [name.replace("-", "_") for name in (*(["kind"] if operation.kinds else []), *operation.choices)]
    found += [_parameter(name, "str | None", None) for name in choices]
    if operation.loss:
        found += [_parameter("target", _ARRAY, None), _parameter("loss", "str | None", None)]
    found += [_parameter("convention", "str | None", None), _parameter("profile", "str | None", None)]
    found += [_parameter("fractions", "bool", False), _parameter("kernel", "str", "none")]
    return _signature(found, "ByHand")


def operation_text(operation: Operation) -> str:
    first = formula(operation.formula_ids()[0])
    parts = [
        f"{operation.help}.",
        f"Example: {in_python(operation.example)}",
        "Given (text, nested lists, numpy arrays, or the name of a file):\n"
        + _lines(map(_said, _variables(map(formula, operation.formula_ids())))),
        f"{first.title}, step by step:\n{_lines(map(_step, _steps(first)))}",
        f"On the command line: {operation.example}",
    ]
    return "\n\n".join(parts) + "\n"


def words_of(example: str) -> tuple[list[str], dict[str, str | None]]:
    """The words of a command before its options, and the options; of a switch the value is None."""
    words = shlex.split(example)
    first = next((place for place, word in enumerate(words) if word.startswith("--")), len(words))
    before, rest = words[:first], words[first:]
    options: dict[str, str | None] = {}
    for place, word in enumerate(rest):
        if word.startswith("--"):
            following = rest[place + 1 : place + 2]
            options[word[2:]] = following[0] if following and not following[0].startswith("--") else None
    return before, options


def in_python(example: str) -> str:
    """`dlcalc conv --n 227` as `dlcalc.conv(n=227)`, and `dlcalc run conv ...` as `dlcalc.run.conv(...)`."""
    (_, name, *rest), options = words_of(example)
    name = name.replace("-", "_")
    if name == "run":
        name = f"run.{rest.pop(0).replace('-', '_')}"
    given = [repr(word) for word in rest]
    named: dict[str, object] = {
        key.replace("-", "_"): True if value is None else int(value) if value.isdigit() else value
        for key, value in options.items()
    }
    if any(keyword.iskeyword(key) for key in named):
        return f"dlcalc.{name}({', '.join([*given, f'**{named!r}'])})"
    return f"dlcalc.{name}({', '.join([*given, *(f'{key}={value!r}' for key, value in named.items())])})"


_ARRAY = "str | float | list | None"


def _variables(formulas: Iterable[Formula]) -> list[Variable]:
    found: dict[str, Variable] = {}
    for each in formulas:
        for variable in each.variables:
            found.setdefault(variable.name, variable)
    return list(found.values())


def _quantity(variable: Variable) -> inspect.Parameter:
    number = "int" if variable.integer else "float"
    kind = f"{number} | tuple | str" if variable.per_axis or variable.kind.rank else f"{number} | str"
    if variable.default is None:
        return _parameter(_python_name(variable), f"{kind} | None", None)
    return _parameter(_python_name(variable), kind, _plain(variable.default))


def _python_name(variable: Variable) -> str:
    """Its letter; its long name where the letter is a word of Python's, as lambda is."""
    return variable.long.replace("-", "_") if keyword.iskeyword(variable.name) else variable.name


def _plain(default: str) -> object:
    try:
        number = Fraction(default)
    except ValueError:
        return default
    return int(number) if number.denominator == 1 else float(number)


def _parameter(name: str, annotation: str, default: object, positional: bool = False) -> inspect.Parameter:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD if positional else inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)


def _signature(parameters: Iterable[inspect.Parameter], returns: str) -> inspect.Signature:
    """Each name once: a quantity may be an answer of another formula."""
    found: dict[str, inspect.Parameter] = {}
    for parameter in parameters:
        found.setdefault(parameter.name, parameter)
    return inspect.Signature(list(found.values()), return_annotation=returns)


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)


def _said(variable: Variable) -> str:
    unit = f", in {variable.unit}" if variable.unit else ""
    names = " or ".join(dict.fromkeys((variable.name, variable.long.replace("-", "_") or variable.name)))
    return f"{names}: {variable.meaning}{unit}{variable.by_default}"


def _steps(found: Formula) -> list[tuple[Formula, Step]]:
    return [(found, step) for step in found.steps if not step.called and not step.each]


def _step(step: tuple[Formula, Step]) -> str:
    found, each = step
    unit = f", in {each.unit}" if each.unit else ""
    means = f"  ({each.meaning}{unit})" if each.meaning else ""
    return f"{each.name} = {printing.text(found.parse(each.expression, each.per_axis))}{means}"
