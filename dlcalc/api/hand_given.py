"""What is given for an operation by hand: switches, choices, arrays in any form; and which formula they mean."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod

from ..errors import UserError
from ..expressions.exact import exact
from ..expressions.nodes import Kind, Name, Value
from ..expressions.printing import text
from ..formulas.hand_operations import OPERATIONS, Operation
from ..formulas.model import Formula, Variable
from ..formulas.registry import formula
from ..formulas.run import Working, letters_in, run
from ..formulas.topics.detectors import detector as detector_named
from ..formulas.topics.options_by_hand import Chosen, convention_of
from ..profiles import Profile, active
from . import layers_by_hand, paddings
from .array_files import shape_of
from .array_option import is_file, lifted, one_hot, one_hot_rows, only, read_raw
from .joined_weights import apart, order_of
from .results import spelling

_LOSSES = {"squared": "textbook", "sum": "sum", "mean": "mean"}
"""Values of --loss where a target is compared with an output → conventions of the squared loss, of a map or not."""

_WORDS = re.compile(r"\s*[^\W\d]\w*(?:[\s,]+[^\W\d]\w*)+[.!?]?\s*")
_MOST_SHOWN = 50
"""Words of a vocabulary that are told with their numbers."""
_TIMES = re.compile(r"(?<=\d)\s*[x×]\s*(?=\d)")
"""Between sizes, one per axis: 1x0."""


@dataclass(frozen=True)
class Asked:
    """An operation with everything read: which formula, its values, its convention."""

    operation: Operation
    formula: Formula
    values: dict[str, Value]
    convention: str
    course: Profile
    loss: Working | None = None
    stated: bool = False
    """Whether the convention is stated as a whole: by its name, or by a profile that was named."""
    options: frozenset[str] = frozenset()
    """The choices that are stated."""

    @property
    def spell(self) -> dict[str, str]:
        return spelling(self.formula, self.course)


def operation_named(name: str) -> Operation:
    """Raises UserError for an unknown one."""
    found = OPERATIONS.get(name.replace("_", "-"))
    if found is None:
        raise UserError(f"run works out one of {', '.join(OPERATIONS)}, not {name[:40]!r}")
    return found


def read(name: str, given: Mapping[str, object], convention: str | None, profile: str | Profile | None) -> Asked:
    operation = operation_named(name)
    course = profile if isinstance(profile, Profile) else active(profile, os.environ)
    rest = {key.replace("-", "_"): value for key, value in given.items() if value is not None and value is not False}
    features = {switch for switch in operation.switches if rest.pop(switch.replace("-", "_"), None)}
    features |= _kind(operation, rest) | layers_by_hand.features_of(operation, rest)
    if "same" in operation.switches:
        for key in ("p", "padding"):
            if str(rest.get(key, "")).strip().lower() in ("same", "valid"):
                features |= {"same"} if str(rest.pop(key)).strip().lower() == "same" else set()
    chosen = {choice: rest.pop(choice.replace("-", "_"), None) for choice in operation.choices}
    if "backward" in features and "groups" in rest:
        raise UserError("--groups is worked out forwards only: leave --backward out")
    target, loss = (rest.pop("target", None), rest.pop("loss", None)) if operation.loss else (None, None)
    order = rest.pop("w_joined", None) if operation.joined else None
    if "pad_begin" in operation.implies:
        rest = paddings.of_an_image(rest, _is_signal(rest.get("x", rest.get("image"))))
    row = _is_row(operation, chosen, convention, course)
    numbers = _number_words(operation, rest, 1 if "from-1" in (convention, chosen.get("count")) else 0)
    arrays: dict[str, Value] = {}
    for suffix, own in layers_by_hand.by_layer(operation, features, rest, _ranks(operation)).items():
        found = _arrays(operation, own)
        if order is not None:
            apart(operation.joined, found, order_of(str(order)), row)
        arrays |= {f"{name}{suffix}": array for name, array in found.items()}
    _side_by_side(operation, arrays)
    features |= {feature for quantity, feature in operation.implies.items() if quantity in arrays}
    _flatten(operation, arrays)
    asked = _fitting(operation, operation.candidates(features), arrays)
    if numbers:
        asked = replace(asked, notes=(*asked.notes, numbers))
    if operation.classes in arrays and "y" in arrays:
        scores = arrays[operation.classes]
        if asked.by_name[operation.classes].kind is Kind.MATRIX:
            arrays["y"] = one_hot_rows(arrays["y"], lifted(operation.classes, scores, 2))
        else:
            arrays["y"] = one_hot(arrays["y"], prod(shape_of(scores)))
    shapes = {name: _with_rows(asked, name, sizes) for name, sizes in operation.shapes_for(features).items()}
    _turn(asked, arrays, [name for name, sizes in shapes.items() if sizes != operation.shapes_for(features)[name]])
    _stand_up(asked, arrays, shapes, row)
    _spread(shapes, asked, arrays, row)
    values = {key: lifted(key, array, asked.by_name[key].kind.rank) for key, array in arrays.items()}
    if str(chosen.get("loss")).startswith("last") and "y" in values and "x" in values:
        values["y"] = _at_the_end(values["y"], len(values["x"]))
    for key, value in values.items():
        if asked.variable(key).integer and (left := next(letters_in(value), None)):  # type: ignore[union-attr]
            raise UserError(
                f"{key} is a whole number, not {text(Name(left))}: only weights, inputs and rates may be letters"
            )
    values |= _from_profile(operation, asked, values, course)
    _zeros(operation, asked, values)
    used = _convention(operation, asked, chosen, convention, course)
    _fit_together(operation, shapes, asked, values, used)
    compared = None
    if operation.loss and "backward" in features:
        compared = _gradient(operation, asked, values, target, loss)
    elif target is not None or loss is not None:
        raise UserError(f"--target and --loss of run {operation.name} are for --backward: they give the gradient")
    _complete(operation, asked, values)
    stated = convention is not None or course.states(asked.id, [each.name for each in asked.conventions])
    options = frozenset(str(value) for value in chosen.values() if value is not None)
    return Asked(operation, asked, values, used, course, compared, stated, options)


def _turn(asked: Formula, arrays: dict[str, Value], batch: list[str]) -> None:
    """Of a batch: numbers in one row are one per example, where there are as many examples."""
    tables = {name: lifted(name, arrays[name], asked.by_name[name].kind.rank) for name in batch if name in arrays}
    examples = max((len(table) for table in tables.values()), default=1)
    for name, table in tables.items():
        if examples > 1 and shape_of(table) == (1, examples):
            arrays[name] = tuple((number,) for number in table[0])


def _side_by_side(operation: Operation, arrays: dict[str, Value]) -> None:
    """Puts the blocks of a matrix, one per head, beside one another. Raises UserError for another number of heads."""
    for name, count in operation.beside.items():
        blocks = arrays.get(name, 0)
        if len(shape_of(blocks)) != 3 or len(blocks) == 1:
            continue
        heads = only(arrays.setdefault(count, len(blocks)))
        if heads != len(blocks):
            raise UserError(f"there is one block of {name} per head: {heads} heads, {len(blocks)} blocks")
        arrays[name] = tuple(tuple(item for row in rows for item in row) for rows in zip(*blocks, strict=True))


def _flatten(operation: Operation, arrays: dict[str, Value]) -> None:
    """Reads tables row by row where every number counts alone. Raises UserError where two tables have other shapes."""
    tables = {name: arrays[name] for name in operation.flat if name in arrays}
    shapes = {name: shape_of(table) for name, table in tables.items()}
    if not any(len([size for size in shape if size > 1]) > 1 for shape in shapes.values()):
        return
    if len(set(shapes.values())) > 1:
        said = ", ".join(f"{name} is {'×'.join(map(str, shape))}" for name, shape in shapes.items())
        raise UserError(f"tables of predictions and targets have the same shape; here {said}")
    for name, table in tables.items():
        while shape_of(table)[1:]:
            table = tuple(item for row in table for item in row)
        arrays[name] = table


def _with_rows(asked: Formula, name: str, sizes: str) -> str:
    """The sizes of an array, with that of a batch in front where it has one row per example."""
    variable = asked.variable(name)
    return f"T {sizes}" if variable is not None and variable.kind.rank > len(sizes.split()) else sizes


def _at_the_end(targets: Value, steps: int) -> Value:
    """One target for the last of several steps, with zeros for those before, whose outputs have no loss."""
    if len(targets) != 1:
        return targets
    zeros = (0,) * len(targets[0]) if isinstance(targets[0], tuple) else 0
    return (*(zeros,) * (steps - 1), *targets)


def _is_signal(image: object) -> bool:
    """Whether an image is one row."""
    return image is not None and max(shape_of(read_raw("x", image, letters=True))[:-1], default=1) == 1


def _is_row(operation: Operation, chosen: Mapping[str, object], convention: str | None, course: Profile) -> bool:
    """Whether matrices are given in row layout."""
    if convention is not None:
        return convention == "keras" or "row" in convention.split("-")
    return "layout" in operation.choices and (chosen["layout"] or course.layout) == "row"


def _kind(operation: Operation, rest: dict[str, object]) -> set[str]:
    kind = rest.pop("kind", None)
    if kind is None:
        return set()
    if kind not in operation.kinds:
        known = (
            f"kind is one of {', '.join(operation.kinds)}" if operation.kinds else f"run {operation.name} has no kind"
        )
        raise UserError(f"{known}, not {str(kind)[:40]!r}")
    return {str(kind)} - {operation.kinds[0]}


def _ranks(operation: Operation) -> dict[str, int]:
    """Every name of a quantity that each layer and direction has of its own → its indices."""
    own: dict[str, int] = {}
    for variable in (v for id in operation.formula_ids() for v in formula(id).variables if operation.further):
        if variable.long == "d-h":
            continue
        own[variable.name] = max(variable.kind.rank, own.get(variable.name, 0))
    return {word: own[name] for word, name in quantities(operation).items() if name in own.keys() - _OF_ALL}


_OF_ALL = {"x", "y", "V", "c"}
"""Quantities that are there once, however many layers there are."""


def _arrays(operation: Operation, rest: dict[str, object]) -> dict[str, Value]:
    """The quantities by their letters, as nested tuples of whatever shape."""
    letters = quantities(operation)
    whole = {v.name for id in operation.formula_ids() for v in formula(id).variables if v.integer}
    found: dict[str, Value] = {}
    texts: dict[str, object] = {}
    if "detector" in rest and "w" in letters.values() and operation.name == "conv":
        if "w" in rest or "weight" in rest:
            raise UserError("--detector is a filter, so --w is not given beside it")
        found["w"] = detector_named(str(rest.pop("detector")))
    groups = rest.pop("groups", None) if operation.name == "conv" else None
    if "scale" in rest and operation.name == "conv":
        found["low"], found["high"] = _range(str(rest.pop("scale")))
    for key, value in rest.items():
        name = letters.get(key)
        if name is None:
            raise UserError(f"{key} is not a quantity of run {operation.name}; its quantities are "
                            f"{', '.join(dict.fromkeys(letters.values()))}")  # fmt: skip
        if name in found:
            raise UserError(f"{name} is given twice")
        if name in whole and isinstance(value, str):
            value = _TIMES.sub(" ", value)
        if name == operation.words and isinstance(value, str) and _WORDS.fullmatch(value):
            found[name] = tuple(Name(word.casefold()) for word in re.findall(r"\w+", value))
            continue
        found[name] = read_raw(name, value, letters=True)
        texts[name] = value
    if {letter for array in found.values() for letter in letters_in(array)} == {"e"}:
        found |= {name: read_raw(name, value) for name, value in texts.items()}  # the number, alone among numbers
    if groups is not None and {"x", "w"} <= found.keys():
        found["w"] = _in_groups(lifted("w", found["w"], 4), len(lifted("x", found["x"], 3)), str(groups))
    return found


def _number_words(operation: Operation, rest: dict[str, object], first: int) -> str:
    """Puts the number of each word for the words, where words are given; as many classes as the vocabulary has.

    Gives a note that tells the numbers, "" where no words are given.

    Raises UserError for a word that is not in the vocabulary, and for a vocabulary without words.
    """
    said, vocabulary = rest.get(operation.numbered), rest.pop("vocabulary", None) if operation.numbered else None
    if not isinstance(said, str) or not re.fullmatch(r"[\s\w,.!?]*[^\W\d]\w*[.!?]?\s*", said) or is_file(said):
        if vocabulary is not None:
            raise UserError(f"--vocabulary numbers words, and {operation.numbered} has none")
        return ""
    words = re.findall(r"\w+", said.casefold())
    known = list(dict.fromkeys(words if vocabulary is None else re.findall(r"\w+", str(vocabulary).casefold())))
    strange = [word for word in words if word not in known]
    if strange:
        raise UserError(f"every word is in the vocabulary, {', '.join(known)[:200]}; {strange[0][:40]} is not")
    rest[operation.numbered] = " ".join(str(first + known.index(word)) for word in words)
    if "n" in quantities(operation).values() and not {"n", "classes"} & rest.keys():
        rest["n"] = len(known)
    shown = [f"{word} {first + at}" for at, word in enumerate(known[:_MOST_SHOWN])]
    return f"words by their numbers: {', '.join(shown)}{', …' if len(known) > _MOST_SHOWN else ''}"


def _in_groups(filters: Value, channels: int, said: str) -> Value:
    """The filters of a grouped convolution over all channels: 0 where a channel is of another group.

    Raises UserError for a number of groups that does not divide the channels and the filters.
    """
    groups = int(said) if said.strip().isdecimal() else 0
    if not 1 <= groups <= channels or channels % groups:
        raise UserError(f"--groups divides the channels of the image, {channels}, not {said[:20]}")
    each = channels // groups
    if each == 1 and len(filters) == 1 and len(filters[0]) > 1:  # | between filters of one channel
        filters = tuple((filter,) for filter in filters[0])
    if len(filters) % groups or len(filters[0]) != each:
        raise UserError(f"in {groups} groups of {channels} channels a filter has {each}, and there are as many filters "
                        f"in each group; here are {len(filters)} filters with {len(filters[0])}")  # fmt: skip
    zeros = tuple((0,) * len(row) for row in filters[0][0])
    per_group = len(filters) // groups
    return tuple(
        (*[zeros] * (each * (at // per_group)), *filter, *[zeros] * (channels - each * (at // per_group + 1)))
        for at, filter in enumerate(filters)
    )


def _stand_up(asked: Formula, arrays: dict[str, Value], shapes: Mapping[str, str], row: bool) -> None:
    """Inputs in one row are one per time step, where every layer that reads them takes one.

    One number for weights of several units is that many times the identity, so that there are several inputs.
    """
    series = [name for name, sizes in shapes.items() if sizes == "T n" and name in arrays and name in asked.by_name]
    if not series or asked.by_name["x"].kind.rank != 2 or max(shape_of(arrays["x"])[:-1], default=1) != 1:
        return
    meeting = [arrays[name] for name, sizes in shapes.items() if sizes == "m n" and name in arrays]
    units = [
        shape_of(arrays[name])[-1:] or (1,)
        for name, sizes in shapes.items()
        if sizes in ("m m", "m") and name in arrays
    ]
    if any(prod(shape_of(each)) == 1 for each in meeting) and max(units, default=(1,)) > (1,):
        return
    if meeting and all(shape_of(lifted("x", matrix, 2))[0 if row else 1] == 1 for matrix in meeting):
        arrays["x"] = tuple((number,) for number in lifted("x", arrays["x"], 1))


def _size(letter: str, sizes: Mapping[str, int | Fraction]) -> int:
    """How many a letter stands for, 1 where nothing says so; 2m is twice m."""
    return int(2 * sizes.get(letter[1:], 1)) if letter.startswith("2") else int(sizes.get(letter, 1))


def _stated(letter: str, size: int) -> tuple[str, int | Fraction]:
    """What a size says of a letter: of 2m, what m is."""
    return (letter[1:], Fraction(size, 2)) if letter.startswith("2") else (letter, size)


def _spread(shapes: Mapping[str, str], asked: Formula, arrays: dict[str, Value], row: bool) -> None:
    """One number where a larger array is meant: for a vector each entry, for a square matrix that many times identity.

    Raises UserError for a matrix that is not square.
    """
    letters = {
        name: sizes.split()[: asked.by_name[name].kind.rank]
        for name, sizes in shapes.items()
        if name in arrays and name in asked.by_name
    }
    if row:
        letters = {name: each if "T" in each else each[::-1] for name, each in letters.items()}
    single = {name for name in letters if prod(shape_of(arrays[name])) == 1 and "T" not in letters[name]}
    sizes: dict[str, int | Fraction] = {}
    for name in letters.keys() - single:
        lifted_shape = shape_of(lifted(name, arrays[name], asked.by_name[name].kind.rank))
        for letter, size in map(_stated, letters[name], lifted_shape):
            sizes[letter] = max(size, sizes.get(letter, 0))
    squares = [letters[name] for name in single if len(letters[name]) == 2]
    for _ in squares:  # a multiple of the identity is square: what is known of one side holds for the other
        for a, b in squares:
            sizes.update({b: sizes[a]} if a in sizes and b not in sizes else {})
            sizes.update({a: sizes[b]} if b in sizes and a not in sizes else {})
    for name in single:
        wanted, number = [_size(letter, sizes) for letter in letters[name]], only(arrays[name])
        if wanted == [1] * len(wanted):
            continue
        if len(wanted) == 1:
            arrays[name] = (number,) * wanted[0]
        elif wanted[0] == wanted[1]:
            arrays[name] = tuple(tuple(number if i == j else 0 for j in range(wanted[0])) for i in range(wanted[0]))
        elif 1 in wanted:
            arrays[name] = ((number,) * wanted[1],) * wanted[0]
        else:
            shape = f"{'×'.join(letters[name])}, {'×'.join(map(str, wanted))}"
            raise UserError(
                "one number means a multiple of the identity, for a square matrix only; "
                f"{_long(asked, name)} is {shape}"
            )


def _range(text: str) -> tuple[Value, Value]:
    ends = text.split("..")
    if len(ends) != 2:
        raise UserError(f"--scale is a range such as 0..255, not {text[:40]!r}")
    low, high = (lifted("scale", read_raw("scale", end), 0) for end in ends)
    if not low < high:
        raise UserError(f"--scale goes from the lower to the higher end, not {text[:40]}")
    return low, high


def quantities(operation: Operation) -> dict[str, str]:
    """Every name that a quantity can be given by, as Python writes it → its letter."""
    found: dict[str, str] = {}
    every = (v for id in operation.formula_ids() for v in formula(id).variables)
    variables = [v for v in every if not operation.is_further(v.name)]
    for variable in variables:
        found[variable.name] = variable.name
    for variable in variables:
        found.setdefault(variable.long.replace("-", "_"), variable.name)
    for alias, name in operation.aliases.items():
        found.setdefault(alias.replace("-", "_"), name)
    return found


def _fitting(operation: Operation, ids: tuple[str, ...], arrays: Mapping[str, Value]) -> Formula:
    """The first formula that every array fits, as it knows it; the last where none does."""
    for id in ids:
        found = formula(id)
        if all(_fits(found.variable(name), array) for name, array in arrays.items()):
            return found
    last = formula(ids[-1])
    for name in arrays:
        if last.variable(name) is None:
            known = ", ".join(v.name for v in last.variables)
            raise UserError(f"{name} is not a quantity of {last.called}; its quantities are {known}")
    return last


def _fits(variable: Variable | None, array: Value) -> bool:
    """Whether an array of this shape can be the variable: one number, a row or a column, or anything smaller."""
    if variable is None:
        return False
    sizes = [size for size in shape_of(array) if size > 1]
    return len(sizes) <= variable.kind.rank


def _from_profile(
    operation: Operation, asked: Formula, values: Mapping[str, Value], course: Profile
) -> dict[str, Value]:
    """Quantities that the course profile decides, where they are not given."""
    return {
        name: exact(Fraction(repr(getattr(course, key))))
        for name, key in operation.follows.items()
        if asked.variable(name) is not None and name not in values
    }


def _zeros(operation: Operation, asked: Formula, values: dict[str, Value]) -> None:
    for name, like in operation.zeros.items():
        if asked.variable(name) is not None and name not in values and like in values:
            values[name] = (0,) * len(values[like])


def _fit_together(
    operation: Operation, shapes: Mapping[str, str], asked: Formula, values: Mapping[str, Value], convention: str
) -> None:
    """Raises UserError where arrays that share a size, as m units, have different ones."""
    chosen = next(each for each in asked.conventions if each.name == convention)
    row = convention == "keras" or (isinstance(chosen, Chosen) and "row" in chosen.options)
    given = {name: letters.split()[: asked.by_name[name].kind.rank]
             for name, letters in shapes.items() if name in values}  # fmt: skip
    if row:
        given = {name: letters if "T" in letters else letters[::-1] for name, letters in given.items()}
    sizes: dict[str, tuple[int | Fraction, str]] = {}
    for name, letters in given.items():
        for letter, size in map(_stated, letters, shape_of(values[name])):
            known, first = sizes.setdefault(letter, (size, name))
            if size != known:
                stated = {"×".join(given[each]): each for each in (*reversed(given), name)}
                wanted, found = _sizes_stated(asked, values, given, {*stated.values(), first})
                raise UserError(f"the sizes of run {operation.name} fit together: {wanted}; not {found}")


def _sizes_stated(
    asked: Formula, values: Mapping[str, Value], given: Mapping[str, list[str]], stated: set[str]
) -> tuple[str, str]:
    """What sizes these arrays have, in letters and in numbers."""
    names = [name for name in given if name in stated and given[name]]
    return (
        ", ".join(f"{_long(asked, name)} is {'×'.join(given[name])}" for name in names),
        ", ".join("×".join(map(str, shape_of(values[name]))) for name in names),
    )


def _long(asked: Formula, name: str) -> str:
    """A quantity as it is given: w_x."""
    variable = asked.variable(name)
    return name if variable is None else variable.long.replace("-", "_")


def _complete(operation: Operation, asked: Formula, values: Mapping[str, Value]) -> None:
    missing = [v for v in asked.variables if v.default is None and v.name not in {*values, *operation.zeros}]
    if missing:
        named = " and ".join(f"--{v.name.replace('_', '-')} ({v.meaning})" for v in missing)
        raise UserError(f"run {operation.name} needs {named}; for example: {operation.example}")


def _gradient(
    operation: Operation, asked: Formula, values: dict[str, Value], target: object, loss: object
) -> Working | None:
    """∂L/∂output for a backward formula: as given, from a target and a loss, or 1 everywhere; put among the values."""
    if "g" in values and target is not None:
        raise UserError("--g is the gradient of the output, so --target is not given beside it")
    forward = formula(asked.id.removesuffix("_backward"))
    given = {v.name: values[v.name] for v in forward.variables if v.name in values}
    _complete(operation, forward, given)
    output = run(forward, given)[operation.loss]
    if target is None:
        if loss is not None:
            raise UserError("--loss compares the output with a --target, which is not given")
        _same_shape("gradient", values.setdefault("g", _ones(output)), output)
        return None
    if loss not in (None, *_LOSSES):
        raise UserError(f"--loss is one of {', '.join(_LOSSES)}, not {str(loss)[:40]!r}")
    rank = asked.by_name["g"].kind.rank
    wanted = lifted("target", read_raw("target", target, letters=True), rank)
    _same_shape("target", wanted, output)
    used = _LOSSES[str(loss or "squared")]
    by = "map_loss_by_hand" if rank == Kind.MAP.rank else "loss_squared_by_hand"
    compared = run(formula(by), {"yhat": output, "y": wanted}, convention=used)
    values["g"] = compared["gradient"]
    return compared


def _same_shape(name: str, array: Value, output: Value) -> None:
    if shape_of(array) != shape_of(output):
        right, wrong = ("×".join(map(str, shape_of(each))) for each in (output, array))
        raise UserError(f"the {name} must have the shape of the output, {right}, not {wrong}")


def _ones(value: Value) -> Value:
    return tuple(map(_ones, value)) if isinstance(value, tuple) else 1


def _in_full(choice: str, value: object, known: tuple[str, ...]) -> object:
    """A value with the choice behind it, where it is known so: tanh of hidden is tanh-hidden."""
    return f"{value}-{choice}" if f"{value}-{choice}" in known else value


def _convention(
    operation: Operation,
    asked: Formula,
    chosen: Mapping[str, object],
    convention: str | None,
    course: Profile,
) -> str:
    """The convention: named, or made of the choices; what is not chosen is as the course profile has it."""
    names = [each.name for each in asked.conventions]
    chosen = {choice: _in_full(choice, value, operation.choices[choice]) for choice, value in chosen.items()}
    for choice, value in chosen.items():
        known = operation.choices[choice]
        if value is not None and value not in known:
            raise UserError(f"{choice} is one of {', '.join(known)}, not {str(value)[:40]!r}")
    wanted = {str(value) for choice, value in chosen.items() if value is not None}
    if convention is not None:
        if wanted:
            raise UserError(f"--convention {convention[:40]} sets all choices: give it or {', '.join(sorted(wanted))}")
        if convention not in names:
            raise UserError(f"convention is one of {', '.join(names)} for {asked.called}, not {convention[:40]}")
        return convention
    options = {name for each in asked.conventions if isinstance(each, Chosen) for name in each.options}
    if not options:
        strange = wanted - set(names)
        if strange:
            raise UserError(f"{asked.title} has no {min(strange)}; it has {', '.join(names)}")
        return min(wanted) if wanted else course.convention_for(asked.id, names)
    if asked.id in course.conventions and not wanted:
        return course.convention_for(asked.id, names)
    followed = {
        str(getattr(course, key)) for choice, key in operation.follows.items()
        if choice in operation.choices and chosen.get(choice) is None
    }  # fmt: skip
    wanted |= followed & options
    if wanted - set(asked.conventions[0].options if isinstance(asked.conventions[0], Chosen) else ()):
        extra = sorted(wanted - options)
        if len(extra) == len(wanted) == 1 and extra[0] in names:
            return extra[0]
        return convention_of(asked, wanted)
    return course.convention_for(asked.id, names) if not any(chosen.values()) else asked.conventions[0].name
