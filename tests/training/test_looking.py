"""What a report shows of a network is what the network computes, worked out a second time."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

import dlcalc
from dlcalc.api.training import Planned
from dlcalc.api.training_pictures import inside
from dlcalc.diagrams.memory import picture
from dlcalc.document import Figure, Heading
from dlcalc.training import looking


def test_filters_and_maps_of_a_convolution() -> None:
    """The first map of the second layer is the sum over the maps before it, ReLU included."""
    run = dlcalc.train("7x6x2; conv 3 f3 relu; pool 2; conv 2 f2 relu; dense 6", _images(), epochs=0).trainer
    weights = {p.name: p.shown(run.model.parameters) for p in run.model.plan.parameters}
    assert list(looking.filters(run)) == ["conv-1"]
    assert (looking.filters(run)["conv-1"] == weights["conv-1.weight"][:, 0]).all()
    maps = looking.feature_maps(run)
    assert {name: each.shape for name, each in maps.items()} == {
        "input": (2, 7, 6), "conv-1": (3, 5, 4), "conv-2": (2, 1, 1)}  # fmt: skip
    first = _convolved(maps["input"], weights["conv-1.weight"])
    assert maps["conv-1"] == pytest.approx(first, abs=1e-6)
    pooled = first[:, :4, :4].reshape(3, 2, 2, 2, 2).max(axis=(2, 4))
    assert maps["conv-2"] == pytest.approx(_convolved(pooled, weights["conv-2.weight"]), abs=1e-6)
    assert first.max() > 0.01


def test_states_of_a_cell_and_a_plane() -> None:
    run = dlcalc.train("4x3 seq; lstm 5; dense 2", _sequences(), epochs=0).trainer
    weights = {p.name.split(".")[1]: p.shown(run.model.parameters) for p in run.model.plan.parameters}
    h, c = np.zeros(5), np.zeros(5)
    for step, x in enumerate(run.examples.test.x[0].reshape(4, 3)):
        i, f, g, o = np.split(weights["weight_ih_l0"] @ x + weights["weight_hh_l0"] @ h + weights["bias_ih_l0"], 4)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        assert looking.states(run)["lstm-1"][:, step] == pytest.approx(h, abs=1e-6)
    assert looking.plane(run) is None
    points = dlcalc.train("2; dense 2", (np.array([[0.0, 0], [1, 1]] * 20), np.array([0, 1] * 20)), epochs=0)
    sides, said = looking.plane(points.trainer)
    assert sides == pytest.approx((-0.1, 1.1, -0.1, 1.1))
    corners = [[-0.1, -0.1], [1.1, -0.1], [-0.1, 1.1], [1.1, 1.1]]
    found = [said[0, 0], said[0, -1], said[-1, 0], said[-1, -1]]
    assert found == points.predict(np.array(corners)).argmax(axis=1).tolist()


def test_each_picture_has_a_heading() -> None:
    pytest.importorskip("matplotlib")
    run = dlcalc.train("7x6x2; conv 3 f3 relu; dense 6", _images(), epochs=0).trainer
    blocks = list(inside(run))
    assert [type(block) for block in blocks] == [Heading, Figure] * 3
    assert all("<svg" in block.svg for block in blocks[1::2])


def test_no_two_buffers_of_a_drawn_plan_are_in_one_place_at_once() -> None:
    """And some are in one place one after another; the picture names what is large enough."""
    pytest.importorskip("matplotlib")
    run = dlcalc.train("7x6x2; conv 3 f3 relu; pool 2; dense 6", _images(), epochs=0).trainer
    memory = Planned(run).memory()
    assert memory.steps[: memory.turn] == list(reversed(memory.steps[memory.turn :]))
    assert memory.steps[0].endswith("conv-1")
    assert {life.kind for life in memory.lives} == {0, 1, 2}
    assert memory.size == max(life.at + life.size for life in memory.lives) == 4 * run.model.plan.sizes[0]
    again = 0
    for place, one in enumerate(memory.lives):
        for other in memory.lives[:place]:
            if one.at < other.at + other.size and other.at < one.at + one.size:
                assert one.last < other.first or other.last < one.first, (one, other)
                again += 1
    assert again > 0
    assert picture(memory, "png").startswith(b"\x89PNG")


def _images() -> tuple[object, object]:
    random = np.random.default_rng(0)
    return random.normal(size=(30, 7, 6, 2)), np.arange(30) % 6


def _sequences() -> tuple[object, object]:
    random = np.random.default_rng(0)
    return random.normal(size=(20, 4, 3)), np.arange(20) % 2


def _convolved(x: object, weight: object) -> object:
    windows = np.lib.stride_tricks.sliding_window_view(x, weight.shape[2:], axis=(1, 2))
    return np.maximum(np.einsum("cyxhw,kchw->kyx", windows, weight), 0)
