"""Numbers that somebody worked out on paper, each with its source or its sum."""

from __future__ import annotations

import math

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from dlcalc import ops  # noqa: E402
from dlcalc.errors import UserError  # noqa: E402


def image(*rows: str):
    """One image of one channel, (1, 1, H, W)."""
    return np.array([[[[float(number) for number in row.split()] for row in rows]]])


def shown(array) -> list:
    return np.round(array, 12)[0, 0].tolist()


def test_convolutions_of_the_textbook() -> None:
    """Zhang et al., Dive into Deep Learning, 7.2.1 and 7.4.1: one channel, then two added up."""
    x, k = image("0 1 2", "3 4 5", "6 7 8"), image("0 1", "2 3")
    assert shown(ops.conv2d(x, k)) == [[19, 25], [37, 43]]
    both, two = np.concatenate([x, x + 1], axis=1), np.concatenate([k, k + 1], axis=1)
    assert shown(ops.conv2d(both, two)) == [[56, 72], [104, 120]]


def test_a_vertical_edge() -> None:
    """Six rows 10 10 10 0 0 0 under the filter 1 0 −1: 3·10 where the window straddles the edge, else 0."""
    edge, detector = image(*["10 10 10 0 0 0"] * 6), image(*["1 0 -1"] * 3)
    assert shown(ops.conv2d(edge, detector)) == [[0, 30, 30, 0]] * 4


def test_stride_padding_and_bias() -> None:
    """Corner: only the last tap is on the image, 2 − 1·3 = −1; middle: 2 + 1·5 − 1·2 = 5."""
    x = image("3 0 1 2", "1 5 8 9", "2 7 2 5", "0 1 3 1")
    found = shown(ops.conv2d(x, image("1 0", "0 -1"), np.array([2.0]), stride=2, padding=1))
    assert (found[0][0], found[1][1], np.shape(found)) == (-1, 5, (3, 3))


def test_the_gradient_of_a_filter_is_a_correlation_with_the_gradient() -> None:
    """∂L/∂o = 1 under a 2×2 filter: ∂L/∂w the sums of the four 2×2 corners, ∂L/∂x how often each pixel is read."""
    x, w = image("0 1 2", "3 4 5", "6 7 8"), image("1 1", "1 1")
    _, saved = ops.forward(ops.conv2d, x, w, np.zeros(1))
    found = ops.backward(saved, np.ones((1, 1, 2, 2)))
    assert shown(found["weight"]) == [[8, 12], [20, 24]]
    assert shown(found["x"]) == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    assert found["bias"].tolist() == [4]


def test_transposed_convolutions_of_the_textbook() -> None:
    """Dive into Deep Learning, 14.10.1 and 14.10.2: plain, stride 2, and padding 1 of which the middle is left."""
    x = image("0 1", "2 3")
    assert shown(ops.conv_transpose2d(x, x)) == [[0, 0, 1], [0, 4, 6], [4, 12, 9]]
    assert shown(ops.conv_transpose2d(x, x, stride=2)) == [[0, 0, 0, 1], [0, 0, 2, 3], [0, 2, 0, 3], [4, 6, 6, 9]]
    assert shown(ops.conv_transpose2d(x, x, padding=1)) == [[4]]


def test_pools_of_the_textbook() -> None:
    """Dive into Deep Learning, 7.5.1: largest 4 5 7 8, averages 2 3 5 6."""
    x = image("0 1 2", "3 4 5", "6 7 8")
    assert shown(ops.max_pool2d(x, 2, stride=1)) == [[4, 5], [7, 8]]
    assert shown(ops.avg_pool2d(x, 2, stride=1)) == [[2, 3], [5, 6]]
    assert shown(ops.min_pool2d(x, 2, stride=1)) == [[0, 1], [3, 4]]
    assert shown(ops.sum_pool2d(x, 2, stride=1)) == [[8, 12], [20, 24]]


def test_the_gradient_of_a_pool_goes_to_the_winners() -> None:
    """The 8 of the first row wins over the one below it, the 7 in front over the one behind."""
    x = image("6 4 8 5", "5 4 5 8", "3 6 7 7", "7 9 7 2")
    out, saved = ops.forward(ops.max_pool2d, x, 2)
    assert shown(out) == [[6, 8], [9, 7]]
    gradient = ops.backward(saved, image("1 2", "3 4"))["x"]
    assert shown(gradient) == [[1, 0, 2, 0], [0, 0, 0, 0], [0, 0, 4, 0], [0, 3, 0, 0]]


