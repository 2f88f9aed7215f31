"""A multilayer perceptron on MNIST: 784-512-128-10, sigmoid, SGD.

python examples/mnist_mlp.py                 on a small stand-in that a seed makes
python examples/mnist_mlp.py FOLDER_OR_NPZ   on MNIST or Fashion-MNIST (IDX files, or an .npz of Keras)
"""

import sys

import numpy as np

import dlcalc

if len(sys.argv) > 1:
    data = sys.argv[1]
else:  # ten patterns of 28×28 with noise
    random = np.random.default_rng(0)
    patterns, y = random.random((10, 28, 28, 1)), np.arange(400) % 10
    data = patterns[y] + random.normal(0, 0.5, (400, 28, 28, 1)), y

run = dlcalc.train("784; dense 512 sigmoid; dense 128 sigmoid; dense 10 softmax", data,
                   optimizer="sgd", lr=0.5, batch=128 if len(sys.argv) > 1 else 20, epochs=5)  # fmt: skip
for event in run:
    if hasattr(event, "accuracy"):
        print(f"epoch {event.epoch}: loss {event.loss:.4f}, accuracy {event.accuracy:.4f}")
print(f"{run.trainer.model.plan.trained:,} trained values, test accuracy {run.test['accuracy']:.4f}")
