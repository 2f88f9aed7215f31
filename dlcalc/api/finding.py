"""Searching for the way: which command, question, layer, network or problem is meant by some words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, cached_property
from math import log
from typing import TYPE_CHECKING

from ..document import Document
from ..errors import UserError, printable
from ..explain.finding import found_document
from ..formulas.catalogue import ENTRIES, Entry
from ..formulas.hand_operations import OPERATIONS
from ..formulas.model import Formula
from ..formulas.registry import formula
from ..networks import zoo
from ..networks.kinds import in_a_line
from ..quiz import bank
from .results import Result

if TYPE_CHECKING:
    from . import shapes

MOST = 12
_LATER = 0.5
"""What a problem weighs beside a command: who searches wants to work something out."""
_LONGEST = 200
_SMALL = frozenset(
    ("a", "after", "an", "and", "are", "as", "at", "be", "by", "calculate", "can", "compute", "count", "do", "does",
     "each", "find", "for", "formula", "from", "get", "given", "give", "has", "have", "how", "i", "in", "into", "is",
     "it", "its", "many", "me", "more", "much", "my", "need", "needed", "number", "of", "on", "one", "or", "over",
     "per", "should", "that", "the", "then", "there", "this", "three", "to", "total", "turn", "two", "use", "using",
     "want", "was", "we", "what", "when", "which", "why", "will", "with", "work", "you")
)  # fmt: skip
_RARE = 3
"""A word of so few places, as a network's name, says most of what is looked for."""
_ALSO = {
    "kernel": "filter", "neuron": "unit", "picture": "image", "fc": "dense", "linear": "dense",
    "deconvolution": "transposed", "upconvolution": "transposed", "weight": "parameter", "flop": "mac",
    "derivative": "gradient", "backpropagation": "gradient", "bptt": "gradient", "xavier": "glorot", "kaiming": "he",
    "conv": "convolution", "bidirectional": "direction", "stacked": "layer", "length": "size", "shape": "size",
    "ram": "memory", "dilated": "dilation", "strided": "stride", "padded": "padding", "normalisation": "normalise",
}  # fmt: skip
"""Word → a word that our texts have for it."""


@dataclass(frozen=True)
class Hit:
    """A place to go: the line to type, what it is about, and of what kind it is."""

    command: str
    about: str
    kind: shapes.HitKind
    names: str = ""
    """Words that it is called by."""
    more: str = ""
    """Words of what it can be asked."""

    @cached_property
    def words(self) -> dict[str, float]:
        """Each of its words with what it weighs."""
        found: dict[str, float] = {}
        for text, weight in ((self.more, 1.0), (self.about, 3.0), (self.names, 5.0)):
            for word in _words(text):
                found[word] = max(found.get(word, 0.0), weight)
        return found


class Found(Result):
    """What was found for some words, the best first: `hits`."""

    def __init__(self, query: str, hits: Iterable[Hit]) -> None:
        self.query = query
        self.hits = tuple(hits)

    def _document(self) -> Document:
        return found_document(self.query, [(hit.command, hit.about, hit.kind) for hit in self.hits])

    def to_dict(self) -> shapes.Found:
        return {
            "query": self.query,
            "found": [{"command": hit.command, "about": hit.about, "kind": hit.kind} for hit in self.hits],
        }


def find(query: str, also: Mapping[str, tuple[str, str]] | None = None) -> Found:
    """What the words lead to, at most 12. `also`: commands, each with its line, "" where it is known, and other words
    for it.

    Words are compared without endings and capitals; one that stands nowhere is taken for the nearest that does. Raises
    UserError where nothing has any of the words.
    """
    words = [word for word in dict.fromkeys(_words(query[:_LONGEST])) if word not in _SMALL]
    words = [word for word in words if not word.isdecimal()] or words
    if not words:
        raise UserError('find needs some words: dlcalc find "bidirectional gru"')
    hits, often = _places(tuple((also or {}).items()))
    vocabulary = list(often)
    asked = [_meant(word, vocabulary) for word in words]
    scored = []
    for place, hit in enumerate(hits):
        marks = [
            max((hit.words[each] * like / (1 + log(often[each])) for each, like in near.items() if each in hit.words),
                default=0.0)
            for near in asked
        ]  # fmt: skip
        if any(marks):
            wanted = _LATER if hit.kind == "problem" else 1.0
            named = sum(each in _words(hit.command) for each in words)
            rare = any(hit.words.get(word) and often.get(word, 0) <= _RARE for word in words)
            scored.append((-sum(mark > 0 for mark in marks) - rare, -sum(marks) * wanted, -named, place, hit))
    if not scored:
        raise UserError(f"nothing is found for {printable(query[:60])}; dlcalc --help lists the commands")
    scored.sort(key=lambda each: each[:4])
    most = scored[0][0]
    return Found(query, (hit for matched, *_, hit in scored[:MOST] if matched == most or matched <= -2))


