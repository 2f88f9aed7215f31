"""The simple RNN by hand: each time step, and backpropagation through time term by term.

Column layout unless a convention says otherwise: a_t = U x_t + W h_{t−1} + b, h_t = tanh(a_t). Backwards, the loss at
step j reaches the weights as they were used at step k ≤ j; `reach[j, k]` is ∂L_j/∂a_k, and a gradient is the sum of all
its terms. P. J. Werbos, Backpropagation through time, Proceedings of the IEEE 78, 1990.
"""

from __future__ import annotations

from dataclasses import replace

from ..model import Condition, Convention, Formula, Mistake, Step, Variable
from .options_by_hand import TANH_FOR_SIGMOID, Kinds, Option, combined, for_one_unit, in_every_base, quantity

EACH = "t in 1..T"
TERMS = "j in 1..T, k in 1..T"

_TANH = Option("tanh", "J. L. Elman, 1990; PyTorch, Keras", "the activation is tanh")
_SIGMOID = Option("sigmoid", "nets of logistic units", "the activation is the sigmoid", {"h": "sigmoid(a[t])"}, True,
                  own=(TANH_FOR_SIGMOID("h", "a[t]"),))  # fmt: skip
_RELU = Option("relu", "PyTorch with nonlinearity='relu'", "the activation is ReLU", {"h": "relu(a[t])"}, True)

_COLUMN = Option("column", "textbooks", "column layout: h_t = g(U x_t + W h_{t−1} + b)")
_ROW = Option("row", "Keras, d2l", "row layout: h_t = g(x_t U + h_{t−1} W + b)",
              {"ux": "U^T x[t]", "wh": "W^T h[t-1]"}, untrue=("column layout",))  # fmt: skip
_PYTORCH = Convention("pytorch", "PyTorch", "w_ih (m, n) is U, w_hh (m, m) is W, and b is the sum of its two biases")

_RECURRENCE = (
    Mistake("matrices-swapped", "a", "W x[t] + U h[t-1] + b", "U multiplies the input x_t and W the previous state, "
            "not the other way round", 0.5, "Which weights is the input multiplied by?"),
    Mistake("recurrence-forgotten", "a", "ux[t] + b", "the previous state, multiplied by W, must be added too", 0.6,
            "What does a step know about the steps before it?"),
    Mistake("first-state-at-every-step", "wh", "W h0", "h0 is the state before the first step only; later steps use "
            "the previous computed state", 0.6, "Which state does step 2 start from?"),
    Mistake("first-state-forgotten", "wh", "W if(t = 1, 0*h0, h[t-1])", "the state before the first step is given: the "
            "first step starts from h0, not from zeros", 0.25, "From which state does the first step start?"),
    Mistake("bias-forgotten", "a", "ux[t] + wh[t]", "the bias b is added at every step", 0.4,
            "What is added besides the two products?"),
    Mistake("activation-forgotten", "h", "a[t]", "the activation must be applied to the sum", 0.5, "What is applied to "
            "the sum to get the state?", also=("sigmoid", "relu")),
    Mistake("two-activations", "h", "tanh(ux[t] + b) + tanh(wh[t])", "the two products are added first; the activation "
            "is applied once, to their sum", 0.5, "How many times is the activation applied in one step?"),
    Mistake("sigmoid-for-tanh", "h", "sigmoid(a[t])", "this is the sigmoid, from 0 to 1; the question has another "
            "activation", 0.4, "Which values can a state have here?"),
)  # fmt: skip
_TRANSPOSED = Mistake("weights-transposed", "wh", "W^T h[t-1]", "in column layout W multiplies the state as it is: the "
                      "rows of W are multiplied by h", 0.4, "Which row of W belongs to the first "
                      "unit?")  # fmt: skip


