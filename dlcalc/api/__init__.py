"""What `import dlcalc` offers: every calculator as a function, `solve`, and the errors they raise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import DlcalcError, UserError
from .calculator import Calculator
from .catalogue import ENTRIES
from .results import Backwards, Calculation, Judged, Result
from .solving import solve

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
    from .networks import compare, net

__all__ = [
    "Backwards",
    "Calculation",
    "Calculator",
    "DlcalcError",
    "Judged",
    "Result",
    "UserError",
    *ENTRIES,
    "compare",
    "net",
    "solve",
]


def __getattr__(name: str) -> object:
    """Whole networks are loaded when they are asked for: a calculator needs none of them."""
    if name in ("compare", "net"):
        from . import networks

        return getattr(networks, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
