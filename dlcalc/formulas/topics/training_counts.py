"""Counts of training: updates per epoch, and the two matrices of word2vec."""

from __future__ import annotations

from ..model import Condition, Convention, Form, Formula, Mistake, Step, Variable

EXAMPLES = Variable("N", "examples", "training examples", ordinary=(200, 60_000), search="1..1000000")
BATCH = Variable("B", "batch-size", "examples in a batch", ordinary=(8, 128), search="1..N")
EPOCHS = Variable("epochs", "epochs", "passes over all examples", default="1", ordinary=(2, 20), search="1..1000")

UPDATES = Formula(
    id="updates",
    title="Updates of mini-batch training",
    variables=(EXAMPLES, BATCH, EPOCHS),
    steps=(
        Step("batches", "N/B", "examples over batch size"),
        Step("per_epoch", "ceil(batches)", "updates per epoch: one per batch, the last of which may be smaller"),
        Step("updates", "per_epoch*epochs", "updates in all"),
        Step("last_batch", "N - (per_epoch - 1)*B", "examples in the last batch of an epoch"),
    ),
    answers=("updates", "per_epoch", "last_batch"),
    mistakes=(
        Mistake("not-rounded", "per_epoch", "batches", "there is no part of an update: the examples left over make "
                "a batch of their own", 0.5, "What becomes of the examples that do not fill a batch?"),
        Mistake("rounded-at-the-end", "updates", "ceil(N*epochs/B)", "each epoch ends with a batch of its own: the "
                "updates of one epoch are rounded, then multiplied", 0.4, "Does a batch reach into the next epoch?"),
        Mistake("epochs-forgotten", "updates", "per_epoch", "these are the updates of one epoch", 0.4,
                "How often are the examples gone through?"),
        Mistake("one-per-example", "per_epoch", "N", "the weights are updated once per batch, not after every "
                "example", 0.5, "After how many examples are the weights updated?", also=("drop-last",)),
        Mistake("one-per-epoch", "per_epoch", "1", "that is training on all examples at once; here the weights are "
                "updated after every batch", 0.4, "After how many examples are the weights updated?",
                also=("drop-last",)),
    ),
    forms=(Form("per_epoch", "ceil(N/B)"), Form("updates", "ceil(N/B)*epochs")),
    warnings=(Condition("B <= N", "the batch size {B} is larger than the number of examples {N}"),),
    conventions=(
        Convention("textbook", "PyTorch, Keras", "the last, smaller batch counts"),
        Convention("drop-last", "PyTorch with drop_last=True", "a last batch that is not full is dropped",
                   {"per_epoch": "floor(batches)", "last_batch": "B"}),
    ),
    unknowns=(("B",), ("N",), ("epochs",)),
)  # fmt: skip

WORD2VEC = Formula(
    id="word2vec",
    title="word2vec",
    variables=(
        Variable("V", "vocabulary", "words in the vocabulary", ordinary=(50, 5000), search="1..1000000"),
        Variable("N", "hidden", "hidden units: the length of a word vector", ordinary=(5, 300)),
        Variable("K", "context", "context words", ordinary=(3, 8)),
    ),
    steps=(
        Step("matrix", "V*N", "weights of one matrix, between the vocabulary and the hidden layer"),
        Step("matrices", "2", "matrices: the input's, which all context words share, and the output's"),
        Step("parameters", "matrices*matrix", "parameters; there are no biases"),
    ),
    answers=("parameters", "matrix", "matrices"),
    mistakes=(
        Mistake("output-forgotten", "matrices", "1", "there are two matrices: one into the hidden layer, one out of "
                "it", 0.6, "How does the hidden layer become a word again?"),
        Mistake("sizes-added", "matrix", "V + N", "a matrix has a weight for every pair of a word and a hidden "
                "unit: V·N", 0.3, "How many entries does one word vector have, and how many word vectors are there?"),
        Mistake("hidden-layer-forgotten", "matrix", "V^2", "the words meet through the hidden layer of N units, not "
                "directly", 0.3, "How long is a word vector?"),
        Mistake("two-per-context-word", "matrices", "2*K", "the output matrix is there once, however many context "
                "words there are", 0.3, "How many words are predicted from one context?"),
        Mistake("biases-added", "parameters", "matrices*matrix + N + V", "word2vec's layers are products with a "
                "matrix alone, without biases", 0.4, "Does word2vec have biases?"),
    ),
    forms=(Form("parameters", "2*V*N", "matrices = 2"),),
    conventions=(
        Convention("textbook", "Mikolov et al., libraries", "all context words share the input matrix"),
        Convention("per-context-word", "notes that draw a matrix for each context word", "each context word has an "
                   "input matrix of its own", {"matrices": "K + 1"}),
    ),
    unknowns=(("N",), ("V",), ("K",)),
    source="Mikolov, Chen, Corrado and Dean, arXiv:1301.3781",
)  # fmt: skip

FORMULAS = {"updates": UPDATES, "word2vec": WORD2VEC}
