"""The simple RNN by hand: states, outputs, and backpropagation through time against differences of the plain loss."""

from fractions import Fraction
from math import tanh
from typing import Any

import pytest
from asking import ask, judge, named, wrong
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import cells as naive

from dlcalc.errors import UserError

ONES = {"x": (1, 1, 1), "U": Fraction(1, 2), "W": Fraction(3, 10), "b": 0}
"""w_x = 0.5, w_h = 0.3, no bias, three inputs of 1."""
FORWARD = (0.462117157260, 0.563969523783, 0.584447377953)

HUNDREDTHS = st.integers(-150, 150).map(lambda number: Fraction(number, 100))


def vectors(*sizes: int) -> st.SearchStrategy[Any]:
    """Nested tuples of these sizes."""
    entries: st.SearchStrategy[Any] = HUNDREDTHS
    for size in reversed(sizes):
        entries = st.tuples(*[entries] * size)
    return entries


@st.composite
def layer(draw: st.DrawFn, targets: bool = False) -> dict[str, Any]:
    """Two inputs, three units, two steps."""
    found = {
        "x": draw(vectors(2, 2)),
        "U": draw(vectors(3, 2)),
        "W": draw(vectors(3, 3)),
        "b": draw(vectors(3)),
        "h0": draw(vectors(3)),
    }
    return {**found, "y": draw(vectors(2, 3))} if targets else found


def states(q: dict[str, Any], **changed: Any) -> list[list[float]]:
    plain = {name: naive.floats(q[name]) for name in ("x", "U", "W", "b", "h0")} | changed
    g, by = plain.pop("g", tanh), plain.pop("by", naive.rows_by)
    return naive.rnn(plain["x"], plain["U"], plain["W"], plain["b"], plain["h0"], g, by=by)


def test_three_steps() -> None:
    """tanh 0.5, tanh(0.5 + 0.3·0.4621…), and so on."""
    assert ask("rnn_by_hand_scalar", **ONES)["h"] == pytest.approx(FORWARD, abs=5e-13)
    assert ask("rnn_by_hand_scalar", **ONES)["a"][0] == Fraction(1, 2)


def test_relu_stays_exact() -> None:
    """ReLU: ½·1 = ½, then ½·2 + ⅓·½ = 7/6."""
    q = {"x": (1, 2), "U": Fraction(1, 2), "W": Fraction(1, 3), "b": 0}
    assert ask("rnn_by_hand_scalar", "relu", **q)["h"] == (Fraction(1, 2), Fraction(7, 6))


@settings(max_examples=25)
@given(q=layer())
def test_states_against_plain_loops(q: dict[str, Any]) -> None:
    for convention, g in (("textbook", tanh), ("sigmoid", naive.logistic), ("relu", naive.relu)):
        found = ask("rnn_by_hand", convention, **q)["h"]
        for state, plain in zip(found, states(q, g=g), strict=True):
            assert state == pytest.approx(plain)


def test_row_layout_reads_the_matrices_turned() -> None:
    q = {"x": ((1, 2),), "U": ((1, 2, 3), (4, 5, 6)), "W": ((0, 0, 0),) * 3, "b": (1, 1, 1)}
    assert ask("rnn_by_hand", "relu-row", h0=(0, 0, 0), **q)["h"] == ((10, 13, 16),)


@settings(max_examples=25)
@given(q=layer(targets=True), v=vectors(3, 3), c=vectors(3))
def test_outputs_against_plain_loops(q: dict[str, Any], v: Any, c: Any) -> None:
    forward = {name: value for name, value in q.items() if name != "y"}
    scores = [naive.added(naive.rows_by(v, h), c) for h in states(q)]
    linear = ask("rnn_output_by_hand", V=v, c=c, **forward)["yhat"]
    soft = ask("rnn_softmax_by_hand", V=v, c=c, **forward)["yhat"]
    for got, probable, score in zip(linear, soft, scores, strict=True):
        assert got == pytest.approx(score)
        assert probable == pytest.approx(naive.probabilities(score))


# backwards

GRADIENTS = {"dU": "U", "dW": "W", "db": "b", "dx": "x", "dh0": "h0"}


