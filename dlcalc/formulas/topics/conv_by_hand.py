"""Convolution of numbers by hand: every window, its sum of products, the gradients, and the sparse matrix that it is.

x is a map (channels, height, width), w a bank of filters (filters, channels, height, width), b one bias per filter.
What deep learning calls a convolution lays the filter on the image as it is written (cross-correlation); the true one
turns it by 180° first. A signal of one row under filters of one row is padded along the row alone.
V. Dumoulin and F. Visin, A guide to convolution arithmetic for deep learning, arXiv:1603.07285.
"""

from __future__ import annotations

from dataclasses import replace

from ...expressions.nodes import Kind
from ..model import Condition, Convention, Formula, Mistake, Step, Variable

_FAR = 10**9

IMAGE = Variable("x", "image", "the image: channels of rows", low=-_FAR, kind=Kind.MAP, integer=False,
                 ordinary=(-4, 9), sizes=(2, 3, 4))  # fmt: skip
FILTERS = Variable("w", "weight", "the filters, each with one part per channel", low=-_FAR, kind=Kind.FILTERS,
                   integer=False, ordinary=(-4, 5), sizes=(1, 2, 2, 2))  # fmt: skip
BIASES = Variable("b", "biases", "the biases, one per filter", low=-_FAR, kind=Kind.VECTOR, integer=False,
                  ordinary=(1, 5), sizes=(1,))  # fmt: skip
STRIDE = Variable("s", "stride", "stride", high=1000, default="1", ordinary=(2, 2))
PADDING = Variable("p", "padding", "padding on each side", low=0, high=1000, default="0", ordinary=(1, 1))
DILATION = Variable("d", "dilation", "dilation", high=1000, default="1", ordinary=(2, 2))
EDGE = Variable("edge", "repeat-edge", "padding with the values at the border (1) or with zeros (0)", low=0, high=1,
                default="0", ordinary=(0, 1))  # fmt: skip
RELU = Variable("relu", "with-relu", "ReLU after the bias (1) or none (0)", low=0, high=1, default="0",
                ordinary=(1, 1))  # fmt: skip
GRADIENT = Variable("g", "gradient", "∂L/∂output, with the shape of the output", low=-_FAR, kind=Kind.MAP,
                    integer=False, ordinary=(-3, 3), sizes=(1, 2, 3))  # fmt: skip

OVER_OUTPUT = "k in 1..filters, i in 1..o_h, j in 1..o_w"
_OVER_PADDED = "c in 1..channels, m in 1..tall, n in 1..wide"
OVER_IMAGE = "c in 1..channels, m in 1..height, n in 1..width"
OVER_FILTERS = "k in 1..filters, c in 1..channels, u in 1..f_h, v in 1..f_w"

PADS = (
    Step("pad", "p", "columns of padding on each side"),
    Step("pad_h", "if(height = 1 and f_h = 1, 0, pad)", "rows of padding above and below (none for a signal)"),
)

SIZES = (
    Step("channels", "len(x)", "channels"),
    Step("height", "len(x[1])", "rows of the image"),
    Step("width", "len(x[1, 1])", "columns of the image"),
    Step("filters", "len(w)", "filters"),
    Step("f_h", "len(w[1, 1])", "rows of a filter"),
    Step("f_w", "len(w[1, 1, 1])", "columns of a filter"),
)

_SIZES = (
    *SIZES,
    *PADS,
    Step("hop", "s", "how far the window moves: the stride"),
    Step("gap", "d", "distance between neighbouring cells under a filter: the dilation"),
    Step("tall", "height + 2*pad_h", "rows with the padding"),
    Step("wide", "width + 2*pad", "columns with the padding"),
    Step("o_h", "floor((tall - gap*(f_h - 1) - 1)/hop) + 1", "rows of the output"),
    Step("o_w", "floor((wide - gap*(f_w - 1) - 1)/hop) + 1", "columns of the output"),
)


