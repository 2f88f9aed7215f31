"""Every format renders every kind of block: a new format, or a new block, that one of them forgets is named here."""

from __future__ import annotations

import itertools
import re
from fractions import Fraction
from typing import get_args

import pytest
from rows import each_row

from dlcalc import document as doc
from dlcalc.export import registry

WORD, NUMBER = "zebra", 271828

OTHERWISE = {
    "answers-csv": "it has the places for answers alone",
    "answers-toml": "it has the places for answers alone",
    "pdf": "it is what typst writes, compiled",
}
"""Format → why it is not held to render every block."""
WITHOUT_FACTS = {"moodle": "a bank of questions has no line for a name"}


def answer(id: str) -> doc.Entry:
    """A place for the answer 5, with its key: formats that mark answers need one."""
    return doc.Entry(id, "integer", key=doc.Key(5, (doc.Response(5, Fraction(1), "right"),)))


def blocks() -> dict[str, doc.Block]:
    """One of each kind; what has words has WORD, what is maths alone NUMBER."""
    equation = doc.Equation("o", (NUMBER,))
    entry = answer("2")
    found: tuple[doc.Block, ...] = (
        doc.Heading(2, WORD),
        doc.Paragraph(WORD),
        doc.Formula((equation,)),
        doc.Table(("x",), ((WORD,),)),
        doc.Steps(((WORD, equation),)),
        doc.Note("hint", WORD),
        doc.Code(WORD, "python"),
        doc.Figure("<svg xmlns='http://www.w3.org/2000/svg'/>", WORD),
        doc.Items((WORD,)),
        doc.Grid(("layer", WORD), (("conv", entry),)),
        doc.Question(2, WORD, Fraction(1), (doc.Paragraph(WORD),), (doc.Part("", Fraction(1), (), entry),)),
    )
    return {type(block).__name__: block for block in found}


def written(name: str, block: doc.Block) -> str:
    """A document with the block, inside a question if it is none."""
    part = doc.Part("", Fraction(1), (doc.Paragraph("Which?"),), answer("1"))
    question = block if isinstance(block, doc.Question) else doc.Question(1, "One", Fraction(1), (block,), (part,))
    text = registry.writer(name)(doc.Document("Sheet", (question,)))
    assert isinstance(text, str)
    return text


def has(text: str, kind: str) -> bool:
    """Whether the block's word is there, or of maths alone its number, however its digits are grouped."""
    return WORD in text if kind != "Formula" else str(NUMBER) in re.sub(r"[\s,\\{}]|&#?\w+;|<[^>]*>", "", text)


@each_row("name, kind", itertools.product(sorted(set(registry.formats()) - OTHERWISE.keys()), blocks()))
def test_a_block_is_rendered(name: str, kind: str) -> None:
    assert has(written(name, blocks()[kind]), kind)


@pytest.mark.parametrize("name", sorted(set(registry.formats()) - OTHERWISE.keys()))
def test_what_stands_before_the_blocks_and_before_the_sign_is_rendered(name: str) -> None:
    """The title, the facts under it, and of an equation what it is that is equal."""
    part = doc.Part("", Fraction(1), (doc.Paragraph("Which?"),), answer("1"))
    equation = doc.Formula((doc.Equation("Q", (NUMBER,)),))
    question = doc.Question(1, "One", Fraction(1), (equation,), (part,))
    text = registry.writer(name)(doc.Document("Giraffe", (question,), facts=(("Gnu", "okapi"),)))
    assert isinstance(text, str)
    expected = ["Giraffe"] if name in WITHOUT_FACTS else ["Giraffe", "Gnu", "okapi"]
    assert [word for word in expected if word not in text] == []
    assert re.search(r"Q(?!\w)", text)


def test_there_is_one_of_each_kind() -> None:
    assert blocks().keys() == {kind.__name__ for kind in get_args(doc.Block)}


def test_excuses_are_of_formats_that_exist() -> None:
    assert OTHERWISE.keys() <= set(registry.formats())
