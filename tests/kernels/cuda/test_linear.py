"""Dense layers and the product in tiles: against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from kernels.cuda.comparing import DTYPES, assert_same, numbers
from kernels.cuda.simulator import Machine

from dlcalc.kernels.cpu import linear as cpu
from dlcalc.kernels.cuda import linear, products

SIZES = [(1, 1, 1), (5, 3, 4), (17, 33, 18), (2, 40, 1), (0, 3, 2), (3, 0, 2)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("rows", "n", "m"), SIZES)
def test_a_dense_layer(machine: Machine, dtype: str, rows: int, n: int, m: int) -> None:
    """Forward with and without a bias, and all gradients, where no size is a multiple of a tile's."""
    x, weight, bias, d_out = numbers(dtype, (rows, n), (m, n), (m,), (rows, m))
    assert_same(linear.linear_forward(x, weight, bias), cpu.linear_forward(x, weight, bias))
    assert_same(linear.linear_forward(x, weight, None), cpu.linear_forward(x, weight, None))
    assert_same(linear.linear_backward(d_out, x, weight), cpu.linear_backward(d_out, x, weight))


def test_a_product_in_tiles_of_full_size(full_size: Machine) -> None:
    """The sizes that a GPU uses, with ragged ends: one tile and a bit each way."""
    x, weight, bias = numbers("float32", (66, 18), (65, 18), (65,))
    assert_same(linear.linear_forward(x, weight, bias), cpu.linear_forward(x, weight, bias))


@pytest.mark.parametrize(("left", "right"), [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("add", ["nothing", "a vector", "a matrix"])
def test_products_of_a_batch(machine: Machine, left: bool, right: bool, add: str) -> None:
    """α A B + C, either factor transposed or none."""
    a, b, vector, matrix = numbers("float64", (3, 5, 6), (3, 6, 7), (7,), (3, 5, 7))
    added = {"nothing": None, "a vector": vector, "a matrix": matrix}[add]
    given = [np.ascontiguousarray(x.transpose(0, 2, 1)) if t else x for x, t in ((a, left), (b, right))]
    moved = [machine_array(x) for x in given]
    found = products.multiply(*moved, (left, right), None if added is None else machine_array(added), 0.5)
    assert_same(found.to_host(), 0.5 * (a @ b) + (0 if added is None else added))


def machine_array(array: np.ndarray) -> products.DeviceArray:
    """The array on the simulated device."""
    return products.device.uploaded(array)


def test_a_long_sum_is_cut_into_parts_that_are_added_in_order(machine: Machine) -> None:
    """Parts cover the sum exactly once; the result is the same bits whatever order threads run in."""
    parts, span = products.parts_of(3, 2, 101, 1)
    assert parts > 1
    assert (parts - 1) * span < 101 <= parts * span
    a, b = numbers("float32", (101, 3), (101, 2))
    results = []
    for seed in range(3):
        machine.random.seed(seed)
        results.append(products.multiply(machine_array(a), machine_array(b), (True, False)).to_host())
    assert_same(results[0], a.T @ b)
    assert all((result == results[0]).all() for result in results)


def test_arrays_of_the_device_stay_there(machine: Machine) -> None:
    """A function that is given arrays of the device returns arrays of the device."""
    x, weight = numbers("float64", (2, 3), (4, 3))
    found = linear.linear_forward(machine_array(x), machine_array(weight), None)
    assert isinstance(found, products.DeviceArray)
    assert_same(found.to_host(), x @ weight.T)
