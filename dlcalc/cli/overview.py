"""The first help page: the commands by what one wants, on one screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .view import WIDEST

_ENDS = (
    ("dlcalc COMMAND --help", "what it takes, what can be asked, an example"),
    ('dlcalc find "bidirectional gru"', "which command is it?"),
    ("dlcalc --version, --install-completion", ""),
)


def overview(words: str, examples: Sequence[tuple[str, str]], purposes: Mapping[str, Sequence[str]]) -> None:
    """Prints it: what the program is, examples, the commands under each purpose, and where to read on."""
    console = Console(highlight=False)
    about = words.split("\n\n")[0].replace("\n", " ")
    width = min(console.width, WIDEST)
    parts: list[RenderableType] = [Text(), Text("Usage: dlcalc COMMAND ...", "bold"), Text(), Text(about), Text()]
    parts.append(_lines(examples, width))
    for purpose, names in purposes.items():
        parts += [Text(), Text(purpose, "bold"), Padding(Text("  ".join(names), "bold cyan"), (0, 0, 0, 2))]
    parts += [Text(), _lines(_ENDS, width)]
    console.print(Padding(Group(*parts), (0, 1)), width=width)


def _lines(rows: Sequence[tuple[str, str]], width: int) -> RenderableType:
    """What to type, and behind it what it does; under it where the screen is too narrow for both."""
    typed, does = (max(map(len, column)) for column in zip(*rows, strict=True))
    if typed + does + 4 > width:
        lines = (Text.assemble(line, *([("\n    " + about, "dim")] if about else [])) for line, about in rows)
        return Group(*lines)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(style="dim")
    for row in rows:
        table.add_row(*row)
    return table
