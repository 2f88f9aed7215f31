"""The small networks that a course trains: on MNIST's digits, on film reviews, on photographs of cats and dogs."""

from __future__ import annotations

from functools import partial

from ..builder import Builder
from ..network import Network
from . import title

_CHOLLET = "Chollet, Deep Learning with Python, 2017"


def mnist_rnn() -> Network:
    """Each of the 28 rows of a digit is a time step; the last state tells the digit."""
    net = Builder("mnist-rnn", title("mnist-rnn"), (28, 28), sequence=True)
    net.add("rnn", m=128, remarks=("tanh",))
    net.add("dense", m=10, remarks=("softmax",))
    return net.build()


def mnist_mlp(id: str, batchnorm: bool) -> Network:
    """Two hidden layers on the 784 pixels of a digit; `batchnorm`: normalised before their ReLU, their biases kept."""
    net = Builder(id, title(id), (784,))
    for units in (512, 128):
        if batchnorm:
            net.add("dense", m=units)
            net.add("batchnorm", remarks=("relu",))
        else:
            net.add("dense", m=units, remarks=("relu",))
    net.add("dense", m=10, remarks=("softmax",))
    net.notes.append("sigmoid in place of ReLU, or dropout after it, changes no count")
    return net.build()


def imdb_lstm() -> Network:
    """Reviews of 600 words, the shorter ones padded in front; the 5,000 commonest words are known."""
    net = Builder("imdb-lstm", title("imdb-lstm"), (600,))
    net.add("embedding", v=5000, n=32)
    net.add("lstm", m=100)
    net.add("dense", m=1, remarks=("sigmoid",))
    return net.build()


def cats_dogs() -> Network:
    """Four convolutions, each pooled, and one hidden layer."""
    net = Builder("cats-dogs", title("cats-dogs"), (150, 150, 3), _CHOLLET)
    for filters in (32, 64, 128, 128):
        net.add("conv", k=filters, f=3, remarks=("relu",))
        net.add("maxpool", f=2)
    net.add("dense", m=512, remarks=("relu",))
    net.add("dense", m=1, remarks=("sigmoid",))
    return net.build()


NETWORKS = {
    "mnist-rnn": mnist_rnn,
    "mnist-mlp": partial(mnist_mlp, "mnist-mlp", False),
    "mnist-mlp-bn": partial(mnist_mlp, "mnist-mlp-bn", True),
    "imdb-lstm": imdb_lstm,
    "cats-dogs": cats_dogs,
}
