"""Tests that state one fact of every row of a table: few tests, which report every row that is wrong."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pytest
from _pytest.mark.structures import ParameterSet

AT_ONCE = 100
"""Rows of one test: pytest takes milliseconds for each test, many rows take less."""

Test = TypeVar("Test", bound=Callable[..., None])


def each_row(
    names: str | tuple[str, ...], rows: Iterable[Any], ids: Callable[[Any], object] | None = None
) -> Callable[[Test], Test]:
    """As `pytest.mark.parametrize` with the same arguments, but a hundred rows are one test, and share its fixtures.

    It goes on after a wrong row, and names all of them.
    """
    split = tuple(name.strip() for name in names.split(",")) if isinstance(names, str) else names
    alone = isinstance(names, str) and len(split) == 1
    table = [
        row if isinstance(row, ParameterSet) else ParameterSet.extract_from(row, force_tuple=alone) for row in rows
    ]
    if any(row.marks for row in table):
        raise ValueError("a row of a table has no marks: pytest.mark.parametrize takes them")

    def named(row: ParameterSet) -> str:
        return str(row.id) if row.id else ", ".join(str(ids(value)) if ids else repr(value) for value in row.values)

    def decorate(test: Test) -> Test:
        signature = inspect.signature(test)
        parts = [table[at : at + AT_ONCE] for at in range(0, len(table), AT_ONCE)]

        @functools.wraps(test)
        def every_row(_rows: list[ParameterSet], **fixtures: Any) -> None:
            wrong: dict[str, BaseException] = {}
            for place, row in enumerate(_rows):
                try:
                    test(**dict(zip(split, row.values, strict=True)), **fixtures)
                except (Exception, pytest.fail.Exception) as error:
                    wrong[f"{place}: {named(row)}"] = error
            if wrong:
                told = "\n".join(f"{row}\n    {type(error).__name__}: {error}" for row, error in wrong.items())
                first = next(iter(wrong.values()))
                first.add_note(f"{len(wrong)} of {len(_rows)} rows are wrong:\n{told}")
                raise first

        given = [each for each in signature.parameters.values() if each.name not in split]
        every_row.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[inspect.Parameter("_rows", inspect.Parameter.POSITIONAL_OR_KEYWORD), *given]
        )
        ids_of_parts = [
            f"{at}-{at + len(part) - 1}" for at, part in zip(range(0, len(table), AT_ONCE), parts, strict=True)
        ]
        return pytest.mark.parametrize("_rows", parts, ids=ids_of_parts)(every_row)  # type: ignore[return-value]

    return decorate
