"""Networks as exams print them, put together from choices: stacks of convolutions, of cells, of dense layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..formulas.draw import Sampler

OPTIONS: Mapping[str, Mapping[str, tuple[object, ...]]] = {
    "cnn": {
        "input": ("28x28x1", "32x32x3", "64x64x3", "96x96x3"),
        "convs": (2, 3),
        "filters": (6, 8, 10, 16, 20, 32),
        "f": (3, 5),
        "s": (1, 1, 1, 2),
        "p": (0, 1, 2),
        "pool": ("max", "avg"),
        "dense": (1, 2),
        "units": (50, 64, 84, 100, 120, 128),
        "classes": (10,),
    },
    "rnn": {
        "input": ("28x28 seq", "20x16 seq", "50x12 seq"),
        "cell": ("rnn", "lstm", "gru"),
        "layers": (1, 2),
        "units": (16, 32, 50, 64, 100, 128),
        "bidirectional": (False,),
        "vocabulary": (0,),
        "embedding": (8, 16, 32),
        "dense": (1,),
        "classes": (2, 5, 10),
    },
    "mlp": {
        "input": (784, 400, 100, 64),
        "hidden": (1, 2, 3),
        "units": (32, 50, 64, 100, 128, 256),
        "batchnorm": (False,),
        "classes": (2, 5, 10),
    },
}
"""What each generator chooses from: the usual choices of every option, each as likely as it is often listed."""

MOST_LAYERS = 20
HOW_MANY = ("convs", "dense", "layers", "hidden")
"""Options that say how many layers there are."""


class _Choice:
    def __init__(self, kind: str, options: Mapping[str, Sequence[object]], sampler: Sampler) -> None:
        self.kind = kind
        self.options = options
        self.sampler = sampler

    def __call__(self, option: str) -> object:
        items = self.options.get(option) or OPTIONS[self.kind][option]
        return items[self.sampler.integer(0, len(items) - 1)]

    def number(self, option: str) -> int:
        found = self(option)
        assert isinstance(found, int)
        return found


def _cnn(options: Mapping[str, Sequence[object]], sampler: Sampler) -> str:
    """Convolutions, the later with more filters, some with a pooling layer behind, then dense layers."""
    choose = _Choice("cnn", options, sampler)
    parts = [str(choose("input"))]
    filters = sorted(choose.number("filters") for _ in range(choose.number("convs")))
    for index, k in enumerate(filters):
        s, p = choose.number("s"), choose.number("p")
        parts.append(f"conv {k} f{choose('f')}" + (f" s{s}" if s > 1 else "") + (f" p{p}" if p else ""))
        if index == len(filters) - 1 or sampler.chance(2):
            parts.append(f"{choose('pool')} 2")
    units = sorted((choose.number("units") for _ in range(choose.number("dense") - 1)), reverse=True)
    return "; ".join([*parts, *(f"dense {m}" for m in units), f"dense {choose('classes')}"])


def _rnn(options: Mapping[str, Sequence[object]], sampler: Sampler) -> str:
    """Recurrent layers on a sequence, or on embedded words where there is a vocabulary; then dense layers."""
    choose = _Choice("rnn", options, sampler)
    vocabulary = choose.number("vocabulary")
    parts = [str(choose("input"))]
    if vocabulary:
        length = parts[0].partition("x")[0].strip()
        parts = [f"{length} seq", f"embedding {vocabulary} {choose('embedding')}"]
    cell = choose("cell")
    bidirectional = " bi" if choose("bidirectional") else ""
    parts += [f"{cell} {choose('units')}{bidirectional}" for _ in range(choose.number("layers"))]
    units = [choose.number("units") for _ in range(choose.number("dense") - 1)]
    return "; ".join([*parts, *(f"dense {m}" for m in units), f"dense {choose('classes')}"])


def _mlp(options: Mapping[str, Sequence[object]], sampler: Sampler) -> str:
    """Dense layers, each no larger than the one before, with batch normalisation behind the hidden ones perhaps."""
    choose = _Choice("mlp", options, sampler)
    norm = choose("batchnorm")
    units = sorted((choose.number("units") for _ in range(choose.number("hidden"))), reverse=True)
    hidden = [part for m in units for part in (f"dense {m}", *(("batchnorm",) if norm else ()))]
    return "; ".join([str(choose("input")), *hidden, f"dense {choose('classes')}"])


GENERATORS: Mapping[str, Callable[[Mapping[str, Sequence[object]], Sampler], str]] = {
    "cnn": _cnn,
    "rnn": _rnn,
    "mlp": _mlp,
}
"""Kind of network → its line of text from options and a stream."""
