"""Dropout: what is left of a layer, and the factors that keep its output's expected size the same.

p is the probability of *keeping* a unit in the paper (N. Srivastava et al., Dropout: a simple way to prevent neural
networks from overfitting, 2014), whose layers are multiplied by p at test time; in PyTorch and Keras p is the
probability of *dropping* one, and the kept values are divided by 1 − p in training ("inverted" dropout).
"""

from __future__ import annotations

from dataclasses import replace

from ..model import Convention, Formula, Mistake, Step, Variable

UNITS = Variable("n", "units", "units of the layer", ordinary=(4, 64))
PROBABILITY = Variable("p", "probability", "dropout's probability: of keeping a unit, or of dropping it, by convention",
                       low=0, high=1, integer=False, ordinary=(0.1, 0.9))  # fmt: skip

DROPOUT = Formula(
    id="dropout",
    title="Dropout",
    variables=(UNITS, PROBABILITY),
    steps=(
        Step("keep", "p", "probability of keeping a unit"),
        Step("drop", "1 - keep", "probability of dropping a unit"),
        Step("expected", "n*keep", "units that are expected to stay on in one training step"),
        Step("training_scale", "1", "factor on the kept values in training"),
        Step("test_scale", "keep", "factor on all values at test time"),
    ),
    answers=("expected", "training_scale", "test_scale", "keep", "drop"),
    mistakes=(
        Mistake("dropped-units", "expected", "n*drop", "these are the units that are dropped; n·keep stay on", 0.6,
                "Is it the units that are on or those that are off?"),
        Mistake("never-scaled", "test_scale", "1", "at test time all units are on, more than in training, and "
                "something has to make up for it", 0.6, "Are more units on at test time or in training?"),
        Mistake("drop-for-keep", "test_scale", "drop", "at test time a value counts as often as it was kept in "
                "training, not as often as it was dropped", 0.5, "How often was a unit on in training?"),
        Mistake("divided-at-test", "test_scale", "1/keep", "at test time more units are on than in training, so "
                "values are made smaller, if anything", 0.4, "Are more units on at test time or in training?"),
        Mistake("scaled-twice-at-test", "test_scale", "keep^2", "one factor makes up for the units that were off, "
                "so it is applied once", 0.2, "How often does one have to make up for the units that were off?"),
        Mistake("multiplied-in-training", "training_scale", "keep", "the units that are off make the layer's sum "
                "smaller in training; the kept values are never made smaller as well", 0.4,
                "Is the layer's sum larger or smaller when units are off?", also=("drop",)),
        Mistake("drop-below-the-line", "training_scale", "1/drop", "the share of the values that is left in "
                "training is keep, not drop, so nothing is divided by drop", 0.4,
                "Which share of the values is left in training?", also=("drop",)),
    ),
    conventions=(
        Convention("keep", "the paper by Srivastava et al., textbooks", "p keeps a unit; the layer is multiplied by "
                   "p at test time"),
        Convention("drop", "PyTorch, Keras", "p drops a unit; the kept values are divided by 1 − p in training "
                   "(inverted)", {"keep": "1 - p", "training_scale": "1/keep", "test_scale": "1"}),
    ),
    unknowns=(("n",),),
    source="Srivastava et al., 2014",
)  # fmt: skip

DROPOUT_NETWORKS = Formula(
    id="dropout_networks",
    title="Thinned networks of dropout",
    variables=(replace(UNITS, high=2000, ordinary=(3, 12)),),
    steps=(Step("networks", "2^n", "thinned networks: each unit is on or off"),),
    answers=("networks",),
    mistakes=(
        Mistake("doubled", "networks", "2n", "every further unit doubles the number of networks: 2ⁿ, not 2n", 0.5,
                "How many networks does one more unit add?"),
        Mistake("squared", "networks", "n^2", "each of the n units is on or off, two choices n times: 2ⁿ, not n²",
                0.5, "How many choices are there for each unit?"),
        Mistake("one-per-unit", "networks", "n", "any set of units can be off together, not only one at a time", 0.3,
                "Can two units be off together?"),
        Mistake("empty-left-out", "networks", "2^n - 1", "the network whose units are all off is one of the 2ⁿ", 0.2,
                "Can all units be off?"),
    ),
    unknowns=(("n",),),
    source="Srivastava et al., 2014",
)  # fmt: skip

FORMULAS = {"dropout": DROPOUT, "dropout_networks": DROPOUT_NETWORKS}