def _given(kinds: Kinds, h0: bool = True) -> tuple[Variable, ...]:
    series, weights, state = kinds.series, kinds.weights, kinds.state
    return (
        quantity("x", "x", "inputs, one per time step", series, ordinary=(-2, 2)),
        quantity("U", "w-x", "weights of the input (w_x, w_ih)", weights),
        quantity("W", "w-h", "weights of the state before (w_h, w_hh)", weights),
        quantity("b", "b", "bias", state, "0" if kinds.scalar else "0*W[1]"),
        quantity("h0", "h-0", "state before the first step", state, "0" if kinds.scalar else "0*W[1]"),
    )


def _forward(kinds: Kinds) -> tuple[Step, ...]:
    return (
        Step("T", "len(x)", "time steps"),
        Step("ux", "U x[t]", "the part from the input", kind=kinds.state, each=EACH),
        Step("wh", "W h[t-1]", "the part from the previous state", kind=kinds.state, each=EACH),
        Step("a", "ux[t] + wh[t] + b", "input of the activation", kind=kinds.state, each=EACH),
        Step("h", "tanh(a[t])", "state", kind=kinds.state, each=EACH, before="h0"),
    )


_OUTPUT_MISTAKES = (
    Mistake("output-bias-forgotten", "o", "V h[t]", "the output layer has its own bias, c", 0.4, "What is added to V "
            "h_t?"),
    Mistake("output-from-sum", "o", "V a[t] + c", "the output layer reads the state h_t, after the activation", 0.4,
            "What does V multiply: the state, or the input of the activation?"),
    Mistake("output-before-step", "o", "V h[t-1] + c", "the output at step t reads the state of step t, not of the "
            "step before", 0.4, "Which state has already seen x_t?"),
)  # fmt: skip
_SOFTMAX_MISTAKES = (
    Mistake("softmax-forgotten", "yhat", "o[t]", "the softmax must be applied to the scores, so that they sum to 1",
            0.5, "What do the outputs of one step sum to?"),
    Mistake("not-normalised", "yhat", "exp(o[t])", "the exponentials must be divided by their sum", 0.5, "What do the "
            "outputs of one step sum to?"),
    Mistake("softmax-twice", "yhat", "softmax(softmax(o[t]))", "the softmax is applied once: its values are already "
            "probabilities", 0.25, "What goes into the softmax: scores or probabilities?"),
    Mistake("sigmoid-for-softmax", "yhat", "sigmoid(o[t])", "a sigmoid uses one score only; the softmax divides by the "
            "sum over all scores", 0.4, "What do the outputs of one step sum to?"),
)  # fmt: skip


def _output(kinds: Kinds, softmax: bool) -> tuple[Step, ...]:
    return (
        Step("o", "V h[t] + c", "score" if softmax else "scores from the output layer", kind=kinds.state, each=EACH),
        Step("yhat", "softmax(o[t])" if softmax else "o[t]", "output", kind=kinds.state, each=EACH),
    )


def _output_given(kinds: Kinds) -> tuple[Variable, ...]:
    return (
        quantity("V", "w-y", "weights of the output layer (w_y)", kinds.weights),
        quantity("c", "b-y", "bias of the output layer (b_y)", kinds.state, "0"),
    )


def _layouts(kinds: Kinds, **more: str) -> tuple[Option, ...]:
    """Column and row; single numbers have no layout."""
    if kinds.scalar:
        return (_COLUMN,)
    return (_COLUMN, replace(_ROW, edits={**_ROW.edits, **more}))


def _mistakes(kinds: Kinds) -> tuple[Mistake, ...]:
    return _RECURRENCE if kinds.scalar else (*_RECURRENCE, _TRANSPOSED)


def _rnn(kinds: Kinds) -> Formula:
    return Formula(
        id=kinds.id("rnn_by_hand"),
        title=kinds.title("Simple RNN by hand"),
        variables=_given(kinds),
        steps=_forward(kinds),
        answers=("h", "a"),
        mistakes=_mistakes(kinds),
        conventions=(*combined((_TANH, _SIGMOID, _RELU), _layouts(kinds)), _PYTORCH),
        notes=("the same U, W and b are used at every time step",),
        source="J. L. Elman, Finding structure in time, Cognitive Science 14, 1990",
    )


