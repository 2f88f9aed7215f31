"""Dropout: what is left of a layer, and the factors that keep its output's expected size the same.

p is the probability of *keeping* a unit in the paper (N. Srivastava et al., Dropout: a simple way to prevent neural
networks from overfitting, 2014), whose layers are multiplied by p at test time; in PyTorch and Keras p is the
probability of *dropping* one, and the kept values are divided by 1 − p in training ("inverted" dropout).
"""

from __future__ import annotations

from dataclasses import replace

from ..model import Convention, Formula, Mistake, Step, Variable

UNITS = Variable("n", "units", "units of the layer", ordinary=(4, 64))
PROBABILITY = Variable("p", "probability", "dropout's probability: of keeping a unit or of dropping it, depending on "
                       "the convention", low=0, high=1, integer=False, ordinary=(0.1, 0.9))  # fmt: skip

DROPOUT = Formula(
    id="dropout",
    title="Dropout",
    variables=(UNITS, PROBABILITY),
    steps=(
        Step("keep", "p", "probability of keeping a unit"),
        Step("drop", "1 - p", "probability of dropping a unit"),
        Step("expected", "n*p", "expected number of units that stay on in one training step"),
        Step("training_scale", "1", "factor on the kept values in training"),
        Step("test_scale", "p", "factor on all values at test time"),
    ),
    answers=("expected", "training_scale", "test_scale", "keep", "drop"),
    mistakes=(
        Mistake("dropped-units", "expected", "n*drop", "these are the units that are dropped; the others stay on",
                0.6, "Are these the units that stay on, or those that are dropped?", also=("drop",)),
        Mistake("never-scaled", "test_scale", "1", "at test time all units are on, more than in training, so the "
                "values must be made smaller", 0.6, "Are more units on at test time or in training?"),
        Mistake("drop-for-keep", "test_scale", "drop", "at test time a value is multiplied by the probability of "
                "keeping it, not of dropping it", 0.5, "How often was a unit on in training?"),
        Mistake("divided-at-test", "test_scale", "1/keep", "more units are on at test time than in training, so the "
                "values are never made larger", 0.4, "Are more units on at test time or in training?"),
        Mistake("scaled-twice-at-test", "test_scale", "keep^2", "one factor makes up for the dropped units, so it is "
                "applied once", 0.2, "How many times are the dropped units made up for?"),
        Mistake("multiplied-in-training", "training_scale", "keep", "dropped units make the layer's sum smaller in "
                "training, so the kept values are never made smaller too", 0.4, "Is the layer's sum larger or smaller "
                "when units are dropped?", also=("drop",)),
        Mistake("drop-below-the-line", "training_scale", "1/drop", "the share of values left in training is that of "
                "the kept units, so divide by it", 0.4, "What share of the values is left in training?",
                also=("drop",)),
    ),
    conventions=(
        Convention("keep", "the paper by Srivastava et al., textbooks", "p is the probability of keeping a unit; the "
                   "layer is multiplied by p at test time"),
        Convention("drop", "PyTorch, Keras", "p is the probability of dropping a unit; the kept values are divided by "
                   "1 − p in training (inverted)", {"keep": "1 - p", "drop": "p", "expected": "n*(1 - p)",
                                              "training_scale": "1/(1 - p)", "test_scale": "1"}),
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
                "How does the number of networks change with one more unit?"),
        Mistake("squared", "networks", "n^2", "each of the n units is on or off, so 2 is multiplied n times: 2ⁿ, not "
                "n²", 0.5, "How many choices are there for each unit?"),
        Mistake("one-per-unit", "networks", "n", "any set of units can be dropped together, not only one unit at a "
                "time", 0.3, "What happens if two units are dropped together?"),
        Mistake("empty-left-out", "networks", "2^n - 1", "the network with all units dropped is one of the 2ⁿ", 0.2,
                "Which sets of dropped units are possible?"),
    ),
    unknowns=(("n",),),
    source="Srivastava et al., 2014",
)  # fmt: skip

FORMULAS = {"dropout": DROPOUT, "dropout_networks": DROPOUT_NETWORKS}
