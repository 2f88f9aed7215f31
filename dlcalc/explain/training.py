"""Training as documents: the epochs with what came out, several runs side by side, the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from .. import document as doc

MOST_EPOCHS = 12
"""Rows of a table of epochs: the first, the last, and some between."""

_RIGHT: tuple[Literal["right"]] = ("right",)


def document(found: Mapping[str, Any], title: str, notes: Sequence[str] = ()) -> doc.Document:
    """What `dlcalc train --json` has, for people."""
    epochs = found["epochs"]
    blocks: list[doc.Block] = []
    if epochs:
        shown = [epochs[index] for index in _some(len(epochs))]
        accuracy, watched = "accuracy" in epochs[0], "validation" in epochs[0]
        header = ["epoch", "loss", *["accuracy"] * accuracy, *["validation loss"] * watched, "gradient", "s"]
        rows = [
            (str(e["epoch"]), number(e["loss"]), *([percent(e["accuracy"])] if accuracy else []),
             *([number(e["validation"]["loss"])] if watched else []), number(e["norm"]), f"{e['seconds']:.2f}")
            for e in shown
        ]  # fmt: skip
        blocks.append(doc.Table(tuple(header), tuple(rows), tuple("right" for _ in header)))
    words = [f"{found['parameters']:,} trained values", f"seed {found['seed']}", f"{found['seconds']:.1f} s"]
    blocks.append(doc.Note("right", f"test: {tested(found['test'])}; {', '.join(words)}"))
    blocks += [doc.Note("note", note) for note in notes]
    return doc.Document(title, tuple(blocks))


def tested(test: Mapping[str, Any]) -> str:
    """The result on the test's examples in words."""
    parts = [f"loss {number(test['loss'])}"]
    if "accuracy" in test:
        parts.append(f"accuracy {percent(test['accuracy'])}")
    if "error" in test:
        parts.append(f"mean error {number(test['error'])}{' ' + test['unit'] if test.get('unit') else ''}")
    return ", ".join(parts)


