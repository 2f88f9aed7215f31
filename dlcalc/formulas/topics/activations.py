"""Activation functions: value and derivative at a point, and the softmax of a vector with its Jacobian.

Each derivative is stated as it is used in backpropagation, by the value that the forward pass has already computed:
h(1 − h) for the sigmoid, 1 − h² for tanh. At 0, where ReLU and the step have none, it is 0, as in PyTorch.
"""

from __future__ import annotations

from ...expressions.nodes import Kind
from ..model import Convention, Form, Formula, Mistake, Step, Variable

X = Variable("x", "input", "input of the unit", low=-(10**9), integer=False, ordinary=(-3, 3))
SLOPE = Variable("a", "slope", "slope for negative inputs", low=0, high=1, default="0.01", integer=False,
                 ordinary=(0.05, 0.5))  # fmt: skip
LOGITS = Variable("z", "logits", "inputs of the softmax, one per class", low=-(10**9), kind=Kind.VECTOR, integer=False,
                  ordinary=(-3, 3))  # fmt: skip

_ANSWERS = ("value", "derivative")
_VALUE = "value at x"
_DERIVATIVE = "derivative at x"

SIGMOID = Formula(
    id="activation_sigmoid",
    title="Sigmoid",
    variables=(X,),
    steps=(
        Step("value", "sigmoid(x)", _VALUE),
        Step("derivative", "value*(1 - value)", _DERIVATIVE),
    ),
    answers=_ANSWERS,
    mistakes=(
        Mistake("sign-in-exponent", "value", "1/(1 + exp(x))", "the exponent of the sigmoid is −x, so the sigmoid "
                "rises with x", 0.6, "What happens to the sigmoid when x grows?"),
        Mistake("tanh-for-sigmoid", "value", "tanh(x)", "this is tanh, which runs from −1 to 1; the sigmoid runs "
                "from 0 to 1", 0.4, "Between which two values does the sigmoid lie?"),
        Mistake("plus-for-minus", "derivative", "value*(1 + value)", "the derivative is h(1 − h): with a plus it would "
                "grow where the curve is flat", 0.25, "How steep is the sigmoid where it is near 1?"),
        Mistake("value-for-derivative", "derivative", "value", "this is the value of the sigmoid; its derivative is "
                "h(1 − h)", 0.3, "Is the value or the slope asked?"),
        Mistake("one-forgotten", "value", "exp(x)", "the denominator is 1 + e⁻ˣ: without the 1 the value is not "
                "between 0 and 1", 0.25, "Between which two numbers does a sigmoid lie?"),
        Mistake("minus-in-denominator", "value", "1/(1 - exp(-x))", "the denominator is 1 + e⁻ˣ, with a plus", 0.25,
                "Between which two numbers does a sigmoid lie?"),
        Mistake("tanh-slope", "derivative", "1 - value^2", "1 − h² is the derivative of tanh; the sigmoid's is "
                "h(1 − h)", 0.5, "Which activation has the derivative 1 − h²?"),
        Mistake("input-for-value", "derivative", "x*(1 - x)", "σ(1 − σ) uses the value h of the sigmoid, not its input "
                "x", 0.5, "What does σ stand for in σ(1 − σ)?"),
        Mistake("activation-twice", "derivative", "sigmoid(value)*(1 - sigmoid(value))", "h is already the value of "
                "the sigmoid: the derivative is h(1 − h), without a second sigmoid", 0.4, "How often is the sigmoid "
                "applied to x?"),
        Mistake("factor-forgotten", "derivative", "1 - value", "the derivative has two factors: h and 1 − h", 0.3,
                "What is the largest derivative that the sigmoid can have?"),
    ),
    forms=(Form("value", "1/(1 + exp(-x))"),),
    notes=("the derivative is at most ¼, at x = 0",),
)  # fmt: skip

