"""Normalising by hand: batch and layer normalisation, min–max and z-score scaling.

Batch normalisation takes mean and variance of a feature over the batch and divides by B: S. Ioffe and C. Szegedy,
arXiv:1502.03167, algorithm 1. Layer normalisation takes them over the features of one position: J. L. Ba, J. R. Kiros
and G. E. Hinton, arXiv:1607.06450.
"""

from __future__ import annotations

from dataclasses import replace

from ...expressions.nodes import Kind
from ..model import Condition, Convention, Formula, Mistake, Step, Variable
from .options_by_hand import Kinds, Option, combined, for_one_unit, quantity, without

EACH = "i in 1..B"
_BOTH = (Kinds(False), Kinds(True))


_DIFFERENT = Condition("max(x) > min(x)", "the values must not all be equal: there is nothing to scale")
_DIFFERENT_OR_EPSILON = Condition("max(x) > min(x) or epsilon > 0", "the values must not all be equal, or ε must be "
                                  "above 0: otherwise the standard deviation is 0")  # fmt: skip
_EACH_DIFFERENT_OR_EPSILON = Condition(
    "min(sum(i=1..len(x), (x[i] - x[1])^2)) > 0 or epsilon > 0",
    "the values of each feature must not all be equal, or ε must be above 0: otherwise its standard deviation is 0",
)


def _epsilon(default: str) -> Variable:
    return quantity("epsilon", "epsilon", "small number added to the variance", default=default, low=0,
                    ordinary=(0.1, 0.5))  # fmt: skip


_OF_SAMPLE = Mistake("divided-by-one-less", "variance", "sum(i=1..B, (x[i] - mean)^2)/(B - 1)", "the variance of the "
                     "batch is divided by B, not by B − 1", 0.6, "Is this the variance of the batch, or an estimate "
                     "for a larger population?")  # fmt: skip
_BATCH_MISTAKES = (
    _OF_SAMPLE,
    Mistake("divided-by-variance", "deviation", "variance + epsilon", "the differences are divided by the standard "
            "deviation, the root of the variance", 0.6, "If x is measured in metres, in which unit is the variance?"),
    Mistake("epsilon-outside", "deviation", "sqrt(variance) + epsilon", "ε is added to the variance, under the root",
            0.4, "Is ε added before or after the root?"),
    Mistake("mean-not-subtracted", "xhat", "x[i]/deviation", "the mean must be subtracted first, so that the new mean "
            "is 0", 0.5, "What should the mean be after normalisation?"),
    Mistake("not-squared", "variance", "sum(i=1..B, abs(x[i] - mean))/B", "the variance is the mean of the squared "
            "differences", 0.4, "What is squared in a variance?"),
    Mistake("squares-summed", "variance", "sum(i=1..B, (x[i] - mean)^2)", "the variance is the mean of the squares, "
            "not their sum", 0.4, "How should the variance change when the batch gets larger?"),
    Mistake("scale-forgotten", "y", "xhat[i] + beta", "the normalised value must be multiplied by the learned scale γ",
            0.4, "What do γ and β do?"),
    Mistake("shift-forgotten", "y", "gamma ⊙ xhat[i]", "the learned shift β must be added", 0.4, "What do γ and β "
            "do?"),
    Mistake("scale-and-shift-exchanged", "y", "beta ⊙ xhat[i] + gamma", "the scale γ multiplies, the shift β is added",
            0.3, "What do γ and β do?"),
    Mistake("scale-and-shift-forgotten", "y", "xhat[i]", "this is the normalised value x̂; it is scaled by γ and "
            "shifted by β", 0.35, "What do γ and β do?"),
    Mistake("shift-subtracted", "y", "gamma ⊙ xhat[i] - beta", "the learnt shift β is added, not subtracted", 0.25,
            "What do γ and β do?"),
    Mistake("not-divided-by-deviation", "xhat", "x[i] - mean", "the difference is divided by the standard deviation",
            0.35, "What is the standard deviation afterwards?"),
    Mistake("epsilon-forgotten", "deviation", "sqrt(variance)", "ε is missing: the deviation is √(variance + ε)", 0.3,
            "Where does ε belong?"),
    Mistake("difference-turned", "xhat", "(mean - x[i])/deviation", "the mean is subtracted from x, not x from the "
            "mean", 0.3, "Which sign does a value above the mean get?"),
    Mistake("deviation-for-variance", "variance", "sqrt(sum(i=1..B, (x[i] - mean)^2)/B)", "this is the standard "
            "deviation; the variance is its square", 0.3, "Which of the two is the root of the other?"),
    Mistake("mean-not-subtracted-in-variance", "variance", "sum(i=1..B, x[i]^2)/B", "the variance is the mean of the "
            "squared differences from the mean, not of the squares of x", 0.3, "What is squared in a variance?"),
    Mistake("sum-for-mean", "mean", "sum(i=1..B, x[i])", "this is the sum; the mean is the sum divided by how many "
            "there are", 0.3, "By what is the sum divided?"),
    Mistake("shift-scaled", "y", "gamma ⊙ (xhat[i] + beta)", "first multiply by γ, then add β", 0.3, "Which comes "
            "first, γ or β?"),
)  # fmt: skip


