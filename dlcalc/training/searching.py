"""Searching for settings: Optuna proposes, a run answers with the loss on examples that are watched, not the test's."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import UserError
from ..files import untrusted

RANGE = re.compile(r"(?P<low>.+?)\.\.(?P<high>.+)")
MOST = 1000


@dataclass(frozen=True)
class Choice:
    """What one setting may be: a range, on a logarithmic scale where it spans more than one power of ten, or a list."""

    name: str
    low: float = 0.0
    high: float = 0.0
    values: tuple[str, ...] = ()

    def drawn(self, trial: Any) -> Any:
        """What Optuna proposes."""
        if self.values:
            return trial.suggest_categorical(self.name, list(self.values))
        return trial.suggest_float(self.name, self.low, self.high, log=self.low > 0 and self.high / self.low > 10)


@dataclass(frozen=True)
class Trial:
    """One run: its settings and what it was worth; NaN where the loss became none."""

    settings: Mapping[str, Any]
    loss: float


def choices(text: str) -> list[Choice]:
    """`lr=1e-4..1e-1 hidden=16,32,64`. UserError."""
    found = []
    for part in text.split():
        name, equals, value = part.partition("=")
        ends = RANGE.fullmatch(value)
        try:
            if not equals or not name.isidentifier():
                raise ValueError
            if ends is None:
                found.append(Choice(name, values=tuple(value.split(","))))
                continue
            low, high = untrusted.number(ends["low"]), untrusted.number(ends["high"])
            if not low < high or not math.isfinite(high):
                raise ValueError
            found.append(Choice(name, low, high))
        except ValueError:
            raise UserError(f"a search is lr=1e-4..1e-1 hidden=16,32,64; not {part[:40]!r}") from None
    if not found:
        raise UserError("a search needs something to choose: lr=1e-4..1e-1 hidden=16,32,64")
    return found


def search(space: list[Choice], budget: int, seed: int, worth: Callable[[Mapping[str, Any]], float]) -> Iterator[Trial]:
    """So many runs, each a trial; `worth` trains one and gives the loss. UserError without Optuna."""
    try:
        import optuna
    except ImportError:
        raise UserError('a search is Optuna\'s: pip install "dlcalc[search]"') from None
    if not 1 <= budget <= MOST:
        raise UserError(f"the budget is 1 to {MOST:,} runs, not {budget}")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    for _ in range(budget):
        trial = study.ask()
        settings = {choice.name: choice.drawn(trial) for choice in space}
        loss = worth(settings)
        if math.isfinite(loss):
            study.tell(trial, loss)
        else:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
        yield Trial(settings, loss)
