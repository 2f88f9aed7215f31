"""A layer's output as a file has it: with its axes in another order, apart, side by side, or with axes of size 1.

A file says transpose, reshape, squeeze as operators of their own. Most of them compute nothing: they say how the next
layer looks at the same numbers. A view keeps that, and becomes a layer only where somebody reads it otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ...expressions.nodes import Value
from ..network import Shape

BATCH, ONE = -1, -2
"""An axis of the file that is the batch, and one of size 1 that the layer does not have."""


@dataclass(frozen=True)
class View:
    """What `layer` gives, its axes cut into `sizes` (as many numbers, in the same order), and for each axis of the file
    which of them it is.
    """

    layer: str
    sizes: Shape
    axes: tuple[int, ...]

    def shape(self, batch: int = 1) -> Shape:
        """The sizes along the file's axes."""
        return tuple(batch if axis == BATCH else 1 if axis == ONE else self.sizes[axis] for axis in self.axes)

    @property
    def places(self) -> list[int]:
        """The file's axes but the batch, in the order in which the layer has them."""
        own = [at for at, axis in enumerate(self.axes) if axis != BATCH]
        return sorted(own, key=lambda at: (self.axes[at] == ONE, self.axes[at]))

    @property
    def plain(self) -> bool:
        """The file's axes are the layer's, after the batch."""
        return self.axes == (BATCH, *range(len(self.sizes)))

    def transposed(self, order: Sequence[int]) -> View:
        return replace(self, axes=tuple(self.axes[at] for at in order))

    def squeezed(self, places: set[int]) -> View:
        """Without those axes, which have size 1."""
        gone = {self.axes[at] for at in places}
        left = tuple(axis for at, axis in enumerate(self.axes) if at not in places)
        kept = [axis for axis in range(len(self.sizes)) if axis not in gone]
        number = {axis: at for at, axis in enumerate(kept)}
        return replace(self, sizes=tuple(self.sizes[axis] for axis in kept), axes=tuple(number.get(a, a) for a in left))

    def unsqueezed(self, places: set[int]) -> View:
        """With axes of size 1 at those places of the result."""
        left = iter(self.axes)
        rank = len(self.axes) + len(places)
        return replace(self, axes=tuple(ONE if at in places else next(left) for at in range(rank)))


def product(sizes: Sequence[Value]) -> Value:
    """As `math.prod`, of letters too."""
    found: Value = 1
    for size in sizes:
        found = found * size
    return found


def reshaped(view: View, target: Sequence[Value], batch: int) -> View | None:
    """The same numbers under other sizes, where that only says how they are looked at; None where they have to be laid
    out anew first, because axes that are not beside each other in the layer become one.
    """
    source = list(zip(view.shape(batch), view.axes, strict=True))
    groups = _groups([size for size, _ in source], list(target))
    if groups is None:
        return None
    sizes = list(view.sizes)
    pieces: dict[int, Shape] = {}
    named: list[tuple[str, int, int]] = []  # for each axis of the target: what it is, and which piece of which axis
    for before, after in groups:
        inside = [source[at] for at in before if source[at][0] != 1]
        wanted = [at for at in after if target[at] != 1]
        ones = [at for at in after if target[at] == 1]
        named += [("one", at, 0) for at in ones]
        if len(inside) == len(wanted) == 1:
            named.append(("axis", wanted[0], inside[0][1]))
            continue
        own = [axis for _, axis in inside]
        if BATCH in own or any(b != a + 1 for a, b in pairwise(own)):
            return None
        if not own:
            continue
        pieces[own[0]] = tuple(target[at] for at in wanted)
        for axis in own[1:]:
            pieces[axis] = ()
        named += [(f"piece {number}", at, own[0]) for number, at in enumerate(wanted)]
    start: dict[int, int] = {}
    cut: list[Value] = []
    for axis, size in enumerate(sizes):
        start[axis] = len(cut)
        cut += pieces.get(axis, (size,))
    found = dict[int, int]()
    for what, at, axis in named:
        if what == "one":
            found[at] = ONE
        elif what == "axis":
            found[at] = BATCH if axis == BATCH else start[axis]
        else:
            found[at] = start[axis] + int(what.split()[1])
    axes = [found[at] for at in range(len(target))]
    if BATCH not in axes and batch == 1 and ONE in axes:
        axes[0 if axes[0] == ONE else axes.index(ONE)] = BATCH
    unused = {axis for axis in range(len(cut)) if axis not in axes and cut[axis] == 1}
    kept = [axis for axis in range(len(cut)) if axis not in unused]
    number = {axis: at for at, axis in enumerate(kept)}
    return View(view.layer, tuple(cut[axis] for axis in kept), tuple(number.get(axis, axis) for axis in axes))


def _groups(source: list[Value], target: list[Value]) -> list[tuple[list[int], list[int]]] | None:
    """The axes that together become others: the smallest pieces that hold as many numbers before and after."""
    found: list[tuple[list[int], list[int]]] = []
    i = j = 0
    while i < len(source) or j < len(target):
        before, after = [i] if i < len(source) else [], [j] if j < len(target) else []
        i, j = i + len(before), j + len(after)
        a, b = product([source[at] for at in before]), product([target[at] for at in after])
        while a != b:
            known = isinstance(a, int) and isinstance(b, int)
            if i < len(source) and (not known or a < b):
                before.append(i)
                a, i = a * source[i], i + 1
            elif j < len(target) and (not known or b < a):
                after.append(j)
                b, j = b * target[j], j + 1
            else:
                return None
        found.append((before, after))
    return found