def close(found: Any, expected: Any) -> None:
    """Nested values agree but for what a central difference leaves."""
    if isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            close(one, other)
    else:
        assert float(found) == pytest.approx(expected, rel=1e-6, abs=1e-8)


def against_differences(working: Any, q: dict[str, Any], loss: Any, gradients: dict[str, str]) -> None:
    assert float(working["loss"]) == pytest.approx(loss({}))
    for answer, name in gradients.items():
        close(working[answer], naive.slopes(lambda value, name=name: loss({name: value}), naive.floats(q[name])))


@settings(max_examples=8)
@given(q=layer(targets=True))
def test_bptt_against_differences(q: dict[str, Any]) -> None:
    """Σ over the steps, and of the last step alone; in both layouts, for tanh and the sigmoid."""
    targets: Any = naive.floats(q["y"])
    for convention, g, by, first in (
        ("textbook", tanh, naive.rows_by, 0),
        ("last", tanh, naive.rows_by, 1),
        ("sigmoid", naive.logistic, naive.rows_by, 0),
    ):

        def loss(changed: dict[str, Any], g: Any = g, by: Any = by, first: int = first) -> float:
            found = states(q, g=g, by=by, **changed)
            return sum(map(naive.half_squares, found[first:], targets[first:]))

        against_differences(ask("rnn_bptt_target_by_hand", convention, **q), q, loss, GRADIENTS)


@settings(max_examples=8)
@given(q=layer(), d=vectors(2, 3))
def test_bptt_from_given_gradients(q: dict[str, Any], d: Any) -> None:
    def loss(changed: dict[str, Any]) -> float:
        return sum(sum(map(lambda a, b: float(a) * b, *pair)) for pair in zip(d, states(q, **changed), strict=True))

    against_differences(ask("rnn_bptt_by_hand", d=d, **q), q, loss, GRADIENTS)


@settings(max_examples=8)
@given(q=layer(), v=vectors(2, 3), c=vectors(2))
def test_bptt_behind_an_output_layer(q: dict[str, Any], v: Any, c: Any) -> None:
    """Squared loss of linear outputs, and cross-entropy of probabilities with one-hot targets."""
    y = ((1, 0), (0, 1))
    given = {**q, "V": v, "c": c}

    def scores(changed: dict[str, Any]) -> list[list[float]]:
        out: Any = {name: naive.floats(given[name]) for name in ("V", "c")} | changed
        inside = {name: value for name, value in changed.items() if name not in ("V", "c")}
        return [naive.added(naive.rows_by(out["V"], h), out["c"]) for h in states(q, **inside)]

    def squared(changed: dict[str, Any]) -> float:
        return sum(map(naive.half_squares, scores(changed), y))

    def crossed(changed: dict[str, Any]) -> float:
        return sum(naive.log_loss([naive.probabilities(s)[one.index(1)]], [1])
                   for s, one in zip(scores(changed), y, strict=True))  # fmt: skip

    gradients = {**GRADIENTS, "dV": "V", "dc": "c"}
    against_differences(ask("rnn_bptt_output_by_hand", y=y, **given), given, squared, gradients)
    against_differences(ask("rnn_bptt_softmax_by_hand", y=y, **given), given, crossed, gradients)

    def at_the_end(changed: dict[str, Any]) -> float:
        return naive.half_squares(scores(changed)[-1], y[-1])

    against_differences(ask("rnn_bptt_output_by_hand", "last", y=y, **given), given, at_the_end, gradients)


@settings(max_examples=8)
@given(q=layer(targets=True))
def test_row_layout_gives_the_same_gradients_turned(q: dict[str, Any]) -> None:
    """With U and W transposed, row layout computes the same net: the gradients by the matrices are transposed."""
    turned = {**q, "U": tuple(zip(*q["U"], strict=True)), "W": tuple(zip(*q["W"], strict=True))}
    column, row = ask("rnn_bptt_target_by_hand", **q), ask("rnn_bptt_target_by_hand", "row", **turned)
    for name in ("db", "dx", "dh0", "h"):
        close(row[name], naive.floats(column[name]))
    for name in ("dU", "dW"):
        close(row[name], naive.floats(tuple(zip(*column[name], strict=True))))


