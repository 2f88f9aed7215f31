"""The PyTorch and Keras programs that we print compute what `--run` computes, with the same weights and input."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

# ruff: noqa: E402 - what is imported needs those that are skipped for
np = pytest.importorskip("numpy")
pytest.importorskip("numba")
torch = pytest.importorskip("torch")

import dlcalc
from dlcalc.networks import text
from dlcalc.networks.forward import _Forward
from dlcalc.networks.network import INPUT

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

LINES = {
    "up-sampled, cropped, padded": "8x8x4; upsample 2; crop crop_begin=1 crop_end=2; pad 1; conv 4 f3",
    "a signal up-sampled": "9x4; upsample 2; crop 1; conv 2 f3",
    "normalised in groups": "8x8x4; groupnorm 2; conv 4 f3; groupnorm 4; rmsnorm; ln",
    "slopes of a map": "8x8x4; conv 3 f3; prelu; conv 2 f2",
    "slopes of a sequence": "6x4 seq; dense 3; prelu; dense 2",
    "causal": "9x4; conv 3 f3 causal d2",
    "unequal padding": "8x8x4; pad pad_begin=1x2 pad_end=0x3; conv 4 f3",
    "same with a stride": "9x8x3; conv 4 f4 s3 same; depthwise 2 f3 s2 same",
    "transposed, same, odd": "8x8x3; deconv 4 f3 s2 same",
    "transposed, same, even": "8x8x3; deconv 2 f4 s2 same",
    "transposed, same, gaps": "8x8x3; deconv 2 f2 s3 same",
    "transposed": "8x8x3; deconv 2 f3 s2 p1; deconv 3 f3 s2 op1",
    "repeated vector": "4; repeat 3; rmsnorm; dense 3",
    "attention": "6x4 seq; attention 2; dense 2",
    "attention without biases": "6x4 seq; attention 2 nobias",
    "cross-attention": "6x4 seq; a: dense 4; b: slice axis=1 start=1 size=3 from a; c: attention 2 from a b",
    "several inputs": "6x4 seq; a: dense 4; b: attention 2 from a; c: multiply a b; d: subtract c a; e: maximum d b",
    "last step": "6x4 seq; lstm 3 bi seq; slice axis=1 start=-1 size=1 drop; dense 2",
    "steps": "6x4 seq; slice axis=1 start=1 size=3; lstm 3",
    "squeeze and excitation": "8x8x4; a: conv 4 f3 p1; gap; dense 2 relu; dense 4 sigmoid; multiply a; conv 2 f3",
    "embedding": "5; embedding 9 4; conv 3 f2; gap; dense 2",
    "maps laid out anew": "8x8x3; reshape 4x16x3; conv 2 f3",
    "maps as a sequence": "4x4x3; conv 2 f1; reshape 16x2; attention 2; dense 3",
    "pixels of channels": "4x5x3; conv 18 f1; pixel-shuffle 3; conv 2 f2; conv 8 f1; pixel-shuffle 2",
    "channels laid out anew": "4x4x8; conv 8 f1; reshape 8x8x2; conv 2 f2",
    "a signal as a vector": "6x4; conv 3 f1; reshape 18; dense 2",
    "one slope of a sequence": "6x4 seq; dense 3; prelu n=1; dense 2",
    "a sequence laid out anew": "6x4 seq; dense 4; reshape 3x8; lstm 3",
    "separable": "8x8x3; sepconv 4 f3; bn; conv 2 f3 swish",
    "volumes": "4x6x6x2; conv 3 f3; upsample 2; crop 1",
    "pooled, activated": "9x9x4; maxpool f3 s2; avgpool f2 s1; conv 3 f1; act tanh; adaptive 2; gap; dense 3 relu",
    "a map as a vector": "5x5x2; conv 3 f2; flatten; dense 3",
    "largest of all": "6x6x4; conv 3 f2; gmp; dropout 0.3; dense 2",
    "a residual": "6x6x4; a: conv 4 f1; b: conv 4 f1 from a; add a b; conv 2 f1",
    "split and shuffled": "6x6x4; split parts2 part2; conv 4 f1; shuffle g2; conv 2 f1",
    "sub-sampled": "6x6x4; subsampling 2; conv 2 f1",
    "neighbouring maps": "6x6x8; conv 8 f1; lrn; conv 2 f1",
    "a recurrent layer": "6x4 seq; rnn 3 seq; dense 2",
    "a gated layer": "6x4 seq; gru 3 seq; dense 2",
    "the smaller of two": "6x4 seq; a: dense 4; b: dense 4 from a; minimum a b; dense 2",
    "a product of sequences": "6x4 seq; a: dense 3; b: dense 3 from a; matmul a b transposed; dense 2",
    "largest of bins": "9x7x4; adaptive-maxpool 3x2; conv 2 f1",
    "resized": "9x7x4; resize 6; conv 2 f1",
    "a quotient": "6x4 seq; a: dense 4; b: dense 4 sigmoid from a; divide a b; dense 2",
    "both ways of joining": "8x8x4; a: conv 4 f1; b: conv 4 f1 from a; c: average a b; concat a c; conv 2 f1",
}


class Kept(_Forward):
    """With biases and scales that are no 0 and 1; the parameters of each layer are kept, in order."""

    def __init__(self, line: str) -> None:
        super().__init__(text.read(line), zlib.crc32(line.encode()))
        self.kept: dict[str, list[Any]] = {}
        self.start = self._first()
        ran = [row.row for row in self.run()]
        self.last = ran[-1].layer.name
        self.output = self.values[self.last]
        self.kinds = {row.layer.name: row.layer.kind for row in ran}

    def _first(self) -> Any:
        return self.__dict__["start"] if "start" in self.__dict__ else super()._first()

    def keep(self, found: Any) -> Any:
        self.kept.setdefault(self.running, []).append(found)
        return found

    def weights(self, *shape: int, inputs: int = 0) -> Any:
        return self.keep(super().weights(*shape, inputs=inputs))

    def zeros(self, wanted: bool, *shape: int) -> Any:
        found = super().zeros(wanted, *shape)
        return self.keep(None if found is None else found + self.random.standard_normal(shape, dtype=np.float32) / 2)

    def ones(self, count: int) -> Any:
        return self.keep(super().ones(count) + self.random.standard_normal(count, dtype=np.float32) / 4)


def close(found: Any, wanted: Any) -> bool:
    return bool(found.shape == wanted.shape and np.abs(found - wanted).max() <= 2e-5 * max(1, np.abs(wanted).max()))


def channels_first(x: Any, signal: bool) -> Any:
    return np.ascontiguousarray(np.moveaxis(x, -1, 1)) if signal or x.ndim > 3 else x


def in_torch(kind: str, kept: list[Any]) -> list[Any]:
    """The parameters as PyTorch's module has them in order."""
    if kind == "attention":
        q, k, v, o, *biases = kept
        joined = [np.concatenate(biases[:3])] if biases[0] is not None else []
        return [np.concatenate([q, k, v]), *joined, o, *([biases[3]] if joined else [])]
    if kind in ("rnn", "lstm", "gru"):  # the second bias that PyTorch has is 0
        return [np.zeros_like(kept[at - 1]) if each is None else each for at, each in enumerate(kept)]
    if kind == "prelu":
        return [kept[0] * np.float32(0.25)]
    return [each for each in kept if each is not None]


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_pytorch(line: str) -> None:
    ours = Kept(line)
    space: dict[str, Any] = {"__name__": "printed"}
    exec(compile(dlcalc.code(line, "pytorch"), line, "exec"), space)
    (model,) = (each for each in space.values() if getattr(each, "__module__", "") == "printed")
    module = model().eval()
    with torch.no_grad():
        for name, kept in ours.kept.items():
            given = in_torch(ours.kinds[name], kept)
            parameters = list(getattr(module, name.replace("-", "_")).parameters())
            assert [tuple(each.shape) for each in parameters] == [each.shape for each in given], name
            for parameter, each in zip(parameters, given, strict=True):
                parameter.copy_(torch.tensor(each))
        found = module(torch.tensor(channels_first(ours.start, INPUT in ours.signals)))
    found = found[-1] if isinstance(found, tuple) else found
    assert close(found.numpy(), channels_first(ours.output, ours.last in ours.signals))