TANH = Formula(
    id="activation_tanh",
    title="Hyperbolic tangent",
    variables=(X,),
    steps=(
        Step("value", "tanh(x)", _VALUE),
        Step("derivative", "1 - value^2", _DERIVATIVE),
    ),
    answers=_ANSWERS,
    mistakes=(
        Mistake("sigmoid-slope", "derivative", "value*(1 - value)", "h(1 − h) is the derivative of the "
                "sigmoid; that of tanh is 1 − h²", 0.7, "Which activation has the derivative h(1 − h)?"),
        Mistake("activation-twice", "derivative", "1 - tanh(value)^2", "h is already the value of tanh: the derivative "
                "is 1 − h², without a second tanh", 0.6, "How often is tanh applied to x?"),
        Mistake("plus-for-minus", "derivative", "1 + value^2", "the derivative is 1 − h²: with a plus it would grow "
                "where the curve is flat", 0.25, "How steep is tanh where it is near 1?"),
        Mistake("value-for-derivative", "derivative", "value", "this is the value of tanh; its derivative is 1 − h²",
                0.3, "Is the value or the slope asked?"),
        Mistake("squared-outside", "derivative", "(1 - value)^2", "only the value is squared: 1 − h², not (1 − h)²",
                0.25, "How steep is tanh at x, and how steep at −x?"),
        Mistake("sign-turned", "value", "-tanh(x)", "e^{−x} is taken from e^x: tanh has the sign of its input", 0.3,
                "Which sign has tanh of a positive number?"),
        Mistake("square-lost", "derivative", "1 - value", "the value is squared in the derivative: 1 − h²", 0.4, "How "
                "steep is tanh at x, and how steep at −x?"),
        Mistake("input-for-value", "derivative", "1 - x^2", "1 − h² uses the value h of tanh, not its input x", 0.4,
                "What is squared in 1 − h²?"),
        Mistake("sigmoid-for-tanh", "value", "sigmoid(x)", "this is the sigmoid, which runs from 0 to 1; tanh runs "
                "from −1 to 1", 0.4, "Between which two values does tanh lie?"),
        Mistake("sigmoid-not-stretched", "value", "2*sigmoid(x) - 1", "tanh x = 2σ(2x) − 1: the input of the sigmoid "
                "is doubled too", 0.3, "How steep is tanh at 0?"),
    ),
    forms=(Form("value", "(exp(x) - exp(-x))/(exp(x) + exp(-x))"),),
    notes=("the derivative is at most 1, at x = 0",),
)  # fmt: skip

RELU = Formula(
    id="activation_relu",
    title="Rectified linear unit (ReLU)",
    variables=(X,),
    steps=(
        Step("value", "max(0, x)", _VALUE),
        Step("derivative", "if(x > 0, 1, 0)", _DERIVATIVE),
    ),
    answers=_ANSWERS,
    mistakes=(
        Mistake("negative-kept", "value", "x", "a negative input gives 0: ReLU keeps the positive part only", 0.6,
                "What does ReLU do with a negative input?"),
        Mistake("absolute-value", "value", "abs(x)", "a negative input gives 0; ReLU does not change its sign", 0.4,
                "What does ReLU do with a negative input?"),
        Mistake("minimum", "value", "min(0, x)", "ReLU keeps the larger of 0 and x; this is the smaller", 0.3, "Which "
                "part does ReLU keep, the positive or the negative?"),
        Mistake("value-for-derivative", "derivative", "value", "the slope for positive inputs is 1, however large "
                "the input", 0.5, "How much does the value change when a positive x grows by 1?"),
        Mistake("slope-one-everywhere", "derivative", "1", "for negative inputs the value stays 0, so the slope is "
                "0 there", 0.5, "How much does the value change when a negative x changes?"),
        Mistake("sides-swapped", "derivative", "if(x > 0, 0, 1)", "the slope is 1 on the positive side and 0 on the "
                "negative", 0.3, "On which side is ReLU flat?"),
    ),
    conventions=(
        Convention("textbook", "PyTorch, Keras, JAX", "the derivative at 0 is 0"),
        Convention("one-at-zero", "notes that take the slope from the right", "the derivative at 0 is 1",
                   {"derivative": "if(x >= 0, 1, 0)"}),
    ),
)  # fmt: skip