def test_of_equal_numbers_the_first_has_the_gradient() -> None:
    """In reading order, whether the largest or the smallest is wanted."""
    for op in (ops.max_pool2d, ops.min_pool2d):
        _, saved = ops.forward(op, image("5 5 5", "5 5 5"), (2, 3))
        assert shown(ops.backward(saved, image("1"))["x"]) == [[1, 0, 0], [0, 0, 0]]


def test_no_window_of_ceil_mode_starts_in_the_padding_behind() -> None:
    """0 1 2 3 4 0 and windows of 2 that are 5 apart: ⌈4/5⌉ + 1 = 2, of which the second would start behind the 4."""
    assert shown(ops.max_pool2d(image("1 2 3 4"), (1, 2), (1, 5), (0, 1), ceil_mode=True)) == [[1]]


def test_true_is_no_number_of_pixels() -> None:
    with pytest.raises(UserError, match=r"^stride must be a whole number from 1 to \d+: True$"):
        ops.conv2d(image("1 2"), image("1"), stride=True)


def test_padding_is_half_of_what_a_dilated_window_spans() -> None:
    """Two taps 3 apart span 4, so 2 may be padded: 1 2 3 gives 2, 3, 1, 2. On one side alone no more."""
    x = image("1 2 3")
    assert shown(ops.max_pool2d(x, (1, 2), 1, (0, 2), (1, 3))) == [[2, 3, 1, 2]]
    for padding in ((0, 0, 3, 0), (0, 0, 0, 3)):
        with pytest.raises(UserError, match=r"^padding may be at most half the window: \(\d, \d\) of 4"):
            ops.max_pool2d(x, (1, 2), 1, padding, (1, 3))


def test_windows_that_are_farther_apart_than_wide_need_no_padding() -> None:
    """⌈5/3⌉ = 2 windows of 1 stand at 1 and 4 of five pixels; the pixel that is over is not padded away."""
    assert shown(ops.conv2d(image("1 2 3 4 5"), image("1"), stride=(1, 3), padding="same")) == [[1, 4]]


def test_a_dilated_filter_leaves_room_for_output_padding() -> None:
    """Output padding is below the stride or the dilation: 1 through the taps 1, 2 that are 2 apart, and one column."""
    found = ops.conv_transpose2d(image("1"), image("1 2"), output_padding=(0, 1), dilation=(1, 2))
    assert shown(found) == [[1, 0, 2, 0]]


def test_padding_of_an_average() -> None:
    """A corner of ones under 3×3 with a border of padding: 4 of 9 counted, or 4 of 4; in ceil mode 2 of 2 are there."""
    ones = np.ones((1, 1, 4, 4))
    assert ops.avg_pool2d(ones, 3, stride=3, padding=1)[0, 0, 0, 0] == pytest.approx(4 / 9)
    assert ops.avg_pool2d(ones, 3, stride=3, padding=1, count_include_pad=False)[0, 0, 0, 0] == 1
    assert shown(ops.avg_pool2d(np.ones((1, 1, 1, 5)), (1, 3), stride=(1, 3), ceil_mode=True)) == [[1, 1]]


def test_windows_of_padding_alone() -> None:
    """A sum of nothing is 0; a dilated window that misses the image has no largest number and gives no gradient."""
    one = np.ones((1, 1, 1, 1))
    assert shown(ops.sum_pool2d(one, 1, padding=1)) == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert shown(ops.avg_pool2d(one, 1, padding=1, count_include_pad=False)) == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    out, saved = ops.forward(ops.max_pool2d, one, (1, 2), padding=(0, 1), dilation=2)
    assert out.tolist() == [[[[-math.inf]]]]
    assert ops.backward(saved, one)["x"].tolist() == [[[[0]]]]


def test_the_only_window_may_reach_beyond_the_input_in_ceil_mode() -> None:
    """⌈(2 − 3)/2⌉ + 1 = 1 window of 3×3 over four numbers; rounded down there is none."""
    x = np.array([[[[1.0, 2.0], [3.0, 6.0]]]])
    assert ops.max_pool2d(x, 3, 2, ceil_mode=True).tolist() == [[[[6.0]]]]
    assert ops.avg_pool2d(x, 3, 2, ceil_mode=True).tolist() == [[[[3.0]]]]
    with pytest.raises(UserError, match="a window of 3 must fit into the padded input"):
        ops.max_pool2d(x, 3, 2)
    # ⌈(2 − 4)/2⌉ + 1 = 0
    with pytest.raises(UserError, match="a window of 4 must fit into the padded input"):
        ops.max_pool2d(x, 4, 2, ceil_mode=True)


