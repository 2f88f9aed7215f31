"""A gradient through time that a part asks, in letters: `gradient:rnn.W`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from .. import document as doc
from ..errors import UserError
from ..expressions import printing
from ..expressions.evaluate import evaluate
from ..expressions.nodes import Name, Node
from ..gradients import ACTIVATIONS, CELLS, HEADS, LOSSES, Derivation, network
from ..gradients.candidates import mistaken_gradients, unfolded
from .gradient_judging import KNOWN, Verdict, is_right, judge
from .target import Other, Wrong

ASKED_CELLS = tuple(CELLS)
OPTIONS: Mapping[str, Iterable[str]] = {
    "head": tuple(HEADS),
    "loss": tuple(LOSSES),
    "activation": ACTIVATIONS,
    "update_gate": ("keep", "renew"),
    "reset": ("before", "after"),
    "layout": ("column", "row", "pytorch"),
    "outer": ("outer", "pointwise"),
    "known": tuple(KNOWN),
}
"""What `with` says of the network, and the words for it; `steps` is a number beside."""
OF_ANSWER = ("outer", "known")
"""Those that say something of the answer, and not of the network."""
WEIGHT = "wrt"
"""Under this name stands the weight, where that is drawn."""
STEPS = "steps"
GATED = ("lstm", "peephole", "gru")
MOST_WRONG = 8
"""So many mistakes a key has something to say to."""
_WHO = {
    "column": "most textbooks",
    "row": "Keras and Dive into Deep Learning",
    "pytorch": "PyTorch",
}


@lru_cache(maxsize=64)
def _derivation(cell: str, wrt: str, options: tuple[tuple[str, str], ...], steps: int | None, form: str) -> Derivation:
    """The same object for every student's variant, so that what it takes to judge is worked out once."""
    chosen = dict(options)
    layout = chosen.pop("layout", "column")
    for name in OF_ANSWER:
        chosen.pop(name, "")
    return Derivation(network(cell, **chosen), wrt, form, steps, layout)  # type: ignore[arg-type]


@dataclass(frozen=True)
class GradientTarget:
    """∂L/∂wrt of a network through time. Raises UserError where there is no such network, or no such weight."""

    cell: str
    wrt: str
    options: tuple[tuple[str, str], ...] = ()
    steps: int | None = None

    def __post_init__(self) -> None:
        _ = self.derivation
        if self._known == "none" and self.cell in GATED:
            raise UserError("the gradient of a gated cell is asked with known gradients: known is all or states")

    @property
    def derivation(self) -> Derivation:
        return _derivation(self.cell, self.wrt, self.options, self.steps, "general")

    @property
    def expected(self) -> Node:
        """From the gradients that are known; of a cell without gates the general formula unless δ is said to be."""
        if self.cell in GATED and self._known == "states":
            return unfolded(self._delta)
        return (self._delta if self._known == "all" or self.cell in GATED else self.derivation).lines[-1].right

    @property
    def _known(self) -> str:
        return dict(self.options).get("known", "")

    @property
    def _delta(self) -> Derivation:
        return _derivation(self.cell, self.wrt, self.options, self.steps, "delta")

    @property
    def letters(self) -> tuple[str, ...]:
        return tuple(self.derivation.network.declarations.kinds)

    def judged(self, text: str) -> Verdict:
        """Raises UserError for what cannot be read."""
        return _judged(self, text)

    def is_right(self, text: str) -> bool:
        """Whether `judged` calls it correct, in a fraction of the time. Raises UserError for what cannot be read."""
        return is_right(self.derivation, text, *_reading(self))

    def wrong(self) -> Iterator[Wrong]:
        """What typical mistakes make of the formula, each value once."""
        return iter(_wrong(self))

    def others(self) -> Iterator[Other]:
        return iter(_others(self))

    def working(self) -> tuple[doc.Block, ...]:
        """The general formula with what its signs stand for, and the recursion."""
        blocks: list[doc.Block] = []
        for found, words in ((self.derivation, "In general:"), (self._delta, "As a recursion:")):
            lines = tuple(doc.Equation(line.left, (line.right,), line.note) for line in found.lines)
            blocks += [doc.Paragraph(words), doc.Formula(lines)]
        return tuple(blocks)

    @cached_property
    def layouts(self) -> tuple[str, ...]:
        """The layouts other than the one that is asked."""
        return tuple(name for name in OPTIONS["layout"] if name != self.derivation.layout)


@lru_cache(maxsize=1024)
def _judged(asked: GradientTarget, text: str) -> Verdict:
    """The same answer of many students is judged once."""
    return judge(asked.derivation, text, *_reading(asked))


def _reading(asked: GradientTarget) -> tuple[str, str]:
    """How ⊗ is read, and which gradients are known."""
    chosen = dict(asked.options)
    return chosen.get("outer", "outer"), chosen.get("known", "all")


def gradient_asked(cell: str, given: Mapping[str, Node], values: Mapping[str, Any]) -> GradientTarget:
    """A gradient with the words of its options, drawn ones put in. Raises UserError."""
    words: dict[str, str] = {}
    steps: int | None = None
    for name, node in given.items():
        value = values.get(node.id, node.id) if isinstance(node, Name) and name != STEPS else evaluate(node, values)
        if name != STEPS:
            words[name] = str(value)
        elif isinstance(value, int):
            steps = value
        else:
            raise UserError(f"a sequence has a whole number of time steps, not {value}")
    return GradientTarget(cell, words.pop(WEIGHT), tuple(sorted(words.items())), steps)


@lru_cache(maxsize=64)
def _wrong(asked: GradientTarget) -> tuple[Wrong, ...]:
    """Each mistake once, without what is right in another layout: a W for Wᵀ may be all that differs there."""
    found: dict[str, Wrong] = {}
    for mistake, node in mistaken_gradients(asked.derivation, asked.expected):
        if len(found) == MOST_WRONG:
            break
        if mistake.id not in found and not asked.is_right(printing.plain(node)):
            found[mistake.id] = Wrong(mistake.id, mistake.because, node, 0.9 - 0.05 * len(found))
    return tuple(found.values())


@lru_cache(maxsize=64)
def _others(asked: GradientTarget) -> tuple[Other, ...]:
    """Right in another layout, as far as it is written otherwise there."""
    found: list[Other] = []
    for layout in asked.layouts:
        options = tuple({**dict(asked.options), "layout": layout}.items())
        node = GradientTarget(asked.cell, asked.wrt, options, asked.steps).expected
        if node not in [asked.expected, *(other.value for other in found)]:
            try:
                verdict = asked.judged(printing.plain(node))
            except UserError:
                continue
            if verdict.correct and verdict.layout == layout:
                found.append(Other(layout, _WHO[layout], node))
    return tuple(found)