def _learnt(kinds: Kinds) -> tuple[Variable, ...]:
    each = "" if kinds.scalar else ", one per feature"
    one, zero = ("1", "0") if kinds.scalar else ("0*x[1] + 1", "0*x[1]")
    return (
        quantity("gamma", "gamma", f"learned scale γ{each}", kinds.state, one, length=3),
        quantity("beta", "beta", f"learned shift β{each}", kinds.state, zero, length=3),
    )


def _batchnorm(kinds: Kinds) -> Formula:
    number = kinds.state
    return Formula(
        id=kinds.id("batchnorm_by_hand"),
        title="Batch normalisation by hand" + (", one feature" if kinds.scalar else ""),
        variables=(
            quantity("x", "x", "the batch, one example per entry" if kinds.scalar else "the batch, one row per example",
                     kinds.series, ordinary=(-5, 5), length=3),
            *_learnt(kinds),
            _epsilon("0"),
        ),
        steps=(
            Step("B", "len(x)", "examples in the batch"),
            Step("mean", "sum(i=1..B, x[i])/B", "mean over the batch", kind=number),
            Step("variance", "sum(i=1..B, (x[i] - mean)^2)/B", "variance over the batch", kind=number),
            Step("deviation", "sqrt(variance + epsilon)", "standard deviation", kind=number),
            Step("xhat", "(x[i] - mean)/deviation", "normalised", kind=number, each=EACH),
            Step("y", "gamma ⊙ xhat[i] + beta", "scaled and shifted", kind=number, each=EACH),
        ),
        answers=("y", "mean", "variance", "xhat", "deviation"),
        mistakes=(*_BATCH_MISTAKES, *(() if kinds.scalar else (_PER_EXAMPLE,))),
        conventions=(
            Convention("textbook", "Ioffe and Szegedy; PyTorch, Keras in training", "the variance is divided by B"),
        ),
        conditions=(_DIFFERENT_OR_EPSILON if kinds.scalar else _EACH_DIFFERENT_OR_EPSILON,),
        notes=("ε is 0 by hand, 1e-5 in PyTorch, 1e-3 in Keras", "the shift β makes a bias before it unnecessary"),
        source="Ioffe and Szegedy, arXiv:1502.03167, algorithm 1",
    )  # fmt: skip


_PER_EXAMPLE = Mistake("mean-of-all", "mean", "0*x[1] + sum(x)/(B*len(x[1]))", "each feature has its own mean, taken "
                       "over the batch", 0.5, "Over which numbers is one mean taken?")  # fmt: skip

BATCHNORM_TEST = Formula(
    id="batchnorm_test_by_hand",
    title="Batch normalisation at test time by hand, one feature",
    variables=(
        quantity("x", "x", "values of the feature", Kind.VECTOR, ordinary=(-5, 5), length=3),
        quantity("running_mean", "running-mean", "running mean", ordinary=(-2, 2)),
        quantity("running_variance", "running-var", "running variance", ordinary=(1, 5), low=0),
        *_learnt(Kinds(True)),
        _epsilon("0"),
    ),
    steps=(
        Step("deviation", "sqrt(running_variance + epsilon)", "standard deviation"),
        Step("xhat", "(x - running_mean)/deviation", "normalised", kind=Kind.VECTOR),
        Step("y", "gamma*xhat + beta", "scaled and shifted", kind=Kind.VECTOR),
    ),
    answers=("y", "xhat", "deviation"),
    mistakes=(
        Mistake("batch-mean-at-test", "xhat", "(x - sum(x)/len(x))/deviation", "at test time the running mean is "
                "subtracted, not the mean of the batch", 0.6, "Which mean and variance does the layer use at test "
                "time?"),
        Mistake("batch-variance-at-test", "deviation", "sqrt(sum((x - sum(x)/len(x))^2)/len(x) + epsilon)", "at test "
                "time the running variance is used, not the variance of the batch", 0.6, "Which mean and variance does "
                "the layer use at test time?"),
        Mistake("divided-by-variance", "deviation", "running_variance + epsilon", "the differences are divided by the "
                "root of the variance", 0.5, "If x is measured in metres, in which unit is the variance?"),
        Mistake("scale-forgotten", "y", "xhat + beta", "the normalised value must be multiplied by the learned scale γ",
                0.4, "What do γ and β do?"),
        Mistake("shift-forgotten", "y", "gamma*xhat", "the learned shift β must be added", 0.4, "What do γ and β do?"),
    ),
    source="Ioffe and Szegedy, arXiv:1502.03167, algorithm 2",
)  # fmt: skip

