"""A gradient for one entry of a weight, ∂L/∂W_ab = Σ_t δ_{t,a} h_{t−1,b}: which letters are entries, and which steps.

Entries stand beside the step, δ_{t,a} or δ_ta, or in a place of their own, δ_a^{(t)}, δ_a(t), (δ_t)_a. In the tree each
is an index of the value of a step, (δ[t])[a]; a letter of the network has another name as an entry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from ..expressions.nodes import Index, Kind, Literal, Name, Node, Partial, Pow, Reduce, Transpose, names_in, rewriting
from ..gradients.answer import Answer, Statement
from ..gradients.model import STEPS, TIME, Network

_BELOW = r"\{[^{}]*\}|[a-z0-9]"
_LETTERS = r"[a-su-z]\s*,?\s*[a-su-z]?"
_STEP = r"[jkmnst](?:\s*[-−+]\s*\d+)?"
_SLOPE = (
    r"(?:∂|\\partial)\s*[LEJ]\s*/\s*(?:∂|\\partial)|\\frac\s*\{\s*(?:∂|\\partial)\s*[LEJ]\s*\}\s*\{\s*(?:∂|\\partial)"
)
_VALUE = r"(?:(?<![A-Za-z])\\?[A-Za-z]+|δ)"
"""From its first letter: a long word would be looked at again from each of its letters."""
_SUM_OF_VALUES = rf"\s*{_VALUE}_(?:{_BELOW})(?:\s*[-−+]\s*{_VALUE}_(?:{_BELOW}))*\s*"
_WEIGHT = r"(?:[A-Z]|[bcwp](?![A-Za-z]))(?:_(?:\{\w+\}|\w))?"


def entries_beside_steps(text: str, names: Collection[str]) -> str:
    """(δ_t)_a, δ_t[a], δ_a_{t} and h_b(t − 1) as δ_{t,a}; (∂L/∂W)_{ab} and W_{hh,ab} with the entry in brackets.

    `names`: those that are known: of delta_f[t] the f is no entry.
    """

    def bracketed(found: re.Match[str]) -> str:
        *front, letters = found.groups()
        return f"{''.join(front)}[{','.join(re.findall('[a-z]', letters))}]"

    def of_slope(found: re.Match[str]) -> str:
        slope, weight, brace, letters = found.groups()
        return f"{slope} {weight}[{','.join(re.findall('[a-z]', letters))}]{brace}"

    def is_name(letter: str, below: str) -> bool:
        return f"{letter.strip(chr(92)).replace('δ', 'delta')}_{below.strip('{}')}" in names

    def opened(found: re.Match[str]) -> str:
        below = found[2] or found[3]
        return found[0] if is_name(found[1], below) else f"{found[1]}_{{{below}}}"

    def joined(found: re.Match[str]) -> str:
        letter, one, other = found.groups()
        other = f"{{{other}}}" if found[0].endswith("]") else other
        if is_name(letter, one) or "{" not in one + other:
            return found[0]
        return f"{letter}_{{{one.strip('{}')},{other.strip('{}')}}}"

    def each_of(found: re.Match[str]) -> str:
        values = re.findall(rf"({_VALUE})_({_BELOW})", found[1])
        if found[2] == "t" or any(is_name(*value) for value in values):
            return found[0]
        return f"({re.sub(rf'({_VALUE}_(?:{_BELOW}))', rf'{chr(92)}1_{{{found[2]}}}', found[1])})"

    def above(found: re.Match[str]) -> str:
        is_known = found[1].strip(chr(92)).replace("δ", "delta") in names
        return f"{found[1]}_{{{found[3].strip('{}')},{found[2]}}}" if is_known and found[2] not in "tT" else found[0]

    text = re.sub(rf"[(\[]\s*({_SLOPE})\s*({_WEIGHT})\s*(\}}?)\s*[)\]]\s*_\s*\{{({_LETTERS})\}}", of_slope, text)
    text = re.sub(
        rf"^[ \t]*d({_WEIGHT})(?=_\{{{_LETTERS}\}}\s*=|\[{_LETTERS}\]\s*=)", r"∂L/∂\1", text, flags=re.MULTILINE
    )
    text = re.sub(rf"([A-Zb]_)\{{([a-z]{{1,2}}),\s*({_LETTERS})\}}", bracketed, text)
    text = re.sub(rf"[(\[]\s*({_WEIGHT})\s*[)\]]\s*_\s*\{{({_LETTERS})\}}", bracketed, text)
    text = re.sub(rf"[(\[]\s*({_VALUE})_(?:\{{([^{{}}]*)\}}|([a-z0-9]))\s*[)\]]\s*(?=_)", opened, text)
    text = re.sub(r"[(\[]\s*((?:\\?delta|δ)_\w\[[^\[\]]*\])\s*[)\]]\s*(?=_)", r"\1", text)
    text = re.sub(r"((?:\\?delta|δ)_\w)\[([^\[\]]*)\]\s*_\s*\{?([a-zT0-9](?:\s*[-−+]\s*\d+)?)\}?", r"\1[\2,\3]", text)
    text = re.sub(rf"((?:\\?delta|δ)_\w)\[([^\[\]]*)\]\(\s*({_STEP})\s*\)", r"\1[\2,\3]", text)
    text = re.sub(rf"({_VALUE}_(?:{_BELOW}))\(\s*({_STEP})\s*\)", r"\1_{\2}", text)
    text = re.sub(rf"\(({_SUM_OF_VALUES})\)_\{{?([a-z])\}}?", each_of, text)
    text = re.sub(rf"({_VALUE})\s*\^\s*\{{?([a-z])\}}?\s*_\s*({_BELOW})", above, text)
    text = re.sub(rf"({_VALUE})_({_BELOW})\s*(?:\[\s*([a-su-z])\s*\])", joined, text)
    return re.sub(rf"({_VALUE})_({_BELOW})\s*_\s*({_BELOW})", joined, text)


_STEPS_ABOVE = frozenset("tT")


def of_one_entry(answer: Answer, left: Node | None, network: Network, wrt: str, named: Mapping[str, str]) -> Answer:
    """The answer with its entries told apart from the steps; as it is where it speaks of none.

    `left`: what stands on the left of the gradient. `named`: what is written → the network's own name.
    """
    return _Entries(network, wrt, named).read(answer, left)


def is_of_entry(left: Node | None, network: Network, wrt: str, named: Mapping[str, str]) -> bool:
    """Whether a left side is one entry of the gradient: ∂L/∂W_ij."""
    return bool(_Entries(network, wrt, named).of_left(left))


class _Entries:
    def __init__(self, network: Network, wrt: str, named: Mapping[str, str]) -> None:
        self.network, self.wrt, self.named = network, wrt, named
        weight = network.by_name.get(wrt)
        self.rank = 0 if weight is None else 2 if weight.columns else 1
        self.sequences = {name for name, kind in network.declarations.kinds.items()
                          if kind is Kind.MATRIX and name not in network.by_name}  # fmt: skip
        self.letters: set[str] = set()

    def read(self, answer: Answer, left: Node | None) -> Answer:
        if not self.rank or any(kind is Kind.MAP for kind in self.network.declarations.kinds.values()):
            return answer
        written, of_left = answer, self.of_left(left)
        answer = answer.changed(rewriting(self._with_powers))
        self.letters = {*of_left, *self._of_weights(answer)}
        if not self.letters and not any(self._has_two(part) for part in answer.parts()):
            return written
        bound = {part.index for part in answer.parts() if isinstance(part, Reduce)}
        entries = of_left or tuple(sorted(self._free(answer) - bound))
        if len(entries) != self.rank:
            return written
        self.letters |= set(entries)
        change = rewriting(self._apart)
        statements = tuple(self._stated(each, change) for each in answer.statements)
        names = tuple(self._name(letter).id for letter in entries)
        letters = frozenset(self._name(letter).id for letter in self.letters)
        return Answer(answer.text, change(answer.node), statements, names, letters)

    def of_left(self, left: Node | None) -> tuple[str, ...]:
        left = left.operand if isinstance(left, Transpose) else left
        if not isinstance(left, Partial):
            return ()
        match left.bottom:
            case Index(Name(written), indices):
                letters = _letters(indices)
            case Name(written) if written not in self.named and written not in self.network.by_name:
                # w, which is no letter here
                written, _, below = written.partition("_")
                letters = _letters((Name(below),))
            case _:
                return ()
        if self.named.get(written, written) != self.wrt and not (written == "w" and self.rank == 2):
            return ()
        return letters if len(letters) == self.rank and not {"t", "T"} & set(letters) else ()

    def _of_weights(self, answer: Answer) -> Iterator[str]:
        """Letters that a weight has: entries wherever they stand."""
        for part in answer.parts():
            if isinstance(part, Index) and isinstance(part.base, Name) and part.base.id in self.network.by_name:
                rank = 2 if self.network.by_name[part.base.id].columns else 1
                letters = _letters(part.indices)
                if len(letters) == rank:
                    yield from letters

    def _has_two(self, part: Node) -> bool:
        if not isinstance(part, Index):
            return False
        if isinstance(part.base, Index):
            return True
        return isinstance(part.base, Name) and part.base.id in self.sequences and len(_split(part.indices)) == 2

    def _free(self, answer: Answer) -> set[str]:
        found: set[str] = set()
        for part in answer.parts():
            if self._has_two(part):
                assert isinstance(part, Index)
                last = _split(part.indices)[-1]
                found |= {last.id} if isinstance(last, Name) and last.id not in ("t", "T") else set()
        return found | self.letters

    # the tree

    def _name(self, letter: str) -> Name:
        known = self.network.declarations
        return Name(letter * 2 if letter in known and letter not in known.integers else letter, integer=True)

    def _with_powers(self, part: Node, below: Callable[[Node], Node]) -> Node:
        """δ_i^t and δ_t^i, a letter of the entry and a step, as one index of two."""
        if isinstance(part, Pow) and isinstance(part.base, Index) and isinstance(part.base.base, Name):
            below_, above = part.base.indices, part.exponent
            is_value = part.base.base.id in self.sequences and len(below_) == 1
            if is_value and not isinstance(above, Literal) and all(name in _STEPS_ABOVE for name in names_in(above)):
                return Index(part.base.base, (above, *below_))
            if is_value and isinstance(above, Name) and below_[0] != above and len(above.id) == 1:
                return Index(part.base.base, (*below_, above))
        if isinstance(part, Name) and (found := re.fullmatch(r"([uvw])_([a-z]{2})", part.id)):
            weight = self.network.by_name.get(found[1].upper())
            if weight is not None and weight.columns:
                letters = tuple(Name(letter, integer=True) for letter in found[2])
                return Index(Name(weight.name, weight.kind), letters)
        return part.map(below)

    def _apart(self, part: Node, below: Callable[[Node], Node]) -> Node:
        if isinstance(part, Reduce) and part.index in self.letters:
            return replace(part, index=self._name(part.index).id, low=Literal(1), high=STEPS, body=below(part.body))
        if not isinstance(part, Index):
            return part.map(below)
        indices = _split(part.indices)
        if isinstance(part.base, Index):
            return Index(below(part.base), tuple(self._entry(index) for index in indices))
        if isinstance(part.base, Name) and part.base.id in self.network.by_name:
            return Index(part.base, tuple(self._entry(index) for index in indices))
        if isinstance(part.base, Name) and len(indices) == 2:
            entry, step = (0, 1) if self._is_entry(indices[0]) else (1, 0)
            if self._is_entry(indices[entry]):
                return Index(Index(part.base, (indices[step],)), (self._entry(indices[entry]),))
        return part

    def _is_entry(self, index: Node) -> bool:
        return isinstance(index, Name) and index.id in self.letters

    def _entry(self, index: Node) -> Node:
        return self._name(index.id) if isinstance(index, Name) and index.id in self.letters else index

    def _stated(self, statement: Statement, change: Callable[[Node], Node]) -> Statement:
        """δ_{t,a} = …, of every entry of a step."""
        written = statement.index
        right = change(statement.right)
        if statement.letter and len(statement.letter) == 2:
            written = Index(Name(statement.name, Kind.MATRIX), tuple(Name(each) for each in statement.letter))
        if isinstance(written, Index) and isinstance(written.base, Name):
            found = self._apart(written, lambda node: node)
            if isinstance(found, Index) and isinstance(found.base, Index):
                (step,), (entry,) = found.base.indices, found.indices
                assert isinstance(entry, Name)
                letter = step.id if isinstance(step, Name) and step != STEPS else ""
                index = None if letter else step
                return Statement(statement.name, index, letter, right, entry.id)
        return replace(statement, right=right)


def _split(indices: tuple[Node, ...]) -> tuple[Node, ...]:
    """ta, which is no letter of its own, as t and a."""
    found: list[Node] = []
    for index in indices:
        if isinstance(index, Name) and len(index.id) == 2 and index.id.isalpha():
            found += [TIME if letter == "t" else Name(letter, integer=True) for letter in index.id]
        else:
            found.append(index)
    return tuple(found)


def _letters(indices: tuple[Node, ...]) -> tuple[str, ...]:
    """The letters of an entry; none where one of them is no letter."""
    split = _split(indices)
    return tuple(each.id for each in split if isinstance(each, Name)) if all(isinstance(i, Name) for i in split) else ()
