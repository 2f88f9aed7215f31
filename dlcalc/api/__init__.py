"""What `import dlcalc` offers: every calculator as a function, `solve`, and the errors they raise."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import DlcalcError, UserError
from .calculator import Calculator
from .results import Backwards, Calculation, Judged, Result

conv = Calculator("conv")
conv1d = Calculator("conv1d")
conv3d = Calculator("conv3d")
pool = Calculator("pool")
separable = Calculator("separable")
bottleneck = Calculator("bottleneck")
squeeze_excitation = Calculator("squeeze_excitation")
rf = Calculator("rf")
dense = Calculator("dense")
mlp = Calculator("mlp")
embedding = Calculator("embedding")
batchnorm = Calculator("batchnorm")
layernorm = Calculator("layernorm")
rnn = Calculator("rnn")
lstm = Calculator("lstm")
gru = Calculator("gru")
convlstm = Calculator("convlstm")
attention = Calculator("attention")
seq2seq = Calculator("seq2seq")
gan = Calculator("gan")
autoencoder = Calculator("autoencoder")
transfer = Calculator("transfer")
word2vec = Calculator("word2vec")
activation = Calculator("activation")
init = Calculator("init")
dropout = Calculator("dropout")
clip = Calculator("clip")
bound = Calculator("bound")
updates = Calculator("updates")
perplexity = Calculator("perplexity")
log_probability = Calculator("log_probability")
untrained_loss = Calculator("untrained_loss")
iou = Calculator("iou")
anchors = Calculator("anchors")
grid = Calculator("grid")

if TYPE_CHECKING:
    from .networks import code, compare, net
    from .solving import solve

_LATER = {"code": "networks", "compare": "networks", "net": "networks", "solve": "solving"}
"""Name → its module, which is loaded when the name is asked for: a calculator needs none of them."""

__all__ = [
    "Backwards",
    "Calculation",
    "Calculator",
    "DlcalcError",
    "Judged",
    "Result",
    "UserError",
    "activation",
    "anchors",
    "attention",
    "autoencoder",
    "batchnorm",
    "bottleneck",
    "bound",
    "clip",
    "code",
    "compare",
    "conv",
    "conv1d",
    "conv3d",
    "convlstm",
    "dense",
    "dropout",
    "embedding",
    "gan",
    "grid",
    "gru",
    "init",
    "iou",
    "layernorm",
    "log_probability",
    "lstm",
    "mlp",
    "net",
    "perplexity",
    "pool",
    "rf",
    "rnn",
    "separable",
    "seq2seq",
    "solve",
    "squeeze_excitation",
    "transfer",
    "untrained_loss",
    "updates",
    "word2vec",
]


def __getattr__(name: str) -> object:
    if name in _LATER:
        return getattr(import_module(f".{_LATER[name]}", __package__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