def _cell(edge: bool, row: str = "m", column: str = "n") -> str:
    """A cell of the padded image: of the image inside, else a zero or the nearest cell at the border."""
    i, j = f"({row} - pad_h)", f"({column} - pad)"
    inside = f"({i} >= 1 and {i} <= height and {j} >= 1 and {j} <= width)"
    if not edge:
        return f"if({inside}, x[c, {i}, {j}], 0)"
    return f"if(edge = 1 or {inside}, x[c, max(1, min(height, {i})), max(1, min(width, {j}))], 0)"


_INSIDE = "m - pad_h >= 1 and m - pad_h <= height and n - pad >= 1 and n - pad <= width"
_NEAREST = "x[c, max(1, min(height, m - pad_h)), max(1, min(width, n - pad))]"

AS_WRITTEN = "w[k, c, u, v]"
FLIPPED = "w[k, c, f_h + 1 - u, f_w + 1 - v]"


def _under(channel: str = "c", down: str = "(i - 1)*hop", along: str = "(j - 1)*hop", u: str = "u",
           v: str = "v") -> str:  # fmt: skip
    """The cell of the padded image under cell u, v of the filter of a window that is so far down and along."""
    return f"padded[{channel}, {down} + ({u} - 1)*gap + 1, {along} + ({v} - 1)*gap + 1]"


def _sum(under: str) -> str:
    return f"sum(c=1..channels, sum(u=1..f_h, sum(v=1..f_w, kernel[k, c, u, v]*{under})))"


_SUM = _sum(_under())


def _steps(flip: bool, edge: bool = True) -> tuple[Step, ...]:
    return (
        *_SIZES,
        Step("padded", _cell(edge), "the image with its padding", each=_OVER_PADDED),
        Step("kernel", FLIPPED if flip else AS_WRITTEN,
             "what is applied to the image: the filter rotated by 180°" if flip else
             "what is applied to the image: the filter as written", each=OVER_FILTERS),
        Step("sums", _SUM, "sum of the products in a window, over all channels", each=OVER_OUTPUT),
        Step("output", "if(relu = 1, max(0, sums[k, i, j] + b[k]), sums[k, i, j] + b[k])", "output",
             each=OVER_OUTPUT),
    )  # fmt: skip


CONDITIONS = (
    Condition("len(w[1]) = len(x)", "a filter needs as many channels as the image: | separates channels, || separates "
              "filters"),
    Condition("len(b) = len(w)", "give one bias per filter"),
)  # fmt: skip
_FITS = (
    Condition("o_h >= 1 and o_w >= 1", "a filter of {f_h}×{f_w} does not fit into {tall}×{wide}, the image with its "
              "padding"),
)  # fmt: skip


def _flip_mistakes(flip: bool) -> tuple[Mistake, ...]:
    if flip:
        return (
            Mistake("not-flipped", "kernel", AS_WRITTEN, "a true convolution rotates the filter by 180° first; this is "
                    "the cross-correlation", 0.8, "What does a true convolution do with the filter first?"),
            Mistake("rows-flipped-only", "kernel", "w[k, c, f_h + 1 - u, v]", "rotating by 180° reverses rows and "
                    "columns; here only the rows are reversed", 0.5, "Which corner of the filter moves to the upper "
                    "left?"),
            Mistake("columns-flipped-only", "kernel", "w[k, c, u, f_w + 1 - v]", "rotating by 180° reverses rows and "
                    "columns; here only the columns are reversed", 0.5, "Which corner of the filter moves to the upper "
                    "left?"),
            Mistake("flipped-and-transposed", "kernel", "w[k, c, f_w + 1 - v, f_h + 1 - u]", "rotating by 180° keeps "
                    "rows as rows; here the filter is transposed as well", 0.3, "What happens to a row of the "
                    "filter?"),
        )  # fmt: skip
    return (
        Mistake("flipped", "kernel", FLIPPED, "the filter is applied as written; only a true convolution rotates it by "
                "180°, and the question does not ask for one", 0.7, "Which of the two does the question ask for: "
                "cross-correlation or true convolution?"),
        Mistake("rows-flipped", "kernel", "w[k, c, f_h + 1 - u, v]", "the filter is applied as written; here its rows "
                "are reversed", 0.3, "Which row of the filter multiplies the first row of the window?"),
        Mistake("columns-flipped", "kernel", "w[k, c, u, f_w + 1 - v]", "the filter is applied as written; here its "
                "columns are reversed", 0.3, "Which column of the filter multiplies the first column of the window?"),
        Mistake("filter-transposed", "kernel", "w[k, c, v, u]", "the filter is applied as written; here its rows and "
                "columns are exchanged", 0.3, "What happens to a row of the filter?"),
    )  # fmt: skip


