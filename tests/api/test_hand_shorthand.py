"""What may be given shorter: joined weights, one number for a vector or the identity, the number of a class."""

from __future__ import annotations

from fractions import Fraction as F
from math import exp, tanh

import pytest

import dlcalc
from dlcalc.api.hand_run import by_hand
from dlcalc.errors import UserError

X = "1 2; 0 1"
GATE = {
    "f": "0.1 0.2 0.3 0.4; 0.5 0.6 0.7 0.8",
    "i": "1 0 0 1; 0 1 1 0",
    "o": "0 0 1 1; 1 0 1 0",
    "c": "0 1 0 1; 1 1 0 0",
}


def _sides(text: str) -> tuple[str, str]:
    """The two left columns and the two right ones."""
    rows = [row.split() for row in text.split(";")]
    return "; ".join(" ".join(row[:2]) for row in rows), "; ".join(" ".join(row[2:]) for row in rows)


@pytest.mark.parametrize("order", ["h,x", "xh", "[x, h]"])
def test_joined_weights_are_two_side_by_side(order: str) -> None:
    """W[h, x]: the left columns meet h, and in W[x, h] they meet x."""
    joined = by_hand("lstm", x=X, w_joined=order, **{f"w_{gate}": text for gate, text in GATE.items()})
    apart = {}
    for gate, text in GATE.items():
        left, right = _sides(text)
        apart |= {f"u_{gate}": left, f"w_{gate}": right} if order[0] == "h" else {f"w_{gate}": left, f"u_{gate}": right}
    assert joined.h == by_hand("lstm", x=X, **apart).h


def test_a_step_with_joined_weights() -> None:
    """tanh(0.5·h + 2·x) from h = 1 and x = 3, in either order, and in row layout one below the other."""
    right = pytest.approx(tanh(0.5 + 6))
    assert by_hand("rnn", x="3", h_0="1", w_joined="h,x", w_h="0.5 2").h[0] == right
    assert by_hand("rnn", x="3", h_0="1", w_joined="x,h", w_h="2 0.5").h[0] == right
    assert by_hand("rnn", x="3 0", h_0="1", w_joined="x,h", w_x="2; 7; 0.5", layout="row").h[0] == (right,)


def test_joined_weights_of_a_gru_in_either_layout() -> None:
    columns = {f"w_{gate}": "1 2 3; 4 5 6" for gate in "zrg"}
    rows = {f"w_{gate}": "1 4; 2 5; 3 6" for gate in "zrg"}
    given = {"x": "0.1; 0.2", "w_joined": "h,x"}
    assert by_hand("gru", **given, **columns).h == by_hand("gru", **given, **rows, layout="row").h


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"w_joined": "up", "w_h": "1 2"}, "--w-joined says what the weights meet, h,x or x,h, not 'up'"),
        ({"w_joined": "h,x", "w_h": "1; 2"}, r"joined weights are m×\(m \+ n\), with m units and n inputs, not 2×1"),
        (
            {"w_joined": "h,x", "w_h": "1 2", "w_x": "1"},
            "U and W are given joined or separately: with --w-joined give only one",
        ),
    ],
)
def test_what_is_not_joined(given: dict[str, str], error: str) -> None:
    with pytest.raises(UserError, match=error):
        by_hand("rnn", x="3", **given)


def test_one_number_is_a_multiple_of_the_identity_and_a_bias_for_all() -> None:
    """h = tanh(x + b), entry by entry, from h0 = 0."""
    found = by_hand("rnn", x="1 2", w_x=[[1]], w_h=[[0.3, 0], [0, 0.3]], b=0.5)
    assert found.h[0] == pytest.approx((tanh(1.5), tanh(2.5)))
    gated = {f"{letter}_{gate}": 1 for letter in "wu" for gate in "fioc"}
    cell = 1 / (1 + exp(-1)) * tanh(1), 1 / (1 + exp(-2)) * tanh(2)
    assert by_hand("lstm", x=[[1, 2]], h_0=[0, 0], **gated).C[0] == pytest.approx(cell)


def test_one_number_is_no_matrix_that_is_not_square() -> None:
    with pytest.raises(UserError, match="a multiple of the identity, for a square matrix only; w_x is m×n, 2×3"):
        by_hand("rnn", x="1 2 3; 0 1 1", w_x=1, w_h="0.1 0.2; 0.3 0.4")


