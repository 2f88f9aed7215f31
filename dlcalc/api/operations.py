"""`dlcalc.run`: the operations by hand, each an attribute: `dlcalc.run.conv(x="1 2 3 4", w="1 -1")`."""

from __future__ import annotations

import inspect
from typing import Any

from ..formulas.hand_operations import OPERATIONS
from .calculator import OfInstance
from .hand_run import ByHand, by_hand, check
from .results import Judged
from .signatures import operation_signature, operation_text


class Run:
    """The operations by hand. `run.conv(...)` and `run("conv", ...)` work one out, `run.conv.check(...)` judges an
    answer; `dir(run)` lists them, and `run.conv?` says what is given.

    Example: dlcalc.run.conv(x="1 2 3 4", w="1 -1").output
    """

    def __call__(self, operation: str, **given: Any) -> ByHand:
        """Works an operation out on numbers. Raises UserError for what is missing, unreadable, or misshapen."""
        return by_hand(operation, **given)

    def check(self, operation: str, ask: str, answer: object, **given: Any) -> Judged:
        """Judges one answer: `run.check("conv", "output", "1 1 1", x="1 2 3 4", w="1 -1")`. Raises UserError."""
        return check(operation, ask, answer, **given)

    def __getattr__(self, name: str) -> ByHandOperation:
        if name.replace("_", "-") not in OPERATIONS:
            raise AttributeError(f"run has no operation {name}; its operations are {', '.join(OPERATIONS)}")
        return ByHandOperation(name.replace("_", "-"))

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name.replace("-", "_") for name in OPERATIONS)})

    def __repr__(self) -> str:
        return f"<dlcalc.run: {', '.join(OPERATIONS)}>"


class ByHandOperation:
    """One operation by hand."""

    def __init__(self, name: str) -> None:
        self.operation = OPERATIONS[name]
        self.__name__ = name.replace("-", "_")

    def __call__(self, **given: Any) -> ByHand:
        return by_hand(self.operation.name, **given)

    def check(self, ask: str, answer: object, **given: Any) -> Judged:
        """Judges one answer: `run.conv.check("output", "1 1 1", x="1 2 3 4", w="1 -1")`. Raises UserError."""
        return check(self.operation.name, ask, answer, **given)

    def __repr__(self) -> str:
        return f"<dlcalc.run.{self.__name__}: {self.operation.help}>"

    __signature__ = OfInstance[inspect.Signature](lambda self: operation_signature(self.operation), None)
    __doc__ = OfInstance[str](lambda self: operation_text(self.operation), __doc__)


run = Run()