LEAKY_RELU = Formula(
    id="activation_leaky_relu",
    title="Leaky ReLU",
    variables=(X, SLOPE),
    steps=(
        Step("value", "if(x > 0, x, a*x)", _VALUE),
        Step("derivative", "if(x > 0, 1, a)", _DERIVATIVE),
    ),
    answers=_ANSWERS,
    mistakes=(
        Mistake("relu-for-leaky", "value", "max(0, x)", "this is ReLU; leaky ReLU keeps a small part a·x of a negative "
                "input", 0.6, "What does leaky ReLU do with a negative input?"),
        Mistake("sign-turned", "value", "if(x > 0, x, -a*x)", "a negative input stays negative: a·x, not −a·x", 0.4,
                "On which side of 0 is the value of a negative input?"),
        Mistake("slope-for-value", "value", "if(x > 0, x, a)", "a is the slope for negative inputs, so the value of "
                "leaky ReLU is a·x there", 0.4, "How do the values of two different negative inputs differ?"),
        Mistake("slope-everywhere", "value", "a*x", "a is the slope for negative inputs only; positive inputs are not "
                "changed", 0.3, "What does leaky ReLU do with a positive input?"),
        Mistake("flat-below-zero", "derivative", "if(x > 0, 1, 0)", "for negative inputs the slope of ReLU is 0; the "
                "slope of leaky ReLU is a", 0.6, "What is the slope of leaky ReLU for negative inputs?"),
        Mistake("value-for-derivative", "derivative", "value", "the slope is 1 or a; it does not depend on the size of "
                "the input", 0.4, "How much does the value change when x grows by 1?"),
        Mistake("sides-swapped", "derivative", "if(x > 0, a, 1)", "the slope is a on the negative side and 1 on the "
                "positive side", 0.3, "On which side is the slope small?"),
    ),
    conventions=(
        Convention("textbook", "PyTorch, Keras", "the derivative at 0 is a"),
        Convention("one-at-zero", "notes that take the slope from the right", "the derivative at 0 is 1",
                   {"derivative": "if(x >= 0, 1, a)"}),
    ),
    notes=("a is 0.01 in the paper and in PyTorch; Keras's layer takes 0.3",),
    source="Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013",
)  # fmt: skip

SOFTPLUS = Formula(
    id="activation_softplus",
    title="Softplus",
    variables=(X,),
    steps=(
        Step("value", "softplus(x)", _VALUE),
        Step("derivative", "sigmoid(x)", _DERIVATIVE),
    ),
    answers=_ANSWERS,
    mistakes=(
        Mistake("logarithm-forgotten", "value", "1 + exp(x)", "softplus is the natural logarithm of 1 + eˣ", 0.5, "How "
                "fast does softplus grow for large x?"),
        Mistake("one-forgotten", "value", "x", "ln(eˣ) is x itself; softplus is ln(1 + eˣ)", 0.4, "Which sign does "
                "softplus have for negative x?"),
        Mistake("relu-for-softplus", "value", "max(0, x)", "this is ReLU; softplus is its smooth version and always "
                "larger", 0.4, "What is softplus at 0?"),
        Mistake("common-logarithm", "value", "log10(1 + exp(x))", "softplus uses the natural logarithm, the inverse of "
                "eˣ", 0.3, "Which base does the logarithm have?"),
        Mistake("sign-in-exponent", "derivative", "sigmoid(-x)", "the derivative of softplus is σ(x), not σ(−x): "
                "softplus is steeper where x is larger", 0.5, "Where is softplus steep?"),
        Mistake("inner-derivative-alone", "derivative", "exp(x)", "the derivative of ln u is u′/u: eˣ is also divided "
                "by 1 + eˣ", 0.5, "What is the derivative of ln u?"),
        Mistake("inner-derivative-forgotten", "derivative", "1/(1 + exp(x))", "the chain rule also multiplies by the "
                "derivative of 1 + eˣ, which is eˣ", 0.5, "What does the chain rule multiply 1/u by?"),
        Mistake("relu-derivative", "derivative", "if(x > 0, 1, 0)", "that is the slope of ReLU; the slope of softplus "
                "rises smoothly from 0 to 1, as σ(x)", 0.3, "How does the slope of softplus change near 0?"),
    ),
    forms=(Form("value", "ln(1 + exp(x))"), Form("derivative", "1/(1 + exp(-x))")),
    source="Dugas et al., Incorporating second-order functional knowledge for better option pricing, 2000",
)  # fmt: skip

