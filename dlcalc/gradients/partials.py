"""Values for the signs of derivatives, so that a formula in ∂ notation can be run like any other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import InternalError
from ..expressions.arrays import add, diag, each, flat, product
from ..expressions.assembled import PARTIALS
from ..expressions.evaluate import compile_node
from ..expressions.nodes import Index, Literal, Name, Node, Partial, Transpose, Value
from .general import BETWEEN, LOSS_STEP, USE_STEP, General
from .layouts import in_layout
from .lines import Line, loss_at
from .local import Use, as_matrices, local_derivatives, moved
from .local import product as factors_of
from .model import BLOCK, TIME, Network, shifted


def partial_values(environment: Mapping[str, Any], general: General, steps: int, layout: str) -> dict[Partial, Value]:
    """The value of every ∂ in the general formula, at every step, after a forward pass.

    ∂⁺h_k/∂W has a row for each entry of the state and a column for each number of the weight, in the order of the
    column layout.
    """
    found: dict[Partial, Value] = {}
    env = {**environment, PARTIALS: found}
    lines = general.definitions()
    # a block is made of the others
    for line in sorted(lines, key=_is_block):
        if not isinstance(line.left, Partial):
            continue
        run = compile_node(in_layout(line, layout).right)
        place = compile_node(line.left)
        for t in range(1, steps + 1):
            env.update({BETWEEN.id: t, LOSS_STEP.id: t, USE_STEP.id: t})
            found[place({**env, PARTIALS: None})] = run(env)
    for t in range(1, steps + 1):
        env[TIME.id] = t
        parts = [_weight_jacobian(_reached(env, general, use, t, layout), use, env) for use in general.uses]
        for part in parts:
            key = _direct_sign(general, t)
            found[key] = part if key not in found else add(found[key], part)
    return found


def local_values(environment: Mapping[str, Any], network: Network, steps: int, layout: str) -> dict[Partial, Value]:
    """∂ of every signal by what stands in its equation, at every step: ∂h_t/∂a_t, ∂a_t/∂h_{t−1} and ∂⁺a_t/∂W."""
    found: dict[Partial, Value] = {}
    known = local_derivatives(network)
    env = dict(environment)

    def keep(sign: Partial, value: Value) -> None:
        found[sign] = value if sign not in found else add(found[sign], value)

    for t in range(1, steps + 1):
        env[TIME.id] = t
        time = Literal(t)
        for edge in known.edges:
            reached = _jacobian(as_matrices(edge.factors), env, layout) if edge.factors else 1
            value = each(lambda number, sign=edge.sign: sign * number, reached)  # type: ignore[misc]
            below = edge.signal.at(shifted(time, edge.by))
            keep(Partial(edge.reader.at(time), below), value)
            if edge.term is not None:
                keep(Partial(moved(edge.term, time), below), value)
        for use in known.uses:
            if use.factors:
                reached = _jacobian(as_matrices(use.factors), env, layout)
            else:
                size = len(flat((compile_node(use.reader.at(time))(env),)))
                reached = diag((1,) * size)
            sign = Partial(use.reader.at(time), Name(use.weight.name, use.weight.kind), True)
            keep(sign, _weight_jacobian(reached, use, env))
        _over_sums(found, network, time, keep)
    return found


def _over_sums(
    found: dict[Partial, Value], network: Network, time: Literal, keep: Callable[[Partial, Value], None]
) -> None:
    """∂f_t/∂h_{t−1} and ∂⁺f_t/∂W over the sum that goes into the gate, which the chain of a path leaves out."""
    sums = [signal.at(time) for signal, equation in network.equations.items() if equation.hidden]
    for inner in sums:
        below = [(sign, value) for sign, value in found.items() if sign.top == inner]
        for above, slope in [(sign, value) for sign, value in found.items() if sign.bottom == inner]:
            for sign, value in below:
                keep(Partial(above.top, sign.bottom, sign.direct), product(slope, value))


def error_values(environment: Mapping[str, Any], general: General, steps: int, layout: str) -> dict[int, Value]:
    """Step → (∂L/∂s)ᵀ of a block, where the general formula has one."""
    found: dict[int, Value] = {}
    for line in general.definitions():
        if line.role == "vector":
            run = compile_node(in_layout(line, layout).right)
            for t in range(1, steps + 1):
                found[t] = run({**environment, LOSS_STEP.id: t, "T": steps})
    return found


def _is_block(line: Line) -> bool:
    left = line.left
    return isinstance(left, Partial) and any(
        isinstance(part, Index) and part.base == BLOCK.at(TIME).base for part in (left.top, left.bottom)
    )


def _direct_sign(general: General, t: int) -> Partial:
    time = Literal(t)
    if general.is_in_head:
        return Partial(loss_at(time), general.weight)
    return Partial(general.state.at(time), general.weight, True)


def _reached(env: Mapping[str, Any], general: General, use: Use, t: int, layout: str) -> Value:
    """∂state/∂(what the weight makes), or of the loss, as a matrix: through the reader and the factors before it."""
    if general.is_in_head:
        error: Node = Transpose(general.network.head.error)
        nodes: tuple[Node, ...] = (error, *as_matrices(use.factors))
        return _jacobian(nodes, env, layout)
    value = env[PARTIALS].get(Partial(general.state.at(Literal(t)), use.reader.at(Literal(t))), 1)
    factors = as_matrices(use.factors)
    return product(value, _jacobian(factors, env, layout)) if factors else value


def _jacobian(factors: tuple[Node, ...], env: Mapping[str, Any], layout: str) -> Value:
    node = factors_of(factors)
    return compile_node(in_layout(Line(node, node, "jacobian"), layout).right)(dict(env))


def _weight_jacobian(reached: Value, use: Use, env: Mapping[str, Any]) -> Value:
    """The derivatives by the numbers of the weight itself: each entry of what it makes, times what that entry meets."""
    parts = reached if isinstance(reached, tuple) else (reached,)
    rows = tuple(part if isinstance(part, tuple) else (part,) for part in parts)
    if use.reads is None:
        return _signed(rows, use.sign)
    operand = flat((compile_node(use.reads)(dict(env)),))
    if use.how == "pointwise":
        return _signed(tuple(tuple(d * v for d, v in zip(row, operand, strict=True)) for row in rows), use.sign)
    if use.how != "matrix":
        raise InternalError(f"a weight meets what it reads in one of two ways, not {use.how}")
    return _signed(tuple(tuple(d * v for d in row for v in operand) for row in rows), use.sign)


def _signed(rows: Value, sign: int) -> Value:
    return tuple(tuple(sign * number for number in row) for row in rows)
