"""The kinds of layer: what is to be known of one stands in its record, from which other files make their tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from . import questions as ask
from .network import Shape as Shape
from .questions import Ask

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
    example: str = ""
    """In a line of text; "" where its name alone says all."""
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
_MOVED = "its units are arranged in a new order"
_STEPS = "its units see all time steps"
_JOINED = "sum, product, concatenation"

_KINDS = (
    Kind("conv", "conv", "convolution", ask.conv, ("k", *_WINDOW, "groups", "same", "bias"), ("k",),
         aliases=("conv1d", "conv2d", "conv3d", "convolution", "convolutional"), example="conv 64 f3 s2 p1",
         units="filters", family="convolution", window=True, weights=True),
    Kind("conv-table", "conv", "convolution with a table", ask.named("conv_table"), ("k", *_WINDOW, "pairs"),
         example="conv-table k16 f5 pairs60", units="filters", family="convolution", window=True, weights=True),
    Kind("depthwise", "dwconv", "depthwise convolution", ask.depthwise, ("multiplier", *_WINDOW, "same", "bias"),
         ("multiplier",), aliases=("dw", "dwconv", "depthwiseconv", "depthwiseconvolution"),
         example="depthwise f3 p1", family="convolution", window=True, weights=True),
    Kind("local-conv", "localconv", "locally connected convolution", ask.local_conv, ("k", *_WINDOW, "bias"), ("k",),
         aliases=("local", "localconv", "locallyconnected"), example="local-conv 8 f3",
         units="filters", family="convolution", window=True, weights=True),
    Kind("conv-transpose", "convt", "transposed convolution", ask.transposed,
         ("k", *_WINDOW, "output_padding", "groups", "bias"), ("k",),
         aliases=("deconv", "convt", "upconv", "convtranspose", "transposedconv", "transposedconvolution",
                  "deconvolution"),
         example="conv-transpose 32 f2 s2", units="filters", family="convolution", loses=_TURNS, weights=True),
    Kind("maxpool", "maxpool", "max pooling", ask.pool, (*_WINDOW, "ceil", "same"), ("f",),
         aliases=("pool", "max", "maxpooling"), example="maxpool f3 s2", family="pooling", window=True),
    Kind("avgpool", "avgpool", "average pooling", ask.pool, (*_WINDOW, "ceil", "same"), ("f",),
         aliases=("avg", "averagepool", "averagepooling"), example="avgpool 2", family="pooling", window=True),
    Kind("subsampling", "subsampling", "trainable sub-sampling", ask.subsampling, ("f", "s"), ("f",),
         example="subsampling 2", family="pooling", window=True, weights=True),
    Kind("global-avgpool", "gap", "global average pooling", ask.named("global_pool", 1, 3),
         aliases=("gap", "globalavgpool", "globalaveragepool", "globalaveragepooling"), family="pooling"),
    Kind("global-maxpool", "gmp", "global max pooling", ask.named("global_pool", 1, 3),
         aliases=("gmp", "globalmaxpool", "globalmaxpooling"), family="pooling"),
    Kind("adaptive-avgpool", "adaptive", "adaptive average pooling", ask.named("adaptive_pool", 1, 3), ("o",), ("o",),
         aliases=("adaptive", "adaptiveavgpool", "adaptiveaveragepooling"), example="adaptive 7",
         family="pooling", loses=_BINS, if_resized=True),
    Kind("adaptive-maxpool", "adaptive", "adaptive max pooling", ask.named("adaptive_pool", 1, 3), ("o",), ("o",),
         aliases=("adaptivemaxpool", "adaptivemaxpooling"), example="adaptive-maxpool 7",
         family="pooling", loses=_BINS, if_resized=True),
    Kind("pad", "pad", "zero padding", ask.named("zero_pad", 1, 3), ("pad_begin", "pad_end"), ("pad_begin",),
         aliases=("zeropad", "zeropadding", "padding"), example="pad 1", window=True, counts=False),
    Kind("upsample", "upsample", "upsampling", ask.named("upsample", 1, 3), ("s",), ("s",),
         aliases=("up", "upsampling"), example="upsample 2", loses=_TURNS),
    Kind("resize", "resize", "resizing", ask.named("adaptive_pool", 1, 3), ("o",), ("o",), aliases=("resizing",),
         example="resize 14", loses=_BINS, if_resized=True),
    Kind("crop", "crop", "cropping", ask.named("crop", 1, 3), ("crop_begin", "crop_end"), ("crop_begin",),
         aliases=("cropping",), example="crop 1", loses=_MOVED),
    Kind("dense", "fc", "dense", ask.dense, ("m", "bias"), ("m",), aliases=("fc", "linear", "fullyconnected"),
         example="dense 10", family="dense", weights=True, order="last"),
    Kind("rbf", "rbf", "radial basis functions", ask.rbf, ("m",), ("m",), example="rbf 10", family="dense",
         weights=True),
    Kind("flatten", "flatten", "flatten", ask.flatten),
    Kind("reshape", "reshape", "reshape", ask.reshape, ("y",), ("y",), aliases=("view",), example="reshape 7x7x16",
         loses=_MOVED, if_resized=True, order="last"),
    Kind("dropout", "dropout", "dropout", ask.unchanged, ("p",), ("p",), example="dropout 0.5", slab=True,
         trails=True, order="kept"),
    Kind("activation", "activation", "activation", ask.unchanged, aliases=("act",), slab=True, trails=True,
         order="kept"),
    Kind("lrn", "lrn", "local response normalisation", ask.unchanged, family="normalisation", slab=True, trails=True,
         order="kept"),
    Kind("batchnorm", "bn", "batch normalisation", ask.batchnorm, ("scale", "shift"),
         aliases=("bn", "batchnormalisation", "batchnormalization"),
         family="normalisation", slab=True, weights=True, trails=True),
    Kind("layernorm", "ln", "layer normalisation", ask.layernorm, ("bias", "axes"),
         aliases=("ln", "layernormalisation", "layernormalization"),
         family="normalisation", slab=True, weights=True, trails=True, order="last"),
    Kind("rmsnorm", "rms", "root mean square normalisation", ask.layernorm, ("axes",),
         aliases=("rms", "rmsnormalisation", "rmsnormalization"),
         family="normalisation", slab=True, weights=True, trails=True, order="last"),
    Kind("groupnorm", "gn", "group normalisation", ask.groupnorm, ("groups", "bias"), ("groups",),
         aliases=("gn", "groupnormalisation", "groupnormalization"), example="groupnorm 4",
         family="normalisation", slab=True, weights=True, trails=True),
    Kind("prelu", "prelu", "activation with a learned slope", ask.learned, ("n",), ("n",), slab=True, weights=True,
         trails=True, order="kept"),
    Kind("scale", "scale", "learned scales", ask.learned, ("n",), ("n",), slab=True, weights=True, trails=True,
         order="kept"),
    Kind("shift", "shift", "learned values that are added", ask.learned, ("n",), ("n",), aliases=("positions",),
         slab=True, weights=True, trails=True, order="kept"),
    Kind("learned", "learned", "learned values", ask.learned, ("y", "n"), weights=True, counts=False, order="last"),
    Kind("input", "input", "input", ask.given, ("y",), family="input", counts=False),
    Kind("add", "add", "addition", ask.joined, aliases=("sum",), example="add a b", family=_JOINED, sign="+",
         several=True, joins=True, order="kept"),
    Kind("multiply", "multiply", "multiplication", ask.joined, aliases=("mul",), example="multiply a b",
         family=_JOINED, sign="×", several=True, order="kept"),
    Kind("concat", "concat", "concatenation", ask.concat, ("axis",), aliases=("cat", "concatenate"),
         example="concat a b", family=_JOINED, several=True, joins=True, order="kept"),
    *(
        Kind(name, name, words, ask.joined, example=f"{name} a b", family=_JOINED, sign=sign, several=True, joins=True,
             order="kept")
        for name, words, sign in (
            ("subtract", "difference", "−"), ("divide", "quotient", "÷"), ("average", "average", "⌀"),
            ("maximum", "maximum", "max"), ("minimum", "minimum", "min"),
        )
    ),
    Kind("matmul", "matmul", "product of two inputs", ask.matmul, ("transposed",), example="matmul a b",
         family=_JOINED, several=True, order="last"),
    Kind("einsum", "einsum", "product of tensors", ask.einsum, ("y", "s", "w", "b"), family="dense", several=True,
         weights=True, order="last"),
    Kind("permute", "permute", "permutation of the axes", ask.permute, ("order",), ("order",), aliases=("transpose",),
         example="permute 2x1", loses=_MOVED, order="last"),
    Kind("slice", "slice", "slice", ask.sliced, ("axis", "start", "size", "drop"),
         example="slice axis=1 start=0 size=2", loses=_MOVED, order="kept"),
    Kind("repeat", "repeat", "repetition", ask.repeat, ("times",), ("times",), aliases=("repeatvector",),
         example="repeat 4", order="last"),
    Kind("expand", "expand", "repetition along axes", ask.expand, ("y",), ("y",), example="expand 4x8", loses=_MOVED,
         order="last"),
    Kind("reduce", "reduce", "mean or sum along axes", ask.reduced, ("axes", "keep"), ("axes",), example="reduce 1",
         loses=_MOVED, order="kept"),
    Kind("split", "split", "channel split", ask.split, ("parts", "part"), example="split parts2 part1"),
    Kind("shuffle", "shuffle", "channel shuffle", ask.named("channel_shuffle"), ("groups",),
         aliases=("channelshuffle",), example="shuffle groups2", trails=True),
    Kind("pixel-shuffle", "pixelshuffle", "pixel shuffle", ask.named("pixel_shuffle"), ("r",), ("r",),
         aliases=("subpixel", "depthtospace"), example="pixel-shuffle 2", loses=_TURNS),
    Kind("embedding", "embedding", "embedding", ask.embedding, ("v", "n"), ("v", "n"), example="embedding 5000 32",
         units="words", family="embedding", weights=True, steps=True, order="last"),
    Kind("rnn", "rnn", "simple RNN", ask.recurrent, _CELL, ("m",), aliases=("simplernn",), example="rnn 128",
         family="recurrent", weights=True, gates=1, steps=True, order="last"),
    Kind("lstm", "lstm", "LSTM", ask.recurrent, _CELL, ("m",), example="lstm 64 bi seq",
         family="recurrent", weights=True, gates=4, steps=True, order="last"),
    Kind("gru", "gru", "GRU", ask.recurrent, (*_CELL, "reset_after"), ("m",), example="gru 64",
         family="recurrent", weights=True, gates=3, steps=True, order="last"),
    Kind("convlstm", "convlstm", "convolutional LSTM", ask.convlstm,
         ("k", "f", "s", "d", "same", "bias", "sequence"), ("k",),
         example="convlstm 8 f3", units="filters", family="recurrent", loses=_STEPS, weights=True, gates=4),
    Kind("attention", "attention", "multi-head attention", ask.attention, ("h", "d_k", "d_v", "m", "bias"), ("h",),
         aliases=("mha", "multiheadattention", "selfattention"), example="attention 4",
         family="attention", several=True, weights=True, steps=True, order="last"),
)  # fmt: skip

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _KINDS}

ALIASES: Mapping[str, str] = {alias: kind.name for kind in _KINDS for alias in kind.aliases}
"""Other names of a kind."""


def in_a_line() -> tuple[Kind, ...]:
    """The kinds that a line of text has: all but what only files have."""
    return tuple(kind for kind in _KINDS if kind.name not in ("input", "learned", "einsum"))


def family(kind: str) -> str:
    """The family of a kind of layer, or of the input; "other" for a kind that is not known."""
    return KINDS[kind].family if kind in KINDS else "input" if kind == "input" else "other"
