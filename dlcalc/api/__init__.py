"""What `import dlcalc` offers: every calculator as a function, `solve`, and the errors they raise."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ..errors import DlcalcError, UserError
from .calculator import Calculator
from .expression import Expression, from_sympy, to_sympy
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
transformer = Calculator("transformer")
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
    from .differentiating import diff
    from .feedforward_gradients import backprop
    from .networks import code, compare, net
    from .notebook import check, load_ipython_extension, problem
    from .operations import run
    from .recurrent_gradients import bptt
    from .running import run_network
    from .solving import solve
    from .training import resume, train
    from .vanishing import vanish

_LATER = {
    "backprop": "feedforward_gradients", "bptt": "recurrent_gradients", "check": "notebook", "code": "networks",
    "compare": "networks", "diff": "differentiating", "load_ipython_extension": "notebook", "net": "networks",
    "problem": "notebook", "resume": "training", "run": "operations", "run_network": "running", "solve": "solving",
    "train": "training", "vanish": "vanishing",
}  # fmt: skip
"""Name → its module, and what it is called there; loaded when it is asked for: no calculator needs them."""

__all__ = [
    "Backwards",
    "Calculation",
    "Calculator",
    "DlcalcError",
    "Expression",
    "Judged",
    "Result",
    "UserError",
    "activation",
    "anchors",
    "attention",
    "autoencoder",
    "backprop",
    "batchnorm",
    "bottleneck",
    "bound",
    "bptt",
    "check",
    "clip",
    "code",
    "compare",
    "conv",
    "conv1d",
    "conv3d",
    "convlstm",
    "dense",
    "diff",
    "dropout",
    "embedding",
    "from_sympy",
    "gan",
    "grid",
    "gru",
    "init",
    "iou",
    "layernorm",
    "load_ipython_extension",
    "log_probability",
    "lstm",
    "mlp",
    "net",
    "perplexity",
    "pool",
    "problem",
    "resume",
    "rf",
    "rnn",
    "run",
    "run_network",
    "separable",
    "seq2seq",
    "solve",
    "squeeze_excitation",
    "to_sympy",
    "train",
    "transfer",
    "transformer",
    "untrained_loss",
    "updates",
    "vanish",
    "word2vec",
]


def __getattr__(name: str) -> object:
    if name in _LATER:
        module, _, attribute = _LATER[name].partition(".")
        return getattr(import_module(f".{module}", __package__), attribute or name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
