"""Which layer each row of a student's table is about: by its name, else by the order in which the kinds of layers come.

CONV1, POOL1, FC3 in a network with conv-1, maxpool-1, fc-1, and the rows that libraries print, are the same layers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from ..networks.kinds import ALIASES, KINDS
from ..networks.network import Layer

ANY = ""
"""The family of a name that says nothing of the kind of layer."""
LEFT_OUT = frozenset({"flatten", "activation", "dropout", "container"})
"""Rows that a table may have for what the network does not count as a layer."""
_FAMILIES = {
    "convolution": "conv convolution convolutional convolutionallayer conv1d conv2d conv3d convlayer separableconv2d "
    "depthwiseconv2d convtranspose2d conv2dtranspose c",
    "pooling": "pool pooling poolinglayer maxpool avgpool maxpooling averagepooling subsampling maxpool1d maxpool2d "
    "avgpool2d maxpooling1d maxpooling2d averagepooling1d averagepooling2d globalaveragepooling2d globalmaxpooling2d "
    "adaptiveavgpool2d adaptivemaxpool2d s p mp",
    "dense": "dense fc fullyconnected fullyconnectedlayer linear denselayer f d classifier",
    "normalisation": "batchnorm batchnormalization batchnormalisation batchnorm1d batchnorm2d layernormalization "
    "layernorm bn ln lrn",
    "recurrent": "rnn lstm gru simplernn",
    "embedding": "embedding",
    "flatten": "flatten flattening reshape",
    "activation": "relu activation sigmoid tanh leakyrelu gelu",
    "dropout": "dropout dropout1d dropout2d spatialdropout2d",
    "container": "sequential model module modulelist functional",
    "output": "softmax output out outputlayer logits",
}  # fmt: skip
_FAMILY = {word: family for family, words in _FAMILIES.items() for word in words.split()}
_TREE = re.compile(r"^[\s│┃|]*[├└]─+\s*")
_TYPE = re.compile(r"\(([A-Za-z][A-Za-z0-9]*)\)\s*$")
_MOST_ROWS = 1_000

_UNKNOWN, _SKIPPED, _LOST = 0.2, 0.3, 10.0
"""What it costs to match a row whose kind is not said, to leave a row out that may be, and any other row or layer."""


def key(text: str) -> str:
    """A heading or a name without case, accents, spaces and punctuation."""
    apart = unicodedata.normalize("NFKD", text[:200])
    return "".join(letter for letter in apart if letter.isalnum()).casefold()


def bare(name: str) -> str:
    """A row's name without the branches of a tree and what a library writes behind it: Conv2d of `├─Conv2d: 1-1`."""
    return re.sub(r"\s*:\s*\d+(?:-\d+)*\s*$", "", _TREE.sub("", name)).strip()


def family_of_row(name: str) -> str:
    """The family of layers that a row's name tells; ANY where it tells none."""
    typed = _TYPE.search(name)
    for word in (typed[1] if typed else "", re.sub(r"\([^()]*\)", "", bare(name))):
        for stem in (key(word), re.sub(r"[\W_]*\d+$", "", word.strip())):
            found = _family(key(stem)) or _family(key(stem).rstrip("0123456789"))
            if found:
                return found
    return ANY


def _family(word: str) -> str:
    kind = KINDS.get(ALIASES.get(word, word))
    return _FAMILY.get(word) or (kind.family if kind else "")


def _family_of(layer: Layer) -> str:
    if layer.kind in ("activation", "dropout", "flatten"):
        return layer.kind
    return KINDS[layer.kind].family if layer.kind in KINDS else ANY


def aligned(names: Sequence[str], layers: Sequence[Layer], find: Callable[[str], str]) -> list[str]:
    """The layer of each row, what `find` says of `input` and `total`, or "".

    Names decide where all of them are known and none comes twice; else the order, if every row and every layer finds
    its place in it.
    """
    found = [find(bare(name)) for name in names]
    known = {layer.name for layer in layers}
    named = [each for each in found if each in known]
    rows = [place for place, each in enumerate(found) if (each in known or not each) and bare(names[place])]
    if len(named) == len(rows) == len(set(named)) or not rows or len(rows) > _MOST_ROWS:
        return found
    order = _in_order([names[place] for place in rows], [found[place] for place in rows], layers)
    if order is None:
        return found
    for place, layer in zip(rows, order, strict=True):
        found[place] = layer
    return found


def _in_order(names: Sequence[str], found: Sequence[str], layers: Sequence[Layer]) -> list[str] | None:
    """The cheapest way to lay the rows beside the layers; None where a row or a layer that counts has no place."""
    families = [family_of_row(name) for name in names]
    costs = [[0.0] * (len(layers) + 1) for _ in range(len(names) + 1)]
    for i in range(len(names) - 1, -1, -1):
        costs[i][len(layers)] = costs[i + 1][len(layers)] + _row_cost(families[i])
    for j in range(len(layers) - 1, -1, -1):
        costs[len(names)][j] = costs[len(names)][j + 1] + _layer_cost(layers[j])
    for i in range(len(names) - 1, -1, -1):
        for j in range(len(layers) - 1, -1, -1):
            costs[i][j] = min(
                costs[i + 1][j + 1] + _match(families[i], found[i], layers[j]),
                costs[i + 1][j] + _row_cost(families[i]),
                costs[i][j + 1] + _layer_cost(layers[j]),
            )
    if costs[0][0] >= _LOST:
        return None
    order: list[str] = []
    j = 0
    for i, family in enumerate(families):
        while j < len(layers) and costs[i][j] == costs[i][j + 1] + _layer_cost(layers[j]):
            j += 1
        if j < len(layers) and costs[i][j] == costs[i + 1][j + 1] + _match(family, found[i], layers[j]):
            order.append(layers[j].name)
            j += 1
        else:
            order.append("")
    return order


def _row_cost(family: str) -> float:
    return _SKIPPED if family in LEFT_OUT or family == "output" else _LOST


def _layer_cost(layer: Layer) -> float:
    return _SKIPPED if _family_of(layer) in LEFT_OUT else _LOST


def _match(family: str, found: str, layer: Layer) -> float:
    own = _family_of(layer)
    if found == layer.name:
        return 0.0
    if family == own or (family == "output" and own in ("dense", "activation")):
        return _UNKNOWN / 4
    return _UNKNOWN if family == ANY or own == ANY else 2 * _LOST
