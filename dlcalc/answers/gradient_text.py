"""Reading a gradient: one expression, or a recursion with intermediates and the gradient at its end or its beginning.

Read are plain text, Unicode and LaTeX, with the usual other names of weights and signals. Nothing is evaluated here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from ..errors import UserError
from ..expressions.functions import ALIASES as FUNCTION_ALIASES
from ..expressions.functions import CONSTANTS, FUNCTIONS
from ..expressions.nodes import (
    Index,
    Kind,
    Literal,
    Name,
    Node,
    Partial,
    Pow,
    Reduce,
    Transpose,
    names_in,
    rewriting,
)
from ..expressions.parser import parse
from ..expressions.reader import Declarations
from ..gradients.answer import Answer, Statement
from ..gradients.model import STEPS, Network, shifted
from .gradient_code import as_formulas
from .gradient_entries import entries_beside_steps, is_of_entry, of_one_entry
from .gradient_notation import DOTS, GENERIC, SPELLED, TIMES, is_short, plain, sides, stated_once
from .gradient_ranges import normal
from .steps import moved

_RNN = {
    "w_ih": "U", "w_hh": "W", "w_x": "U", "w_h": "W", "W_x": "U", "W_h": "W", "W_xh": "U", "W_hh": "W", "W_hx": "U",
    "W_ih": "U", "W_y": "V", "W_hy": "V", "W_yh": "V", "W_hq": "V", "W_qh": "V", "W_ho": "V", "W_oh": "V", "W_o": "V",
    "W_out": "V", "W_s": "V", "W_ya": "V", "W_rec": "W", "W_in": "U", "W_e": "U", "W_aa": "W", "W_ax": "U", "W_hz": "V",
    "W_xz": "U", "W_i": "U", "W_r": "W", "W_ss": "W", "W_sx": "U", "Whh": "W", "Wxh": "U", "Why": "V", "bh": "b",
    "by": "c", "b_h": "b", "b_y": "c", "b_a": "b", "b_o": "c", "b_q": "c", "b_z": "c", "b_1": "b", "b_2": "c",
    "hs": "h", "xs": "x", "ps": "yhat", "dhraw": "delta", "da": "delta", "dz": "delta", "delta_a": "delta",
    "delta_z": "delta", "dy": "delta_y", "do": "delta_y", "delta_o": "delta_y", "delta_h": "dh", "h_0": "h0",
    "delta_out": "delta_y", "delta_output": "delta_y", "delta_hid": "delta", "delta_hidden": "delta",
}  # fmt: skip
_LSTM = {
    **{f"W_{x}{g}": f"W_{g}" for g in "fico" for x in "x"}, **{f"W_{g}x": f"W_{g}" for g in "fico"},
    **{f"W_h{g}": f"U_{g}" for g in "fico"}, **{f"W_{g}h": f"U_{g}" for g in "fico"},
    **{f"R_{g}": f"U_{g}" for g in "fico"}, **{f"W_i{g}": f"W_{g}" for g in "fo"}, "W_ii": "W_i",
    "W_ig": "W_c", "W_hg": "U_c", "W_xg": "W_c", "W_g": "W_c", "U_g": "U_c", "R_g": "U_c", "W_z": "W_c", "U_z": "U_c",
    "R_z": "U_c", "W_ch": "U_c", "W_C": "W_c", "U_C": "U_c", "b_C": "b_c", "b_z": "b_c",
    "b_g": "b_c", "delta_g": "delta_c", "delta_C": "dC", "delta_h": "dh", "ctilde": "Ctilde", "g": "Ctilde",
    "cbar": "Ctilde", "Cbar": "Ctilde", "chat": "Ctilde", "Chat": "Ctilde", "dc": "dC", "c_0": "C_0", "W_hy": "V",
    "W_y": "V", "b_y": "c", "delta_o_y": "delta_y", "delta_out": "delta_y",
    **{f"da_{g}": f"delta_{g}" for g in "fico"}, "da_g": "delta_c",
}  # fmt: skip
_GRU = {
    **{f"W_x{g}": f"W_{g}" for g in "zrh"}, **{f"W_h{g}": f"U_{g}" for g in "zrh"},
    **{f"W_i{g}": f"W_{g}" for g in "rz"}, "W_in": "W_h", "W_hn": "U_h", "W_n": "W_h", "U_n": "U_h", "b_n": "b_h",
    "W_u": "W_z", "U_u": "U_z", "b_u": "b_z", "delta_u": "delta_z", "delta_n": "delta_h", "W_hy": "V", "W_y": "V",
    "delta_out": "delta_y",
    "hhat": "htilde", "hbar": "htilde", "n": "htilde", "u": "z", "W": "W_h", "U": "U_h", "W_c": "W_h", "U_c": "U_h",
    "delta_htilde": "delta_h", **{f"da_{g}": f"delta_{g}" for g in "zrh"}, "da_n": "delta_h",
}  # fmt: skip
ALIASES: Mapping[str, Mapping[str, str]] = {"rnn": _RNN, "lstm": _LSTM, "gru": _GRU, "peephole": _LSTM}
"""Cell → other names that its weights and signals go by. A name that the network has keeps its meaning."""
SIGNALS: Mapping[str, Mapping[str, str]] = {
    "rnn": {"p": "yhat", "s": "h", "z": "a", "net": "a", "u": "x"},
    "lstm": {"p": "yhat"},
    "gru": {"p": "yhat", "s": "h"},
}
"""Cell → other letters of its sequences, which count where the network has no such sequence of its own."""
LOSS_NAMES = ("E", "J")
"""Other letters of the loss."""


def read(text: str, network: Network, wrt: str, letters: Mapping[str, str] | None = None) -> Answer:
    """The answer in a text. `letters`: what is written for a name of the network → that name.

    Raises UserError, an ExpressionError where it is no expression of the language.
    """
    return _Reader(network, wrt, letters or {}).read(text)


class _Reader:
    """What is known of the names while one answer is read."""

    def __init__(self, network: Network, wrt: str, letters: Mapping[str, str]) -> None:
        self.network, self.wrt = network, wrt
        self.letters = letters
        self.aliases = _aliases(network, letters)
        self.names = _declared(network, self.aliases)
        self.weights = {*network.by_name, *(name for name, own in self.aliases.items() if own in network.by_name)}

    def read(self, text: str) -> Answer:
        sequences = {name for name, kind in self.names.kinds.items() if kind is Kind.MATRIX}
        sequences -= {*self.weights, *FUNCTIONS}
        asked = {self.wrt, *(name for name, own in self.aliases.items() if own == self.wrt)}
        looped = sequences | ({"c"} if "C" in sequences else set())
        text = as_formulas(text, self.weights, asked, looped)
        written = plain(self._deltas(text), self.network.form["activation"], sequences, self.names.kinds)
        written = entries_beside_steps(written, self.names.kinds)
        lefts, right, stated = sides(written, self._is_asked, "delta_t")
        self._declare([parts[0] for parts in stated])
        found = stated_once([self._statement(parts[0], parts[-1]) for parts in stated], [parts[0] for parts in stated])
        if lefts:
            self._check_left(lefts[0])
        answer = Answer(text, self._parsed(right), found)
        return normal(of_one_entry(answer, self._raw(lefts), self.network, self.wrt, self.aliases))

    def _raw(self, lefts: list[str]) -> Node | None:
        """The first left side in the letters that were written."""
        try:
            return parse(lefts[0], self.names) if lefts else None
        except UserError:
            return None

    def _deltas(self, text: str) -> str:
        """Where no δ stands alone, δ C_t is dC_t, and δ i_t what goes into the gate i."""
        if "delta" in self.names:
            return text

        def named(found: re.Match[str]) -> str:
            letter = found[1]
            is_state = letter.upper() == "C" or any(letter == signal.name for signal in self.network.firsts)
            step = f"[{found[2].strip('{}')}]" if found[2] else ""
            return f" d{'C' if letter.upper() == 'C' else letter}{step}" if is_state else f" delta_{letter}{step}"

        return re.sub(r"(?:\\delta\s+|δ\s*)([A-Za-z])(?:\s*_(\w|\{[^{}]*\})|(?=\s*[\[(^]))", named, text)

    def _is_asked(self, left: str) -> bool:
        if is_short(left, {self.wrt, *(name for name, own in self.aliases.items() if own == self.wrt)}):
            return True
        try:
            node = self._parsed(left)
        except UserError:
            return False
        inner = node.operand if isinstance(node, Transpose) else node
        if isinstance(inner, Partial) and inner.top == Name("L") and inner.bottom == Name(self.wrt):
            return True
        return is_of_entry(self._raw([left]), self.network, self.wrt, self.aliases)

    def _parsed(self, text: str) -> Node:
        return rewriting(self._renamed)(parse(text, self.names, TIMES))

    def _declare(self, lefts: list[str]) -> None:
        """Names that the answer states, beside those of the network."""
        kinds = dict(self.names.kinds)
        for left in lefts:
            if len(left) > 60 and "∂" not in left and "partial" not in left:
                raise UserError(f"an intermediate has a short name, not {left[:40]}…")
            if (word := _WORD_AT_STEP.fullmatch(left.strip())) is not None:
                kinds.setdefault(word[1], Kind.MATRIX)
            # the name as our own reader spells it: δ is delta
            node = parse(left, Declarations(kinds, self.names.integers))
            stem = node.base if isinstance(node, Index) else node
            if isinstance(stem, Name):
                stem_name, _, below = stem.id.partition("_")
                many = isinstance(node, Index) and len(node.indices) == 2
                whole = stem.id if isinstance(node, Index) else stem_name if not below.isdigit() else stem.id
                if whole not in self.network.declarations and self.aliases.get(whole, whole) == whole:
                    kinds.pop(whole, None)
                kinds.setdefault(whole, Kind.MAP if many else Kind.MATRIX)
                if many and whole not in self.network.declarations:
                    kinds[whole] = Kind.MAP
        self.names = Declarations(kinds, self.names.integers)

    def _statement(self, left: str, right: str) -> Statement:
        found, body = self._parsed(left), self._parsed(right)
        if isinstance(found, Transpose) and isinstance(found.operand, Partial):
            found, body = found.operand, Transpose(body)
        if isinstance(found, Partial):
            return Statement("", found, "", body)
        if isinstance(found, Name):
            return Statement(found.id, None, "", body)
        if not (isinstance(found, Index) and isinstance(found.base, Name) and len(found.indices) in (1, 2)):
            raise UserError(f"an intermediate is a letter with its step, delta_t, not {left[:40]}")
        if len(found.indices) == 2:
            return Statement(found.base.id, found, "", body)
        (index,) = found.indices
        index, body = _unshifted(index, body)
        letter = index.id if isinstance(index, Name) and index.id != STEPS.id else ""
        if not letter and set(names_in(index)) - {STEPS.id}:
            raise UserError(f"an intermediate is stated for step t, for T or for a number, not for {left[:40]}")
        return Statement(found.base.id, None if letter else index, letter, body)

    def _check_left(self, left: str) -> None:
        """Raises UserError where a left side speaks of another derivative than the one that is asked."""
        node = self._parsed(left) if "∂" in left or "partial" in left else None
        node = node.operand if isinstance(node, Transpose) else node
        if not isinstance(node, Partial) or not isinstance(node.bottom, Name):
            return
        if node.bottom.id in self.network.by_name and node.bottom.id != self.wrt:
            raise UserError(f"the question asks for ∂L/∂{self.wrt}, not ∂L/∂{node.bottom.id}")

    # our own letters for what is written

    def _renamed(self, part: Node, below: Callable[[Node], Node]) -> Node:
        """W_hh as W, o_t as what the head adds up, c_t as C_t, hᵗ as h_t; the letters of steps are left as they are."""
        if isinstance(part, Name):
            return self._own(part)
        if isinstance(part, Index):
            return Index(self._base(part.base) if isinstance(part.base, Name) else below(part.base), part.indices)
        if isinstance(part, Reduce):
            body = below(part.body)
            return part if body is part.body else replace(part, body=body)
        if isinstance(part, Partial):
            return self._derivative(part, below)
        if isinstance(part, Pow) and isinstance(part.base, Name) and _is_step(part.exponent):
            base = self._base(part.base)
            if base.kind is Kind.MATRIX and base.id not in self.weights:
                return Index(base, (part.exponent,))
        return part.map(below)

    def _own(self, name: Name) -> Name:
        found = self.aliases.get(name.id, name.id)
        if found in LOSS_NAMES and self.names.kinds.get(found) == self.names.kinds["L"]:
            found = "L"
        if found == "o" and "a_y" in self.names and "a_o" not in self.names:
            found = "a_y"
        if found == "theta":
            found = self.wrt
        return Name(found, self.names.kinds.get(found, name.kind), name.integer)

    def _base(self, name: Name) -> Name:
        """Of a sequence: c_t is C_t in a cell that has a C, and I_t the input gate."""
        if name.id == "c" and "C" in self.names:
            return self.names.name("C")
        if name.id == "I" and self.names.kinds.get("i") is Kind.MATRIX:
            return self.names.name("i")
        return self._own(name)

    def _derivative(self, part: Partial, below: Callable[[Node], Node]) -> Partial:
        """∂L/∂y is that by the output, the target being given; ∂h_k/∂W_k is explicit: each step has its own copy."""
        top, bottom = (self._output(below(side)) for side in (part.top, part.bottom))
        if isinstance(bottom, Index) and isinstance(bottom.base, Name) and bottom.base.id in self.weights:
            return Partial(top, bottom.base, True)
        is_of_weight = isinstance(bottom, Name) and bottom.id in self.weights and isinstance(top, Index)
        return Partial(top, bottom, part.direct or (is_of_weight and self._is_within_step(top)))

    def _is_within_step(self, top: Node) -> bool:
        """Of a sum or a gate, ∂a_t/∂W, only the explicit part can be meant: what has the steps before is ∂h_t/∂W."""
        base = top.base.id if isinstance(top, Index) and isinstance(top.base, Name) else ""
        return base in {s.name for s in self.network.equations} - {s.name for s in self.network.firsts}

    def _output(self, node: Node) -> Node:
        if isinstance(node, Index) and node.base == Name("y") and "yhat" in self.names:
            return Index(self.names.name("yhat"), node.indices)
        return node


def _unshifted(index: Node, body: Node) -> tuple[Node, Node]:
    """δ_{t−1} = … of t as δ_t = … of t + 1."""
    letters = [name for name in names_in(index) if name != STEPS.id]
    if isinstance(index, Name) or len(letters) != 1:
        return index, body
    letter = Name(letters[0], integer=True)
    for by in (-1, 1, -2, 2):
        if shifted(letter, by) == index:
            return letter, moved(body, letter, -by)
    return index, body


_WORD_AT_STEP = re.compile(r"([A-Za-z][A-Za-z0-9]+(?:_[A-Za-z0-9]+)*)\[t\]")
"""dhnext[t], a name of several letters, as a program has it."""
_WORD = re.compile(r"(?<![\\A-Za-z])_?\{?\s*([A-Za-z]{3,})(?![A-Za-z(])")


def strange_words(text: str, network: Network) -> list[str]:
    """Words that are neither names of the network nor functions: pred, rec."""
    known = {part for name in network.declarations.kinds for part in (name, *name.split("_"))}
    known |= {part for name in ALIASES.get(network.cell, {}) for part in (name, *name.split("_"))}
    known |= {*FUNCTIONS, *FUNCTION_ALIASES, *CONSTANTS, *SPELLED, *GENERIC, *_WORDS}
    if "+=" in text:
        return []
    text = re.sub(r"&&.*", " ", text)
    plain_text = re.sub(r"\\(?:begin|end)\{[a-z*]+\}|\\[A-Za-z]+", " ", text)
    return [word for word in _WORD.findall(plain_text) if word not in known]


_WORDS = frozenset({
    "sum", "prod", "product", "diag", "Diag", "outer", "transpose", "hat", "bar", "tilde", "vec", "delta", "sigma",
    "partial", "where", "with", "and", "for", "pred", "true", "target", "concat", "cat", "dot", "matmul", "top",
})  # fmt: skip


def _aliases(network: Network, letters: Mapping[str, str]) -> dict[str, str]:
    """What is written → the network's own name."""
    own = network.declarations.kinds
    cell = network.cell if network.cell in ALIASES else "rnn" if network.cell == "stacked" else ""
    found: dict[str, str] = {}
    for written, name in ALIASES.get(cell, {}).items():
        if name in own and written not in own:
            found[written] = name
    is_layered = any(signal.layer for signal in network.equations)
    for written, name in ({} if is_layered else SIGNALS.get("lstm" if cell == "peephole" else cell, {})).items():
        if name in own and (written not in own or written == "s"):
            found[written] = name
    for name, kind in own.items():
        if len(name) == 1 and name.islower() and kind is Kind.MATRIX and name.upper() not in (*own, "I", "E", "T"):
            found.setdefault(name.upper(), name)
        if name.startswith("d") and name[1:2].islower() and len(name) == 2 and f"d{name[1:].upper()}" not in own:
            found.setdefault(f"d{name[1:].upper()}", name)
    if "yhat" in own:
        found.setdefault("Yhat", "yhat")
    return found | dict(letters)


def _declared(network: Network, aliases: Mapping[str, str]) -> Declarations:
    """The network's names, and other names of the same."""
    known = network.declarations
    kinds = dict(known.kinds)
    for written, name in aliases.items():
        if name in known.kinds:
            kinds[written] = known.kinds[name]
    kinds |= {name: kinds["L"] for name in LOSS_NAMES if name not in kinds}
    if "o" not in kinds:
        kinds["o"] = kinds.get("a_y", Kind.MATRIX)
    kinds.setdefault("I", Kind.MATRIX)
    kinds.setdefault("theta", Kind.SCALAR)
    kinds.setdefault(DOTS, Kind.MATRIX)
    integers = {*known.integers, "s", "i", "r", "l", "n", "tau"} - {
        name for name in kinds if kinds[name] is not Kind.SCALAR
    }
    return Declarations(kinds, frozenset(integers) | known.integers)


def _is_step(node: Node) -> bool:
    """t, t − 1: an exponent that is none."""
    letters = [name for name in names_in(node) if len(name) == 1]
    return len(letters) == 1 and not isinstance(node, Literal)
