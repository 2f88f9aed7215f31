"""The keys of a TOML file that somebody wrote, read with their types: whatever is wrong is told with file and key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from fractions import Fraction
from typing import Any

from ..errors import DlcalcError, ProblemError, printable, shown

LONGEST = 2_000
"""Characters of one text."""
MOST = 200
"""Texts of one list."""


_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,12})?|\d{1,12}/0*[1-9]\d{0,11}", re.ASCII)


class TomlFields:
    """One table of a file. Each key is taken once; `done` refuses what nobody took."""

    def __init__(self, path: str, table: Mapping[str, Any], where: str = "") -> None:
        self.path = path
        self.table = dict(table)
        self.where = where
        self.taken: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self.table

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def key(self, name: str) -> str:
        """The name with the table it stands in: `part 2: ask`."""
        return f"{self.where}{': ' if self.where and name else ''}{printable(name) if name else ''}"

    def wrong(self, key: str, rule: str) -> ProblemError:
        return ProblemError(printable(self.path), self.key(key), rule)

    def with_key(self, key: str, error: DlcalcError) -> ProblemError:
        """An error about a value, told with the file and the key it stands under."""
        return error if isinstance(error, ProblemError) else self.wrong(key, str(error))

    def take(self, key: str) -> Any:
        self.taken.add(key)
        return self.table.get(key)

    def text(self, key: str, usual: str | None = None) -> str:
        """A text; without `usual` it must be there."""
        value = self.take(key)
        if value is None and usual is not None:
            return usual
        if not isinstance(value, str) or (usual is None and not value.strip()):
            raise self.wrong(key, f"a text in quotes is expected, not {shown(value)}")
        if len(value) > LONGEST:
            raise self.wrong(key, f"a text has at most {LONGEST:,} characters, not {len(value):,}")
        return value

    def written(self, key: str) -> str:
        """An expression: a text, or a number as it stands."""
        value = self.take(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        self.taken.discard(key)
        return self.text(key)

    def one_of(self, key: str, known: Collection[str], usual: str | None = None) -> str:
        value = self.text(key, usual)
        if value not in known:
            near = difflib.get_close_matches(value, list(known), 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise self.wrong(key, f"this is one of {', '.join(known)}, not {shown(value)}{hint}")
        return value

    def whole(self, key: str, low: int, high: int, usual: int) -> int:
        value = self.take(key)
        if value is None:
            return usual
        if type(value) is not int or not low <= value <= high:
            raise self.wrong(key, f"a whole number from {low} to {high} is expected, not {shown(value)}")
        return value

    def fraction(self, key: str, usual: Fraction) -> Fraction:
        """A number ≥ 0, `1.5` or `'3/2'`."""
        value = self.take(key)
        if value is None:
            return usual
        found = None
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 10**9:
            found = Fraction(str(value))
        elif isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            found = Fraction(value.strip())
        if found is None or not 0 <= found <= 10**9:
            raise self.wrong(key, f"a number from 0 on is expected, not {shown(value)}")
        return found

    def flag(self, key: str, usual: bool = False) -> bool:
        value = self.take(key)
        if value is None:
            return usual
        if not isinstance(value, bool):
            raise self.wrong(key, f"true or false is expected, not {shown(value)}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; one text alone is a list of one."""
        value = self.take(key)
        if value is None:
            return ()
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) and item.strip() for item in items):
            raise self.wrong(key, f"a list of texts is expected, not {shown(value)}")
        if len(items) > MOST:
            raise self.wrong(key, f"a list has at most {MOST} texts, not {len(items):,}")
        if any(len(item) > LONGEST for item in items):
            raise self.wrong(key, f"a text has at most {LONGEST:,} characters")
        return tuple(items)

    def inner(self, key: str) -> TomlFields:
        """The table under a key, empty where there is none."""
        value = self.take(key)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise self.wrong(key, f"a table is expected, not {shown(value)}")
        return TomlFields(self.path, value, self.key(key))

    def tables(self, key: str, what: str = "") -> list[TomlFields]:
        """The tables of `[[key]]`."""
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, f"tables are expected, each under [[{key}]], not {shown(value)}")
        return [TomlFields(self.path, item, self.key(f"{what or key} {i}")) for i, item in enumerate(value, 1)]

    def done(self) -> None:
        """Raises ProblemError for a key that nobody reads."""
        for key in self.table:
            if key not in self.taken:
                near = difflib.get_close_matches(key, list(self.taken), 1)
                hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(sorted(self.taken))}"
                raise self.wrong(key, f"there is no such key here{hint}")
