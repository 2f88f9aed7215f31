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
        Step("per_epoch", "ceil(batches)", "updates per epoch: one per batch; the last batch may be smaller"),
        Step("updates", "per_epoch*epochs", "updates in all"),
        Step("last_batch", "N - (per_epoch - 1)*B", "examples in the last batch of an epoch"),
    ),
    answers=("updates", "per_epoch", "last_batch"),
    mistakes=(
        Mistake("not-rounded", "per_epoch", "batches", "an update is whole: the remaining examples make their own "
                "batch", 0.5, "What happens to the examples that do not fill a batch?"),
        Mistake("rounded-at-the-end", "updates", "ceil(N*epochs/B)", "every epoch ends with its own last batch: round "
                "the updates of one epoch, then multiply", 0.4, "What happens to a batch at the end of an epoch?"),
        Mistake("examples-for-updates", "updates", "per_epoch*epochs*B", "a batch makes one update, however many "
                "examples it has", 0.25, "How many updates does one batch make?"),
        Mistake("epochs-forgotten", "updates", "per_epoch", "these are the updates of one epoch only", 0.4, "How many "
                "epochs are there?"),
        Mistake("one-per-example", "per_epoch", "N", "the weights are updated once per batch, not after every "
                "example", 0.5, "After how many examples are the weights updated?", also=("drop-last",)),
        Mistake("one-per-epoch", "per_epoch", "1", "that is full-batch training; here the weights are updated after "
                "every batch", 0.4, "After how many examples are the weights updated?", also=("drop-last",)),
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
        Step("matrices", "2", "matrices: one for the input, shared by all context words, and one for the output"),
        Step("parameters", "matrices*matrix", "parameters; there are no biases"),
    ),
    answers=("parameters", "matrix", "matrices"),
    mistakes=(
        Mistake("output-forgotten", "matrices", "1", "there are two matrices: one into the hidden layer and one out of "
                "it", 0.6, "How does the hidden layer lead to a word again?"),
        Mistake("sizes-added", "matrix", "V + N", "a matrix has a weight for every pair of a word and a hidden unit: "
                "V·N", 0.3, "How many word vectors are there, and how long is each?"),
        Mistake("hidden-layer-forgotten", "matrix", "V^2", "the words are connected through the hidden layer of N "
                "units, not directly", 0.3, "How long is a word vector?"),
        Mistake("two-per-context-word", "matrices", "2*K", "there is only one output matrix for all context words", 0.3,
                "How many words are predicted from one context?"),
        Mistake("biases-added", "parameters", "matrices*matrix + N + V", "the layers of word2vec only multiply by a "
                "matrix; they have no biases", 0.4, "What do the layers of word2vec add?"),
    ),
    forms=(Form("parameters", "2*V*N", "matrices = 2"),),
    conventions=(
        Convention("textbook", "Mikolov et al., libraries", "all context words share the input matrix"),
        Convention("per-context-word", "notes that draw one matrix per context word", "each context word has its own "
                   "input matrix", {"matrices": "K + 1"}),
    ),
    unknowns=(("N",), ("V",), ("K",)),
    source="Mikolov, Chen, Corrado and Dean, arXiv:1301.3781",
)  # fmt: skip

FORMULAS = {"updates": UPDATES, "word2vec": WORD2VEC}
