"""One call of a Keras layer as its reader sees it: the configuration, what it reads, and the layers that it adds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...errors import ProblemError, shown
from ...expressions.nodes import Value
from ..kinds import KINDS
from ..network import Shape
from .draft import NOTHING, Draft
from .views import BATCH, ONE, View

_LARGEST = 10**9

ACTIVATIONS = {"leaky_relu": "leaky", "leakyrelu": "leaky", "silu": "swish"}
"""Names of Keras's that are remarks under another name here."""


class Unknown(Exception):
    """The layer has no counterpart among our kinds; the message says what it is."""


@dataclass
class Place:
    """Where a layer stands: its name, its place in the file, and what all calls of it share."""

    name: str
    at: str
    """For messages: layer conv1."""
    where: str
    """The layer's own, with the file and the class."""
    owners: list[str] = field(default_factory=list)
    """The layers with weights that its first call added."""
    used: frozenset[int] = frozenset({0})
    """Which of its outputs are read."""
    node: Any = None
    """The call as the file has it, with its arguments."""
    group: str = ""
    """The group of its weights in the file."""
    kept: Any = None
    """The weights in the file, None where there are none."""
    unlike: str = ""
    """Why its values are not followed, "" where they are."""


class Node:
    """A configuration, read key by key, and the layers that it becomes. What breaks a rule is a ProblemError that names
    the key.

    `over` axes of what it reads, after the batch, are positions: the layer is called at each of them.
    """

    def __init__(
        self, values: dict[str, Any], path: str, place: Place, draft: Draft, views: Sequence[View], over: int = 0
    ) -> None:
        self.values = values
        self.path = path
        self.place = place
        self.draft = draft
        self.views = list(views)
        self.over = over
        self._made = 0
        self.order: tuple[int, ...] = ()
        """In which the axes of what it flattens stand in the file."""

    # The configuration

    def refused(self, key: str, rule: str) -> ProblemError:
        return ProblemError(self.path, f"{self.place.at}: {key}", rule)

    def get(self, key: str) -> Any:
        return self.values.get(key)

    def inner(self, key: str) -> tuple[str, Node]:
        """(class, node) of a layer that stands in this one and reads what this one reads."""
        given = self.get(key)
        if not isinstance(given, dict) or not isinstance(given.get("config"), dict):
            raise self.refused(key, f"this is a layer with a class_name and a config, not {shown(given)}")
        name = given.get("class_name")
        name = name if isinstance(name, str) else "of a layer without a class"
        place = replace(self.place, at=f"{self.place.at}: {key}", group=f"{self.place.group}/{key}")
        values = {"trainable": False, **given["config"]} if self.get("trainable") is False else given["config"]
        return name, Node(values, self.path, place, self.draft, self.views, self.over)

    def whole(self, key: str, usual: int | None = None) -> int:
        given = self.get(key)
        given = usual if given is None else given
        if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= _LARGEST:
            return given
        raise self.refused(key, f"this is a whole number from 0 to {_LARGEST}, not {shown(given)}")

    def sizes(self, key: str, usual: int | None = None) -> tuple[int, ...]:
        """One number, or one per axis."""
        given = self.get(key)
        given = usual if given is None else given
        items = given if isinstance(given, list) else [given]
        if 1 <= len(items) <= 3 and all(type(item) is int and 0 <= item <= _LARGEST for item in items):
            return tuple(items)
        raise self.refused(key, f"this is a whole number, or one for each axis, not {shown(given)}")

    def word(self, key: str, usual: str) -> str:
        given = self.get(key)
        given = usual if given is None else given
        if isinstance(given, str) and len(given) <= 40:
            return given.lower()
        raise self.refused(key, f"this is a word, not {shown(given)}")

    def flag(self, key: str, usual: bool) -> bool:
        given = self.get(key)
        given = usual if given is None else given
        if isinstance(given, bool):
            return given
        raise self.refused(key, f"this is true or false, not {shown(given)}")

    def activation(self, key: str = "activation") -> tuple[str, ...]:
        """The activation as a remark, () for none. One that has no name, as a program has none, is `activation`."""
        given = self.get(key)
        if isinstance(given, dict):
            name = given.get("config") if given.get("class_name") == "function" else given.get("class_name")
            given = name.lower() if isinstance(name, str) else "activation"
        if given in (None, "linear"):
            return ()
        if isinstance(given, str) and re.fullmatch(r"[a-z][a-z0-9_]{1,30}", given):
            return (ACTIVATIONS.get(given, given),)
        return ("activation",)

    def bias(self) -> dict[str, Value]:
        """The setting of a layer without biases."""
        return {} if self.flag("use_bias", True) else {"bias": False}

    # What it reads

    @property
    def x(self) -> View:
        return self.views[0]

    @property
    def rank(self) -> int:
        """Axes besides the batch and the positions."""
        return len(self.x.axes) - 1 - self.over

    @property
    def shape(self) -> Shape:
        """Sizes of what it reads, without the batch and the positions."""
        return self.x.shape()[1 + self.over :]

    @property
    def channels_first(self) -> bool:
        return bool(self.get("data_format") == "channels_first")

    def axis(self, given: object, key: str = "axis") -> int:
        """An axis of the file, counted with the batch as Keras does, behind the positions."""
        rank = len(self.x.axes) - self.over
        if isinstance(given, list) and len(given) == 1:
            given = given[0]
        if isinstance(given, int) and not isinstance(given, bool) and -rank <= given < rank and given % rank:
            return given % rank + self.over
        raise self.refused(key, f"this is an axis of {rank - 1} without the batch, not {shown(given)}")

    def places(self, last: Sequence[int]) -> list[int]:
        """The axes of the file but the batch, in an order of the layer's own, and those that have to stand last."""
        return [at for at in self.x.places if at not in last and self.x.axes[at] != ONE] + list(last)

    def arranged(self, places: Sequence[int], view: View | None = None) -> str:
        return self.draft.arranged(view or self.x, places, self.place.where)

    def ordered(self, view: View | None = None) -> str:
        """A layer with the axes as the file has them."""
        view = view or self.x
        return self.arranged([at for at, axis in enumerate(view.axes) if axis != BATCH], view)

    def as_map(self) -> str:
        """A layer with the channels last."""
        rank = len(self.x.axes)
        first = 1 + self.over
        places = list(range(1, rank))
        if self.channels_first and rank - first > 1:
            places = [*places[: self.over], *range(first + 1, rank), first]
        return self.arranged(places)

    # What it adds

    def add(
        self, kind: str, *inputs: str, final: bool = True, remarks: tuple[str, ...] = (), over: int | None = None,
        frozen: str = "", name: str = "", arrays: Callable[[], Sequence[Any]] | None = None,
        details: Mapping[Any, Any] = NOTHING, unlike: str = "", **settings: Value,
    ) -> str:  # fmt: skip
        """Adds a layer; the last one of a call has its name."""
        more: dict[str, Any] = {"over": self.over if over is None else over}
        if remarks == ("leaky",):  # of an activation that is named alone
            details = {**details, 0: (0.2,)}
        more |= {"details": dict(details), "unlike": unlike or self.place.unlike, "arrays": arrays}
        shape = self.draft.shape(inputs[0]) if kind in ("flatten", "reshape") else None
        if shape is not None:
            inner = shape[more["over"] :]
            more["layout"] = (inner, self.order or tuple(range(len(inner))))
        if kind in KINDS and KINDS[kind].weights:
            if self._made < len(self.place.owners):
                more["shares"] = self.place.owners[self._made]
            self._made += 1
            frozen = "all" if self.get("trainable") is False else frozen
            more |= {"frozen": frozen} if frozen else {}
        called = self.place.name if final else self.draft.free(f"{self.place.name}-{name or kind}")
        self.draft.add(kind, *inputs, name=called, place=self.place.where, remarks=remarks, more=more, **settings)
        if kind in KINDS and KINDS[kind].weights and not more.get("shares"):
            self.place.owners.append(called)
        return called

    def kept(self, arrange: Callable[..., Sequence[Any]], group: str = "") -> Callable[[], Sequence[Any]] | None:
        """Gives the layer's arrays in the file, laid out; None where the file keeps none."""
        place, path = self.place, f"{self.place.group}/{group}" if group else self.place.group
        if place.kept is None or not place.group:
            return None

        def arrays() -> Sequence[Any]:
            try:
                return [each for each in arrange(*place.kept.arrays(path)) if each is not None]
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, OSError):
                return []  # not so many arrays as the layer has, or of other shapes

        return arrays

    def out(self, layer: str, axes: Sequence[int] | None = None) -> View:
        """What the layer gives, with its axes as the file has them. Raises Unknown where no shape is known."""
        found = self.draft.view(layer, axes)
        if found is None:
            raise Lost(layer)
        return found

    def out_map(self, layer: str) -> View:
        """A map with its channels where the file has them."""
        long = len(self.draft.shape(layer) or ())
        if not self.channels_first or long - self.over < 2:
            return self.out(layer)
        lead = range(self.over)
        return self.out(layer, (BATCH, *lead, long - 1, *range(self.over, long - 1)))

    def follow(self, *words: str, view: View | None = None, beside: Any = ()) -> View:
        """What stays the layer before, with a remark, and what the file says beside it: None where that is not
        followed."""
        view = view or self.x
        more = dict.fromkeys(words, beside) if beside != () else {}
        return replace(view, layer=self.draft.follow(view.layer, words, self.place.name, self.place.where, more))

    def along(self, key: str = "axis") -> tuple[int] | None:
        """Beside a remark along an axis: which axis of the layer it is; None where it is none of them."""
        given = self.values.get(key, -1)
        view = self.x
        if not isinstance(given, int) or view.sizes != self.draft.shape(view.layer) or not self.axis(given):
            return None
        axis = view.axes[self.axis(given)]
        return (axis + 1,) if axis >= 0 else None

    def back(self, layer: str, places: Sequence[int]) -> View:
        """The view of a layer that has the axes at `places` in that order, as the file has them."""
        number = {place: at for at, place in enumerate(places)}
        return self.out(layer, [number.get(at, axis) for at, axis in enumerate(self.x.axes)])


class Lost(Exception):
    """A layer was added whose shape is not known."""

    def __init__(self, layer: str) -> None:
        super().__init__(layer)
        self.layer = layer


Reader = Callable[[Node], "View | list[View]"]


def padded(given: Node, *allowed: str) -> str:
    """The kind of padding. ProblemError for one that the class does not have."""
    padding = given.word("padding", "valid")
    if padding not in allowed:
        raise given.refused("padding", f"this is one of {', '.join(allowed)}, not {shown(padding)}")
    return padding


def snake(name: str) -> str:
    """As Keras names the layers of a class: MaxPooling2D is max_pooling2d."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name))
    return apart.lower()


def numbered(names: Sequence[str]) -> list[str]:
    """As Keras numbers what stands in a list: dense, dense_1."""
    return [f"{name}_{before}" if (before := list(names[:at]).count(name)) else name for at, name in enumerate(names)]
