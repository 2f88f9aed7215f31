"""Work shared among processes: the same results in the same order, whatever becomes of a worker."""

from __future__ import annotations

import os
import signal
from contextlib import closing

import pytest

from dlcalc.grading.in_order import in_order

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not copied there")


def ended(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_results_are_in_order(count: int) -> None:
    """Each from one of the workers, none from here."""
    found = list(in_order(lambda place: (place, os.getpid()), count, 3))
    assert [place for place, _ in found] == list(range(count))
    processes = {process for _, process in found}
    assert len(processes) == min(count, 3)
    assert os.getpid() not in processes
    assert all(map(ended, processes))


def test_few_pieces_are_done_here() -> None:
    assert set(in_order(lambda _: os.getpid(), 3)) == {os.getpid()}


def test_what_a_killed_worker_does_not_give_is_done_here() -> None:
    here = os.getpid()

    def work(place: int) -> int:
        if place == 4 and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return place**2

    assert list(in_order(work, 10, 2)) == [place**2 for place in range(10)]


def test_an_error_is_that_of_the_work_and_ends_the_workers() -> None:
    def work(place: int) -> int:
        if place == 3:
            raise ValueError("three")
        return os.getpid()

    found = in_order(work, 9, 2)
    processes = [next(found) for _ in range(3)]
    with pytest.raises(ValueError, match="three"):
        next(found)
    assert all(map(ended, processes))


def test_left_early_it_ends_its_workers() -> None:
    with closing(in_order(lambda _: os.getpid(), 1_000_000, 2)) as found:
        processes = [next(found), next(found)]
    assert all(map(ended, processes))
