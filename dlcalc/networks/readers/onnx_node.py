"""One node of an ONNX graph as its readers see it: what it reads, its attributes, and the layers that it adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from ...expressions.nodes import Value
from ..kinds import KINDS
from ..network import Shape
from .draft import Draft
from .onnx_values import Constant, Lost, Operand, attributes
from .views import BATCH, ONE, View


class Surroundings(Protocol):
    """What a node may ask of its graph."""

    draft: Draft
    batch: int
    opset: int

    def readers_of(self, name: str) -> list[Any]:
        """The nodes that read a value."""

    def times_read(self, name: str) -> int:
        """How often a value is read, by nodes and as an output of the graph."""

    def is_last(self, index: Operand | None) -> bool:
        """Whether an index takes the last of an axis."""

    def only_last_step(self, name: str) -> bool:
        """Whether all that reads a sequence takes its last step."""

    def stated(self, name: str) -> Shape | None:
        """The dimensions that the file or the standard's rules say a value has."""

    def place_weights(self, layer: str, *constants: Constant | None) -> int:
        """Notes that the weights are the layer's; how many numbers they have."""

    def not_learned(self, *constants: Constant | None) -> None:
        """Notes that the tensors are no parameters, such as the state that a recurrent layer starts from."""

    def owner(self, constant: Constant | None) -> str:
        """The layer that has all these weights already, "" for none."""

    def named(self, constant: Constant) -> bool:
        """Whether it is a parameter of the program that wrote the file."""


