"""Film reviews as indices of words: an embedding and an LSTM tell good from bad.

python examples/imdb_lstm.py             on short made-up reviews
python examples/imdb_lstm.py IMDB.npz    on x_train, y_train, x_test, y_test, each review 600 indices below 5,000
"""

import sys

import numpy as np

import dlcalc

if len(sys.argv) > 1:
    network, data = "imdb-lstm", sys.argv[1]
else:  # reviews of 20 words; of the words below 10 the even ones praise
    random = np.random.default_rng(0)
    x = random.integers(10, 50, (400, 20))
    y = np.arange(400) % 2
    for review, good in zip(x, y, strict=True):
        review[random.integers(0, 20, 6)] = random.integers(0, 5, 6) * 2 + (1 - good)
    network, data = "20; embedding 50 8; lstm 16; dense 1 sigmoid", (x, y)

run = dlcalc.train(network, data, optimizer="adam", lr=0.01, batch=20, epochs=6)
for event in run:
    if hasattr(event, "accuracy"):
        print(f"epoch {event.epoch}: loss {event.loss:.4f}, accuracy {event.accuracy:.4f}")
print(f"{run.trainer.model.plan.trained:,} trained values, test accuracy {run.test['accuracy']:.4f}")