def _rnn_output(kinds: Kinds, softmax: bool) -> Formula:
    name = "softmax" if softmax else "output"
    return Formula(
        id=kinds.id(f"rnn_{name}_by_hand"),
        title=kinds.title("Simple RNN with a softmax" if softmax else "Simple RNN with an output layer"),
        variables=(*_given(kinds), *_output_given(kinds)),
        steps=(*_forward(kinds), *_output(kinds, softmax)),
        answers=("yhat", "o", "h"),
        mistakes=(*_mistakes(kinds), *_OUTPUT_MISTAKES, *(_SOFTMAX_MISTAKES if softmax else ())),
        conventions=combined((_TANH, _SIGMOID, _RELU), _layouts(kinds, o="V^T h[t] + c")),
        notes=("the same weights are used at every time step",),
        source="Goodfellow, Bengio and Courville, Deep Learning, 2016, section 10.2",
    )


# backwards

_SLOPES = (
    _TANH,
    replace(_SIGMOID, edits={**_SIGMOID.edits, "slope": "h[t] ⊙ (1 - h[t])"}),
    replace(_RELU, edits={**_RELU.edits, "slope": "step(a[t])"}),
)
_EVERY_STEP = Option("sum", "textbooks", "the loss is the sum over all time steps")


def _last_step(error: str, output: str, loss: str) -> Option:
    """The step `error` is 0 but at the end, where it is output less target."""
    edits = {error: f"if(t = T, {output}[t] - y[t], 0*{output}[t])", "loss": loss}
    says = "only the last time step has a loss"
    untrue = ("every time step has a loss", "every pair", "V was used at every time step")
    return Option("last", "networks with one answer, at the end", says, edits, True, untrue)


def _without_half(error: str, output: str) -> tuple[Option, Option]:
    """Σ(h − y)² instead of half of it: of every step, and of the last one."""
    who, says = "notes without the half", "the loss is the sum of the squares, without ½"
    whole = f"2*({output}[t] - y[t])"

    def option(name: str, says: str, right: str, loss: str, untrue: tuple[str, ...]) -> Option:
        def mistake(id: str, expression: str, because: str, hint: str) -> Mistake:
            return Mistake(id, error, right.replace(whole, expression), because, 0.5, hint)

        own = (
            mistake("two-forgotten", f"{output}[t] - y[t]", "the derivative of a square has a factor 2, and there is "
                 "no ½ here to cancel it", "What is the derivative of (h − y)²?"),
            mistake("error-sign-turned", f"2*(y[t] - {output}[t])", "the error is output less target: the loss rises "
                 "when the output grows above the target", "Does the loss rise or fall when h grows above y?"),
        )  # fmt: skip
        return Option(name, who, says, {error: right, "loss": loss}, True, ("½", *untrue), own)

    last = _last_step(error, output, f"sum(({output}[T] - y[T])^2)")
    at_end = f"if(t = T, {whole}, 0*{output}[t])"
    return (
        option("no-half", says, whole, f"sum(t=1..T, sum(({output}[t] - y[t])^2))", ()),
        option(
            "last-no-half", f"{last.says}, the sum of its squares without ½", at_end, last.edits["loss"], last.untrue
        ),
    )


_PATHS = "prod(i=k+1..j, J[i])"


def _reach(path: str = _PATHS, slope: str = "slope[k] ⊙ ", within: str = "k <= j") -> str:
    """∂L_j/∂a_k: the error at j, taken back through the steps between, to what went into step k."""
    return f"if({within}, {slope}({path} e[j]), 0*e[j])"


