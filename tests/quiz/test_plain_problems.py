"""The bank's own sentences are plain English, as those of the formulas are."""

from __future__ import annotations

import re
from pathlib import Path

from plain import OLD, UNKIND

BANK = Path(__file__).parents[2] / "problems"
KEY = re.compile(r"(id|answers|expect) = ")
"""Lines that are no sentences: ids, and what students write."""


def test_the_problems_are_written_in_plain_english() -> None:
    found = []
    for path in sorted(BANK.glob("*/*.md")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            fault = not KEY.match(line) and (OLD.search(line) or UNKIND.search(line))
            if fault:
                found.append(f"{path.stem}:{number}: {fault[0]}")
    assert found == []
