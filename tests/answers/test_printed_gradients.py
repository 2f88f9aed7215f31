"""What is printed is accepted when it is handed back: in every form, layout and format, and in other notations."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from dlcalc import gradients
from dlcalc.answers.gradient_marks import GradientTerms, mark_gradient
from dlcalc.answers.steps import simplified
from dlcalc.api.differentiating import diff
from dlcalc.api.feedforward_gradients import backprop
from dlcalc.api.recurrent_gradients import Bptt, bptt
from dlcalc.errors import UserError
from dlcalc.expressions import printing
from dlcalc.expressions.nodes import (
    Add,
    Call,
    Index,
    Literal,
    Mul,
    Name,
    Neg,
    Node,
    Outer,
    Reduce,
    Transpose,
    Vector,
    names_in,
    replaced,
    rewriting,
    walk,
)
from dlcalc.gradients import Derivation
from dlcalc.gradients.model import Signal

WEIGHTS = {"rnn": "U W b V c h0", "lstm": "W_f U_c b_o", "gru": "U_h b_z U_r"}
FORMATS = {"plain": printing.plain, "text": printing.text, "latex": printing.latex}
FEW_PATHS = 12
network = cache(gradients.network)


def status(asked: Derivation, text: str) -> str:
    return mark_gradient(asked, GradientTerms(), text, None).status


def derivation(cell: str, wrt: str, form: str, layout: str) -> Derivation:
    head = "linear" if layout == "number" else "softmax"
    return Derivation(network(cell, head), wrt, form, 2 if form == "paths" else None, layout)


# every option of bptt, in the text that is shown

OPTIONS: dict[str, tuple[Any, ...]] = {
    "cell": tuple(gradients.CELLS),
    "form": ("general", "delta", "paths"),
    "layout": tuple(gradients.LAYOUTS),
    "head": tuple(gradients.HEADS),
    "loss": tuple(gradients.LOSSES),
    "activation": gradients.ACTIVATIONS,
    "update_gate": ("keep", "renew"),
    "reset": ("before", "after"),
    "steps": (None, 1, 2, 3),
    "truncate": (0, 1, 2),
}


def drawn(count: int, seed: int) -> Iterator[tuple[dict[str, Any], Bptt]]:
    """So many combinations of options that go together, with a weight each."""
    draw = random.Random(seed)
    while count:
        chosen = {name: draw.choice(words) for name, words in OPTIONS.items()}
        if chosen["form"] == "paths":
            chosen["steps"] = chosen["steps"] or 2
        form, steps = chosen.pop("form"), chosen.pop("steps")
        cell = chosen.pop("cell")
        try:
            own = {name: word for name, word in chosen.items() if name != "layout"}
            every = gradients.network(cell, own.pop("head"), own.pop("loss"), **own)
            wrt = draw.choice([*every.by_name, *every.firsts.values()])
            asked = {"cell": cell, "wrt": wrt, "steps": steps, **chosen}
            made = bptt(form=form, **asked)
            assert isinstance(made, Bptt)
            _ = made.derivation.lines, made.derivation.paths
        except UserError:
            continue
        count -= 1
        yield asked, made


def as_shown(made: Bptt) -> Iterator[str]:
    """The formulas of a result as they are printed: each format, alone, with what it is said to be, and all lines."""
    found = made.derivation
    if found.form == "paths":
        if found.count <= FEW_PATHS:
            for shown in FORMATS.values():
                yield " + ".join(f"({shown(path.expression)})" for path in found.paths)
        if found.count <= FEW_PATHS:
            yield " + ".join(printing.latex(path.chain) for path in found.paths)
        return
    first, last = found.lines[0], found.lines[-1]
    for shown in FORMATS.values():
        yield f"{shown(last.left)} = {shown(last.right)}"
        if found.form == "general":
            yield shown(first.right)
        notes = (line.note if re.match(r"[a-z] = .*, 1$", line.note) else "" for line in found.lines)
        yield "\n".join(
            f"{shown(each.left)} = {shown(each.right)}  {note}" for each, note in zip(found.lines, notes, strict=True)
        )
    yield re.findall(r"\\begin\{align\*\}.*?\\end\{align\*\}", made.to_latex(), re.DOTALL)[-1]
    yield re.findall(r"\$\$.*?\$\$", made.to_markdown(), re.DOTALL)[-1]


def test_with_every_option() -> None:
    bad, seen = [], set()
    for asked, made in drawn(9, seed=829):
        seen |= {("form", made.derivation.form), *asked.items()}
        for text in as_shown(made):
            mark = bptt(**asked, answer=text).mark  # type: ignore[union-attr]
            if mark.status != "right":
                bad.append((asked, text, mark.status, mark.reason))
    assert not bad, bad[:3]
    assert {(name, word) for name, words in OPTIONS.items() for word in words} <= seen


def test_the_longest_pages() -> None:
    """All lines of an LSTM of three layers in LaTeX, and 30 paths of a GRU: most characters are signs of the page."""
    page = bptt("lstm", "W_f1", layers=3)
    paths = bptt("gru", "h0", "paths", 2)
    assert isinstance(page, Bptt)
    assert isinstance(paths, Bptt)
    *_, latex, _ = as_shown(page)
    chains = " + ".join(printing.latex(path.chain) for path in paths.derivation.paths)
    assert len(latex) > 13_000
    assert bptt("lstm", "W_f1", layers=3, answer=latex).mark.status == "right"  # type: ignore[union-attr]
    assert len(chains) > 7_000
    assert bptt("gru", "h0", steps=2, answer=chains).mark.status == "right"  # type: ignore[union-attr]


def test_each_chain_of_a_gru_is_another() -> None:
    """z_t stands in two terms of the state, and each chain says which of them it runs through: another one is wrong."""
    of_state, of_candidate = "∂(z[1] ⊙ h[0])/∂z[1]", "∂((1 - z[1]) ⊙ htilde[1])/∂z[1]"
    for layout in ("column", "number"):
        made: Any = bptt("gru", "U_z", "paths", 2, layout=layout)
        chains = [printing.plain(path.chain) for path in made.derivation.paths]
        assert len(set(chains)) == len(chains) == 14
        text = " + ".join(chains)
        for answer, expected in ((text, "right"), (text.replace(of_state, of_candidate), "wrong")):
            assert bptt("gru", "U_z", steps=2, layout=layout, answer=answer).mark.status == expected  # type: ignore[union-attr]


@pytest.mark.parametrize("truncate", [0, 1, 2])
def test_of_each_cell_truncated_or_not(truncate: int) -> None:
    """Σ_{k=max(1, j−1)}^j, of which the product inside begins behind k."""
    for cell, wrt in (("rnn", "W"), ("lstm", "b_i"), ("gru", "U_z"), ("stacked", "W_1"), ("bidirectional", "W_b")):
        lines = bptt(cell, wrt, truncate=truncate).derivation.lines
        for line in (lines[0], lines[-1]):
            answer = printing.text(line.right)
            mark = bptt(cell, wrt, truncate=truncate, answer=answer).mark  # type: ignore[union-attr]
            assert mark.status == "right", (cell, answer, mark.reason)


# in the notation of others

SOME = [(cell, wrt) for cell, names in WEIGHTS.items() for wrt in names.split()]
Change = Callable[[str], str]


def put(pattern: str, instead: str) -> Change:
    return lambda text: re.sub(pattern, instead, text)


def instead_of(old: str, new: str) -> Change:
    return lambda text: text.replace(old, new)


_STEP = r"(?<![A-Za-z\\])(h|x|y|\\delta|C|f|i|o|z|r)_\{([^{},]*)\}"
_PLAIN_STEP = r"([A-Za-z]\w*)\[([^\[\],]*)\]"
_SHORT = {"rnn": {"U": "W_xh", "W": "W_hh", "V": "W_hy", "b": "b_h", "c": "b_y"},
          "lstm": {name: word for g in "fico" for name, word in ((f"W_{g}", f"W_x{g}"), (f"U_{g}", f"W_h{g}"))},
          "gru": {name: word for g in "zrh" for name, word in ((f"W_{g}", f"W_x{g}"), (f"U_{g}", f"W_h{g}"))},
          }  # fmt: skip

IN_TEXT: dict[str, Change] = {
    "h^{(t)}": put(_PLAIN_STEP, r"\1^{(\2)}"),
    "h(t)": put(_PLAIN_STEP, r"\1(\2)"),
    "h_{t}": put(_PLAIN_STEP, r"\1_{\2}"),
    "h^{<t>}": put(_PLAIN_STEP, r"\1^{<\2>}"),
    "H_t": put(r"\bh\[([^\]]*)\]", r"H_{\1}"),
    "hat(y)": instead_of("yhat[", "hat(y)["),
    "^T": instead_of("ᵀ", "^T"),
    "'": instead_of("ᵀ", "'"),
    "a * b": instead_of(" ⊙ ", " * "),
    "E": put(r"∂L\b", "∂E"),
}
IN_LATEX: dict[str, Change] = {
    r"\langle t \rangle": put(_STEP, r"\1^{\\langle \2 \\rangle}"),
    "^{(t)}": lambda text: re.sub(_STEP, r"\1^{(\2)}", re.sub(r"\\hat\{y\}_\{([^{},]*)\}", r"\\hat{y}^{(\1)}", text)),
    r"\hat y": instead_of(r"\hat{y}", r"\hat y"),
    r"\circ": instead_of(r"\odot", r"\circ"),
    "^T": instead_of(r"^{\top}", "^T"),
    r"\mathsf T": instead_of(r"^{\top}", r"^{\mathsf{T}}"),
    r"\text{diag}": instead_of(r"\operatorname{diag}", r"\text{diag}"),
    r"\mathrm{diag}": instead_of(r"\operatorname{diag}", r"\mathrm{diag}"),
    r"\mathbf": put(r"(?<![A-Za-z\\{])(h|x|W|U|V)(?![A-Za-z])", r"\\mathbf{\1}"),
    r"\dfrac": instead_of(r"\frac", r"\dfrac"),
    r"\mathcal L": put(r"\\partial L", r"\\partial \\mathcal{L}"),
    "/": put(r"\\frac\{(\\partial(?:[^{}]|\{[^{}]*\})*)\}\{(\\partial(?:[^{}]|\{[^{}]*\})*)\}", r"\1/\2"),
    "Σ_t": put(r"\\sum_\{t=1\}\^\{T\}", r"\\sum_t"),
    "Σ_{1≤k≤j}": put(r"\\sum_\{j=1\}\^\{T\} \\sum_\{k=1\}\^\{j\}", r"\\sum_{1\\le j\\le T}\\sum_{1\\le k\\le j}"),
    "Π_{m=j}^{k+1}": put(r"\\overset\{\\leftarrow\}\{\\prod\}_\{m=k\+1\}\^\{j\}", r"\\prod_{m=j}^{k+1}"),
    "Π without brackets": put(r"\\left\( (\\(?:overset\{\\leftarrow\}\{\\prod\}|prod)_\{[^}]*\}\^\{[^}]*\} .*?) "
                              r"\\right\) (?=V|\\cdot)", r"\1 "),
    "$": lambda text: f"$${text}$$",
}  # fmt: skip
STEPS_FROM_0 = "steps from 0"


def lines_of(cell: str, wrt: str, shown: Callable[[Node], str], form: str) -> list[tuple[str, str]]:
    return [(shown(line.left), shown(line.right)) for line in derivation(cell, wrt, form, "column").lines]


def whole(cell: str, wrt: str, shown: Callable[[Node], str]) -> list[str]:
    """The two general formulas and the recursion."""
    (_, first), *_, (_, last) = lines_of(cell, wrt, shown, "general")
    return [first, last, "; ".join(f"{left} = {right}" for left, right in lines_of(cell, wrt, shown, "delta"))]


@pytest.mark.parametrize("format", ["plain", "latex"])
def test_in_the_notation_of_others(format: str) -> None:
    """Every change of a notation, of every formula of some cells that has the sign."""
    changes = IN_TEXT if format == "plain" else IN_LATEX
    bad, changed = [], set()
    for cell, wrt in (("rnn", "W"), ("rnn", "U"), ("lstm", "U_c"), ("gru", "W_z")):
        asked = derivation(cell, wrt, "general", "column")
        for text in whole(cell, wrt, FORMATS[format]):
            for name, change in changes.items():
                if (other := change(text)) != text:
                    changed.add(name)
                    if status(asked, other) != "right":
                        bad.append((name, other, mark_gradient(asked, GradientTerms(), other, None)))
    assert not bad, bad[:3]
    assert changed == set(changes)


def test_with_other_names_of_the_weights() -> None:
    for cell, wrt in SOME:
        short = _SHORT[cell]
        pattern = rf"(?<![A-Za-z_])({'|'.join(short)})(?![\w])"
        *_, text = whole(cell, wrt, printing.plain) if wrt != "h0" else ("",)
        text = re.sub(pattern, lambda found, short=short: short[found[1]], text)  # type: ignore[misc]
        assert not text or status(derivation(cell, wrt, "general", "column"), text) == "right", text


def test_with_other_letters() -> None:
    """Every weight renamed, as it is shown then."""
    for cell, wrt, layout in (("rnn", "W", "row"), ("lstm", "U_f", "column"), ("peephole", "p_i", "pytorch")):
        names = {name: f"{name[0]}_q{name[2:]}" for name in network(cell).by_name}
        shown = bptt(cell, wrt, "delta", layout=layout, letters=names)
        spelt = [f"{printing.plain(line.left, names)} = {printing.plain(line.right, names)}"
                 for line in shown.derivation.lines]  # fmt: skip
        mark = bptt(cell, wrt, layout=layout, letters=names, answer="; ".join(spelt)).mark  # type: ignore[union-attr]
        assert mark.status == "right", (spelt, mark.reason)


def test_with_the_recursion_behind_it() -> None:
    """The gradient first, and after `where` what stands in it."""
    for cell, wrt in (("rnn", "W"), ("gru", "b_z"), ("lstm", "W_f")):
        *before, (_, last) = lines_of(cell, wrt, printing.latex, "delta")
        stated = "; ".join(f"{left} = {right}" for left, right in before)
        for said in (r"\text{ where } ", ", where ", r"\quad \text{with} \quad "):
            assert status(derivation(cell, wrt, "general", "column"), last + said + stated) == "right"


# steps from 0, joined weights, no biases


def from_zero(node: Node) -> Node:
    """With steps 0 … T − 1: a step that is T or a number is one less."""

    def earlier(end: Node) -> Node:
        return simplified(Add((end, Neg(Literal(1))))) if set(names_in(end)) <= {"T"} else end

    def change(part: Node, below: Callable[[Node], Node]) -> Node:
        if isinstance(part, Index):
            return Index(part.base, tuple(map(earlier, part.indices)))
        if isinstance(part, Reduce):
            return Reduce(part.operator, part.index, earlier(part.low), earlier(part.high), below(part.body),
                          part.descending)  # fmt: skip
        return part.map(below)

    return rewriting(change)(node)


def texts(cell: str, wrt: str, shown: Callable[[Node], str], change: Callable[[Node], Node]) -> Iterator[str]:
    if (cell, wrt) != ("rnn", "h0"):
        general = derivation(cell, wrt, "general", "column").lines
        yield from (shown(change(line.right)) for line in (general[0], general[-1]))
    lines = derivation(cell, wrt, "delta", "column").lines
    yield "; ".join(f"{shown(change(line.left))} = {shown(change(line.right))}" for line in lines)


def test_with_steps_from_zero() -> None:
    for cell, wrt in SOME:
        asked = derivation(cell, wrt, "general", "column")
        for shown in (printing.plain, printing.latex) if wrt in ("W", "U_c") else (printing.plain,):
            for text in texts(cell, wrt, shown, from_zero):
                assert status(asked, text) in ("right", "convention"), text


def test_with_joined_weights() -> None:
    """Σ_t δ_t ⊗ h_{t−1} with [h_{t−1}, x_t] for h_{t−1} is the gradient by all weights of the sum, side by side."""

    def join(part: Node, below: Callable[[Node], Node]) -> Node:
        if not isinstance(part, Outer):
            return part.map(below)
        step = Name("t", integer=True) if "t" in names_in(part.right) else Name("k", integer=True)
        both = Vector((Signal("h").at(Add((step, Neg(Literal(1))))), Signal("x").at(step)))
        return Mul((part.left, Transpose(both)))

    for cell, wrt in (("rnn", "W"), ("rnn", "U"), ("lstm", "W_f"), ("lstm", "U_c"), ("gru", "U_z")):
        asked = derivation(cell, wrt, "general", "column")
        for text in texts(cell, wrt, printing.plain, rewriting(join)):
            if "∂⁺" not in text:
                found = mark_gradient(asked, GradientTerms(), text, None)
                assert (found.status, found.convention) == ("convention", "joined"), text


def test_without_biases() -> None:
    """ŷ_t as softmax(V h_t), where it is softmax(V h_t + c)."""

    def plainly(node: Node) -> Node:
        indices = [part for part in walk(node) if isinstance(part, Index) and part.base == Name("yhat")]
        made = {part: Call("softmax", (Mul((Name("V"), Index(Name("h"), part.indices))),)) for part in indices}
        return replaced(node, made)  # type: ignore[arg-type]

    for wrt in ("U", "W", "b", "V", "c"):
        asked = derivation("rnn", wrt, "general", "column")
        for text in texts("rnn", wrt, printing.plain, plainly):
            if "softmax" in text:
                assert status(asked, text) == "convention", text


# of networks without time

NETWORKS = {"3; dense 4 relu; dense 3 relu; dense 2": ("W1", "b2", "W3"),
            "5x5x1; conv 2 f3 relu; pool 3; dense 2 softmax": ("W1",),
            "4x4x1; conv 1 f3 s2 p1 sigmoid; avgpool 2; dense 1 sigmoid": ("b1", "x")}  # fmt: skip
_LAYER = r"(?<![A-Za-z])(h|W|b|\\delta|a)_\{(\d)\}"
OF_LAYERS: dict[str, Change] = {
    "": lambda text: text,
    r"\circ": instead_of(r"\odot", r"\circ"),
    "^T": instead_of(r"^{\top}", "^T"),
    r"\text": instead_of(r"\operatorname", r"\text"),
    r"\mathcal": put(r"\\partial L", r"\\partial \\mathcal{L}"),
    "^{(1)}": put(_LAYER, r"\1^{(\2)}"),
    "^{[1]}": put(_LAYER, r"\1^{[\2]}"),
}


def test_of_feed_forward_and_convolutional_networks() -> None:
    """Line by line with their ranges, and the LaTeX and the Markdown as they stand on a page."""
    bad = []
    for net, names in NETWORKS.items():
        for wrt in names:
            made: Any = backprop(net, wrt)
            rules = [*made.deltas, *made.gradients.values()]
            formulas = [
                "\n".join(f"{shown(each.left)} = {shown(each.right)}   {each.ranges}" for each in rules)
                for shown in FORMATS.values()
            ]
            pages = [re.findall(r"\\begin\{align\*\}.*?\\end\{align\*\}", made.to_latex(), re.DOTALL)[1:],
                     re.findall(r"\$\$.*?\$\$", made.to_markdown(), re.DOTALL)[1:]]  # fmt: skip
            for text in [*formulas, *map("\n".join, pages), *(change(formulas[-1]) for change in OF_LAYERS.values())]:
                mark = backprop(net, wrt, answer=text).mark  # type: ignore[union-attr]
                if mark.status != "right":
                    bad.append((net, wrt, text, mark.reason))
    assert not bad, bad[:3]


def test_of_the_paths_to_one_number() -> None:
    """The sum of all paths, their terms and their chains, and the δ of each unit with the gradient at the end."""
    bad = []
    for net, wrt in (("2; dense 2 sigmoid; dense 1 sigmoid", "W1[1,2]"), ("3; dense 4 relu; dense 2 softmax", "b1[2]"),
                     ("2; dense 3 tanh; dense 2", "x[1]"), ("3x3x1; conv 1 f2; dense 1", "W1[1,1,1,2]")):  # fmt: skip
        made: Any = backprop(net, wrt, "paths")
        rules = [*(memo.rule for memo in made.memos), made.entry_rule]
        for shown in FORMATS.values():
            terms = " + ".join(f"({shown(path.expression)})" for path in made.paths)
            chains = " + ".join(shown(path.chain) for path in made.paths)
            units = "\n".join(f"{shown(rule.left)} = {shown(rule.right)}" for rule in rules)
            for text in (terms, chains, units):
                mark = backprop(net, wrt, answer=text).mark  # type: ignore[union-attr]
                if mark.status != "right":
                    bad.append((net, wrt, text, mark.reason))
    assert not bad, bad[:3]


EXPRESSIONS = """x^3; sin(x)*exp(2x); tanh(x)^2; (x^2+1)/(x-1); sqrt(x^2+1); relu(x)^2; abs(x); exp(-x^2/2)
x^x; log2(x); softplus(x); 1/(1+exp(-x)); arctan(x); leaky_relu(x); elu(x); if(x>0, x^2, -x); erf(x); 2^x; clip(x, 0, 1)
(w_1 x_1 + w_2 x_2 - y)^2; -y ln(p) - (1-y) ln(1-p); (y - sigmoid(w x + b))^2; theta^4 - 3 theta^2"""


def test_of_derivatives() -> None:
    """As the rules give it and shortened, in every format, alone and with what it is."""
    bad = []
    for expression in re.split(r"[;\n]\s*", EXPRESSIONS):
        wrt = next(letter for letter in ("w_1", "theta", "p", "w", "x") if letter in expression and letter != "exp")
        made: Any = diff(expression, wrt)
        for node in {made.found.shown, made.found.value}:
            for shown in FORMATS.values():
                for text in (shown(node), rf"\frac{{d}}{{d {wrt}}} f = {shown(node)}"):
                    mark = diff(expression, wrt, answer=text).mark  # type: ignore[union-attr]
                    if mark.status != "right":
                        bad.append((expression, text, mark.reason))
    assert not bad, bad[:3]
