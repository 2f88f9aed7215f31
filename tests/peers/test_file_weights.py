"""`--run` of a file with weights: its values are those of onnxruntime and of Keras, for the same input."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# ruff: noqa: E402 - what is imported needs those that are skipped for
np = pytest.importorskip("numpy")
pytest.importorskip("numba")
torch = pytest.importorskip("torch")
pytest.importorskip("h5py")

from dlcalc.networks.forward import _Forward, check
from dlcalc.networks.network import Network
from dlcalc.networks.readers import read_data

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]
nn, F = torch.nn, torch.nn.functional


class Given(_Forward):
    """On inputs that are given, in the order of the table."""

    def __init__(self, network: Network, inputs: list[Any]) -> None:
        super().__init__(network, 0)
        self.inputs = inputs

    def _first(self) -> Any:
        return arranged(self.inputs.pop(0), self.network.input)

    def _input(self, row: Any) -> Any:
        return arranged(self.inputs.pop(0), row.output)


def arranged(x: Any, shape: Any) -> Any:
    """A map of ONNX has its channels first."""
    return x if x.shape[1:] == tuple(shape) else np.moveaxis(x, 1, -1)


def ran(network: Network, inputs: list[Any]) -> Any:
    forward = Given(network, list(inputs))
    for each in forward.run():
        check(each)
        found = forward.values[each.row.layer.name]
    return found


def close(found: Any, wanted: Any) -> bool:
    found = found if found.shape == wanted.shape else np.moveaxis(found, -1, 1)
    return bool(found.shape == wanted.shape and np.abs(found - wanted).max() <= 5e-5 * max(1e-3, np.abs(wanted).max()))


# ONNX, as PyTorch writes it


class Calls(nn.Module):  # type: ignore[misc, name-defined]
    """A module whose parts are called by a function."""

    def __init__(self, call: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        self.call = call
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *x: Any) -> Any:
        return self.call(self, *x)


def patches(s: Any, x: Any) -> Any:
    x = torch.cat([s.token.expand(x.shape[0], -1, -1), s.cut(x).flatten(2).transpose(1, 2)], 1) + s.places
    return s.head(s.block(x)[:, 0])


def gated(s: Any, x: Any) -> Any:
    a, b = s.conv(x)[:, :, :-2].chunk(2, 1)
    return s.head((a * torch.sigmoid(b)).flatten(1))


def residual(s: Any, x: Any) -> Any:
    y = F.relu(s.norm(s.a(x)))
    return s.head(F.relu(y + s.b(y)).mean((2, 3)))


def last(s: Any, x: Any) -> Any:
    return s.head(s.cell(x)[0][:, -1])


learned = nn.Parameter
MODULES: dict[str, Callable[[], tuple[Any, list[tuple[int, ...]]]]] = {
    "convolutions": lambda: (nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 12, 3, groups=4),
        nn.BatchNorm2d(12), nn.LeakyReLU(0.2), nn.AvgPool2d(2, padding=1), nn.Flatten(), nn.Linear(48, 10),
        nn.Softmax(-1)), [(3, 20, 20)]),
    "other activations": lambda: (nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(256, 84), nn.ELU(0.7), nn.Linear(84, 10), nn.LogSoftmax(1)), [(1, 28, 28)]),
    "normalisations": lambda: (nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.InstanceNorm2d(8), nn.SiLU(), nn.InstanceNorm2d(8, affine=True), nn.Hardswish(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 3)), [(3, 9, 8)]),
    "LSTM of two layers": lambda: (
        Calls(last, cell=nn.LSTM(5, 7, 2, batch_first=True), head=nn.Linear(7, 3)), [(6, 5)]),
    "both directions": lambda: (
        Calls(last, cell=nn.LSTM(5, 7, batch_first=True, bidirectional=True), head=nn.Linear(14, 3)), [(6, 5)]),
    "GRU": lambda: (Calls(last, cell=nn.GRU(5, 7, batch_first=True), head=nn.Linear(7, 3)), [(6, 5)]),
    "RNN with relu": lambda: (
        Calls(last, cell=nn.RNN(5, 7, batch_first=True, nonlinearity="relu"), head=nn.Linear(7, 3)), [(6, 5)]),
    "a residual sum": lambda: (
        Calls(residual, a=nn.Conv2d(3, 8, 3, padding=1), norm=nn.BatchNorm2d(8),
              b=nn.Conv2d(8, 8, 3, padding=1, bias=False), head=nn.Linear(8, 4)), [(3, 8, 9)]),
    "a layer called twice": lambda: (
        Calls(lambda s, x: s.o(torch.relu(s.a(torch.relu(s.a(x))))), a=nn.Linear(6, 6), o=nn.Linear(6, 2)), [(6,)]),
    "two inputs": lambda: (
        Calls(lambda s, x, y: s.a(x) * torch.sigmoid(s.b(y)) - 0.5, a=nn.Linear(5, 4), b=nn.Linear(7, 4)),
        [(5,), (7,)]),
    "patches": lambda: (
        Calls(patches, cut=nn.Conv2d(3, 16, 4, 4), token=learned(torch.randn(1, 1, 16)), head=nn.Linear(16, 5),
              places=learned(torch.randn(1, 17, 16)),
              block=nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, activation="gelu")), [(3, 16, 16)]),
    "cross-attention": lambda: (
        Calls(lambda s, x, y: s.a(x, y, y)[0], a=nn.MultiheadAttention(8, 2, batch_first=True)), [(5, 8), (6, 8)]),
    "a gate": lambda: (Calls(gated, conv=nn.Conv1d(4, 8, 3, padding=2), head=nn.Linear(40, 3)), [(4, 10)]),
    "from a vector": lambda: (nn.Sequential(
        nn.Linear(10, 280), nn.Unflatten(1, (8, 7, 5)),
        nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1), nn.PReLU(4), nn.Upsample(scale_factor=2),
        nn.Conv2d(4, 3, 3, padding=1), nn.Tanh()), [(10,)]),
    "pixels and channels": lambda: (nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.PixelShuffle(2), nn.Conv2d(2, 4, 1), nn.PixelUnshuffle(2), nn.Conv2d(16, 3, 1)),
        [(3, 8, 6)]),
    "resized": lambda: (nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.Upsample(size=(9, 13), mode="bilinear"),
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), nn.Conv2d(4, 2, 1)), [(3, 8, 6)]),
    "a signal": lambda: (nn.Sequential(
        nn.Conv1d(4, 8, 3, dilation=2), nn.BatchNorm1d(8), nn.ReLU6(), nn.MaxPool1d(2, padding=1),
        nn.ConvTranspose1d(8, 4, 3, stride=2), nn.Flatten(), nn.Linear(44, 2)), [(4, 13)]),
    "volumes": lambda: (nn.Sequential(
        nn.Conv3d(2, 4, 3), nn.ReLU(), nn.MaxPool3d(2), nn.ConvTranspose3d(4, 2, 2, stride=2), nn.AvgPool3d(2),
        nn.Flatten(), nn.Linear(36, 2)), [(2, 8, 9, 7)]),
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_onnx(name: str) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    torch.manual_seed(1)
    module, sizes = MODULES[name]()
    for part in module.modules():
        if getattr(part, "running_mean", None) is not None:
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2)
    inputs = [torch.randn(1, *size) for size in sizes]
    names, stream = ["x", "y"][: len(inputs)], io.BytesIO()
    torch.onnx.export(module.eval(), tuple(inputs), stream, dynamo=False, input_names=names)
    given = [each.numpy() for each in inputs]
    runtime = onnxruntime.InferenceSession(stream.getvalue())
    wanted = runtime.run(None, dict(zip(names, given, strict=True)))[0]
    assert close(ran(read_data(stream.getvalue()), given), wanted)


# Keras


def models() -> dict[str, Callable[[], Any]]:
    import keras
    from keras import layers as k

    def stack(shape: tuple[int, ...], *layers: Any) -> Any:
        return keras.Sequential([keras.Input(shape), *layers])

    def joined(call: Callable[..., Any], *shapes: tuple[int, ...]) -> Any:
        inputs = [keras.Input(shape) for shape in shapes]
        return keras.Model(inputs, call(*inputs))

    def twice(x: Any) -> Any:
        layer = k.Dense(6, activation="tanh")
        return k.Dense(2)(layer(layer(x)))

    first = {"data_format": "channels_first"}
    return {
        "convolutions": lambda: stack(
            (20, 18, 3), k.Conv2D(8, 3, strides=2, padding="same", activation="relu"), k.MaxPooling2D(2),
            k.Conv2D(12, 3, groups=4), k.BatchNormalization(), k.LeakyReLU(0.2),
            k.AveragePooling2D(2, padding="same"), k.Flatten(), k.Dense(10, activation="softmax")),
        "separable, slopes, norms": lambda: stack(
            (12, 12, 3), k.SeparableConv2D(4, 3, depth_multiplier=2),
            k.DepthwiseConv2D(3, depth_multiplier=2, padding="same"), k.PReLU(shared_axes=[1, 2]), k.PReLU(),
            k.GroupNormalization(4), k.LayerNormalization(), k.GlobalMaxPooling2D(), k.Dense(3, activation="elu")),
        "cells": lambda: stack((6, 4), k.LSTM(5, return_sequences=True), k.GRU(4), k.Dense(3)),
        "both directions": lambda: stack(
            (6, 4), k.SimpleRNN(5, return_sequences=True, activation="relu"),
            k.Bidirectional(k.LSTM(3, return_sequences=True)), k.Bidirectional(k.GRU(3), merge_mode="sum"), k.Dense(3)),
        "backwards, reset before": lambda: stack((6, 4), k.GRU(5, reset_after=False, go_backwards=True), k.Dense(2)),
        "cells on cells": lambda: stack(
            (6, 4), k.RNN([k.LSTMCell(3), k.GRUCell(2)], return_sequences=True), k.TimeDistributed(k.Dense(3)),
            k.Flatten()),
        "cross-attention": lambda: joined(
            lambda x, y: k.MultiHeadAttention(2, 3, value_dim=5)(x, y), (5, 8), (7, 8)),
        "a layer called twice": lambda: joined(twice, (6,)),
        "axes": lambda: stack(
            (4, 5, 3), k.Dense(6, activation="gelu"), k.Reshape((20, 6)), k.Permute((2, 1)), k.Dense(3), k.Flatten(),
            k.Dense(2)),
        "from a vector": lambda: stack(
            (10,), k.Dense(140), k.Reshape((7, 5, 4)), k.Conv2DTranspose(4, 3, strides=2), k.UpSampling2D(2),
            k.UpSampling2D(2, interpolation="bilinear"), k.Cropping2D(((1, 2), (0, 1))), k.Conv2D(2, 3)),
        "a causal signal": lambda: stack(
            (12, 4), k.Conv1D(6, 3, padding="causal", dilation_rate=2), k.MaxPooling1D(2),
            k.Conv1DTranspose(4, 3, strides=2), k.GlobalAveragePooling1D(), k.Dense(2)),
        "volumes": lambda: stack(
            (6, 7, 8, 2), k.Conv3D(3, 3), k.MaxPooling3D(2), k.Conv3DTranspose(2, 2, strides=2), k.Flatten(),
            k.Dense(2)),
        "products of tensors": lambda: stack(
            (5, 8), k.EinsumDense("abc,cde->abde", output_shape=(5, 2, 4), bias_axes="de"),
            k.EinsumDense("abde,dec->abc", output_shape=(5, 6), bias_axes="c"), k.Flatten(), k.Dense(2)),
        "channels first": lambda: stack(
            (3, 8, 9), k.Conv2D(4, 3, **first), k.MaxPooling2D(2, **first), k.BatchNormalization(axis=1), k.Flatten(),
            k.Dense(2)),
        "functions": lambda: joined(lambda x: keras.ops.mean(x[:, 1:4] * 2.0 + 1.0, axis=1) - 0.5, (6, 4)),
        "attention by sums": lambda: joined(lambda x, y: k.AdditiveAttention()([x, y]), (5, 4), (6, 4)),
        "products of inputs": lambda: joined(lambda x, y: k.Dot((2, 2))([x, y]), (5, 4), (6, 4)),
        "at every step": lambda: stack(
            (4, 8, 8, 2), k.TimeDistributed(k.Conv2D(3, 3, activation="relu")), k.TimeDistributed(k.MaxPooling2D(2)),
            k.TimeDistributed(k.Flatten()), k.LSTM(4), k.Dense(2)),
        "several axes": lambda: stack(
            (6, 4), k.RMSNormalization(), k.Dense(3), k.LayerNormalization(axis=[1, 2]), k.Softmax(axis=1)),
        "resized": lambda: stack(
            (8, 9, 3), k.Rescaling(1 / 255, offset=-0.5), k.Resizing(12, 11), k.ZeroPadding2D(((1, 2), (0, 1))),
            k.Conv2D(2, 3), k.ReLU(max_value=6), k.GlobalAveragePooling2D(keepdims=True), k.Flatten()),
        "measured": lambda: stack(
            (6, 4), k.Normalization(mean=[0.0, 0.5, 1.0, 2.0], variance=[1.0, 2.0, 0.5, 4.0]), k.Normalization(),
            k.Dense(2)),
        "maps over time": lambda: stack((3, 6, 6, 2), k.ConvLSTM2D(3, 3, padding="same"), k.Flatten(), k.Dense(2)),
    }  # fmt: skip


NAMES = (
    "convolutions", "separable, slopes, norms", "cells", "both directions", "backwards, reset before", "cells on cells",
    "cross-attention", "a layer called twice", "axes", "from a vector", "a causal signal", "volumes",
    "products of tensors", "channels first", "functions", "attention by sums", "products of inputs", "at every step",
    "several axes", "resized", "measured", "maps over time",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_keras(name: str, tmp_path: Path) -> None:
    pytest.importorskip("keras")
    random = np.random.default_rng(2)
    model = models()[name]()
    for weight in model.weights:
        values = random.normal(size=weight.shape).astype(np.float32) * 0.4
        if "seed" not in weight.path and "count" not in weight.path:
            weight.assign(np.abs(values) + 0.5 if "variance" in weight.path else values)
    file = tmp_path / "net.keras"
    model.save(file)
    inputs = [random.normal(size=(1, *each.shape[1:])).astype(np.float32) for each in model.inputs]
    wanted = model(inputs if len(inputs) > 1 else inputs[0])
    wanted = wanted[0] if isinstance(wanted, list) else wanted
    assert close(ran(read_data(file.read_bytes()), inputs), wanted.detach().cpu().numpy())


def test_every_model_is_named() -> None:
    pytest.importorskip("keras")
    assert tuple(models()) == NAMES
