"""The one place that hands functions to numba, and where what it makes of them is kept.

numba's own cache does not see a changed callee in another file or a changed flag, believes whatever bytes it finds, and
fails where neither the package nor the home folder can be written. So what it makes is kept by `cache`.

NUMBA_DISABLE_JIT=1 runs every kernel as the plain Python that it is.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numba
import numpy as np
import numpy.typing as npt
from numba.core import bytecode, serialize, sigutils
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.runtime.nrt import rtsys

from . import cache
from .cache import FLAGS

Array = npt.NDArray[Any]
Function = TypeVar("Function", bound=Callable[..., Any])

DTYPES = ("float32", "float64")
SETTINGS = (
    "OPT", "BOUNDSCHECK", "LOOP_VECTORIZE", "SLP_VECTORIZE", "LLVM_REFPRUNE_PASS", "LLVM_REFPRUNE_FLAGS",
    "DEBUGINFO_DEFAULT", "EXTEND_VARIABLE_LIFETIMES", "ENABLE_PROFILING", "DISABLE_INTEL_SVML",
)  # fmt: skip
"""Those of numba's settings that change the code it makes; of the processor its own tuple tells."""

_settings: Any = numba.config
"""numba makes its settings when it is imported: no type checker knows them."""

_rebuild: Any = CompileResult._rebuild
_dumps: Any = serialize.dumps
_loads: Any = serialize.loads
_normalised: Any = sigutils.normalize_signature

_runtime: Any = rtsys
_identities: Any = bytecode.FunctionIdentity


def _begin_numbers() -> None:
    """numba numbers the functions that a process compiles, and by name and number alone code finds what it calls.

    From 1 on in each process, inner functions of one name that two processes have compiled would be taken for one
    another where their files are read together. So every process begins somewhere else.
    """
    _identities._unique_ids = itertools.count(int.from_bytes(os.urandom(6), "big") << 16)


_begin_numbers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_numbers)

KERNELS: dict[str, Kernel] = {}
"""Module and name → the kernel, for all modules imported so far."""


class Kernel:
    """A compiled function and the types of its arguments, where T stands for float32 or float64."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[str, ...], inner: bool = False) -> None:
        self.arguments = arguments
        self.dispatcher = _compiled(function, inner)

    def signatures(self) -> list[str]:
        """One for each dtype; a kernel without T has one."""
        written = f"void({', '.join(self.arguments)})"
        return list(dict.fromkeys(written.replace("T", dtype) for dtype in DTYPES))

    def make_ready(self, signature: str) -> None:
        """Compile, or load, it for these types."""
        if not _settings.DISABLE_JIT:
            self.dispatcher.compile(signature)

    def is_kept(self, signature: str) -> bool:
        """Whether there is a whole file of it."""
        return not _settings.DISABLE_JIT and bool(self.dispatcher._cache.holds(signature, self.dispatcher.targetctx))

    def address(self, dtype: str) -> int:
        """Where the code for this dtype begins."""
        wanted = _normalised(f"void({', '.join(self.arguments)})".replace("T", dtype))[0]
        self.dispatcher.compile(wanted)
        made = self.dispatcher.overloads[wanted]
        return int(made.library.get_pointer_to_function(made.fndesc.llvm_func_name))


def kernel(*arguments: str, inner: bool = False) -> Callable[[Function], Function]:
    """A function that numba compiles when it is first called; it fills arrays that it is given and returns nothing.

    `arguments`: numba's name for the type of each, T for the dtype of the arrays: "T[:, ::1]", "int64". `inner`: only
    kernels call it, by name or by address, and Python never does: a fifth of the time to compile goes into that.
    """

    def decorate(function: Function) -> Function:
        made = Kernel(function, arguments, inner)
        KERNELS[f"{function.__module__}.{function.__name__}"] = made
        return made.dispatcher  # type: ignore[no-any-return]

    return decorate


def contiguous(array: Array) -> Array:
    """The array itself, or a copy, as kernels read it: no subclass, row by row, aligned, writable."""
    if type(array) is np.ndarray:
        flags = array.flags
        if flags.c_contiguous and flags.aligned and flags.writeable:
            return array
    return np.require(array, requirements=("C", "A", "W", "E"))


def _compiled(function: Callable[..., Any], inner: bool) -> Any:
    made = numba.njit(**FLAGS | {"no_cpython_wrapper": inner})(function)
    if not _settings.DISABLE_JIT:
        made._cache = _Kept(function)
        made.get_call_template = _for_named_types(made.get_call_template)
    return made


def _for_named_types(template: Callable[..., Any]) -> Callable[..., Any]:
    """How a kernel is called by another one: a number that is written there, 1 or True, is no type of its own.

    Numba would compile the kernel once more for each such number.
    """

    def widened(args: Sequence[Any], kws: Mapping[str, Any]) -> Any:
        wide: Callable[[Any], Any] = numba.types.unliteral
        return template([wide(each) for each in args], {name: wide(each) for name, each in kws.items()})

    return widened


class _Kept(NullCache):
    """What a dispatcher asks before it compiles and tells afterwards; numba has no public way to name another."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    @property
    def cache_path(self) -> str | None:
        folder = cache.place().folder
        return None if folder is None else str(folder)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        # Code that is ready needs the runtime that it calls, and nothing of what numba compiles with: that takes as
        # long to load as all the rest, and is loaded when something is compiled.
        _runtime.initialize(target_context)
        payload = cache.read(*self._entry(sig, target_context.codegen()))
        if payload is None:
            return None
        try:
            return _rebuild(target_context, *_loads(payload))
        except Exception:
            # whole, and yet not to be loaded here: it is made anew
            return None

    def holds(self, sig: Any, target_context: Any) -> bool:
        return cache.read(*self._entry(sig, target_context.codegen())) is not None

    def save_overload(self, sig: Any, data: Any) -> None:
        if not data.library.has_dynamic_globals and not data.lifted:
            cache.write(*self._entry(sig, data.codegen), _dumps(data._reduce()))

    def _entry(self, sig: Any, codegen: Any) -> tuple[str, bytes]:
        """The file for these types on this processor, and the key of what is in it."""
        types = [str(one) for one in _normalised(sig)[0]]
        settings = [str(getattr(_settings, name, None)) for name in SETTINGS]
        name = f"{self.function.__module__}.{self.function.__qualname__}"
        slot = hashlib.blake2b(repr((name, types, codegen.magic_tuple(), settings)).encode(), digest_size=8).hexdigest()
        versions = numba.__version__, np.__version__
        key = repr((slot, versions, cache.fingerprint(), cache.made_of(self.function))).encode()
        # "<locals>" cannot be in a file's name everywhere, and a module's last name is enough for who looks at it
        short = re.sub(r"[^\w.]+", "_", ".".join(name.split(".")[-2:]))[:100]
        return f"{short}-{slot}.nbc", hashlib.blake2b(key).digest()
