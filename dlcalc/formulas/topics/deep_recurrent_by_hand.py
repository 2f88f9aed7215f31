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
from .gated_backward_by_hand import FORMULAS as BACKWARD
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


# backwards

_BACK_CELLS = {
    "rnn": SIMPLE["rnn_bptt_by_hand"],
    "lstm": BACKWARD["lstm_backward_by_hand"],
    "gru": BACKWARD["gru_backward_by_hand"],
}


_RUNS = ("forwards", "back")


def _run_back(back: Formula, name: str, reads: str, suffix: str, gradient: str, meaning: str) -> Step:
    """A layer with its gradients, from those by its states."""
    *own, given = back.variables[1:]
    names = [f"{v.name}={v.name}{suffix}" for v in own]
    return Step(name, f"{back.id}(x={reads}, {', '.join(names)}, {given.name}={gradient})", meaning, kind=Kind.MATRIX)


def _split(gradient: str, by: str, layer: str) -> tuple[Step, ...]:
    """The gradient by the states of both directions together, apart: that of the backward one from the end."""
    over = f"r in 1..units{layer}, c in 1..2*units{layer}"
    return (
        Step(f"units{layer}", f"len(h0{layer})", "units of a direction"),
        Step(f"first{layer}", "if(c = r, 1, 0)", "what takes the first half", each=over),
        Step(f"second{layer}", f"if(c = r + units{layer}, 1, 0)", "what takes the second half", each=over),
        Step(f"error_forwards{layer}", f"first{layer} {gradient}[t]", f"∂L/∂{by} of the forward direction",
             kind=Kind.VECTOR, each=EACH),
        Step(f"error_back{layer}", f"second{layer} {gradient}[T + 1 - t]", f"∂L/∂{by} of the backward direction, from "
             "its last input", kind=Kind.VECTOR, each=EACH),
    )  # fmt: skip


def _directions_back(
    back: Formula, reads: str, layer: str, end: str, runs: tuple[str, str], gradient: str
) -> tuple[Step, ...]:
    """Both directions of a layer with their gradients, under two names; `reads` from its end is there already."""
    words = f" of layer {layer[1:] or 1}" if layer or end else ""
    return (
        *_split(gradient, f"state{words}", layer),
        _run_back(back, runs[0], reads, layer, f"error_forwards{layer}", f"forward direction{words}"),
        _run_back(back, runs[1], f"reversed{end}", f"{layer}_back", f"error_back{layer}",
                  f"backward direction{words}"),
    )  # fmt: skip


def _input_gradient(name: str, runs: tuple[str, str], meaning: str) -> Step:
    forwards, back = runs
    return Step(name, f"{forwards}.dx[t] + {back}.dx[T + 1 - t]", meaning, kind=Kind.VECTOR, each=EACH)


def _weight_gradients(back: Formula, runs: dict[str, str]) -> tuple[Step, ...]:
    """Suffix → the step with its gradients; under the names of the weights."""
    kinds = {v.name: v.kind for v in back.variables}
    return tuple(
        Step(f"{answer}{suffix}", f"{run}.{answer}", f"∂L/∂{answer[1:]}{_WORDS[suffix]}", kind=kinds[answer[1:]])
        for suffix, run in runs.items()
        for answer in back.answers
        if answer[1:] in kinds and answer[0] == "d" and answer != "dx"
    )


def _stacked_back(name: str, back: Formula) -> Formula:
    forward, given = _stacked(name, _CELLS[name]), back.variables[-1]
    steps = (
        *forward.steps[:3],
        _run_back(back, "layer_2", "h_1", "_2", given.name, "layer 2, with its gradients"),
        _run_back(
            back, "back_1", "x", "", "layer_2.dx", "layer 1, with its gradients from those by what layer 2 reads"
        ),
        _states("h", "layer_2", "state of layer 2"),
        Step("loss", "layer_2.loss", "a loss with these gradients: Σ d_t·h_t"),
        *_weight_gradients(back, {"": "back_1", "_2": "layer_2"}),
        Step("dx", "back_1.dx[t]", "∂L/∂x_t", kind=Kind.VECTOR, each=EACH),
    )
    ones = (given.default or "").replace("[1])", "_2[1])")
    return _deep_back(name, back, forward, steps, ("", "_2"), ones, ("h", "h_1"))


def _bidirectional_back(name: str, back: Formula) -> Formula:
    forward, given = _bidirectional(name, _CELLS[name]), back.variables[-1]
    steps = (
        forward.steps[0],
        forward.steps[2],
        *_directions_back(back, "x", "", "", _RUNS, given.name),
        _states("h", "forwards", "state of the forward direction"),
        _states("h_back", "back", "state of the backward direction, at its time step", backward=True),
        Step("y", _joined("h[t]", "h_back[t]"), "states of both directions", kind=Kind.VECTOR, each=EACH),
        Step("loss", "forwards.loss + back.loss", "a loss with these gradients: Σ d_t·y_t"),
        *_weight_gradients(back, dict(zip(BOTH_WAYS, _RUNS, strict=True))),
        _input_gradient("dx", _RUNS, "∂L/∂x_t, from both directions"),
    )
    return _deep_back(name, back, forward, steps, BOTH_WAYS, _ones_of_both(given, "", "_back"), ("y", "h", "h_back"))


