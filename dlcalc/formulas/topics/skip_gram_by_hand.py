"""Skip-gram by hand: the pairs of a sequence of words, and the loss of one pair with negative samples.

T. Mikolov et al., arXiv:1301.3781 (skip-gram: every word predicts those around it, up to c words on each side) and
arXiv:1310.4546, equation 4 (negative sampling). A centre word has a vector v, a context word and each sampled word a
vector of the other table, u.
"""

from __future__ import annotations

from ...expressions.nodes import Kind
from ..model import Condition, Convention, Formula, Mistake, Step, Variable
from .options_by_hand import STABLE, quantity

_WORDS = "t in 1..T"
_PAIRS = "p in 1..pairs"
_AFTER_LEFT = "p - (last[centre[p]] - near[centre[p]])"
"""Which pair of its centre word a pair is, from 1."""

SKIP_GRAM = Formula(
    id="skip_gram_by_hand",
    title="Skip-gram pairs by hand",
    variables=(
        quantity("x", "x", "the words in their order, as numbers or as letters", Kind.VECTOR, ordinary=(1, 9),
                 length=4),
        Variable("c", "window", "words of context on each side", 1, 1000, "2", ordinary=(1, 2)),
    ),
    steps=(
        Step("T", "len(x)", "words in the sequence"),
        Step("left", "min(c, t - 1)", "context words before word t", each=_WORDS),
        Step("right", "min(c, T - t)", "context words after word t", each=_WORDS),
        Step("near", "left[t] + right[t]", "pairs of centre t", each=_WORDS),
        Step("last", "last[t-1] + near[t]", "pairs up to centre t", each=_WORDS, before="0"),
        Step("pairs", "sum(t=1..T, left[t] + right[t])", "pairs of a centre and a context word"),
        Step("centre", "1 + sum(t=1..T, if(last[t] < p, 1, 0))", "place of the centre of pair p", each=_PAIRS),
        Step("context", f"centre[p] - left[centre[p]] + {_AFTER_LEFT} - if({_AFTER_LEFT} > left[centre[p]], 0, 1)",
             "place of its context word: never the centre itself", each=_PAIRS),
        Step("y", "(x[centre[p]], x[context[p]])", "pair p: centre, context", kind=Kind.VECTOR, each=_PAIRS),
    ),
    answers=("y", "pairs"),
    mistakes=(
        Mistake("words-after-only", "left", "0", "the words before the centre are context too: c on each side", 0.5,
                "On which sides of the centre is the context?"),
        Mistake("words-before-only", "right", "0", "the words after the centre are context too: c on each side", 0.3,
                "On which sides of the centre is the context?"),
        Mistake("ends-not-cut-off", "left", "c", "there are fewer than c words before the first words of the sequence",
                0.4, "How many words come before the first one?", more=(("right", "c"),)),
        Mistake("window-of-both-sides", "left", "min(floor(c/2), t - 1)", "the window is the number of words on each "
                "side, not on both together", 0.4, "How far does the context reach to the left?",
                more=(("right", "min(floor(c/2), T - t)"),)),
        Mistake("context-first", "y", "(x[context[p]], x[centre[p]])", "skip-gram predicts the context from the "
                "centre: the centre is the first of a pair; the other way round it is CBOW", 0.5, "Which word is the "
                "input of skip-gram?"),
        Mistake("centre-with-itself", "pairs", "sum(t=1..T, left[t] + right[t] + 1)", "a word is not part of its own "
                "context", 0.4, "Which words are context of a word?"),
    ),
    conditions=(Condition("len(x) >= 2", "a pair needs two words"),),
    notes=("in the order of the text: all pairs of the first word, then those of the second",),
    source="Mikolov et al., arXiv:1301.3781",
)  # fmt: skip

_LOSS = "-ln(p) - sum(k=1..K, ln(q[k]))"

NEGATIVE_SAMPLING = Formula(
    id="negative_sampling_by_hand",
    title="Skip-gram with negative sampling by hand",
    variables=(
        quantity("v", "v", "vector of the centre word", Kind.VECTOR, length=3),
        quantity("u", "u", "vector of the context word", Kind.VECTOR, length=3),
        quantity("N", "negatives", "vectors of the sampled words, one row per word", Kind.MATRIX, length=3),
    ),
    steps=(
        Step("K", "len(N)", "negative samples"),
        Step("s", "u^T v", "score of the pair"),
        Step("z", "N[k]^T v", "score of sample k", each="k in 1..K"),
        Step("p", "sigmoid(s)", "probability that the pair is one of the text"),
        Step("q", "sigmoid(-z[k])", "probability that sample k is none", each="k in 1..K"),
        Step("loss", _LOSS, "loss of the pair and its samples"),
        Step("dv", "(p - 1)*u + sum(k=1..K, (1 - q[k])*N[k])", "∂L/∂v", kind=Kind.VECTOR),
        Step("du", "(p - 1)*v", "∂L/∂u", kind=Kind.VECTOR),
        Step("dN", "(1 - q[k])*v", "∂L/∂ the vector of sample k", kind=Kind.VECTOR, each="k in 1..K"),
    ),
    answers=("loss", "p", "q", "s", "z", "dv", "du", "dN"),
    mistakes=(
        Mistake("minus-forgotten", "loss", "ln(p) + sum(k=1..K, ln(q[k]))", "the logarithm of a probability is "
                "negative, so the loss needs a minus sign", 0.4, "Which sign does a loss have?"),
        Mistake("sign-of-samples", "q", "sigmoid(z[k])", "a sample should have a low score: its probability is "
                "σ(−u·v)", 0.6, "Should the score of a sample be high or low?"),
        Mistake("samples-forgotten", "loss", "-ln(p)", "each negative sample adds −ln σ(−u·v)", 0.5, "What do the "
                "samples add to the loss?"),
        Mistake("samples-averaged", "loss", "-ln(p) - sum(k=1..K, ln(q[k]))/K", "the samples are added, not averaged",
                0.3, "Are the terms of the samples added or averaged?"),
        Mistake("pair-forgotten", "loss", "-sum(k=1..K, ln(q[k]))", "the pair of the text adds −ln σ(u·v)", 0.3,
                "What does the pair itself add?"),
        Mistake("samples-not-in-gradient", "dv", "(p - 1)*u", "the centre is in the score of each sample too", 0.5,
                "In which scores is v?"),
        Mistake("probability-for-error", "du", "p*v", "∂L/∂s of the pair is σ(s) − 1: its target is 1", 0.4, "What is "
                "the target of the pair?"),
        Mistake("error-sign-turned", "du", "(1 - p)*v", "∂L/∂s is output minus target: σ(s) − 1", 0.4, "Does the loss "
                "rise or fall with the score of the pair?"),
    ),
    conditions=(
        Condition("len(u) = len(v)", "the vectors of centre and context have the same length"),
        Condition("len(N[1]) = len(v)", "the vectors of the samples have the length of v"),
    ),
    conventions=(
        Convention("textbook", "Mikolov et al.", "the loss is −ln σ(u·v) − Σ ln σ(−u_k·v)"),
        Convention(STABLE, "implementations, from the scores", "the loss is computed from the scores as ln(1 + e^{−s}) "
                   "+ Σ ln(1 + e^{z_k}); this is also right for large scores",
                   {"loss": "softplus(-s) + sum(k=1..K, softplus(z[k]))"}),
    ),
    source="Mikolov et al., arXiv:1310.4546, equation 4",
)  # fmt: skip

FORMULAS = {each.id: each for each in (SKIP_GRAM, NEGATIVE_SAMPLING)}