@cache
def _places(also: tuple[tuple[str, tuple[str, str]], ...]) -> tuple[tuple[Hit, ...], dict[str, int]]:
    """Every place, and how many places each word has, in the order of the alphabet: the same in every search."""
    others = dict(also)
    named = (_called(hit, others) for hit in (*_own(others), *_calculators(), *_by_hand()))
    hits = (*named, *_together(), *_layers(), *_networks(), *_problems())
    often = Counter(word for hit in hits for word in hit.words)
    return hits, {word: often[word] for word in sorted(often)}


def _meant(word: str, vocabulary: list[str]) -> dict[str, float]:
    """The words that it may stand for, with how near each is: itself, what begins with it, another word for it."""
    found = {each: 0.7 for each in vocabulary if len(word) > 2 and each.startswith(word)}
    found |= {each: 0.3 for each in vocabulary if len(each) > 3 and word.startswith(each)}
    if word in _ALSO and _ALSO[word] in vocabulary:
        found[_ALSO[word]] = 0.8
    if word in vocabulary:
        found[word] = 1.0
    return found or dict.fromkeys(get_close_matches(word, vocabulary, n=3, cutoff=0.8), 0.5)


def _words(text: str) -> Iterator[str]:
    for word in re.findall(r"[^\W_]+", text.lower()):
        word = re.sub(r"is(e|ed|er|ing|ation)s?$", r"iz\1", word)
        yield word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _own(also: Mapping[str, tuple[str, str]]) -> Iterator[Hit]:
    for name, (line, _) in also.items():
        if line:
            yield Hit(f"dlcalc {name}", line, "command", name)


def _called(hit: Hit, also: Mapping[str, tuple[str, str]]) -> Hit:
    """The hit with the other words for its command."""
    _, words = also.get(hit.command.removeprefix("dlcalc "), ("", ""))
    return replace(hit, names=f"{hit.names} {words}") if words else hit


def _calculators() -> Iterator[Hit]:
    for entry in ENTRIES.values():
        name = f"dlcalc {entry.name.replace('_', '-')}"
        if entry.formula:
            yield Hit(name, entry.help, "command", entry.name, _asked(formula(entry.formula)))
        yield from _variants(entry, name)


def _variants(entry: Entry, name: str) -> Iterator[Hit]:
    """A calculator with a switch, a choice or a quantity that makes it another."""
    flagged = entry.switches.items()
    ways = [(f"--{switch.replace('_', '-')}", switch, id) for switch, id in flagged]
    ways += [(choice if entry.positional else f"--{entry.choice} {choice}", choice, id)
             for choice, id in entry.choices.items()]  # fmt: skip
    by_id = {id: quantity for quantity, id in reversed([*entry.given.items()])}
    ways += [(f"--{quantity.replace('_', '-')} ...", quantity, id) for id, quantity in by_id.items()]
    for words, called, id in ways:
        made = formula(id)
        yield Hit(f"{name} {words}", made.title, "command", f"{entry.name} {called}", _asked(made))
    for flag, quantities in entry.flags.items():
        meant = ", ".join(f"{letter} = {value}" for letter, value in quantities.items())
        about = f"{formula(entry.formula).title}, {flag} ({meant})"
        yield Hit(f"{name} --{flag}", about, "command", f"{entry.name} {flag}", _asked(formula(entry.formula)))