def test_a_network_by_hand_with_one_bias_a_layer() -> None:
    """M. Mazur, A step by step backpropagation example, 2015: w5 becomes 0.35891648 and w1 0.149780716."""
    found = by_hand("mlp", x="0.05 0.10", w_1="0.15 0.20; 0.25 0.30", w_2="0.40 0.45; 0.50 0.55", b_1=0.35, b_2=0.6,
                    target="0.01 0.99", eta=0.5)  # fmt: skip
    assert found.W2_new[0][0] == pytest.approx(0.35891648, abs=5e-9)
    assert found.W1_new[0][0] == pytest.approx(0.149780716, abs=5e-10)
    weights = "W1 = 0.15 0.20; 0.25 0.30 b1 = 0.35 W2 = 0.40 0.45; 0.50 0.55 b2 = 0.6"
    net = "2; dense 2 sigmoid; dense 2 sigmoid"
    same = dlcalc.backprop(net, x="0.05 0.10", target="0.01 0.99", weights=weights).numbers
    assert (same.given["b_1"], same.given["b_2"]) == ((F(7, 20),) * 2, (F(3, 5),) * 2)


def test_the_number_of_a_class_is_its_target() -> None:
    """Class 0 of scores 1, 2, 3: −ln 0.0900306 = 2.4076, and ŷ − y."""
    found = by_hand("softmax", z="1 2 3", target=0)
    assert found.loss == pytest.approx(2.4076, abs=5e-5)
    assert found.gradient == pytest.approx((-0.910, 0.245, 0.665), abs=5e-4)
    assert by_hand("cross-entropy", p="0.2 0.7 0.1", target=1).loss == pytest.approx(0.35667494)
    by_network = dlcalc.backprop("3; dense 3 softmax nobias", x="1 2 3", target=0, weights="W1 = 1 0 0; 0 1 0; 0 0 1")
    assert float(by_network.numbers.loss) == pytest.approx(2.40760596)
    with pytest.raises(UserError, match="a target that is one number is the class, a whole number from 0 to 2, not 3"):
        by_hand("softmax", z="1 2 3", target=3)


def test_a_loss_without_its_half() -> None:
    """L = (y − 0.6)² at 0.43: ∂L/∂b = 2·(0.43 − 0.6) = −0.34."""
    found = dlcalc.backprop("1; dense 1", loss="sum", x=0.43, target=0.6, weights="W1 = 1 b1 = 0")
    assert found.numbers.gradients["b_1"] == pytest.approx((-0.34,))


@pytest.mark.parametrize(("name", "needs"), [("rf", "--f"), ("mlp", "--u"), ("iou", "--a"), ("transfer", "--u")])
def test_lists_that_are_not_given_are_asked_for(name: str, needs: str) -> None:
    """With their meaning and an example, and no letter of an inner formula."""
    with pytest.raises(UserError, match=rf"^{name} needs {needs} \(.*; for example: dlcalc {name} "):
        getattr(dlcalc, name)()


# scores too large for an exponential


def test_a_softmax_of_any_scores() -> None:
    """The largest is subtracted where the exponentials would be too large, and it is said so."""
    assert by_hand("softmax", z="1000 0").y == (1, 0)
    assert by_hand("softmax", z="-1000 -1000").y == (0.5, 0.5)
    found = by_hand("softmax", z="1000 0", target="0 1")
    assert (found.loss, tuple(found.gradient)) == (1000, (1, -1))
    assert found.working.convention.name == "stable"
    assert by_hand("softmax", z="1 2 3").working.convention.name == "textbook"


@pytest.mark.parametrize(("target", "loss"), [(1, 0), (0, 1901)])
def test_logistic_regression_of_any_score(target: int, loss: int) -> None:
    """z = 5·100 + 7·200 + 1 = 1901: ln(1 + e^z) − y·z."""
    assert by_hand("logistic", x="100 200", w="5 7", b=1, target=target).loss == pytest.approx(loss)


@pytest.mark.parametrize("target", ["0 1 0", "0.2 0.3 0.5"])
def test_the_shift_changes_no_answer_but_the_exponentials(target: str) -> None:
    plain, shifted = (by_hand("softmax", z="2 1 0.5", target=target, convention=way) for way in ("textbook", "stable"))
    assert shifted.loss == pytest.approx(plain.loss, rel=1e-14)
    assert shifted.gradient == pytest.approx(plain.gradient, rel=1e-13)
    assert shifted.powers[0] == 1
