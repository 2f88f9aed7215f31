"""The operations of `dlcalc run` by name: which formula works each out by hand, and which gives its gradients.

To add one: write its formula (array steps, the main answer first) in a topic file, name it in `topics.TOPICS`, and
put an `Operation` here. Every variable of the formulas becomes an option, read by its kind (a vector, a matrix, a map);
what is unrolled with `each` becomes a table per step. Nothing else is needed for the working, --ask and --json.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from .topics import ids_known

if TYPE_CHECKING:
    from .model import Formula


@dataclass(frozen=True)
class Operation:
    """One operation. A *feature* is a word that chooses a formula: a switch, or what a quantity brings with it."""

    name: str
    help: str
    example: str
    formulas: Mapping[str, str]
    """Features (a row of words, "" for none) → formula; of several formulas the first that the arrays fit."""
    switches: Mapping[str, str] = field(default_factory=dict)
    """Feature that is an option without a value → its help."""
    implies: Mapping[str, str] = field(default_factory=dict)
    """Quantity → the feature that it brings when it is given."""
    kinds: tuple[str, ...] = ()
    """Values of --kind; the first is the usual one, each other a feature."""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Option → its values, which are `Option`s or conventions of the formula; the first is the formula's own."""
    follows: Mapping[str, str] = field(default_factory=dict)
    """Choice, or quantity, → the key of the course profile that decides it."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Further options → the quantity that each gives."""
    zeros: Mapping[str, str] = field(default_factory=dict)
    """Vector that is 0 unless given → the array that has as many entries."""
    shapes: Mapping[str, str] = field(default_factory=dict)
    """Array → its sizes in letters, `m n`; of one unit or feature the first alone.

    In row layout the weights, which are the arrays without T, are turned.
    """
    joined: Mapping[str, str] = field(default_factory=dict)
    """Recurrent weights → those of the input, which may be given in one matrix, W·[h, x], under either name."""
    further: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Features → what stands behind the names of the quantities in each layer and direction, the first nothing."""
    beside: Mapping[str, str] = field(default_factory=dict)
    """Matrix that may be given in blocks, which | divides, → how many blocks there are; they stand side by side."""
    words: str = ""
    """The array whose entries may be words instead of numbers."""
    numbered: str = ""
    """The array of numbers of words, which may be the words themselves, each with its place in the vocabulary."""
    flat: tuple[str, ...] = ()
    """Arrays of any shape, of which every number counts alone: predictions and their targets."""
    classes: str = ""
    """The array with one entry per class, where a target may be the number of a class."""
    loss: str = ""
    """The answer that a target is compared with, where the formulas take ∂L/∂answer as `g`."""
    gradients: Mapping[str, str] = field(default_factory=dict)
    """Answer of a backward formula → the variable whose gradient it is, where it is not named after it as dW is."""
    cells: tuple[str, ...] = ()
    """Steps that are told entry by entry, with the values put in."""
    pairs: tuple[str, ...] = ()
    """Those of `cells` with the indices j and k that are told where k ≤ j: all others are 0."""
    inlined: tuple[str, ...] = ()
    """Steps that are not told by themselves: their expression stands where they are read."""
    repeats: tuple[str, ...] = ()
    """Steps that are told only where they change what was given: the padded image, the turned filter."""
    silent: tuple[str, ...] = ()
    """Steps that are not told: places and sizes."""

    def formula_ids(self) -> tuple[str, ...]:
        """All formulas, each once."""
        return tuple(dict.fromkeys(id for row in self.formulas.values() for id in candidates(row)))

    def suffixes(self, features: Iterable[str]) -> tuple[str, ...]:
        """What stands behind the names of the quantities in each layer and direction."""
        wanted = set(features) - {"backward"}
        return next((found for row, found in self.further.items() if set(row.split()) == wanted), ("",))

    def shapes_for(self, features: Iterable[str]) -> dict[str, str]:
        """`shapes`; a second layer reads m numbers, or 2m where both directions give some."""
        wanted = set(features)
        read = "2m" if "bidirectional" in wanted else "m"
        out = f"T {read.replace('m', 'l') if 'layers' in wanted else read}"
        found = {name: sizes.replace("r", read) for name, sizes in self.shapes.items()}
        return {name: out if sizes == "T m" and self.further else sizes for name, sizes in found.items()}

    def is_further(self, quantity: str) -> bool:
        """Whether it is of another layer or direction than the first, and given together with that one's."""
        return any(quantity.endswith(suffix) for found in self.further.values() for suffix in found if suffix)

    def gradients_of(self, found: Formula) -> dict[str, str]:
        """Answer → the variable whose gradient it is; empty for a forward formula."""
        if "loss" not in found.by_name:
            return {}
        named = {f"d{variable.name}": variable.name for variable in found.variables} | dict(self.gradients)
        return {answer: named[answer] for answer in found.answers if answer in named}

    def candidates(self, features: Iterable[str]) -> tuple[str, ...]:
        """The formulas for these features, the first choice first. Raises UserError where there is none."""
        wanted = set(features)
        for row, ids in self.formulas.items():
            if set(row.split()) == wanted:
                return candidates(ids)
        alone = sorted(word for word in wanted if not any(word in row.split() for row in self.formulas))
        if alone:
            raise UserError(f"run {self.name} has no --{alone[0]}")
        needed = [row for row in self.formulas if wanted < set(row.split())]
        if needed:
            more = sorted(set(min(needed, key=len).split()) - wanted)
            raise UserError(f"run {self.name} {options(wanted)} also needs {options(more)}")
        raise UserError(f"{options(sorted(wanted))} of run {self.name} cannot be used together")


