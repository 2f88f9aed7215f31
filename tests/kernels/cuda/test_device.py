"""Arrays on the device, what is missing where there is none, and how kernels are launched on a real one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from kernels.cuda.simulator import Machine

from dlcalc.errors import InternalError
from dlcalc.kernels.cuda import device, linear, reductions


def test_without_numba_cuda_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The package can be imported nevertheless."""
    monkeypatch.setattr(device, "find_spec", lambda name: None)
    module, missing = device._imported()
    assert module is None
    assert missing == 'numba-cuda is not installed: pip install "dlcalc[cuda]"'


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (SimpleNamespace(implementation="Built-in"), "numba loads its own old cuda instead of numba-cuda"),
        (ImportError("libnvvm"), "numba-cuda cannot be imported: libnvvm"),
    ],
)
def test_a_numba_cuda_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, found: Any, said: str) -> None:
    """numba's own `cuda` has the same name, and is no longer kept."""

    def imported(name: str) -> Any:
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(device, "find_spec", lambda name: object())
    monkeypatch.setattr(device, "import_module", imported)
    module, missing = device._imported()
    assert module is None
    assert missing.startswith(said)


class Broken:
    """A driver that fails when it is asked."""

    @staticmethod
    def is_available() -> bool:
        raise RuntimeError("CUDA_ERROR_UNKNOWN")


@pytest.mark.parametrize(
    ("cuda", "missing"),
    [
        (SimpleNamespace(is_available=lambda: True, gpus=["one"]), ""),
        (SimpleNamespace(is_available=lambda: True, gpus=[]), "no GPU with a working NVIDIA driver was found"),
        (SimpleNamespace(is_available=lambda: False, gpus=[]), "no GPU with a working NVIDIA driver was found"),
        (Broken, "no GPU with a working NVIDIA driver was found: CUDA_ERROR_UNKNOWN"),
    ],
)
def test_what_is_missing(monkeypatch: pytest.MonkeyPatch, cuda: Any, missing: str) -> None:
    """A driver, a GPU, or nothing."""
    monkeypatch.setattr(device, "cuda", cuda)
    monkeypatch.setattr(device, "_MISSING", "")
    assert device.missing() == missing
    monkeypatch.setattr(device, "_MISSING", "no package")
    assert device.missing() == "no package"


def test_an_array_of_the_device(machine: Machine) -> None:
    """Its shape, a part of it and another shape of the same numbers; whole numbers become int64."""
    array = device.uploaded(np.arange(6, dtype=np.float32).reshape(2, 3))
    assert (array.shape, array.size, len(array), array.dtype) == ((2, 3), 6, 2, np.float32)
    assert array.reshape(3, 2).to_host().tolist() == [[0, 1], [2, 3], [4, 5]]
    assert array.part(2, 2, 2).to_host().tolist() == [[2, 3], [4, 5]]
    assert device.uploaded(array) is array
    assert device.uploaded(np.ones(2, dtype=np.int32)).dtype == np.int64
    with pytest.raises(InternalError, match=r"keeps its size: \(2, 3\) to \(4, 2\)"):
        array.reshape(4, 2)


def test_another_library_s_array_is_used_where_it_is(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever has the CUDA array interface: PyTorch's tensors, CuPy's arrays. The result stays on the device."""
    memory = machine.upload(np.array([1.0, 2.0]))
    theirs = SimpleNamespace(__cuda_array_interface__={}, shape=(1, 2), dtype=np.dtype(np.float64))
    view = SimpleNamespace(reshape=lambda size: memory, shape=(1, 2), dtype=np.dtype(np.float64))
    monkeypatch.setattr(device, "cuda", SimpleNamespace(as_cuda_array=lambda array: view))
    found = linear.linear_forward(theirs, np.array([[3.0, 4.0]]), None)
    assert isinstance(found, device.DeviceArray)
    assert found.to_host().tolist() == [[11.0]]


def test_a_launch_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel is compiled once, with its bounds, and gets blocks, threads and flat arrays."""
    launches: list[Any] = []

    class Dispatcher:
        def __getitem__(self, shape: Any) -> Any:
            return lambda *arguments: launches.append((shape, arguments))

    compiled: list[Any] = []

    def jit(function: Any, launch_bounds: Any) -> Dispatcher:
        compiled.append((function.__name__, launch_bounds))
        return Dispatcher()

    given = SimpleNamespace(jit=jit, device_array=np.empty, to_device=np.array)
    monkeypatch.setattr(device, "cuda", given)
    monkeypatch.setattr(device, "RUNTIME", device.Gpu())
    monkeypatch.setattr(reductions.fill, "dispatcher", None)
    out = device.empty((2, 300), np.float32)
    for value in (1, 2):
        reductions.fill.launch(reductions.spread(out.size), out, np.float32(value), 0, out.size)
    assert compiled == [("fill", (256, 1))]
    assert [(shape, arguments[1:]) for shape, arguments in launches] == [
        ((3, 256), (1, 0, 600)),
        ((3, 256), (2, 0, 600)),
    ]
    assert all(arguments[0] is out.flat for _, arguments in launches)


def test_arrays_without_a_number_have_a_place_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU cannot hand out no memory at all; the shape still says that there is none."""
    host = SimpleNamespace(copy_to_host=lambda: np.zeros(1, dtype=np.float32))
    monkeypatch.setattr(device, "cuda", SimpleNamespace(device_array=lambda count, dtype: (count, host)))
    monkeypatch.setattr(device, "RUNTIME", device.Gpu())
    array = device.empty((0, 3), np.float32)
    assert array.flat[0] == 1
    assert device.DeviceArray(host, (0, 3), np.dtype(np.float32)).to_host().shape == (0, 3)
    assert device.Gpu().part([1, 2, 3], 1, 2) == [2, 3]
    assert device.Gpu().part([1], 1, 0) == [1]
