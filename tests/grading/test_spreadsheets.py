"""Workbooks that mean harm: each is refused in a line before it takes much memory, whatever its few bytes unpack to."""

from __future__ import annotations

import io
import tracemalloc
import zipfile

import pytest

from dlcalc.errors import UserError
from dlcalc.grading import hand_ins
from dlcalc.grading.hand_ins import MOST_ANSWERS, MOST_PACKED_BYTES, Refused, read
from dlcalc.grading.spreadsheets import rows

SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def book(sheet: str, words: str = "") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/worksheets/sheet1.xml", f"<worksheet {SPACE}><sheetData>{sheet}</sheetData></worksheet>")
        if words:
            file.writestr("xl/sharedStrings.xml", f"<sst {SPACE}>{words}</sst>")
    return data.getvalue()


CELL = '<c r="A1" t="inlineStr"><is><t>x</t></is></c>'


@pytest.mark.long
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (book("<row>" + "<c/>" * 900_000 + "</row>"), "a row or a text of the workbook is too large"),
        (book("<row/>" * 50_000 + f"<row>{CELL}</row>"), "a CSV has the columns part,answer"),
        (book("<a>" * 400_000 + "</a>" * 400_000), "a row or a text of the workbook is too large"),
        (book(f"<row>{CELL}</row>", "<si><t>x</t></si>" * 200_000), "a workbook has at most 20,000 texts"),
        (book(f"<row>{CELL}</row>", f"<si>{'<t/>' * 900_000}</si>"), "a row or a text of the workbook is too large"),
        (book("<row>" + '<c r="GJI1"><v>1</v></c>' + "</row>"), "a sheet has at most 5,000 columns"),
        (book('<row><c r="GJG1"><v>1</v></c></row>' * 5_000), "a sheet has at most 20,000 cells"),
        (book(" " * 10**7), "the workbook is too large"),
        (book('<row r="x"/>'), "the workbook cannot be read: invalid literal for int"),
        (book('<row><c r="A1" t="s"><v>x</v></c></row>', "<si/>"), "the workbook cannot be read: invalid literal"),
    ],
    ids=["cells", "rows", "depth", "texts", "a text", "far right", "far right each time", "blanks", "row x", "text x"],
)  # fmt: skip
def test_a_small_file_takes_little_memory(data: bytes, reason: str) -> None:
    """Of 50,000 empty rows, which are read to the end and would take 4 MiB together, one at a time is kept."""
    assert len(data) < 300_000
    tracemalloc.start()
    (found,) = read(data, "a.xlsx")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(found, Refused)
    assert found.reason.startswith(reason)
    assert most < (2 if reason.startswith("a CSV") else 60) * 2**20


def test_rows_as_they_stand() -> None:
    """Cells without a place follow one another; rows in which nothing stands are passed over."""
    sheet = (
        f'<row r="2">{CELL}<c t="b"><v>1</v></c></row><row r="3"><c r="C3"/></row><row r="9"><c><v>2.50</v></c></row>'
    )
    assert rows(book(sheet), 100, MOST_ANSWERS, MOST_PACKED_BYTES) == [(2, ["x", "TRUE"]), (9, ["2.5"])]
    with pytest.raises(UserError, match="a sheet has at most 1 cells"):
        rows(book(sheet), 1, MOST_ANSWERS, MOST_PACKED_BYTES)


def test_a_class_may_have_more_than_a_student() -> None:
    """One student's file is small; a class's is named by whoever marks."""
    data = ("part,answer\n" + "".join(f"{n}.a,{'x' * 90}\n" for n in range(3_000))).encode()
    (found,) = read(data, "a.csv")
    assert found == Refused("a.csv", "a hand-in has at most 256 KiB")
    (listed,) = read(data, "a.csv", listed=True)
    assert not isinstance(listed, Refused)


def test_a_list_of_very_many_is_no_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand_ins, "MOST_ROWS", 3)
    (found,) = read(b"[{},{},{},{}]", "a.json", listed=True)
    assert found == Refused("a.json", "a class has at most 3 hand-ins")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            "student,1.a\nada," + "9" * 10**7,
            "the file is not a CSV file: line 2: field larger than field limit (200000)",
        ),
        ("student,1.a\n" + "," * 10**7, "a CSV has at most 50,000 rows, 5,000 columns and 2,000,000 cells"),
        ("student,1.a\n" + "\n" * 10**7, "a CSV has at most 50,000 rows, 5,000 columns and 2,000,000 cells"),
    ],
    ids=["a line", "commas", "lines"],
)
def test_a_table_of_a_class_has_its_limits_too(data: str, reason: str) -> None:
    assert list(read(data.encode(), "a.csv", listed=True)) == [Refused("a.csv", reason)]


def test_a_date_is_no_number() -> None:
    """Of 1/2 a program makes the first of February, day 46,054: it is read as it is shown, and never as a number."""
    formats = (
        '<numFmt numFmtId="164" formatCode="d. mmm"/><numFmt numFmtId="165" formatCode="#,##0 &quot;days&quot;"/>'
        '<numFmt numFmtId="166" formatCode="[Red]0.00E+00"/>'
    )
    styles = "".join(f'<xf numFmtId="{id}"/>' for id in (0, 14, 164, 165, 166, 20, 22, 9))
    values = (46054, 46054, 46054, 46054, 46054, 0.25, 46054.5, 0.5)
    sheet = "".join(f'<row><c s="{style}"><v>{value}</v></c></row>' for style, value in enumerate(values))
    data = io.BytesIO(book(sheet))
    with zipfile.ZipFile(data, "a") as file:
        parts = (
            f"<numFmts>{formats}</numFmts><cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs>{styles}</cellXfs>"
        )
        file.writestr("xl/styles.xml", f"<styleSheet {SPACE}>{parts}</styleSheet>")
    found = [cells[0] for _, cells in rows(data.getvalue(), 100, MOST_ANSWERS, MOST_PACKED_BYTES)]
    day = "2026-02-01"
    assert found == ["46054", day, day, "46054", "46054", "06:00:00", f"{day} 12:00", "0.5"]


def test_a_formula_that_nobody_has_worked_out_is_no_blank() -> None:
    sheet = "<row><c><f>28*28</f></c><c><f>1+1</f><v>2</v></c><c><f/></c></row>"
    assert rows(book(sheet), 100, MOST_ANSWERS, MOST_PACKED_BYTES) == [(0, ["=28*28", "2", ""])]
