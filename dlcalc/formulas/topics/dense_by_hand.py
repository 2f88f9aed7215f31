"""Dense layers by hand: a perceptron, a logistic unit, one layer, a net with one hidden layer; forwards and backwards.

Column layout unless a convention says otherwise: z = W x + b, y = g(z). Backwards by D. E. Rumelhart, G. E. Hinton and
R. J. Williams, Learning representations by back-propagating errors, Nature 323, 1986; all weights change together, from
the old ones. Perceptron: F. Rosenblatt, Psychological Review 65, 1958; its rule is w ← w + η(y − ŷ)x.
"""

from __future__ import annotations

from dataclasses import replace

from ...expressions.nodes import Kind
from ..model import Convention, Formula, Mistake, Step, Variable
from .options_by_hand import SIGMOID_FOR_TANH, STABLE, TANH_FOR_SIGMOID, Option, combined, in_every_base, quantity

_VECTOR, _MATRIX = Kind.VECTOR, Kind.MATRIX
_INPUT = quantity("x", "x", "inputs", _VECTOR, ordinary=(-2, 2))
_RATE = quantity("eta", "eta", "learning rate", default="1", ordinary=(0.1, 1), low=0)

_BIAS_FORGOTTEN = Mistake("bias-forgotten", "z", "sum(w ⊙ x)", "the bias b is added to the weighted sum", 0.5,
                          "What is added to the weighted sum?")  # fmt: skip
_UNWEIGHTED = Mistake("unweighted", "z", "sum(x) + b", "every input must be multiplied by its weight first", 0.3,
                      "What is each input multiplied by?")  # fmt: skip
_BIAS_SUBTRACTED = Mistake("bias-subtracted", "z", "sum(w ⊙ x) - b", "b is a bias, so it is added; a threshold is "
                           "subtracted", 0.4, "Is b a bias or a threshold here?")  # fmt: skip
_SUM = Step("z", "sum(w ⊙ x) + b", "weighted sum")

PERCEPTRON = Formula(
    id="perceptron_by_hand",
    title="Perceptron by hand",
    variables=(_INPUT, quantity("w", "w", "weights", _VECTOR), quantity("b", "b", "bias", default="0")),
    steps=(_SUM, Step("yhat", "if(z > 0, 1, 0)", "output: 1 when the unit fires")),
    answers=("yhat", "z"),
    mistakes=(
        _BIAS_FORGOTTEN,
        _BIAS_SUBTRACTED,
        _UNWEIGHTED,
        Mistake("fires-below", "yhat", "if(z < 0, 1, 0)", "the unit fires when its weighted sum is above 0", 0.4, "For "
                "which sums does the unit fire?"),
        Mistake("sum-for-output", "yhat", "z", "the output is 0 or 1: the step is applied to the sum", 0.5, "Which two "
                "values can the unit give?", also=("fires-at-zero",)),
        Mistake("sigmoid-for-step", "yhat", "sigmoid(z)", "a perceptron uses a step; logistic regression uses the "
                "sigmoid", 0.4, "Which two values can the unit give?"),
    ),
    conventions=(
        Convention("textbook", "perceptrons that fire at > 0", "the unit gives 0 at a sum of 0"),
        Convention("fires-at-zero", "threshold units that fire at ≥ 0", "the unit gives 1 at a sum of 0",
                   {"yhat": "if(z >= 0, 1, 0)"}),
        Convention("bipolar", "perceptrons with outputs −1 and 1", "the unit gives −1 where it does not fire",
                   {"yhat": "if(z > 0, 1, -1)"}),
    ),
    notes=("the unit fires at a sum above 0; what it does at 0 is a choice",),
    source="F. Rosenblatt, Psychological Review 65, 1958",
)  # fmt: skip

