"""Attention by hand: scores, weights and outputs of a few tokens, one row per token.

Scaled dot products as in A. Vaswani et al., Attention is all you need, arXiv:1706.03762, equation 1: the scores of a
query with all keys, divided by √d, go through a softmax; its output is the sum of the values with these weights.
"""

from __future__ import annotations

from ...expressions.nodes import Kind
from ..model import Convention, Formula, Mistake, Step
from .options_by_hand import quantity

EACH = "t in 1..T"
KEYS = "j in 1..S"
PAIRS = "t in 1..T, j in 1..S"
_MATRIX = Kind.MATRIX

_STEPS = (
    Step("d", "len(k[1])", "features of a key"),
    Step("scale", "sqrt(d)", "divisor of the products"),
    Step("products", "sum(q[t] ⊙ k[j])", "dot product of query t and key j", each=PAIRS),
    Step("scores", "products[t, j]/scale", "score of key j for query t", each=PAIRS),
    Step("powers", "exp(scores[t, j])", "exponential of the score", each=PAIRS),
    Step("totals", "sum(j=1..S, powers[t, j])", "sum of the exponentials of query t", each=EACH),
    Step("weights", "powers[t, j]/totals[t]", "attention weight: those of query t sum to 1", each=PAIRS),
    Step("y", "sum(j=1..S, weights[t, j]*v[j])", "output of token t: the weighted sum of the values", kind=Kind.VECTOR,
         each=EACH),
)  # fmt: skip
_MISTAKES = (
    Mistake("not-scaled", "scale", "1", "the products must be divided by √d before the softmax", 0.7, "What keeps the "
            "scores small when d is large?"),
    Mistake("divided-by-d", "scale", "d", "the products are divided by √d, not by d", 0.6, "How does the size of a "
            "product grow with d?"),
    Mistake("wrong-axis", "weights", "powers[t, j]/sum(i=1..T, powers[i, j])", "the softmax is taken over the keys of "
            "one query, so that each row sums to 1", 0.6, "What does a row of attention weights sum to?"),
    Mistake("softmax-over-all", "weights", "powers[t, j]/sum(totals)", "the softmax is taken over the keys of one "
            "query, not over the whole table", 0.4, "What does a row of attention weights sum to?"),
    Mistake("softmax-forgotten", "weights", "scores[t, j]", "the attention weights are the softmax of the scores", 0.5,
            "What does a row of attention weights sum to?"),
    Mistake("not-normalised", "weights", "powers[t, j]", "the exponentials must be divided by their sum", 0.5, "What "
            "does a row of attention weights sum to?"),
    Mistake("no-exponential", "powers", "scores[t, j]", "a softmax takes the exponentials of the scores first", 0.4,
            "Which sign does an attention weight have?"),
    Mistake("keys-for-values", "y", "sum(j=1..S, weights[t, j]*k[j])", "the weighted sum is taken of the values; the "
            "keys only decide the weights", 0.4, "Of which vectors is the output a weighted sum?"),
    Mistake("queries-and-keys-swapped", "products", "sum(k[t] ⊙ q[j])", "row t belongs to query t, which is compared "
            "with every key", 0.4, "Does row t belong to a query or to a key?"),
)  # fmt: skip

_CONVENTIONS = (
    Convention("textbook", "Vaswani et al., 2017", "every token attends to every token, scores divided by √d"),
    Convention("causal", "decoders, language models", "a token attends to itself and to the tokens before it",
               {"powers": "if(j <= t, exp(scores[t, j]), 0)"}, variant=True),
    Convention("unscaled", "Luong et al., 2015", "dot products without a divisor", {"scale": "1"},
               variant=True, untrue=("√d",)),
)  # fmt: skip
_SOURCE = "Vaswani et al., arXiv:1706.03762, equation 1"

ATTENTION = Formula(
    id="attention_by_hand",
    title="Attention by hand",
    variables=(
        quantity("q", "q", "queries, one row per token", _MATRIX),
        quantity("k", "k", "keys, one row per token", _MATRIX),
        quantity("v", "v", "values, one row per token", _MATRIX),
    ),
    steps=(Step("T", "len(q)", "queries"), Step("S", "len(k)", "keys"), *_STEPS),
    answers=("y", "weights", "scores", "products"),
    mistakes=_MISTAKES,
    conventions=_CONVENTIONS,
    source=_SOURCE,
)

