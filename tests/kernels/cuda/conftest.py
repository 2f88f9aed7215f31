"""What tests of the CUDA kernels share: the simulator in the place of a GPU, with small tiles."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from kernels.cuda.simulator import Machine

import dlcalc.kernels.cuda as package
from dlcalc.kernels.cuda import conv, device, products, steps

# Small enough that a small array has several tiles and ragged ends; every kernel reads these sizes.
SMALL_TILES = {"SIDE": 4, "TILE": 16, "DEPTH": 4, "PADDED": 17, "THREADS": 16, "LOADS": 4}
SMALL_BLOCKS = {"THREADS": 8, "COLUMNS": 4, "ROWS": 2}


def modules() -> Iterator[ModuleType]:
    """All modules of kernels for CUDA."""
    for found in pkgutil.iter_modules(package.__path__):
        yield importlib.import_module(f"{package.__name__}.{found.name}")


@pytest.fixture
def full_size(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The simulator, with tiles as large as on a GPU."""
    from kernels.cuda.simulator import Machine

    machine = Machine()
    monkeypatch.setattr(device, "RUNTIME", machine)
    for module in modules():
        if module is not device and hasattr(module, "cuda"):
            monkeypatch.setattr(module, "cuda", machine)
    return machine


@pytest.fixture
def machine(full_size: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The simulator, with small tiles and long sums cut early."""
    for module in modules():
        sizes = SMALL_TILES if module in (products, steps, conv) else SMALL_BLOCKS
        for name, value in sizes.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(products, "PART_LEAST", 8)
    return full_size