def _backward(kinds: Kinds, state: tuple[Step, ...]) -> tuple[Step, ...]:
    number, weights = kinds.state, kinds.weights
    return (
        *_forward(kinds),
        *state,
        Step("slope", "1 - h[t]^2", "slope of the activation at step t", kind=number, each=EACH),
        Step("J", "W^T diag(slope[t])", "one step back: (∂h_t/∂h_{t−1})ᵀ", kind=weights, each=EACH),
        Step("reach", _reach(), "∂L_j/∂a_k: the loss at step j, taken back to step k", kind=number, each=TERMS),
        Step("terms_W", "reach[j, k] ⊗ h[k-1]", "term of ∂L/∂W: loss at step j, weights used at step k", kind=weights,
             each=TERMS),
        Step("terms_U", "reach[j, k] ⊗ x[k]", "term of ∂L/∂U: loss at step j, weights used at step k", kind=weights,
             each=TERMS),
        Step("dW", "sum(j=1..T, sum(k=1..j, terms_W[j, k]))", "∂L/∂W, all terms", kind=weights),
        Step("dU", "sum(j=1..T, sum(k=1..j, terms_U[j, k]))", "∂L/∂U, all terms", kind=weights),
        Step("db", "sum(j=1..T, sum(k=1..j, reach[j, k]))", "∂L/∂b, all terms", kind=number),
        Step("dx", "U^T sum(j=t..T, reach[j, t]) + 0*x[t]", "∂L/∂x_t, from every loss at step t or later", kind=number,
             each=EACH),
        Step("dh0", "W^T sum(j=1..T, reach[j, 1]) + 0*h0", "∂L/∂h0", kind=number),
    )  # fmt: skip


_BPTT = (
    Mistake("explicit-only", "reach", _reach(within="k = j"), "the weights were used at every earlier step too, so k "
            "runs from 1 to j", 0.7, "At which steps does W act on the loss at step 3?"),
    Mistake("longest-path-only", "reach", _reach(within="k = 1 and j = T"), "that is only one path, from the first "
            "step to the last; every pair k ≤ j is a term", 0.4, "How many pairs k ≤ j are there?"),
    Mistake("slope-missing", "reach", _reach(slope=""), "the activation lies between the weights and the state h_k, so "
            "its slope at k is a factor", 0.6, "What is between a_k and h_k?"),
    Mistake("slopes-missing-on-the-way", "J", "W^T", "every step on the way back goes through an activation, so each W "
            "has the slope of its step as a factor", 0.6, "What is ∂h_i/∂h_{i−1}?"),
    Mistake("product-from-k", "reach", _reach("prod(i=k..j, J[i])"), "from h_j back to h_k there are j − k steps, so "
            "the product starts at k + 1", 0.5, "How many steps are there between h_k and h_j?"),
    Mistake("state-of-the-same-step", "terms_W", "reach[j, k] ⊗ h[k]", "at step k the weights W are multiplied by the "
            "previous state, h_{k−1}", 0.6, "What was W multiplied by at step k?"),
    Mistake("sigmoid-slope", "slope", "h[t] ⊙ (1 - h[t])", "h(1 − h) is the slope of the sigmoid; that of tanh is "
            "1 − h²", 0.5, "Which activation has the slope h(1 − h)?"),
    Mistake("activation-twice", "slope", "1 - tanh(h[t])^2", "h is a tanh already: its slope is 1 − h², without a "
            "second tanh", 0.5, "How often is tanh applied to a_t?"),
    Mistake("last-loss-only", "dW", "sum(k=1..T, terms_W[T, k])", "every time step has a loss: the terms of all steps "
            "are added", 0.5, "Over which steps is the loss summed?"),
    Mistake("last-loss-only-for-u", "dU", "sum(k=1..T, terms_U[T, k])", "every time step has a loss: the terms of all "
            "steps are added", 0.4, "Over which steps is the loss summed?"),
)  # fmt: skip
_MATRIX_BPTT = Mistake("not-transposed", "J", "W diag(slope[t])", "in column layout the error is multiplied by Wᵀ on "
                       "the way back", 0.6, "Is a unit connected to the next state by a row or a column of "
                       "W?")  # fmt: skip
