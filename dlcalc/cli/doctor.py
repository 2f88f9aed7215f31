"""`dlcalc doctor`: versions, which extras are there, threads, whether CUDA and kept kernels are used, and why not."""

from __future__ import annotations

import json
import os
import platform
import time
from importlib import metadata
from importlib.util import find_spec
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..errors import UserError
from .options import with_formats
from .output import Formats
from .progress import progress

_EXTRAS = {
    "algebra": ("sympy",),
    "numeric": ("numpy", "numba"),
    "cuda": ("numba_cuda",),
    "pdf": ("typst",),
    "onnx": ("onnx",),
    "draw": ("drawsvg",),
    "plot": ("matplotlib",),
    "peers": ("torch",),
    "dev": ("pytest", "hypothesis", "ruff", "mypy"),
}
"""Extra → the modules that it brings."""


@with_formats("json")
def command(
    warm: Annotated[bool, typer.Option("--warm", help="compile every kernel now, rather than when first used")] = False,
    *,
    formats: Formats,
) -> Any:
    """What this installation can do, and what is missing.

    Example: dlcalc doctor
    """
    if warm:
        return _warm(formats)
    found = report()
    if formats.name:
        typer.echo(json.dumps(found, indent=2))
        return 0
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name in ("dlcalc", "python", "platform", "cpu_threads"):
        table.add_row(name.replace("_", " "), str(found[name]))
    for extra, modules in found["extras"].items():
        there = all(version is not None for version in modules.values())
        shown = ", ".join(f"{name} {version or 'missing'}" for name, version in modules.items())
        hint = "" if there else f'  (pip install "dlcalc[{extra}]")'
        table.add_row(Text(f"extra {extra}"), Text(("✓ " if there else "– ") + shown + hint, "" if there else "dim"))
    cuda = found["cuda"]
    table.add_row("CUDA", Text("✓ yes" if cuda["available"] else f"– no: {cuda['reason']}"))
    kept = found["kernel_cache"]
    table.add_row("kernel cache", Text(f"✓ {kept['folder']}" if kept["used"] else f"– not used: {kept['reason']}"))
    table.add_row("profile", found["profile"])
    Console(highlight=False).print(table)
    return 0


def _warm(formats: Formats) -> int:
    """Compiles, and says how much, how long it took, and where it is kept."""
    from .. import kernels

    start, number = time.perf_counter(), 0
    with progress("compiling kernels") as step:
        for event in kernels.warm():
            number = event.done
            step(event.of)
    seconds, place = time.perf_counter() - start, kernels.kept()
    if formats.name:
        folder = str(place.path) if not place.trouble else None
        found = {"compiled": number, "seconds": round(seconds, 3), "folder": folder, "reason": place.trouble}
        typer.echo(json.dumps(found, indent=2))
        return 0
    kept = f"for this process alone: {place.trouble}" if place.trouble else f"kept in {place.path}"
    typer.echo(f"{number} kernels are ready after {seconds:.1f} s, {kept}")
    return 0


def report() -> dict[str, Any]:
    """Versions, extras, threads, CUDA and where compiled kernels are kept, as plain data."""
    from .. import __version__
    from ..profiles import active

    return {
        "dlcalc": __version__,
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
    from .. import kernels

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
