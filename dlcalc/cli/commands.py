"""The commands by what one wants, and the other words that people type for commands and options."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ..formulas.catalogue import ENTRIES

OWN_COMMANDS = {
    "net": "The table of a whole network: of the zoo, of a file, or of a line of text",
    "quiz": "Practice sets and exams: make one, or take one in the terminal",
    "run": "Numbers by hand: every window, time step or update of one operation",
    "grade": "Mark the hand-ins of an exam, with the mistakes named",
    "problems": "The problem files: begin, show, lint and check them",
    "bptt": "Backpropagation through time as formulas, path by path and with numbers",
    "backprop": "Backpropagation through a small network as formulas, path by path and with numbers",
    "diff": "Differentiate an expression rule by rule, or judge a derivative",
    "vanish": "Follow a gradient through time: its bound, and what the kernels measure",
    "train": "Train a small network, live: on data made by a seed, or on your own files",
    "predict": "What a trained network says about examples",
    "solve": "Solve your own equation in whole numbers",
    "find": "Search the commands, what can be asked, layers, networks and problems",
    "schema": "The JSON schema of what a command prints with --json",
    "doctor": "What this installation can do, and what is missing",
}
"""Command → its help; its module in this folder has `command`, or `commands`, a group, or `group`, which makes one."""

PURPOSES = {
    "Size, parameters and cost of a layer": (
        "conv", "conv1d", "conv3d", "pool", "separable", "bottleneck", "squeeze-excitation", "dense", "embedding",
        "batchnorm", "layernorm", "rnn", "lstm", "gru", "convlstm", "attention",
    ),
    "Whole networks": ("net", "mlp", "transformer", "seq2seq", "autoencoder", "gan", "word2vec", "transfer", "rf"),
    "Numbers by hand": ("run", "activation", "clip", "iou", "perplexity", "log-probability"),
    "Gradients": ("backprop", "bptt", "diff", "vanish", "bound"),
    "Training": ("train", "predict", "init", "dropout", "updates", "untrained-loss"),
    "Finding objects": ("anchors", "grid"),
    "Exams: make, take, mark": ("quiz", "grade", "problems"),
    "More": ("solve", "find", "schema", "doctor"),
}  # fmt: skip
"""What one wants → the commands for it; every command stands in one row."""

EXAMPLES = (
    ("dlcalc conv --n 227 --f 11 --s 4", "size, parameters, cost"),
    ("dlcalc lstm --n 9 --m 4 --ask parameters --answer 208", "is that right?"),
    ("dlcalc net alexnet", "a whole network"),
)

RUN_ALIASES = {
    "mse": ("squared-loss", "--form", "mean"), "sse": ("squared-loss", "--form", "sum"), "bce": ("log-loss",),
    "binary-cross-entropy": ("log-loss",), "crossentropy": ("cross-entropy",), "ce": ("cross-entropy",),
    "nll": ("cross-entropy",), "conv2d": ("conv",), "convolution": ("conv",), "deconv": ("conv-transpose",),
    "conv-transposed": ("conv-transpose",), "convtranspose": ("conv-transpose",), "maxpool": ("pool",),
    "max-pool": ("pool",), "maxpooling": ("pool",), "avgpool": ("pool", "--kind", "avg"),
    "avg-pool": ("pool", "--kind", "avg"), "pooling": ("pool",), "linear": ("dense",), "fc": ("dense",),
    "simplernn": ("rnn",), "batch-norm": ("batchnorm",), "bn": ("batchnorm",), "layer-norm": ("layernorm",),
    "ln": ("layernorm",), "min-max": ("minmax",), "z-score": ("zscore",), "standardise": ("zscore",),
    "standardize": ("zscore",), "gradient-descent": ("sgd",), "gd": ("sgd",), "self-attention": ("attention",),
    "logistic-regression": ("logistic",), "logsoftmax": ("log-softmax",), "onehot": ("one-hot",),
    "one-hot-encoding": ("one-hot",), "pad": ("pad-sequence",), "pad-sequences": ("pad-sequence",),
}  # fmt: skip
"""What people type after `run` → the operation that is meant, with what is meant besides."""

ALIASES = {
    "conv2d": ("conv",), "convolution": ("conv",), "convolutional": ("conv",), "cnn": ("conv",),
    "conv2d-transpose": ("conv", "--transposed"),
    "convtranspose": ("conv", "--transposed"), "convtranspose2d": ("conv", "--transposed"),
    "conv-transposed": ("conv", "--transposed"), "deconv": ("conv", "--transposed"),
    "transposed": ("conv", "--transposed"), "depthwise": ("separable",), "depthwise-separable": ("separable",),
    "maxpool": ("pool",), "max-pool": ("pool",), "maxpool2d": ("pool",), "maxpooling": ("pool",),
    "maxpooling2d": ("pool",), "avgpool": ("pool",), "avg-pool": ("pool",), "averagepooling2d": ("pool",),
    "pooling": ("pool",), "linear": ("dense",), "fc": ("dense",), "fully-connected": ("dense",), "bn": ("batchnorm",),
    "batch-norm": ("batchnorm",), "batchnormalization": ("batchnorm",), "ln": ("layernorm",),
    "layer-norm": ("layernorm",), "mha": ("attention",), "multi-head-attention": ("attention",),
    "self-attention": ("attention",), "simplernn": ("rnn",), "simple-rnn": ("rnn",),
    "bilstm": ("lstm", "--bidirectional"), "bigru": ("gru", "--bidirectional"), "birnn": ("rnn", "--bidirectional"),
    "perceptrons": ("mlp",), "receptive-field": ("rf",), "se": ("squeeze-excitation",), "network": ("net",),
    "model": ("net",), "zoo": ("net", "list"), "exam": ("quiz",), "practice": ("quiz",), "mark": ("grade",),
    "derivative": ("diff",), "derive": ("diff",), "differentiate": ("diff",), "gradient": ("backprop",),
    "backpropagation": ("backprop",), "vanishing": ("vanish",), "search": ("find",), "initialise": ("init",),
    "initialize": ("init",), "clipping": ("clip",), "softplus": ("activation", "softplus"),
    "relu": ("activation", "relu"), "leaky-relu": ("activation", "leaky-relu"), "tanh": ("activation", "tanh"),
    "sigmoid": ("activation", "sigmoid"), "step": ("activation", "step"), "glorot": ("init", "glorot-uniform"),
    "xavier": ("init", "glorot-uniform"), "xavier-normal": ("init", "glorot-normal"),
    "xavier-uniform": ("init", "glorot-uniform"), "kaiming-normal": ("init", "he-normal"),
    "kaiming-uniform": ("init", "he-uniform"), "he": ("init", "he-normal"), "kaiming": ("init", "he-normal"),
    "word-embedding": ("embedding",), "encoder-decoder": ("seq2seq",), "auto-encoder": ("autoencoder",),
    "average-pooling": ("pool",), "separable-conv": ("separable",), "sepconv": ("separable",),
    "depthwise-conv": ("separable",), "dilated-conv": ("conv",), "strided-conv": ("conv",), "causal-conv":
    ("conv1d", "--causal"), "pointwise": ("conv", "--f", "1"), "1x1-conv": ("conv", "--f", "1"),
    "deconvolution": ("conv", "--transposed"), "upconv": ("conv", "--transposed"), "convolve": ("conv",),
    "padding": ("conv",), "stride": ("conv",), "kernel": ("conv",), "filter": ("conv",), "feature-map": ("conv",),
    "inception": ("net", "googlenet"), "cbow": ("word2vec",), "w2v": ("word2vec",),
    "negative-sampling": ("run", "skip-gram"), "skipgram": ("run", "skip-gram"),
    "encoder-block": ("transformer",), "transformer-block": ("transformer",), "feed-forward": ("transformer",),
    "transformerencoder": ("transformer",), "bert": ("transformer",), "gpt": ("transformer",), "vit": ("transformer",),
    "summary": ("net",), "model-summary": ("net",), "count": ("net",), "params": ("net",), "parameters": ("net",),
    "fit": ("train",), "learn": ("train",), "training": ("train",),
    "exercise": ("quiz",), "test": ("quiz",), "grading": ("grade",), "score": ("grade",), "chain-rule": ("diff",),
    "backward": ("backprop",), "vanishing-gradient": ("vanish",), "exploding-gradient": ("vanish",),
    "gradient-clipping": ("clip",), "clipnorm": ("clip",), "clip-grad-norm": ("clip",),
    "intersection-over-union": ("iou",), "anchor-boxes": ("anchors",), "yolo": ("grid",), "equation": ("solve",),
    "initialisation": ("init",), "initialization": ("init",), "iterations": ("updates",),
    "cross-entropy-loss": ("run", "softmax"), "softmax-regression": ("run", "softmax"),
    "categorical-crossentropy": ("run", "cross-entropy"), "sparse-categorical-crossentropy": ("run", "cross-entropy"),
    "binary-crossentropy": ("run", "log-loss"), "one-hot": ("run", "one-hot"), "normalize": ("run", "zscore"),
    "standard-scaler": ("run", "zscore"), "min-max-scaler": ("run", "minmax"),
    **{name: ("run", *words) for name, words in RUN_ALIASES.items()
       if words[0] in ("squared-loss", "log-loss", "cross-entropy", "minmax", "zscore", "sgd", "logistic")},
}  # fmt: skip
"""What people type for a command → the words of the command that is meant."""

_OPTION_WORDS = {
    "filter-size": ("kernel-size", "kernel", "kernelsize", "filter"),
    "window-size": ("kernel-size", "kernel", "pool-size", "filter-size", "window"),
    "filter-sizes": ("kernel-sizes", "filter-size", "kernel-size", "kernels"),
    "strides": ("stride",), "dilations": ("dilation", "dilation-rate"), "paddings": ("padding",),
    "stride": ("strides",), "dilation": ("dilation-rate",),
    "filters": ("out-channels", "output-channels", "num-filters", "n-filters", "kernels"),
    "channels": ("in-channels", "input-channels", "depth", "num-features"),
    "features": ("normalized-shape", "num-features", "units"), "batch": ("batch-size", "loss", "reduction", "form"),
    "epochs": ("num-epochs", "n-epochs"), "optimizer": ("optimiser", "optim"),
    "probability": ("rate", "dropout-rate", "drop-rate", "keep-prob"),
    "input-size": ("input", "in-features", "size", "features", "input-features", "image-size", "height", "width"),
    "inputs": ("in-features", "input-size", "n-in"),
    "outputs": ("out-features", "units", "output-size", "n-out", "classes"),
    "hidden-size": ("units", "hidden-units", "hidden", "num-units", "neurons"),
    "layers": ("num-layers", "n-layers", "n-layer", "blocks", "num-blocks", "num-hidden-layers", "depth"),
    "steps": ("timesteps", "time-steps", "length", "sequence-length", "seq-len"),
    "model-size": ("d-model", "embed-dim", "embedding-size", "embedding-dim", "hidden-size", "dim", "features"),
    "heads": ("num-heads", "n-heads", "nhead", "n-head", "num-attention-heads", "attention-heads"),
    "feed-forward-size": ("d-ff", "dff", "ff", "ffn", "feed-forward", "dim-feedforward", "feedforward-dim", "ff-dim",
                          "intermediate-size", "mlp-dim", "ffn-dim", "hidden-units", "units", "d-inner"),
    "tokens": ("seq-len", "sequence-length", "length", "timesteps", "steps", "context", "n-tokens", "context-length"),
    "vocabulary": ("vocab", "vocab-size", "vocabulary-size", "num-embeddings", "input-dim"),
    "embedding-size": ("embedding-dim", "output-dim", "embed-dim", "d"),
    "widths": ("units", "layers", "sizes"), "examples": ("samples", "n-samples"), "batch-size": ("batch",),
    "eta": ("lr", "learning-rate", "rate", "alpha"), "yhat": ("prediction", "predictions", "y-hat", "y-pred", "output"),
    "target": ("targets", "label", "labels", "y-true", "t"), "z": ("logits", "scores"),
    "gamma": ("momentum", "beta", "mu"), "v0": ("v",), "h0": ("h", "h-prev", "hidden"), "c0": ("c", "c-prev", "cell"),
    "form": ("loss", "reduction"), "epsilon": ("eps",), "lambda": ("l2", "wd", "decay", "reg"), "rho": ("decay",),
    "wrt": ("by", "var", "variable"), "find": ("for", "wrt"), **{f"{letter}-c": (f"{letter}-g",) for letter in "wub"},
    **{f"{letter}-g": (f"{letter}-h", f"{letter}-n", f"{letter}-c") for letter in "wub"},
    "p": ("probabilities", "probs", "predictions", "y-pred", "yhat"),
    "temperature": ("t",), "threshold": ("max-norm", "clip"), "padding-begin": ("pad-before", "pad-left"),
    "padding-end": ("pad-after", "pad-right"), "image": ("input",), "weight": ("kernel", "filter"),
}  # fmt: skip
"""The term of an option → other words for it, as frameworks and books have them."""


def plain(word: str) -> str:
    """As commands are spelt: small letters and hyphens."""
    return word.lower().replace("_", "-")


_ABOUT = {
    "bptt": "rnn lstm gru recurrent cell gradient time", "backprop": "gradient network delta",
    "net": "macs flops memory parameters of a network, model size in mb megabytes, draw, svg, pytorch code, keras "
           "code, freeze layers",
    "separable": "mobilenet xception",
    "transformer": "vision transformer, feed-forward network ffn, heads", "attention": "kv cache",
    "train": "mnist, accuracy, epochs, validation", "transfer": "freeze, frozen layers, fine-tuning",
    "dropout": "overfitting regularisation",
    "conv": "1x1 pointwise dilated strided grouped filter kernel multiplications",
    "run conv": "edge detection detector sobel filter image", "problems": "write your own question",
    "quiz": "practise exercises homework test", "vanish": "exploding", "schema": "keys of json",
    "doctor": "installed version extras cuda gpu working", "predict": "trained network checkpoint",
    "diff": "gradient slope", "run minmax": "normalise column", "run zscore": "normalise standardise column",
    "updates": "number of iterations per epoch batches", "run softmax": "logits of a batch",
    "rf": "receptive field of a network, of stacked conv layers and pooling",
    "run cross-entropy": "cross entropy loss of a batch", "run momentum": "learning rate",
    "run sgd": "learning rate schedule, step decay", "run attention": "mask, multi-head by hand",
    "run logistic": "batch gradient descent",
}  # fmt: skip
"""Command → further words by which it is searched."""

_MODULES = re.compile(
    r"^(?:(?:torch|nn|tf|keras|layers|functional|f|optim|optimizers|losses|activations|models|sklearn|preprocessing)\.)+"
)


def without_modules(name: str) -> str:
    """In small letters, without the modules of frameworks: torch.nn.Conv2d is conv2d."""
    return _MODULES.sub("", name.lower())


def alias_of(name: str) -> tuple[str, ...]:
    """The words that are meant by a name as frameworks and books spell it: nn.Conv2d, BatchNorm1d, he_normal, MSELoss.

    () for none that is known.
    """
    word = without_modules(name)
    known = {letters_of(other): words for other, words in ALIASES.items()}
    known |= {letters_of(command): (command,) for command in listed()}
    for entry in ENTRIES.values():
        if entry.positional:
            known |= {letters_of(choice): (entry.name.replace("_", "-"), choice) for choice in entry.choices}
    bare = re.sub(r"(?<=[a-z])[123]d", "", letters_of(word))
    for spelt in (letters_of(word), bare, *(bare.removesuffix(end) for end in ("cell", "loss", "layer", "s"))):
        if spelt in known:
            return known[spelt]
    return ()


def letters_of(word: str) -> str:
    """Small letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", word.lower())