def compared(runs: Mapping[str, Mapping[str, Any]], title: str,
             reach: Mapping[str, Mapping[str, Sequence[float]]]) -> doc.Document:  # fmt: skip
    """Runs by what they differ in: their last epoch and their test; of cells also how far a gradient reaches back."""
    header = ("run", "loss", "gradient", "test", "s")
    rows = tuple(
        (name, number(run["epochs"][-1]["loss"]), number(run["epochs"][-1]["norm"]), tested(run["test"]),
         f"{run['seconds']:.1f}")
        if run["epochs"] else (name, "–", "–", "diverged", f"{run['seconds']:.1f}")
        for name, run in runs.items()
    )  # fmt: skip
    blocks: list[doc.Block] = [doc.Table(header, rows, ("left", "right", "right", "left", "right"))]
    if reach:
        lines = tuple(
            (f"{name}, {when} training", *(number(lengths[place]) for place in (0, len(lengths) // 2, -1)),
             number(lengths[0] / lengths[-1]) if lengths[-1] else "–")
            for name, each in reach.items() for when, lengths in each.items()
        )  # fmt: skip
        columns = ("gradient by the input of", "the first step", "the middle", "the last", "first : last")
        blocks.append(doc.Table(columns, lines, ("left", *_RIGHT * 4)))
        blocks.append(doc.Note("note", "mean over examples of the length of ∂L/∂x_t: where it is near 0, what was read "
                                       "then can hardly be learnt from"))  # fmt: skip
    return doc.Document(title, tuple(blocks))


def confusion(counts: Sequence[Sequence[int]], names: Sequence[str]) -> doc.Table:
    """Rows are what it is, columns what was said."""
    rows = tuple((name, *(str(n) if n else "·" for n in line)) for name, line in zip(names, counts, strict=True))
    return doc.Table(("", *names), rows, ("left", *_RIGHT * len(names)), "rows: what it is, columns: the answer")


def predicted(found: Mapping[str, Any], title: str) -> doc.Document:
    """Some examples with what the network says of them, and the test as a whole."""
    rows = []
    for entry in found["predictions"]:
        said, wanted = entry["prediction"], entry.get("class", entry.get("target"))
        sure = percent(entry["probability"]) if "probability" in entry else ""
        rows.append(
            (str(entry["example"]), _shown(said), sure, _shown(wanted), "" if said == wanted or not sure else "✗")
        )
    header = ("example", "prediction", "probability", "right", "")
    table = doc.Table(header, tuple(rows), ("right", "left", "right", "left", "left"))
    return doc.Document(title, (table, doc.Note("note", f"test: {tested(found['test'])}")))


def _shown(value: Any) -> str:
    if isinstance(value, list):
        numbers = all(isinstance(each, float) for each in value)
        return ", ".join(map(number, value)) if numbers else "".join(map(str, value))
    return str(value)


def plan(steps: Sequence[tuple[str, str, str, str]], buffers: Sequence[tuple[str, str, str, str]],
         words: Sequence[str], title: str) -> doc.Document:  # fmt: skip
    """The steps with what they read and write, and the buffers with their places and lives."""
    return doc.Document(title, (
        doc.Table(("step", "layer", "reads", "writes"), tuple(steps), ("left",) * 4, row_headers=False),
        doc.Table(("buffer", "numbers", "place", "steps"), tuple(buffers), ("left", "right", "right", "left")),
        *(doc.Note("note", word) for word in words),
    ))  # fmt: skip


MOST_ENTRIES = 60
"""Of each array, rows of a table."""


def update(loss: float, changes: Mapping[str, tuple[Any, Any, Any]], title: str) -> doc.Document:
    """Each weight before and after a step, with its gradient."""
    blocks: list[doc.Block] = [doc.Paragraph(f"The loss of the batch is {number(loss)}.")]
    for name, (before, gradient, after) in changes.items():
        rows = tuple(
            (str(place + 1), number(w), number(g), number(new))
            for place, (w, g, new) in enumerate(zip(*(a.reshape(-1).tolist() for a in (before, gradient, after)),
                                                    strict=True))
        )  # fmt: skip
        shape = "×".join(map(str, before.shape))
        blocks += [doc.Heading(3, f"{name} ({shape})"),
                   doc.Table(("", "before", "gradient", "after"), rows[:MOST_ENTRIES], ("right",) * 4)]  # fmt: skip
        if len(rows) > MOST_ENTRIES:
            blocks.append(doc.Note("note", f"and {len(rows) - MOST_ENTRIES} more; --json has all"))
    return doc.Document(title, tuple(blocks))


def searched(trials: Sequence[tuple[Mapping[str, Any], float]], title: str) -> doc.Document:
    """Settings with the loss on the watched examples, the best first."""
    names = list(trials[0][0]) if trials else []
    rows = tuple(
        (*(number(value) if isinstance(value, float) else str(value) for value in settings.values()),
         number(loss) if loss == loss else "diverged")
        for settings, loss in trials[:20]
    )  # fmt: skip
    return doc.Document(title, (doc.Table((*names, "validation loss"), rows, row_headers=False),))


def checked(errors: Mapping[str, float], formulas: Mapping[str, float], why: str, largest: float,
            title: str) -> doc.Document:  # fmt: skip
    """Of each array the largest relative difference of backpropagation to finite differences and to the formulas."""
    rows = tuple(
        (name, f"{error:.1e}", *([f"{formulas[name]:.1e}" if name in formulas else "–"] if formulas else []),
         "equal" if max(error, formulas.get(name, 0.0)) <= largest else "DIFFERENT")
        for name, error in errors.items()
    )  # fmt: skip
    good = all(row[-1] == "equal" for row in rows)
    beside = "central differences" + (" and the derived formulas" if formulas else "")
    words = f"backpropagation and {beside} in float64 agree to {largest:g}" if good else "they differ"
    header = ("parameters", "to differences", *["to formulas"] * bool(formulas), "")
    table = doc.Table(header, rows, ("left", *_RIGHT * (len(header) - 2), "left"))
    notes = [doc.Note("note", f"no formulas: {why}")] if why else []
    return doc.Document(title, (table, doc.Note("right" if good else "mistake", words), *notes))


def _some(count: int) -> list[int]:
    if count <= MOST_EPOCHS:
        return list(range(count))
    return sorted({round(i * (count - 1) / (MOST_EPOCHS - 1)) for i in range(MOST_EPOCHS)})


def number(value: float) -> str:
    """A measured number with four digits."""
    return f"{value:.4g}" if value == 0 or 1e-3 <= abs(value) < 1e5 else f"{value:.2e}"


def percent(value: float) -> str:
    return f"{100 * value:.2f} %"
