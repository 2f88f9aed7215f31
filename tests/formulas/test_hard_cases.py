"""The hardest uses of formulas, kept as tests: windows by hand, unrolled cells, networks, conventions, the BPTT sum."""

from fractions import Fraction
from math import tanh

import pytest

from dlcalc.answers.formula_judging import verify
from dlcalc.expressions.answers import Answer
from dlcalc.expressions.evaluate import evaluate
from dlcalc.expressions.nodes import Kind
from dlcalc.expressions.parser import parse
from dlcalc.formulas.model import Convention, Formula, Mistake, Step, Variable
from dlcalc.formulas.run import run

# 1. A strided convolution of two channels by hand, and the filter turned by mistake.

WINDOWS = Formula(
    id="windows",
    title="Convolution by hand",
    variables=(
        Variable("x", "input", "input map", kind=Kind.MAP, low=-100, integer=False),
        Variable("w", "filter", "one filter", kind=Kind.MAP, low=-100, integer=False),
        Variable("s", "stride", "stride", default="1"),
        Variable("p", "padding", "padding", low=0, default="0"),
        Variable("b", "bias", "bias", low=-100, default="0"),
    ),
    steps=(
        Step("n", "len(x[1])", "height"),
        Step("f", "len(w[1])", "filter size"),
        Step("o", "floor((n + 2p - f)/s) + 1", "output size"),
        Step(
            "y",
            "sum(c=1..len(x), sum(a=1..f, sum(e=1..f, w[c, a, e]"
            " * if(r*s - s + a - p >= 1 and r*s - s + a - p <= n and q*s - s + e - p >= 1 and q*s - s + e - p <= n,"
            " x[c, r*s - s + a - p, q*s - s + e - p], 0)))) + b",
            "the sum of products in each window",
            each="r in 1..o, q in 1..o",
        ),
    ),
    answers=("y",),
    mistakes=(
        Mistake(
            "flipped",
            "y",
            "sum(c=1..len(x), sum(a=1..f, sum(e=1..f, w[c, f + 1 - a, f + 1 - e]"
            " * if(r*s - s + a - p >= 1 and r*s - s + a - p <= n and q*s - s + e - p >= 1 and q*s - s + e - p <= n,"
            " x[c, r*s - s + a - p, q*s - s + e - p], 0)))) + b",
            "deep learning's convolution does not turn the filter",
        ),
    ),
)

IMAGE = (
    ((3, 0, 1, 2, 5), (1, 5, 8, 9, 0), (2, 7, 2, 5, 1), (0, 1, 3, 1, 4), (2, 2, 0, 1, 6)),
    ((1, 1, 0, 2, 0), (0, 2, 1, 1, 3), (4, 0, 0, 1, 1), (2, 1, 0, 3, 2), (1, 0, 2, 2, 1)),
)
FILTER = (((1, 0, -1), (2, 0, -2), (1, 0, 3)), ((0, 1, 0), (1, -4, 1), (0, 1, 2)))


def correlate(x: tuple, w: tuple, s: int, p: int, b: int, flip: bool = False) -> tuple:
    """Independent definition: loops over a padded copy."""
    n, f = len(x[0]), len(w[0])
    padded = [[[0] * (n + 2 * p) for _ in range(n + 2 * p)] for _ in x]
    for c, channel in enumerate(x):
        for i, row in enumerate(channel):
            for j, value in enumerate(row):
                padded[c][i + p][j + p] = value
    o = (n + 2 * p - f) // s + 1
    at = (lambda c, i, j: w[c][f - 1 - i][f - 1 - j]) if flip else (lambda c, i, j: w[c][i][j])
    return tuple(
        tuple(
            b
            + sum(
                at(c, i, j) * padded[c][r * s + i][q * s + j] for c in range(len(x)) for i in range(f) for j in range(f)
            )
            for q in range(o)
        )
        for r in range(o)
    )


@pytest.mark.parametrize(("s", "p", "b"), [(1, 0, 0), (2, 1, 2), (2, 0, -1), (3, 2, 1)])
def test_a_strided_convolution_of_two_channels_by_hand(s: int, p: int, b: int) -> None:
    given = {"x": IMAGE, "w": FILTER, "s": s, "p": p, "b": b}
    assert run(WINDOWS, given)["y"] == correlate(IMAGE, FILTER, s, p, b)


