"""Edits that make the code wrong, each of which a test must notice: tests/mutations.toml, read and run.

    python tests/mutate.py                     every edit
    python tests/mutate.py dlcalc/ops weights  those whose file or reason contains one of the words

Each edit is made in a copy of the checkout, one copy for each core; each test it names is run alone and must fail,
by an assertion of its own: one that cannot be collected, set up or imported has noticed nothing.
"""

from __future__ import annotations

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from checkout import ROOT, project_files

LIST = ROOT / "tests" / "mutations.toml"
LIMIT = 240
"""Seconds that the tests of one edit may take: an edit for which they take longer is not a good one."""
NO_VERDICT = ("SyntaxError", "IndentationError", "ImportError", "ModuleNotFoundError", "NameError", "UnboundLocalError")
"""What an edit that is not even a program ends in: no test is needed to notice that."""


@dataclass(frozen=True)
class Mutation:
    """One edit: `old`, which occurs once in the file, becomes `new`, and each of `tests` fails; `why` is what for."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    why: str

    def edited(self, text: str) -> str:
        if (found := text.count(self.old)) != 1:
            raise ValueError(f"{self.file}: {self.old!r} occurs {found} times, not once")
        return text.replace(self.old, self.new)

    @property
    def place(self) -> str:
        """The file and the line that changes."""
        text = (ROOT / self.file).read_text(encoding="utf-8")
        return f"{self.file}:{text[: max(text.find(self.old), 0)].count(chr(10)) + 1}"


def mutations() -> list[Mutation]:
    """The list, as it is written."""
    tables = tomllib.loads(LIST.read_text(encoding="utf-8"))["mutation"]
    return [Mutation(**{**table, "tests": tuple(table["tests"])}) for table in tables]


class Copy:
    """A copy of the checkout in a folder of its own, with its own caches."""

    def __init__(self, folder: Path) -> None:
        self.root, self.folder = folder / "checkout", folder
        for path in project_files():
            target = self.root / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
        (folder / "tmp").mkdir()
        path = os.pathsep.join(filter(None, (str(self.root), os.environ.get("PYTHONPATH"))))
        own = {"PYTHONPATH": path, "TMPDIR": str(folder / "tmp"), "XDG_CACHE_HOME": str(folder / "cache"), "CI": "1"}
        self.environment = {**os.environ, **own}
        self.environment.pop("NUMBA_CACHE_DIR", None)

    def pytest(self, *arguments: str, limit: float | None = None) -> tuple[int, str, list[ET.Element]]:
        """Exit status, output, and what each test came to, in pytest's JUnit XML."""
        report = self.folder / "report.xml"
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", f"--junitxml={report}"]
        done = subprocess.run(
            [*command, *arguments],
            cwd=self.root, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            encoding="utf-8", errors="replace", timeout=limit, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, list(ET.parse(report).iter("testcase")) if report.exists() else []

    def verdict(self, mutation: Mutation, number: int) -> str:
        """Empty where every test of the mutation notices it, otherwise what was wrong."""
        path = self.root / mutation.file
        before, times = path.read_text(encoding="utf-8"), path.stat()
        try:
            path.write_text(mutation.edited(before), encoding="utf-8")
            # Python tells by seconds and size whether a compiled file is stale: no two edits may have the same time.
            os.utime(path, (times.st_atime, times.st_mtime + 10 * (number + 1)))
            return "; ".join(filter(None, (self.unnoticed(test) for test in mutation.tests)))
        except ValueError as error:
            return str(error)
        finally:
            path.write_text(before, encoding="utf-8")
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    def unnoticed(self, test: str) -> str:
        """Empty where the test fails as a test fails; otherwise what it did instead."""
        try:
            status, output, cases = self.pytest("-x", "-n0", test, limit=LIMIT)
        except subprocess.TimeoutExpired:
            return f"{test} ran for more than {LIMIT} seconds"
        if status == 0:
            return f"SURVIVED {test}" + ("" if any(len(case) == 0 for case in cases) else " (skipped)")
        failures = [failure for case in cases for failure in case.iter("failure")]
        if status != 1 or not failures or any(True for case in cases for _ in case.iter("error")):
            return f"{test} did not fail but could not run:\n{output}"
        message = failures[0].get("message", "")
        return f"{test} failed without a verdict: {message}" if message.startswith(NO_VERDICT) else ""


def outcomes(chosen: Sequence[Mutation], copies: Sequence[Copy]) -> Iterator[tuple[Mutation, str, float]]:
    """Each mutation with what was wrong (empty: nothing) and its seconds; as many at once as there are copies."""
    free: queue.SimpleQueue[Copy] = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)

    def tried(numbered: tuple[int, Mutation]) -> tuple[Mutation, str, float]:
        number, mutation = numbered
        copy, start = free.get(), time.perf_counter()
        try:
            return mutation, copy.verdict(mutation, number), time.perf_counter() - start
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        yield from pool.map(tried, enumerate(chosen))


def main() -> int:
    parser = argparse.ArgumentParser(description="Make each edit of tests/mutations.toml and see its tests fail.")
    parser.add_argument("words", nargs="*", help="only edits whose file or reason contains one of these")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many edits at once")
    options = parser.parse_args()
    chosen = [m for m in mutations() if not options.words or any(w in m.file or w in m.why for w in options.words)]
    if not chosen:
        print("no edit has a file or a reason that contains one of these words")
        return 2
    start, wrong = time.perf_counter(), []
    with tempfile.TemporaryDirectory(prefix="dlcalc-mutations-") as scratch:
        copies = [Copy(Path(scratch, str(number))) for number in range(min(options.jobs, len(chosen)))]
        print(f"{len(chosen)} edits, {len(copies)} at once; their tests must pass before any edit", flush=True)
        named = dict.fromkeys(test for mutation in chosen for test in mutation.tests)
        status, output, _ = copies[0].pytest(f"-n{len(copies)}", *named)
        if status:
            print(output)
            print(f"without any edit, the tests that the edits name do not pass (pytest: {status})")
            return 1
        for mutation, found, seconds in outcomes(chosen, copies):
            print(f"{'noticed' if not found else 'WRONG  '} {seconds:5.1f} s  {mutation.place}", flush=True)
            if found:
                wrong.append(f"{mutation.place}: {mutation.why}\n  {mutation.old!r} -> {mutation.new!r}\n  {found}")
    print(*wrong, sep="\n")
    seconds = time.perf_counter() - start
    print(f"{len(chosen)} edits: {len(chosen) - len(wrong)} noticed, {len(wrong)} not; {seconds:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
