"""The convolutional stack for photographs of cats and dogs.

python examples/cats_dogs.py           on small made-up images, with the stack made smaller
python examples/cats_dogs.py FOLDER    on photographs: FOLDER/train/cats, FOLDER/train/dogs, FOLDER/test/... (pillow)
"""

import sys

import numpy as np

import dlcalc

if len(sys.argv) > 1:
    network, data = "cats-dogs", sys.argv[1]
else:  # stripes one way or the other, in a random colour
    random = np.random.default_rng(0)
    y = np.arange(200) % 2
    stripes = np.sin(np.arange(30) * 1.2 + random.uniform(0, 6, (200, 1)))
    x = np.where(y[:, None, None] == 0, stripes[:, :, None], stripes[:, None, :])
    x = x[..., None] * random.random((200, 1, 1, 3)) + random.normal(0, 0.2, (200, 30, 30, 3))
    network = "30x30x3; conv 8 f3 relu; pool 2; conv 16 f3 relu; pool 2; flatten; dense 32 relu; dense 1 sigmoid"
    data = x, y

run = dlcalc.train(network, data, optimizer="rmsprop", lr=0.001, batch=20, epochs=5)
for event in run:
    if hasattr(event, "accuracy"):
        print(f"epoch {event.epoch}: loss {event.loss:.4f}, accuracy {event.accuracy:.4f}")
print(f"{run.trainer.model.plan.trained:,} trained values, test accuracy {run.test['accuracy']:.4f}")
