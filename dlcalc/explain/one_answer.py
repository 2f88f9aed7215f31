"""One answer of an operation by hand: the steps that lead to it and the array that comes out, without what is given."""

from __future__ import annotations

from dataclasses import replace
from itertools import dropwhile

from .. import document as doc
from ..formulas.by_hand import Operation
from ..formulas.run import Working
from .by_hand import document
from .look import Look


def steps(found: Working, operation: Operation, name: str) -> tuple[doc.Block, ...]:
    """The working of one answer, or of a step that is asked, as `dlcalc run` tells it."""
    needed = found.program.needed(name)
    asked = replace(found, formula=replace(found.formula, answers=(name,)))
    told = replace(operation, cells=tuple(cell for cell in operation.cells if cell in needed), gradients={})
    blocks = document(asked, told, Look()).blocks
    after = dropwhile(lambda block: not (isinstance(block, doc.Heading) and block.words == "Step by step"), blocks)
    return tuple(block for block in after if not isinstance(block, doc.Heading))