def searched() -> dict[str, tuple[str, str]]:
    """Every command as it is typed, `run softmax` too, with its line and the other words for it, for a search."""
    words: dict[str, list[str]] = {name: [more] for name, more in _ABOUT.items()}
    for word, meant in ALIASES.items():
        for command in dict.fromkeys((" ".join(meant), " ".join(meant[:2] if meant[0] == "run" else meant))):
            words.setdefault(command, []).append(word)
    names = dict.fromkeys((*listed(), *words))
    return {name: (OWN_COMMANDS.get(name, ""), " ".join(words.get(name, ()))) for name in names if name != "find"}


def _without_hyphen(option: str) -> str:
    """As options are compared: --h-0 and --H0 are --h0."""
    return re.sub(r"(?<=[a-z])-(?=\d)", "", plain(option))


def listed() -> Iterable[str]:
    """All commands, in the order of the listing."""
    return (name for names in PURPOSES.values() for name in names)


def help_of(name: str) -> str:
    """The line of a command; "" for one that is none."""
    entry = ENTRIES.get(name.replace("-", "_"))
    return entry.help if entry else OWN_COMMANDS.get(name, "")


def option_meant(written: str, known: Collection[str]) -> str:
    """The option of a command that is meant by another word or other capitals: --kernel-size is --filter-size.

    "" where none is, or where two could be.
    """
    by_letters: dict[str, set[str]] = {}
    for option in known:
        by_letters.setdefault(_without_hyphen(option), set()).add(option)
    word = _without_hyphen(written)
    alike = by_letters.get(word, set())
    if alike:
        hyphened = [option for option in alike if option != _without_hyphen(option) and option.islower()]
        return alike.pop() if len(alike) == 1 else hyphened[0] if len(hyphened) == 1 else ""
    joined = [option for option in known if option.replace("-", "") == plain(written).replace("-", "")]
    if len(joined) == 1 and len(written) > 4:
        return joined[0]
    meant = [f"--{term}" for term, words in _OPTION_WORDS.items() if word.removeprefix("--") in words]
    found = list(dict.fromkeys(term for term in meant if term in by_letters))
    return min(by_letters[found[0]], key=lambda option: (not option.islower(), option)) if len(found) == 1 else ""