PERCEPTRON_RULE = Formula(
    id="perceptron_rule_by_hand",
    title="Perceptron rule by hand",
    variables=(*PERCEPTRON.variables, Variable("y", "target", "target, 0 or 1", 0, 1, ordinary=(0, 1)), _RATE),
    steps=(
        *PERCEPTRON.steps,
        Step("error", "y - yhat", "error"),
        Step("w_new", "w + eta*error*x", "new weights", kind=_VECTOR),
        Step("b_new", "b + eta*error", "new bias"),
    ),
    answers=("w_new", "b_new", "yhat", "error"),
    mistakes=(
        Mistake("error-sign-turned", "error", "yhat - y", "the error is target minus output, so a unit that should "
                "have fired gets larger weights", 0.6, "Should the weights grow or shrink when the unit should have "
                "fired?"),
        Mistake("sum-for-output", "error", "y - z", "the rule compares the target with the output, 0 or 1, not with "
                "the sum", 0.5, "Which two values can the unit give?"),
        Mistake("inputs-forgotten", "w_new", "w + eta*error", "each weight changes by η·error·input: a weight with "
                "input 0 does not change", 0.5, "How much does a weight change when its input is 0?"),
        Mistake("bias-unchanged", "b_new", "b", "the bias changes too: it is a weight whose input is always 1", 0.5,
                "What is the input of the bias?"),
    ),
    notes=("if the output is right, nothing changes",),
    source="F. Rosenblatt, Psychological Review 65, 1958",
)  # fmt: skip

_LOGISTIC_GIVEN = (_INPUT, quantity("w", "w", "weights", _VECTOR), quantity("b", "b", "bias", default="0"))

_LOG_LOSS = "-(y*ln(yhat) + (1 - y)*ln(1 - yhat))"

LOGISTIC = Formula(
    id="logistic_by_hand",
    title="Logistic regression by hand",
    variables=(*_LOGISTIC_GIVEN, quantity("y", "target", "target", default="1", ordinary=(0, 1), low=0, high=1)),
    steps=(
        _SUM,
        Step("yhat", "sigmoid(z)", "output: the probability of class 1"),
        Step("loss", _LOG_LOSS, "log loss against the target"),
        Step("error", "yhat - y", "∂L/∂z"),
        Step("dw", "error*x", "∂L/∂w", kind=_VECTOR),
        Step("db", "error", "∂L/∂b"),
    ),
    answers=("yhat", "z", "loss", "dw", "db"),
    mistakes=(
        _BIAS_FORGOTTEN,
        _BIAS_SUBTRACTED,
        _UNWEIGHTED,
        Mistake("sum-for-output", "yhat", "z", "the sigmoid is applied to the weighted sum", 0.5, "Between which two "
                "values does a probability lie?"),
        Mistake("sign-in-exponent", "yhat", "sigmoid(-z)", "the exponent of the sigmoid is −z, so the output rises "
                "with the sum", 0.5, "What happens to the sigmoid when z grows?"),
        Mistake("step-for-sigmoid", "yhat", "if(z > 0, 1, 0)", "a step belongs to the perceptron; logistic regression "
                "gives a probability", 0.4, "Is the output a class or a probability?"),
        Mistake("tanh-for-sigmoid", "yhat", "tanh(z)", "this is tanh, from −1 to 1; a probability comes from the "
                "sigmoid", 0.3, "Between which two values does a probability lie?"),
        Mistake("input-forgotten", "dw", "error*(0*x + 1)", "the gradient by a weight is the error times that weight's "
                "input", 0.4, "What is a weight multiplied by?"),
        Mistake("other-class-lost", "loss", "-y*ln(yhat)", "the term of the other class is (1 − y)·ln(1 − ŷ)", 0.5,
                "What is the loss of an example of class 0?"),
        Mistake("minus-forgotten", "loss", "y*ln(yhat) + (1 - y)*ln(1 - yhat)", "the logarithm of a probability is "
                "negative, so the loss needs a minus sign", 0.5, "Which sign does this loss have?"),
        Mistake("slope-twice", "error", "(yhat - y)*yhat*(1 - yhat)", "with the log loss, the slope of the sigmoid "
                "cancels: ∂L/∂z = ŷ − y", 0.5, "What is left of σ′ in ∂L/∂z?"),
        Mistake("error-sign-turned", "error", "y - yhat", "∂L/∂z is ŷ − y: the loss falls with z when ŷ is below the "
                "target", 0.5, "For class 1, does the loss rise or fall when z grows?"),
    ),
    conventions=(
        *in_every_base(
            (Convention("textbook", "textbooks", "the loss of one example"),),
            {"loss": _LOG_LOSS},
            {"error": "yhat - y"},
        ),
        Convention(STABLE, "implementations, from the score", "the loss is computed from the score z as ln(1 + e^z) − "
                   "y·z; this is also right for a large z", {"loss": "softplus(z) - y*z"}),
    ),
    notes=("in nats ∂L/∂z = ŷ − y: the slope of the sigmoid cancels",),
    source="Goodfellow, Bengio and Courville, Deep Learning, 2016, section 6.2.2",
)  # fmt: skip

