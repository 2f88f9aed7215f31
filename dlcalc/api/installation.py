"""What this installation can do: versions, extras, CUDA, compiled kernels."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from importlib import metadata
from importlib.util import find_spec
from typing import Any

from .. import kernels
from ..errors import UserError
from ..profiles import active

_EXTRAS = {
    "algebra": ("sympy",),
    "numeric": ("numpy", "numba"),
    "data": ("sklearn", "mnist1d", "PIL"),
    "search": ("optuna",),
    "cuda": ("numba_cuda",),
    "pdf": ("typst",),
    "keras": ("h5py",),
    "onnx": ("onnx",),
    "draw": ("drawsvg",),
    "plot": ("matplotlib",),
    "notebook": ("IPython",),
    "docs": ("mkdocs",),
    "peers": ("torch",),
    "test": ("pytest", "hypothesis"),
    "dev": ("ruff", "mypy"),
}
"""Extra → the modules that it brings."""


def warm(step: Callable[[int], object]) -> dict[str, Any]:
    """Compiles every kernel now, rather than when first used: how many, how long it took, and where they are kept.

    `step` is called after each with how many there are.
    """
    start, number = time.perf_counter(), 0
    for event in kernels.warm():
        number = event.done
        step(event.of)
    place = kernels.kept()
    folder = str(place.path) if not place.trouble else None
    seconds = round(time.perf_counter() - start, 3)
    return {"compiled": number, "seconds": seconds, "folder": folder, "reason": place.trouble}


def compiled() -> list[dict[str, str]]:
    """Every kernel of the CPU, once for each signature that it is compiled for."""
    return [{"kernel": name, "signature": signature} for name, signature in kernels.specialisations()]


def report() -> dict[str, Any]:
    """Versions, extras, threads, CUDA and where compiled kernels are kept, as plain data."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu_threads": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "extras": {extra: {module: _version(module) for module in modules} for extra, modules in _EXTRAS.items()},
        "cuda": _cuda(),
        "kernel_cache": _kernel_cache(),
        "profile": active(None, os.environ).name,
    }


def _version(module: str) -> str | None:
    name = module.replace("_", "-")
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _kernel_cache() -> dict[str, Any]:
    """Where compiled kernels are kept, whether they are, and why not."""
    try:
        place = kernels.kept()
    except UserError as error:
        return {"folder": None, "used": False, "reason": str(error)}
    return {"folder": str(place.path), "used": not place.trouble, "reason": place.trouble}


def _cuda() -> dict[str, Any]:
    """Whether a CUDA device can be used, by asking its driver; the reason when not."""
    import ctypes
    import ctypes.util

    library = "nvcuda.dll" if os.name == "nt" else ctypes.util.find_library("cuda") or "libcuda.so.1"
    try:
        driver = ctypes.CDLL(library)
    except OSError:
        return {"available": False, "reason": "no NVIDIA driver on this machine (libcuda was not found)"}
    count = ctypes.c_int(0)
    code = driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count))
    if code or not count.value:
        return {"available": False, "reason": f"the NVIDIA driver finds no device (CUDA error {code})"}
    if find_spec("numba") is None or find_spec("numba_cuda") is None:
        return {"available": False, "reason": 'a device is there, but numba-cuda is not: pip install "dlcalc[cuda]"'}
    return {"available": True, "devices": count.value}
