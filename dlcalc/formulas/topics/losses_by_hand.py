"""Losses by hand: squared loss, log loss and cross-entropy, each with its gradient; the softmax in front of one.

Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.2. A loss is summed over what is given, unless a
convention says otherwise: PyTorch and Keras take the mean.
"""

from __future__ import annotations

from ...expressions.nodes import Kind
from ..model import Convention, Formula, Mistake, Step
from .options_by_hand import STABLE, in_every_base, quantity

_VECTOR = Kind.VECTOR
_SOURCE = "Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.2"

SQUARED = Formula(
    id="loss_squared_by_hand",
    title="Squared loss by hand",
    variables=(
        quantity("yhat", "yhat", "outputs", _VECTOR, ordinary=(-2, 2)),
        quantity("y", "target", "targets", _VECTOR, ordinary=(-2, 2)),
    ),
    steps=(
        Step("errors", "yhat - y", "errors", kind=_VECTOR),
        Step("squares", "errors^2", "squared errors", kind=_VECTOR),
        Step("loss", "1/2*sum(squares)", "squared loss"),
        Step("gradient", "errors", "∂L/∂ŷ", kind=_VECTOR),
    ),
    answers=("loss", "gradient", "errors", "squares"),
    mistakes=(
        Mistake("not-squared", "squares", "abs(errors)", "each error must be squared", 0.4, "What is done with each "
                "error before they are added?"),
        Mistake("errors-summed-first", "loss", "1/2*sum(errors)^2", "each error is squared before the errors are "
                "added; without squares, errors of opposite sign cancel", 0.5, "What happens when errors of opposite "
                "sign are added?"),
        Mistake("absolute-for-squared", "loss", "sum(abs(errors))", "this is the absolute loss: here the errors are "
                "squared", 0.3, "What is squared?"),
        Mistake("root-taken", "loss", "sqrt(sum(squares))", "no root is taken: the loss is the sum of the squares "
                "itself", 0.3, "Which unit does a squared loss have?"),
        Mistake("root-of-the-mean", "loss", "sqrt(sum(squares)/len(squares))", "this is the RMSE, the root of the "
                "mean; no root is taken of a squared loss", 0.3, "Which unit does a squared loss have?"),
        Mistake("squares-subtracted", "loss", "1/2*(sum(yhat^2) - sum(y^2))", "the difference is squared, not each of "
                "the two numbers", 0.25, "What is the loss of a prediction of −1 where the target is 1?"),
        Mistake("error-sign-turned", "gradient", "y - yhat", "∂L/∂ŷ is ŷ − y: below the target the loss falls as ŷ "
                "grows", 0.6, "Does the loss rise or fall when ŷ grows above y?"),
        Mistake("gradient-squared", "gradient", "squares", "the derivative of ½(ŷ − y)² is ŷ − y, not its square", 0.4,
                "What is the derivative of ½x²?"),
    ),
    conventions=(
        Convention("textbook", "textbooks", "half the sum of the squares"),
        Convention("sum", "notes without the half", "the sum of the squares",
                   {"loss": "sum(squares)", "gradient": "2*errors"}),
        Convention("mean", "PyTorch (MSELoss), Keras", "the mean of the squares",
                   {"loss": "sum(squares)/len(squares)", "gradient": "2*errors/len(errors)"}),
        Convention("half-mean", "notes that average over the examples", "half the mean of the squares",
                   {"loss": "sum(squares)/(2*len(squares))", "gradient": "errors/len(errors)"}),
    ),
    source=_SOURCE,
)  # fmt: skip

_WRONG_LOGS = (("common-logarithm", "log10", 10), ("binary-logarithm", "log2", 2))

_NOT_TO_BASE = {base: f"the logarithm must be the natural one, not to base {base}" for base in (2, 10)}

_LOG_TERMS = "-(y ⊙ ln(p) + (1 - y) ⊙ ln(1 - p))"
_ONE_SUM = (Convention("textbook", "textbooks", "the sum over the classes"),)