def test_not_a_number_is_not_hidden() -> None:
    """A window with a NaN has none other for its largest, and a ReLU hands it on."""
    x = image("1 nan", "5 2")
    assert np.isnan(ops.max_pool2d(x, 2)).all()
    assert np.isnan(ops.min_pool2d(x, 2)).all()
    assert np.isnan(ops.relu(np.array([np.nan])))[0]


def test_adaptive_windows_overlap() -> None:
    """5 numbers to 3: 0..1, 1..3, 3..4, by ⌊5i/3⌋ and ⌈5(i + 1)/3⌉."""
    assert shown(ops.adaptive_avg_pool2d(image("1 2 3 4 5"), (1, 3))) == [[1.5, 3, 4.5]]


def test_a_simple_rnn() -> None:
    """h = tanh(0.5 x + 0.3 h) on 1, 1, 1: tanh 0.5, tanh 0.638635…, tanh 0.669190…"""
    x, w = np.ones((3, 1, 1)), np.array([[0.5]])
    y, last = ops.rnn(x, None, w, np.array([[0.3]]), np.zeros(1))
    assert y.ravel().tolist() == pytest.approx([0.462117157260, 0.563969523783, 0.584447377953], abs=1e-12)
    assert last.tolist() == y[2].tolist()
    backwards, first = ops.rnn(x, None, w, np.array([[0.3]]), reverse=True)
    assert backwards[::-1].ravel().tolist() == y.ravel().tolist()
    assert first.tolist() == last.tolist()


GOMEZ = {
    "w_ih": [[0.95, 0.8], [0.7, 0.45], [0.45, 0.25], [0.6, 0.4]],
    "w_hh": [[0.8], [0.1], [0.15], [0.25]],
    "b_ih": [0.65, 0.15, 0.2, 0.1],
}
TRAINED = {
    "w_ih": [[0.95022, 0.80067], [0.70031, 0.45189], [0.45267, 0.25922], [0.60259, 0.41626]],
    "w_hh": [[0.80006], [0.10034], [0.15104], [0.25297]],
    "b_ih": [0.65028, 0.15063, 0.20364, 0.10536],
}


def test_an_lstm_with_its_gradients() -> None:
    """A. Gomez, "Backpropogating an LSTM: A Numerical Example" (2016): two steps, and the weights one step of 0.1 on.

    Loss ½(y − label)² at both steps. He rounded on the way: the fifth digit may be one off.
    """
    weights = {name: np.array(value) for name, value in GOMEZ.items()}
    x = np.array([[[1.0, 2.0]], [[0.5, 3.0]]])
    (y, (h, c)), saved = ops.forward(ops.lstm, x, None, **weights)
    assert np.round(y.ravel(), 5).tolist() == [0.53631, 0.77198]
    assert (round(float(c[0, 0]), 4), h.tolist()) == (1.5176, y[1].tolist())
    found = ops.backward(saved, (y - np.array([[[0.5]], [[1.25]]]), None))
    for name, after in TRAINED.items():
        assert np.abs(weights[name].ravel() - 0.1 * found[name].ravel() - np.ravel(after)).max() < 1.5e-5, name


def test_gates_that_are_half_open() -> None:
    """Without weights every gate is ½ and every candidate 0: c = ½c₀, h = ½ tanh ½c₀ of an LSTM, h = ½h₀ of a GRU."""
    x, h0, c0 = np.ones((1, 1, 2)), np.array([[0.8]]), np.array([[1.2]])
    (y, (_, c)) = ops.lstm(x, (h0, c0), np.zeros((4, 2)), np.zeros((4, 1)))
    assert c[0, 0] == 0.6
    assert y[0, 0, 0] == pytest.approx(0.5 * math.tanh(0.6), rel=1e-15)
    for after in (True, False):
        assert ops.gru(x, h0, np.zeros((3, 2)), np.zeros((3, 1)), reset_after=after)[1].tolist() == [[0.4]]


def test_peepholes_look_at_the_old_cell_and_the_new_one() -> None:
    """p = (1, 0, 0): i = σ(c₀), f = ½; with b_g large g = 1: c = ½c₀ + σ(c₀). p = (0, 0, 1): o = σ(c)."""
    x, state = np.zeros((1, 1, 1)), (np.zeros((1, 1)), np.array([[2.0]]))
    bias = np.array([0, 0, 50.0, 0])
    zeros = np.zeros((4, 1)), np.zeros((4, 1)), bias, None
    sigma = 1 / (1 + math.exp(-2))
    assert ops.lstm(x, state, *zeros, np.array([1.0, 0, 0]))[1][1][0, 0] == pytest.approx(1 + sigma, rel=1e-15)
    _, (h, c) = ops.lstm(x, state, *zeros, np.array([0, 0, 1.0]))
    assert c[0, 0] == 1.5
    assert h[0, 0] == pytest.approx(math.tanh(1.5) / (1 + math.exp(-1.5)), rel=1e-15)