def test_the_turned_filter_is_named() -> None:
    """The map of the filter turned by 180° is recognised as that mistake."""
    given = {"x": IMAGE, "w": FILTER, "s": 2, "p": 1, "b": 2}
    turned = correlate(IMAGE, FILTER, 2, 1, 2, flip=True)
    verdict = verify(WINDOWS, given, "y", Answer("", turned))
    assert not verdict.correct
    assert [c.id for c in verdict.mistakes] == ["flipped"]


def test_each_window_is_a_line_with_its_numbers() -> None:
    lines = [line for line in run(WINDOWS, {"x": IMAGE, "w": FILTER, "s": 2}).steps if line.name.startswith("y[")]
    assert [line.name for line in lines] == ["y[1, 1]", "y[1, 2]", "y[2, 1]", "y[2, 2]"]


# 2. An LSTM step over T = 3 with m = 2 and n = 1.

_GATE = "sigmoid(W_{g} x[t] + U_{g} h[t-1] + b_{g})"
_EACH = "t in 1..T"

LSTM = Formula(
    id="lstm_by_hand",
    title="LSTM by hand",
    variables=(
        Variable("x", "inputs", "inputs", kind=Kind.MATRIX, low=-9, integer=False),
        *(Variable(f"W_{g}", f"w-{g}", "input weights", kind=Kind.MATRIX, low=-9, integer=False) for g in "fioc"),
        *(Variable(f"U_{g}", f"u-{g}", "recurrent weights", kind=Kind.MATRIX, low=-9, integer=False) for g in "fioc"),
        *(Variable(f"b_{g}", f"b-{g}", "bias", kind=Kind.VECTOR, low=-9, integer=False) for g in "fioc"),
    ),
    steps=(
        Step("T", "len(x)", "time steps"),
        Step("f", _GATE.format(g="f"), "forget gate", kind=Kind.VECTOR, each=_EACH),
        Step("i", _GATE.format(g="i"), "input gate", kind=Kind.VECTOR, each=_EACH),
        Step("o", _GATE.format(g="o"), "output gate", kind=Kind.VECTOR, each=_EACH),
        Step("g", "tanh(W_c x[t] + U_c h[t-1] + b_c)", "candidate", kind=Kind.VECTOR, each=_EACH),
        Step("C", "f[t] ⊙ C[t-1] + i[t] ⊙ g[t]", "cell state", kind=Kind.VECTOR, each=_EACH, before="0*b_f"),
        Step("h", "o[t] ⊙ tanh(C[t])", "hidden state", kind=Kind.VECTOR, each=_EACH, before="0*b_f"),
    ),
    answers=("h", "C"),
    mistakes=(
        Mistake("no-tanh", "h", "o[t] ⊙ C[t]", "the cell state passes through tanh on its way out"),
        Mistake("coupled", "C", "f[t] ⊙ C[t-1] + (1 - f[t]) ⊙ g[t]", "an LSTM has an input gate of its own"),
    ),
)

HALF = Fraction(1, 2)
CELL = {
    "x": ((1,), (-1,), (2,)),
    **{f"W_{g}": ((Fraction(k, 4),), (Fraction(-k, 8),)) for k, g in enumerate("fioc", 1)},
    **{f"U_{g}": ((HALF, Fraction(k, 10)), (Fraction(-k, 5), HALF)) for k, g in enumerate("fioc", 1)},
    **{f"b_{g}": (Fraction(k, 10), -HALF) for k, g in enumerate("fioc", 1)},
}


def lstm(p: dict, out: str = "tanh") -> list[list[float]]:
    """Independent definition with plain loops."""
    from math import exp

    h, c, hs = [0.0, 0.0], [0.0, 0.0], []
    for (x,) in p["x"]:
        pre = {
            g: [p[f"W_{g}"][r][0] * x + sum(p[f"U_{g}"][r][k] * h[k] for k in (0, 1)) + p[f"b_{g}"][r] for r in (0, 1)]
            for g in "fioc"
        }
        f, i, o = ([1 / (1 + exp(-float(v))) for v in pre[g]] for g in "fio")
        c = [f[r] * c[r] + i[r] * tanh(float(pre["c"][r])) for r in (0, 1)]
        h = [o[r] * (tanh(c[r]) if out == "tanh" else c[r]) for r in (0, 1)]
        hs.append(h)
    return hs


