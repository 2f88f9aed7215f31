"""Attention by hand with several heads, and with a mask that says which tokens a query may attend to.

A. Vaswani et al., Attention is all you need, arXiv:1706.03762, section 3.2.2: the features of queries, keys and values
are split into h heads side by side; each head attends by itself, with scores divided by the root of its own size; the
outputs of the heads stand side by side again and are multiplied by W_O.
"""

from __future__ import annotations

from dataclasses import replace

from ...expressions.nodes import Kind
from ..edited_text import substituted
from ..model import Condition, Formula, Mistake, Step, Variable
from .attention_by_hand import ATTENTION, SELF_ATTENTION
from .options_by_hand import quantity

_MATRIX = Kind.MATRIX
_OF_HEADS = "a in 1..h, t in 1..T"
_HEAD_PAIRS = "a in 1..h, t in 1..T, j in 1..S"
_FEATURE = "(a - 1)*size + i"
_HEADS = Variable("h", "heads", "attention heads", 1, 64, "1", ordinary=(2, 2))

_STEPS = (
    Step("d", "len(k[1])", "features of a key"),
    Step("size", "d/h", "features of one head"),
    Step("scale", "sqrt(size)", "divisor of the products"),
    Step("products", f"sum(i=1..size, q[t, {_FEATURE}]*k[j, {_FEATURE}])", "dot product of query t and key j in head a",
         each=_HEAD_PAIRS),
    Step("scores", "products[a, t, j]/scale", "score of key j for query t", each=_HEAD_PAIRS),
    Step("powers", "exp(scores[a, t, j])", "exponential of the score", each=_HEAD_PAIRS),
    Step("totals", "sum(j=1..S, powers[a, t, j])", "sum of the exponentials of query t", each=_OF_HEADS),
    Step("weights", "powers[a, t, j]/totals[a, t]", "attention weight: those of a query sum to 1 in each head",
         each=_HEAD_PAIRS),
    Step("width", "len(v[1])/h", "features of a value in one head"),
    Step("columns", "len(v[1])", "features of a value"),
    Step("joined", "sum(j=1..S, weights[floor((c - 1)/width) + 1, t, j]*v[j, c])", "outputs of the heads, side by side",
         each="t in 1..T, c in 1..columns"),
    Step("y", "joined W_o", "output, one row per token", kind=_MATRIX),
)  # fmt: skip
_MISTAKES = (
    Mistake("scaled-by-all-features", "scale", "sqrt(d)", "each head divides by the root of its own number of "
            "features, d/h", 0.6, "How many features does one head have?"),
    Mistake("not-scaled", "scale", "1", "the products must be divided by the root of the head's size before the "
            "softmax", 0.6, "What keeps the scores small when a head is large?"),
    Mistake("divided-by-d", "scale", "size", "the products are divided by the root of the head's size, not by the size",
            0.5, "How does the size of a product grow with the number of features?"),
    Mistake("heads-not-split", "products", "sum(q[t] ⊙ k[j])", "each head sees only its own part of the features", 0.5,
            "Which features does one head see?"),
    Mistake("softmax-forgotten", "weights", "scores[a, t, j]", "the attention weights are the softmax of the scores",
            0.5, "What does a row of attention weights sum to?"),
    Mistake("not-normalised", "weights", "powers[a, t, j]", "the exponentials must be divided by their sum", 0.5,
            "What does a row of attention weights sum to?"),
    Mistake("first-head-everywhere", "joined", "sum(j=1..S, weights[1, t, j]*v[j, c])", "each head has attention "
            "weights of its own", 0.4, "Whose weights does the second head use?"),
    Mistake("keys-for-values", "joined", "sum(j=1..S, weights[floor((c - 1)/width) + 1, t, j]*k[j, c])", "the weighted "
            "sum is taken of the values; the keys only decide the weights", 0.4, "Of which vectors is the output a "
            "weighted sum?"),
    Mistake("output-weights-forgotten", "y", "joined", "the joined outputs of the heads are multiplied by W_O", 0.5,
            "What mixes the heads with one another?"),
)  # fmt: skip


