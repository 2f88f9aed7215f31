"""Random PyTorch modules against what is read from their ONNX files: parameters, products and the shape that comes out.

Parameters are those of the module, products are what its operators do, counted while it runs.
"""

from __future__ import annotations

import io
import random
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from dlcalc.networks.readers import read_data
from dlcalc.networks.table import tabulate

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
nn, F = torch.nn, torch.nn.functional
pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

Step = tuple[Any, Callable[[Any, Any], Any]]
"""A module with weights, or None, and what is done with it."""


def call(module: Any, x: Any) -> Any:
    found = module(x)
    return found[0] if isinstance(found, tuple) else found


def twice(module: Any, x: Any) -> Any:
    return module(torch.relu(module(x)))


def on_a_map(x: Any, r: random.Random) -> list[Callable[[], Step]]:
    c = x.shape[1]
    k, ceil = r.choice([2, 4]), r.random() < 0.5
    return [
        lambda: (nn.Conv2d(c, k, r.choice([1, 3]), r.choice([1, 2]), r.choice([0, 1]), bias=r.random() < 0.5), call),
        lambda: (nn.Conv2d(c, 2 * c, 3, padding=1, groups=c), call),
        lambda: (nn.ConvTranspose2d(c, 2, r.choice([2, 3]), r.choice([1, 2])), call),
        lambda: (nn.Conv2d(c, c, 3, padding=1), twice),
        lambda: (nn.GroupNorm(1, c), call),
        lambda: (nn.InstanceNorm2d(c, affine=r.random() < 0.5), call),
        lambda: (nn.PReLU(r.choice([1, c])), call),
        lambda: (nn.Linear(x.shape[-1], 5), call),
        lambda: (nn.Linear(c, 3), lambda m, y: m(y.permute(0, 2, 3, 1))),
        lambda: (None, lambda m, y: F.max_pool2d(y, 2, ceil_mode=ceil)),
        lambda: (None, lambda m, y: F.interpolate(y, scale_factor=2)),
        lambda: (None, lambda m, y: F.pad(y, (1, 0, 2, 1))),
        lambda: (None, lambda m, y: y.flatten(2).transpose(1, 2)),
        lambda: (None, lambda m, y: y.permute(0, 3, 1, 2).flatten(2)),
        lambda: (None, lambda m, y: y.mean((2, 3))),
        lambda: (nn.Conv2d(c, c, 1), lambda m, y: y * torch.sigmoid(m(F.adaptive_avg_pool2d(y, 1)))),
        lambda: (nn.Conv2d(2 * c, 3, 1), lambda m, y: m(torch.cat([y, y.flip(0)], 1))),
        lambda: (None, lambda m, y: y.flatten(1)),
    ]


def on_a_sequence(x: Any, r: random.Random) -> list[Callable[[], Step]]:
    n = x.shape[-1]
    cell = r.choice([nn.RNN, nn.LSTM, nn.GRU])
    return [
        lambda: (nn.Linear(n, 5, bias=r.random() < 0.7), call),
        lambda: (nn.Linear(n, n), twice),
        lambda: (nn.LayerNorm(n, elementwise_affine=r.random() < 0.7), call),
        lambda: (nn.LayerNorm(tuple(x.shape[1:])), call),
        lambda: (cell(n, 4, r.choice([1, 2]), batch_first=True, bidirectional=r.random() < 0.5), call),
        lambda: (cell(n, n, batch_first=True), lambda m, y: y + m(y)[0]),
        lambda: (nn.MultiheadAttention(n, 1, batch_first=True, bias=r.random() < 0.5), lambda m, y: m(y, y, y)[0]),
        lambda: (nn.Conv1d(n, 4, 3, padding=1), lambda m, y: m(y.transpose(1, 2)).transpose(1, 2)),
        lambda: (None, lambda m, y: y.transpose(1, 2)),
        lambda: (None, lambda m, y: torch.bmm(y, y.transpose(1, 2))),
        lambda: (None, lambda m, y: y[:, -1]),
        lambda: (None, lambda m, y: y[:, 1:]),
        lambda: (None, lambda m, y: y.mean(1)),
        lambda: (None, lambda m, y: y.unsqueeze(1)),
        lambda: (None, lambda m, y: y.flatten(1)),
    ]


def on_a_vector(x: Any, r: random.Random) -> list[Callable[[], Step]]:
    n = x.shape[-1]
    return [
        lambda: (nn.Linear(n, 6), call),
        lambda: (nn.Linear(n, n), twice),
        lambda: (nn.Linear(n, 3), lambda m, y: torch.cat([y, m(y)], -1)),
        lambda: (None, lambda m, y: torch.tanh(y)),
        lambda: (nn.Linear(n, 12), lambda m, y: m(y).view(1, 3, 4)),
    ]


class Drawn(nn.Module):  # type: ignore[misc, name-defined]
    """Two to six steps one after the other."""

    def __init__(self, r: random.Random) -> None:
        super().__init__()
        size = r.choice([(1, 4, 8, 6), (1, 2, 9, 9), (1, 6, 4), (1, 7, 5), (1, 5)])
        self.input = torch.randn(size)
        self.parts = nn.ModuleList()
        self.steps: list[Step] = []
        x = self.input
        while len(self.steps) < r.randint(2, 6):
            choices = {2: on_a_vector, 3: on_a_sequence, 4: on_a_map}[x.dim()](x, r)
            module, use = r.choice(choices)()
            try:
                made = use(module, x)
            except (RuntimeError, ValueError, IndexError, AssertionError):
                continue
            if min(made.shape) < 1 or made.numel() > 20_000:
                continue
            x = made
            self.steps.append((module, use))
            if module is not None:
                self.parts.append(module)
        for weight in self.parameters():
            weight.data = 0.3 * torch.randn_like(weight)

    def forward(self, x: Any) -> Any:
        for module, use in self.steps:
            x = use(module, x)
        return x


def counted(model: Any, *x: Any) -> tuple[int, Any]:
    """The products of a run, one operator after the other, and what comes out."""
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    plain = torch.backends.mkldnn.flags(enabled=False)
    with plain, sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as products, torch.no_grad():
        found = model(*x)
    return products.get_total_flops() // 2, found


def differences(seed: int) -> list[str]:
    """What is read otherwise than it is; "partial" where something is not known."""
    torch.manual_seed(seed)
    torch.backends.mha.set_fastpath_enabled(False)
    model = Drawn(random.Random(seed)).eval()
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        macs, out = counted(model, model.input)
        torch.onnx.export(model, (model.input,), file, dynamo=False, opset_version=17)
    try:
        table = tabulate(read_data(file.getvalue()), "pytorch")
    except Exception as error:
        if not model.steps or "no layers" in str(error):
            return []
        return [f"refused: {error}"]
    if table.partial:
        return ["partial"]
    parameters = sum(weight.numel() for weight in model.parameters())
    size = tuple(out.shape[1:])
    found = []
    if table.total["parameters"] != parameters:
        found.append(f"parameters {table.total['parameters']}, not {parameters}")
    if table.total["macs"] != macs:
        found.append(f"macs {table.total['macs']}, not {macs}")
    if table.rows[-1].output not in (size, (*size[1:], *size[:1])):
        found.append(f"output {table.rows[-1].output}, not {size}")
    return found


@pytest.mark.parametrize("seed", range(25))
def test_a_random_module_is_read_as_it_is(seed: int) -> None:
    assert differences(seed) == []
