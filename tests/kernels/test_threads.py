"""Work on several threads: every piece once, errors of any thread raised, threads that are used again."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest

pytest.importorskip("numpy")
pytest.importorskip("numba")

from dlcalc.kernels import threads

MUCH = 1e12


def ran(count: int) -> tuple[list[int], set[int]]:
    """The pieces of a work that were done, and by which threads."""
    pieces: list[int] = []
    by: set[int] = set()

    def work(piece: int) -> None:
        pieces.append(piece)
        by.add(threading.get_ident())

    threads.each(work, count, MUCH)
    return sorted(pieces), by


def test_every_piece_is_done_once_by_as_many_threads_as_asked_for() -> None:
    for many, count in ((1, 3), (2, 7), (5, 3), (3, 3)):
        with threads.using(many):
            pieces, by = ran(count)
        assert pieces == list(range(count))
        assert len(by) == min(many, count)
        assert threading.get_ident() in by  # who waits works too


def test_threads_wait_for_the_next_work() -> None:
    with threads.using(3):
        first = ran(3)[1]
        before = threading.active_count()
        assert [ran(3)[1] for _ in range(5)] == [first] * 5
    assert threading.active_count() == before


def test_an_error_of_any_thread_is_raised_when_all_are_done() -> None:
    done: list[int] = []
    last = threading.Event()

    def work(wrong: int) -> Any:
        def piece(number: int) -> None:
            if number == 3 - wrong:
                assert last.wait(10)
            if number == wrong:
                last.set()
                raise ValueError(number)
            done.append(number)

        return piece

    with threads.using(4):
        for wrong in (0, 1, 3):
            done.clear()
            last.clear()
            with pytest.raises(ValueError, match=str(wrong)):
                threads.each(work(wrong), 4, MUCH)
            assert sorted(done) == [number for number in range(4) if number != wrong]
        assert ran(4)[0] == [0, 1, 2, 3]


def test_work_may_share_out_its_own_pieces() -> None:
    found: list[tuple[int, int]] = []

    def outer(first: int) -> None:
        with threads.using(3):
            threads.each(lambda second: found.append((first, second)), 3, MUCH)

    with threads.using(2):
        threads.each(outer, 2, MUCH)
    assert sorted(found) == [(first, second) for first in range(2) for second in range(3)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_that_was_forked_has_threads_of_its_own() -> None:
    with threads.using(3):
        ran(3)
        child = os.fork()
        if not child:
            try:
                os._exit(0 if ran(3)[0] == [0, 1, 2] else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