class Node:
    """One node, with what its inputs are."""

    def __init__(self, graph: Surroundings, proto: Any, operands: Sequence[Operand | None], place: str) -> None:
        self.graph = graph
        self.draft = graph.draft
        self.proto = proto
        self.operands = operands
        self.place = place
        self.attributes = attributes(proto)

    # What it reads

    def operand(self, index: int) -> Operand | None:
        return self.operands[index] if index < len(self.operands) else None

    def view(self, index: int = 0) -> View | None:
        """The layer's output that is read at `index`, if it is one."""
        found = self.operand(index)
        return found if isinstance(found, View) else None

    def constant(self, index: int) -> Constant | None:
        found = self.operand(index)
        return found if isinstance(found, Constant) else None

    def dims(self, index: int, rank: int) -> tuple[int, ...] | None:
        """The dimensions of the weights at `index`, if they are weights with so many."""
        found = self.constant(index)
        return found.dims if found is not None and found.dims is not None and len(found.dims) == rank else None

    def whole(self, name: str, index: int) -> tuple[int, ...] | None:
        """Whole numbers that older opsets have as an attribute and newer ones as an input."""
        if name in self.attributes:
            given = self.attributes[name]
            return given if isinstance(given, tuple) and all(isinstance(each, int) for each in given) else None
        found = self.constant(index)
        return found.whole() if found is not None else None

    def ints(self, name: str, count: int, usual: int) -> tuple[int, ...] | None:
        given = self.attributes.get(name, (usual,) * count)
        whole = isinstance(given, tuple) and all(isinstance(each, int) for each in given)
        return given if whole and len(given) == count else None

    def number(self, name: str, usual: int) -> int:
        given = self.attributes.get(name, usual)
        return given if isinstance(given, int) else usual

    def axis(self, given: int, rank: int) -> int | None:
        """A place among so many axes, None if there is none."""
        at = given + rank if given < 0 else given
        return at if 0 <= at < rank else None

    def unused(self, index: int) -> bool:
        """Whether nobody reads the output."""
        names = self.proto.output
        return index >= len(names) or not names[index] or self.graph.times_read(names[index]) == 0

    def next_operators(self) -> set[str]:
        """The operators that read the first output."""
        names = [name for name in self.proto.output[:1] if name]
        return {node.op_type for name in names for node in self.graph.readers_of(name)}

    def size(self, constant: Constant | None) -> int | None:
        """How many numbers weights have; 0 for none."""
        return 0 if constant is None else constant.size

    # What it adds

    def give(
        self,
        kind: str,
        inputs: Sequence[str],
        settings: Mapping[str, Value] | None = None,
        weights: Constant | None = None,
        bias: Constant | None = None,
        over: int = 0,
        arrays: Callable[[], Sequence[Any]] | None = None,
        **more: Any,
    ) -> str:
        """Adds a layer, with the weights that the file has for it: as they are, or as `arrays` gives them. `more` are
        other fields of the layer. Returns its name."""
        more |= {"over": over} if over else {}
        if weights is not None and KINDS[kind].weights:
            more["arrays"] = arrays or (lambda: [each.array() for each in (weights, bias) if each is not None])
        held = None
        owner = self.graph.owner(weights)
        if owner:
            own = bias is not None and not self.graph.owner(bias)
            more |= {"shares": owner, "own_bias": own}
        elif weights is not None:
            size, biases = self.size(weights), self.size(bias)
            held = None if size is None or biases is None else size + biases
        layer = self.draft.add(kind, *inputs, place=self.place, more=more, held=held, **(settings or {}))
        self.graph.place_weights(layer, weights, bias)
        return layer

    def out(self, layer: str, axes: Sequence[int] | None = None) -> Operand:
        """The layer's output, with the file's axes."""
        return self.draft.view(layer, axes) or Lost(layer)

    def follow(self, view: View, word: str, beside: Any = ()) -> Operand:
        """What stays the layer before, with a remark, and what the file says beside it: None where that is not
        followed."""
        after = self.draft.follow(view.layer, (word,), place=self.place, beside={word: beside} if beside != () else {})
        return replace(view, layer=after)

    def arranged(self, view: View, places: Sequence[int]) -> str:
        """A layer with the file's axes at `places` in that order."""
        return self.draft.arranged(view, places, self.place)

    def natural(self, view: View) -> View:
        """The view of a layer that has its axes whole, in an order of its own."""
        if view.sizes == self.draft.shape(view.layer):
            return view
        places = [at for at in view.places if view.axes[at] != ONE]
        number = {place: at for at, place in enumerate(places)}
        axes = tuple(axis if axis in (BATCH, ONE) else number[at] for at, axis in enumerate(view.axes))
        layer = self.arranged(view, places)
        return View(layer, tuple(view.sizes[view.axes[at]] for at in places), axes)

    def as_view(self, operand: Operand | None, rank: int) -> View | None:
        """An operand of so many axes; weights become a layer that reads nothing."""
        if isinstance(operand, View):
            return _wider(operand, rank)
        if not isinstance(operand, Constant) or operand.dims is None:
            return None
        dims = (1,) * (rank - len(operand.dims)) + operand.dims
        if dims[:1] not in ((1,), (self.graph.batch,)):
            return None
        axes = [BATCH]
        for size in dims[1:]:
            axes.append(ONE if size == 1 else sum(axis >= 0 for axis in axes))
        sizes = tuple(size for size in dims[1:] if size != 1) or (1,)
        owner = self.graph.owner(operand)
        count = 0 if owner or not operand.weights else self.graph.place_weights("", operand)
        more: dict[str, Any] = {"shares": owner} if owner else {}
        more["arrays"] = lambda: [shaped(operand, sizes)]
        layer = self.draft.add("learned", place=self.place, more=more, y=sizes, n=count)
        self.graph.place_weights(layer, operand)
        return View(layer, sizes, tuple(axes))

    def together(
        self, operands: Sequence[Operand | None], keep: int | None = None
    ) -> tuple[list[str], list[int]] | None:
        """(layers, the file's axes of what they make) of operands that are combined element by element: all with their
        axes in one order, that of the one with the most. `keep` is an axis that all of them keep.
        """
        ranks = [len(each.axes) if isinstance(each, View) else len(each.dims or ()) if isinstance(each, Constant) else 0
                 for each in operands]  # fmt: skip
        rank = max(ranks)
        views = [self.as_view(each, rank) for each in operands]
        found = [view for view in views if view is not None]
        if len(found) < len(views):
            return None
        batch = {at for view in found for at, axis in enumerate(view.axes) if axis == BATCH}
        real = {at for view in found for at, axis in enumerate(view.axes) if axis >= 0}
        if keep is not None:
            real.add(keep)
        if self.graph.batch != 1 and batch & real:
            return None
        apart = [replace(view, axes=tuple(ONE if at in real and axis == BATCH else axis
                                          for at, axis in enumerate(view.axes))) for view in found]  # fmt: skip
        lead = max(apart, key=lambda view: sum(axis >= 0 for axis in view.axes))
        places = [at for at in lead.places if at in real]
        if lead.axes[places[-1]] == ONE and len(places) > 1:
            places = sorted(places)  # the axes that only others have are where the file has them
        layers = [self.arranged(view, places) for view in apart]
        axes = [places.index(at) if at in real else BATCH if at in batch else ONE for at in range(rank)]
        return layers, axes


def shaped(constant: Constant, sizes: Sequence[int], order: Sequence[int] | None = None) -> Any:
    """All of a constant, its axes in another order, in these sizes; None where it is not followed."""
    found = constant.array()
    if found is None:
        return None
    return (found if order is None else found.transpose(order)).reshape(tuple(sizes))


Reader = Callable[[Node], "Operand | list[Operand] | None"]


def _wider(view: View, rank: int) -> View:
    """With axes of size 1 before the others, up to so many."""
    missing = rank - len(view.axes)
    return replace(view, axes=(*(ONE,) * missing, *view.axes)) if missing > 0 else view
