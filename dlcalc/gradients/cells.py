"""The cells and heads, from the equations that `formulas` states: a gradient is of the same step that is done by hand.

Letters: a simple RNN has U for the input, W for the state before and V for the output; a gated cell W_g for the input
and U_g for the state before, g its gate. A cell that runs backwards through time has the state g and weights U_b, W_b
and b_b (Goodfellow, Bengio and Courville, Deep Learning, 2016, section 10.3, call its state g).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from ..errors import UserError
from ..expressions.nodes import Add, Call, Hadamard, Index, Kind, Literal, Mul, Name, Neg, Node, replaced
from ..formulas.model import Formula
from ..formulas.registry import formula
from ..formulas.topics.options_by_hand import convention_of
from .model import TIME, Equation, Group, Head, Network, Signal, Weight, shifted

CELLS = {
    "rnn": "simple RNN",
    "lstm": "LSTM",
    "peephole": "LSTM with peepholes",
    "gru": "GRU",
    "bidirectional": "bidirectional RNN",
    "stacked": "stacked RNN, two layers",
}
"""Name → title."""
HEADS = {
    "softmax": "softmax and cross-entropy",
    "sigmoid": "sigmoid and log loss",
    "linear": "output layer and squared loss",
    "squared": "squared loss of the state itself",
    "given": "the gradient of the loss by each state is given",
}
"""Name → title."""
ACTIVATIONS = ("tanh", "sigmoid", "relu")
LOSSES = {"every": "the loss is the sum over all time steps", "last": "only the last time step has a loss"}

_LSTM_GATES = {"f": "forget gate", "i": "input gate", "c": "candidate", "o": "output gate"}
_GRU_GATES = {"z": "update gate", "r": "reset gate", "h": "candidate"}


def network(
    cell: str = "rnn",
    head: str = "softmax",
    loss: str = "every",
    *,
    activation: str = "tanh",
    update_gate: str = "keep",
    reset: str = "before",
    layers: int = 1,
    truncate: int = 0,
    joined: bool = False,
) -> Network:
    """A recurrent network of one cell and a head.

    cell: a key of CELLS; head: of HEADS; loss: "every" or "last" step. activation: of a simple RNN. update_gate (keep
    or renew) and reset (before or after the product): of a GRU. layers: cells of that kind on top of each other.
    truncate: how many steps a gradient is taken back at most, 0 for all. joined: the weights of the state and of the
    input are the parts of one matrix. Raises UserError for anything else. One choice is one object, so that all that
    is worked out of it serves the next answer too.
    """
    _one_of("cell", cell, CELLS)
    _one_of("head", head, HEADS)
    _one_of("loss", loss, LOSSES)
    _one_of("activation", activation, ACTIVATIONS)
    _one_of("update gate", update_gate, ("keep", "renew"))
    _one_of("reset", reset, ("before", "after"))
    if cell == "stacked":
        cell, layers = "rnn", max(2, layers)
    if not 1 <= layers <= 9:
        raise UserError(f"a network has 1 to 9 layers, not {layers}")
    if cell == "bidirectional" and layers > 1:
        raise UserError("a bidirectional network has one layer in each direction here")
    if activation != "tanh" and cell not in ("rnn", "bidirectional"):
        kind = f"an {CELLS[cell]}" if CELLS[cell].startswith("L") else f"a {CELLS[cell]}"
        raise UserError(f"the activation of {kind} is fixed: gates are sigmoids, the candidate is a tanh")
    if truncate < 0:
        raise UserError(f"a gradient is taken back 1 step or more, not {truncate}; 0 does not truncate")
    return _network(cell, head, loss, activation, update_gate, reset, layers, truncate, joined)


@lru_cache(maxsize=64)
def _network(
    cell: str,
    head: str,
    loss: str,
    activation: str,
    update_gate: str,
    reset: str,
    layers: int,
    truncate: int,
    joined: bool,
) -> Network:
    groups, weights, firsts = _parts(cell, activation, update_gate, reset, joined)
    if layers > 1:
        groups, weights, firsts = _stacked(groups[0], weights, firsts, layers)
    reading = _head(head, Signal("h", layers if layers > 1 else 0), cell == "bidirectional")
    title = CELLS[cell] if layers == 1 else f"{CELLS[cell]}, {layers} layers"
    return Network(
        cell,
        title,
        (*groups, Group(reading.equations)),
        (*weights, *reading.weights),
        firsts,
        reading,
        loss,
        truncate,
        {"activation": activation, "update_gate": update_gate, "reset": reset},
    )


def _one_of(what: str, word: str, known: Iterable[str]) -> None:
    if word not in known:
        raise UserError(f"{what} is one of {', '.join(known)}, not {word}")


# from the formulas

_Parts = tuple[tuple[Group, ...], tuple[Weight, ...], dict[Signal, str]]


def _parts(cell: str, activation: str, update_gate: str, reset: str, joined: bool) -> _Parts:
    if cell in ("rnn", "bidirectional"):
        parts = _rnn(activation)
    else:
        parts = _gru(update_gate, reset) if cell == "gru" else _lstm(cell == "peephole")
    if joined:
        # with the reset after the product, the state's part of the candidate is multiplied by it alone
        parts = _joined(parts, apart="h" if cell == "gru" and reset == "after" else "")
    return _bidirectional(parts) if cell == "bidirectional" else parts


def _joined(parts: _Parts, apart: str) -> _Parts:
    """The weights named as parts of one matrix: W_h and W_x of W, W_fh and W_fx of W_f, but those of a gate `apart`."""
    groups, weights, firsts = parts
    names: dict[str, tuple[str, str]] = {}
    for weight in weights:
        if weight.role in _MEETS and (weight.gate != apart or not apart):
            whole = f"W_{weight.gate}" if weight.gate else "W"
            names[weight.name] = (f"W_{weight.gate}{_MEETS[weight.role]}", whole)

    def renamed(node: Node) -> Node:
        return Name(names[node.id][0], node.kind) if isinstance(node, Name) and node.id in names else node.map(renamed)

    return (
        tuple(replace(g, equations=tuple(replace(e, right=renamed(e.right)) for e in g.equations)) for g in groups),
        tuple(replace(w, name=names[w.name][0], joined=names[w.name][1]) if w.name in names else w for w in weights),
        firsts,
    )


_MEETS = {"w_hh": "h", "w_ih": "x"}
"""Role of a weight → what it meets."""


def _steps(source: Formula, kept: Iterable[str], *options: str) -> dict[str, tuple[Node, str]]:
    """Name → (expression, meaning) of the kept steps, as written with these options; all other steps are put in."""
    edits = source.convention(convention_of(source, options)).edits
    found = {step.name: step for step in source.steps if step.each}
    stated = {name: source.parse(edits.get(name, step.expression)) for name, step in found.items()}
    finer = {name: node for name, node in stated.items() if name not in kept}
    return {name: (_substituted(stated[name], finer), found[name].meaning) for name in found if name in kept}


def _substituted(node: Node, parts: Mapping[str, Node]) -> Node:
    """p[t] + u[t] with the expressions of p and u; sums are opened, and 1 − (1 − z) is z."""
    if isinstance(node, Index) and isinstance(node.base, Name) and node.base.id in parts:
        return _substituted(parts[node.base.id], parts)
    changed = node.map(lambda child: _substituted(child, parts))
    if not isinstance(changed, Add):
        return changed
    match changed.terms:
        case (Literal(1), Neg(Add((Literal(1), Neg(inner))))):
            return inner
    opened = (term.terms if isinstance(term, Add) else (term,) for term in changed.terms)
    return Add(tuple(term for terms in opened for term in terms))


def _rnn(activation: str) -> _Parts:
    steps = _steps(formula("rnn_by_hand"), ("a", "h"), activation)
    group = Group(tuple(Equation(Signal(name), *steps[name], hidden=name == "a") for name in ("a", "h")))
    weights = (
        Weight("U", "weights of the input", "m", "n", "w_ih"),
        Weight("W", "weights of the state before", "m", "m", "w_hh"),
        Weight("b", "bias", "m", role="b_ih"),
    )
    return (group,), weights, {Signal("h"): "h0"}


def _bidirectional(forwards: _Parts) -> _Parts:
    """The same cell a second time, from the last step to the first."""
    (group,), weights, _ = forwards
    signals = {"a": "a_b", "h": "g"}
    names = {**signals, **{weight.name: f"{weight.name}_b" for weight in weights}}

    def time_reversed(node: Node) -> Node:
        if isinstance(node, Name):
            return Name(names.get(node.id, node.id), node.kind, node.integer)
        if isinstance(node, Index) and node.indices == (shifted(TIME, -1),):
            return Index(time_reversed(node.base), (shifted(TIME, 1),))
        return node.map(time_reversed)

    backwards = Group(
        tuple(
            Equation(Signal(signals[e.signal.name]), time_reversed(e.right), f"{e.meaning}, backwards", e.hidden)
            for e in group.equations
        ),
        -1,
    )
    second = (
        replace(
            w,
            name=f"{w.name}_b",
            meaning=f"{w.meaning}, backwards".replace("before", "after"),
            joined=f"{w.joined}_b" if w.joined else "",
        )
        for w in weights
    )
    return (group, backwards), (*weights, *second), {Signal("h"): "h0", Signal("g"): "g0"}


def _gated_weights(gates: Mapping[str, str]) -> tuple[Weight, ...]:
    return (
        *(Weight(f"W_{g}", f"input weights of the {word}", "m", "n", "w_ih", g) for g, word in gates.items()),
        *(Weight(f"U_{g}", f"recurrent weights of the {word}", "m", "m", "w_hh", g) for g, word in gates.items()),
        *(Weight(f"b_{g}", f"bias of the {word}", "m", role="b_ih", gate=g) for g, word in gates.items()),
    )


def _lstm(peephole: bool) -> _Parts:
    steps = _steps(formula("lstm_peephole_by_hand" if peephole else "lstm_by_hand"), ("f", "i", "o", "g", "C", "h"))
    equations = _with_sums(_renamed(steps, {"g": "Ctilde"}), {"Ctilde": "c"})
    weights = _gated_weights(_LSTM_GATES)
    if peephole:
        peepholes = (
            Weight(f"p_{g}", f"peephole weights of the {_LSTM_GATES[g]}", "m", "", "peephole", g) for g in "fio"
        )
        weights = (*weights, *peepholes)
    return (Group(equations),), weights, {Signal("h"): "h0", Signal("C"): "C0"}


def _gru(update_gate: str, reset: str) -> _Parts:
    steps = _steps(formula("gru_by_hand"), ("z", "r", "g", "h"), update_gate, reset)
    letters = {"g": "htilde", "W_g": "W_h", "U_g": "U_h", "b_g": "b_h", "d": "d_h"}
    if reset == "before":
        steps["g"] = (_without(steps["g"][0], "d"), steps["g"][1])
    equations = _with_sums(_renamed(steps, letters), {"htilde": "h"})
    weights = _gated_weights(_GRU_GATES)
    if reset == "after":
        weights = (*weights, Weight("d_h", "recurrent bias of the candidate", "m", role="b_hh", gate="h"))
    return (Group(equations),), weights, {Signal("h"): "h0"}


def _without(node: Node, name: str) -> Node:
    """The sums in an expression without a term."""
    changed = node.map(lambda child: _without(child, name))
    if isinstance(changed, Add):
        return Add(tuple(term for term in changed.terms if term != Name(name)))
    return changed


def _renamed(steps: Mapping[str, tuple[Node, str]], letters: Mapping[str, str]) -> dict[str, tuple[Node, str]]:
    def change(node: Node) -> Node:
        if isinstance(node, Name):
            return Name(letters.get(node.id, node.id), node.kind, node.integer)
        return node.map(change)

    return {letters.get(name, name): (change(right), meaning) for name, (right, meaning) in steps.items()}


def _with_sums(steps: Mapping[str, tuple[Node, str]], gates: Mapping[str, str]) -> tuple[Equation, ...]:
    """f = σ(W_f x + …) as two equations, a_f = W_f x + … and f = σ(a_f): δ_f is the gradient by the first."""
    found: list[Equation] = []
    for name, (right, meaning) in steps.items():
        if isinstance(right, Call) and not isinstance(right.arguments[0], Index):
            total = Signal(f"a_{gates.get(name, name)}")
            found.append(Equation(total, right.arguments[0], f"what goes into the {meaning}", hidden=True))
            right = Call(right.function, (total.at(TIME),))
        found.append(Equation(Signal(name), right, meaning))
    return tuple(found)


# layers


def _stacked(group: Group, weights: tuple[Weight, ...], firsts: Mapping[Signal, str], layers: int) -> _Parts:
    """The same cell over and over: layer 2 reads the states of layer 1 where layer 1 reads x."""
    names = {signal.name for signal in group.signals}

    def placed(node: Node, layer: int) -> Node:
        if isinstance(node, Index) and isinstance(node.base, Name):
            if node.base.id in names:
                return Signal(node.base.id, layer).at(node.indices[-1])
            if node.base.id == "x" and layer > 1:
                return Signal("h", layer - 1).at(node.indices[-1])
        if isinstance(node, Name) and node.id in known:
            return Name(_in_layer(node.id, layer), node.kind)
        return node.map(lambda child: placed(child, layer))

    known = {weight.name for weight in weights}
    groups = tuple(
        Group(
            tuple(
                Equation(Signal(e.signal.name, layer), placed(e.right, layer), f"{e.meaning}, layer {layer}", e.hidden)
                for e in group.equations
            )
        )
        for layer in range(1, layers + 1)
    )
    copies = tuple(
        replace(
            weight,
            name=_in_layer(weight.name, layer),
            meaning=f"{weight.meaning}, layer {layer}",
            columns="m" if weight.columns == "n" and layer > 1 else weight.columns,
            layer=layer,
            joined=_in_layer(weight.joined, layer) if weight.joined else "",
        )
        for layer in range(1, layers + 1)
        for weight in weights
    )
    return (
        groups,
        copies,
        {
            Signal(signal.name, layer): f"{name}_{layer}"
            for layer in range(1, layers + 1)
            for signal, name in firsts.items()
        },
    )


def _in_layer(name: str, layer: int) -> str:
    """W_2, or W_f2 where the letter has a subscript."""
    return f"{name}{layer}" if "_" in name else f"{name}_{layer}"


# heads


def _head(name: str, state: Signal, bidirectional: bool) -> Head:
    here = state.at(TIME)
    if name in ("squared", "given"):
        if bidirectional:
            raise UserError(f"a bidirectional network has an output layer that reads both states; {name} has none")
        if name == "given":
            given = Signal("d").at(TIME)
            return Head(name, HEADS[name], (), (), Call("sum", (Hadamard((given, here)),)), state, given, "d")
        names: dict[str, Node] = {"yhat": here, "y": Signal("y").at(TIME)}
        loss, error = (_fact("loss_squared_by_hand", step, names) for step in ("loss", "gradient"))
        return Head(name, HEADS[name], (), (), loss, state, error, "y")
    steps = _steps(formula("rnn_softmax_by_hand" if name == "softmax" else "rnn_output_by_hand"), ("h", "o", "yhat"))
    outputs, score = _output_layer(steps["o"], here, bidirectional)
    right, meaning = steps["yhat"]
    right = replaced(right, {Signal("o").at(TIME): score.signal.at(TIME)})
    if name == "sigmoid":
        right = Call("sigmoid", (right,))
    id, gradient, letter = _LOSS_OF[name]
    names = {letter: Signal("yhat").at(TIME), "y": Signal("y").at(TIME)}
    loss, error = (_fact(id, step, names) for step in ("loss", gradient))
    equations = (score, Equation(Signal("yhat"), right, meaning))
    return Head(name, HEADS[name], equations, outputs, loss, score.signal, error, "y")


_LOSS_OF = {
    "softmax": ("softmax_cross_entropy_by_hand", "gradient", "yhat"),
    "sigmoid": ("loss_log_by_hand", "by_score", "p"),
    "linear": ("loss_squared_by_hand", "gradient", "yhat"),
}
"""Head → the formula of its loss, the step that is ∂L/∂o, and the letter of the output there."""


def _output_layer(stated: tuple[Node, str], here: Index, bidirectional: bool) -> tuple[tuple[Weight, ...], Equation]:
    """o_t = V h_t + c, as the formula has it; of a bidirectional network V_b g_t is added."""
    weights = [Weight("V", "weights of the output layer", "k", "m"), Weight("c", "bias of the output layer", "k")]
    right = replaced(stated[0], {Signal("h").at(TIME): here})
    if bidirectional:
        weights.insert(1, Weight("V_b", "weights of the output layer for the backward state", "k", "m"))
        assert isinstance(right, Add)
        backwards = Mul((Name("V_b", Kind.MATRIX), Signal("g").at(TIME)))
        right = Add((right.terms[0], backwards, *right.terms[1:]))
    return tuple(weights), Equation(Signal("a_y"), right, stated[1], hidden=True)


def _fact(id: str, step: str, names: Mapping[str, Node], convention: str = "") -> Node:
    """A step of a formula of a single example, at time t; steps on the way to it are put in."""
    source = formula(id)
    edits = source.convention(convention).edits if convention else {}
    stated = {each.name: source.parse(edits.get(each.name, each.expression)) for each in source.steps}

    def put(node: Node) -> Node:
        if isinstance(node, Name):
            if node.id in names:
                return names[node.id]
            return put(stated[node.id]) if node.id in stated else node
        return node.map(put)

    return put(stated[step])