def _mistakes(flip: bool) -> tuple[Mistake, ...]:
    return (
        *_flip_mistakes(flip),
        Mistake("padding-forgotten", "pad", "0", "the image is padded on every side before the filter moves over it",
                0.6, "Where does the first window start?"),
        Mistake("stride-ignored", "hop", "1", "the window moves by the stride, along the rows and down the columns",
                0.6, "How far does the window move?"),
        Mistake("dilation-ignored", "gap", "1", "the cells under a dilated filter are d apart in the image", 0.5,
                "Which cells of the image are under the filter?"),
        Mistake("bias-forgotten", "output", "if(relu = 1, max(0, sums[k, i, j]), sums[k, i, j])", "each filter adds "
                "its bias to every sum", 0.6, "What is added to the sum of the products?"),
        Mistake("bias-per-channel", "output", "if(relu = 1, max(0, sums[k, i, j] + channels*b[k]), sums[k, i, j] + "
                "channels*b[k])", "the channels are added first; then the bias is added once", 0.6, "How many times is "
                "the bias added to one number of the output?"),
        Mistake("relu-before-bias", "output", "if(relu = 1, max(0, sums[k, i, j]) + b[k], sums[k, i, j] + b[k])", "the "
                "bias is added first, and then ReLU is applied", 0.5, "What is the input of ReLU?"),
        Mistake("first-channel-only", "sums", f"sum(u=1..f_h, sum(v=1..f_w, kernel[k, 1, u, v]*{_under('1')}))", "the "
                "products of all channels are added, not only those of the first", 0.5, "What happens to the other "
                "channels?"),
        Mistake("relu-forgotten", "output", "sums[k, i, j] + b[k]", "ReLU is applied after the bias: a negative number "
                "becomes 0", 0.5, "What does ReLU do with a negative number?"),
        Mistake("last-channel-only", "sums", "sum(u=1..f_h, sum(v=1..f_w, kernel[k, channels, u, "
                f"v]*{_under('channels')}))", "the products of all channels are added, not only those of the last",
                0.25, "What happens to the other channels?"),
        Mistake("padded-with-ones", "padded", f"if({_INSIDE}, x[c, m - pad_h, n - pad], 1)", "the padding is zeros; "
                "here it is ones", 0.25, "Which numbers does the padding have?"),
        Mistake("padded-with-edge", "padded", _NEAREST, "the padding is of zeros; here the cells at the border were "
                "repeated", 0.25, "Which numbers does the padding have?"),
        Mistake("padded-before-only", "tall", "height + pad_h", "the image is padded on every side; here only above "
                "and to the left", 0.25, "On how many sides is the image padded?", more=(("wide", "width + pad"),)),
        Mistake("padded-after-only", "tall", "height + pad_h", "the image is padded on every side; here only below and "
                "to the right", 0.25, "On how many sides is the image padded?",
                more=(("wide", "width + pad"), ("padded", _cell(True, "(m + pad_h)", "(n + pad)")))),
        Mistake("stride-down-only", "o_w", "wide - gap*(f_w - 1)", "the window moves by the stride along both axes; "
                "here it moved by 1 along the rows", 0.25, "How far does the window move along a row?",
                more=(("sums", _sum(_under(along="(j - 1)"))),)),
        Mistake("stride-along-only", "o_h", "tall - gap*(f_h - 1)", "the window moves by the stride along both axes; "
                "here it moved by 1 down the columns", 0.25, "How far does the window move down a column?",
                more=(("sums", _sum(_under(down="(i - 1)"))),)),
        Mistake("one-row-slipped", "padded", _cell(True, "m + 1"), "the windows start one row too low: the first "
                "window starts on the first row", 0.3, "On which row does the first window start?"),
        Mistake("one-column-slipped", "padded", _cell(True, "m", "n + 1"), "the windows start one column too far to "
                "the right: the first window starts on the first column", 0.3, "On which column does the first window "
                "start?"),
    )  # fmt: skip


