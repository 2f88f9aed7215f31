"""Every kernel through the real compilers: its registers, its memory and its precision."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from kernels.cuda import offline
from rows import each_row

from dlcalc.kernels.compile import DTYPES
from dlcalc.kernels.cuda import device

MISSING = offline.missing()

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING or "nothing is missing")

PRODUCTS = sorted(name for name, kernel in device.KERNELS.items() if kernel.function.__name__ == "product")

Compiling = dict[tuple[str, str], "Future[offline.Compiled]"]


@pytest.fixture(scope="module")
def compiling() -> Iterator[Compiling]:
    """All kernels for both dtypes, in processes of their own: compiling leaves numba changed."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        yield {
            (name, dtype): pool.submit(offline.compiled, name, dtype)
            for name in sorted(device.KERNELS)
            for dtype in DTYPES
        }


@each_row("name", sorted(device.KERNELS))
def test_a_kernel_keeps_to_its_budget(compiling: Compiling, name: str) -> None:
    """No register is spilled and none is used beyond the budget; nothing is added in the order of threads."""
    for dtype, budget in zip(DTYPES, device.KERNELS[name].registers, strict=True):
        found = compiling[name, dtype].result()
        assert found.spilled == 0
        assert found.registers <= budget
        assert re.findall(r"^\s+(?:atom|red)\.\S+", found.ptx, re.MULTILINE) == []


@each_row("name", sorted(device.KERNELS))
def test_a_float32_kernel_computes_in_single_precision(compiling: Compiling, name: str) -> None:
    """No instruction on doubles in it, and some in the same kernel for float64 (the measure measures)."""
    # numba names registers %f64 too; an instruction has no %.
    doubles = re.compile(r"^\s+(?:@%\w+\s+)?[a-z][\w.]*\.f64", re.MULTILINE)
    assert doubles.findall(compiling[name, "float32"].result().ptx) == []
    assert doubles.findall(compiling[name, "float64"].result().ptx) != []


@each_row("name", PRODUCTS)
def test_the_sums_of_a_product_stay_in_registers(compiling: Compiling, name: str) -> None:
    """Shared memory is read and no local memory is touched in the stretch where the products are added."""
    ptx = compiling[name, "float32"].result().ptx
    stretches = re.split(r"^\$L\w+:", ptx, flags=re.MULTILINE)
    adding = [part for part in stretches if "ld.shared" in part and len(re.findall(r"\bfma\.rn", part)) >= 12]
    assert adding
    assert not any(".local" in part for part in adding)