def test_an_lstm_over_three_steps() -> None:
    working = run(LSTM, CELL)
    for got, expected in zip(working["h"], lstm(CELL), strict=True):
        assert got == pytest.approx(expected, rel=1e-12)
    assert [line.name for line in working.steps if line.name.startswith("C[")] == ["C[0]", "C[1]", "C[2]", "C[3]"]


def test_the_lost_tanh_is_named_from_the_hidden_states() -> None:
    wrong = tuple(tuple(h) for h in lstm(CELL, out="linear"))
    verdict = verify(LSTM, CELL, "h", Answer("", wrong))
    assert [c.id for c in verdict.mistakes] == ["no-tanh"]


def test_a_wrong_second_step_is_carried_forward() -> None:
    """With the state of step 2 pinned to what somebody found, step 3 follows from it."""
    pinned = (0.5, -0.25)
    carried = run(LSTM, CELL, known={"C": {2: pinned}})
    f, i, g = (carried.state.values[name][3] for name in ("f", "i", "g"))
    assert carried["C"][1] == pinned
    assert carried["C"][2] == pytest.approx(tuple(f[r] * pinned[r] + i[r] * g[r] for r in (0, 1)))


# 3. A network of four layers as a chain of calls, with an error carried forward.

NETWORK = Formula(
    id="network",
    title="Four layers",
    variables=(Variable("n", "input-size", "input size", per_axis=True),),
    steps=(
        Step("conv1", "conv(n=n, f=5, c=3, k=10)", "first convolution"),
        Step("pool1", "pool(n=conv1.o, f=2, c=10)", "first pooling"),
        Step("conv2", "conv(n=pool1.o, f=3, c=10, k=20)", "second convolution"),
        Step("fc", "dense(n=prod(conv2.o)*20, m=100)", "dense layer"),
        Step("total", "conv1.parameters + conv2.parameters + fc.parameters", "parameters"),
    ),
    answers=("total",),
    axes=2,
)  # fmt: skip


def test_a_network_is_a_chain_of_formulas() -> None:
    """36 → 32 → 16 → 14: 760, 1,820 and (14·14·20 + 1)·100 parameters."""
    found = run(NETWORK, {"n": 36})
    assert [found["conv1.o"], found["pool1.o"], found["conv2.o"]] == [32, 16, 14]
    assert [found["conv1.parameters"], found["conv2.parameters"]] == [760, 1820]
    assert found["total"] == 760 + 1820 + 14 * 14 * 20 * 100 + 100


def test_an_earlier_answer_is_carried_forward_through_the_layers() -> None:
    """Whoever finds 33 for the first layer has 16, 14 and the same total: it follows, and is not wrong twice."""
    assert run(NETWORK, {"n": 36}, known={"conv1.o": (34, 34)})["conv2.o"] == 15
    assert run(NETWORK, {"n": 36}, known={"conv1.o": (34, 34)})["total"] == 760 + 1820 + 15 * 15 * 20 * 100 + 100


def test_a_mistake_in_the_first_layer_is_named_from_the_total() -> None:
    """No + 1 in the first layer: 31 → 15 → 13."""
    verdict = verify(NETWORK, {"n": 36}, "total", Answer("", 760 + 1820 + 13 * 13 * 20 * 100 + 100))
    assert "conv1.no-plus-one" in [c.id for c in verdict.mistakes]


def test_a_network_with_letters_stays_in_letters() -> None:
    found = run(NETWORK, {})
    assert evaluate(found["total"], {"n": 36}) == run(NETWORK, {"n": 36})["total"]


# 4. The conventions of the GRU as named correct edits.

_W, _KEEP = "tanh(w x + u*(r*h) + b)", "z*h + (1 - z)*g"
GRU = Formula(
    id="gru_by_hand",
    title="GRU step",
    variables=tuple(Variable(v, v, v, low=-9, integer=False, ordinary=(-2, 2)) for v in "xhwubzrd"),
    steps=(
        Step("g", "tanh(w x + u*(r*h) + b + r*d)", "candidate"),
        Step("new", _KEEP, "new state"),
    ),
    answers=("new",),
    mistakes=(Mistake("reset-dropped", "g", "tanh(w x + u*h + b + d)", "the reset gate scales the old state"),),
    conventions=(
        Convention("keep", "PyTorch, Keras", "z keeps the old state"),
        Convention("renew", "Chung et al.", "z lets the new state in", {"new": "(1 - z)*h + z*g"}),
        Convention("reset-before", "Cho et al.", "reset before the product", {"g": "tanh(w x + u*(r*h) + b + d)"}),
    ),
)  # fmt: skip
STEP = {"x": 1, "h": HALF, "w": HALF, "u": -1, "b": 0, "z": Fraction(1, 4), "r": HALF, "d": 1}


