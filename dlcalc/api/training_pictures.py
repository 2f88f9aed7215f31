"""Pictures of what a trained network has inside, for its report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..diagrams.panels import Panels, Plane, drawn
from ..document import Block, Figure, Heading

if TYPE_CHECKING:
    from ..training.loop import Trainer

MOST_EXAMPLES = 400


def inside(run: Trainer) -> Iterator[Block]:
    """A heading and a picture for each thing that this network has. UserError without matplotlib."""
    for heading, alt, what in _pictures(run):
        yield Heading(3, heading)
        yield Figure(drawn(what), alt)


def _pictures(run: Trainer) -> Iterator[tuple[str, str, Panels | Plane]]:
    from ..training import looking

    for layer, arrays in looking.filters(run).items():
        words = f"the filters of {layer}"
        yield f"Filters of {layer}", words, Panels(words, arrays.tolist(), _numbers(arrays), signed=True)
    maps = looking.feature_maps(run)
    for layer, arrays in maps.items():
        words = "an example of the test" if layer == "input" else f"what {layer} makes of that example"
        yield f"Feature maps: {layer}", words, Panels(words, arrays.tolist(), _numbers(arrays))
    for layer, array in looking.states(run).items():
        words = f"the states of {layer} while it reads an example of the test"
        yield f"Hidden states of {layer}", words, Panels(words, [array.tolist()], signed=True, axes=("step", "unit"))
    found = looking.plane(run)
    if found is not None:
        sides, said = found
        train = run.examples.train
        points = [
            (*point, kind)
            for point, kind in zip(
                train.x[:MOST_EXAMPLES].tolist(), train.classes[:MOST_EXAMPLES, 0].tolist(), strict=True
            )
        ]
        classes = run.data.classes or tuple(map(str, range(int(train.classes.max()) + 1)))
        yield (
            "Decision surface",
            "what is said at every point of the plane, with examples",
            Plane("what is said at every point, and examples", sides, said.tolist(), points, classes),
        )


def _numbers(arrays: Any) -> list[str]:
    return [str(place + 1) for place in range(len(arrays))]
