"""Rules by which parameters change, and how their rate does. Names, forms and usual values are those of the formulas of
updates by hand; where PyTorch has a form of its own, that is the usual one, so that runs can be compared with it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

import numpy as np

from ..errors import UserError, shown
from ..files import untrusted
from ..formulas.registry import formula
from ..kernels.cpu.steps import optimisers as kernels


@dataclass(frozen=True)
class Rule:
    """One rule: its number, the formula that says what it does, and forms by their names there; the first is usual."""

    code: int
    formula: str
    forms: dict[str, int]
    rate: float
    """What is usual in training; the formulas' own are numbers for paper."""


RULES = {
    "sgd": Rule(kernels.SGD, "sgd_by_hand", {"textbook": kernels.INSIDE}, 0.1),
    "momentum": Rule(kernels.MOMENTUM, "momentum_by_hand", {
        "pytorch": kernels.PYTORCH, "textbook": kernels.INSIDE, "average": kernels.AVERAGE, "keras": kernels.KERAS,
        "alexnet": kernels.ALEXNET,
    }, 0.01),
    "nesterov": Rule(kernels.NESTEROV, "nesterov_by_hand", {
        "pytorch": kernels.PYTORCH, "textbook": kernels.INSIDE, "keras": kernels.KERAS,
    }, 0.01),
    "adagrad": Rule(kernels.ADAGRAD, "adagrad_by_hand", {
        "outside": kernels.OUTSIDE, "textbook": kernels.INSIDE, "keras": kernels.KERAS,
    }, 0.01),
    "rmsprop": Rule(kernels.RMSPROP, "rmsprop_by_hand", {
        "outside": kernels.OUTSIDE, "textbook": kernels.INSIDE,
    }, 0.001),
    "adadelta": Rule(kernels.ADADELTA, "adadelta_by_hand", {"textbook": kernels.INSIDE}, 1.0),
    "adam": Rule(kernels.ADAM, "adam_by_hand", {
        "pytorch": kernels.OUTSIDE, "outside": kernels.OUTSIDE, "textbook": kernels.INSIDE, "keras": kernels.KERAS,
    }, 0.001),
    "adamw": Rule(kernels.ADAMW, "adam_by_hand", {
        "pytorch": kernels.OUTSIDE, "outside": kernels.OUTSIDE, "textbook": kernels.INSIDE, "keras": kernels.KERAS,
    }, 0.001),
}  # fmt: skip
"""Name → rule. AdamW: I. Loshchilov and F. Hutter, arXiv:1711.05101: the decay does not pass through the moments."""

ALIASES = {"alexnet": "momentum:alexnet"}
USUAL_DECAY = 0.01
"""AdamW's weight decay, as PyTorch has it."""
HYPER = kernels.HYPER


@dataclass(frozen=True)
class Optimiser:
    """A rule with its quantities, as the formulas name them (eta, gamma, rho, beta_1, beta_2, epsilon)."""

    name: str
    form: str
    values: dict[str, float] = field(default_factory=dict)

    @property
    def rule(self) -> Rule:
        return RULES[self.name]

    @property
    def codes(self) -> tuple[int, int]:
        """What kernels know rule and form as."""
        return self.rule.code, self.rule.forms[self.form]

    @property
    def rate(self) -> float:
        return self.values["eta"]

    def vector(self) -> Any:
        """The quantities as kernels read them."""
        return np.array([self.values.get(name, 0.0) for name in HYPER])


