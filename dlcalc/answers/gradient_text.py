"""Reading a gradient: one expression, or a recursion with intermediates and the gradient at the end.

Read are plain text, Unicode and LaTeX, with the usual other names of weights and signals. Nothing is evaluated here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..errors import ExpressionError, UserError
from ..expressions.functions import ALIASES as FUNCTION_ALIASES
from ..expressions.functions import CONSTANTS, FUNCTIONS
from ..expressions.nodes import Index, Kind, Name, Node, Partial, names_in, rewriting
from ..expressions.parser import parse
from ..expressions.reader import Declarations
from ..expressions.tokens import MAX_LENGTH
from ..gradients.answer import Answer, Statement
from ..gradients.model import STEPS, Network

MOST_STATEMENTS = 12

ALIASES: Mapping[str, Mapping[str, str]] = {
    "rnn": {
        "w_ih": "U", "w_hh": "W", "w_x": "U", "w_h": "W", "W_x": "U", "W_h": "W", "W_xh": "U", "W_hh": "W", "W_hx": "U",
        "W_ih": "U", "W_y": "V", "W_hy": "V", "W_yh": "V", "b_h": "b", "b_y": "c",
    },
    "lstm": {
        **{f"W_x{g}": f"W_{g}" for g in "fico"}, **{f"W_h{g}": f"U_{g}" for g in "fico"}, "W_g": "W_c", "U_g": "U_c",
        "b_g": "b_c", "delta_g": "delta_c", "ctilde": "Ctilde", "g": "Ctilde", "dc": "dC", "c_0": "C_0",
    },
    "gru": {**{f"W_x{g}": f"W_{g}" for g in "zrh"}, **{f"W_h{g}": f"U_{g}" for g in "zrh"}},
}  # fmt: skip
"""Cell → other names that its weights and signals go by."""
ALIASES = {**ALIASES, "peephole": ALIASES["lstm"]}


LOSS_NAMES = ("E", "J")
"""Other letters of the loss."""


def read(text: str, network: Network, wrt: str) -> Answer:
    """The answer in a text. Raises UserError, an ExpressionError where it is no expression of the language."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an answer has at most {MAX_LENGTH} characters, not {len(text)}")
    lines = [line for line in _split(_plain(text, network.form["activation"]), ";\n") if line.strip()]
    if not lines:
        raise ExpressionError("an expression is expected, but there is nothing", text, None)
    if len(lines) > MOST_STATEMENTS:
        raise UserError(f"a gradient is stated in at most {MOST_STATEMENTS} lines, not {len(lines)}")
    sides = [[side.strip() for side in _split(line, "=")] for line in lines]
    names = _declared(network, [line[0] for line in sides[:-1]])
    aliases = ALIASES.get(network.cell, {})
    statements = []
    for parts in sides[:-1]:
        if len(parts) < 2:
            raise UserError(f"each line but the last states an intermediate, delta_t = …, not {parts[0][:40]}")
        statements.append(_statement(parts[0], parts[-1], names, aliases))
    *lefts, right = sides[-1]
    if lefts:
        _check_left(lefts[0], names, network, wrt)
    return Answer(text, _renamed(parse(right, names), aliases, names), tuple(statements))


