"""Recurrent layers by hand that are stacked, or read a sequence in both directions: each runs a layer of its own.

Layer 2 reads the states of layer 1. A bidirectional layer has one set of weights for the sequence as it is, and one,
`_back`, for the sequence from its end; at each time step the states of both directions are joined, forward first.
M. Schuster and K. Paliwal, Bidirectional recurrent neural networks, IEEE Transactions on Signal Processing 45, 1997.
"""

from __future__ import annotations

from dataclasses import replace

from ...expressions.nodes import Kind
from ..edited_text import substituted
from ..model import Formula, Mistake, Step, Variable
from .gated_by_hand import FORMULAS as GATED
from .recurrent_by_hand import FORMULAS as SIMPLE

EACH = "t in 1..T"
BOTH_WAYS = ("", "_back")
_CELLS = {"rnn": SIMPLE["rnn_by_hand"], "lstm": GATED["lstm_by_hand"], "gru": GATED["gru_by_hand"]}
_WORDS = {"": "", "_back": ", backward direction", "_2": " of layer 2", "_2_back": " of layer 2, backward direction"}
_SOURCE = "Schuster and Paliwal, IEEE Transactions on Signal Processing 45, 1997"
_UNITS = 2
"""Inputs and units that exercises draw; layer 2 of a bidirectional one reads, and has, twice as many."""


def _weights(cell: Formula, suffix: str, size: int) -> tuple[Variable, ...]:
    """The cell's own quantities but its input, under names with a suffix; exercises draw so many inputs and units."""
    own = [variable for variable in cell.variables if variable.name != "x"]
    renamed = {variable.name: f"{variable.name}{suffix}" for variable in own}
    return tuple(
        replace(
            variable,
            name=renamed[variable.name],
            long=f"{variable.long}{suffix.replace('_', '-')}",
            meaning=f"{variable.meaning}{_WORDS[suffix]}",
            default=substituted(variable.default, renamed) if variable.default else None,
            lengths=(size, size),
        )
        for variable in own
    )


def _layer(cell: Formula, name: str, reads: str, suffix: str, meaning: str) -> Step:
    given = [f"{v.name}={v.name}{suffix}" for v in cell.variables if v.name != "x"]
    return Step(name, f"{cell.id}(x={reads}, {', '.join(given)})", meaning, kind=Kind.MATRIX)


def _states(name: str, of: str, meaning: str, backward: bool = False) -> Step:
    return Step(name, f"{of}.h[{'T + 1 - t' if backward else 't'}]", meaning, kind=Kind.VECTOR, each=EACH)


def _both_ways(cell: Formula, reads: str, layer: str, end: str) -> tuple[Step, ...]:
    """One bidirectional layer; `layer` stands in the names of its weights, `end` in those of its states."""
    words = f" of layer {layer[1:] or 1}" if layer or end else ""
    return (
        _layer(cell, f"forwards{layer}", reads, layer, f"forward direction{words}"),
        Step(f"reversed{end}", f"reverse({reads})", f"input of the backward direction{words}, in reverse order",
             kind=Kind.MATRIX),
        _layer(cell, f"back{layer}", f"reversed{end}", f"{layer}_back", f"backward direction{words}"),
        _states(f"h{end}", f"forwards{layer}", f"state of the forward direction{words}"),
        _states(f"h{end}_back", f"back{layer}", f"state of the backward direction{words}, at its time step",
                backward=True),
        Step(f"y{end}", _joined(f"h{end}[t]", f"h{end}_back[t]"), f"states of both directions{words}",
             kind=Kind.VECTOR, each=EACH),
    )  # fmt: skip


def _joined(first: str, second: str) -> str:
    return f"block(({first}, {second}))"


_LENGTH = Step("T", "len(x)", "time steps")
_LAST_OUTPUT = Mistake("last-output-for-final", "h_n", "y[T]", "the backward direction ends at time step 1: its "
                       "final state is there, not at step T", 0.5,
                       "At which time step does the backward direction end?")  # fmt: skip
_FINAL = Step("h_n", _joined("h[T]", "h_back[1]"), "final states of both directions", kind=Kind.VECTOR)


