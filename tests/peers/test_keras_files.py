"""Random Keras models against what is read from their files: parameters, products and the shape that Keras gives.

Products are counted while the model runs, operator by operator on the PyTorch backend; Keras runs a cell that is no
LSTM and no GRU one step more, to see its shape, so those are checked without them.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from dlcalc.networks.readers import read_data
from dlcalc.networks.table import tabulate

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")
L = keras.layers
pytestmark = pytest.mark.peers


def on_a_map(x: Any, r: random.Random) -> list[Callable[[], Any]]:
    same = r.choice(["same", "valid"])
    return [
        lambda: L.Conv2D(r.choice([2, 4]), r.choice([1, 3]), padding=same, strides=r.choice([1, 2]))(x),
        lambda: L.Conv2DTranspose(2, r.choice([2, 3]), strides=r.choice([1, 2, 3]), padding=same)(x),
        lambda: L.SeparableConv2D(3, 3, padding="same")(x),
        lambda: L.Dense(3)(x),
        lambda: L.BatchNormalization(axis=r.choice([-1, 1, 2]))(x),
        lambda: L.LayerNormalization(axis=r.choice([-1, [1, 2], [2, 3]]))(x),
        lambda: L.PReLU(shared_axes=r.choice([None, [1, 2]]))(x),
        lambda: L.UpSampling2D(2)(x),
        lambda: L.Permute((2, 3, 1))(x),
        lambda: L.Reshape((-1, x.shape[-1]))(x),
        lambda: L.GlobalAveragePooling2D(keepdims=r.choice([True, False]))(x),
        lambda: L.Add()([x, L.GlobalMaxPooling2D(keepdims=True)(x)]),
        lambda: L.Concatenate(axis=r.choice([1, 2, 3]))([x, x]),
        lambda: L.TimeDistributed(L.LSTM(3, return_sequences=r.choice([True, False])))(x),
        lambda: L.Flatten()(x),
    ]


def on_a_sequence(x: Any, r: random.Random) -> list[Callable[[], Any]]:
    whole = r.choice([True, False])
    return [
        lambda: L.Dense(5)(x),
        lambda: L.LSTM(4, return_sequences=whole)(x),
        lambda: L.Bidirectional(L.GRU(3, return_sequences=whole), merge_mode=r.choice(["concat", "sum", "mul", "ave"]))(
            x
        ),
        lambda: L.RNN(L.LSTMCell(3))(x),
        # of one feature the backend's own product is not counted
        lambda: L.MultiHeadAttention(2, r.choice([2, 3]), use_bias=whole)(x, x) if x.shape[-1] > 1 else L.Dense(3)(x),
        lambda: L.Attention()([x, x]),
        lambda: L.Conv1D(4, 3, padding=r.choice(["same", "causal"]))(x),
        lambda: L.BatchNormalization(axis=r.choice([-1, 1]))(x),
        lambda: L.Permute((2, 1))(x),
        lambda: L.Dot(axes=2)([x, x]),
        lambda: x[:, -1],
        lambda: keras.ops.mean(x, axis=r.choice([1, 2])),
        lambda: L.Flatten()(x),
    ]


def on_a_vector(x: Any, r: random.Random) -> list[Callable[[], Any]]:
    return [
        lambda: L.Dense(4)(x),
        lambda: L.RepeatVector(3)(x),
        lambda: L.Concatenate()([x, L.Dense(2)(x)]),
        lambda: L.Dot(axes=1)([x, x]),
    ]


def model(seed: int) -> Any:
    """A model of two to six layers; what Keras itself refuses is drawn again."""
    r = random.Random(seed)
    while True:
        inputs = keras.Input(r.choice([(8, 10, 4), (10, 8, 2), (6, 4), (9, 6), (5,)]))
        x = inputs
        try:
            for _ in range(r.randint(2, 6)):
                choices = {1: on_a_vector, 2: on_a_sequence, 3: on_a_map}[len(x.shape) - 1]
                x = r.choice(choices(x, r))()
        except (ValueError, KeyError):
            continue
        if len(x.shape) == 2 and r.random() < 0.5:
            twice = L.Dense(x.shape[-1])
            x = twice(twice(x))
        return keras.Model(inputs, x)


def differences(seed: int) -> list[str]:
    """What is read otherwise than it is; "partial" where something is not known."""
    keras.utils.set_random_seed(seed)
    wanted = model(seed)
    found = tabulate(read_data(wanted.to_json().encode()), "keras")
    if found.partial:
        return ["partial"]
    wrong = []
    if found.total["parameters"] != wanted.count_params():
        wrong.append(f"parameters {found.total['parameters']}, not {wanted.count_params()}")
    if found.rows[-1].output != tuple(wanted.output.shape[1:]):
        wrong.append(f"output {found.rows[-1].output}, not {wanted.output.shape}")
    if not any(_steps_more(layer) for layer in wanted.layers):
        try:
            macs = products(wanted)
        except RuntimeError:  # this backend does not run a layer normalisation along the first axes
            return wrong
        wrong += [f"macs {found.total['macs']}, not {macs}"] if found.total["macs"] != macs else []
    return wrong


def _steps_more(layer: Any) -> bool:
    inner = getattr(layer, "layer", None) or getattr(layer, "forward_layer", None)
    return type(layer).__name__ in ("RNN", "SimpleRNN") or (inner is not None and _steps_more(inner))


def products(wanted: Any) -> int:
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    x = keras.ops.zeros((1, *wanted.input.shape[1:]))
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as found, keras.device("cpu"):
        wanted(x)
    return int(found.get_total_flops() // 2)


@pytest.mark.parametrize("seed", range(30))
def test_a_random_model_has_the_counts_of_keras(seed: int) -> None:
    assert differences(seed) == []
