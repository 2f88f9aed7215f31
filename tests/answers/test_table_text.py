"""A table in any of its formats is the same rows of cells, and no text makes its reading fail or slow."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcalc.answers.table_columns import meaning
from dlcalc.answers.table_text import MOST_BYTES, MOST_ROWS, Grid, decoded, read_grid, without_commands
from dlcalc.errors import UserError


def known(cells: object) -> int:
    """Headings that are recognised, as the reading of columns counts them."""
    assert isinstance(cells, list | tuple)
    return len({meaning(cell) for cell in cells} - {""})


ROWS = [("Layer", "Tensor size", "Parameters"), ("conv-1", "55x55x96", "34,944"), ("maxpool-1", "27x27x96", "0")]

FORMATS = {
    "commas": 'Layer,Tensor size,Parameters\nconv-1,55x55x96,"34,944"\nmaxpool-1,27x27x96,0\n',
    "semicolons": "Layer;Tensor size;Parameters\nconv-1;55x55x96;34,944\nmaxpool-1;27x27x96;0",
    "tabs": "Layer\tTensor size\tParameters\nconv-1\t55x55x96\t34,944\nmaxpool-1\t27x27x96\t0\n",
    "spaces": "Layer      Tensor size   Parameters\nconv-1     55x55x96      34,944\nmaxpool-1  27x27x96      0\n",
    "markdown": "| Layer | Tensor size | Parameters |\n|:--|:-:|--:|\n| conv-1 | `55x55x96` | **34,944** |\n"
    "| maxpool-1 | 27x27x96 | 0 |",
    "latex": "\\begin{table}\n\\begin{tabular}{@{}llr@{}}\\toprule\nLayer & Tensor size & Parameters \\\\ \\midrule\n"
    "conv-1 & 55x55x96 & 34{,}944 \\\\[2pt]\n\\texttt{maxpool-1} & 27x27x96 & 0 \\\\ \\bottomrule\n"
    "\\end{tabular}\n\\end{table}\n",
}


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_has_the_same_rows(format: str) -> None:
    grid = read_grid(FORMATS[format], known)
    assert grid.format == format
    assert [grid.header.cells, *(line.cells for line in grid.rows)] == ROWS


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
@pytest.mark.parametrize("format", FORMATS)
def test_the_end_of_a_line_does_not_matter(format: str, ending: str) -> None:
    grid = read_grid(FORMATS[format].replace("\n", ending), known)
    assert [grid.header.cells, *(line.cells for line in grid.rows)] == ROWS


@pytest.mark.parametrize(
    ("format", "lines"),
    [("commas", [1, 2, 3]), ("markdown", [1, 3, 4]), ("latex", [3, 4, 5]), ("spaces", [1, 2, 3])],
)
def test_a_row_knows_its_line(format: str, lines: list[int]) -> None:
    grid = read_grid(FORMATS[format], known)
    assert [grid.header.number, *(line.number for line in grid.rows)] == lines


def test_blank_lines_and_prose_before_the_headings_are_passed_over() -> None:
    grid = read_grid(f"Homework 3\n\nMy table, as asked:\n\n{FORMATS['markdown']}", known)
    assert grid.header.number == 5
    assert [line.cells[0] for line in grid.rows] == ["conv-1", "maxpool-1"]


def test_a_quoted_cell_may_run_over_lines() -> None:
    grid = read_grid('Layer,Tensor size\nconv-1,"55x\n55x96"\nfc-1,10\n', known)
    assert [(line.number, line.cells) for line in grid.rows] == [(2, ("conv-1", "55x\n55x96")), (4, ("fc-1", "10"))]


def test_a_stray_quote_does_not_swallow_the_rest() -> None:
    """One quotation mark that is never closed costs no other row."""
    grid = read_grid('Layer,Tensor size\nconv-1,"55x55x96\nfc-1,10\n', known)
    assert [line.cells for line in grid.rows] == [("conv-1", '"55x55x96'), ("fc-1", "10")]


def test_a_latex_comment_is_no_row() -> None:
    text = "Layer & Weights \\\\\n% conv-1 & 7 \\\\\nconv-1 & 5 \\% \\\\\n"
    assert [line.cells for line in read_grid(text, known).rows] == [("conv-1", "5 %")]


def test_a_latex_cell_over_several_columns_keeps_the_others_in_place() -> None:
    text = r"Layer & Weights & Biases \\ conv-1 & \multicolumn{2}{c}{none} \\ fc-1 & 3 & 4 \\"
    assert [line.cells for line in read_grid(text, known).rows] == [("conv-1", "none", ""), ("fc-1", "3", "4")]


def test_a_bar_in_a_markdown_cell_can_be_escaped() -> None:
    grid = read_grid("Layer | Weights\n--|--\na\\|b | 3", known)
    assert grid.rows[0].cells == ("a|b", "3")


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"$55 \times 55 \times 96$", "55 × 55 × 96"),
        (r"34{,}944", "34,944"),
        (r"34\,944", "34\u2009944"),
        (r"\textbf{\num{34944}}", "34944"),
        (r"\multirow{2}{*}{conv-1}", "conv-1"),
        (r"\# parameters", "# parameters"),
        (r"$\lfloor n/2 \rfloor$", "⌊ n/2 ⌋"),
        ("--", "—"),
    ],
)
def test_latex_marks_are_taken_off(latex: str, text: str) -> None:
    assert without_commands(latex) == text


@pytest.mark.parametrize(
    "data",
    [
        "Layer;Größe".encode(),
        "Layer;Größe".encode("utf-8-sig"),
        "Layer;Größe".encode("utf-16"),
        "Layer;Größe".encode("cp1252"),
    ],
)
def test_a_file_is_decoded_as_it_was_saved(data: bytes) -> None:
    assert decoded(data) == "Layer;Größe"


def test_any_bytes_are_some_text() -> None:
    assert "\ufffd" in decoded(b"\xff\xfe\x00") + decoded(b"\x81\x8d")


@pytest.mark.parametrize("text", ["x" * (MOST_BYTES + 1), b"x" * (MOST_BYTES + 1)])
def test_a_text_that_is_too_large_is_refused(text: str | bytes) -> None:
    with pytest.raises(UserError, match=r"a table to mark has at most 1 MiB, not 1,048,577 bytes"):
        decoded(text)


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(UserError, match="a table to mark has at most 5,000 rows"):
        read_grid("Layer;Weights\n" + "conv-1;5\n" * (MOST_ROWS + 1), known)
    assert len(read_grid("Layer;Weights\n" + "conv-1;5\n" * MOST_ROWS, known).rows) == MOST_ROWS


@pytest.mark.parametrize("text", ["", "\n\n", "no table at all", "1,2,3\n4,5,6", "|||\n|||", "& \\\\", "\0\0"])
def test_a_text_without_headings_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="a table begins with its headings, such as Layer, Tensor size, Parameters"):
        read_grid(text, known)


def read_or_refused(text: str) -> Grid | None:
    """The table of a text, or None when it is refused in one of our own sentences."""
    with suppress(UserError):
        return read_grid(text, known)
    return None


@pytest.mark.parametrize(
    "piece",
    [
        "|",
        "&",
        "\\\\",
        "{",
        "}",
        "\\a{",
        '"',
        "\t",
        ";,",
        "  ",
        "\\multicolumn{9}{c}{",
        "$",
        "%",
        "\\begin{array}",
        "-",
        "`*",
    ],
)
def test_a_long_run_of_anything_is_read_or_refused(piece: str) -> None:
    """What is long and nested is no trap; were the work to grow faster than the length, this would not end."""
    text = "Layer & Weights \\\\ | , ; \t\n" + piece * (1_000_000 // len(piece))
    grid = read_or_refused(text)
    assert grid is None or len(grid.rows) <= MOST_ROWS


@given(st.text(max_size=300))
@settings(max_examples=200)
def test_whatever_follows_the_headings_is_rows(text: str) -> None:
    grid = read_or_refused(f"Layer;Weights\n{text}")
    assert grid is not None
    assert grid.header.cells == ("Layer", "Weights")
    assert all(isinstance(cell, str) for line in grid.rows for cell in line.cells)
