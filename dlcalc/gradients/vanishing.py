"""How a gradient shrinks or grows through time: the bound (γλ)^d, and beside it what the kernels measure.

Measured is ‖∂h_T/∂s_{T−d}‖₂, the largest singular value of the Jacobian of the last hidden state h_T by the state d
steps before: s is h, for an LSTM (h, c) together. The recurrent matrix of every gate is λ times a random orthogonal
one, so that all its singular values are λ; inputs and input weights are random; biases are zero but the LSTM's forget
gate's.
R. Pascanu, T. Mikolov and Y. Bengio, On the difficulty of training recurrent neural networks, arXiv:1211.5063.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from math import inf, isfinite
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..expressions.exact import as_float, exact, shown
from ..formulas.registry import formula
from ..formulas.run import run

if TYPE_CHECKING:
    from numpy.random import Generator

    from ..ops.recording import Array

CELLS = ("rnn", "lstm", "gru")
SLOPES: Mapping[str, Fraction] = {"tanh": Fraction(1), "relu": Fraction(1), "sigmoid": Fraction(1, 4)}
"""The largest slope γ of each activation."""
MOST_STEPS = 1000
MOST_HIDDEN = 128
MOST_SEED = 10**9
MOST_MEASURED = 40 * 10**6
"""Steps times the cube of the hidden numbers that are measured."""
LARGEST_NORM = 1_000
LEAST_EPSILON = Fraction(1, 10**300)


@dataclass(frozen=True)
class Setting:
    """What is measured. `norm` is λ; `truncate` and `clip` are 0 for none."""

    norm: Fraction
    steps: int = 50
    activation: str = "tanh"
    epsilon: Fraction = Fraction(1, 1000)
    hidden: int = 16
    seed: int = 7
    forget_bias: float = 1.0
    """R. Jozefowicz and others, An empirical exploration of recurrent network architectures, 2015, recommend 1."""
    clip: float = 0.0
    truncate: int = 0

    def __post_init__(self) -> None:
        if self.norm < 0:
            raise UserError(f"a norm is not negative: lambda is {shown(exact(self.norm))}")
        if self.norm > LARGEST_NORM:
            raise UserError(f"a norm of at most {LARGEST_NORM:,} is followed: lambda is {shown(exact(self.norm))}")
        if not 0 < self.epsilon < 1:
            raise UserError(f"the threshold epsilon lies between 0 and 1: it is {shown(exact(self.epsilon))}")
        if self.epsilon < LEAST_EPSILON:
            raise UserError(f"the threshold epsilon is at least {float(LEAST_EPSILON):g}, so that a number holds it")
        if not 1 <= self.steps <= MOST_STEPS:
            raise UserError(f"1 to {MOST_STEPS} steps are followed: steps is {self.steps}")
        if not 1 <= self.hidden <= MOST_HIDDEN:
            raise UserError(f"the hidden state has 1 to {MOST_HIDDEN} numbers: hidden is {shown(self.hidden)}")
        if self.steps * self.hidden**3 > MOST_MEASURED:
            raise UserError(f"steps times hidden numbers cubed are at most {MOST_MEASURED:,}: {self.steps} steps of "
                            f"{self.hidden} hidden numbers are {self.steps * self.hidden**3:,}")  # fmt: skip
        if self.activation not in SLOPES:
            raise UserError(f"the activation is one of {', '.join(SLOPES)}, not {self.activation[:40]}")
        if not 0 <= self.clip < inf or self.truncate < 0:
            clip, truncate = f"{self.clip:g}", shown(self.truncate)
            raise UserError(f"clip and truncate are not negative and finite: they are {clip} and {truncate}")
        if not 0 <= self.seed <= MOST_SEED:
            raise UserError(f"a seed is a whole number from 0 to {MOST_SEED:,}, not {shown(self.seed)}")
        if not isfinite(self.forget_bias):
            raise UserError(f"the forget gate's bias is a finite number, not {self.forget_bias}")


@dataclass(frozen=True)
class Vanishing:
    """Norms by distance d = 0, 1, …, steps: the bound, and those of each measured cell."""

    setting: Setting
    factor: Fraction
    """γλ."""
    until: int | None
    """Fewest steps after which the bound is under ε; None where it never is."""
    bound: tuple[float, ...]
    measured: Mapping[str, tuple[float, ...]]

    def clipped(self, norms: Sequence[float]) -> tuple[float, ...]:
        """The norms as clipping and truncation leave them: none larger than `clip`, nothing beyond `truncate` steps."""
        clip, truncate = self.setting.clip, self.setting.truncate
        return tuple(
            0.0 if truncate and distance > truncate else min(norm, clip) if clip else norm
            for distance, norm in enumerate(norms)
        )

    def under(self, norms: Sequence[float]) -> int | None:
        """The first distance from which on every norm is under ε; None where the last one is not."""
        small = [norm < self.setting.epsilon for norm in norms]
        return len(small) - small[::-1].index(False) if not all(small) and small[-1] else 0 if all(small) else None


def vanishing(setting: Setting, cells: Sequence[str] = CELLS) -> Vanishing:
    """The bound for the simple RNN, and the measured norms where numpy and numba are installed."""
    slope = SLOPES[setting.activation]
    given = {"gamma": slope, "lambda": setting.norm}
    bounds = [run(formula("gradient_bound"), {**given, "t": d, "k": 0})["bound"] for d in range(setting.steps + 1)]
    factor = slope * setting.norm
    until = None
    if factor < 1:
        until = run(formula("vanishing_steps"), {**given, "epsilon": setting.epsilon})["steps"] if factor else 1
    measured = {cell: _measured(cell, setting) for cell in cells} if is_measurable() else {}
    return Vanishing(setting, factor, until, tuple(map(as_float, bounds)), measured)


def is_measurable() -> bool:
    """Whether the kernels are installed (extra `numeric`)."""
    return find_spec("numpy") is not None and find_spec("numba") is not None


def _measured(cell: str, setting: Setting) -> tuple[float, ...]:
    import numpy as np

    step = _Cell(cell, setting)
    m, random = setting.hidden, np.random.default_rng([setting.seed, 1])
    x = random.standard_normal((setting.steps, 1, m)) / m**0.5
    states = [step.start()]
    for t in range(setting.steps):
        states.append(step.run(x[t : t + 1], states[-1])[1])
    # ∂h_T/∂s_{T−d} is a product of d Jacobians of one step, so each distance costs one more factor.
    jacobian = np.eye(m, m * len(states[0]))
    norms = [1.0]
    for t in reversed(range(setting.steps)):
        jacobian = step.back(x[t : t + 1], states[t], jacobian)
        norms.append(float(np.linalg.norm(jacobian, 2)))
    return tuple(norms)


class _Cell:
    """One cell with its random weights: runs steps, and measures the Jacobian of one."""

    def __init__(self, name: str, setting: Setting) -> None:
        import numpy as np

        from .. import ops

        gates = {"rnn": 1, "lstm": 4, "gru": 3}[name]
        m = self.m = setting.hidden
        random = np.random.default_rng([setting.seed, 0])
        self.name = name
        self.activation = setting.activation
        self.op: Callable[..., tuple[Array, Any]] = getattr(ops, name)
        self.w_ih = np.concatenate([_of_norm(random, m, 1.0) for _ in range(gates)])
        self.w_hh = np.concatenate([_of_norm(random, m, float(setting.norm)) for _ in range(gates)])
        self.bias = np.zeros(gates * m)
        if name == "lstm":
            self.bias[m : 2 * m] = setting.forget_bias

    def start(self) -> list[Array]:
        import numpy as np

        return [np.zeros((1, self.m)) for _ in range(2 if self.name == "lstm" else 1)]

    def _arguments(self, x: Array, state: list[Array]) -> tuple[tuple[Any, ...], dict[str, str]]:
        first = tuple(state) if self.name == "lstm" else state[0]
        options = {"nonlinearity": self.activation} if self.name == "rnn" else {}
        return (x, first, self.w_ih, self.w_hh, self.bias), options

    def run(self, x: Array, state: list[Array]) -> tuple[Array, list[Array]]:
        arguments, options = self._arguments(x, state)
        y, last = self.op(*arguments, **options)
        return y, list(last) if self.name == "lstm" else [last]

    def back(self, x: Array, state: list[Array], rows: Array) -> Array:
        """`rows` times ∂s_t/∂s_{t−1} of one step, from as many copies of the step: each carries one row back."""
        import numpy as np

        from .. import ops

        parts, count = len(state), len(rows)
        arguments, options = self._arguments(
            np.repeat(x, count, axis=1), [np.repeat(part, count, axis=0) for part in state]
        )
        _, saved = ops.forward(self.op, *arguments, **options)
        carried = [np.ascontiguousarray(part) for part in np.split(rows, parts, axis=1)]
        gradients = ops.backward(saved, (None, tuple(carried) if parts > 1 else carried[0]))
        return np.concatenate([gradients[name] for name in ("h0", "c0") if name in gradients], axis=1)


def _of_norm(random: Generator, m: int, norm: float) -> Array:
    """A random orthogonal matrix times `norm`."""
    import numpy as np

    q, r = np.linalg.qr(random.standard_normal((m, m)))
    return q * (norm * np.sign(np.diag(r)))