_SLOPES = {
    "tanh": r"(1 - tanh(\1)^2)",
    "sigmoid": r"(sigmoid(\1) ⊙ (1 - sigmoid(\1)))",
    "relu": r"step(\1)",
}
"""Activation → its derivative, of what stands in the brackets of f′(…)."""
_SPELLED = {"tanh": "tanh", "σ": "sigmoid", "sigma": "sigmoid", "sigmoid": "sigmoid", "relu": "relu", "ReLU": "relu"}
_REWRITTEN = (
    # what sets formulas on a page; an alignment's line break is a line break
    (r"\\begin\{(?:align|aligned|equation)\*?\}|\\end\{(?:align|aligned|equation)\*?\}|&(?==)", ""),
    (r"\\(?:Bigg?|bigg?)[lrm]?(?![A-Za-z])", ""),
    (r"\\(?:boldsymbol|mathbf|bm|pmb|vec)\s*\{([^{}]*)\}", r"\1 "),
    (r"\\mathcal\s*\{\s*[LEJ]\s*\}|ℒ|\\ell(?![A-Za-z])|ℓ", "L"),
    # other signs of a transpose, of a product and of a derivative
    (r"\^\s*\{?\s*\\(?:mathsf|mathrm|mathbf|text|rm)\s*\{?\s*T\s*\}?\s*\}?", "^T"),
    (r"(?<!\.)\.T(?![A-Za-z])", "ᵀ"),
    (r"@", "*"),
    (r"[′’]|\\prime(?![A-Za-z])", "'"),
    # h_(t-1); a gate’s δ with the gate above or beside its step
    (r"_\(([^()]*)\)", r"_{\1}"),
    (r"(?:δ|\\delta|delta)\s*\^\s*\{?([fiocgzrh])\}?\s*_\s*(?:\{([^{}]*)\}|([a-zT0-9]))", r"delta_\1[\2\3]"),
    (r"(?:δ|\\delta|delta)_\s*(?:\{([^{},]*)\}|([a-zT0-9]))\s*\^\s*\{?([fiocgzrh])\}?(?![A-Za-z])", r"delta_\3[\1\2]"),
    (r"(?:δ|\\delta|delta)_\{\s*([fiocgzrh])\s*,\s*([^{},]+)\}", r"delta_\1[\2]"),
    # Σ with its index alone, or below a bound
    (r"(?<![A-Za-z\\])sum(?=_)", "Σ"),
    (r"(?<![A-Za-z\\])prod(?=_(?!desc))", "Π"),
    (r"(Σ|∑|Π|∏|\\sum|\\prod)\s*_\{\s*([a-z])\s*\}", r"\1_\2 "),
    *((f"([Σ∑Π∏]){small}", rf"\1_{letter} ") for small, letter in zip("ₖₗₘₙₚₛₜᵢⱼ", "klmnpstij", strict=True)),
    (r"_\{\s*([a-z])\s*(?:<=|≤|\\leq?)\s*([a-zT])\s*\}", r"_{\1=1..\2}"),
    (r"_\{\s*([a-z])\s*(?:>=|≥|\\geq?)\s*([a-z])\s*\}", r"_{\1=\2..T}"),
    # 1/T Σ… begins with a mean and divides by nothing else
    (r"(?<![\w.(])1/(T|\d+)(?=\s)", r"(1/\1)"),
)
"""Pattern → what the reader of expressions knows, in this order."""


def _plain(text: str, activation: str) -> str:
    """The text in the signs of our language."""
    for pattern, instead in _REWRITTEN:
        text = re.sub(pattern, instead, text)
    for name, function in ({**_SPELLED, "f": activation, "g": activation, "φ": activation}).items():
        text = re.sub(rf"\\?(?<![A-Za-z]){name}\s*\^?\{{?'\}}?\s*\(([^()]*)\)", _SLOPES[function], text)
    return text.replace("'", "ᵀ")


def _split(text: str, separators: str) -> list[str]:
    """The parts between separators that stand outside brackets."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character in separators and depth == 0 and text[place - 1 : place] != "\\":
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


_FROM_ZERO = re.compile(r"_\s*(?:\{\s*([a-z])\s*=\s*0\s*\}|\(\s*([a-z])\s*=\s*0\s*\))")
_TO_LAST = re.compile(r"\^\s*(?:\{\s*T\s*[-−]\s*1\s*\}|\(\s*T\s*[-−]\s*1\s*\))")
_PRODUCT = re.compile(r"((?:Π|∏|\\prod)\s*_\s*\{[^{}]*\}\s*\^\s*(?:\{[^{}]*\}|[A-Za-z]))\s*(?=\()")
_WORD = re.compile(r"(?<![\\A-Za-z])_?\{?\s*([A-Za-z]{3,})(?![A-Za-z(])")


def from_one(text: str) -> str:
    """An answer whose steps are counted from 0 to T − 1, with steps from 1 to T; any other as it is."""
    if not _FROM_ZERO.search(text) or not _TO_LAST.search(text):
        return text
    return _TO_LAST.sub("^T ", _FROM_ZERO.sub(lambda found: f"_{{{found[1] or found[2]}=1}}", text))


def products_closed(text: str) -> str:
    """An answer in which a Π ends behind the brackets that it stands before: Π_m (A_m) b is not Π_m (A_m b)."""
    found, at = "", 0
    for each in _PRODUCT.finditer(text):
        end = _closing(text, each.end())
        if end is None or each.start() < at:
            continue
        found += f"{text[at : each.start()]}({text[each.start() : end]})"
        at = end
    return found + text[at:]


def _closing(text: str, start: int) -> int | None:
    """The place behind the bracket that closes the one at `start`."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] in "([{") - (text[place] in ")]}")
        if depth == 0:
            return place + 1
    return None