def options(features: Iterable[str]) -> str:
    """`--backward and --scale`."""
    return " and ".join(f"--{word}" for word in sorted(features))


def candidates(ids: str) -> tuple[str, ...]:
    """The formulas that a row names; one of a single unit comes before that of several."""
    found: list[str] = []
    for id in ids.split():
        found += [f"{id}_scalar", id] if f"{id}_scalar" in ids_known() else [id]
    return tuple(found)


_BACKWARD = {"backward": "the gradients too, with finite differences beside them"}
_ACTIVATION = ("tanh", "sigmoid", "relu")
_LAYOUT = ("column", "row")
_SQUARES_BEFORE = {"v0": "G0", "s0": "G0", "r0": "G0"}
"""Other letters of textbooks for what was gathered of the squares before."""
_EPSILON = ("inside", "outside")
_LOGARITHM = ("nats", "bits", "hartleys")
_LOGARITHMIC: dict[str, Any] = {
    "choices": {"logarithm": _LOGARITHM},
    "follows": {"logarithm": "logarithms"},
}
"""A loss with logarithms, to the base of the course profile."""
SIZES = (
    "channels", "height", "width", "filters", "f_h", "f_w", "pad", "pad_h", "end", "end_h",
    "hop", "gap", "tall", "wide", "o_h", "o_w",
)  # fmt: skip
_RNN_ALIASES = {"w-ih": "U", "w-hh": "W"}


_FURTHER = {
    "layers": ("", "_2"),
    "bidirectional": ("", "_back"),
    "bidirectional layers": ("", "_back", "_2", "_2_back"),
}
_HALVES = tuple(f"{name}{layer}" for layer in ("", "_2") for name in ("units", "first", "second"))
_BIDIRECTIONAL = {"bidirectional": "a second layer reads the sequence from its end"}


def _deep(name: str) -> dict[str, str]:
    """The formula for each of `_FURTHER`."""
    ways = ("stacked", "bidirectional", "bidirectional_stacked")
    pairs = tuple(zip(_FURTHER, ways, strict=True))
    return {row: f"{name}_{way}_by_hand" for row, way in pairs} | {
        f"backward {row}": f"{name}_{way}_backward_by_hand" for row, way in pairs
    }


def _in_each(shapes: dict[str, str]) -> dict[str, str]:
    """Shapes of the weights in every layer and direction: l units in the second layer, which reads r numbers."""
    own = {name: sizes for name, sizes in shapes.items() if "T" not in sizes}
    back = {f"{name}_back": sizes for name, sizes in own.items()}
    second = {f"{name}_2": sizes.replace("m", "l").replace("n", "r") for name, sizes in own.items()}
    return {**shapes, **back, **second, **{f"{name}_back": sizes for name, sizes in second.items()}}


