"""The kernels: forward and backward passes on arrays, the same names for the CPU and for CUDA.

Kernels take contiguous arrays of one dtype, float32 or float64, and check nothing: `dlcalc.ops` does.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

from ..errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .cache import Place
    from .warming import Compiled

DEVICES = ("cpu", "cuda", "auto")


def backend(device: str) -> ModuleType:
    """The package of kernels that computes on `device`; "auto" is CUDA where it can be used, else the CPU.

    UserError: an unknown device, or a CUDA device that cannot be used, with what is missing.
    """
    if device not in DEVICES:
        raise UserError(f"device must be one of {', '.join(DEVICES)}: {device!r}")
    if device == "cpu" or (device == "auto" and missing_for_cuda()):
        from . import cpu

        return cpu
    if missing := missing_for_cuda():
        raise UserError(f'device="cuda" cannot be used here: {missing}')
    return import_module(".cuda", __package__)


def missing_for_cuda() -> str:
    """What keeps the CUDA kernels from running here; "" where they run."""
    if find_spec(f"{__name__}.cuda") is None:
        return "this version of dlcalc has no CUDA kernels"
    if find_spec("numba_cuda") is None:
        return 'numba-cuda is not installed: pip install "dlcalc[cuda]"'
    missing: str = import_module(".cuda.device", __package__).missing()
    return missing


def warm() -> Iterator[Compiled]:
    """Compile every kernel of the CPU, or load it where that was done before; an event for each.

    UserError: numpy or numba is missing.
    """
    _need_numba()
    from . import warming

    yield from warming.compile_all()


def specialisations() -> list[tuple[str, str]]:
    """Every kernel of the CPU by module and name, once for each signature that it is compiled for.

    UserError: numpy or numba is missing.
    """
    _need_numba()
    from . import warming

    return warming.specialisations()


def kept() -> Place:
    """The folder of compiled kernels, and why it is not used, if it is not.

    UserError: numpy or numba is missing.
    """
    _need_numba()
    from .cache import tried

    return tried()


def _need_numba() -> None:
    for module in ("numpy", "numba"):
        if find_spec(module) is None:
            raise UserError(f'compiling kernels needs {module}: pip install "dlcalc[numeric]"')
