"""Data: what a seed makes is what it says; files are read, and bad ones refused in one line."""

from __future__ import annotations

import gzip
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")

from dlcalc import train
from dlcalc.errors import DlcalcError, UserError
from dlcalc.networks import text
from dlcalc.training import files
from dlcalc.training.checkpoint import read_arrays
from dlcalc.training.data import arranged, dataset, of_arrays, split, stratified
from dlcalc.training.generated import GENERATORS

OFFLINE = [name for name in GENERATORS if name not in ("digits", "mnist1d")]


@pytest.mark.parametrize("name", OFFLINE)
def test_data_is_a_function_of_its_seed(name: str) -> None:
    one, same, other = (dataset(f"{name}:n=12", seed) for seed in (1, 1, 2))
    assert np.array_equal(one.x, same.x)
    assert np.array_equal(one.y, same.y)
    assert not np.array_equal(one.x, other.x)
    assert len(one.x) == len(one.y) == 12
    if one.labelled:
        assert int(one.y.max()) < len(one.classes)


def test_what_is_asked_is_in_the_data() -> None:
    """By each definition, worked out a second time."""
    adding = dataset("adding:n=20,T=9")
    marked = adding.x[:, :, 1] == 1
    assert (marked.sum(axis=1) == 2).all()
    assert adding.y[:, 0] == pytest.approx(
        [row[mark].sum() for row, mark in zip(adding.x[:, :, 0], marked, strict=True)]
    )
    copy = dataset("copy:n=6,T=4,length=3,symbols=5")
    symbols = copy.x.argmax(axis=2)
    assert (copy.y[:, -3:] == symbols[:, :3]).all()
    assert (copy.y[:, :-3] == -1).all()
    backwards = dataset("reversed:n=6,T=4")
    assert (backwards.y[:, 4:] == backwards.x[:, :4, :10].argmax(axis=2)[:, ::-1]).all()
    letters = dataset("text:n=5,T=8")
    assert (letters.x[:, 1:] == letters.y[:, :-1]).all()
    ball = dataset("ball:n=4,side=10,steps=3")
    last = ball.x[:, 2].reshape(4, 10, 10)
    seen = np.array([np.unravel_index(image.argmax(), image.shape) for image in last])
    assert (np.abs(seen - ball.y) <= 2.5).all()


def test_digits_are_those_of_scikit_learn() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    found, wanted = dataset("digits"), datasets.load_digits()
    assert np.array_equal(found.x[..., 0] * 16, wanted.images)
    assert np.array_equal(found.y, wanted.target)


def test_a_fifth_of_each_class_is_kept_for_the_test() -> None:
    data = of_arrays(np.arange(200.0).reshape(100, 2), np.repeat([0, 1], [80, 20]))
    chosen = stratified(data, 3)
    assert np.bincount(data.y[chosen]).tolist() == [16, 4]
    parts = split(data, text.read("2; dense 2"), 3)
    assert (len(parts.train), len(parts.test)) == (80, 20)
    assert not set(parts.train.x[:, 0]) & set(parts.test.x[:, 0])
    assert not np.array_equal(parts.indices, split(data, text.read("2; dense 2"), 4).indices)


def test_small_images_are_made_larger_and_framed() -> None:
    """Each pixel twice, and what is left around it; channels first."""
    data = of_arrays(np.arange(1.0, 10).reshape(1, 3, 3, 1), np.array([0]))
    found = arranged(data, text.read("7x7x1; dense 2")).reshape(7, 7)
    assert found[:2, :2].tolist() == [[1, 1], [1, 1]]
    assert found[5].tolist() == [7, 7, 8, 8, 9, 9, 0]
    assert found[6].sum() == 0
    rows = arranged(data, text.read("3x3 seq; rnn 2"))
    assert rows[0].tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


