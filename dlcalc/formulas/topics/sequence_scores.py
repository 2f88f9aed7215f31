"""Scores of sequences: log probability, perplexity, and the loss of a classifier that has learnt nothing.

The loss of a token is −ln of the probability that the model gave to the right one; perplexity is e to the mean loss.
Counted in bits, the loss takes log₂ and perplexity is 2 to the mean loss: the same number.
"""

from __future__ import annotations

from ...expressions.nodes import Kind
from ..model import Convention, Formula, Mistake, Step, Variable

PROBABILITIES = Variable("p", "probabilities", "probability of each token, given those before it", low=0, high=1,
                         kind=Kind.VECTOR, integer=False, ordinary=(0.05, 0.95))  # fmt: skip

_NATURAL = Convention("textbook", "PyTorch, Keras, this field's textbooks", "natural logarithms")
_BITS = "information theory, compression"
_COMMON = "notes with common logarithms"
_TO_TEN = "logarithms to base 10, so in hartleys"

LOG_PROBABILITY = Formula(
    id="log_probability",
    title="Log probability of a sequence",
    variables=(PROBABILITIES,),
    steps=(
        Step("logarithms", "ln(p)", "log probability of each token", kind=Kind.VECTOR),
        Step("log_probability", "sum(logarithms)", "log probability of the sequence"),
        Step("tokens", "len(p)", "tokens of the sequence"),
        Step("mean", "log_probability/tokens", "log probability per token, to compare sequences of different lengths"),
        Step("probability", "prod(p)", "probability of the sequence"),
    ),
    answers=("log_probability", "mean", "probability"),
    mistakes=(
        Mistake("product-not-logged", "log_probability", "prod(p)", "this is the probability; the log probability is "
                "the sum of the logarithms of the tokens", 0.5, "Does the question ask for P or for log P?"),
        Mistake("logarithm-of-the-sum", "log_probability", "ln(sum(p))", "probabilities are multiplied along a "
                "sequence, so their logarithms are added", 0.4, "What is the logarithm of a product?"),
        Mistake("sign-turned", "log_probability", "-sum(logarithms)", "a probability is at most 1, so its logarithm is "
                "at most 0; the loss has the minus sign", 0.5, "Is the logarithm of a number below 1 positive or "
                "negative?"),
        Mistake("common-logarithm", "logarithms", "log10(p)", "the logarithm must be the natural one, not to base 10",
                0.4, "Which base does the logarithm have?"),
        Mistake("mean-for-sum", "log_probability", "sum(logarithms)/len(p)", "the log probability of a sequence is the "
                "sum over its tokens; the mean is the length-normalised form", 0.4, "Are the logarithms of the tokens "
                "added or averaged?"),
        Mistake("sum-for-mean", "mean", "log_probability", "per token means divided by the number of tokens", 0.4,
                "How many tokens does the sequence have?"),
        Mistake("probabilities-added", "probability", "sum(p)", "the probabilities of tokens that follow each other "
                "are multiplied", 0.4, "Between which two values does a probability lie?"),
        Mistake("probabilities-averaged", "probability", "sum(p)/len(p)", "the probabilities of tokens that follow "
                "each other are multiplied, not averaged", 0.3, "How do you combine the probabilities of two tokens?"),
    ),
    conventions=(_NATURAL, Convention("bits", _BITS, "logarithms to base 2, so in bits", {"logarithms": "log2(p)"}),
                 Convention("hartleys", _COMMON, _TO_TEN, {"logarithms": "log10(p)"}, True)),
    source="Jurafsky and Martin, Speech and Language Processing, chapter 3",
)  # fmt: skip

PERPLEXITY_OF_LOSS = Formula(
    id="perplexity_of_loss",
    title="Perplexity from the mean loss",
    variables=(Variable("loss", "loss", "mean loss per token", low=0, high=700, integer=False, ordinary=(0.2, 6)),),
    steps=(Step("perplexity", "exp(loss)", "perplexity"),),
    answers=("perplexity",),
    mistakes=(
        Mistake("minus-added", "perplexity", "exp(-loss)", "the loss already has its minus sign; e^−loss is the "
                "geometric mean of the tokens' probabilities", 0.5, "What is the smallest possible perplexity?"),
        Mistake("loss-for-perplexity", "perplexity", "loss", "this is the loss, a logarithm; perplexity is e to the "
                "power of the loss", 0.4, "Which function is the inverse of the logarithm?",
                also=("bits", "hartleys")),
        Mistake("power-of-ten", "perplexity", "10^loss", "the loss is a natural logarithm, so the base is e, not 10",
                0.4, "Which base does the logarithm in the loss have?"),
    ),
    conventions=(
        _NATURAL,
        Convention("bits", _BITS, "the loss is in bits, so perplexity is 2 to its power", {"perplexity": "2^loss"}),
        Convention("hartleys", _COMMON, "the loss is in hartleys, so perplexity is 10 to its power",
                   {"perplexity": "10^loss"}, True),
    ),
    source="Jurafsky and Martin, Speech and Language Processing, chapter 3",
)  # fmt: skip

