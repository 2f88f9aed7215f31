"""The calculators by name: which formula each works out, and which switches choose another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import UserError


@dataclass(frozen=True)
class Entry:
    """A calculator: `formula` by default, or the one that a switch (`transposed`) or a choice (`peephole`) names."""

    name: str
    help: str
    example: str
    formula: str = ""
    switches: Mapping[str, str] = field(default_factory=dict)
    """Flag → formula: `--transposed`."""
    together: Mapping[frozenset[str], str] = field(default_factory=dict)
    """Several flags → formula: `--transposed --same`."""
    choice: str = ""
    """The name of a choice: `--peephole diagonal`."""
    choices: Mapping[str, str] = field(default_factory=dict)
    """Value of the choice → formula."""
    positional: bool = False
    """The choice comes first, without an option: `activation tanh`."""

    given: Mapping[str, str] = field(default_factory=dict)
    """Quantity → the formula that is meant when it is given."""
    flags: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Flag → the quantities that it gives: `--bidirectional` is D = 2."""

    def formulas(self) -> list[str]:
        """Each formula that it may work out, the usual one first."""
        ids = (self.formula, *self.given.values(), *self.switches.values(), *self.together.values())
        return [id for id in dict.fromkeys((*ids, *self.choices.values())) if id]

    def formula_id(self, chosen: Mapping[str, object]) -> str:
        """The formula for these switches, quantities and choice. Raises UserError when there is none, or two."""
        on = [switch for switch in self.switches if chosen.get(switch)]
        if (id := self.together.get(frozenset(on))) is not None:
            return id
        if len(on) > 1:
            raise UserError(f"{on[0]} and {on[1]} cannot be used together")
        if on:
            return self.switches[on[0]]
        for quantity, id in self.given.items():
            if chosen.get(quantity) is not None:
                return id
        wanted = chosen.get(self.choice) if self.choice else None
        if wanted is None:
            if not self.formula:
                raise UserError(
                    f"{self.name} needs a {self.choice}: one of {', '.join(self.choices)}; for example: {self.example}"
                )
            return self.formula
        if wanted not in self.choices:
            raise UserError(f"{self.choice} is one of {', '.join(self.choices)}, not {wanted}")
        return self.choices[str(wanted)]


