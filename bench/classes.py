"""A class: an exam made for 300 students, and their hand-ins marked on all processors; the memory that it takes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dlcalc.answers.table_target import TableTarget
from dlcalc.api.grading import grade
from dlcalc.api.quiz import make_exam
from dlcalc.formulas.draw import Sampler
from dlcalc.networks.exercise import cell
from dlcalc.quiz import seeds
from dlcalc.quiz.exam import Issue
from dlcalc.quiz.manifest import read_manifest
from dlcalc.quiz.sheet import entry_id
from dlcalc.quiz.variant import Variant
from dlcalc.verification.notations import plain

from .rows import ADDITIONS, Row, additions

STUDENTS = 300
PROBLEMS = (
    "output-size",
    "does-it-fit",
    "cnn-table",
    "lstm-parameters",
    "rnn-parameters",
    "dropout",
    "conv-pool-dense",
)
"""Seven problems of the bank with more than 20 parts together, a whole network's table among them."""
MAKING, MARKING, ALL = 60.0, 15.0, 12.0
"""Seconds at most; the last, of marking with everybody's feedback, as 120 for 3,000 students."""
MEMORY, GROWTH = 100e6, 10e6
"""Bytes at most: of the largest process, of which there is one for each processor and one more; and what it has more
for the whole class than for its half."""


def rows() -> list[Row]:
    """Seconds of an exam's making (sheets and answer sheets in Markdown and TOML), of marking, and of marking with
    everybody's feedback as a process of its own; the memory of that."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        listed = "".join(f'[[problem]]\nid = "{id}"\n' for id in PROBLEMS)
        (folder / "exam.toml").write_text(f'title = "Bench"\n{listed}', encoding="utf-8")
        roster = "".join(f"s{number},Student {number}\n" for number in range(STUDENTS))
        (folder / "roster.csv").write_text(f"id,name\n{roster}", encoding="utf-8")
        peer = additions()
        start = time.perf_counter()
        for _ in make_exam(str(folder / "exam.toml"), str(folder / "roster.csv"), str(folder / "out")):
            pass
        made = time.perf_counter() - start
        manifest, secret = folder / "out" / "manifest.json", folder / "out" / "private" / "secret.key"
        issue = read_manifest(str(manifest))
        parts = sum(len(item.problem.parts) for item in issue.exam.items)
        hand_in(issue, seeds.read_secret(str(secret)), folder / "in")
        start = time.perf_counter()
        graded = grade(str(manifest), str(secret), [str(folder / "in")])
        assert len(graded.marks.kept) == STUDENTS
        marked = time.perf_counter() - start
        told, whole = whole_process(folder, "in")
        (folder / "half").mkdir()
        for path in sorted((folder / "in").iterdir())[: STUDENTS // 2]:
            path.rename(folder / "half" / path.name)
        _, half = whole_process(folder, "half")
    what = f"{STUDENTS} students × {parts} parts"
    grown = f"{(whole - half) / 1e6:+.0f} MB from {STUDENTS // 2} students on"
    small = whole <= MEMORY and whole - half <= GROWTH
    return [
        Row(f"exam made, {what}", made, peer, ADDITIONS, f"≤ {MAKING:g} s", made <= MAKING, "s"),
        Row(f"hand-ins marked, {what}", marked, peer, ADDITIONS, f"≤ {MARKING:g} s", marked <= MARKING, "s"),
        Row(f"… with everybody's feedback, {what}", told, peer, ADDITIONS, f"≤ {ALL:g} s", told <= ALL, "s"),
        Row("… memory of its largest process", whole, None, "", f"≤ {MEMORY / 1e6:g} MB, flat", small, "MB", grown),
    ]


def whole_process(folder: Path, hand_ins: str) -> tuple[float, float]:
    """Seconds of `dlcalc grade` with everybody's feedback, and the bytes of the largest of its processes.

    A small process starts it: a process counts as large as the one that it was forked from.
    """
    command = ["grade", "out/manifest.json", hand_ins, "--secret", "out/private/secret.key", "--out", f"of-{hand_ins}"]
    start = time.perf_counter()
    small = [sys.executable, "-c", LARGEST, sys.executable, "-m", "dlcalc", *command]
    largest = subprocess.run(small, cwd=folder, capture_output=True, text=True, check=True).stdout
    return time.perf_counter() - start, int(largest) * 1024.0


LARGEST = """\
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
print(os.wait4(process.pid, 0)[2].ru_maxrss)
"""


def hand_in(issue: Issue, secret: str, folder: Path) -> None:
    """A hand-in of each student: two fifths of the answers are what a typical mistake gives, the rest is right."""
    folder.mkdir()
    sampler = Sampler("bench", "classes")
    for student in issue.students:
        answers: dict[str, str] = {}
        for number, variant in enumerate(issue.exam.variants(secret, student.id), 1):
            answers.update(answered(variant, number, sampler))
        content = {"student": student.id, "code": issue.codes[student.id], "answers": answers}
        (folder / f"{student.id}.json").write_text(json.dumps(content), encoding="utf-8")


def answered(variant: Variant, number: int, sampler: Sampler) -> dict[str, str]:
    """What a student writes for one variant."""
    found: dict[str, str] = {}
    for part in variant.problem.parts:
        id, asked = entry_id(number, variant, part), variant.asked[part.id]
        if isinstance(asked, TableTarget):
            for row in asked.table.rows:
                found.update({f"{id}.{row.layer.name}.{c}": plain(cell(row, c)) for c in asked.columns})
        elif part.kind == "choice":
            found[id] = "ABCD"[sampler.integer(0, 3)]
        else:
            wrong = [each.value for each in asked.wrong()]
            slips = wrong and sampler.integer(1, 5) <= 2
            found[id] = plain(wrong[sampler.integer(0, len(wrong) - 1)] if slips else asked.expected)
    return found
