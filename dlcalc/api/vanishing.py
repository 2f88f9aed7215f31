"""`vanish`: the bound on a gradient through time, and what the kernels measure for three cells."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from ..diagrams.chart import Chart as Chart
from ..document import Document
from ..errors import UserError
from ..explain import vanishing as explained
from ..expressions.answers import read_scalar
from ..expressions.jsonable import as_json
from ..files.writing import write
from ..gradients.vanishing import CELLS as CELLS
from ..gradients.vanishing import Setting, Vanishing, vanishing
from .results import Result

if TYPE_CHECKING:
    from . import shapes


class Vanished(Result):
    """Norms by distance: `bound`, and `measured` by cell; `until` is where the bound falls under ε."""

    def __init__(self, found: Vanishing) -> None:
        self.found = found

    @property
    def until(self) -> int | None:
        return self.found.until

    @property
    def curves(self) -> dict[str, tuple[float, ...]]:
        """What is drawn: the bound, each cell, and each cell with the cures where some are asked for."""
        return explained.curves(self.found)

    def chart(self) -> Chart:
        setting = self.found.setting
        return Chart(
            f"A gradient through time, λ = {float(setting.norm):g}, γ = {float(self.found.factor / setting.norm):g}"
            if setting.norm
            else "A gradient through time, λ = 0",
            "steps d between the two states",
            "largest singular value of ∂h_T/∂s_(T−d)",
            self.curves,
            logarithmic=True,
            dashed=(explained.BOUND,),
            level=(float(setting.epsilon), f"ε = {float(setting.epsilon):g}"),
        )

    def draw(self, path: str, kind: str) -> None:
        """Draws the chart into a file, as `svg` or `png`. Raises UserError where that cannot be."""
        from ..diagrams.chart import picture

        write(path, picture(self.chart(), kind))

    def _document(self) -> Document:
        return explained.document(self.found)

    def to_dict(self) -> shapes.Vanished:
        setting, found = self.found.setting, self.found
        return {
            "given": {
                "lambda": as_json(setting.norm), "steps": setting.steps, "activation": setting.activation,
                "epsilon": as_json(setting.epsilon), "hidden": setting.hidden, "seed": setting.seed,
                "forget_bias": setting.forget_bias, "clip": setting.clip, "truncate": setting.truncate,
            },
            "factor": as_json(found.factor),
            "until": found.until,
            "bound": list(found.bound),
            "measured": {cell: list(norms) for cell, norms in found.measured.items()},
            "under": {cell: found.under(norms) for cell, norms in found.measured.items()},
            "cured": {cell: list(found.clipped(norms)) for cell, norms in found.measured.items()},
        }  # fmt: skip


def vanish(
    norm: str | float | Fraction = "0.9", steps: int = 50, cells: Sequence[str] = CELLS, activation: str = "tanh",
    epsilon: str | float | Fraction = "0.001", hidden: int = 16, seed: int = 7, forget_bias: float = 1.0,
    clip: float = 0.0, truncate: int = 0,
) -> Vanished:  # fmt: skip
    """How a gradient shrinks or grows over `steps` steps; `norm` is λ. Raises UserError for what makes no sense.

    Example: dlcalc.vanish("0.9", steps=20, cells=["rnn"])
    """
    if strange := [cell for cell in cells if cell not in CELLS]:
        raise UserError(f"a cell is one of {', '.join(CELLS)}, not {strange[0][:40]}")
    setting = Setting(
        _fraction("lambda", norm), steps, activation, _fraction("epsilon", epsilon), hidden, seed, forget_bias, clip,
        truncate,
    )  # fmt: skip
    return Vanished(vanishing(setting, tuple(dict.fromkeys(cells))))


def _fraction(name: str, given: str | float | Fraction) -> Fraction:
    value = read_scalar(str(given), ())
    if not isinstance(value, int | float | Fraction):
        raise UserError(f"{name} is a number, not {str(given)[:40]}")
    return Fraction(value)