PERPLEXITY = Formula(
    id="perplexity",
    title="Perplexity of a sequence",
    variables=(PROBABILITIES,),
    steps=(
        Step("sequence", "log_probability(p=p)", "log probability of the sequence"),
        Step("tokens", "len(p)", "tokens of the sequence"),
        Step("loss", "-(sequence.log_probability/tokens)", "mean loss per token"),
        Step("score", "perplexity_of_loss(loss=loss)", "perplexity from the mean loss"),
        Step("perplexity", "score.perplexity", "perplexity"),
    ),
    answers=("perplexity", "loss"),
    mistakes=(
        Mistake("sum-for-mean", "loss", "-sequence.log_probability", "perplexity is a number per token: average the "
                "loss over the tokens first", 0.6, "How should the perplexity depend on the length of the sequence?"),
        Mistake("minus-forgotten", "loss", "sequence.log_probability/tokens", "the loss is minus the log probability, "
                "so it cannot be negative", 0.5, "Which sign does this loss have?"),
        Mistake("arithmetic-mean", "perplexity", "len(p)/sum(p)", "the logarithms are averaged, not the "
                "probabilities", 0.3, "What is averaged over the tokens?"),
    ),
    conventions=(_NATURAL, Convention("bits", _BITS, "the loss in bits; the perplexity is the same"),
                 Convention("hartleys", _COMMON, "the loss in hartleys; the perplexity is the same")),
    source="Jurafsky and Martin, Speech and Language Processing, chapter 3",
)  # fmt: skip

UNTRAINED_LOSS = Formula(
    id="untrained_loss",
    title="Loss of an untrained classifier",
    variables=(Variable("k", "classes", "classes, all equally likely to the untrained model", ordinary=(2, 100)),),
    steps=(
        Step("probability", "1/k", "probability of each class"),
        Step("loss", "ln(k)", "cross-entropy loss, −ln of that probability"),
        Step("perplexity", "1/probability", "perplexity, e to the loss: the number of classes"),
    ),
    answers=("loss", "perplexity", "probability"),
    mistakes=(
        Mistake("sign-turned", "loss", "ln(probability)", "the loss is minus the logarithm of the probability, so it "
                "cannot be negative", 0.5, "Which sign does this loss have?"),
        Mistake("common-logarithm", "loss", "log10(k)", "the logarithm must be the natural one, not to base 10", 0.5,
                "Which base does the logarithm have?"),
        Mistake("probability-for-loss", "loss", "probability", "this is the probability of a class; the loss is "
                "minus its logarithm", 0.4, "What does cross-entropy do with the probability?",
                also=("bits", "hartleys")),
        Mistake("complement-for-loss", "loss", "1 - probability", "this is the probability of a wrong guess; the loss "
                "is minus the logarithm of the probability", 0.3, "What does cross-entropy do with the probability?",
                also=("bits", "hartleys")),
        Mistake("loss-for-perplexity", "perplexity", "loss", "this is the loss, a logarithm; perplexity is e to the "
                "power of the loss", 0.4, "Which function is the inverse of the logarithm?",
                also=("bits", "hartleys")),
    ),
    conventions=(_NATURAL, Convention("bits", _BITS, "logarithms to base 2, so in bits", {"loss": "log2(k)"}),
                 Convention("hartleys", _COMMON, _TO_TEN, {"loss": "log10(k)"}, True)),
    notes=("a first loss far above this suggests an error in the initialisation or in the loss",),
)  # fmt: skip

FORMULAS = {formula.id: formula for formula in (LOG_PROBABILITY, PERPLEXITY_OF_LOSS, PERPLEXITY, UNTRAINED_LOSS)}
