"""A simple RNN of 128 units that reads the rows of an MNIST digit as time steps.

python examples/mnist_rnn.py                 on a small stand-in that a seed makes
python examples/mnist_rnn.py FOLDER_OR_NPZ   on MNIST
"""

import sys

import numpy as np

import dlcalc

if len(sys.argv) > 1:
    data = sys.argv[1]
else:  # one bright row among 28 tells the class
    random = np.random.default_rng(0)
    y = np.arange(400) % 10
    x = random.random((400, 28, 28, 1)) * 0.3
    x[np.arange(400), 9 + y] += 1
    data = x, y

run = dlcalc.train("mnist-rnn", data, optimizer="rmsprop", clip=1.0, batch=128 if len(sys.argv) > 1 else 20, epochs=5)
for event in run:
    if hasattr(event, "accuracy"):
        print(f"epoch {event.epoch}: loss {event.loss:.4f}, gradient {event.norm:.3f}")
print(f"{run.trainer.model.plan.trained:,} trained values, test accuracy {run.test['accuracy']:.4f}")