BATCHNORM_RUNNING = Formula(
    id="batchnorm_running_by_hand",
    title="Running mean and variance of batch normalisation by hand, one feature",
    variables=(
        quantity("x", "x", "values of the feature in the batch", Kind.VECTOR, ordinary=(-5, 5), length=3),
        quantity("momentum", "momentum", "share of the old value that is kept", ordinary=(0.6, 0.95), low=0),
        quantity("old_mean", "old-mean", "running mean before", default="0", ordinary=(-2, 2)),
        quantity("old_variance", "old-var", "running variance before", default="1", ordinary=(1, 5), low=0),
    ),
    steps=(
        Step("B", "len(x)", "examples in the batch"),
        Step("mean", "sum(x)/B", "mean of the batch"),
        Step("squares", "sum(i=1..B, (x[i] - mean)^2)", "sum of the squared differences"),
        Step("variance", "squares/B", "variance of the batch"),
        Step("kept", "momentum", "share of the old value that is kept"),
        Step("running_mean", "kept*old_mean + (1 - kept)*mean", "running mean after the batch"),
        Step("running_variance", "kept*old_variance + (1 - kept)*variance", "running variance after the batch"),
    ),
    answers=("running_mean", "running_variance", "mean", "variance"),
    mistakes=(
        Mistake("old-value-forgotten", "running_variance", "(1 - kept)*variance", "the running variance keeps a share "
                "of the old value", 0.4, "What was the running variance before?"),
        Mistake("old-mean-forgotten", "running_mean", "(1 - kept)*mean", "the running mean keeps a share of the old "
                "value", 0.4, "What was the running mean before?"),
        Mistake("batch-for-running", "running_variance", "variance", "this is the variance of this batch only; the "
                "running variance moves towards it by a small share", 0.5, "What share of the old value is kept?"),
        Mistake("batch-mean-for-running", "running_mean", "mean", "this is the mean of this batch only; the running "
                "mean moves towards it by a small share", 0.5, "What share of the old value is kept?"),
        Mistake("deviation-kept", "running_variance", "kept*old_variance + (1 - kept)*sqrt(variance)", "the running "
                "average is of the variance, not of its root", 0.3, "Is the variance or the standard deviation "
                "averaged?"),
    ),
    conventions=(
        Convention("textbook", "Keras", "the momentum is the share of the old value that is kept, and the batch's "
                   "variance is divided by B"),
        Convention("unbiased", "PyTorch, whose own momentum is 1 minus this share", "the momentum is the "
                   "share of the old value that is kept, and the batch's variance is divided by B − 1",
                   {"variance": "squares/(B - 1)"}),
        Convention("pytorch", "PyTorch", "the momentum is the share of the new value, and the batch's variance is "
                   "divided by B − 1", {"variance": "squares/(B - 1)", "kept": "1 - momentum"}),
    ),
    conditions=(
        Condition("len(x) > 1", "a batch needs at least two examples: the variance of one example does not exist"),
        Condition("momentum <= 1", "the momentum is a share and must be from 0 to 1: it is {momentum}"),
    ),
    notes=("the momentum is 0.99 in Keras and, as the share of the new value, 0.1 in PyTorch",),
    source="Ioffe and Szegedy, arXiv:1502.03167, section 3.1",
)  # fmt: skip


