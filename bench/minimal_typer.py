"""The peer of every whole-process row: the least that a typer program with one rich table can be."""

import typer
from rich.console import Console
from rich.table import Table


def main() -> None:
    """Output size of a convolution."""
    table = Table("quantity", "value", title="Convolution")
    for name, value in (("n", 227), ("f", 11), ("s", 4), ("o", (227 - 11) // 4 + 1)):
        table.add_row(name, str(value))
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
