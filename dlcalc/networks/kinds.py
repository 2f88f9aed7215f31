"""The kinds of layer: what is to be known of one stands in its record, from which other files make their tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from . import questions as ask
from .questions import Ask
from .questions import Shape as Shape

Order = Literal["first", "last", "kept"]
"""Where an output of two axes has its channels in PyTorch and in `ops`, or that it has them where its input does."""


@dataclass(frozen=True)
class Kind:
    """A kind of layer: how its layers are called, which settings it takes, what it asks of which formula, and what the
    readers, writers and pictures have to know of it.
    """

    name: str
    label: str
    """What its layers are called, with a number behind it."""
    words: str
    """In a sentence."""
    ask: Ask
    settings: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    """Settings that stand without their letter in a line of text, in this order."""
    aliases: tuple[str, ...] = ()
    """Other names in a line of text, in TOML and in a handed-in table."""
    units: str = "units"
    """What its k, m or v are."""
    family: str = "other"
    """The legend and the colour of a picture."""
    sign: str = ""
    """In the circle that it is drawn as, if it is one."""
    slab: bool = False
    """It is drawn as a thin slab, whatever the channels."""
    window: bool = False
    """It has a window f, s, p, d that widens the receptive field."""
    loses: str = ""
    """Why no one number says how far its units see; "" where one does."""
    if_resized: bool = False
    """That holds only where it changes the size of a map."""
    several: bool = False
    """It reads more than one layer."""
    weights: bool = False
    """It has weights."""
    gates: int = 0
    """Blocks of weights in its cell, if it is a recurrent layer."""
    steps: bool = False
    """It reads the rows of an input with two axes as time steps."""
    order: Order = "first"
    trails: bool = False
    """It belongs to the layer before it where a block repeats."""
    joins: bool = False
    """Branches meet in it, so that a block ends there."""
    counts: bool = True
    """Its outputs count as neurons."""


_WINDOW = ("f", "s", "p", "d")
_CELL = ("m", "L", "D", "sequence", "bias")
_TURNS = "its units see by turns more and fewer pixels"
_BINS = "its windows are of several sizes"
_LAID = "its units are laid out anew"
_STEPS = "its units see all time steps"

_KINDS = (
    Kind("conv", "conv", "convolution", ask.conv, ("k", *_WINDOW, "groups", "same", "bias"), ("k",),
         ("conv1d", "conv2d", "conv3d", "convolution", "convolutional"),
         units="filters", family="convolution", window=True, weights=True),
    Kind("conv-table", "conv", "convolution with a table", ask.named("conv_table"), ("k", *_WINDOW, "pairs"),
         units="filters", family="convolution", window=True, weights=True),
    Kind("depthwise", "dwconv", "depthwise convolution", ask.depthwise, ("multiplier", *_WINDOW, "same", "bias"),
         ("multiplier",), ("dw", "dwconv"), family="convolution", window=True, weights=True),
    Kind("conv-transpose", "convt", "transposed convolution", ask.transposed,
         ("k", *_WINDOW, "output_padding", "groups", "bias"), ("k",), ("deconv", "convt"),
         units="filters", family="convolution", loses=_TURNS, weights=True),
    Kind("maxpool", "maxpool", "max pooling", ask.pool, (*_WINDOW, "ceil", "same"), ("f",),
         ("pool", "max", "maxpooling"), family="pooling", window=True),
    Kind("avgpool", "avgpool", "average pooling", ask.pool, (*_WINDOW, "ceil", "same"), ("f",),
         ("avg", "averagepooling"), family="pooling", window=True),
    Kind("subsampling", "subsampling", "trainable sub-sampling", ask.subsampling, ("f", "s"), ("f",),
         family="pooling", window=True, weights=True),
    Kind("global-avgpool", "gap", "global average pooling", ask.named("global_pool", 1, 3), aliases=("gap",),
         family="pooling"),
    Kind("global-maxpool", "gmp", "global max pooling", ask.named("global_pool", 1, 3), aliases=("gmp",),
         family="pooling"),
    Kind("adaptive-avgpool", "adaptive", "adaptive average pooling", ask.named("adaptive_pool", 1, 3), ("o",), ("o",),
         ("adaptive",), family="pooling", loses=_BINS, if_resized=True),
    Kind("adaptive-maxpool", "adaptive", "adaptive max pooling", ask.named("adaptive_pool", 1, 3), ("o",), ("o",),
         family="pooling", loses=_BINS, if_resized=True),
    Kind("pad", "pad", "zero padding", ask.named("zero_pad", 1, 3), ("pad_begin", "pad_end"), window=True,
         counts=False),
    Kind("dense", "fc", "dense", ask.dense, ("m", "bias"), ("m",), ("fc", "linear", "fullyconnected"),
         family="dense", weights=True, order="last"),
    Kind("rbf", "rbf", "radial basis functions", ask.rbf, ("m",), ("m",), family="dense", weights=True),
    Kind("flatten", "flatten", "flatten", ask.flatten),
    Kind("reshape", "reshape", "reshape", ask.reshape, ("y",), loses=_LAID, if_resized=True, order="last"),
    Kind("dropout", "dropout", "dropout", ask.unchanged, ("p",), ("p",), slab=True, trails=True, order="kept"),
    Kind("activation", "activation", "activation", ask.unchanged, aliases=("act",), slab=True, trails=True,
         order="kept"),
    Kind("lrn", "lrn", "local response normalisation", ask.unchanged, family="normalisation", slab=True, trails=True,
         order="kept"),
    Kind("batchnorm", "bn", "batch normalisation", ask.batchnorm, ("scale",),
         aliases=("bn", "batchnormalisation", "batchnormalization"),
         family="normalisation", slab=True, weights=True, trails=True),
    Kind("layernorm", "ln", "layer normalisation", ask.layernorm, ("bias",), aliases=("ln",),
         family="normalisation", slab=True, weights=True, trails=True, order="last"),
    Kind("add", "add", "addition", ask.joined, family="sum, product, concatenation", sign="+", several=True,
         joins=True, order="kept"),
    Kind("multiply", "multiply", "multiplication", ask.joined, family="sum, product, concatenation", sign="×",
         several=True, order="kept"),
    Kind("concat", "concat", "concatenation", ask.concat, family="sum, product, concatenation", several=True,
         joins=True, order="kept"),
    Kind("split", "split", "channel split", ask.split, ("parts", "part")),
    Kind("shuffle", "shuffle", "channel shuffle", ask.named("channel_shuffle"), ("groups",), trails=True),
    Kind("embedding", "embedding", "embedding", ask.embedding, ("v", "n"), ("v", "n"), units="words",
         family="embedding", weights=True, steps=True, order="last"),
    Kind("rnn", "rnn", "simple RNN", ask.recurrent, _CELL, ("m",), ("simplernn",),
         family="recurrent", weights=True, gates=1, steps=True, order="last"),
    Kind("lstm", "lstm", "LSTM", ask.recurrent, _CELL, ("m",),
         family="recurrent", weights=True, gates=4, steps=True, order="last"),
    Kind("gru", "gru", "GRU", ask.recurrent, (*_CELL, "reset_after"), ("m",),
         family="recurrent", weights=True, gates=3, steps=True, order="last"),
    Kind("convlstm", "convlstm", "convolutional LSTM", ask.convlstm, ("k", "f", "sequence"), ("k",), units="filters",
         family="recurrent", loses=_STEPS, weights=True, gates=4),
    Kind("attention", "attention", "multi-head attention", ask.attention, ("h",), ("h",), ("mha",),
         family="attention", several=True, weights=True, steps=True, order="last"),
)  # fmt: skip

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _KINDS}

ALIASES: Mapping[str, str] = {alias: kind.name for kind in _KINDS for alias in kind.aliases}
"""Other names of a kind."""


def family(kind: str) -> str:
    """The family of a kind of layer, or of the input; "other" for a kind that is not known."""
    return KINDS[kind].family if kind in KINDS else "input" if kind == "input" else "other"
