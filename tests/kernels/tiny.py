"""A kernel that is compiled in no time, for tests of what becomes of it; processes of their own import it too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dlcalc.kernels import compile as compiling


def tripled(x: Any) -> Any:
    return 3.0 * x


def answer(function: Callable[[Any], Any] = tripled, *, hit: bool | None = False) -> float:
    """3·2 by a kernel of this function, as in a process that has not compiled it; `hit`: it was kept, None: maybe."""
    kernel = compiling.Kernel(function, ("T",))
    found = kernel.dispatcher(2.0)
    stats = kernel.dispatcher.stats
    counted = sum(stats.cache_hits.values()), sum(stats.cache_misses.values())
    assert counted in ([(1, 0), (0, 1)] if hit is None else [(1, 0) if hit else (0, 1)])
    return float(found)


def entry(function: Callable[[Any], Any] = tripled) -> tuple[str, bytes]:
    """The file of that kernel, and its key."""
    dispatcher = compiling.Kernel(function, ("T",)).dispatcher
    found: tuple[str, bytes] = dispatcher._cache._entry("float64(float64)", dispatcher.targetctx.codegen())
    return found
