"""An embedding by hand: rows of a table are looked up; backwards each row gathers the gradients of its word.

Y. Bengio et al., A neural probabilistic language model, JMLR 3, 2003. Words are counted from 0, as in PyTorch and
Keras, unless a convention says otherwise.
"""

from __future__ import annotations

from ...expressions.nodes import Kind
from ..model import Convention, Formula, Mistake, Step, Variable
from .options_by_hand import quantity

EACH = "t in 1..T"
_SOURCE = "Bengio et al., JMLR 3, 2003"
_GIVEN = (
    Variable("x", "x", "indices of the words", 0, 10**6, kind=Kind.VECTOR, ordinary=(1, 2), lengths=(3, 3)),
    quantity("E", "w", "table, one row per word of the vocabulary", Kind.MATRIX, length=3),
)
_STEPS = (
    Step("T", "len(x)", "words in the sequence"),
    Step("row", "x[t] + 1", "row of word t in the table; the first is row 1", each=EACH),
    Step("y", "E[row[t]]", "vector of word t", kind=Kind.VECTOR, each=EACH),
)
_OFF_BY_ONE = Mistake("one-row-up", "row", "x[t]", "words are counted from 0: word 0 has the first row, word 1 the "
                      "second", 0.6, "Which row belongs to word 0?")  # fmt: skip
_MISTAKES = (
    _OFF_BY_ONE,
    Mistake("scaled-by-index", "y", "x[t]*E[row[t]]", "an index only selects a row; nothing is multiplied by it", 0.3,
            "What does an index of 2 say about the row?"),
    Mistake("row-per-position", "y", "E[t]", "the row depends on the word, not on its position", 0.5, "Which rows do "
            "two equal words have?"),
)  # fmt: skip
_CONVENTIONS = (
    Convention("textbook", "PyTorch, Keras", "words are counted from 0: word 0 has the first row"),
    Convention("from-1", "notes that count from 1", "words are counted from 1: word 1 has the first row",
               {"row": "x[t]"}, variant=True),
)  # fmt: skip

EMBEDDING = Formula(
    id="embedding_by_hand",
    title="Embedding by hand",
    variables=_GIVEN,
    steps=_STEPS,
    answers=("y", "row"),
    mistakes=_MISTAKES,
    conventions=_CONVENTIONS,
    notes=("a one-hot vector times the table gives the same row",),
    source=_SOURCE,
)

EMBEDDING_BACKWARD = Formula(
    id="embedding_backward_by_hand",
    title="Embedding by hand, backward",
    variables=(
        *_GIVEN,
        quantity("d", "d-y", "gradient of the loss by each output, one row per position", Kind.MATRIX,
                 "(0*x + 1) ⊗ (0*E[1] + 1)", ordinary=(-2, 2), length=3),
    ),
    steps=(
        *_STEPS,
        Step("loss", "sum(t=1..T, sum(d[t] ⊙ y[t]))", "a loss with these gradients: Σ d·y"),
        Step("V", "len(E)", "rows of the table"),
        Step("dE", "sum(t=1..T, if(row[t] = i, d[t], 0*d[t]))", "∂L/∂ row i: the gradients of all positions with its "
             "word", kind=Kind.VECTOR, each="i in 1..V"),
    ),
    answers=("dE", "y", "loss"),
    mistakes=(
        _OFF_BY_ONE,
        Mistake("row-per-position", "dE", "d[i]", "a gradient is added to the row of its word, not of its position",
                0.5, "Which row was used at position 1?"),
        Mistake("last-position-only", "dE", "if(row[T] = i, d[T], 0*d[T])", "every position adds to the row of its "
                "word, not only the last", 0.4, "At how many positions was a row used?"),
        Mistake("divided-by-positions", "dE", "sum(t=1..T, if(row[t] = i, d[t], 0*d[t]))/T", "the gradients of equal "
                "words are added, not averaged over the positions", 0.5, "Is the loss here a sum or a mean?"),
    ),
    conventions=_CONVENTIONS,
    notes=("a word that does not occur gets no gradient, so its row does not change",),
    source=_SOURCE,
)  # fmt: skip

FORMULAS = {each.id: each for each in (EMBEDDING, EMBEDDING_BACKWARD)}
