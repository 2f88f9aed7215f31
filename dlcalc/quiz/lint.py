"""What is wrong with a problem file, and what is odd about it: told in its author's voice, with file and key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .. import document as doc
from ..answers.feedforward_target import BackpropTarget
from ..answers.gradient_target import GradientTarget
from ..errors import DlcalcError, ProblemError, printable
from ..expressions.nodes import Node, names_in
from ..formulas.run import contains_letters
from .custom_steps import THIS
from .problem import Ask, Draw, Problem, Slip, Span, TextNetwork
from .reader import read_problem
from .sheet import question
from .template import Cells, Template, names_of
from .variant import Variant, variant

SEEDS, PRINTED = 20, 5
"""Variants that are drawn of each file, and those of them whose keys are looked at as they are printed."""
_LEFT_OVER = re.compile(r"\\[A-Za-z]+|\{\{|\}\}|(?<!\\)\$")


@dataclass(frozen=True)
class Finding:
    """One line: an error, with which the file cannot be used, or a warning."""

    path: str
    key: str
    text: str
    error: bool = False

    def to_dict(self) -> dict[str, object]:
        return {"file": self.path, "key": self.key, "text": self.text, "error": self.error}


def lint(paths: Iterable[str]) -> Iterator[Finding]:
    """What is found in problem files, one after the other; of two files with one id the second is told."""
    ids: dict[str, str] = {}
    for path in paths:
        name = printable(path)
        try:
            problem = read_problem(path)
            variants = [variant(problem, seed) for seed in range(1, SEEDS + 1)]
            texts = [question(made, key=True) for made in variants[:PRINTED]]
        except ProblemError as error:
            yield Finding(str(error.path), error.key, str(error).removeprefix(f"{error.path}: "), True)
            continue
        except DlcalcError as error:
            yield Finding(name, "", str(error), True)
            continue
        if problem.id in ids:
            yield Finding(name, "id", f"{problem.id} is also the id of {ids[problem.id]}")
        ids.setdefault(problem.id, name)
        for key, text in (*_missing(problem), *_idle(problem), *_letters(variants), *_odd(texts)):
            yield Finding(name, key, text)


def _missing(problem: Problem) -> Iterator[tuple[str, str]]:
    if not problem.rows:
        yield "rows", "no row of the syllabus is named, such as rows = ['A1']"
    if not problem.trials:
        yield "test", "there is no [[test]]: a seed, what a student writes, and how it must be marked"
    for part in problem.parts:
        if not part.words and (len(problem.parts) > 1 or not problem.words):
            yield f"## {part.id}", "the part has no text"


# names that nobody reads


def _idle(problem: Problem) -> Iterator[tuple[str, str]]:
    read = set(_read(problem))
    for table, names in (("draw", problem.draws), ("let", problem.lets)):
        for name in names:
            if name not in read:
                yield f"{table}: {name}", "no text shows this value and nothing uses it"


def _read(problem: Problem) -> Iterator[str]:
    """Every name that the problem reads somewhere."""
    for draw in problem.draws.values():
        yield from _by_draw(draw)
    for let in problem.lets.values():
        yield from names_in(let.value) if isinstance(let.value, Node) else _by_ask(let.value)
    for require in problem.requires:
        yield from names_in(require.node)
    yield from _by_text(problem.words)
    for part in problem.parts:
        yield from _by_text(part.words)
        if part.ask is not None:
            yield from _by_ask(part.ask)
        for line in (*part.hints, *(words for each in part.options for words in (each.words, each.because))):
            yield from names_of(line)
    own = problem.formulas.get(THIS)
    for step in own.steps if own else ():
        yield from names_in(own.parse(step.expression)) if own else ()


def _by_draw(draw: Draw) -> Iterator[str]:
    match draw:
        case Span(low, high, _):
            yield from names_in(low)
            yield from names_in(high)
        case TextNetwork(line):
            yield from names_of(line)
        case Slip(network, _):
            yield network


def _by_ask(ask: Ask) -> Iterator[str]:
    yield ask.of
    for node in ask.given.values():
        yield from names_in(node)


def _by_text(template: Template) -> Iterator[str]:
    for block in template:
        rows = (block.header, *block.rows) if isinstance(block, Cells) else (block.lines,)
        for line in (line for row in rows for line in row):
            yield from names_of(line)


# what is only seen in variants


IN_LETTERS = (GradientTarget, BackpropTarget)
"""What is asked in letters, so that letters are left in it."""


def _letters(variants: Iterable[Variant]) -> Iterator[tuple[str, str]]:
    """Derived values and answers in which letters are left, where numbers are expected; each once."""
    seen: set[str] = set()
    for made in variants:
        values = {f"let: {name}": made.values[name] for name in made.problem.lets}
        asked = {part.id: made.asked[part.id] for part in made.problem.parts if part.kind != "expression"}
        values |= {f"part {id}": each.expected for id, each in asked.items() if not isinstance(each, IN_LETTERS)}
        for key, value in values.items():
            if key not in seen and contains_letters(value):
                seen.add(key)
                yield key, f"letters are left in {doc.plain((doc.Math(value),))}: not all that it needs is given"


def _odd(questions: Iterable[doc.Question]) -> Iterator[tuple[str, str]]:
    """Text that was meant to be maths or a value, and stands there as it was written; each once."""
    seen: set[str] = set()
    for asked in questions:
        for key, blocks in (("text", asked.blocks), *((f"part {p.label or 'a'}", p.blocks) for p in asked.parts)):
            for block in blocks:
                found = _LEFT_OVER.search(_plain(block))
                if found and key not in seen:
                    seen.add(key)
                    yield key, f"{found[0]} is in the printed text; should it be maths between dollars, or a value?"


def _plain(block: doc.Block) -> str:
    match block:
        case doc.Paragraph(words):
            return _words(words)
        case doc.Items(items):
            return " ".join(map(_words, items))
        case doc.Table():
            return " ".join(_words(cell) for row in (block.header, *block.rows) for cell in row)
    return ""


def _words(words: doc.Words) -> str:
    """The words without code and maths, in which a backslash or a dollar has its own meaning."""
    match words:
        case str():
            return words
        case tuple():
            return " ".join(map(_words, words))
        case doc.Strong(inside) | doc.Emphasis(inside):
            return _words(inside)
    return ""


STARTER = """\
+++
# What is drawn, asked and marked. Everything after a # is a remark.
title = '{title}'
level = 'easy'  # easy, medium or hard
rows = []  # the rows of the syllabus that this asks, such as ['A1']
require = ['mod(n + 2p - f, s) = 0']  # what the drawn values must fulfil