_MEAN_AT_TEST = "sum(j=1..len(x), x[j])/len(x)"
_OF_FEATURES = {
    "sum(x)/B": "sum(i=1..B, x[i])/B",
    "(x - running_mean)/deviation": "(x[i] - running_mean)/deviation",
    "gamma*xhat + beta": "gamma ⊙ xhat[i] + beta",
    "(x - sum(x)/len(x))/deviation": f"(x[i] - {_MEAN_AT_TEST})/deviation",
    "sqrt(sum((x - sum(x)/len(x))^2)/len(x) + epsilon)":
        f"sqrt(sum(i=1..len(x), (x[i] - {_MEAN_AT_TEST})^2)/len(x) + epsilon)",
    "xhat + beta": "xhat[i] + beta",
    "gamma*xhat": "gamma ⊙ xhat[i]",
}  # fmt: skip
"""An expression for the numbers of one feature → the same for each feature of a batch."""
_NO_FEATURES = ("momentum", "epsilon", "B", "kept")


def _of_features(found: Formula, id: str) -> Formula:
    """A formula of one feature for several: x has one row per example, what a feature has is a vector."""

    def widened(variable: Variable) -> Variable:
        if variable.name in _NO_FEATURES:
            return variable
        if variable.name == "x":
            return replace(variable, kind=Kind.MATRIX, meaning="the batch, one row per example")
        default = {"1": "0*x[1] + 1", "0": "0*x[1]"}.get(variable.default or "")
        return replace(
            variable, kind=Kind.VECTOR, meaning=f"{variable.meaning}, one per feature", default=default, lengths=(3, 3)
        )

    def each(step: Step) -> Step:
        if step.name in _NO_FEATURES:
            return step
        expression = _OF_FEATURES.get(step.expression, step.expression)
        return replace(step, expression=expression, kind=Kind.VECTOR, each=EACH if step.kind is Kind.VECTOR else "")

    return replace(
        found,
        id=id,
        title=found.title.removesuffix(", one feature"),
        variables=tuple(map(widened, found.variables)),
        steps=(*(() if "B" in found.by_name else (Step("B", "len(x)", "examples"),)), *map(each, found.steps)),
        mistakes=tuple(mistake.rewritten(lambda text: _OF_FEATURES.get(text, text)) for mistake in found.mistakes),
    )


def _batchnorm_backward(kinds: Kinds) -> Formula:
    """Backwards: the gradient also runs through the mean and the variance, of each feature by itself."""
    forward, number = _batchnorm(kinds), kinds.state
    return Formula(
        id=kinds.id("batchnorm_backward_by_hand"),
        title=f"{forward.title}, backwards",
        variables=(
            *forward.variables,
            quantity("d", "d-y", "gradient of the loss by each output", kinds.series, "0*x + 1", length=3),
        ),
        steps=(
            *forward.steps,
            Step("loss", "sum(i=1..B, d[i]*y[i])" if kinds.scalar else "sum(i=1..B, sum(d[i] ⊙ y[i]))",
                 "a loss with these gradients: Σ d·y"),
            Step("dgamma", "sum(i=1..B, d[i] ⊙ xhat[i])", "∂L/∂γ", kind=number),
            Step("dbeta", "sum(i=1..B, d[i])", "∂L/∂β", kind=number),
            Step("dx", "gamma/(B*deviation) ⊙ (B*d[i] - dbeta - xhat[i] ⊙ dgamma)", "∂L/∂x", kind=number, each=EACH),
        ),
        answers=("dx", "dgamma", "dbeta", "y", "loss"),
        mistakes=(
            *(forward.mistakes if kinds.scalar else without(forward.mistakes, "shift-scaled")),
            Mistake("statistics-held-fixed", "dx", "gamma ⊙ d[i]/deviation", "mean and variance depend on every x too, "
                    "so the gradient goes through both", 0.6, "What happens to the mean when one x changes?"),
            Mistake("variance-held-fixed", "dx", "gamma/(B*deviation) ⊙ (B*d[i] - dbeta)", "the variance depends on "
                    "every x too, not only the mean", 0.5, "What happens to the variance when one x changes?"),
            Mistake("mean-held-fixed", "dx", "gamma/(B*deviation) ⊙ (B*d[i] - xhat[i] ⊙ dgamma)", "the mean depends on "
                    "every x too, not only the variance", 0.4, "What happens to the mean when one x changes?"),
            Mistake("scale-gradient-from-x", "dgamma", "sum(i=1..B, d[i] ⊙ x[i])", "γ multiplies the normalised value, "
                    "not x", 0.4, "What is γ multiplied by?"),
        ),
        conditions=forward.conditions,
        notes=("the gradients by x sum to 0: adding a constant to the whole batch changes nothing",),
        source="Ioffe and Szegedy, arXiv:1502.03167, section 3",
    )  # fmt: skip