def _both_back(name: str, back: Formula) -> Formula:
    forward, given = _both(name, _CELLS[name]), back.variables[-1]
    first, second = ("forwards_1", "back_1"), ("forwards_2", "back_2")
    steps = (
        forward.steps[0],
        *_both_ways(_CELLS[name], "x", "", "_1"),
        Step("reversed", "reverse(y_1)", "input of the backward direction of layer 2, in reverse order",
             kind=Kind.MATRIX),
        *_directions_back(back, "y_1", "_2", "", second, given.name),
        _input_gradient("dy_1", second, "∂L/∂ what layer 2 reads, from both its directions"),
        *_directions_back(back, "x", "", "_1", first, "dy_1"),
        _states("h", "forwards_2", "state of the forward direction of layer 2"),
        _states("h_back", "back_2", "state of the backward direction of layer 2, at its time step", backward=True),
        Step("y", _joined("h[t]", "h_back[t]"), "states of both directions", kind=Kind.VECTOR, each=EACH),
        Step("loss", "forwards_2.loss + back_2.loss", "a loss with these gradients: Σ d_t·y_t"),
        *_weight_gradients(back, dict(zip(_WORDS, (*first, *second), strict=True))),
        _input_gradient("dx", first, "∂L/∂x_t, from both directions"),
    )  # fmt: skip
    ones = _ones_of_both(given, "_2", "_2_back")
    return _deep_back(name, back, forward, steps, tuple(_WORDS), ones, ("y", "h", "h_back", "y_1"))


def _ones_of_both(given: Variable, suffix: str, back: str) -> str:
    """1 for each state of both directions."""
    weight = (given.default or "").partition("⊗ ")[2].partition("[")[0]
    return f"0*x (x[1] ⊗ block(({weight}{suffix}[1], {weight}{back}[1]))) + 1"


def _deep_back(name: str, back: Formula, forward: Formula, steps: tuple[Step, ...], suffixes: tuple[str, ...],
               ones: str, answers: tuple[str, ...]) -> Formula:  # fmt: skip
    given = replace(back.variables[-1], default=ones, meaning="gradient of the loss by each state that comes out, 1 "
                    "unless given")  # fmt: skip
    gradients = tuple(step.name for step in steps if step.name[0] == "d" and step.name[1:] in
                      {"x", *(v.name for v in forward.variables)})  # fmt: skip
    return replace(
        forward,
        id=forward.id.replace("_by_hand", "_backward_by_hand"),
        title=f"{forward.title}, backwards",
        variables=(*forward.variables, given),
        steps=steps,
        answers=(*gradients, *answers, "loss"),
        mistakes=_missing_directions(steps),
        alone=True,
        conventions=tuple(
            replace(each, who="single layers of the kind", edits={}, own=()) for each in back.conventions
        ),
        source=f"{forward.source}; {back.source}" if back.source != forward.source else back.source,
    )  # fmt: skip


def _missing_directions(steps: tuple[Step, ...]) -> tuple[Mistake, ...]:
    by_name = {step.name: step for step in steps}
    if "first" not in by_name:
        return (
            Mistake("gradient-of-layer-2-handed-on", "back_1", by_name["back_1"].expression.replace("layer_2.dx",
                    _given_of(by_name["layer_2"])), "layer 1 gets the gradient by what layer 2 reads, not the one by "
                    "what comes out of layer 2", 0.5, "Which gradient leaves layer 2 for layer 1?"),
        )  # fmt: skip
    both = by_name["dx"].expression
    return (
        Mistake("backward-direction-forgotten", "dx", both.partition(" + ")[0], "the input is read by both directions: "
                "their gradients are added", 0.5, "Which layers read x_t?"),
        Mistake("gradient-not-turned-back", "dx", both.replace("T + 1 - t", "t"), "a gradient of the backward "
                "direction belongs to its own input: its first is that of the last time step", 0.5,
                "Which time step does the first step of the backward direction belong to?"),
    )  # fmt: skip


def _given_of(step: Step) -> str:
    return step.expression.rpartition("=")[2].rstrip(")")


FORMULAS = {
    formula.id: formula
    for name, cell in _CELLS.items()
    for formula in (
        _stacked(name, cell),
        _bidirectional(name, cell),
        _both(name, cell),
        _stacked_back(name, _BACK_CELLS[name]),
        _bidirectional_back(name, _BACK_CELLS[name]),
        _both_back(name, _BACK_CELLS[name]),
    )
}
