"""The first values of all parameters, by seed. What each rule asks for is worked out by the formulas of initialisation.

Presets do all of it as a framework does: `keras` (Glorot, uniform; recurrent weights orthogonal; an LSTM's forget
biases
1; embeddings on ±0.05) and `pytorch` (uniform on ±1/√fan_in, biases too; recurrent layers on ±1/√m; embeddings normal).
Orthogonal: A. M. Saxe, J. L. McClelland and S. Ganguli, arXiv:1312.6120.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from ..errors import UserError
from ..formulas.registry import formula
from ..formulas.run import run
from .plan import Parameter, Plan

RULES = {"uniform": "init_uniform", "glorot-uniform": "init_glorot_uniform", "glorot-normal": "init_glorot_normal",
         "he-uniform": "init_he_uniform", "he-normal": "init_he_normal"}  # fmt: skip
"""Name → its formula."""
NAMES = ("keras", "pytorch", *RULES, "orthogonal")


def initialise(plan: Plan, vector: Any, rule: str, seed: int) -> None:
    """Fills the vector of all parameters. UserError: no such rule."""
    if rule not in NAMES:
        raise UserError(f"init is one of {', '.join(NAMES)}, not {rule[:40]}")
    random = np.random.default_rng([seed, 1])
    for parameter in plan.parameters:
        part = parameter.stored(_drawn(parameter, rule, random))
        vector[parameter.at : parameter.at + parameter.size] = part


def _drawn(parameter: Parameter, rule: str, random: np.random.Generator) -> Any:
    shape, role = parameter.shape, parameter.role
    if role in ("scale", "variance"):
        return np.ones(shape)
    if role == "codes":  # of radial basis functions, as a dense layer of x² and x has them
        half = shape[0], shape[1] // 2
        return np.concatenate([np.ones(half), -2 * random.choice(np.array([-1.0, 1.0]), half)], axis=1)
    if role == "sizes":
        return np.full(shape, parameter.fans[0])
    if role == "table":
        return random.standard_normal(shape) if rule == "pytorch" else random.uniform(-0.05, 0.05, shape)
    if role in ("bias", "shift", "mean"):
        return _bias(parameter, rule, random)
    if rule == "pytorch":
        fan = parameter.fans[1] if parameter.gates > 1 or role == "recurrent" else parameter.fans[0]
        return random.uniform(-1, 1, shape) * spread("uniform", fan, fan)
    if rule == "orthogonal" or (role == "recurrent" and rule == "keras"):
        return _orthogonal(shape, parameter.gates, random)
    name = "glorot-uniform" if rule == "keras" else rule
    width = spread(name, *parameter.fans)
    return random.standard_normal(shape) * width if name.endswith("normal") else random.uniform(-width, width, shape)


def _bias(parameter: Parameter, rule: str, random: np.random.Generator) -> Any:
    found = np.zeros(parameter.shape)
    if rule == "pytorch" and parameter.role == "bias":
        limit = 1 / math.sqrt(parameter.fans[0])
        return random.uniform(-limit, limit, parameter.shape)
    if parameter.gates == 4:  # i, f, g, o: what is not forgotten at first can be learnt
        m = len(found) // 4
        found[m : 2 * m] = 1
    return found


@cache
def spread(rule: str, fan_in: int, fan_out: int) -> float:
    """The limit or the standard deviation that a rule draws with, by its formula."""
    working = run(formula(RULES[rule]), {"n": fan_in, "m": fan_out})
    return float(working["deviation" if rule.endswith("normal") else "limit"])


def _orthogonal(shape: tuple[int, ...], gates: int, random: np.random.Generator) -> Any:
    """Rows, or columns where they are fewer, at right angles and of length 1, in the block of each gate."""
    rows, columns = shape[0] // gates, math.prod(shape[1:])
    blocks = []
    for _ in range(gates):
        q, r = np.linalg.qr(random.standard_normal((max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diag(r))
        blocks.append(q if rows >= columns else q.T)
    return np.concatenate(blocks).reshape(shape)