def _gate_shapes(gates: str, *states: str, d: str) -> dict[str, str]:
    """Of every gate n inputs meet m units; a peephole, a bias and a state have one entry per unit."""
    sizes = {"W": "m n", "U": "m m", "b": "m", "p": "m"}
    return {"x": "T n", **{f"{letter}_{g}": size for g in gates for letter, size in sizes.items()},
            **dict.fromkeys(states, "m"), d: "T m"}  # fmt: skip


def _each_side(convolution: str, *sides: str) -> dict[str, str]:
    """The ways to pad, each a feature and the name of it in a formula: forwards, with the filter turned, backwards."""
    ways = ("", ""), (" flip", "_flipped"), (" backward", "_backward")
    pairs = [each.split() for each in sides]
    return {f"{feature}{more}": f"{convolution}_{name}{way}" for feature, name in pairs for more, way in ways}


def _trained(
    name: str,
    help: str,
    example: str,
    *follows: str,
    choices: tuple[str, ...] = (),
    continued: bool = False,
    decayed: bool = False,
    aliases: Mapping[str, str] | None = None,
) -> Operation:
    """An optimiser; `follows` names what the course profile decides, `choices` its forms.

    Where there is a learning rate, a list of them is one for each update. `continued`: updates that were made before
    count, where they are given. `decayed`: weight decay, where it is given.
    """
    places = {"epsilon-place": _EPSILON} if "epsilon-place" in follows else {}
    ways = {"": name, "t0": f"{name}_continued"} if continued else {"": name}
    formulas = {word: f"{way}_by_hand {way}_scheduled_by_hand" for word, way in ways.items()}
    if decayed:
        formulas |= {f"{word} weight-decay".strip(): f"{way}_decayed_by_hand" for word, way in ways.items()}
    return Operation(
        name,
        help,
        example,
        formulas if name != "adadelta" else {"": f"{name}_by_hand"},
        implies={**({"t0": "t0"} if continued else {}), **({"lambda": "weight-decay"} if decayed else {})},
        choices={**places, **({"form": choices} if choices else {})},
        follows={key: key.replace("-", "_") for key in follows},
        aliases=aliases or {},
    )