LOGISTIC_STEP = replace(
    LOGISTIC,
    id="logistic_step_by_hand",
    title="One step of logistic regression by hand",
    variables=(*LOGISTIC.variables, quantity("eta", "eta", "learning rate", ordinary=(0.1, 1), low=0)),
    steps=(
        *LOGISTIC.steps,
        Step("w_new", "w - eta*dw", "new weights", kind=_VECTOR),
        Step("b_new", "b - eta*db", "new bias"),
    ),
    answers=("w_new", "b_new", *LOGISTIC.answers),
    mistakes=(
        *LOGISTIC.mistakes,
        Mistake("update-sign-turned", "w_new", "w + eta*dw", "the step goes against the gradient: subtract it", 0.6,
                "Does the loss rise or fall in the direction of the gradient?", more=(("b_new", "b + eta*db"),)),
        Mistake("rate-forgotten", "w_new", "w - dw", "the gradient must be multiplied by the learning rate", 0.4,
                "Which given number is not used yet?", more=(("b_new", "b - db"),)),
        Mistake("bias-unchanged", "b_new", "b", "the bias changes too: it is a weight whose input is always 1", 0.5,
                "What is the input of the bias?"),
    ),
)  # fmt: skip


# a layer

_NOT_ACTIVATED = Mistake("activation-forgotten", "yhat", "z", "the activation must be applied to the sum of each unit",
                         0.5, "What is applied to the sums?")  # fmt: skip
_ACTIVATIONS = (
    Option("linear", "layers without an activation", "no activation"),
    Option("relu", "most hidden layers", "the activation is ReLU", {"yhat": "relu(z)"}, True, own=(_NOT_ACTIVATED,)),
    Option("sigmoid", "logistic units", "the activation is the sigmoid", {"yhat": "sigmoid(z)"}, True,
           own=(_NOT_ACTIVATED, TANH_FOR_SIGMOID("yhat", "z"))),
    Option("tanh", "textbooks", "the activation is tanh", {"yhat": "tanh(z)"}, True,
           own=(_NOT_ACTIVATED, SIGMOID_FOR_TANH("yhat", "z"))),
    Option("step", "threshold units", "the activation is the step, 1 above 0", {"yhat": "step(z)"}, True,
           own=(_NOT_ACTIVATED,)),
    Option("softmax", "output layers", "the activation is the softmax", {"yhat": "softmax(z)"}, True, own=(
        _NOT_ACTIVATED,
        Mistake("not-normalised", "yhat", "exp(z)", "the exponentials must be divided by their sum, so that the values "
                "sum to 1", 0.4, "What do the values of a softmax sum to?"),
        Mistake("sigmoid-for-softmax", "yhat", "sigmoid(z)", "a sigmoid uses one score only; the softmax divides by "
                "the sum over all scores", 0.4, "What do the values of a softmax sum to?"),
        Mistake("softmax-twice", "yhat", "softmax(softmax(z))", "the softmax is applied once: its values are already "
                "probabilities", 0.25, "What goes into the softmax: scores or probabilities?"),
    )),
)  # fmt: skip
_SLOPES = {"relu": "step(z)", "sigmoid": "yhat ⊙ (1 - yhat)", "tanh": "1 - yhat^2", "step": "0*z"}
_COLUMN = Option("column", "textbooks, PyTorch (W is outputs × inputs)", "column layout: z = W x + b")
_ROW = Option("row", "Keras, d2l (W is inputs × outputs)", "row layout: z = x W + b", {"weighted": "W^T x"},
              untrue=("column layout",))  # fmt: skip