LAYERNORM = Formula(
    id="layernorm_by_hand",
    title="Layer normalisation by hand",
    variables=(
        quantity("x", "x", "features of one position", Kind.VECTOR, ordinary=(-5, 5), length=3),
        quantity("gamma", "gamma", "learned scales γ, one per feature", Kind.VECTOR, "0*x + 1", length=3),
        quantity("beta", "beta", "learned shifts β, one per feature", Kind.VECTOR, "0*x", length=3),
        _epsilon("0"),
    ),
    steps=(
        Step("n", "len(x)", "features"),
        Step("mean", "sum(x)/n", "mean over the features"),
        Step("variance", "sum((x - mean)^2)/n", "variance over the features"),
        Step("deviation", "sqrt(variance + epsilon)", "standard deviation"),
        Step("xhat", "(x - mean)/deviation", "normalised", kind=Kind.VECTOR),
        Step("y", "gamma ⊙ xhat + beta", "scaled and shifted", kind=Kind.VECTOR),
    ),
    answers=("y", "mean", "variance", "xhat", "deviation"),
    mistakes=(
        Mistake("divided-by-one-less", "variance", "sum((x - mean)^2)/(n - 1)", "the variance is divided by the number "
                "of features, not by one less", 0.6, "Is this the variance of these numbers, or an estimate for a "
                "larger population?"),
        Mistake("divided-by-variance", "deviation", "variance + epsilon", "the differences are divided by the root of "
                "the variance", 0.6, "If x is measured in metres, in which unit is the variance?"),
        Mistake("epsilon-outside", "deviation", "sqrt(variance) + epsilon", "ε is added to the variance, under the "
                "root", 0.4, "Is ε added before or after the root?"),
        Mistake("mean-not-subtracted", "xhat", "x/deviation", "the mean must be subtracted first", 0.5, "What should "
                "the mean be after normalisation?"),
        Mistake("deviation-forgotten", "xhat", "x - mean", "the differences must be divided by the standard "
                "deviation", 0.5, "What should the variance be after normalisation?"),
        Mistake("scale-forgotten", "y", "xhat + beta", "each feature must be multiplied by its scale γ", 0.4, "What do "
                "γ and β do?"),
        Mistake("shift-forgotten", "y", "gamma ⊙ xhat", "the shift β of each feature must be added", 0.4, "What do γ "
                "and β do?"),
    ),
    conditions=(
        _DIFFERENT_OR_EPSILON,
        Condition("len(gamma) = len(x)", "γ has one entry per feature"),
        Condition("len(beta) = len(x)", "β has one entry per feature"),
    ),
    notes=("mean and variance are those of one position and do not depend on other examples",),
    source="Ba, Kiros and Hinton, arXiv:1607.06450",
)  # fmt: skip

# scaling of a column or an image


def _numbers(image: bool) -> Variable:
    kind = Kind.MATRIX if image else Kind.VECTOR
    return quantity("x", "x", "the image" if image else "the column", kind, ordinary=(-9, 9), length=3)


