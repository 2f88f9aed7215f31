"""The bound on a gradient through time, and what was measured, as a document: a row for each of a few distances."""

from __future__ import annotations

from .. import document as doc
from ..expressions.nodes import Name
from ..gradients.vanishing import Setting, Vanishing

TITLES = {"rnn": "simple RNN", "lstm": "LSTM", "gru": "GRU"}
BOUND = "bound (γλ)^d"
SHOWN = (0, 1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000)
"""Distances that have a row."""


def document(found: Vanishing) -> doc.Document:
    """What the bound says, the norms by distance, and from where on each cell is under ε."""
    setting, columns = found.setting, curves(found)
    header = ("steps d", *columns)
    rows = [distance for distance in SHOWN if distance <= setting.steps]
    table = [(str(d), *(_number(values[d]) for values in columns.values())) for d in rows]
    until = [_until(TITLES[cell], found.under(norms), setting) for cell, norms in found.measured.items()]
    blocks: list[doc.Block] = [
        doc.Paragraph(("The bound is ", doc.Math(Name("gamma") * Name("lambda")),
                       f" = {_number(float(found.factor))} to the power of the steps: ", _of_the_bound(found), ".")),
        doc.Table(header, tuple(table), tuple("right" for _ in header)),
    ]  # fmt: skip
    if until:
        blocks.append(doc.Items(tuple(until)))
    else:
        blocks.append(doc.Note("note", "only the bound is shown: the kernels that measure need the extra numeric "
                               "(pip install 'dlcalc[numeric]')"))  # fmt: skip
    words = (f"measured for {setting.hidden} hidden numbers, recurrent matrices λ times a random orthogonal one, "
             f"seed {setting.seed}; the LSTM’s state is h and c together, its forget bias {setting.forget_bias:g}; "
             "the bound holds for the simple RNN alone")  # fmt: skip
    blocks.append(doc.Note("note", words))
    return doc.Document("Vanishing and exploding gradients", tuple(blocks))


def curves(found: Vanishing) -> dict[str, tuple[float, ...]]:
    """Norms by distance under their titles: the bound, each cell, and the first cell with the cures asked for."""
    setting = found.setting
    titled = {BOUND: found.bound, **{TITLES[cell]: norms for cell, norms in found.measured.items()}}
    if setting.clip or setting.truncate:
        cure = " and ".join(
            [f"clipped at {setting.clip:g}"] * bool(setting.clip)
            + [f"truncated after {setting.truncate}"] * bool(setting.truncate)
        )
        cell = next(iter(found.measured), "")
        name, norms = (TITLES[cell], found.measured[cell]) if cell else ("bound", found.bound)
        titled[f"{name}, {cure}"] = found.clipped(norms)
    return titled


def _of_the_bound(found: Vanishing) -> str:
    if found.until is not None:
        return f"it is {_under(found.until, found.setting)}, for certain"
    if found.factor == 1:
        return "it neither shrinks nor grows, so it guarantees nothing"
    return "it grows, so the gradient may explode, but need not: this is only an upper bound"


def _until(title: str, steps: int | None, setting: Setting) -> str:
    if steps is None:
        return f"{title}: not under ε = {float(setting.epsilon):g} within {setting.steps} steps"
    return f"{title}: {_under(steps, setting)}"


def _under(steps: int, setting: Setting) -> str:
    return f"under ε = {float(setting.epsilon):g} from {steps} step{'s' if steps != 1 else ''} on"


def _number(value: float) -> str:
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.4g}"
    return f"{value:.1e}"