def idx(array: Any) -> bytes:
    """An array of bytes in MNIST's format."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def test_the_formats_of_files(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 256, (6, 4, 4)), np.array([0, 1, 2, 0, 1, 2])
    mnist = tmp_path / "mnist"
    mnist.mkdir()
    for part in ("train", "t10k"):
        (mnist / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (mnist / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    found = dataset(str(mnist))
    assert (found.x.shape, found.test.tolist()) == ((12, 4, 4, 1), [6, 7, 8, 9, 10, 11])
    assert found.x[0, 1, 2, 0] == images[0, 1, 2] / 255
    pixels = images.astype(np.uint8)
    np.savez(tmp_path / "keras.npz", x_train=pixels, y_train=labels, x_test=pixels[:2], y_test=labels[:2])
    assert dataset(str(tmp_path / "keras.npz")).test.tolist() == [6, 7]
    cifar = tmp_path / "cifar"
    cifar.mkdir()
    record = bytes([7]) + bytes(range(256)) * 12
    (cifar / "data_batch_1.bin").write_bytes(record * 2)
    (cifar / "test_batch.bin").write_bytes(record)
    found = dataset(str(cifar))
    assert (found.x.shape, found.y.tolist(), found.test.tolist()) == ((3, 32, 32, 3), [7, 7, 7], [2])
    assert found.x[0, 0, 5].tolist() == pytest.approx([5 / 255, 5 / 255, 5 / 255])
    (tmp_path / "flowers.csv").write_text("a,b,kind\n1,2,rose\n3,4,iris\n5,7,rose\n", encoding="utf-8")
    found = dataset(str(tmp_path / "flowers.csv"))
    assert (found.classes, found.y.tolist()) == (("iris", "rose"), [1, 0, 1])
    assert found.x.mean(axis=0) == pytest.approx([0, 0])
    (tmp_path / "house.csv").write_text("1;2.5\n2;3.5\n4;1.25\n", encoding="utf-8")
    assert dataset(str(tmp_path / "house.csv")).y.tolist() == [[2.5], [3.5], [1.25]]
    (tmp_path / "tale.txt").write_text("Once upon a time there was a net. " * 3, encoding="utf-8")
    assert "o" in dataset(str(tmp_path / "tale.txt")).words


def test_a_folder_of_images(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    for part in ("train", "test"):
        for place, name in enumerate(("cats", "dogs")):
            (tmp_path / part / name).mkdir(parents=True)
            image.new("RGB", (9, 7), (255 * place, 0, 51)).save(tmp_path / part / name / "1.png")
    found = dataset(str(tmp_path), side=8)
    assert (found.x.shape, found.y.tolist(), found.classes) == ((4, 8, 8, 3), [0, 1, 0, 1], ("cats", "dogs"))
    assert found.test.tolist() == [2, 3]
    assert found.x[1, 3, 3].tolist() == pytest.approx([1, 0, 0.2])


def _npz(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


BAD = {
    "a.npz": (b"PK no zip", "it is not an .npz of plain arrays"),
    "alone.npz": (_npz(x=np.float64(3), y=np.int64(1)), "x is one number"),
    "deep.npz": (_npz(x=np.zeros((4, 2)), y=np.full((4, 2), -1)), "classes count from 0: the smallest is -1"),
    "many.npz": (_npz(x=np.zeros((4, 2)), y=np.full(4, 2**63, np.uint64)), "the largest 9223372036854775808"),
    "none.npz": (_npz(x=np.zeros((4, 0)), y=np.zeros(4)), "each example needs a target: x is (4, 0), y is (4,)"),
    "a.csv": (b"1,2\n", "at least two"),
    "endless.csv": (b"1,2,1e999\n4,5,6.5\n", "all its numbers must be finite"),
    "large.csv": (b"1e300,2,3\n4,5,6\n", "its numbers are at most 1e+150"),
    "plain.csv": (b"1,2,3\n4,1_0,6\n", "line 2: 1_0 is not a number"),
    "b.csv": (b"1,2,3\n4,x,6\n", "line 2: x is not a number"),
    "c.csv": (b"1,2,3\n4,5\n", "line 2 has 2 cells, the first has 3"),
    "a.bin": (b"123", "records of CIFAR-10 have 3,073 bytes, and the file has 3"),
    "a.pkl": (b"cos\nsystem", "data in files are .npz, .csv, .txt, .bin or a folder, not a.pkl"),
    "a.txt": (b"short", "more characters than a window"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_line(name: str, tmp_path: Path) -> None:
    content, message = BAD[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DlcalcError, match=re.escape(message)) as raised:
        dataset(str(tmp_path / name))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\0\0\x08\x01\0\0\0\x05abc", "its header promises 5 bytes, and 3 follow"),
        (b"PNG", "it is not an IDX file"),
        (b"\x1f\x8bzz", "it is compressed and damaged"),
        (gzip.compress(b"", mtime=0)[:10] + b"\xff" * 20, "it is compressed and damaged"),
    ],
)
def test_a_bad_file_of_mnist(content: bytes, message: str, tmp_path: Path) -> None:
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DlcalcError, match=message):
        dataset(str(tmp_path))


def test_every_setting_of_a_generator_has_a_least_that_works_and_nothing_below() -> None:
    """Every whole number from 0 to 4 is refused in one line or gives examples."""
    pytest.importorskip("mnist1d")
    refused = 0
    for name, made in GENERATORS.items():
        for key in made.settings:
            least = made.least.get(key, 1)
            for value in range(5) if isinstance(made.settings[key], int) else (0,):
                given = f"{name}:{key}={value}" + ("" if key == "n" else ",n=20")
                if value < least and isinstance(made.settings[key], int):
                    refused += 1
                    with pytest.raises(UserError, match=f"{key} of {name} is a whole number from {least} to"):
                        dataset(given)
                else:
                    found = dataset(given)
                    assert len(found.x) == len(found.y) > 0
                    assert found.x[0].size == made.numbers(dict(made.settings) | {key: value}) > 0
    assert refused == 29
    for large in ("ball:n=10000000", "adding:T=10000000", "copy:T=10000000,symbols=9"):
        with pytest.raises(UserError, match=r"data has at most 100,000,000 numbers, and \w+ with '.*' would have \d"):
            dataset(large)


def test_images_of_one_channel_may_come_without_its_axis_or_as_rows() -> None:
    """(N, 4, 4) of floats, and (N, 16) as a table has them; images in a row are the frames of a convolutional LSTM."""
    x = np.arange(32.0).reshape(2, 4, 4)
    y = np.array([0, 1])
    network = text.read("4x4x1; conv 1 f3; flatten; dense 2")
    for given in (x, x.reshape(2, 16), x[..., None]):
        assert arranged(of_arrays(given, y), network).tolist() == x[:, None].tolist()
    larger = arranged(of_arrays(x, y), text.read("6x6x1; conv 1 f3; flatten; dense 2"))
    assert (larger.shape, larger[:, 0, 1:5, 1:5].tolist()) == ((2, 1, 6, 6), x.tolist())
    frames = arranged(of_arrays(x.reshape(2, 2, 8), y), text.read("2x2x4x1; convlstm 1 f3; flatten; dense 2"))
    assert frames.tolist() == x.reshape(2, 1, 2, 2, 4).tolist()
    for line in ("2x8x1; flatten; dense 2", "4x2x2; flatten; dense 2", "2x2x4x1; convlstm 1 f3; flatten; dense 2"):
        with pytest.raises(UserError, match="and an example of arrays is 4×4"):
            arranged(of_arrays(x, y), text.read(line))


def test_the_share_of_each_class_is_what_it_is_class_by_class() -> None:
    """In one pass over the examples, of however many classes."""
    y = np.array([5, 1, 1, 3, 5, 1, 1, 1, 5, 3, 5, 5, 3])
    data = of_arrays(np.zeros((len(y), 1)), y)
    random = np.random.default_rng([7, 2])
    wanted = [random.permutation(np.flatnonzero(y == each))[: round((y == each).sum() / 5)] for each in (1, 3, 5)]
    assert stratified(data, 7).tolist() == np.concatenate(wanted).tolist()


def test_an_npz_that_unpacks_to_more_than_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez_compressed(tmp_path / "large.npz", x=np.zeros((1000, 100)), y=np.zeros(1000, int))
    monkeypatch.setattr(files, "LARGEST", 100_000)
    for read in (dataset, read_arrays):
        with pytest.raises(DlcalcError, match=r"its arrays have 808,\d+ bytes, at most 100,000 are read"):
            read(str(tmp_path / "large.npz"))


def test_errors_of_large_targets_are_numbers() -> None:
    run = train("2; dense 1", (np.ones((10, 2)), np.full(10, 1e30)), epochs=0)
    assert 0.9e30 < run.test["error"] < 1.1e30


def test_numbers_beyond_a_type_are_refused() -> None:
    data = of_arrays(np.full((10, 2), -1e300), np.arange(10) % 2)
    network = text.read("2; dense 2")
    assert split(data, network, 0, "float64").train.x.min() == -1e300
    with pytest.raises(UserError, match=r"^float32 has no number above 3.4e\+38, and arrays has 1e\+300: --dtype"):
        split(data, network, 0)


def test_a_network_may_tell_more_classes_apart_than_there_are() -> None:
    """Its table of right and wrong has them all."""
    run = train("2; dense 4", "xor:n=40", epochs=1)
    list(run)
    counts = run.confusion()
    assert counts.shape == (4, 4)
    assert counts.sum() == 8
    assert counts[2:].sum() == 0
    assert "rows: what it is" in run.to_markdown()


ROWS = np.zeros((6, 2))


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (ROWS, np.zeros(5), "each example needs a target: x is (6, 2), y is (5,)"),
        (ROWS, np.zeros((6, 0)), "each example needs a target"),
        (ROWS, np.full(6, 2**31), "classes count from 0: the smallest is 2147483648, the largest 2147483648"),
        (ROWS, np.full(6, -1), "classes count from 0"),
        (ROWS, np.full(6, np.nan), "x and y must be finite numbers"),
        (np.full((6, 2), np.inf), np.zeros(6), "x and y must be finite numbers"),
        (ROWS.astype(complex), np.zeros(6), "x and y must be finite numbers: complex128 and float64"),
        (ROWS, ["a"] * 6, "x and y must be finite numbers: float64 and <U1"),
        ([[1, 2], [3]], [0, 1], "inhomogeneous"),
    ],
)
def test_arrays_that_are_no_examples_are_refused(x: Any, y: Any, message: str) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        of_arrays(x, y)


def test_targets_of_several_axes_are_in_one_row(tmp_path: Path) -> None:
    """By either door: a network has an output for each number, or is refused."""
    y = np.arange(24.0).reshape(4, 2, 3)
    np.savez(tmp_path / "deep.npz", x=np.zeros((4, 2)), y=y)
    for data in (of_arrays(np.zeros((4, 2)), y), dataset(str(tmp_path / "deep.npz"))):
        assert data.y.tolist() == y.reshape(4, 6).tolist()
        with pytest.raises(UserError, match=r"network gives 2 numbers, and .* has 6 to be found"):
            train("2; dense 2", data)
    whole = of_arrays(np.zeros((4, 2)), np.zeros((4, 2, 3), int))
    with pytest.raises(UserError, match="network gives 1 answers, and an example of arrays has 6"):
        train("2; dense 2", whole)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UserError, match=r"images are not made smaller: those of bars:n=2 are 12×12"):
        arranged(dataset("bars:n=2"), text.read("8x8x1; dense 6"))
    with pytest.raises(UserError, match="the embedding knows 3 words, and text:n=2,T=5 has"):
        arranged(dataset("text:n=2,T=5"), text.read("5; embedding 3 2; dense 3"))
    with pytest.raises(UserError, match="so the network must begin with an embedding"):
        arranged(dataset("text:n=2,T=5"), text.read("5; dense 3"))
    with pytest.raises(UserError, match="each example needs a target"):
        of_arrays(np.zeros((3, 2)), np.zeros(2))