def test_what_the_update_gate_keeps() -> None:
    """z = σ(ln 3) = ¾, n = 0: keeping leaves ¾ of the old state, renewing ¼."""
    x, h0, bias = np.zeros((1, 1, 1)), np.array([[1.0]]), np.array([0, math.log(3), 0])
    weights = np.zeros((3, 1)), np.zeros((3, 1)), bias
    assert ops.gru(x, h0, *weights)[1][0, 0] == pytest.approx(0.75)
    assert ops.gru(x, h0, *weights, update_gate="renew")[1][0, 0] == pytest.approx(0.25)


def test_what_the_reset_gate_meets() -> None:
    """r = ½, W_hn = 2, b_hn = 1, h = 1: after the product tanh(½(2 + 1)), before it tanh(2·½ + 1); z = 0."""
    x, h0 = np.zeros((1, 1, 1)), np.array([[1.0]])
    weights = np.zeros((3, 1)), np.array([[0], [0], [2.0]]), np.array([0, -800.0, 0]), np.array([0, 0, 1.0])
    assert ops.gru(x, h0, *weights)[1][0, 0] == pytest.approx(math.tanh(1.5))
    assert ops.gru(x, h0, *weights, reset_after=False)[1][0, 0] == pytest.approx(math.tanh(2))


def test_norms() -> None:
    """1 2 3 4: mean 2.5, variance 1.25, so ±0.4472 and ±1.3416 by √1.25; the running variance takes 5/3."""
    x = np.array([1.0, 2, 3, 4])
    expected = [-1.5 / math.sqrt(1.25), -0.5 / math.sqrt(1.25), 0.5 / math.sqrt(1.25), 1.5 / math.sqrt(1.25)]
    assert ops.layer_norm(x, eps=0).tolist() == pytest.approx(expected)
    mean, var = np.zeros(1), np.ones(1)
    out = ops.batch_norm(x[:, None], mean, var, np.array([2.0]), np.array([1.0]), training=True, momentum=0.1, eps=0)
    assert out.ravel().tolist() == pytest.approx([2 * value + 1 for value in expected])
    assert (mean[0], var[0]) == (pytest.approx(0.25), pytest.approx(0.9 + 0.1 * 5 / 3))
    assert ops.batch_norm(x[:, None], mean, var, eps=0)[0, 0] == pytest.approx((1 - mean[0]) / math.sqrt(var[0]))
    assert ops.batch_norm(x[:0, None], mean, var).shape == (0, 1)


def test_local_responses_of_neighbours() -> None:
    """Five channels of 2, size 3, α/size = 1, k = 1, β = 1: 2/(1 + 4·neighbours), of which the ends have two."""
    found = ops.local_response_norm(np.full((1, 5, 1), 2.0), size=3, alpha=3, beta=1, k=1)
    assert found.ravel().tolist() == pytest.approx([2 / 9, 2 / 13, 2 / 13, 2 / 13, 2 / 9])


def test_activations_and_softmax() -> None:
    """Values of tables: σ(0) = ½, GELU(1) = Φ(1) = 0.8413447…, softmax of 1, 2, 3."""
    assert ops.sigmoid(np.array([0.0, 2.0])).tolist() == pytest.approx([0.5, 0.8807970779778823])
    assert ops.softplus(np.array([0.0, 800.0, -800.0])).tolist() == pytest.approx([math.log(2), 800, 0])
    assert ops.gelu(np.array([1.0, -1.0])).tolist() == pytest.approx([0.8413447460685429, -0.15865525393145707])
    assert ops.leaky_relu(np.array([-2.0, 3.0]), slope=0.1).tolist() == [-0.2, 3]
    assert ops.sigmoid(np.array([-800.0, 800.0], dtype=np.float32)).tolist() == [0, 1]
    shares = ops.softmax(np.array([1.0, 2, 3]) + 1000)
    assert shares.tolist() == pytest.approx([0.09003057317038046, 0.24472847105479764, 0.6652409557748218])