def _minmax(image: bool) -> Formula:
    kind = Kind.MATRIX if image else Kind.VECTOR
    return Formula(
        id="minmax_image_by_hand" if image else "minmax_by_hand",
        title="Min–max scaling of an image by hand" if image else "Min–max scaling by hand",
        variables=(
            _numbers(image),
            quantity("low", "low", "new value of the smallest", default="0", ordinary=(-2, 0)),
            quantity("high", "high", "new value of the largest", default="1", ordinary=(1, 9)),
        ),
        steps=(
            Step("smallest", "min(x)", "smallest value"),
            Step("largest", "max(x)", "largest value"),
            Step("spread", "largest - smallest", "distance between them"),
            Step("unit", "(x - smallest)/spread", "scaled to 0..1", kind=kind),
            Step("y", "low + (high - low)*unit", "scaled to the requested range", kind=kind),
        ),
        answers=("y", "smallest", "largest", "spread"),
        mistakes=(
            Mistake("zscore-for-minmax", "y", "(x - sum(x)/len(x))/sqrt(sum((x - sum(x)/len(x))^2)/len(x))", "this is "
                    "the z-score; min–max scaling is (x − smallest)/(largest − smallest)", 0.3,
                    "Which of the two scalings ends at 1?"),
            Mistake("divided-by-largest", "unit", "x/largest", "the smallest value must be subtracted first, so that "
                    "it becomes 0", 0.6, "What should the smallest value become?"),
            Mistake("divided-by-largest-after-shift", "unit", "(x - smallest)/largest", "the divisor is the largest "
                    "minus the smallest value, so that the largest becomes 1", 0.5, "What should the largest value "
                    "become?"),
            Mistake("shift-forgotten", "unit", "x/spread", "the smallest value must be subtracted first", 0.5, "What "
                    "should the smallest value become?"),
            Mistake("sum-for-spread", "spread", "largest + smallest", "the range is the largest minus the smallest "
                    "value", 0.3, "How far is the largest value from the smallest?"),
            Mistake("turned-round", "unit", "(largest - x)/spread", "the smallest value becomes the lower end, not the "
                    "upper end", 0.3, "Which value should become the lower end?"),
        ),
        conditions=(_DIFFERENT,),
        source="Goodfellow, Bengio and Courville, Deep Learning, 2016, section 12.2.1",
    )  # fmt: skip


def _zscore(image: bool) -> Formula:
    kind = Kind.MATRIX if image else Kind.VECTOR
    count = "len(x)*len(x[1])" if image else "len(x)"
    return Formula(
        id="zscore_image_by_hand" if image else "zscore_by_hand",
        title="z-score scaling of an image by hand" if image else "z-score scaling by hand",
        variables=(_numbers(image),),
        steps=(
            Step("n", count, "values"),
            Step("mean", "sum(x)/n", "mean"),
            Step("differences", "x - mean", "differences from the mean", kind=kind),
            Step("squares", "sum(differences ⊙ differences)", "sum of their squares"),
            Step("variance", "squares/n", "variance"),
            Step("deviation", "sqrt(variance)", "standard deviation"),
            Step("y", "differences/deviation", "scaled", kind=kind),
        ),
        answers=("y", "mean", "variance", "deviation"),
        mistakes=(
            Mistake("divided-by-variance", "deviation", "variance", "the differences are divided by the standard "
                    "deviation, the root of the variance", 0.6, "If x is measured in metres, in which unit is the "
                    "variance?"),
            Mistake("mean-not-subtracted", "y", "x/deviation", "the mean must be subtracted first", 0.5, "What should "
                    "the mean be after the scaling?"),
            Mistake("deviation-forgotten", "y", "differences", "the differences must be divided by the standard "
                    "deviation", 0.5, "What should the standard deviation be after the scaling?"),
            Mistake("squares-summed", "variance", "squares", "the variance is the mean of the squares", 0.4, "How "
                    "should the variance change when there are more values?"),
            Mistake("minmax-for-zscore", "y", "(x - min(x))/(max(x) - min(x))", "this is min–max scaling; a z-score is "
                    "(x − mean)/deviation", 0.3, "Which of the two scalings gives a mean of 0?"),
            Mistake("smallest-for-mean", "y", "(x - min(x))/deviation", "the mean is subtracted, not the smallest "
                    "value", 0.3, "What should the mean be after the scaling?"),
        ),
        conventions=combined((
            Option("population", "scikit-learn, NumPy", "the variance is divided by n"),
            Option("sample", "statistics courses, R, pandas", "the variance is divided by n − 1",
                   {"variance": "squares/(n - 1)"}),
        )),
        conditions=(_DIFFERENT,),
        source="Goodfellow, Bengio and Courville, Deep Learning, 2016, section 12.2.1",
    )  # fmt: skip


FORMULAS = {
    formula.id: for_one_unit(formula) if formula.id.endswith("_scalar") else formula
    for formula in (
        *map(_batchnorm, _BOTH),
        *map(_batchnorm_backward, _BOTH),
        BATCHNORM_TEST,
        _of_features(BATCHNORM_TEST, "batchnorm_test_features_by_hand"),
        BATCHNORM_RUNNING,
        _of_features(BATCHNORM_RUNNING, "batchnorm_running_features_by_hand"),
        LAYERNORM,
        *map(_minmax, (False, True)),
        *map(_zscore, (False, True)),
    )
}