def _convolution(id: str, title: str, flip: bool) -> Formula:
    return Formula(
        id=id,
        title=title,
        variables=(IMAGE, FILTERS, BIASES, STRIDE, PADDING, DILATION, EDGE, RELU),
        steps=_steps(flip),
        answers=("output",),
        mistakes=_mistakes(flip),
        conditions=(*CONDITIONS, *_FITS),
        source="Dumoulin and Visin, arXiv:1603.07285",
    )


_CALL = "(x=x, w=w, b=b, s=s, p=p, d=d, edge=edge, relu=relu)"
LOW = Variable("low", "scale-low", "what the smallest number becomes", low=-_FAR, default="0", integer=False,
               ordinary=(0, 0))  # fmt: skip
HIGH = Variable("high", "scale-high", "what the largest number becomes", low=-_FAR, integer=False,
                ordinary=(255, 255))  # fmt: skip


def _scaled(id: str, title: str, convolution: str) -> Formula:
    return Formula(
        id=id,
        title=title,
        variables=(IMAGE, FILTERS, BIASES, STRIDE, PADDING, DILATION, EDGE, RELU, LOW, HIGH),
        steps=(
            Step("conv", f"{convolution}{_CALL}", "the convolution", kind=Kind.MAP),
            Step("smallest", "min(conv.output)", "the smallest number"),
            Step("largest", "max(conv.output)", "the largest number"),
            Step("span", "if(largest > smallest, largest - smallest, 1)", "distance between them"),
            Step("scaled", "low + (conv.output[k, i, j] - smallest)*(high - low)/span", "output, scaled",
                 each="k in 1..conv.filters, i in 1..conv.o_h, j in 1..conv.o_w"),
        ),
        answers=("scaled",),
        mistakes=(
            Mistake("divided-by-largest", "scaled", "low + conv.output[k, i, j]*(high - low)/if(largest = 0, 1, "
                    "largest)", "min-max scaling subtracts the smallest number and divides by the range; this is x/max",
                    0.7, "What should the smallest number become?"),
            Mistake("smallest-not-subtracted", "scaled", "low + conv.output[k, i, j]*(high - low)/span", "the smallest "
                    "number must be subtracted first, so that it becomes the lower end", 0.5, "What should the "
                    "smallest number become?"),
            Mistake("divided-by-largest-after-shift", "scaled", "low + (conv.output[k, i, j] - smallest)*(high - "
                    "low)/if(largest = 0, 1, largest)", "the range is largest − smallest: divide by it, not by the "
                    "largest number", 0.4, "What should the largest number become?"),
            Mistake("absolute-values", "scaled", "low + abs(conv.output[k, i, j])*(high - low)/max(abs(smallest), "
                    "abs(largest), 1)", "min-max scaling keeps the order: the most negative number becomes the lower "
                    "end", 0.3, "What should the most negative number become?"),
        ),
    )  # fmt: skip