def optimiser(
    text: str, rate: float | None = None, weight_decay: float | None = None, l1: float = 0.0,
    clip_norm: float = 0.0, clip_value: float = 0.0, **values: float,
) -> Optimiser:  # fmt: skip
    """An optimiser by its name, or name:form. `values`: what is not to be as usual.

    UserError: no such rule, form or quantity, a rate that is not above 0.
    """
    name, _, form = ALIASES.get(text, text).partition(":")
    if name not in RULES:
        raise UserError(f"optimizer is one of {', '.join([*RULES, *ALIASES])}, not {name[:40]}")
    rule = RULES[name]
    form = form or next(iter(rule.forms))
    if form not in rule.forms:
        raise UserError(f"the forms of {name} are {', '.join(rule.forms)}, not {form[:40]}")
    variables = formula(rule.formula).variables
    found = {v.name: float(v.default) for v in variables if v.name in HYPER and v.default is not None}
    for quantity, value in values.items():
        if quantity not in found:
            raise UserError(f"{name} has {', '.join(found)}, no {quantity}")
        low, high = next((v.low, v.high) for v in variables if v.name == quantity)
        below = quantity.startswith("beta")  # what is kept for ever has no mean
        if not is_number(value) or not float(low) <= value <= float(high) or (below and value == high):
            upto = f"{'below ' if below else ''}{high:,}"
            raise UserError(f"{quantity} of {name} is a number from {low} to {upto}, not {shown(value)}")
        found[quantity] = float(value)
    found["eta"] = rule.rate if rate is None else rate
    decay = (USUAL_DECAY if name == "adamw" else 0.0) if weight_decay is None else weight_decay
    for what, value in (("lr", found["eta"]), ("weight decay", decay), ("l1", l1), ("clip", clip_norm),
                        ("clip value", clip_value)):  # fmt: skip
        if not is_number(value) or value < 0 or (what == "lr" and value == 0):
            raise UserError(f"{what} is a number {'above 0' if what == 'lr' else 'from 0 on'}, not {shown(value)}")
    found |= {"weight_decay": decay, "l1": l1, "clip_value": clip_value, "clip_norm": clip_norm, "factor": 1.0}
    return Optimiser(name, form, found)


def is_number(value: object) -> bool:
    """Whether it is a finite one."""
    return isinstance(value, Real) and math.isfinite(value)


SCHEDULES = ("constant", "step:EPOCHS:FACTOR", "exponential:FACTOR", "linear", "cosine")


@dataclass(frozen=True)
class Schedule:
    """The rate in the course of training, as a factor; `warmup`: so many epochs it rises to it first."""

    kind: str = "constant"
    every: int = 1
    factor: float = 1.0
    warmup: float = 0.0

    @property
    def text(self) -> str:
        """What `schedule` reads as this one."""
        numbers = {"step": [self.every, self.factor], "exponential": [self.factor]}.get(self.kind, [])
        told = ":".join(map(str, [self.kind, *numbers]))
        return f"warmup:{self.warmup},{told}" if self.warmup else told

    def at(self, epoch: float, epochs: int) -> float:
        """The factor when so many epochs are done, of so many."""
        if epoch < self.warmup:
            return max(epoch, 1e-3) / self.warmup
        done = min(1.0, (epoch - self.warmup) / max(1e-9, epochs - self.warmup))
        match self.kind:
            case "step":
                return float(self.factor ** (int(epoch) // self.every))
            case "exponential":
                return float(self.factor ** int(epoch))
            case "linear":
                return max(1 - done, 1e-3)
            case "cosine":
                return max(0.5 + 0.5 * math.cos(math.pi * done), 1e-3)
        return 1.0


def schedule(text: str) -> Schedule:
    """A schedule from its name: cosine, step:10:0.5, warmup:2,cosine. UserError."""
    found, kinds = Schedule(), 0
    for place, part in enumerate(text.split(",")):
        name, *numbers = part.strip().split(":")
        kinds += name != "warmup"
        try:
            match name, [untrusted.number(number) for number in numbers]:
                case _ if kinds > 1 or place > kinds:
                    raise ValueError
                case "warmup", [epochs] if epochs > 0:
                    found = replace(found, warmup=epochs)
                case "step", [every, factor] if every >= 1 and every.is_integer() and factor > 0:
                    found = replace(found, kind=name, every=int(every), factor=factor)
                case "exponential", [factor] if factor > 0:
                    found = replace(found, kind=name, factor=factor)
                case (("constant" | "linear" | "cosine"), []):
                    found = replace(found, kind=name)
                case _:
                    raise ValueError
        except ValueError:
            known = ", ".join(SCHEDULES)
            raise UserError(f"a schedule is one of {known}, perhaps behind warmup:EPOCHS,; not {text[:60]!r}") from None
    return found
