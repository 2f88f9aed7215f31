"""A network that was run forwards as a document: a row per layer, and what holds of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import document as doc

if TYPE_CHECKING:
    from ..networks.forward import ForwardPass


def document(title: str, layers: Sequence[ForwardPass], parameters: int, seconds: float, exact: bool) -> doc.Document:
    """What each layer of the network of this title gave; the `parameters` and `seconds` are those of all layers, the
    parameters the file's if `exact`."""
    rows = tuple(
        (ran.row.layer.name, "×".join(map(str, ran.output)), f"{ran.parameters:,}", f"{1000 * ran.seconds:.1f}",
         f"{ran.largest:.3g}")
        for ran in layers
    )  # fmt: skip
    header = ("layer", "output", "parameters", "ms", "largest value")
    blocks: tuple[doc.Block, ...] = (
        doc.Table(header, rows, ("left", "left", "right", "right", "right")),
        doc.Note("right", f"all {len(layers)} layers gave the shapes and have the parameters of the table: "
                 f"{parameters:,} numbers, {seconds:.2f} s for one input"),
        doc.Note("note", "the parameters are the file's, and the input is random" if exact else
                 "the parameters are random, so the values say nothing"),
    )  # fmt: skip
    return doc.Document(f"{title}, run", blocks)