LOG_LOSS = Formula(
    id="loss_log_by_hand",
    title="Log loss by hand",
    variables=(
        quantity("p", "p", "predicted probabilities of class 1", _VECTOR, ordinary=(0.05, 0.95), low=0, high=1),
        quantity("y", "target", "targets, 0 or 1", _VECTOR, ordinary=(0, 1), low=0, high=1),
    ),
    steps=(
        Step("terms", _LOG_TERMS, "loss of each example", kind=_VECTOR),
        Step("loss", "sum(terms)", "log loss"),
        Step("gradient", "(p - y)/(p ⊙ (1 - p))", "∂L/∂p", kind=_VECTOR),
        Step("by_score", "p - y", "∂L/∂z, where p = σ(z)", kind=_VECTOR),
    ),
    answers=("loss", "terms", "gradient", "by_score"),
    mistakes=(
        Mistake("other-class-lost", "terms", "-(y ⊙ ln(p))", "an example of class 0 has the loss −ln(1 − p)", 0.6,
                "What is the loss of an example of class 0?"),
        Mistake("minus-forgotten", "terms", "y ⊙ ln(p) + (1 - y) ⊙ ln(1 - p)", "the logarithm of a probability is "
                "negative, so the loss needs a minus sign", 0.6, "Which sign does this loss have?"),
        *(Mistake(id, "terms", f"-(y ⊙ {log}(p) + (1 - y) ⊙ {log}(1 - p))", _NOT_TO_BASE[base], 0.4, "Which base does "
                  "the logarithm have?") for id, log, base in _WRONG_LOGS),
        Mistake("probability-for-logarithm", "terms", "y ⊙ (1 - p) + (1 - y) ⊙ p", "the loss is the logarithm of the "
                "probability", 0.3, "How large is the loss when the true class has probability 0?"),
        Mistake("classes-swapped", "terms", "-((1 - y) ⊙ ln(p) + y ⊙ ln(1 - p))", "the loss is −ln p for class 1 and "
                "−ln(1 − p) for class 0", 0.4, "How large is the loss of class 1 when p is near 1?"),
        Mistake("one-minus-lost", "terms", "-ln(p)", "an example of class 0 has the loss −ln(1 − p), not −ln p", 0.5,
                "Which probability does the model give to class 0?"),
        Mistake("slope-forgotten", "gradient", "p - y", "p − y is the derivative by the score z; the derivative by p "
                "is (p − y)/(p(1 − p))", 0.5, "Is the derivative taken by p or by z?"),
        Mistake("error-sign-turned", "by_score", "y - p", "∂L/∂z is p − y: below the target the loss falls as z grows",
                0.5, "For class 1, does the loss rise or fall when z grows?"),
    ),
    conventions=in_every_base(
        (
            Convention("textbook", "textbooks", "the sum over the examples"),
            Convention("mean", "PyTorch (BCELoss), Keras", "the mean over the examples",
                       {"loss": "sum(terms)/len(terms)", "gradient": "(p - y)/(p ⊙ (1 - p))/len(p)",
                        "by_score": "(p - y)/len(p)"}),
        ),
        {"terms": _LOG_TERMS},
        {"gradient": "(p - y)/(p ⊙ (1 - p))", "by_score": "p - y"},
    ),
    source=_SOURCE,
)  # fmt: skip

_CLASSES = quantity("y", "target", "target probabilities of the classes, usually one-hot", _VECTOR, ordinary=(0, 1),
                    low=0, high=1)  # fmt: skip


def _of_cross_entropy(p: str, letter: str, summed: str, logs: tuple[str, str]) -> tuple[Mistake, ...]:
    """The mistakes of every cross-entropy: `p` are the probabilities, `letter` as they are printed.

    `summed`: the sum over the classes as the formula writes it; `logs`: the step that holds the logarithm, and what
    stands there.
    """
    step, text = logs
    return (
        Mistake("minus-forgotten", "loss", summed, "the logarithm of a probability is negative, so the loss needs a "
                "minus sign", 0.6, "Which sign does this loss have?"),
        *(Mistake(id, step, text.replace("ln(", f"{log}("), _NOT_TO_BASE[base], 0.4, "Which base does the logarithm "
                  "have?") for id, log, base in _WRONG_LOGS),
        Mistake("predicted-class", "loss", f"-ln(max({p}))", "the loss uses the probability of the true class, not of "
                "the predicted class", 0.5, "Which class does the target name?"),
        Mistake("probability-for-logarithm", "loss", f"1 - sum(y ⊙ {p})", "the loss is minus the logarithm of the "
                "probability, not 1 minus the probability", 0.3, "How large should the loss be when the true class has "
                "probability 0?"),
        Mistake("every-class-summed", "loss", f"-sum(ln({p}))", "only the true class counts: the logarithms of all "
                "other classes are multiplied by a target of 0", 0.25, "What multiplies the logarithm of each class?"),
        Mistake("binary-terms", "loss", f"-sum(y ⊙ ln({p}) + (1 - y) ⊙ ln(1 - {p}))", "the terms (1 − y)·ln(1 − "
                f"{letter}) are for yes-or-no questions; for one choice among classes the loss is −Σ y·ln {letter}",
                0.25, "Are these separate yes-or-no questions, or one choice among classes?"),
        Mistake("mean-over-classes", "loss", f"-{summed}/len(y)", "the terms of one example are added, not averaged "
                "over the classes", 0.4, "Are the terms of one example added or averaged?"),
        Mistake("weighted-by-probability", "loss", f"-sum(y ⊙ {p} ⊙ ln({p}))", "the logarithm is weighted by the "
                "target alone: −ln of the true class's probability", 0.25, "What multiplies the logarithm of each "
                "class?"),
        Mistake("entropy-of-prediction", "loss", f"-sum({p} ⊙ ln({p}))", "this is the entropy of the prediction; in "
                "the cross-entropy the target multiplies the logarithm", 0.25, "Which class does the target name?"),
        Mistake("squared-error", "loss", f"sum(({p} - y)^2)", "this is a squared error; the cross-entropy is −ln of "
                "the true class's probability", 0.25, "Which loss is asked?"),
    )  # fmt: skip