CONV = _convolution("conv_by_hand", "Convolution by hand", False)
CONV_FLIPPED = _convolution("conv_by_hand_flipped", "True convolution by hand, the filter rotated by 180°", True)
CONV_SCALED = _scaled("conv_by_hand_scaled", "Convolution by hand, scaled", "conv_by_hand")
CONV_FLIPPED_SCALED = _scaled("conv_by_hand_flipped_scaled", "True convolution by hand, scaled", "conv_by_hand_flipped")

# How far down and to the right of the window's start a cell of the image lies, in strides.
_ROW = "(m + pad_h - 1 - (u - 1)*gap)"
_COLUMN = "(n + pad - 1 - (v - 1)*gap)"
_COVERED = (
    f"mod({_ROW}, hop) = 0 and {_ROW} >= 0 and {_ROW}/hop < o_h and "
    f"mod({_COLUMN}, hop) = 0 and {_COLUMN} >= 0 and {_COLUMN}/hop < o_w"
)


def _to_image(weight: str) -> str:
    """∂L/∂x: of each filter cell that met this cell of the image, its weight times the gradient of the window."""
    term = f"delta[k, {_ROW}/hop + 1, {_COLUMN}/hop + 1]*{weight}"
    return f"sum(k=1..filters, sum(u=1..f_h, sum(v=1..f_w, if({_COVERED}, {term}, 0))))"


_FITTING = (replace(STRIDE, ordinary=(1, 1)), replace(PADDING, ordinary=(0, 0)), replace(DILATION, ordinary=(1, 1)))
"""In an exercise the gradient has the shape of the output, so these are what they are by default."""


def _backward(id: str, title: str, flip: bool) -> Formula:
    u, v = ("f_h + 1 - u", "f_w + 1 - v") if flip else ("u", "v")
    under, first = _under(u=u, v=v), _under(down="0*hop", along="0*hop", u=u, v=v)
    summed = "sum(i=1..o_h, sum(j=1..o_w, {}))"
    return Formula(
        id=id,
        title=title,
        variables=(IMAGE, FILTERS, BIASES, *_FITTING, RELU, GRADIENT),
        steps=(
            *_steps(flip, edge=False),
            Step("loss", "sum(g ⊙ output)", "a loss with these gradients of the output"),
            Step("delta", "if(relu = 1 and output[k, i, j] <= 0, 0, g[k, i, j])", "gradient of the sum in a window",
                 each=OVER_OUTPUT),
            Step("dx", _to_image("kernel[k, c, u, v]"), "gradient of the image: every window that read the cell, "
                 "weighted", each=OVER_IMAGE),
            Step("dw", summed.format(f"delta[k, i, j]*{under}"), "gradient of the filters: the image correlated with "
                 "the gradient", each=OVER_FILTERS),
            Step("db", summed.format("delta[k, i, j]"), "gradient of the biases: the sum", each="k in 1..filters"),
        ),
        answers=("dx", "dw", "db"),
        mistakes=(
            Mistake("not-turned-backwards", "dx", _to_image("kernel[k, c, f_h + 1 - u, f_w + 1 - v]"), "going back, "
                    "each gradient is multiplied by the weights as they were applied: the full convolution with the "
                    "rotated filter", 0.6, "Which weight connects this cell to that window?"),
            Mistake("first-window-only", "dw", f"delta[k, 1, 1]*{first}", "a weight is used in every window, so its "
                    "gradient is the sum over all windows", 0.5, "In how many windows is this weight used?"),
            Mistake("bias-averaged", "db", "sum(i=1..o_h, sum(j=1..o_w, delta[k, i, j]))/(o_h*o_w)", "the bias is "
                    "added to every number of the output, so its gradient is the sum, not the mean", 0.5, "To how many "
                    "numbers is the bias added?"),
            Mistake("relu-gate-forgotten", "delta", "g[k, i, j]", "where ReLU gave 0, the gradient is 0", 0.5, "How "
                    "steep is ReLU where the sum is negative?"),
        ),
        conditions=(
            *CONDITIONS,
            *_FITS,
            Condition("len(g) = filters and len(g[1]) = o_h and len(g[1, 1]) = o_w", "the gradient must have the shape "
                      "of the output, {filters}×{o_h}×{o_w}"),
        ),
        source="Goodfellow, Bengio and Courville, Deep Learning, 2016, section 9.5",
    )  # fmt: skip