UNLIKE_KERAS = {"one slope of a sequence", "transposed, same, odd", "a map as a vector", "neighbouring maps", "resized"}
"""Keras has a slope for each number, or one for each channel; it cuts an odd pixel of a transposed convolution with
same off at the end, p and output_padding at the beginning; it lays a map out with its channels last; it has no local
response normalisation; it counts the nearest pixel from the middle of a pixel."""


def in_keras(kind: str, kept: list[Any], shapes: list[tuple[int, ...]]) -> list[Any]:
    """The weights as Keras's layer has them in order: axes of a kernel first, what is made last."""
    given = [each for each in kept if each is not None]
    kernel = given[0]
    match kind:
        case "conv":
            given[0] = np.moveaxis(kernel, (1, 0), (-2, -1))
        case "depthwise":
            c, m = shapes[0][-2:]
            given[0] = np.moveaxis(kernel.reshape(c, m, *kernel.shape[2:]), (0, 1), (-2, -1))
        case "conv-transpose":
            given[0] = np.moveaxis(kernel, (0, 1), (-1, -2))
        case "dense":
            given[0] = kernel.T
        case "prelu":
            given[0] = (kernel * np.float32(0.25)).reshape(shapes[0])
        case "subsampling":
            given[0] = kernel.reshape(shapes[0])
        case "rnn" | "lstm":
            given = [each.T for each in given]
        case "gru":  # the update gate before the reset gate
            reset, update, candidate = np.split(np.arange(len(kernel)), 3)
            given = [each[np.concatenate([update, reset, candidate])].T for each in given]
            given[2] = np.stack([given[2], np.zeros_like(given[2])])
        case "attention":
            matrices = [each.T for each in given[:4]]
            biases = given[4:] or [None] * 4
            pairs = [each for pair in zip(matrices, biases, strict=True) for each in pair if each is not None]
            given = [each.reshape(shape) for each, shape in zip(pairs, shapes, strict=True)]
        case "batchnorm":
            given += [np.zeros_like(kernel), np.ones_like(kernel)]
    return given


@pytest.mark.parametrize("name", [name for name in LINES if name not in UNLIKE_KERAS])
def test_keras(name: str) -> None:
    pytest.importorskip("keras")
    ours = Kept(LINES[name])
    space: dict[str, Any] = {"__name__": "printed"}
    exec(compile(dlcalc.code(LINES[name], "keras"), name, "exec"), space)
    model = space["model"]
    for layer, kept in ours.kept.items():
        theirs = model.get_layer(layer)
        given = in_keras(ours.kinds[layer], kept, [tuple(each.shape) for each in theirs.get_weights()])
        theirs.set_weights(given)
        if hasattr(theirs, "epsilon"):  # another small number in Keras, where none is said
            theirs.epsilon = 1e-6 if ours.kinds[layer] == "rmsnorm" else 1e-5
    found = model(ours.start)
    found = (found[-1] if isinstance(found, list) else found).detach().cpu().numpy()
    assert close(found, ours.output)