def test_logarithms_of_a_softmax_far_from_0() -> None:
    """1000, 1001, 1002 is 0, 1, 2 and a shift: −ln(1 + e + e²) = −2.4076…, + 1, + 2; so is −1002, −1001, −1000."""
    expected = [-2.4076059644443806, -1.4076059644443806, -0.4076059644443806]
    for shift in (0.0, 1000.0, -1002.0):
        x = np.array([0.0, 1, 2]) + shift
        logs, saved = ops.forward(ops.log_softmax, x)
        assert logs.tolist() == pytest.approx(expected, abs=1e-12)
        assert ops.softmax(x).tolist() == pytest.approx([math.exp(log) for log in expected], abs=1e-12)
        # d(log share 1)/dx is 1 for itself, less the shares
        gradient = ops.backward(saved, np.array([1.0, 0, 0]))["x"].tolist()
        assert gradient == pytest.approx([1 - math.exp(expected[0]), *(-math.exp(log) for log in expected[1:])])
    assert ops.log_softmax(np.array([0.0, -2000.0])).tolist() == [0, -2000]


def test_slopes_at_the_kink() -> None:
    """At 0 a ReLU has the slope 0 and a leaky one that of its left side, as PyTorch has it; 1 only above 0."""
    x = np.array([-1.0, 0.0, 1.0])
    for op, settings, slopes in ((ops.relu, {}, [0, 0, 1]), (ops.leaky_relu, {"slope": 0.25}, [0.25, 0.25, 1])):
        out, saved = ops.forward(op, x, **settings)
        assert out[1] == 0
        assert ops.backward(saved, np.ones(3))["x"].tolist() == slopes


def test_a_log_loss_at_the_ends() -> None:
    """A logarithm counts as −100 at least (PyTorch's BCELoss); near 0 none of −ln(1 − p) ≈ p is lost; slopes −1/p."""
    ends, targets = np.array([0.0, 1.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0, 1.0])
    assert ops.binary_cross_entropy(ends, targets, reduction="none").tolist() == [100, 100, 0, 0]
    assert ops.binary_cross_entropy(np.array([1e-20]), np.zeros(1)) == pytest.approx(1e-20, rel=1e-12, abs=0)
    _, saved = ops.forward(ops.binary_cross_entropy, np.array([0.0, 5e-4]), np.ones(2), reduction="sum")
    assert ops.backward(saved, 1.0)["x"].tolist() == pytest.approx([-1e12, -2000])


def test_losses() -> None:
    """Even odds cost ln of the number of classes; the gradient is the share less one where the class is right."""
    loss, saved = ops.forward(ops.cross_entropy, np.zeros((1, 4)), np.array([2]))
    assert loss == pytest.approx(math.log(4))
    assert ops.backward(saved, 1.0)["logits"].tolist() == [[0.25, 0.25, -0.75, 0.25]]
    assert ops.binary_cross_entropy(np.array([0.5, 0.25]), np.array([1.0, 0])) == pytest.approx(math.log(8 / 3) / 2)
    assert ops.mse_loss(np.array([1.0, 3]), np.array([0.0, 0])) == 5
    assert np.isnan(ops.mse_loss(np.zeros(0), np.zeros(0)))
    assert ops.mse_loss(np.zeros(0), np.zeros(0), reduction="sum") == 0


def test_attention_to_everything_alike() -> None:
    """A query of zeros averages the values; a mask leaves the average of what it lets through."""
    q, k, v = np.zeros((1, 2)), np.arange(6.0).reshape(3, 2), np.array([[1.0], [2], [6]])
    assert ops.attention(q, k, v).tolist() == [[3]]
    assert ops.attention(q, k, v, mask=np.array([True, True, False])).tolist() == [[1.5]]
    assert ops.attention(q, k, v, mask=np.log([1.0, 1, 2])).tolist() == [[pytest.approx(3.75)]]


def test_a_bias_of_the_keys_changes_nothing() -> None:
    """It adds the same number to all scores of a query: the result stands, the gradient is 0."""
    random = np.random.default_rng(3)
    given = {name: random.standard_normal((3, 2, 4)) for name in "qkv"}
    given |= {f"w_{name}": random.standard_normal((4, 4)) for name in "qkvo"}
    plain = ops.multi_head_attention(**given, heads=2)
    biased, saved = ops.forward(ops.multi_head_attention, **given, heads=2, b_k=random.standard_normal(4))
    assert np.allclose(biased, plain, rtol=0, atol=1e-13)
    assert np.abs(ops.backward(saved, np.ones_like(plain))["b_k"]).max() < 1e-13


def test_the_embedding_adds_up_a_word_that_comes_twice() -> None:
    weight = np.arange(6.0).reshape(3, 2)
    out, saved = ops.forward(ops.embedding, np.array([2, 0, 2]), weight)
    assert out.tolist() == [[4, 5], [0, 1], [4, 5]]
    gradient = ops.backward(saved, np.array([[1.0, 1], [10, 10], [100, 100]]))["weight"]
    assert gradient.tolist() == [[10, 10], [0, 0], [101, 101]]
