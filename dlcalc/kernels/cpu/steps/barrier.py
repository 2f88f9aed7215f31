"""Where the threads of a training step wait for each other: some millionths of a second where each has its core."""

from __future__ import annotations

import os
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, register_jitable

from ... import cache
from ...compile import Array

PATIENCE = 3000
"""Looks before the core is left to others."""
_I64 = ir.IntType(64)


@intrinsic
def _arrive(context: Any, address: Any) -> Any:
    """How many had arrived before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], _I64.as_pointer())
        return builder.atomic_rmw("add", place, ir.Constant(_I64, 1), "seq_cst")

    return types.int64(types.intp), generate


@intrinsic
def _load(context: Any, address: Any) -> Any:
    """What stands there now, whoever wrote it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], _I64.as_pointer())
        return builder.load_atomic(place, "seq_cst", 8)

    return types.int64(types.intp), generate


@intrinsic
def _store(context: Any, address: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], _I64.as_pointer())
        builder.store_atomic(arguments[1], place, "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(types.intp, types.int64), generate


@intrinsic
def _give_way(context: Any) -> Any:
    """Lets another thread have the core, where the system has POSIX' call for it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if os.name == "posix":
            kind = ir.FunctionType(ir.IntType(32), [])
            module = builder.module
            builder.call(module.globals.get("sched_yield") or ir.Function(module, kind, "sched_yield"), [])
        return context.get_dummy_value()

    return types.void(), generate


arrive: Any = _arrive
load: Any = _load
store: Any = _store
give_way: Any = _give_way


def _alone(barrier: Array, workers: int) -> None:
    assert workers == 1


@register_jitable
def _waited(barrier: Array, workers: int) -> None:
    """Returns when all workers have called it; `barrier`: how many have arrived, and on another line of cache how
    often all had.
    """
    if workers > 1:
        arrived = barrier.ctypes.data
        turn = load(arrived + 64)
        if arrive(arrived) == workers - 1:
            store(arrived, 0)
            store(arrived + 64, turn + 1)
        else:
            looks = 0
            while load(arrived + 64) == turn:
                looks += 1
                if looks > PATIENCE:
                    give_way()


wait: Any = _alone if cache.plain() else _waited
"""wait(barrier, workers): 16 whole numbers, 0 at first."""