STEP = Formula(
    id="activation_step",
    title="Step (threshold unit)",
    variables=(X,),
    steps=(
        Step("value", "if(x > 0, 1, 0)", _VALUE),
        Step("derivative", "0", "derivative at x (at 0 it does not exist; 0 is used)"),
    ),
    answers=_ANSWERS,
    mistakes=(
        Mistake("fires-below", "value", "if(x > 0, 0, 1)", "the unit fires above its threshold, not below", 0.4, "For "
                "which inputs does the unit fire?"),
        Mistake("relu-for-step", "value", "max(0, x)", "a threshold unit gives 1 when it fires, however large its "
                "input", 0.4, "Which two values can the unit give?"),
        Mistake("sigmoid-for-step", "value", "sigmoid(x)", "this is the sigmoid, a smooth version of the step; a "
                "threshold unit gives 0 or 1, nothing between", 0.3, "Which two values can the unit give?"),
        Mistake("relu-derivative", "derivative", "if(x > 0, 1, 0)", "the step is flat on both sides of 0, so its slope "
                "is 0 there", 0.4, "How much does the value change when x changes a little?"),
        Mistake("sigmoid-slope", "derivative", "sigmoid(x)*(1 - sigmoid(x))", "this is the slope of the sigmoid; the "
                "step is flat on both sides of 0", 0.3, "How much does the value change when x changes a little?"),
    ),
    conventions=(
        Convention("textbook", "perceptrons that fire at > 0", "the unit gives 0 at x = 0"),
        Convention("fires-at-zero", "threshold units that fire at ≥ 0", "the unit gives 1 at x = 0",
                   {"value": "if(x >= 0, 1, 0)"}),
        Convention("bipolar", "perceptrons with outputs −1 and 1", "the unit gives −1 where it does not fire",
                   {"value": "if(x > 0, 1, -1)"}),
    ),
    notes=("the derivative is 0 almost everywhere, so gradient descent cannot train such a unit",),
)  # fmt: skip

SOFTMAX = Formula(
    id="activation_softmax",
    title="Softmax",
    variables=(LOGITS,),
    steps=(
        Step("value", "softmax(z)", "value: probabilities that sum to 1", kind=Kind.VECTOR),
        Step("derivative", "diag(value) - value ⊗ value", "Jacobian: row i, column j is ∂h_i/∂z_j", kind=Kind.MATRIX),
    ),
    answers=_ANSWERS,
    mistakes=(
        Mistake("not-normalised", "value", "exp(z)", "the exponentials are divided by their sum, so that the values "
                "sum to 1", 0.7, "What do the values of a softmax sum to?"),
        Mistake("no-exponential", "value", "z/sum(z)", "a softmax takes exponentials before it divides; they make "
                "every value positive", 0.5, "Which sign do the values of a softmax have?"),
        Mistake("sigmoid-for-softmax", "value", "sigmoid(z)", "a sigmoid uses one entry only; a softmax divides by the "
                "sum over all entries", 0.5, "What do the values of a softmax sum to?"),
        Mistake("divided-by-largest", "value", "exp(z)/max(exp(z))", "the exponentials are divided by their sum, "
                "not by the largest of them", 0.3, "What do the values of a softmax sum to?"),
        Mistake("diagonal-alone", "derivative", "diag(value - value^2)", "every value also falls when another entry "
                "rises: off the diagonal the Jacobian is −h_i·h_j, not 0", 0.6, "What happens to the other values when "
                "one entry rises?"),
        Mistake("product-added", "derivative", "diag(value) + value ⊗ value", "a value falls when another entry "
                "rises, so the products are subtracted", 0.4, "What does each row of the Jacobian sum to?"),
        Mistake("product-forgotten", "derivative", "diag(value)", "unlike eˣ, the softmax is not its own derivative: "
                "its denominator also depends on z", 0.4, "Which part of the fraction depends on all the entries?"),
    ),
    forms=(Form("value", "exp(z)/sum(exp(z))"),),
    notes=("the same number added to every entry changes nothing",),
    source="Bridle, Probabilistic interpretation of feedforward classification network outputs, 1990",
)  # fmt: skip

FORMULAS = {formula.id: formula for formula in (SIGMOID, TANH, RELU, LEAKY_RELU, SOFTPLUS, STEP, SOFTMAX)}