SELF_ATTENTION = Formula(
    id="self_attention_by_hand",
    title="Self-attention by hand",
    variables=(
        quantity("x", "x", "tokens, one row each", _MATRIX),
        quantity("W_q", "w-q", "weights of the queries", _MATRIX),
        quantity("W_k", "w-k", "weights of the keys", _MATRIX),
        quantity("W_v", "w-v", "weights of the values", _MATRIX),
    ),
    steps=(
        Step("T", "len(x)", "tokens"),
        Step("S", "T", "keys, one per token"),
        Step("q", "x W_q", "queries, one row per token", kind=_MATRIX),
        Step("k", "x W_k", "keys, one row per token", kind=_MATRIX),
        Step("v", "x W_v", "values, one row per token", kind=_MATRIX),
        *_STEPS,
    ),
    answers=("y", "weights", "scores", "q", "k", "v"),
    mistakes=(
        *_MISTAKES,
        Mistake("tokens-for-values", "v", "x", "the values are the tokens times W_V", 0.4,
                "Which three matrices does attention learn?"),
        Mistake("queries-for-keys", "k", "x W_q", "the keys have their own weights, W_K", 0.4, "Which three matrices "
                "does attention learn?"),
    ),
    conventions=_CONVENTIONS,
    source=_SOURCE,
)  # fmt: skip

ATTENTION_BACKWARD = Formula(
    id="attention_backward_by_hand",
    title="Attention by hand, backward",
    variables=(
        *ATTENTION.variables,
        quantity("d_y", "d-y", "gradient of the loss by each output, one row per query", _MATRIX,
                 "0*q (q[1] ⊗ v[1]) + 1", ordinary=(-2, 2)),
    ),
    steps=(
        *ATTENTION.steps,
        Step("loss", "sum(t=1..T, sum(d_y[t] ⊙ y[t]))", "a loss with these gradients: Σ d·y"),
        Step("by_weight", "sum(d_y[t] ⊙ v[j])", "gradient by an attention weight", each=PAIRS),
        Step("mean", "sum(j=1..S, weights[t, j]*by_weight[t, j])", "their mean for query t, weighted", each=EACH),
        Step("by_score", "weights[t, j]*(by_weight[t, j] - mean[t])", "gradient by a score", each=PAIRS),
        Step("dq", "sum(j=1..S, by_score[t, j]*k[j])/scale", "∂L/∂q_t", kind=Kind.VECTOR, each=EACH),
        Step("dk", "sum(t=1..T, by_score[t, j]*q[t])/scale", "∂L/∂k_j", kind=Kind.VECTOR, each=KEYS),
        Step("dv", "sum(t=1..T, weights[t, j]*d_y[t])", "∂L/∂v_j", kind=Kind.VECTOR, each=KEYS),
    ),
    answers=("dq", "dk", "dv", "by_score", "y", "loss"),
    mistakes=(
        Mistake("mean-not-subtracted", "by_score", "weights[t, j]*by_weight[t, j]", "the weights of a query share one "
                "denominator, so the weighted mean of their gradients is subtracted", 0.6, "What happens to the other "
                "weights when one score rises?"),
        Mistake("diagonal-alone", "by_score", "weights[t, j]*(1 - weights[t, j])*by_weight[t, j]", "a score also "
                "changes the other weights of its query", 0.5, "What happens to the other weights when one score "
                "rises?"),
        Mistake("softmax-skipped", "by_score", "by_weight[t, j]", "the softmax lies between the scores and the "
                "weights: its derivative is a factor", 0.5, "Which function turns the scores into weights?"),
        Mistake("scale-forgotten", "dq", "sum(j=1..S, by_score[t, j]*k[j])", "the scores are divided by √d, so this "
                "gradient is divided by √d too", 0.6, "What was done to the products before the softmax?"),
        Mistake("scale-forgotten-for-keys", "dk", "sum(t=1..T, by_score[t, j]*q[t])", "the scores are divided by √d, "
                "so this gradient is divided by √d too", 0.5, "What was done to the products before the softmax?"),
        Mistake("scores-for-weights", "dv", "sum(t=1..T, scores[t, j]*d_y[t])", "the values are multiplied by the "
                "attention weights, not by the scores", 0.4, "What are the values multiplied by?"),
    ),
    conventions=_CONVENTIONS,
    notes=("the gradients by the scores of one query sum to 0",),
    source=_SOURCE,
)  # fmt: skip

FORMULAS = {each.id: each for each in (ATTENTION, SELF_ATTENTION, ATTENTION_BACKWARD)}