_WEIGHTS = (quantity("W", "w", "weights", _MATRIX), quantity("b", "b", "bias", _VECTOR, "0"))
_LAYER = (
    Step("weighted", "W x", "weighted inputs, one sum per unit", kind=_VECTOR),
    Step("z", "weighted + b", "input of the activation", kind=_VECTOR),
    Step("yhat", "z", "output", kind=_VECTOR),
)
_LAYER_MISTAKES = (
    Mistake("bias-forgotten", "z", "weighted", "every unit adds its bias", 0.5, "What is added to W x?"),
    Mistake("weights-transposed", "weighted", "W^T x", "in column layout each row of W belongs to one unit and is "
            "multiplied by x", 0.5, "Does a row of W belong to a unit or to an input?"),
    Mistake("sums-of-rows", "weighted", "W (0*x + 1)", "every weight must be multiplied by its input", 0.3, "What is "
            "each weight multiplied by?"),
)  # fmt: skip

DENSE = Formula(
    id="dense_by_hand",
    title="Dense layer by hand",
    variables=(_INPUT, *_WEIGHTS),
    steps=_LAYER,
    answers=("yhat", "z"),
    mistakes=(
        *_LAYER_MISTAKES,
        Mistake("negative-kept-out", "yhat", "relu(z)", "the question has no activation, so negative sums stay", 0.3,
                "Which activation does the question name?"),
    ),
    conventions=combined(_ACTIVATIONS, (_COLUMN, _ROW)),
    source="Goodfellow, Bengio and Courville, Deep Learning, 2016, chapter 6",
)  # fmt: skip

DENSE_BACKWARD = Formula(
    id="dense_backward_by_hand",
    title="Dense layer by hand, backward",
    variables=(
        _INPUT,
        _WEIGHTS[0],
        quantity("b", "b", "bias", _VECTOR, "0", ordinary=(-2, 1)),
        quantity("d", "d-y", "gradient of the loss by each output", _VECTOR, "1"),
    ),
    steps=(
        *_LAYER,
        Step("loss", "sum(d ⊙ yhat)", "a loss with these gradients: Σ d·y"),
        Step("slope", "0*z + 1", "slope of the activation", kind=_VECTOR),
        Step("delta", "d ⊙ slope", "∂L/∂z", kind=_VECTOR),
        Step("dW", "delta ⊗ x", "∂L/∂W", kind=_MATRIX),
        Step("db", "delta", "∂L/∂b", kind=_VECTOR),
        Step("dx", "W^T delta + 0*x", "∂L/∂x", kind=_VECTOR),
    ),
    answers=("dW", "db", "dx", "yhat", "loss"),
    mistakes=(
        *_LAYER_MISTAKES,
        Mistake("output-for-input", "dW", "delta ⊗ yhat", "∂L/∂W is the error times the input x that W was multiplied "
                "by", 0.5, "What was W multiplied by?"),
        Mistake("outer-product-turned", "dW", "x ⊗ delta", "the gradient has the shape of W: one row per unit", 0.4,
                "What shape does ∂L/∂W have?"),
        Mistake("not-transposed", "dx", "W delta + 0*x", "backward, the error is multiplied by Wᵀ: an input acts on "
                "the units through one column of W", 0.6, "Through which weights does one input act?"),
        Mistake("bias-gradient-of-one", "db", "0*delta + 1", "the gradient by the bias is the error of its unit, not 1",
                0.4, "How much does a unit's sum change when its bias grows by 1?"),
    ),
    conventions=combined(
        tuple(
            replace(each, edits={**each.edits, "slope": _SLOPES[each.name]}) if each.name in _SLOPES else each
            for each in _ACTIVATIONS
            if each.name != "softmax"
        ),
        (_COLUMN, replace(_ROW, edits={**_ROW.edits, "dW": "x ⊗ delta", "dx": "W delta + 0*x"})),
    ),
    source="Rumelhart, Hinton and Williams, Nature 323, 1986",
)  # fmt: skip

# a net with one hidden layer