_CONV = {"same": "{}_same", "transposed": "{}_transposed"}
_STACKED = {"bidirectional": {"D": 2}}
_ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "step", "softmax")
_INITIALISERS = ("uniform", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform")


def _convolution(name: str, help: str, example: str) -> Entry:
    switches = {switch: id.format(name) for switch, id in _CONV.items()}
    if name == "conv1d":
        switches["causal"] = "conv1d_causal"
    return Entry(
        name, help, example, name, switches,
        together={frozenset({"same", "transposed"}): f"{name}_transposed_same"},
        given=dict.fromkeys(("pad_begin", "pad_end"), f"{name}_asymmetric"),
    )  # fmt: skip


_ENTRIES = (
    _convolution("conv", "Convolution: output size, parameters, cost", "dlcalc conv --n 227 --f 11 --s 4"),
    _convolution("conv1d", "1-D convolution", "dlcalc conv1d --n 600 --f 3 --c 32 --k 64"),
    _convolution("conv3d", "3-D convolution", "dlcalc conv3d --n 16x112x112 --f 3 --p 1 --c 3 --k 64"),
    Entry("pool", "Pooling: output size (max, average, sum and min alike)", "dlcalc pool --n 55 --f 3 --s 2", "pool",
          {"ceil": "pool_ceil", "same": "pool_same", "trainable": "subsampling"}),
    Entry("separable", "Depthwise separable convolution against an ordinary one",
          "dlcalc separable --n 112 --f 3 --p 1 --c 32 --k 64", "depthwise_separable"),
    Entry("bottleneck", "A 1×1 bottleneck before a convolution",
          "dlcalc bottleneck --n 28 --f 5 --p 2 --c 192 --b 16 --k 32", "bottleneck"),
    Entry("squeeze_excitation", "Squeeze-and-excitation block", "dlcalc squeeze-excitation --c 256 --r 16",
          "squeeze_excitation"),
    Entry("rf", "Receptive field through a stack of layers", 'dlcalc rf --f "5 2 5" --s "1 2 1"', "rf"),
    Entry("dense", "Dense (fully connected) layer", "dlcalc dense --n 9216 --m 4096", "dense",
          {"as_conv": "dense_as_conv", "on_image": "dense_on_image"}),
    Entry("mlp", "Multilayer perceptron", "dlcalc mlp --u 784-512-128-10", "mlp", {"batchnorm": "mlp_batchnorm"}),
    Entry("embedding", "Embedding", "dlcalc embedding --v 5000 --n 32", "embedding"),
    Entry("batchnorm", "Batch normalisation: what is counted", "dlcalc batchnorm --c 64", "batchnorm"),
    Entry("layernorm", "Layer normalisation: what is counted", "dlcalc layernorm --n 512", "layernorm"),
    Entry("rnn", "Simple RNN (with its output layer when q is given)", "dlcalc rnn --n 784 --m 200 --q 2", "rnn",
          given={"q": "rnn_output"}, flags=_STACKED),
    Entry("lstm", "LSTM, plain or with peepholes", "dlcalc lstm --n 32 --m 100", "lstm", flags=_STACKED,
          choice="peephole",
          choices={"diagonal": "lstm_peephole", "full": "lstm_peephole_full"}),
    Entry("gru", "GRU", "dlcalc gru --n 256 --m 1024 --convention keras", "gru", flags=_STACKED),
    Entry("convlstm", "Convolutional LSTM", "dlcalc convlstm --n 64 --f 3 --c 1 --k 64", "convlstm"),
    Entry("attention", "Multi-head attention", "dlcalc attention --d 512 --h 8", "attention"),
    Entry("transformer", "Encoder blocks of a transformer: attention and feed-forward part",
          "dlcalc transformer --d 512 --h 8 --m 2048 --L 6", "transformer_block"),
    Entry("seq2seq", "Encoder–decoder with two LSTMs", "dlcalc seq2seq --n 64 --m 256 --q 5000", "seq2seq"),
    Entry("gan", "Generative adversarial network of two perceptrons", "dlcalc gan --z 100 --x 784", "gan"),
    Entry("autoencoder", "Autoencoder", "dlcalc autoencoder --u 784-128-32", "autoencoder"),
    Entry("transfer", "Transfer learning: what is trained", "dlcalc transfer --u 512-256-10 --frozen 1",
          "transfer"),
    Entry("word2vec", "word2vec: parameters", "dlcalc word2vec --V 10000 --N 300", "word2vec"),
    Entry("activation", "Activation function: value and derivative", "dlcalc activation tanh --x 0.5",
          choice="name", choices={n.replace("_", "-"): f"activation_{n}" for n in _ACTIVATIONS}, positional=True),
    Entry("init", "Initialisation: deviation or limit of the weights", "dlcalc init he-normal --n 784 --m 512",
          choice="name", choices={
              **{n.replace("_", "-"): f"init_{n}" for n in _INITIALISERS},
              **{f"{n.replace('_', '-')}-conv": f"init_{n}_conv" for n in _INITIALISERS},
          }, positional=True),
    Entry("dropout", "Dropout: units kept, scaling, thinned networks", "dlcalc dropout --n 100 --p 0.8", "dropout",
          {"networks": "dropout_networks"}),
    Entry("clip", "Gradient clipping, by norm or by value", 'dlcalc clip --g "3 4" --theta 0.7', "clip_norm",
          {"value": "clip_value"}),
    Entry("bound", "Bound on a gradient through time; with epsilon, until it vanishes",
          "dlcalc bound --lambda 0.9 --t 50 --k 1", "gradient_bound", given={"epsilon": "vanishing_steps"}),
    Entry("updates", "Updates of mini-batch training", "dlcalc updates --N 60000 --B 128 --epochs 8",
          "updates"),
    Entry("perplexity", "Perplexity of a sequence, or of a mean loss", 'dlcalc perplexity --p "1/2 1/4 1/8"',
          "perplexity", given={"loss": "perplexity_of_loss"}),
    Entry("log_probability", "Log-probability of a sequence", 'dlcalc log-probability --p "1/2 1/4 1/8"',
          "log_probability"),
    Entry("untrained_loss", "Loss of an untrained classifier", "dlcalc untrained-loss --k 10", "untrained_loss"),
    Entry("iou", "IoU and Dice of two boxes (x1 y1 x2 y2)", 'dlcalc iou --a "0 0 4 4" --b "2 2 6 6"', "iou"),
    Entry("anchors", "Anchors of a feature map (or several)", "dlcalc anchors --n 20x30 --scales 3 --ratios 3",
          "anchors",
          {"maps": "anchors_maps"}),
    Entry("grid", "Output of a grid detector", "dlcalc grid --S 7 --B 2 --C 20", "grid"),
)  # fmt: skip

ENTRIES: dict[str, Entry] = {entry.name: entry for entry in _ENTRIES}