def _mistakes_of_both(end: str, reads: str) -> tuple[Mistake, ...]:
    """Those of the first layer, whose states have `end` in their names."""
    return (
        Mistake("backward-not-turned", f"reversed{end}", reads, "the backward direction reads the sequence from the "
                "last input to the first", 0.6, "Which input does the backward direction read first?"),
        Mistake("states-not-turned-back", f"h{end}_back", "back.h[t]", "a state of the backward direction "
                "belongs to its own input: the last state computed is that of time step 1", 0.6,
                "Which time step does the last state of the backward direction belong to?"),
        Mistake("directions-exchanged", f"y{end}", _joined(f"h{end}_back[t]", f"h{end}[t]"), "the states of the "
                "forward direction come first", 0.3, "Which direction comes first?"),
        Mistake("directions-added", f"y{end}", f"h{end}[t] + h{end}_back[t]", "the states of both directions are "
                "joined, not added: there are twice as many numbers", 0.4, "How many numbers come out at a time step?"),
    )  # fmt: skip


def _starting_there(cell: Formula) -> str:
    """The second layer from the final states of the first."""
    states = {"h0": "layer_1.h[T]", "C0": "layer_1.C[T]"}
    given = (f"{v.name}={states.get(v.name, f'{v.name}_2')}" for v in cell.variables if v.name != "x")
    return f"{cell.id}(x=h_1, {', '.join(given)})"


_SHARED = "| separates the weights of the layers and directions; without it all have the same"


def _stacked(name: str, cell: Formula) -> Formula:
    letters = {"h": "state of layer 2"} | ({"C": "cell state of layer 2"} if name == "lstm" else {})
    last = tuple(
        Step(letter, f"layer_2.{letter}[t]", meaning, kind=Kind.VECTOR, each=EACH)
        for letter, meaning in letters.items()
    )
    return _deep(
        name,
        cell,
        "stacked",
        "{} of two layers by hand",
        ("", "_2"),
        (
            _layer(cell, "layer_1", "x", "", "layer 1"),
            _states("h_1", "layer_1", "state of layer 1, which layer 2 reads"),
            _layer(cell, "layer_2", "h_1", "_2", "layer 2"),
            *last,
        ),
        (*letters, "h_1"),
        (
            Mistake("layer-2-reads-input", "h_1", "x[t]", "layer 2 reads the states of layer 1, not the input "
                    "again", 0.5, "What does layer 2 read?"),
            Mistake("states-handed-on", "layer_2", _starting_there(cell), "each layer starts from its own state; the "
                    "final state of layer 1 is not handed on", 0.4, "From which state does layer 2 start?"),
        ),
    )  # fmt: skip


def _bidirectional(name: str, cell: Formula) -> Formula:
    steps = (*_both_ways(cell, "x", "", ""), _FINAL)
    return _deep(name, cell, "bidirectional", "Bidirectional {} by hand", BOTH_WAYS, steps,
                 ("y", "h", "h_back", "h_n"), (*_mistakes_of_both("", "x"), _LAST_OUTPUT))  # fmt: skip


def _both(name: str, cell: Formula) -> Formula:
    steps = (*_both_ways(cell, "x", "", "_1"), *_both_ways(cell, "y_1", "_2", ""), _FINAL)
    return _deep(name, cell, "bidirectional_stacked", "Bidirectional {} of two layers by hand", tuple(_WORDS), steps,
                 ("y", "h", "h_back", "h_n", "y_1"), (*_mistakes_of_both("_1", "x"), _LAST_OUTPUT))  # fmt: skip


def _deep(name: str, cell: Formula, way: str, title: str, suffixes: tuple[str, ...], steps: tuple[Step, ...],
          answers: tuple[str, ...], mistakes: tuple[Mistake, ...]) -> Formula:  # fmt: skip
    plain = cell.title.removesuffix(" by hand")
    return Formula(
        id=f"{name}_{way}_by_hand",
        title=title.format(plain if plain.isupper() or title.startswith("{}") else plain.lower().replace("rnn", "RNN")),
        variables=(
            cell.variables[0],
            *(
                v
                for suffix in suffixes
                for v in _weights(cell, suffix, 2 * _UNITS if "_2" in suffix and way != "stacked" else _UNITS)
            ),
        ),
        steps=(_LENGTH, *steps),
        answers=answers,
        mistakes=mistakes,
        alone=way == "bidirectional_stacked",
        conventions=tuple(
            replace(each, who="single layers of the kind", edits={}, own=()) for each in cell.conventions
        ),
        notes=(_SHARED,),
        source=cell.source if way == "stacked" else _SOURCE,
    )


FORMULAS = {
    formula.id: formula
    for name, cell in _CELLS.items()
    for formula in (_stacked(name, cell), _bidirectional(name, cell), _both(name, cell))
}