_ERRORS = (
    Mistake("error-sign-turned", "e", "y[t] - h[t]", "the derivative of ½(h − y)² by h is h − y", 0.5, "Does the loss "
            "rise or fall when h grows above y?"),
    Mistake("half-lost", "e", "2*(h[t] - y[t])", "the 2 of the square and the ½ before it cancel: h − y", 0.4, "What "
            "happens to the ½ when the square is differentiated?"),
)  # fmt: skip

_BACK_LAYOUT = {
    "J": "W diag(slope[t])",
    "terms_W": "h[k-1] ⊗ reach[j, k]",
    "terms_U": "x[k] ⊗ reach[j, k]",
    "dx": "U sum(j=t..T, reach[j, t]) + 0*x[t]",
    "dh0": "W sum(j=1..T, reach[j, 1]) + 0*h0",
}
_GRADIENTS = ("dU", "dW", "db", "dx", "dh0")
_BPTT_SOURCE = "P. J. Werbos, Backpropagation through time, Proceedings of the IEEE 78, 1990"
_AS_MANY = Condition("len(y) = len(x)", "give one target per time step")
_BPTT_NOTES = (
    "∂L/∂W is the sum over all pairs k ≤ j: T(T + 1)/2 terms",
    "δ_k = slope_k ⊙ (e_k + Wᵀδ_{k+1}) gives the same with T products",
)


def _bptt_mistakes(kinds: Kinds) -> tuple[Mistake, ...]:
    return _BPTT if kinds.scalar else (*_BPTT, _MATRIX_BPTT)


def _bptt(kinds: Kinds) -> Formula:
    """Backwards from gradients that are given, 1 unless said otherwise."""
    ones = "0*x + 1" if kinds.scalar else "0*x (x[1] ⊗ W[1]) + 1"
    state = (
        Step("e", "d[t]", "∂L/∂h_t, the direct part", kind=kinds.state, each=EACH),
        Step("loss", "sum(t=1..T, sum(d[t] ⊙ h[t]))", "a loss with these gradients: Σ d_t·h_t"),
    )
    return Formula(
        id=kinds.id("rnn_bptt_by_hand"),
        title=kinds.title("Backpropagation through time"),
        variables=(*_given(kinds), quantity("d", "d-h", "gradient of the loss by each state", kinds.series, ones)),
        steps=_backward(kinds, state),
        answers=(*_GRADIENTS, "h", "loss"),
        mistakes=_bptt_mistakes(kinds),
        conventions=combined(_SLOPES, _layouts(kinds, **_BACK_LAYOUT)),
        notes=_BPTT_NOTES,
        source=_BPTT_SOURCE,
    )


def _bptt_target(kinds: Kinds) -> Formula:
    """Backwards from the squared loss of the states against targets."""
    state = (
        Step("e", "h[t] - y[t]", "error at step t: ∂L/∂h_t, the direct part", kind=kinds.state, each=EACH),
        Step("loss", "1/2*sum(t=1..T, sum((h[t] - y[t])^2))", "squared loss"),
    )
    return Formula(
        id=kinds.id("rnn_bptt_target_by_hand"),
        title=kinds.title("Backpropagation through time, squared loss"),
        variables=(*_given(kinds), quantity("y", "target", "targets, one per time step", kinds.series)),
        steps=_backward(kinds, state),
        answers=(*_GRADIENTS, "h", "loss"),
        mistakes=(*_bptt_mistakes(kinds), *_ERRORS),
        conventions=combined(
            _SLOPES,
            _layouts(kinds, **_BACK_LAYOUT),
            (_EVERY_STEP, _last_step("e", "h", "1/2*sum((h[T] - y[T])^2)"), *_without_half("e", "h")),
        ),
        conditions=(_AS_MANY,),
        notes=_BPTT_NOTES,
        source=_BPTT_SOURCE,
    )