_OPERATIONS = (
    Operation(
        "conv",
        "Convolution: every window of the image, its sum of products",
        'dlcalc run conv --x "3 0 1 2; 1 5 8 9; 2 7 2 5; 0 1 3 1" --w "1 0; 0 -1" --s 2 --p 1 --b 2',
        {
            "": "conv_by_hand", **_each_side("conv_by_hand", "pad-begin asymmetric", "causal causal", "same same"),
            "flip": "conv_by_hand_flipped", "scale": "conv_by_hand_scaled",
            "flip scale": "conv_by_hand_flipped_scaled", "backward": "conv_by_hand_backward",
            "backward flip": "conv_by_hand_flipped_backward", "as-matrix": "conv_as_matrix",
            "as-matrix flip": "conv_as_matrix_flipped",
        },
        switches={"flip": "the true convolution: the filter rotated by 180°", **_BACKWARD,
                  "as-matrix": "the convolution as one sparse matrix",
                  "same": "the padding that the last window needs, an odd zero after the image",
                  "causal": "of a signal: all padding before it, d(f − 1) zeros"},
        implies={"high": "scale", "pad_begin": "pad-begin", "pad_end": "pad-begin"},
        zeros={"b": "w"},
        loss="output",
        cells=("output", "dx", "dw", "db"),
        inlined=("sums",),
        repeats=("padded", "kernel"),
        silent=(*SIZES, "delta", "loss", "smallest", "largest", "span", "k_of", "i_of", "j_of", "c_of", "m_of", "n_of",
                "u_at", "v_at", "used"),
    ),
    Operation(
        "conv-transpose",
        "Transposed convolution: every input times the filter, overlaps added",
        'dlcalc run conv-transpose --x "0 1; 2 3" --w "0 1; 2 3"',
        {"": "conv_transpose_by_hand", "backward": "conv_transpose_by_hand_backward",
         "same": "conv_transpose_by_hand_same", "backward same": "conv_transpose_by_hand_same_backward"},
        switches={**_BACKWARD, "same": "cropped to n·s, as in Keras and TensorFlow"},
        zeros={"b": "w"},
        loss="output",
        cells=("output", "dx", "dw", "db"),
        inlined=("full",),
        repeats=("uncropped",),
        silent=(*SIZES, "loss"),
    ),
    Operation(
        "pool",
        "Pooling: max, average, sum, min, or over the whole map",
        'dlcalc run pool --x "6 4 8 5; 5 4 5 8; 3 6 7 7; 7 9 7 2" --f 2 --s 2 --backward',
        {
            "": "pool_by_hand_max", "avg": "pool_by_hand_avg", "sum": "pool_by_hand_sum", "min": "pool_by_hand_min",
            "global": "pool_by_hand_global", "backward": "pool_by_hand_max_backward",
            "avg backward": "pool_by_hand_avg_backward", "sum backward": "pool_by_hand_sum_backward",
            "min backward": "pool_by_hand_min_backward", "global backward": "pool_by_hand_global_backward",
        },
        switches=_BACKWARD,
        kinds=("max", "avg", "sum", "min", "global"),
        choices={"average": ("include-pad", "exclude-pad")},
        loss="output",
        cells=("output",),
        silent=(*SIZES, "cells", "winner", "winner_row", "winner_column", "loss"),
    ),
    Operation(
        "rnn",
        "Simple RNN: every time step, and backpropagation through time",
        'dlcalc run rnn --x "1 1 1" --w-x 0.5 --w-h 0.3 --b 0 --activation tanh',
        {
            "": "rnn_by_hand", "output": "rnn_output_by_hand", "output softmax": "rnn_softmax_by_hand",
            "backward": "rnn_bptt_by_hand", "backward target": "rnn_bptt_target_by_hand",
            "backward output target": "rnn_bptt_output_by_hand",
            "backward output softmax target": "rnn_bptt_softmax_by_hand", **_deep("rnn"),
        },
        switches={**_BACKWARD, **_BIDIRECTIONAL, "softmax": "a softmax after the output layer"},
        implies={"V": "output", "y": "target"},
        choices={"activation": _ACTIVATION, "loss": ("sum", "last", "no-half", "last-no-half"),
                 "layout": _LAYOUT, "logarithm": _LOGARITHM},
        follows={"layout": "layout", "logarithm": "logarithms"},
        aliases=_RNN_ALIASES,
        joined={"W": "U"},
        further=_FURTHER,
        silent=_HALVES,
        shapes={**_in_each({"x": "T n", "U": "m n", "W": "m m", "b": "m", "h0": "m", "d": "T m"}), "V": "k m",
                "c": "k"},
        cells=("reach", "terms_W", "terms_U"),
        pairs=("reach", "terms_W", "terms_U"),
    ),
    Operation(
        "lstm",
        "LSTM, with peepholes where they are given: every gate of every time step",
        'dlcalc run lstm --x "1 2" --w-f 0.5 --u-f 0.1 --w-i 0.4 --u-i 0.2 --w-o 0.3 --u-o 0.1 --w-c 0.6 --u-c 0.2',
        {"": "lstm_by_hand", "peephole": "lstm_peephole_by_hand", "backward": "lstm_backward_by_hand",
         "backward peephole": "lstm_peephole_backward_by_hand", **_deep("lstm")},
        switches={**_BACKWARD, **_BIDIRECTIONAL},
        further=_FURTHER,
        silent=_HALVES,
        implies={"p_f": "peephole", "p_i": "peephole", "p_o": "peephole"},
        choices={"layout": _LAYOUT},
        follows={"layout": "layout"},
        shapes=_in_each(_gate_shapes("fioc", "h0", "C0", d="d")),
        joined={f"U_{gate}": f"W_{gate}" for gate in "fioc"},
    ),
    Operation(
        "gru",
        "GRU: every gate of every time step",
        'dlcalc run gru --x "1 2" --w-z 0.5 --u-z 0.1 --w-r 0.4 --u-r 0.2 --w-g 0.6 --u-g 0.2 --update-gate renew',
        {"": "gru_by_hand", "backward": "gru_backward_by_hand", **_deep("gru")},
        switches={**_BACKWARD, **_BIDIRECTIONAL},
        further=_FURTHER,
        silent=_HALVES,
        choices={"update-gate": ("keep", "renew"), "reset": ("before", "after"), "layout": _LAYOUT},
        follows={"update-gate": "gru_update_gate", "reset": "gru_reset", "layout": "layout"},
        shapes=_in_each(_gate_shapes("zrg", "d", "h0", d="d_h")),
        joined={f"U_{gate}": f"W_{gate}" for gate in "zrg"},
    ),
    Operation(
        "conv-lstm",
        "ConvLSTM: every gate of every time step, for small maps of one channel",
        'dlcalc run conv-lstm --x "1 2 | 0 1" --w-f "0 1 0" --u-f "0 0.5 0" --w-i "0 1 0" --u-i "0 0 0" '
        '--w-o "0 1 0" --u-o "0 0 0" --w-c "1 1 0" --u-c "0 1 0"',
        {"": "conv_lstm_by_hand", "peephole": "conv_lstm_peephole_by_hand"},
        implies={"p_f": "peephole", "p_i": "peephole", "p_o": "peephole"},
        cells=("f", "i", "o", "g", "C", "h"),
        silent=("height", "width", "f_h", "f_w", "above", "before"),
    ),
    Operation(
        "perceptron",
        "Perceptron; with a target, one step of its learning rule",
        'dlcalc run perceptron --x "1 0 1" --w "0.5 -0.2 0.1" --b -0.3 --target 0',
        {"": "perceptron_by_hand", "target": "perceptron_rule_by_hand"},
        implies={"y": "target"},
    ),
    Operation(
        "logistic",
        "Logistic regression: probability, log loss and gradients; with --eta, one step",
        'dlcalc run logistic --x "1 2" --w "0.5 -0.25" --b 0.1 --target 1',
        {"": "logistic_by_hand logistic_rows_by_hand", "eta": "logistic_step_by_hand logistic_step_rows_by_hand"},
        implies={"eta": "eta"},
        shapes={"x": "n", "w": "n", "y": ""},
        choices={"batch": ("mean", "sum"), "logarithm": _LOGARITHM},
        follows={"logarithm": "logarithms"},
    ),
    Operation(
        "dense",
        "Dense layer",
        'dlcalc run dense --x "1 2" --w "0.5 -1; 1 0.25; 2 0" --b "1 0 -1" --activation relu',
        {"": "dense_by_hand dense_rows_by_hand", "backward": "dense_backward_by_hand"},
        switches=_BACKWARD,
        choices={"activation": ("linear", "relu", "sigmoid", "tanh", "step", "softmax"), "layout": _LAYOUT},
        follows={"layout": "layout"},
        shapes={"x": "n", "W": "m n", "b": "m", "d": "m"},
    ),
    Operation(
        "mlp",
        "Network with one hidden layer; with a target, one step of backpropagation",
        'dlcalc run mlp --x "1 0" --w-1 "0.1 0.2; 0.3 0.4" --w-2 "0.5 0.6" --target 1 --eta 0.5',
        {"": "mlp_by_hand mlp_rows_by_hand",
         **dict.fromkeys(("target", "backward target"), "mlp_backward_by_hand mlp_backward_rows_by_hand")},
        switches=_BACKWARD,
        implies={"y": "target"},
        shapes={"x": "n", "W1": "m n", "b1": "m", "W2": "k m", "b2": "k", "y": "k"},
        choices={"hidden": ("sigmoid", "tanh-hidden", "relu-hidden", "linear-hidden"),
                 "output": ("sigmoid-output", "linear-output"), "loss": ("half-loss", "sum-loss", "mean-loss")},
    ),
    Operation(
        "batchnorm",
        "Batch normalisation of a batch, or at test time with running statistics",
        'dlcalc run batchnorm --x "1 2 3 6" --gamma 2 --beta 1',
        {"": "batchnorm_by_hand", "backward": "batchnorm_backward_by_hand", 
         "running": "batchnorm_test_by_hand batchnorm_test_features_by_hand",
         "momentum": "batchnorm_running_by_hand batchnorm_running_features_by_hand"},
        switches=_BACKWARD,
        implies={"running_mean": "running", "running_variance": "running", "momentum": "momentum",
                 "old_mean": "momentum", "old_variance": "momentum"},
        follows={"epsilon": "batchnorm_epsilon"},
        shapes={"x": "B n", "d": "B n", **dict.fromkeys(("gamma", "beta", "running_mean", "running_variance",
                "old_mean", "old_variance"), "n")},
    ),
    Operation(
        "layernorm",
        "Layer normalisation of one position, or of several, one per row",
        'dlcalc run layernorm --x "1 2 3 6"',
        {"": "layernorm_by_hand layernorm_rows_by_hand"},
    ),
    Operation(
        "minmax",
        "Min–max scaling of a column or an image",
        'dlcalc run minmax --x "2 4 10" --low 0 --high 1',
        {"": "minmax_by_hand minmax_image_by_hand"},
    ),
    Operation(
        "zscore",
        "z-score scaling of a column or an image",
        'dlcalc run zscore --x "2 4 4 4 5 5 7 9"',
        {"": "zscore_by_hand zscore_image_by_hand"},
        choices={"variance": ("population", "sample")},
    ),
    Operation(
        "softmax",
        "Softmax; with a target, the cross-entropy and its gradient",
        'dlcalc run softmax --z "2 1 0.1" --target "1 0 0"',
        {"": "softmax_by_hand softmax_rows_by_hand", "backward": "softmax_backward_by_hand",
         **dict.fromkeys(("target", "backward target"),
                         "softmax_cross_entropy_by_hand softmax_cross_entropy_rows_by_hand")},
        switches=_BACKWARD,
        implies={"y": "target"},
        aliases={"x": "z"},
        classes="z",
        gradients={"gradient": "z"},
        choices={"batch": ("mean", "sum"), "logarithm": _LOGARITHM},
        follows={"logarithm": "logarithms"},
    ),
    Operation(
        "log-softmax",
        "Logarithm of the softmax",
        'dlcalc run log-softmax --z "2 1 0.1"',
        {"": "log_softmax_by_hand log_softmax_rows_by_hand", "backward": "log_softmax_backward_by_hand"},
        switches=_BACKWARD,
        aliases={"x": "z"},
    ),
    Operation(
        "embedding",
        "Embedding: rows of a table by their numbers",
        'dlcalc run embedding --x "2 0 2" --w "1 2; 3 4; 5 6" --backward',
        {"": "embedding_by_hand", "backward": "embedding_backward_by_hand"},
        switches=_BACKWARD,
        numbered="x",
        choices={"count": ("textbook", "from-1")},
    ),
    Operation(
        "one-hot",
        "One-hot vectors of words or classes",
        'dlcalc run one-hot --x "2 0 1" --classes 4',
        {"": "one_hot_by_hand"},
        choices={"count": ("textbook", "from-1")},
        numbered="x",
    ),
    Operation(
        "skip-gram",
        "Skip-gram: pairs of a centre and a context word; with --v, the loss with negative samples",
        'dlcalc run skip-gram --x "the quick brown fox" --window 1',
        {"": "skip_gram_by_hand", "v": "negative_sampling_by_hand"},
        implies={"v": "v", "u": "v", "N": "v"},
        words="x",
        silent=("left", "right", "near", "last", "centre", "context"),
    ),
    Operation(
        "pad-sequence",
        "A sequence padded or truncated to a length",
        'dlcalc run pad-sequence --x "5 3 8" --length 5 --padding post',
        {"": "sequence_padding_by_hand"},
        choices={"padding": ("pre-padding", "post-padding"), "truncating": ("pre-truncating", "post-truncating")},
    ),
    Operation(
        "dropout",
        "Dropout with a given mask, in training and at test time",
        'dlcalc run dropout --x "1 2 3 4" --mask "1 0 1 1" --p 0.5 --form drop',
        {"": "dropout_by_hand", "backward": "dropout_backward_by_hand"},
        switches=_BACKWARD,
        choices={"form": ("keep", "drop")},
    ),
    Operation(
        "squared-loss",
        "Squared loss and its gradient",
        'dlcalc run squared-loss --yhat "0.5 2" --target "1 1"',
        {"": "loss_squared_by_hand"},
        choices={"form": ("textbook", "sum", "mean", "half-mean")},
        gradients={"gradient": "yhat"},
        flat=("yhat", "y"),
    ),
    Operation(
        "log-loss",
        "Log loss of predicted probabilities and its gradient",
        'dlcalc run log-loss --p "0.9 0.2" --target "1 0"',
        {"": "loss_log_by_hand"},
        choices={"form": ("textbook", "mean"), "logarithm": _LOGARITHM},
        follows={"logarithm": "logarithms"},
        gradients={"gradient": "p"},
        flat=("p", "y"),
    ),
    Operation(
        "cross-entropy",
        "Cross-entropy of predicted probabilities",
        'dlcalc run cross-entropy --p "0.7 0.2 0.1" --target "1 0 0"',
        {"": "cross_entropy_by_hand cross_entropy_rows_by_hand"},
        classes="p",
        choices={"batch": ("mean", "sum"), "logarithm": _LOGARITHM},
        follows={"logarithm": "logarithms"},
    ),
    _trained("sgd", "Gradient descent, with weight decay too: one or several steps",
             'dlcalc run sgd --w 1 --g "0.5 -0.25" --eta 0.1', decayed=True),
    _trained("momentum", "Momentum: one or several steps", 'dlcalc run momentum --w 1 --g "0.5 0.5" --eta 0.1',
             choices=("rate-inside", "pytorch", "keras", "average", "alexnet"),
             aliases={"velocity": "v0", "previous-update": "v0"}),
    _trained("nesterov", "Nesterov's momentum, where the gradient is k·w + c",
             "dlcalc run nesterov --w 1 --k 2 --updates 3", choices=("ahead", "pytorch", "keras")),
    _trained("adagrad", "Adagrad: one or several steps", 'dlcalc run adagrad --w 1 --g "0.5 0.25"', "epsilon-place",
             aliases=_SQUARES_BEFORE),
    _trained("rmsprop", "RMSProp: one or several steps", 'dlcalc run rmsprop --w 1 --g "0.5 0.25"', "epsilon-place",
             aliases=_SQUARES_BEFORE),
    _trained("adadelta", "Adadelta: one or several steps", 'dlcalc run adadelta --w 1 --g "0.5 0.25"'),
    _trained("adam", "Adam, with weight decay AdamW: one or several steps", 'dlcalc run adam --w 1 --g "0.5 -0.25"',
             "epsilon-place", "epsilon", continued=True, decayed=True),
    Operation(
        "clip",
        "Gradient clipping, by norm or by value",
        'dlcalc run clip --g "3 4" --theta 1',
        {"": "clip_norm", "value": "clip_value"},
        switches={"value": "each component separately"},
        choices={"form": ("textbook", "always")},
    ),
    Operation(
        "attention",
        "Attention of a few tokens, with --h of several heads; from --x with --w-q, --w-k and --w-v, self-attention",
        'dlcalc run attention --q "1 0; 0 1" --k "1 0; 0 1" --v "1 2; 3 4"',
        {"": "attention_by_hand", "self": "self_attention_by_hand", "backward": "attention_backward_by_hand",
         "heads": "attention_heads_by_hand", "heads self": "self_attention_heads_by_hand",
         "mask": "attention_masked_by_hand", "mask self": "self_attention_masked_by_hand",
         "heads mask": "attention_heads_masked_by_hand", "heads mask self": "self_attention_heads_masked_by_hand"},
        switches=_BACKWARD,
        implies={"x": "self", "h": "heads", "W_o": "heads", "mask": "mask"},
        shapes={"x": "T n", "W_q": "n d", "W_k": "n d", "W_v": "n m", "q": "T d", "k": "S d", "v": "S m"},
        beside={"W_q": "h", "W_k": "h", "W_v": "h"},
        choices={"form": ("textbook", "causal", "unscaled")},
        silent=("powers", "width", "columns"),
    ),
)  # fmt: skip

OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in _OPERATIONS}