def strange_words(text: str, network: Network) -> list[str]:
    """Words that are neither names of the network nor functions: where, pred, rec."""
    known = {part for name in network.declarations.kinds for part in (name, *name.split("_"))}
    known |= {*FUNCTIONS, *FUNCTION_ALIASES, *CONSTANTS, *_SPELLED, *_WORDS} - {"where"}
    plain = re.sub(r"\\[A-Za-z]+", " ", text)
    return [word for word in _WORD.findall(plain) if word not in known]


_WORDS = frozenset(
    {"sum", "prod", "diag", "outer", "transpose", "hat", "bar", "tilde", "vec", "delta", "sigma", "partial"}
)


_STEM = re.compile(r"\\?(?:hat|bar|tilde)?\s*\{?([A-Za-zα-ωΑ-Ω]+)")


def _declared(network: Network, lefts: list[str]) -> Declarations:
    """The network's names, other names of the same, and those that the answer states."""
    known = network.declarations
    kinds = dict(known.kinds)
    for alias, name in ALIASES.get(network.cell, {}).items():
        if name in kinds and alias not in kinds:
            kinds[alias] = kinds[name]
    kinds |= {name: kinds["L"] for name in LOSS_NAMES if name not in kinds}
    if "o" not in kinds:
        kinds["o"] = kinds.get("a_y", Kind.MATRIX)
    kinds.setdefault("I", Kind.MATRIX)
    for left in lefts:
        # the name as our own reader spells it: δ is delta
        node = _left(left, Declarations(kinds, known.integers))
        stem = node.base if isinstance(node, Index) else node
        if isinstance(stem, Name):
            kinds.setdefault(stem.id.partition("_")[0], Kind.MATRIX)
    return Declarations(kinds, known.integers)


def _left(text: str, names: Declarations) -> Node:
    if len(text) > 60:
        raise UserError(f"an intermediate has a short name, not {text[:40]}…")
    return parse(text, names)


def _statement(left: str, right: str, names: Declarations, aliases: Mapping[str, str]) -> Statement:
    found = _renamed(_left(left, names), aliases, names)
    body = _renamed(parse(right, names), aliases, names)
    if isinstance(found, Name):
        return Statement(found.id, None, "", body)
    if not (isinstance(found, Index) and isinstance(found.base, Name) and len(found.indices) == 1):
        raise UserError(f"an intermediate is a letter with its step, delta_t, not {left[:40]}")
    (index,) = found.indices
    letter = index.id if isinstance(index, Name) and index.id != STEPS.id else ""
    if not letter and set(names_in(index)) - {STEPS.id}:
        raise UserError(f"an intermediate is stated for step t, for T or for a number, not for {left[:40]}")
    return Statement(found.base.id, None if letter else index, letter, body)


def _check_left(left: str, names: Declarations, network: Network, wrt: str) -> None:
    """Raises UserError where a left side speaks of another derivative than the one that is asked."""
    node = parse(left, names) if "∂" in left or "partial" in left else None
    if not isinstance(node, Partial) or not isinstance(node.bottom, Name):
        return
    if node.bottom.id in network.by_name and node.bottom.id != wrt:
        raise UserError(f"∂L/∂{wrt} is asked, not ∂L/∂{node.bottom.id}")


def _renamed(node: Node, aliases: Mapping[str, str], names: Declarations) -> Node:
    """The same with the network's own letters: W_hh as W, o_t as what the head adds up, c_t as C_t."""

    def rename(part: Node, below: Callable[[Node], Node]) -> Node:
        if isinstance(part, Name):
            name = aliases.get(part.id, part.id)
            if name in LOSS_NAMES and name not in aliases:
                name = "L"
            if name == "o" and "a_y" in names and "a_o" not in names:
                name = "a_y"
            return Name(name, names.kinds.get(name, part.kind), part.integer)
        if isinstance(part, Index) and part.base == Name("c") and "C" in names:
            return Index(names.name("C"), tuple(map(below, part.indices)))
        return part.map(below)

    return rewriting(rename)(node)
