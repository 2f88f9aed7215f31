"""The sums of a deep-learning course, with their working.

What `dlcalc.api` offers is offered here, and loaded when first used: `import dlcalc` alone loads nothing else.
"""

TYPE_CHECKING = False  # type checkers know the name; importing `typing` for it would cost more than the rest
if TYPE_CHECKING:
    from dlcalc.api import *  # noqa: F403 - the names are those of api.__all__

    __version__: str

else:

    def __getattr__(name: str) -> object:
        from importlib import import_module, util

        if name == "__version__":
            metadata = import_module("importlib.metadata")
            try:
                value = metadata.version("dlcalc")
            except metadata.PackageNotFoundError:
                value = "0 (not installed)"
        elif name == "__all__":
            value = import_module("dlcalc.api").__all__
        # `from dlcalc import errors` asks here before it imports the submodule, maybe while api itself is being loaded.
        elif name.startswith("_") or util.find_spec(f"dlcalc.{name}") or name not in __getattr__("__all__"):
            raise AttributeError(f"module 'dlcalc' has no attribute {name!r}")
        else:
            value = getattr(import_module("dlcalc.api"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__getattr__("__all__"), "__version__"} - {"TYPE_CHECKING"})