def _in_heads(one: Formula, id: str, title: str, of_keys: str, of_values: str) -> Formula:
    """The formula of one head for several; what has one column per feature of a key and of a value is named."""
    first = one.steps[: next(place for place, step in enumerate(one.steps) if step.name == "d")]
    mixing = quantity("W_o", "w-o", "weights of the output, W_O", _MATRIX, f"diag(0*{of_values}[1] + 1)", length=4)
    return replace(
        one,
        id=id,
        title=title,
        variables=(*(replace(each, lengths=(4, 4)) for each in one.variables), _HEADS, mixing),
        steps=(*first, *_STEPS),
        answers=("y", "joined", "weights", "scores", *(name for name in one.answers if name in "qkv")),
        mistakes=(
            *_MISTAKES,
            *(each for each in one.mistakes if each.step in ("k", "v")),
        ),
        conventions=tuple(
            replace(each, edits={step: substituted(text, {"scores[t, j]": "scores[a, t, j]"})
                                 for step, text in each.edits.items()}, untrue=())
            for each in one.conventions
        ),
        conditions=tuple(
            Condition(f"len({name}[1])/h = floor(len({name}[1])/h)", f"the heads have the same number of features: the "
                      f"columns of {name} are divided by {{h}}")
            for name in dict.fromkeys((of_keys, of_values))
        ),
        source="Vaswani et al., arXiv:1706.03762, section 3.2.2",
    )  # fmt: skip


_MASK = quantity("mask", "mask", "1 where a query (row) may attend to a key (column), 0 where not", _MATRIX, low=0,
                 high=1, ordinary=(0, 1))  # fmt: skip


def _masked(whole: Formula, id: str, queries: str, keys: str) -> Formula:
    """The formula with a mask: a score that is masked counts as −∞, so its exponential is 0.

    Which tokens are seen is the mask's alone, so that there is no causal form.
    """
    (power,) = (step.expression for step in whole.steps if step.name == "powers")

    hidden = f"if(mask[t, j] > 0, {power}, 0)"
    zero = Mistake("masked-score-zero", "powers", f"if(mask[t, j] > 0, {power}, 1)", "a masked score counts as −∞, so "
                   "its exponential is 0; a score of 0 would still get a weight", 0.6, "Which weight does a token get "
                   "that must not be seen?")  # fmt: skip
    forgotten = Mistake("mask-forgotten", "powers", power, "a token that is masked gets no weight", 0.6, "Which weight "
                        "does a token get that must not be seen?")  # fmt: skip
    drawn = replace(_MASK, integer=True, lengths=whole.variables[0].lengths)
    return replace(
        whole,
        id=id,
        title=f"{whole.title}, with a mask",
        variables=(*whole.variables, drawn),
        steps=tuple(
            replace(step, expression=hidden) if step.name == "powers" else step for step in whole.steps
        ),
        mistakes=(*(each for each in whole.mistakes if each.step != "powers"), zero, forgotten),
        conventions=tuple(each for each in whole.conventions if "powers" not in each.edits),
        conditions=(
            *whole.conditions,
            Condition(f"len(mask) = len({queries}) and len(mask[1]) = len({keys})", "the mask has one row per query "
                      "and one column per key"),
            Condition("prod(t=1..len(mask), sum(mask[t])) > 0", "every query may attend to one key or more"),
        ),
    )  # fmt: skip


_PLAIN = _in_heads(ATTENTION, "attention_heads_by_hand", "Multi-head attention by hand", "k", "v")
_SELF = _in_heads(SELF_ATTENTION, "self_attention_heads_by_hand", "Multi-head self-attention by hand", "W_k", "W_v")

FORMULAS = {
    each.id: each
    for each in (
        _PLAIN,
        _SELF,
        _masked(ATTENTION, "attention_masked_by_hand", "q", "k"),
        _masked(SELF_ATTENTION, "self_attention_masked_by_hand", "x", "x"),
        _masked(_PLAIN, "attention_heads_masked_by_hand", "q", "k"),
        _masked(_SELF, "self_attention_heads_masked_by_hand", "x", "x"),
    )
}
