"""Embedding: a table with a row of n numbers for each of v words; a look-up, so nothing is multiplied.

Y. Bengio et al., A neural probabilistic language model, JMLR 3, 2003.
"""

from __future__ import annotations

from ..model import Convention, Formula, Mistake, Step, Variable
from .dense import FLOPS
from .recurrent import ANSWERS, MEMORY_STEPS, OUTPUT_COST_MISTAKES

EMBEDDING = Formula(
    id="embedding",
    title="Embedding",
    variables=(
        Variable("v", "vocabulary", "words in the vocabulary", ordinary=(50, 5000), search="1..1000000"),
        Variable("n", "embedding-size", "numbers that stand for a word", ordinary=(4, 64)),
        Variable("T", "steps", "words in a sequence", ordinary=(5, 60)),
    ),
    steps=(
        Step("rows", "v", "rows of the table, one per word of the vocabulary"),
        Step("output", "shape(T, n)", "output shape, words × embedding size"),
        Step("weights", "rows*n", "weights: the table"),
        Step("biases", "0", "biases: a table has none"),
        Step("parameters", "weights + biases", "parameters"),
        Step("macs", "0", "MACs: a look-up needs none"),
        FLOPS,
        *MEMORY_STEPS,
    ),
    answers=ANSWERS,
    mistakes=(
        Mistake("extra-row", "rows", "v + 1", "the table has one row per index; the padding index is one of the v", 0.5,
                "How many different indices can be looked up?"),
        Mistake("row-per-position", "rows", "T", "the table has a row for every word of the vocabulary, not only for "
                "the words of one sequence", 0.4, "How many different words can occur?"),
        Mistake("table-per-position", "weights", "T*rows*n", "all T positions use the same table", 0.4, "Which table "
                "does the next word use?"),
        Mistake("dense-biases", "biases", "n", "an embedding is a table, not a dense layer: nothing is added to a row",
                0.5, "What is added to a row after the look-up?"),
        Mistake("one-hot-output", "output", "shape(T, v)", "that is the one-hot input: the embedding replaces each "
                "word by n numbers", 0.4, "How many numbers stand for a word after the look-up?"),
        Mistake("square-of-words", "weights", "v^2", "each word has a vector of n numbers: the table has a row for "
                "each word and n columns", 0.2, "How long is the vector of one word?"),
        Mistake("table-for-output", "output", "shape(rows, n)", "that is the whole table; the output has one of its "
                "rows for each position", 0.3, "How many rows are looked up?"),
        Mistake("one-hot-product", "macs", "T*v*n", "a look-up reads a row and multiplies nothing; a one-hot product "
                "gives the same row at a higher cost", 0.4, "What is multiplied when a row is read?"),
        *(mistake for mistake in OUTPUT_COST_MISTAKES if mistake.step != "flops"),
    ),
    conventions=(
        Convention("textbook", "textbooks", "v×n weights, a row per word"),
        Convention("with-batch", "Keras and PyTorch, for one sequence", "the number of sequences comes first",
                   {"output": "shape(1, T, n)"}),
    ),
    input_shape="shape(T)",
    shape="output",
    unknowns=(("n",), ("v",)),
    notes=("sequences are padded to one length T; the padding index is one of the v and has its own row",),
    source="Bengio et al., JMLR 3, 2003",
)  # fmt: skip

FORMULAS = {"embedding": EMBEDDING}