CONV_BACKWARD = _backward("conv_by_hand_backward", "Convolution by hand, forward and backward", False)
CONV_FLIPPED_BACKWARD = _backward(
    "conv_by_hand_flipped_backward", "True convolution by hand, forward and backward", True
)

_OVER_MATRIX = "r in 1..rows, q in 1..columns"
_HERE = "u_at[r, q] = floor(u_at[r, q]) and v_at[r, q] = floor(v_at[r, q]) and u_at[r, q] >= 1 and u_at[r, q] <= f_h " \
        "and v_at[r, q] >= 1 and v_at[r, q] <= f_w"  # fmt: skip
_ENTRY = "if(used[r, q] = 1, w[k_of[r], c_of[q], {}, {}], 0)"
_ENTRY_AS_WRITTEN = _ENTRY.format("u_at[r, q]", "v_at[r, q]")
_ENTRY_FLIPPED = _ENTRY.format("f_h + 1 - u_at[r, q]", "f_w + 1 - v_at[r, q]")

CONV_MATRIX = Formula(
    id="conv_as_matrix",
    title="A convolution as one sparse matrix",
    variables=(IMAGE, FILTERS, STRIDE, PADDING, DILATION),
    steps=(
        *_SIZES,
        Step("rows", "filters*o_h*o_w", "numbers of the output: rows of the matrix"),
        Step("columns", "channels*height*width", "numbers of the image: columns of the matrix"),
        Step("k_of", "floor((r - 1)/(o_h*o_w)) + 1", "filter of a row", each="r in 1..rows"),
        Step("i_of", "floor(mod(r - 1, o_h*o_w)/o_w)", "row of the output, from 0", each="r in 1..rows"),
        Step("j_of", "mod(r - 1, o_w)", "column of the output, from 0", each="r in 1..rows"),
        Step("c_of", "floor((q - 1)/(height*width)) + 1", "channel of a column", each="q in 1..columns"),
        Step("m_of", "floor(mod(q - 1, height*width)/width)", "row of the image, from 0", each="q in 1..columns"),
        Step("n_of", "mod(q - 1, width)", "column of the image, from 0", each="q in 1..columns"),
        Step("u_at", "(m_of[q] + pad_h - i_of[r]*hop)/gap + 1", "row of the filter at that place", each=_OVER_MATRIX),
        Step("v_at", "(n_of[q] + pad - j_of[r]*hop)/gap + 1", "column of the filter at that place", each=_OVER_MATRIX),
        Step("used", f"if({_HERE}, 1, 0)", "whether there is a weight at this place", each=_OVER_MATRIX),
        Step("matrix", _ENTRY_AS_WRITTEN, "the matrix", each=_OVER_MATRIX),
        Step("weights", "sum(used)", "places with a weight"),
        Step("zeros", "rows*columns - weights", "places that are always zero"),
        Step("distinct", "filters*channels*f_h*f_w", "distinct weights, which the rows share"),
    ),
    answers=("matrix", "weights", "zeros", "distinct"),
    mistakes=(
        Mistake("flipped", "matrix", _ENTRY_FLIPPED, "every row holds the filter as written; only a true convolution "
                "rotates it, and the question does not ask for one", 0.5, "Which of the two does the question ask for: "
                "cross-correlation or true convolution?"),
        Mistake("dense-weights", "weights", "rows*columns", "a dense layer has a weight at every place; here a window "
                "reads only a few cells", 0.5, "How many cells does one output read?"),
        Mistake("weights-not-shared", "distinct", "weights", "all windows use the same filter: its weights are "
                "repeated in every row", 0.6, "How many weights does the filter have?"),
        Mistake("weights-for-zeros", "zeros", "weights", "these are the places with a weight; the question asks for "
                "the zeros", 0.3, "How many places does the whole matrix have?"),
        Mistake("stride-ignored", "hop", "1", "the window moves by the stride, along the rows and down the columns",
                0.4, "How far does the window move?"),
    ),
    conditions=(
        CONDITIONS[0],
        *_FITS,
        Condition("rows*columns <= 10000", "the matrix has at most 10,000 numbers, not {rows}×{columns}"),
    ),
    notes=("image and output are read row by row, one channel after the other",),
)  # fmt: skip

