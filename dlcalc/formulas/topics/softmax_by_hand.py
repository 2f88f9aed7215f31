"""The softmax by hand, with a temperature, forwards and backwards.

J. S. Bridle, 1990; the temperature as in G. Hinton, O. Vinyals and J. Dean, Distilling the knowledge in a neural
network, arXiv:1503.02531, equation 1: q_i = exp(z_i/τ)/Σ_j exp(z_j/τ).
"""

from __future__ import annotations

from ...expressions.nodes import Kind
from ..model import Condition, Convention, Formula, Mistake, Step
from .options_by_hand import STABLE, quantity

_VECTOR = Kind.VECTOR
_GIVEN = (
    quantity("z", "z", "scores (logits)", _VECTOR, ordinary=(-3, 3), length=3),
    quantity("tau", "temperature", "temperature τ", default="1", ordinary=(1.5, 4), low=0),
)
_STEPS = (
    Step("scaled", "z/tau", "scores over the temperature", kind=_VECTOR),
    Step("powers", "exp(scaled)", "exponentials", kind=_VECTOR),
    Step("total", "sum(powers)", "their sum"),
    Step("y", "powers/total", "probabilities", kind=_VECTOR),
)
_MISTAKES = (
    Mistake("not-normalised", "y", "powers", "the exponentials must be divided by their sum, so that the values sum to "
            "1", 0.6, "What do the values of a softmax sum to?"),
    Mistake("no-exponential", "powers", "scaled", "a softmax takes the exponentials of the scores first", 0.5, "Which "
            "sign do the values of a softmax have?"),
    Mistake("sigmoid-for-softmax", "y", "sigmoid(scaled)", "a sigmoid uses one score only; the softmax divides by the "
            "sum over all scores", 0.5, "What do the values of a softmax sum to?"),
    Mistake("multiplied-by-temperature", "scaled", "z*tau", "the scores are divided by the temperature, not "
            "multiplied: a high temperature makes the values more alike", 0.5, "Does a high temperature make the "
            "values more alike or more different?"),
    Mistake("temperature-forgotten", "scaled", "z", "the scores must be divided by the temperature before the "
            "exponential", 0.5, "Which given number is not used yet?"),
    Mistake("divided-after-exponential", "powers", "exp(z)/tau", "the scores are divided by the temperature, not the "
            "exponentials: their sum would cancel it", 0.4, "Is the temperature used before or after the "
            "exponential?"),
    Mistake("softmax-twice", "y", "softmax(powers/total)", "the softmax is applied once: its values are already "
            "probabilities", 0.25, "What goes into the softmax: scores or probabilities?"),
    Mistake("sign-in-exponent", "powers", "exp(-scaled)", "the exponent has no minus: a larger score has a larger "
            "probability", 0.3, "Which score gets the largest probability?"),
    Mistake("logarithm-taken", "y", "ln(powers/total)", "these are the logarithms of the probabilities; the softmax "
            "gives the probabilities themselves", 0.25, "Which sign does a probability have?"),
    Mistake("base-two", "powers", "exp(ln(2)*scaled)", "the base of the powers is e, not 2", 0.2,
            "To which base are the powers?"),
    Mistake("divided-by-the-others", "y", "powers/(total - powers)", "each exponential is divided by the sum of all of "
            "them, its own too", 0.25, "What do the values of a softmax sum to?"),
    Mistake("divided-by-largest", "y", "powers/max(powers)", "the exponentials are divided by their sum, not by the "
            "largest of them", 0.3, "What do the values of a softmax sum to?"),
)  # fmt: skip
_CONVENTIONS = (
    Convention("textbook", "textbooks", "the exponentials of the scores as they are"),
    Convention(STABLE, "implementations", "the largest score is subtracted first; the probabilities stay the same, and "
               "no exponential is too large", {"powers": "exp(scaled - max(scaled))"}),
)  # fmt: skip
_CONDITIONS = (Condition("tau > 0", "the temperature must be above 0, not {tau}"),)
_SOURCE = "Bridle, 1990; Hinton, Vinyals and Dean, arXiv:1503.02531, equation 1"

SOFTMAX = Formula(
    id="softmax_by_hand",
    title="Softmax by hand",
    variables=_GIVEN,
    steps=_STEPS,
    answers=("y", "powers", "total"),
    mistakes=_MISTAKES,
    conditions=_CONDITIONS,
    conventions=_CONVENTIONS,
    notes=("adding the same number to every score changes nothing", "at a temperature of 1 it is the plain softmax"),
    source=_SOURCE,
)

