"""A class marked on several processors: the same bytes as on one, and little kept of each student."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dlcalc.api.grading import Graded
from dlcalc.grading import class_marks, in_order
from dlcalc.grading.class_marks import HandedIn, Marks, kept
from dlcalc.grading.hand_ins import HandIn, Refused
from dlcalc.grading.marking import Marker, Result
from dlcalc.grading.policy import Policy
from dlcalc.quiz import seeds

Sitting = Any
several = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not copied there")


@pytest.fixture
def marker(sitting: Sitting) -> Marker:
    return Marker(sitting.issue, seeds.read_secret(sitting.secret), Policy())


def hand_ins(sitting: Sitting) -> Iterator[HandIn | Refused]:
    """Ada's is right, Bob's wrong and unread, Carl's are two; Eve is nobody."""
    right = sitting.right("ada")
    yield Refused("torn.toml", "torn")
    yield HandIn("carl.toml", code=sitting.code("carl"), answers={"1.a": "1x1x1"}, when=1.0)
    yield HandIn("ada.toml", "ada", sitting.code("ada"), right, unread=("line 7 is not understood: ???",))
    yield HandIn("bob.toml", code=sitting.code("bob"), answers={"1.b": "7", "1.c": "green", "3.a.conv-1.output": "?"})
    yield HandIn("eve.toml", "eve", "ZZZZ-ZZZZ")
    yield HandIn("carl2.toml", code=sitting.code("carl"), answers={"1.a": "2x2x2"}, when=2.0)


def graded(handed_in: HandedIn, workers: int) -> Graded:
    return Graded("Exam", lambda also, put: handed_in.marked(lambda: None, also, put, workers))


def everything(handed_in: HandedIn, out: Path, workers: int) -> dict[str, bytes]:
    """All files and all that is shown."""
    found = graded(handed_in, workers)
    found.write(str(out), ["markdown", "html"])
    found.listed = "to-look-at.csv"
    shown = {"JSON": "".join(found.json_pieces()).encode(), "text": found.to_markdown().encode()}
    return shown | {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.*") if path.is_file()}


@several
@pytest.mark.parametrize("chosen", ["", "newest"])
def test_the_same_bytes_from_any_number_of_processes(
    sitting: Sitting, marker: Marker, tmp_path: Path, chosen: Any
) -> None:
    handed_in = HandedIn(marker, hand_ins(sitting), chosen)
    one, *more = (everything(handed_in, tmp_path / str(n), n) for n in (1, 2, 3))
    assert more == [one, one]
    students = 3 if chosen else 2
    assert len(one) == 2 + 2 * students + 3  # what is shown; feedback in two formats; two lists and the note of all


@several
def test_what_a_killed_process_does_not_mark_is_marked_here(
    sitting: Sitting, marker: Marker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_in = HandedIn(marker, hand_ins(sitting), "first")
    wanted = everything(handed_in, tmp_path / "one", 1)
    here, usual = os.getpid(), class_marks.kept

    def killed(result: Result) -> class_marks.Kept:
        if result.student.id == "bob" and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return usual(result)

    monkeypatch.setattr(class_marks, "kept", killed)
    assert everything(handed_in, tmp_path / "two", 2) == wanted


@several
def test_an_error_is_the_same_from_several_processes(
    sitting: Sitting, marker: Marker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our own, in what is made beside the marks."""
    handed_in = HandedIn(marker, hand_ins(sitting), "first")

    def also(result: Result) -> dict[str, str]:
        raise ZeroDivisionError(result.student.id)

    for workers in (1, 2):
        with pytest.raises(ZeroDivisionError, match="ada"):
            handed_in.marked(also=also, workers=workers)


def test_json_in_pieces_is_that_of_the_whole(sitting: Sitting, marker: Marker) -> None:
    """Of no student too, and where a title looks like the list of them."""
    for handed_in in (HandedIn(marker, hand_ins(sitting)), HandedIn(marker, [])):
        found = graded(handed_in, 1)
        for escaped in (False, True):
            whole = json.dumps(found.to_dict(), ensure_ascii=escaped, indent=2)
            assert "".join(found.json_pieces(escaped)) == whole


def test_what_is_kept_of_a_student_is_small(sitting: Sitting, marker: Marker) -> None:
    """And the whole is there again when it is asked for."""
    marks = HandedIn(marker, hand_ins(sitting), "first").marked()
    assert all(len(each.summary) + len(each.marks) < 4_000 for each in marks.kept)
    assert [each.student.id for each in marks.results] == ["ada", "bob", "carl"]
    assert [each.student.id for each in marks.results[1:]] == ["bob", "carl"]
    (result, summary) = marks.results[1], list(marks.summaries())[1]
    assert [(part.id, part.of, part.points, part.share) for part in summary.parts] == [
        (part.id, part.of, part.points, part.mark.share) for part in result.parts
    ]
    assert next(marks.students())["id"] == "ada"
    assert list(marks.students())[1] == result.to_dict()
    with pytest.raises(IndexError, match="kept in short alone"):
        _ = Marks(marks.issue, (kept(result),)).results[0]


def test_a_hand_in_waits_as_it_came(sitting: Sitting, marker: Marker) -> None:
    """With dates of TOML, numbers, lists and half a letter in it."""
    code = sitting.code("ada")
    for value in (date(2026, 11, 30), 3, 2.0, [1, [2.5, "x"]], "\ud800", None, True, 10**999):
        hand_in = HandIn("a/\udcff.toml", "ada", code, {"1.a": value}, 5.5, ("what?",), ("Ada",), True)
        assert class_marks._unpack(class_marks._pack(hand_in)) == hand_in


def test_a_class_of_many_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """By as many processes as there are processors, with enough for each."""
    monkeypatch.setattr(in_order, "_processors", lambda: 2)
    assert len(set(in_order.in_order(lambda _: os.getpid(), 2 * in_order.LEAST))) == 2
    assert len(set(in_order.in_order(lambda _: os.getpid(), in_order.LEAST))) == 1