_NOT_FLIPPED = Mistake("not-flipped", "matrix", _ENTRY_AS_WRITTEN, "a true convolution rotates the filter by 180°, so "
                       "every row holds its weights from last to first", 0.7, "Which weight of the filter comes first "
                       "in a row?")  # fmt: skip
CONV_FLIPPED_MATRIX = replace(
    CONV_MATRIX,
    id="conv_as_matrix_flipped",
    title="A true convolution as one sparse matrix",
    steps=tuple(replace(s, expression=_ENTRY_FLIPPED) if s.name == "matrix" else s for s in CONV_MATRIX.steps),
    mistakes=(_NOT_FLIPPED, *CONV_MATRIX.mistakes[1:]),
)

MAP_LOSS = Formula(
    id="map_loss_by_hand",
    title="Squared loss of a map by hand",
    variables=(
        Variable("yhat", "yhat", "the output", low=-_FAR, kind=Kind.MAP, integer=False, ordinary=(-4, 9),
                 sizes=(1, 2, 3)),
        Variable("y", "target", "the target, with the shape of the output", low=-_FAR, kind=Kind.MAP, integer=False,
                 ordinary=(-4, 9), sizes=(1, 2, 3)),
    ),
    steps=(
        Step("errors", "yhat - y", "errors", kind=Kind.MAP),
        Step("loss", "1/2*sum(errors ⊙ errors)", "squared loss"),
        Step("gradient", "errors", "∂L/∂output", kind=Kind.MAP),
    ),
    answers=("gradient", "loss"),
    mistakes=(
        Mistake("error-sign-turned", "gradient", "y - yhat", "the derivative of ½(ŷ − y)² by ŷ is ŷ − y", 0.6, "Does "
                "the loss rise or fall when ŷ grows above y?"),
        Mistake("half-lost", "gradient", "2*errors", "the 2 of the square and the factor ½ cancel", 0.4, "What happens "
                "to the ½ when the square is differentiated?"),
        Mistake("not-squared", "loss", "1/2*sum(errors)", "each error must be squared; without squares, errors of "
                "opposite sign cancel", 0.4, "What happens when errors of opposite sign are added?"),
    ),
    conventions=(
        Convention("textbook", "textbooks", "half the sum of the squares"),
        Convention("sum", "notes without the half", "the sum of the squares",
                   {"loss": "sum(errors ⊙ errors)", "gradient": "2*errors"}),
        Convention("mean", "PyTorch (MSELoss), Keras", "the mean of the squares",
                   {"loss": "sum(errors ⊙ errors)/(len(yhat)*len(yhat[1])*len(yhat[1, 1]))",
                    "gradient": "2/(len(yhat)*len(yhat[1])*len(yhat[1, 1]))*errors"}),
    ),
)  # fmt: skip

FORMULAS = {
    formula.id: formula
    for formula in (
        CONV, CONV_FLIPPED, CONV_SCALED, CONV_FLIPPED_SCALED, CONV_BACKWARD, CONV_FLIPPED_BACKWARD, CONV_MATRIX,
        CONV_FLIPPED_MATRIX, MAP_LOSS,
    )
}  # fmt: skip