@pytest.mark.parametrize("name", ["keep", "renew", "reset-before"])
def test_each_gru_convention_is_recognised_as_right(name: str) -> None:
    value = run(GRU, STEP, convention=name)["new"]
    verdict = verify(GRU, STEP, "new", Answer("", value))
    assert verdict.correct
    assert (verdict.convention.name if verdict.convention else "keep") == name


def test_the_two_update_gates_differ_and_neither_is_a_mistake() -> None:
    keep, renew = (run(GRU, STEP, convention=c)["new"] for c in ("keep", "renew"))
    assert keep != pytest.approx(renew)
    dropped = run(GRU, STEP, edits=[GRU.mistakes[0]])["new"]
    assert [c.id for c in verify(GRU, STEP, "new", Answer("", dropped)).mistakes] == ["reset-dropped"]


# 5. The BPTT sum of a simple RNN, column layout, as one expression.

KINDS = {
    "W": Kind.MATRIX, "V": Kind.MATRIX, "h": Kind.MATRIX, "yhat": Kind.MATRIX, "y": Kind.MATRIX,
    "T": Kind.SCALAR, "j": Kind.SCALAR, "k": Kind.SCALAR, "m": Kind.SCALAR,
}  # fmt: skip
BPTT = (
    "sum(j=1..T, sum(k=1..j, (diag(1 - h[k]^2) * prod(m=k+1..j, W^T * diag(1 - h[m]^2)) * V^T"
    " * (yhat[j] - y[j])) ⊗ h[k-1]))"
)


def test_the_bptt_sum_equals_central_differences() -> None:
    """∂L/∂W for L = ½Σ‖Vh_t − y_t‖², T = 3, m = 2: the double sum against finite differences of the loss."""
    W, U, V = [[0.5, -0.3], [0.2, 0.4]], [[0.7], [-0.6]], [[1.0, -0.5]]
    xs, ys = [[1.0], [-0.5], [0.8]], [[0.3], [0.1], [-0.2]]

    def forward(w: list[list[float]]) -> tuple[list[list[float]], list[list[float]]]:
        hs, outs = [[0.1, -0.2]], []
        for x in xs:
            pre = [U[r][0] * x[0] + sum(w[r][c] * hs[-1][c] for c in (0, 1)) for r in (0, 1)]
            hs.append([tanh(v) for v in pre])
            outs.append([sum(V[0][c] * hs[-1][c] for c in (0, 1))])
        return hs, outs

    def loss(w: list[list[float]]) -> float:
        return sum((o[0] - y[0]) ** 2 / 2 for o, y in zip(forward(w)[1], ys, strict=True))

    hs, outs = forward(W)
    tree = parse(BPTT, KINDS)
    gradient = evaluate(
        tree,
        {
            "T": 3,
            "W": tuple(map(tuple, W)),
            "V": tuple(map(tuple, V)),
            "h": {t: tuple(h) for t, h in enumerate(hs)},
            "yhat": tuple(map(tuple, outs)),
            "y": tuple(map(tuple, ys)),
        },
    )
    for r in (0, 1):
        for c in (0, 1):
            moved = [[[*row] for row in W] for _ in (0, 1)]
            moved[0][r][c] += 1e-6
            moved[1][r][c] -= 1e-6
            assert gradient[r][c] == pytest.approx((loss(moved[0]) - loss(moved[1])) / 2e-6, abs=1e-8)


def test_the_order_of_the_product_matters() -> None:
    """With the largest index first the product of Wᵀdiag(...) is another matrix: the direction is part of the tree."""
    values = {"W": ((1, 2), (3, 4)), "h": ((0, Fraction(1, 2)), (Fraction(1, 3), 0), (HALF, HALF))}
    up = evaluate(parse("prod(m=1..3, W^T * diag(1 - h[m]^2))", KINDS), values)
    down = evaluate(parse("prod_desc(m=1..3, W^T * diag(1 - h[m]^2))", KINDS), values)
    assert up != down
