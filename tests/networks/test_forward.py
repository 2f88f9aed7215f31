"""Networks run on real parameters: every layer gives the shape of its table, and the arithmetic is PyTorch's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rows import each_row

# ruff: noqa: E402 - what is imported needs the two that are skipped for
np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from dlcalc.api.running import run_network
from dlcalc.errors import InternalError, UserError
from dlcalc.networks import text, zoo
from dlcalc.networks.forward import ForwardPass, check, run_forward
from dlcalc.networks.network import Network

LINES = [
    "20x30x3; conv 8 f3x5 s2x1 p1x2; pool f2; conv 4 f3 d2 same; dense 10",
    "17x17x3; conv 6 f3 s2 same; avgpool f3 s2 same; gap; dense 5",
    "16x16x4; conv 8 f3 groups4 relu; dwconv f3; bn; pool f3 s2 ceil; lrn; gmp",
    "9x9x2; conv-transpose 4 f4 s2 p1 relu; adaptive 3; flatten; dense 2 softmax",
    "30x8; conv 6 f3; pool 2; bn; dense 4",
    "28x28 seq; rnn 12; dense 10",
    "10x6 seq; lstm 5 bi seq; gru 4 bi; dense 3",
    "6x8x8x2; convlstm 3 f3; gap",
    "12; embedding 50 8; attention h2; ln; lstm 4 L2; dense 2 sigmoid",
    "4x6x6x2; conv 3 f3",
    "4x6x6x2; pool 2; adaptive 1; conv-transpose 3 f2 s2 op1; avgpool f2 s1 same; adaptive-maxpool 2",
    "9x4; conv-transpose 4 f3 s2 p1; adaptive-maxpool 3; local-conv 2 f2; resize 7; scale; shift n=14",
    "14x14x6; conv-table k16 f5 pairs60; local-conv 3 f2 s2; resize 9; adaptive-maxpool 4x2; dense 5; rbf 10",
    "6x5 seq; permute 2x1; reduce 1; expand 4x6; slice axis=2 start=1 size=2; shift n=1",
]


@each_row("line", LINES)
def test_shapes_and_parameters_are_those_of_the_table(line: str) -> None:
    network = text.read(line)
    found = list(run_forward(network))
    assert len(found) == len(network.layers)
    for ran in found:
        check(ran)
        assert np.isfinite(ran.largest)
    assert found[-1].largest > 0


@pytest.mark.parametrize(
    ("name", "input"),
    [("lenet5", None), ("mnist-rnn", None), ("imdb-lstm", None), ("mnist-mlp-bn", None), ("squeezenet1.1", "40x40x3"),
     ("resnet18", "33x33x3"), ("googlenet", "48x48x3"), ("shufflenet-v2", "32x32x3"), ("se-resnet50", "32x32x3")],
)  # fmt: skip
def test_published_networks_run(name: str, input: str | None) -> None:
    """Residual sums, concatenations, channel shuffles, squeeze and excitation."""
    found = run_network(name, input)
    assert found.parameters == sum(ran.row.count("parameters") for ran in found.layers)
    assert found.to_dict()["total"]["parameters"] == found.parameters


def test_the_seed_draws_the_parameters() -> None:
    one, same, other = ([ran.largest for ran in run_forward(zoo.network("lenet5"), seed)] for seed in (1, 1, 2))
    assert one == same != other


def test_what_is_no_longer_read_is_let_go() -> None:
    """A chain keeps two outputs at a time: its own and the one that it reads."""
    from dlcalc.networks.forward import _Forward

    forward = _Forward(text.read("8x8x1; conv 2 f3; conv 2 f3; conv 2 f3; dense 2"), 0)
    kept = [len(forward.values) for _ in forward.run()]
    assert max(kept) == 2


def test_a_mean_over_same_padding_leaves_the_padding_out() -> None:
    """Of all ones the mean is one, at the border too."""
    from dlcalc.networks.forward import _Forward

    forward = _Forward(text.read("5x5x1; avgpool f3 s2 same"), 0)
    forward._first = lambda: np.ones((1, 5, 5, 1), np.float32)  # type: ignore[method-assign]
    (ran,) = forward.run()
    assert ran.largest == 1.0
    assert forward.values[ran.row.layer.name].min() == 1.0


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("n x n x 3; conv 8 f3", r"^conv-1 cannot be run while letters are left: "),
        ("100000; dense 5000", r"^at most 400,000,000 parameters are allocated, and .* has 500,005,000$"),
        (
            "100000x100000x3; pool 2",
            r"^at most 400,000,000 numbers are held at a time, .* 37,500,000,000 at maxpool-1$",
        ),
        ("30000x2 seq; attention 2", r"^at most 400,000,000 numbers are held at a time, .* at attention-1$"),
        ("90000000x2 seq; lstm 8", r"^at most 400,000,000 numbers are held at a time, .* at lstm-1$"),
        ("4000x4000x3; conv 64 f9", r"^at most 100,000,000,000 multiplications are done, and .* has \d[\d,]+$"),
        ("4x6x6x2; pool f2 ceil", r"cannot be run: volumes are pooled without dilation, by windows that are whole$"),
        ("8x4; conv-transpose 4 f2 p2", r"\(conv-transpose\) cannot be run: its padding is wider than its window$"),
        (
            "5x4; scale n=2",
            r"\(scale\) cannot be run: there is one value, one for each channel, or one for each number$",
        ),
        ("8x8x4; avgpool f2 s1 d2", r"^avgpool-1 \(avgpool\) cannot be run: average pooling has no dilation$"),
    ],
)
def test_what_cannot_be_run_says_why(line: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        list(run_forward(text.read(line)))


def test_a_network_without_layers_cannot_be_run() -> None:
    with pytest.raises(UserError, match=r"^mine has no layers to run$"):
        next(run_forward(Network("mine", "", (3,), ())))


def test_another_shape_than_the_tables_is_our_own_bug() -> None:
    ran = next(iter(run_forward(zoo.network("lenet5"))))
    with pytest.raises(InternalError, match=r"ran to \(1, 2, 3\) and 156 parameters, not \(28, 28, 6\) and 156"):
        check(ForwardPass(ran.row, (1, 2, 3), ran.parameters, 0.0, 1.0))


@pytest.mark.peers
def test_a_layer_gives_what_pytorch_gives() -> None:
    """LeNet-5 with the parameters that were drawn here, as PyTorch's own functions compute it."""
    torch = pytest.importorskip("torch")
    from dlcalc.networks.forward import _Forward

    drawn: list[object] = []

    class Kept(_Forward):
        def weights(self, *shape: int, inputs: int = 0) -> object:
            drawn.append(super().weights(*shape, inputs=inputs))
            return drawn[-1]

    forward = Kept(text.read("16x16x2; conv 4 f3 relu; avgpool 2; conv 6 f3 s2 p1 tanh; dense 5 softmax"), 3)
    first = forward._first()
    forward._first = lambda: first  # type: ignore[method-assign]
    last = [forward.values[ran.row.layer.name] for ran in forward.run()][-1]
    a, b, c = map(torch.tensor, drawn)
    x = torch.tensor(first).movedim(-1, 1)
    x = torch.nn.functional.avg_pool2d(torch.relu(torch.nn.functional.conv2d(x, a)), 2)
    x = torch.tanh(torch.nn.functional.conv2d(x, b, stride=2, padding=1))
    wanted = torch.softmax(x.flatten(1) @ c.T, 1).numpy()
    assert np.abs(last - wanted).max() <= 1e-5 * np.abs(wanted).max()


