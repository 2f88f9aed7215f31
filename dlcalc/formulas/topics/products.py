"""Products of tensors that are summed over axes which they share, and values that are learned for each place.

A product of two matrices, the scores QKᵀ of an attention layer, an einsum, a convolution that has other weights at
every position: each number of the output is a sum of products, so the multiply-accumulates are the numbers of the
output times the terms of one sum. Learned positions, a class token, the slopes of a PReLU and the scales of a layer are
numbers that are added to or multiplied by what flows through, one each, and no products are counted.
"""

from __future__ import annotations

from ...expressions.nodes import Kind
from ..model import Convention, Formula, Mistake, Step, Variable
from .dense import FLOPS
from .recurrent import ANSWERS, MEMORY_STEPS, OUTPUT_COST_MISTAKES

_OUTPUT = Variable("y", "output-sizes", "sizes of the output", kind=Kind.VECTOR, ordinary=(2, 12), lengths=(1, 3))
_WEIGHTS = Variable("w", "weights", "learned weights in it", low=0, default="0", ordinary=(4, 99))
_BIASES = Variable("b", "biases", "biases in it", low=0, default="0", ordinary=(2, 20))
_COUNTS = (
    Step("weights", "w", "weights"),
    Step("biases", "b", "biases"),
    Step("parameters", "weights + biases", "parameters"),
)

CONTRACTION = Formula(
    id="contraction",
    title="Product of tensors",
    variables=(
        _OUTPUT,
        Variable("s", "summed", "products that are summed to one number of the output", ordinary=(2, 32)),
        _WEIGHTS,
        _BIASES,
    ),
    steps=(
        Step("output", "shape(y)", "output shape"),
        Step("numbers", "prod(y)", "numbers in the output"),
        *_COUNTS,
        Step("macs", "numbers*s", "MACs (multiply-accumulates): one sum of products for each number of the output"),
        FLOPS,
        *MEMORY_STEPS,
    ),
    answers=ANSWERS,
    mistakes=(
        Mistake("one-number", "macs", "s", "that is the sum for one number of the output; every number has its own sum",
                0.5, "How many numbers are computed?"),
        Mistake("output-only", "macs", "numbers", "each number of the output is a sum of products, not one product",
                0.5, "How many products are summed to one number of the output?"),
        *OUTPUT_COST_MISTAKES,
    ),
    conventions=(Convention("textbook", "textbooks, PyTorch, Keras", "one multiply-accumulate per product"),),
    shape="output",
)  # fmt: skip

LEARNED = Formula(
    id="learned_values",
    title="Learned values",
    variables=(_OUTPUT, _WEIGHTS, _BIASES),
    steps=(
        Step("output", "shape(y)", "output shape"),
        *_COUNTS,
        Step("macs", "0", "MACs: numbers that are added or that scale are not counted, as is usual"),
        FLOPS,
        *MEMORY_STEPS,
    ),
    answers=ANSWERS,
    mistakes=tuple(mistake for mistake in OUTPUT_COST_MISTAKES if mistake.step != "flops"),
    conventions=(Convention("textbook", "textbooks, PyTorch, Keras", "each learned number is a parameter"),),
    shape="output",
)

FORMULAS = {"contraction": CONTRACTION, "learned_values": LEARNED}
