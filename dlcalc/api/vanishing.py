"""`vanish`: the bound on a gradient through time, and what the kernels measure for three cells."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from .. import document as doc
from ..diagrams.chart import Chart
from ..errors import UserError
from ..expressions.answers import read_scalar
from ..expressions.jsonable import as_json
from ..expressions.nodes import Name
from ..gradients.vanishing import CELLS, Setting, Vanishing, vanishing
from .results import Result

TITLES = {"rnn": "simple RNN", "lstm": "LSTM", "gru": "GRU"}
_SHOWN = (0, 1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000)


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
        setting = self.found.setting
        curves = {"bound (γλ)^d": self.found.bound}
        curves.update({TITLES[cell]: norms for cell, norms in self.found.measured.items()})
        if setting.clip or setting.truncate:
            cure = " and ".join(
                [f"clipped at {setting.clip:g}"] * bool(setting.clip)
                + [f"truncated after {setting.truncate}"] * bool(setting.truncate)
            )
            cell = next(iter(self.found.measured), "")
            name, norms = (TITLES[cell], self.found.measured[cell]) if cell else ("bound", self.found.bound)
            curves[f"{name}, {cure}"] = self.found.clipped(norms)
        return curves

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
            dashed=("bound (γλ)^d",),
            level=(float(setting.epsilon), f"ε = {float(setting.epsilon):g}"),
        )

    def _document(self) -> doc.Document:
        setting, found = self.found.setting, self.found
        rows = [distance for distance in _SHOWN if distance <= setting.steps]
        curves = self.curves
        header = ("steps d", *curves)
        table = [(str(d), *(_number(values[d]) for values in curves.values())) for d in rows]
        until = [(TITLES[cell], found.under(norms)) for cell, norms in found.measured.items()]
        blocks: list[doc.Block] = [
            doc.Paragraph(("The bound is ", doc.Math(Name("gamma") * Name("lambda")),
                           f" = {_number(float(found.factor))} to the power of the steps: ", self._said(), ".")),
            doc.Table(header, tuple(table), tuple("right" for _ in header)),
        ]  # fmt: skip
        if until:
            blocks.append(doc.Items(tuple(_until(title, steps, setting) for title, steps in until)))
        else:
            blocks.append(doc.Note("note", "only the bound is shown: the kernels that measure need the extra numeric "
                                   "(pip install 'dlcalc[numeric]')"))  # fmt: skip
        words = (f"measured for {setting.hidden} hidden numbers, recurrent matrices λ times a random orthogonal one, "
                 f"seed {setting.seed}; the LSTM’s state is h and c together, its forget bias {setting.forget_bias:g}; "
                 "the bound holds for the simple RNN alone")  # fmt: skip
        blocks.append(doc.Note("note", words))
        return doc.Document("Vanishing and exploding gradients", tuple(blocks))

    def _said(self) -> str:
        found = self.found
        small = f"{float(found.setting.epsilon):g}"
        if found.until is not None:
            return f"it is under ε = {small} from {found.until} step{'s' if found.until != 1 else ''} on, for certain"
        if found.factor == 1:
            return "it neither shrinks nor grows, so it promises nothing"
        return "it grows, so the gradient can explode, but need not: the bound is only an upper one"

    def to_dict(self) -> dict[str, Any]:
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
    """How a gradient shrinks or grows over `steps` steps; `norm` is λ. Raises UserError for what makes no sense."""
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


def _number(value: float) -> str:
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.4g}"
    return f"{value:.1e}"


def _until(title: str, steps: int | None, setting: Setting) -> str:
    small = f"{float(setting.epsilon):g}"
    if steps is None:
        return f"{title}: not under ε = {small} within {setting.steps} steps"
    return f"{title}: under ε = {small} from {steps} step{'s' if steps != 1 else ''} on"
