"""Compiles kernels for compute capability 9.0 (H100, H200) with numba-cuda and NVIDIA's assembler; needs no GPU."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import dlcalc.kernels.cuda  # noqa: F401 - all kernels are listed once it is imported
from dlcalc.kernels.cuda import device

CAPABILITY = (9, 0)
PTXAS = shutil.which("ptxas") or shutil.which("ptxas", path="/usr/local/cuda/bin")


def missing() -> str:
    """What keeps kernels from being compiled here; "" where they are."""
    if absent := device.not_importable():
        return absent
    if PTXAS is None:
        return "ptxas, of NVIDIA's CUDA toolkit, is not installed"
    from numba.cuda.cudadrv import nvrtc

    try:
        nvrtc.get_supported_ccs()
    except Exception as error:
        # Whatever it is that the loader of libraries raises.
        return f"NVIDIA's compiler cannot be loaded: {error}"
    return ""


@dataclass(frozen=True)
class Compiled:
    """What the compilers made of a kernel for one dtype; `spilled`: bytes moved from registers to memory."""

    kernel: str
    dtype: str
    ptx: str
    registers: int
    spilled: int


def compiled(name: str, dtype: str) -> Compiled:
    """The kernel as PTX, and what ptxas says about it."""
    _answer_for_the_driver()
    kernel = device.KERNELS[name]
    ptx, _ = device.cuda.compile(
        kernel.function,
        kernel.signatures()[dtype],
        cc=CAPABILITY,
        output="ptx",
        abi="numba",
        device=False,
        launch_bounds=kernel.bounds(),
    )
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "kernel.ptx"
        source.write_text(ptx, encoding="ascii")
        command = [str(PTXAS), "-v", "-arch=sm_90", str(source), "-o", str(source.with_suffix(".cubin"))]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    registers = int(re.findall(r"Used (\d+) registers", told)[0])
    spilled = sum(int(count) for count in re.findall(r"(\d+) bytes spill", told))
    return Compiled(name, dtype, ptx, registers, spilled)


def _answer_for_the_driver() -> None:
    """A kernel that calls functions asks the driver for the capability of a GPU that need not be there."""
    from numba.cuda import dispatcher

    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=CAPABILITY)
