"""An embedding by hand: rows of a table are looked up; backwards each row gathers the gradients of its word.

Y. Bengio et al., A neural probabilistic language model, JMLR 3, 2003. Words are counted from 0, as in PyTorch and
Keras, unless a convention says otherwise.
"""

from __future__ import annotations

from dataclasses import replace

from ...expressions.nodes import Kind
from ..model import Condition, Convention, Formula, Mistake, Step, Variable
from .options_by_hand import Option, combined, quantity

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

ONE_HOT = Formula(
    id="one_hot_by_hand",
    title="One-hot vectors by hand",
    variables=(
        replace(_GIVEN[0], meaning="indices of the words or classes"),
        Variable("n", "classes", "words of the vocabulary, or classes", 1, 10**4, "max(x) + 1", ordinary=(4, 5)),
    ),
    steps=(
        _STEPS[0],
        Step("row", "x[t] + 1", "place of the 1, the first being place 1", each=EACH),
        Step("y", "if(row[t] = i, 1, 0)", "one row per word, with a 1 at its place", each="t in 1..T, i in 1..n"),
    ),
    answers=("y", "row"),
    mistakes=(
        _OFF_BY_ONE,
        Mistake("place-from-the-end", "row", "n - x[t]", "the places are counted from the left", 0.3, "Where is the 1 "
                "of word 0?"),
        Mistake("index-for-one", "y", "if(row[t] = i, x[t], 0)", "the number at the place is 1, for every index",
                0.3, "Which numbers are in a one-hot vector?"),
    ),
    conditions=(Condition("max(row) <= n and min(row) >= 1", "every index is a class: there are {n} classes, and the "
                          "indices are {x}"),),
    conventions=(replace(_CONVENTIONS[0], who="programs"), _CONVENTIONS[1]),
    notes=("a one-hot vector times a table gives one row of the table",),
    source=_SOURCE,
)  # fmt: skip

_BEFORE = Option("pre-padding", "recurrent networks", "padding comes before the sequence")
_AFTER = Option("post-padding", "batches of sequences", "padding comes after the sequence", {"before": "0"},
                untrue=("comes before the sequence",))  # fmt: skip
_FIRST_LOST = Option("pre-truncating", "recurrent networks", "a sequence that is too long loses its beginning")
_LAST_LOST = Option("post-truncating", "notes that keep the beginning", "a sequence that is too long loses its end",
                    {"lost": "0"}, untrue=("keeps the end",))  # fmt: skip
_PLACE = "t - before + lost"

PADDING = Formula(
    id="sequence_padding_by_hand",
    title="A sequence padded or truncated by hand",
    variables=(
        replace(_GIVEN[0], meaning="the sequence", low=-(10**9), ordinary=(1, 9), lengths=(3, 3)),
        Variable("n", "length", "length that is wanted", 1, 10**4, ordinary=(2, 5)),
        Variable("value", "padding-value", "value of the padding", -(10**9), 10**9, "0", ordinary=(0, 0)),
    ),
    steps=(
        Step("T", "len(x)", "length of the sequence"),
        Step("before", "max(n - T, 0)", "numbers of padding before the sequence"),
        Step("lost", "max(T - n, 0)", "numbers that are left out at the beginning"),
        Step("s", f"max(1, min(T, {_PLACE}))", "nearest place in the sequence", each="t in 1..n"),
        Step("y", f"if(s[t] = {_PLACE}, x[s[t]], value)", "the sequence with its new length", each="t in 1..n"),
    ),
    answers=("y", "before", "lost"),
    mistakes=(
        Mistake("padded-after", "before", "0", "the padding comes before the sequence here", 0.5, "On which side of "
                "the sequence is the padding?"),
        Mistake("end-lost", "lost", "0", "a sequence that is too long keeps the end here", 0.5, "Which end of a long "
                "sequence is kept?"),
    ),
    conventions=combined((_BEFORE, _AFTER), (_FIRST_LOST, _LAST_LOST)),
    notes=("Keras' pad_sequences pads and truncates at the beginning, unless it is told otherwise",),
    source="Keras, pad_sequences",
)  # fmt: skip

FORMULAS = {each.id: each for each in (EMBEDDING, EMBEDDING_BACKWARD, ONE_HOT, PADDING)}