SOFTMAX_BACKWARD = Formula(
    id="softmax_backward_by_hand",
    title="Softmax by hand, backward",
    variables=(
        *_GIVEN,
        quantity("d", "d-y", "gradient of the loss by each probability", _VECTOR, "1", ordinary=(-2, 2), length=3),
    ),
    steps=(
        *_STEPS,
        Step("loss", "sum(d ⊙ y)", "a loss with these gradients: Σ d·y"),
        Step("difference", "d - loss", "each gradient minus their mean, weighted by y", kind=_VECTOR),
        Step("dz", "y ⊙ difference/tau", "∂L/∂z", kind=_VECTOR),
    ),
    answers=("dz", "y", "loss"),
    mistakes=(
        Mistake("diagonal-alone", "dz", "d ⊙ y ⊙ (1 - y)/tau", "a score also changes the other probabilities: off the "
                "diagonal the Jacobian is −y_i·y_j", 0.6, "What happens to the other values when one score rises?"),
        Mistake("sum-not-subtracted", "difference", "d", "all probabilities share one denominator, so Σ d·y is "
                "subtracted", 0.5, "Which part of the fraction depends on all the scores?"),
        Mistake("plain-mean-subtracted", "difference", "d - sum(d)/len(z)", "the mean of the gradients is weighted by "
                "the probabilities", 0.4, "Which weight does each gradient have in that mean?"),
        Mistake("slope-forgotten", "dz", "difference/tau", "the probability is a factor: yᵢ(dᵢ − Σ d·y)", 0.4, "How "
                "much does a probability near 0 change?"),
        Mistake("inner-derivative-forgotten", "dz", "y ⊙ difference", "z appears as z/τ, so the chain rule divides by "
                "τ", 0.5, "What is the derivative of z/τ by z?"),
    ),
    conditions=_CONDITIONS,
    conventions=_CONVENTIONS,
    notes=("the gradients by z sum to 0: adding a constant to all scores changes nothing",),
    source=_SOURCE,
)  # fmt: skip

_LOG_STEPS = (
    Step("shifted", "z", "scores that go into the exponentials", kind=_VECTOR),
    Step("powers", "exp(shifted)", "exponentials", kind=_VECTOR),
    Step("total", "sum(powers)", "their sum"),
    Step("y", "shifted - ln(total)", "logarithms of the probabilities", kind=_VECTOR),
)
_LOG_WAYS = (
    Convention("textbook", "textbooks", "the exponentials of the scores as they are"),
    Convention(STABLE, "implementations", "the largest score is subtracted first; the result stays the same, and no "
               "exponential is too large", {"shifted": "z - max(z)"}),
)  # fmt: skip

LOG_SOFTMAX = Formula(
    id="log_softmax_by_hand",
    title="Log-softmax by hand",
    variables=_GIVEN[:1],
    steps=_LOG_STEPS,
    answers=("y", "powers", "total"),
    mistakes=(
        Mistake("logarithm-forgotten", "y", "powers/total", "these are the probabilities; the log-softmax is their "
                "logarithms", 0.6, "Is the logarithm of a probability positive or "
                "negative?"),
        Mistake("not-normalised", "y", "shifted", "the logarithm of the sum must be subtracted", 0.5, "What do the "
                "exponentials of a log-softmax sum to?"),
        Mistake("sign-turned", "y", "ln(total) - shifted", "the logarithm of a probability is negative; with the sign "
                "turned it is the loss of each class", 0.5, "Is the logarithm of a number below 1 positive or "
                "negative?"),
        Mistake("divided-by-logarithm", "y", "shifted/ln(total)", "the logarithm of a quotient is a difference", 0.4,
                "What is the logarithm of a quotient?"),
        Mistake("sum-of-scores", "total", "sum(shifted)", "the exponentials are added, not the scores", 0.4, "What is "
                "added below the line of a softmax?"),
    ),
    conventions=_LOG_WAYS,
    notes=("the values are never positive, and their exponentials sum to 1",),
    source=_SOURCE,
)  # fmt: skip

LOG_SOFTMAX_BACKWARD = Formula(
    id="log_softmax_backward_by_hand",
    title="Log-softmax by hand, backward",
    variables=(
        *_GIVEN[:1],
        quantity("d", "d-y", "gradient of the loss by each logarithm", _VECTOR, "0*z + 1", ordinary=(-2, 2), length=3),
    ),
    steps=(
        *_LOG_STEPS,
        Step("loss", "sum(d ⊙ y)", "a loss with these gradients: Σ d·y"),
        Step("dz", "d - sum(d)*powers/total", "∂L/∂z: the probabilities take their part of Σ d", kind=_VECTOR),
    ),
    answers=("dz", "y", "loss"),
    mistakes=(
        Mistake("own-gradient-only", "dz", "d", "a score also changes the sum below the line: Σ d times the "
                "probability is subtracted", 0.6, "Which scores change the sum below the line?"),
        Mistake("diagonal-alone", "dz", "d - d ⊙ powers/total", "a score changes the logarithms of all classes, so all "
                "gradients are added", 0.5, "Which logarithms change when one score rises?"),
        Mistake("as-softmax", "dz", "powers/total ⊙ (d - sum(d ⊙ powers)/total)", "this is the way back through a "
                "softmax; here the logarithm follows", 0.4, "What follows the softmax?"),
    ),
    conventions=_LOG_WAYS,
    notes=("the gradients by z sum to 0: adding a constant to all scores changes nothing",),
    source=_SOURCE,
)  # fmt: skip

FORMULAS = {each.id: each for each in (SOFTMAX, SOFTMAX_BACKWARD, LOG_SOFTMAX, LOG_SOFTMAX_BACKWARD)}