_OUTPUT_ERRORS = (
    Mistake("error-sign-turned", "error", "y[t] - yhat[t]", "the derivative by the score is ŷ − y: negative where ŷ is "
            "too small", 0.5, "Does the loss rise or fall when the score of the target grows?"),
    Mistake("output-weights-missing", "e", "0*h[t] + sum(error[t])", "on the way back to the state, the error is "
            "multiplied by the output weights: Vᵀ(ŷ − y)", 0.5, "What is between the state and the output?"),
    Mistake("output-gradient-from-sum", "dV", "sum(t=1..T, error[t] ⊗ a[t])", "V is multiplied by the state h_t, the "
            "value after the activation", 0.3, "What is V multiplied by?"),
    Mistake("output-gradient-of-last-step", "dV", "error[T] ⊗ h[T]", "V was used at every time step: the terms of all "
            "steps are added", 0.5, "At how many steps was V used?"),
)  # fmt: skip


def _bptt_output(kinds: Kinds, softmax: bool) -> Formula:
    """Backwards through an output layer as well: squared loss, or cross-entropy behind a softmax."""
    loss = "-sum(t=1..T, sum(y[t] ⊙ ln(yhat[t])))" if softmax else "1/2*sum(t=1..T, sum((yhat[t] - y[t])^2))"
    at_end = "-sum(y[T] ⊙ ln(yhat[T]))" if softmax else "1/2*sum((yhat[T] - y[T])^2)"
    name = "softmax" if softmax else "output"
    state = (
        *_output(kinds, softmax),
        Step("error", "yhat[t] - y[t]", "∂L/∂o_t", kind=kinds.state, each=EACH),
        Step("e", "V^T error[t]", "∂L/∂h_t, the direct part", kind=kinds.state, each=EACH),
        Step("loss", loss, "cross-entropy" if softmax else "squared loss"),
        Step("dV", "sum(t=1..T, error[t] ⊗ h[t])", "∂L/∂V", kind=kinds.weights),
        Step("dc", "sum(t=1..T, error[t])", "∂L/∂c", kind=kinds.state),
    )
    targets = quantity("y", "target", "targets, one per time step", kinds.series, low=0 if softmax else -(10**9),
                       ordinary=(0, 1))  # fmt: skip
    row = {**_BACK_LAYOUT, "o": "V^T h[t] + c", "e": "V error[t]", "dV": "sum(t=1..T, h[t] ⊗ error[t])"}
    losses = (_EVERY_STEP, _last_step("error", "yhat", at_end), *(() if softmax else _without_half("error", "yhat")))
    ways = combined(_SLOPES, _layouts(kinds, **row), losses)
    if softmax:
        ways = in_every_base(ways, {"loss": loss}, {"error": "yhat[t] - y[t]"})
    return Formula(
        id=kinds.id(f"rnn_bptt_{name}_by_hand"),
        title=kinds.title(f"Backpropagation through time, {'softmax' if softmax else 'output layer'}"),
        variables=(*_given(kinds), *_output_given(kinds), targets),
        steps=_backward(kinds, state),
        answers=(*_GRADIENTS, "dV", "dc", "yhat", "h", "loss"),
        mistakes=(*_bptt_mistakes(kinds), *_OUTPUT_ERRORS),
        conventions=ways,
        conditions=(_AS_MANY,),
        notes=_BPTT_NOTES,
        source=_BPTT_SOURCE,
    )


_BOTH = (Kinds(False), Kinds(True))

FORMULAS = {
    formula.id: for_one_unit(formula) if formula.id.endswith("_scalar") else formula
    for formula in (
        *map(_rnn, _BOTH),
        *(_rnn_output(kinds, False) for kinds in _BOTH),
        _rnn_output(_BOTH[0], True),
        *map(_bptt, _BOTH),
        *map(_bptt_target, _BOTH),
        *(_bptt_output(kinds, False) for kinds in _BOTH),
        _bptt_output(_BOTH[0], True),
    )
}