_NET = (
    _INPUT,
    quantity("W1", "w-1", "weights of the hidden layer", _MATRIX),
    quantity("b1", "b-1", "bias of the hidden layer", _VECTOR, "0"),
    quantity("W2", "w-2", "weights of the output layer", _MATRIX),
    quantity("b2", "b-2", "bias of the output layer", _VECTOR, "0"),
)
_NET_STEPS = (
    Step("z1", "W1 x + b1", "weighted sums of the hidden layer", kind=_VECTOR),
    Step("h", "sigmoid(z1)", "hidden units", kind=_VECTOR),
    Step("z2", "W2 h + b2", "weighted sums of the output layer", kind=_VECTOR),
    Step("yhat", "sigmoid(z2)", "outputs", kind=_VECTOR),
)
_HIDDEN = (
    Option("sigmoid", "textbooks", "hidden units are sigmoids"),
    Option("tanh-hidden", "textbooks", "hidden units are tanh", {"h": "tanh(z1)", "slope1": "1 - h^2"}, True,
           own=(SIGMOID_FOR_TANH("h", "z1"),)),
    Option("relu-hidden", "most networks now", "hidden units are ReLU", {"h": "relu(z1)", "slope1": "step(z1)"}, True),
    Option(
        "linear-hidden",
        "linear nets",
        "hidden units are linear",
        {"h": "z1", "slope1": "0*z1 + 1"},
        True,
        ("between the sum and the hidden unit", "after the activation"),
    ),
)  # fmt: skip
_OUT = (
    Option("sigmoid-output", "textbooks", "outputs are sigmoids"),
    Option(
        "linear-output",
        "regression",
        "outputs are linear",
        {"yhat": "z2", "slope2": "0*z2 + 1"},
        True,
        ("between the sum and the output",),
    ),
)
_HALF = Option("half-loss", "textbooks", "the loss is half the sum of the squares")
_NO_HALF = Option(
    "sum-loss",
    "notes without the half",
    "the loss is the sum of the squares",
    {"loss": "sum((yhat - y)^2)", "delta2": "2*(yhat - y) ⊙ slope2"},
    untrue=("½",),
)
_MEAN = Option(
    "mean-loss",
    "mean squared error in libraries",
    "the loss is the mean of the squares over the outputs",
    {"loss": "sum((yhat - y)^2)/len(y)", "delta2": "2*(yhat - y)/len(y) ⊙ slope2"},
    untrue=("½",),
)
_NET_MISTAKES = (
    Mistake("hidden-bias-forgotten", "z1", "W1 x", "every hidden unit adds its bias", 0.5, "What is added to W x?"),
    Mistake("output-bias-forgotten", "z2", "W2 h", "every output adds its bias", 0.5, "What is added to W h?"),
    Mistake("tanh-for-sigmoid", "h", "tanh(z1)", "this is tanh, from −1 to 1; the hidden units here are sigmoids, from "
            "0 to 1", 0.25, "Between which two values does a hidden unit lie?"),
    Mistake("hidden-activation-forgotten", "h", "z1", "the activation must be applied to the sums of the hidden layer",
            0.5, "What is applied to the sums of the hidden layer?", also=("tanh-hidden", "relu-hidden")),
    Mistake("output-activation-forgotten", "yhat", "z2", "the activation must be applied to the sums of the output "
            "layer", 0.4, "What is applied to the sums of the output layer?"),
    Mistake("weights-transposed", "z1", "W1^T x + b1", "each row of W belongs to one unit and is multiplied by x", 0.4,
            "Does a row of W belong to a unit or to an input?"),
)  # fmt: skip


def _only(steps: tuple[Step, ...], options: tuple[Option, ...]) -> tuple[Option, ...]:
    """The options with the edits of these steps alone."""
    names = {step.name for step in steps}
    return tuple(
        replace(each, edits={k: v for k, v in each.edits.items() if k in names}, untrue=()) for each in options
    )


MLP = Formula(
    id="mlp_by_hand",
    title="Network with one hidden layer by hand",
    variables=_NET,
    steps=_NET_STEPS,
    answers=("yhat", "h", "z1", "z2"),
    mistakes=_NET_MISTAKES,
    conventions=combined(_only(_NET_STEPS, _HIDDEN), _only(_NET_STEPS, _OUT)),
    source="Goodfellow, Bengio and Courville, Deep Learning, 2016, chapter 6",
)