def test_every_term_of_bptt() -> None:
    """T(T + 1)/2 = 6 terms for three steps, target 0 0 1, which sum to the gradient.

    By hand: reach[3, 3] = (1 − 0.5844²)(0.5844 − 1) = −0.27361, and back through 0.3 and the slope of each step.
    """
    found = ask("rnn_bptt_target_by_hand_scalar", y=(0, 0, 1), **ONES)
    reach = found["reach"]
    assert reach[2] == pytest.approx((-0.013206489169, -0.055975278100, -0.273608682004), abs=1e-12)
    assert reach[1][:2] == pytest.approx((0.090738560791, 0.384592461300), abs=1e-12)
    assert reach[0][0] == pytest.approx(0.363430990692, abs=1e-12)
    later = [reach[j][k] for j in range(3) for k in range(j + 1, 3)]
    assert later == [0, 0, 0]
    terms = [found["terms_U"][j][k] for j in range(3) for k in range(j + 1)]
    assert len(terms) == 6
    assert found["dU"] == pytest.approx(sum(terms))
    assert found["dW"] == pytest.approx(sum(map(sum, found["terms_W"])))
    assert found["dW"] == pytest.approx(-0.002447319565, abs=1e-12)
    assert found["loss"] == pytest.approx((FORWARD[0] ** 2 + FORWARD[1] ** 2 + (FORWARD[2] - 1) ** 2) / 2)


def test_bptt_of_relu_is_exact() -> None:
    """h = ½, 7/6; errors ½, 1/6: dW = 1/6·½; dU = ½·1 + 1/6·(2 + ⅓·1); db = ½ + 1/6·(1 + ⅓), and dh0 = ⅓ of it."""
    q = {"x": (1, 2), "U": Fraction(1, 2), "W": Fraction(1, 3), "b": 0, "y": (0, 1)}
    found = ask("rnn_bptt_target_by_hand_scalar", "relu", **q)
    assert (found["dW"], found["dU"], found["db"]) == (Fraction(1, 12), Fraction(8, 9), Fraction(13, 18))
    assert (found["dh0"], found["loss"]) == (Fraction(5, 27), Fraction(5, 36))


# mistakes


def test_what_the_mistakes_give() -> None:
    """ReLU keeps them exact: x 1 2, U ½, W ⅓, b 1, h0 3: a = ½ + 1 + 1."""
    q = {"x": (1, 2), "U": Fraction(1, 2), "W": Fraction(1, 3), "b": 1, "h0": 3}
    h = ask("rnn_by_hand_scalar", "relu", **q)["h"]
    assert h == (Fraction(5, 2), Fraction(17, 6))
    given = wrong("rnn_by_hand_scalar", "h", "relu", **q)
    assert given["bias-forgotten"] == (Fraction(3, 2), Fraction(3, 2))
    assert given["recurrence-forgotten"] == (Fraction(3, 2), 2)
    assert given["first-state-at-every-step"] == (Fraction(5, 2), 3)
    assert given["matrices-swapped"] == (Fraction(17, 6), Fraction(37, 12))
    given = wrong("rnn_by_hand_scalar", "h", **ONES)
    assert given["activation-forgotten"] == (Fraction(1, 2), Fraction(13, 20), Fraction(139, 200))
    assert given["sigmoid-for-tanh"][0] == pytest.approx(naive.logistic(0.5))
    assert given["two-activations"][1] == pytest.approx(tanh(0.5) + tanh(0.3 * tanh(0.5)))


def test_a_turned_matrix_is_named_in_either_layout() -> None:
    q = {"x": ((1, 1), (2, 0)), "U": ((1, 0), (0, 1)), "W": ((0, 1), (0, 0)), "h0": (1, 2)}
    assert ask("rnn_by_hand", "relu", **q)["h"] == ((3, 1), (3, 0))
    assert "weights-transposed" in named(judge("rnn_by_hand", "h", "[[1, 2], [2, 1]]", "relu", **q))
    verdict = judge("rnn_by_hand", "h", "[[1, 2], [2, 1]]", "relu-row", **q)
    assert verdict.correct


