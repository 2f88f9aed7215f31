"""Initialisation of weights: the variance that each rule asks for, and the σ or the limit to draw with.

fan_in counts the inputs of a unit, fan_out the units that an input goes to: n and m for a dense layer, f²c and f²k for
a convolution. A normal distribution is drawn with σ = √variance, a uniform one on ±limit with limit = √(3·variance).
Glorot: X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
He: K. He et al., Delving deep into rectifiers, arXiv:1502.01852. Uniform on ±1/√fan_in: the heuristic that Glorot and
Bengio start from, which PyTorch still uses for dense layers and convolutions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..model import Convention, Form, Formula, Mistake, Step, Variable
from .convolution import CHANNELS, FILTER, FILTERS
from .dense import INPUTS, OUTPUTS


@dataclass(frozen=True)
class _Layer:
    """Where the weights are: what their fans are made of."""

    suffix: str
    title: str
    variables: tuple[Variable, ...]
    fan_in: str
    fan_out: str
    mistakes: tuple[Mistake, ...] = ()
    axes: int = 0


@dataclass(frozen=True)
class _Rule:
    """The variance that a rule asks for."""

    name: str
    title: str
    fan: Step
    variance: Step
    mistakes: tuple[Mistake, ...]
    source: str
    who: str = "PyTorch and Keras"
    """The frameworks that draw so."""


@dataclass(frozen=True)
class _Distribution:
    """How the weights are drawn with a given variance; `step` is the number that describes the distribution."""

    name: str
    title: str
    step: Step
    mistakes: tuple[Mistake, ...]
    notes: tuple[str, ...] = ()


_DENSE = _Layer("", "a dense layer", (INPUTS, OUTPUTS), "n", "m")

_CONV = _Layer(
    "_conv",
    "a convolution",
    (replace(FILTER, search="1..31"), CHANNELS, FILTERS),
    "prod(f)*c",
    "prod(f)*k",
    (
        Mistake("filter-forgotten", "fan_in", "c", "a unit of a convolution reads f·f pixels in each of its c "
                "channels: f²c inputs, not c", 0.7, "How many numbers does one window contain?"),
        Mistake("channels-forgotten", "fan_in", "prod(f)", "a unit of a convolution reads its window in all c "
                "channels: f²c inputs, not f²", 0.5, "How many channels does one window read?"),
        Mistake("filter-forgotten-out", "fan_out", "k", "each input is in f·f windows of each of the k filters: f²k, "
                "not k", 0.5, "In how many windows is one pixel?"),
    ),
    axes=2,
)  # fmt: skip

_FAN_OUT = Mistake("fan-out-for-fan-in", "fan", "fan_out", "this rule uses fan_in: a sum grows with the number of its "
                   "terms", 0.6, "How many terms does one unit sum?")  # fmt: skip

_UNIFORM_RULE = _Rule(
    "",
    "±1/√fan_in",
    Step("fan", "fan_in", "the fan that the rule uses"),
    Step("variance", "1/(3*fan)", "variance of the weights"),
    (_FAN_OUT,),
    "Glorot and Bengio, 2010, equation 1",
    "PyTorch",
)

_GLOROT = _Rule(
    "glorot_",
    "Glorot (Xavier)",
    Step("fan", "fan_in + fan_out", "sum of both fans"),
    Step("variance", "2/fan", "variance of the weights"),
    (
        Mistake("fan-in-alone", "fan", "fan_in", "Glorot's rule also considers the backward pass, so both fans are "
                "added", 0.6, "In which two directions do signals pass through a layer?"),
        Mistake("fan-out-alone", "fan", "fan_out", "Glorot's rule also considers the forward pass, so both fans are "
                "added", 0.4, "In which two directions do signals pass through a layer?"),
        Mistake("fans-multiplied", "fan", "fan_in*fan_out", "the two fans are added", 0.25, "What is the denominator "
                "in Glorot's rule?"),
        Mistake("averaged-twice", "fan", "(fan_in + fan_out)/2", "the 2 in the numerator already makes the sum an "
                "average", 0.4, "What is 2/(a + b) if a and b are equal?"),
        Mistake("two-forgotten", "variance", "1/fan", "one divided by the average of the fans is 2/(fan_in + fan_out)",
                0.4, "What is one divided by the average of two numbers?"),
    ),
    "Glorot and Bengio, 2010",
)  # fmt: skip

_HE = _Rule(
    "he_",
    "He",
    Step("fan", "fan_in", "the fan that the rule uses"),
    Step("variance", "2/fan", "variance of the weights"),
    (
        _FAN_OUT,
        Mistake("both-fans", "fan", "fan_in + fan_out", "2/(fan_in + fan_out) is Glorot's rule; He's rule divides by "
                "fan_in only", 0.5, "Which fans does He's rule use?"),
        Mistake("two-forgotten", "variance", "1/fan", "ReLU sets half of the values to 0; the 2 makes up for them", 0.5,
                "What does ReLU do to half of its inputs?"),
    ),
    "He et al., arXiv:1502.01852",
)  # fmt: skip

_NORMAL = _Distribution(
    "normal",
    "normal",
    Step("deviation", "sqrt(variance)", "standard deviation σ to draw with"),
    (
        Mistake("variance-for-deviation", "deviation", "variance", "this is the variance σ²; the standard deviation σ "
                "is its square root", 0.7, "Does the question ask for σ or σ²?"),
        Mistake("limit-for-deviation", "deviation", "sqrt(3*variance)", "√(3·variance) is the limit of a uniform "
                "distribution; σ is √variance", 0.4, "Which distribution are the weights drawn from?"),
        Mistake("half-variance", "deviation", "variance/2", "σ is the square root of the variance, not half of it", 0.2,
                "How do you get σ from σ²?"),
    ),
    ("Keras cuts its normal distribution at 2 standard deviations; it first divides σ by 0.8796, so that the weights "
     "have this σ",),
)  # fmt: skip

_UNIFORM = _Distribution(
    "uniform",
    "uniform",
    Step("limit", "sqrt(3*variance)", "limit: the weights are drawn from −limit to +limit"),
    (
        Mistake("deviation-for-limit", "limit", "sqrt(variance)", "this is the standard deviation σ; the limit of a "
                "uniform distribution is √3·σ", 0.6, "How large is the limit of a uniform distribution, in units of "
                "σ?"),
        Mistake("root-forgotten", "limit", "3*variance", "the square root is missing: the limit is √(3·variance)", 0.6,
                "How do you get the limit from the variance?"),
        Mistake("variance-for-limit", "limit", "variance", "this is the variance; the limit is √(3·variance)", 0.4,
                "Does the question ask for the limit or the variance?"),
    ),
)  # fmt: skip


def _formula(rule: _Rule, drawn: _Distribution, layer: _Layer, textbook: str) -> Formula:
    """The formula of one rule for one kind of layer; `textbook` is its usual line for σ or the limit."""
    return Formula(
        id=f"init_{rule.name}{drawn.name}{layer.suffix}",
        title=f"Initialisation of {layer.title}: {rule.title}, {drawn.title}",
        variables=layer.variables,
        steps=(
            Step("fan_in", layer.fan_in, "inputs of one unit"),
            Step("fan_out", layer.fan_out, "units that one input is connected to"),
            rule.fan,
            rule.variance,
            drawn.step,
        ),
        answers=(drawn.step.name, "variance", "fan_in", "fan_out"),
        mistakes=(*drawn.mistakes, *rule.mistakes, *layer.mistakes),
        forms=(Form(drawn.step.name, textbook),),
        conventions=(Convention("textbook", f"textbooks; {rule.who}", "as written here"),),
        notes=drawn.notes,
        axes=layer.axes,
        unknowns=tuple((variable.name,) for variable in layer.variables if not variable.per_axis),
        source=rule.source,
    )


FORMULAS = {
    formula.id: formula
    for layer in (_DENSE, _CONV)
    for formula in (
        _formula(_UNIFORM_RULE, _UNIFORM, layer, "1/sqrt(fan_in)"),
        _formula(_GLOROT, _NORMAL, layer, "sqrt(2/(fan_in + fan_out))"),
        _formula(_GLOROT, _UNIFORM, layer, "sqrt(6/(fan_in + fan_out))"),
        _formula(_HE, _NORMAL, layer, "sqrt(2/fan_in)"),
        _formula(_HE, _UNIFORM, layer, "sqrt(6/fan_in)"),
    )
}