@pytest.mark.parametrize(
    ("word", "at", "wanted"),
    [
        ("swish", 1.0, 0.7310585786),  # 1/(1 + 1/e)
        ("swish", -2.0, -0.2384058440),  # −2/(1 + e²)
        ("relu6", 7.5, 6.0),
        ("relu6", -1.0, 0.0),
        ("elu", 2.0, 2.0),
        ("elu", -1.0, -0.6321205588),  # 1/e − 1
        ("hardsigmoid", 1.5, 0.75),
        ("hardsigmoid", -4.0, 0.0),
        ("hardswish", 1.5, 1.125),
        ("hardswish", 4.0, 4.0),
    ],
)
def test_an_activation_that_is_put_together_is_what_it_is_called(word: str, at: float, wanted: float) -> None:
    """Ramachandran and others (swish), Clevert and others (elu), Howard and others (the hard ones), by hand."""
    from dlcalc.networks.elementwise import REMARKS

    found = REMARKS[word](np.array([at], np.float32))
    assert found.dtype == np.float32
    assert found[0] == pytest.approx(wanted, abs=1e-6)


def test_arrays_of_a_file_that_do_not_fit_are_refused_with_their_layer() -> None:
    """A slope for each of three channels of two."""
    network = text.read("4x2; conv 2 f1; prelu")
    rows = [np.ones((2, 2, 1), np.float32), np.zeros(2, np.float32)]
    slopes = {"settings": {"n": 3}, "arrays": lambda: [np.ones(3)], "details": {"shape": (3,)}}
    layers = (replace(network.layers[0], arrays=lambda: rows), replace(network.layers[1], **slopes))
    with pytest.raises(UserError, match=r"^prelu-1 \(prelu\) cannot be run: its arrays in the file do not fit what"):
        list(run_forward(replace(network, layers=layers)))


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        (None, r"^fc-1 \(dense\) cannot be run: its weights in the file are not followed$"),
        ([np.ones((3, 2))], r"an array of \(3, 4\) is read from its weights in the file, and it is \(3, 2\)$"),
        ([np.ones((3, 4))], r"an array of \(3,\) is read from its weights in the file, and there is none$"),
        ([np.ones((3, 4)), np.ones(3), np.ones(3)], r"1 of its arrays in the file are not read$"),
    ],
)
def test_weights_of_a_file_that_are_not_the_layers(arrays: list[object] | None, sentence: str) -> None:
    network = text.read("4; dense 3; dense 2")
    first = replace(network.layers[0], arrays=None if arrays is None else lambda: arrays)
    second = replace(network.layers[1], arrays=lambda: [np.ones((2, 3)), np.ones(2)])
    with pytest.raises(UserError, match=sentence):
        list(run_forward(replace(network, layers=(first, second))))