def test_what_the_mistakes_of_bptt_give() -> None:
    """ReLU, x 1 2, U ½, W ⅓, targets 0 1: h ½, 7/6, errors ½, 1/6."""
    q = {"x": (1, 2), "U": Fraction(1, 2), "W": Fraction(1, 3), "b": 0, "y": (0, 1)}
    by_u = wrong("rnn_bptt_target_by_hand_scalar", "dU", "relu", **q)
    assert by_u["explicit-only"] == Fraction(1, 2) + Fraction(1, 6) * 2
    assert by_u["longest-path-only"] == Fraction(1, 6) * Fraction(1, 3)
    assert by_u["error-sign-turned"] == -Fraction(8, 9)
    assert by_u["half-lost"] == Fraction(16, 9)
    assert by_u["last-loss-only-for-u"] == Fraction(1, 6) * Fraction(7, 3)
    by_w = wrong("rnn_bptt_target_by_hand_scalar", "dW", "relu", **q)
    assert by_w["state-of-the-same-step"] == Fraction(1, 2) * Fraction(1, 2) + Fraction(1, 6) * (
        Fraction(7, 6) + Fraction(1, 3) * Fraction(1, 2)
    )
    tanh_slopes = wrong("rnn_bptt_target_by_hand_scalar", "db", **ONES, y=(0, 0, 1))
    h1, h2, h3 = FORWARD
    e = (h1, h2, h3 - 1)
    assert tanh_slopes["explicit-only"] == pytest.approx(
        sum(error * (1 - h * h) for error, h in zip(e, FORWARD, strict=True))
    )
    s = [h * (1 - h) for h in FORWARD]
    last = e[2] * s[2] * (1 + 0.3 * s[1] * (1 + 0.3 * s[0]))
    assert tanh_slopes["sigmoid-slope"] == pytest.approx(e[0] * s[0] + e[1] * s[1] * (1 + 0.3 * s[0]) + last)


def test_a_forgotten_path_is_named() -> None:
    q = {"x": (1, 2), "U": Fraction(1, 2), "W": Fraction(1, 3), "b": 0, "y": (0, 1)}
    assert named(judge("rnn_bptt_target_by_hand_scalar", "dU", "5/6", "relu", **q))[0] == "explicit-only"


def test_series_and_weights_have_their_kinds() -> None:
    with pytest.raises(UserError, match="x is a matrix, not a vector"):
        ask("rnn_by_hand", x=(1, 2), U=((1, 2), (3, 4)), W=((1, 2), (3, 4)))
    with pytest.raises(UserError, match=r"a matrix product needs matching sizes, not 2×3 times 2"):
        ask("rnn_by_hand", x=((1, 2),), U=((1, 2, 3), (3, 4, 5)), W=((1, 2), (3, 4)))


def test_one_unit_one_input_or_one_step_keep_their_shape() -> None:
    """A single unit over two inputs, and two units over one input: vectors of one entry stay vectors."""
    found = ask("rnn_bptt_by_hand", "relu", x=((1, 2),), U=((1, 1),), W=((1,),))
    assert (found["h"], found["dU"], found["db"], found["dx"]) == (((3,),), ((1, 2),), (1,), ((1, 1),))
    for convention, u in (("relu", ((1,), (2,))), ("relu-row", ((1, 2),))):
        found = ask("rnn_bptt_by_hand", convention, x=((1,), (2,)), U=u, W=((1, 0), (0, 1)))
        assert found["h"] == ((1, 2), (3, 6))
        assert (found["dx"], found["dh0"], found["db"]) == (((6,), (3,)), (2, 2), (3, 3))


def test_gradients_are_ones_unless_given() -> None:
    """∂L/∂h = 1: the loss is the sum of all states, for single numbers and for vectors."""
    given = {"x": (1, 2), "U": Fraction(1, 2), "W": Fraction(1, 3), "b": 0}
    assert ask("rnn_bptt_by_hand_scalar", "relu", **given)["loss"] == Fraction(1, 2) + Fraction(7, 6)
    assert ask("rnn_bptt_by_hand_scalar", "relu", **given)["dh0"] == Fraction(1, 3) * (1 + Fraction(1, 3))
    several = ask("rnn_bptt_by_hand", "relu", x=((1, 0, 0), (2, 0, 0)), U=((1, 0, 0), (1, 0, 0)), W=((0, 0), (0, 0)))
    assert (several["d"], several["loss"]) == (((1, 1), (1, 1)), 6)