def _asked(found: Formula) -> str:
    """What is given and what can be asked, in words."""
    terms = [f"{v.long} {v.meaning}" for v in found.variables] + ["layer"] * bool(found.shape)
    answers = [f"{name} {getattr(found.by_name[name], 'meaning', '')}" for name in found.answers]
    return " ".join((*terms, *answers, *(c.name for c in found.conventions)))


def _by_hand() -> Iterator[Hit]:
    for operation in OPERATIONS.values():
        ways = " ".join(
            (*operation.switches, *operation.choices, *(v for row in operation.choices.values() for v in row))
        )
        yield Hit(f"dlcalc run {operation.name}", operation.help, "by hand", f"{operation.name} by hand", ways)


TOGETHER = (
    ("dlcalc conv --n 224 --o 222 --find f,s,p", "Which filter size, stride and padding turn one size into another",
     "f s p unknown input output size given find which possible"),
    ("dlcalc conv --f 3 --c 256 --k 256 --groups 32", "Grouped convolution: weights of all groups, or of one",
     "group grouped resnext cardinality weight parameter channel"),
    ('dlcalc net "32x32x3; conv 16 f3 p1; pool 2; conv 32 f3; flatten; dense 10"',
     "A CNN layer by layer: sizes, parameters, MACs", "cnn whole parameter size flatten pool output"),
    ('dlcalc net "100; embedding 10000 300; lstm 128; dense 1"', "Embedding, LSTM and a dense layer, for texts",
     "text word sentiment classifier imdb embedding lstm dense vocabulary"),
    ('dlcalc net "10x512; residual(attention 8 nobias); ln; residual(dense 2048 relu; dense 512); ln"',
     "Encoder block of a transformer: attention and a feed-forward part, each with a way around",
     "transformer encoder block feedforward layer"),
    ('dlcalc net "T x B; lstm a seq; lstm b"', "Two stacked LSTMs in letters", "stacked lstm letter symbol"),
    ('dlcalc net "32x32x3; local-conv 20 f8 s2 p1"', "Convolution whose weights are not shared between positions",
     "unshared local position"),
    ('dlcalc diff "x^3" --wrt x,x', "Second derivative", "second derivative higher"),
    ('dlcalc diff "x^T A x" --wrt x,x', "Second derivative of a quadratic form", "second derivative quadratic hessian"),
    ('dlcalc diff "ln(det(X))" --wrt X', "Derivative of a determinant", "derivative determinant det log"),
    ('dlcalc run conv --x "1 2; 3 4 | 5 6; 7 8" --w "1 1; 1 1 | 2 2; 2 2" --groups 2',
     "Depthwise, each channel apart, in numbers", "depthwise grouped apart"),
    ("dlcalc bptt --cell lstm --wrt W_f --w-joined h,x --form delta",
     "Joined weights of a gate", "joined weight concatenated"),
    ('dlcalc solve "x + y = a" "x - y = b" --find x,y', "A system of two equations", "system equation two unknown"),
    ("dlcalc conv --n n --f f --p p --o n --find p", "Which padding keeps the size, in letters", "keep size"),
)  # fmt: skip
"""What several parts of a line answer together: the line, what it is about, and the words for it."""


def _together() -> Iterator[Hit]:
    for command, about, words in TOGETHER:
        yield Hit(command, about, "example", words)


def _layers() -> Iterator[Hit]:
    for kind in in_a_line():
        about = f"{kind.words}, as a layer of a network"
        yield Hit(f'dlcalc net "...; {kind.example or kind.name}"', about, "layer", kind.name, " ".join(kind.aliases))


def _networks() -> Iterator[Hit]:
    for name in zoo.names():
        yield Hit(f"dlcalc net {name}", zoo.title(name), "network", name)


def _problems() -> Iterator[Hit]:
    for path in bank.files():
        with path.open(encoding="utf-8") as file:
            title = next((found[1] for line in file if (found := re.match(r"""title = ['"](.*)['"]""", line))), "")
        yield Hit(f"dlcalc problems show {path.stem}", title, "problem", path.stem, path.parent.name)
