"""What only LeNet-5 of 1998 has: a convolution whose maps read some of the inputs, and outputs with fixed codes.

Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to document recognition, Proceedings of
the IEEE 86, 1998. Its trainable sub-sampling stands with pooling. A connection is one product or one bias that goes
into one output value, so a weight that is shared makes as many connections as it has positions.
"""

from __future__ import annotations

from dataclasses import replace

from ..model import Condition, Convention, Form, Formula, Mistake, Step, Variable
from .convolution import CONV, GROUPS, NO_BIAS
from .dense import COST_MISTAKES, FLOPS, INPUTS, MEMORY, OUTPUTS, PARAMETER_MEMORY
from .windows import SIZE_FORMS, fit_warnings, fits

PAIRS = Variable("pairs", "pairs", "pairs of a map and an input that it reads", ordinary=(8, 48), search="k..c*k")

_ORDINARY = {"c": (3, 8), "k": (3, 16)}
"""Such that many tables connect some pairs and leave others out."""

_SOURCE = "LeCun and others, Gradient-based learning applied to document recognition, 1998"

CONV_TABLE = Formula(
    id="conv_table",
    title="Convolution with a connection table",
    variables=(
        *(
            replace(v, ordinary=_ORDINARY[v.name]) if v.name in _ORDINARY else v
            for v in CONV.variables
            if v is not GROUPS
        ),
        PAIRS,
    ),
    steps=(
        *(
            replace(step, expression="prod(f)*pairs", meaning="weights: a filter for each pair of the table")
            if step.name == "weights"
            else step
            for step in CONV.steps
        ),
        Step("connections", "prod(o)*parameters", "connections: all weights and biases, at every position"),
    ),
    answers=(*CONV.answers, "connections"),
    mistakes=(
        *(m for m in CONV.mistakes if m.step != "weights" and m.id != "one-filter-only"),
        Mistake("table-ignored", "weights", "prod(f)*c*k", "a map reads only the inputs in the table: there is one "
                "filter for each pair of the table, not for all c·k pairs", 0.8, "How many inputs does one map read?"),
        Mistake("one-input-each", "weights", "prod(f)*k", "a map has one filter for each input that it reads, not one "
                "filter in all", 0.5, "How many inputs does one map read?"),
        Mistake("filter-not-squared", "weights", "f[1]*pairs", "a filter extends along every axis, so its sizes are "
                "multiplied", 0.4, "How many weights does one filter have?"),
        Mistake("biases-not-connected", "connections", "prod(o)*weights", "each output value is also connected to its "
                "bias", 0.5, "What does an output value read besides its windows?"),
        Mistake("parameters-for-connections", "connections", "parameters", "shared weights are counted once as "
                "parameters, but every position has its own connections", 0.5, "At how many positions is a filter "
                "placed?"),
    ),
    forms=(
        *SIZE_FORMS,
        Form("parameters", "prod(f)*pairs + k"),
        Form("macs", "prod(o)*prod(f)*pairs"),
    ),
    conditions=(
        fits("filter"),
        Condition("pairs <= c*k", "an input and a map make {c}·{k} pairs: the table cannot connect {pairs}"),
        Condition("pairs >= k", "each of the {k} maps reads at least one input: {pairs} pairs are too few"),
    ),
    warnings=fit_warnings("filter", 2),
    conventions=(Convention("textbook", "LeCun and others", "one bias per map"), NO_BIAS),
    axes=2,
    input_shape="shape(n, c)",
    shape="output",
    unknowns=(("pairs",), *CONV.unknowns),
    notes=("without a table every map reads every input, c·k pairs: an ordinary convolution",),
    source=_SOURCE,
)  # fmt: skip

RBF = Formula(
    id="rbf",
    title="Output units with fixed codes",
    variables=(INPUTS, replace(OUTPUTS, meaning="classes, one unit for each")),
    steps=(
        Step("output", "shape(m)", "output shape"),
        Step("codes", "n*m", "entries of the codes, one for each pair of an input and a class"),
        Step("weights", "0", "learned weights: there are none"),
        Step("biases", "0", "biases: there are none"),
        Step("parameters", "weights + biases", "parameters"),
        Step("non_trainable", "codes", "values that are chosen by hand and do not change"),
        Step("values", "parameters + non_trainable", "all values that the layer keeps"),
        Step("connections", "codes", "connections, one for each pair of an input and a class"),
        Step("macs", "codes", "MACs: each difference is squared and added up"),
        FLOPS,
        Step("activation_memory", "4m", "output in memory, 4 bytes a number", unit="bytes"),
        replace(PARAMETER_MEMORY, expression="4*values", meaning="memory of all values kept, at 4 bytes a number"),
        MEMORY,
    ),
    answers=("output", "parameters", "non_trainable", "values", "weights", "biases", "connections", "macs", "flops",
             "memory", "activation_memory", "parameter_memory"),
    mistakes=(
        Mistake("codes-learnt", "weights", "codes", "the codes are chosen by hand and are not learned: they are not "
                "parameters", 0.7, "Which values does training change?"),
        Mistake("biases-given", "biases", "m", "a unit gives the distance from its input to its code; nothing is added",
                0.5, "What is added to the distance?"),
        Mistake("sizes-added", "codes", "n + m", "every class has a code as long as the input: the two sizes are "
                "multiplied", 0.3, "How long is one code?"),
        Mistake("one-code", "codes", "n", "these are the entries of one code; there are m classes", 0.4, "How many "
                "codes are there?"),
        Mistake("codes-not-kept", "values", "parameters", "the codes are not learned, but they must be kept too", 0.4,
                "What is the input compared with?"),
        Mistake("activations-not-bytes", "activation_memory", "m", "each number takes 4 bytes", 0.5,
                "How many bytes does a 32-bit number have?"),
        Mistake("parameters-not-bytes", "parameter_memory", "values", "each value that is kept takes 4 bytes", 0.5,
                "How many bytes does a 32-bit number have?"),
        *(m for m in COST_MISTAKES if m.step == "flops"),
    ),
    forms=(Form("macs", "n*m"),),
    conventions=(Convention("textbook", "LeCun and others", "only learned values are parameters"),),
    input_shape="shape(n)",
    shape="output",
    notes=("y = Σ (x − w)², the squared Euclidean distance from the class's code: a radial basis function",),
    source=_SOURCE,
)  # fmt: skip

FORMULAS = {"conv_table": CONV_TABLE, "rbf": RBF}