MLP_BACKWARD = Formula(
    id="mlp_backward_by_hand",
    title="Network with one hidden layer by hand, backward",
    variables=(
        *_NET,
        quantity("y", "target", "targets", _VECTOR, ordinary=(0, 1)),
        quantity("eta", "eta", "learning rate", default="0.5", ordinary=(0.1, 1), low=0),
    ),
    steps=(
        *_NET_STEPS,
        Step("loss", "1/2*sum((yhat - y)^2)", "squared loss"),
        Step("slope2", "yhat ⊙ (1 - yhat)", "slope of the output's activation", kind=_VECTOR),
        Step("delta2", "(yhat - y) ⊙ slope2", "∂L/∂z of the output layer", kind=_VECTOR),
        Step("dW2", "delta2 ⊗ h", "∂L/∂W of the output layer", kind=_MATRIX),
        Step("db2", "delta2", "∂L/∂b of the output layer", kind=_VECTOR),
        Step("slope1", "h ⊙ (1 - h)", "slope of the hidden layer's activation", kind=_VECTOR),
        Step("delta1", "(W2^T delta2) ⊙ slope1", "∂L/∂z of the hidden layer", kind=_VECTOR),
        Step("dW1", "delta1 ⊗ x", "∂L/∂W of the hidden layer", kind=_MATRIX),
        Step("db1", "delta1", "∂L/∂b of the hidden layer", kind=_VECTOR),
        Step("W1_new", "W1 - eta*dW1", "new weights of the hidden layer", kind=_MATRIX),
        Step("b1_new", "b1 - eta*db1", "new bias of the hidden layer", kind=_VECTOR),
        Step("W2_new", "W2 - eta*dW2", "new weights of the output layer", kind=_MATRIX),
        Step("b2_new", "b2 - eta*db2", "new bias of the output layer", kind=_VECTOR),
    ),
    answers=("W1_new", "W2_new", "b1_new", "b2_new", "dW1", "dW2", "db1", "db2", "yhat", "loss"),
    mistakes=(
        *_NET_MISTAKES,
        Mistake("output-slope-forgotten", "delta2", "yhat - y", "the activation lies between the sum and the output, "
                "so its slope is a factor", 0.6, "What is between z and ŷ?"),
        Mistake("error-sign-turned", "delta2", "(y - yhat) ⊙ slope2", "the derivative of ½(ŷ − y)² is ŷ − y", 0.6,
                "Does the loss rise or fall when ŷ grows above y?"),
        Mistake("half-lost", "delta2", "2*(yhat - y) ⊙ slope2", "the 2 of the square and the factor ½ cancel", 0.4,
                "What happens to the ½ when the square is differentiated?"),
        Mistake("new-weights-used", "delta1", "((W2 - eta*dW2)^T delta2) ⊙ slope1", "all weights change at the same "
                "time, so the error goes back through the old weights", 0.6, "Which weights computed the output?"),
        Mistake("one-path-only", "delta1", "delta2[1]*W2[1] ⊙ slope1", "a hidden unit acts on the loss through every "
                "output, so the paths are added", 0.5, "Through how many outputs does a hidden unit act?"),
        Mistake("not-transposed", "delta1", "(W2 delta2) ⊙ slope1", "a hidden unit acts through one column of the "
                "output weights, so the error is multiplied by the transpose", 0.5, "Through which weights does one "
                "hidden unit act?"),
        Mistake("hidden-slope-forgotten", "delta1", "W2^T delta2", "the activation lies between the sum and the hidden "
                "unit, so its slope is a factor", 0.6, "What is between z and h?"),
        Mistake("sums-for-units", "dW2", "delta2 ⊗ z1", "the output weights are multiplied by h, the value after the "
                "activation", 0.4, "What are the output weights multiplied by?"),
        Mistake("update-sign-turned", "W1_new", "W1 + eta*dW1", "the step goes against the gradient: subtract it", 0.5,
                "Does the loss rise or fall in the direction of the gradient?"),
        Mistake("update-sign-turned-at-output", "W2_new", "W2 + eta*dW2", "the step goes against the gradient: "
                "subtract it", 0.5, "Does the loss rise or fall in the direction of the gradient?"),
    ),
    conventions=combined(_HIDDEN, _OUT, (_HALF, _NO_HALF, _MEAN)),
    notes=("all weights change at the same time, computed from the old ones",),
    source="Rumelhart, Hinton and Williams, Nature 323, 1986",
)  # fmt: skip

FORMULAS = {
    each.id: each
    for each in (PERCEPTRON, PERCEPTRON_RULE, LOGISTIC, LOGISTIC_STEP, DENSE, DENSE_BACKWARD, MLP, MLP_BACKWARD)
}