[draw]  # numbers that differ from variant to variant
n = '20..64'  # a range; '0.1..0.9 step 0.1' counts in tenths
f = [3, 5, 7]  # one of a list
s = '1..3'
p = '0..2'
c = [1, 3]
k = [8, 16, 32]

# [let]  # values that follow from them, such as
# span = 'n + 2p - f'

[[part]]
id = 'size'
kind = 'shape'  # integer, number, shape, vector, matrix, expression, choice or table
ask = 'conv.output'  # a formula and its answer; `dlcalc conv --help` lists them
points = 2

[[part]]
id = 'cost'
kind = 'integer'
ask = 'conv.macs'
follows = ['size']  # a wrong size is not punished twice
points = 2
hints = ['How many products does one output value take, and how many output values are there?']

[[test]]  # what a student might write in the variant of a seed, and how it must be marked
seed = 1
answers = {{size = '{size}', cost = '{cost}'}}
expect = {{size = 'right', cost = 'right'}}
+++
A convolutional layer reads an image of {{{{n}}}}×{{{{n}}}} pixels with {{{{c}}}} channels. It has {{{{k}}}} filters of
{{{{f}}}}×{{{{f}}}}, stride {{{{s}}}} and padding {{{{p}}}} on every side.

## size
What is the shape of its output (height × width × channels)?

## cost
How many multiply-accumulate operations (MACs) does one image cost?
"""
"""A problem file to begin with, in the form of `str.format`."""


def starter(name: str) -> str:
    """A problem file of this id to begin with. Its test holds the right answers of its own first variant."""
    from ..networks.exercise import written
    from .reader import problem_of

    text = {"title": name.replace("-", " ").capitalize(), "size": "1", "cost": "1"}
    made = variant(problem_of(STARTER.format(**text).encode(), f"new/{name}.md"), 1)
    size, cost = (made.asked[part].expected for part in ("size", "cost"))
    return STARTER.format(**{**text, "size": written(size), "cost": written(cost)})