CROSS_ENTROPY = Formula(
    id="cross_entropy_by_hand",
    title="Cross-entropy by hand",
    variables=(
        quantity("p", "p", "predicted probabilities of the classes", _VECTOR, ordinary=(0.05, 0.95), low=0, high=1),
        _CLASSES,
    ),
    steps=(
        Step("terms", "y ⊙ ln(p)", "term of each class", kind=_VECTOR),
        Step("loss", "-sum(terms)", "cross-entropy"),
    ),
    answers=("loss", "terms"),
    mistakes=_of_cross_entropy("p", "p", "sum(terms)", ("terms", "y ⊙ ln(p)")),
    conventions=in_every_base(_ONE_SUM, {"terms": "y ⊙ ln(p)"}, {}),
    source=_SOURCE,
)  # fmt: skip

SOFTMAX_CROSS_ENTROPY = Formula(
    id="softmax_cross_entropy_by_hand",
    title="Softmax and cross-entropy by hand",
    variables=(quantity("z", "logits", "scores of the classes (logits)", _VECTOR, ordinary=(-3, 3)), _CLASSES),
    steps=(
        Step("powers", "exp(z)", "exponentials", kind=_VECTOR),
        Step("total", "sum(powers)", "their sum"),
        Step("yhat", "powers/total", "probabilities", kind=_VECTOR),
        Step("loss", "-sum(y ⊙ ln(yhat))", "cross-entropy"),
        Step("gradient", "yhat - y", "∂L/∂z", kind=_VECTOR),
    ),
    answers=("loss", "yhat", "gradient", "powers", "total"),
    mistakes=(
        *_of_cross_entropy("yhat", "ŷ", "sum(y ⊙ ln(yhat))", ("loss", "-sum(y ⊙ ln(yhat))")),
        Mistake("gradient-of-probability", "gradient", "-(y/yhat)", "−y/ŷ is the derivative by the probability; by the "
                "score z it is ŷ − y", 0.3, "By what is the derivative taken, by ŷ or by z?"),
        Mistake("not-normalised", "yhat", "powers", "the exponentials must be divided by their sum", 0.6, "What do the "
                "probabilities sum to?"),
        Mistake("no-exponential", "powers", "z", "a softmax takes the exponentials of the scores first", 0.5, "Which "
                "sign does a probability have?"),
        Mistake("sigmoid-for-softmax", "yhat", "sigmoid(z)", "a sigmoid uses one score only; the softmax divides by "
                "the sum over all scores", 0.5, "What do the probabilities sum to?"),
        Mistake("divided-by-the-others", "yhat", "powers/(total - powers)", "each exponential is divided by the sum of "
                "all of them, its own too", 0.25, "What do the probabilities sum to?"),
        Mistake("softmax-twice", "yhat", "softmax(powers/total)", "the softmax is applied once: its values are already "
                "probabilities", 0.25, "What goes into the softmax: scores or probabilities?"),
        Mistake("error-sign-turned", "gradient", "y - yhat", "∂L/∂z is ŷ − y: it is negative for the true class, "
                "because its score should grow", 0.6, "Does the loss rise or fall when the score of the true class "
                "grows?"),
        Mistake("slope-twice", "gradient", "(yhat - y) ⊙ yhat ⊙ (1 - yhat)", "softmax and cross-entropy together give "
                "ŷ − y, without a further slope", 0.5, "What is left of the softmax in the gradient?"),
    ),
    conventions=(
        *in_every_base(_ONE_SUM, {"loss": "-sum(y ⊙ ln(yhat))"}, {"gradient": "yhat - y"}),
        Convention(STABLE, "implementations, from the scores", "the largest score is subtracted first; the "
                   "probabilities stay the same, and no exponential or logarithm overflows",
                   {"powers": "exp(z - max(z))", "loss": "sum(y)*ln(total) - sum(y ⊙ (z - max(z)))"}),
    ),
    notes=("in nats ∂L/∂z = ŷ − y where the targets sum to 1", "the same number added to every score changes nothing"),
    source=_SOURCE,
)  # fmt: skip

FORMULAS = {each.id: each for each in (SQUARED, LOG_LOSS, CROSS_ENTROPY, SOFTMAX_CROSS_ENTROPY)}
