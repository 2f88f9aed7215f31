"""ConvLSTM by listing its arrays."""

from __future__ import annotations

from math import prod

Shape = tuple[int, ...]


def convlstm_filters(f: tuple[int, int], c: int, k: int) -> list[Shape]:
    """The banks of filters: for each gate and the candidate one on the input and one on the state."""
    return [bank for _ in ("forget", "input", "output", "candidate") for bank in ((k, c, *f), (k, k, *f))]


def convlstm_parameters(f: tuple[int, int], c: int, k: int) -> int:
    return sum(prod(bank) for bank in convlstm_filters(f, c, k)) + sum(k for _ in range(4))


def convlstm_macs(n: tuple[int, int], f: tuple[int, int], c: int, k: int, steps: int) -> int:
    """Every filter placed at every position of every frame; zeros of the padding are multiplied too."""
    count = 0
    for _ in range(steps):
        for _row in range(n[0]):
            for _column in range(n[1]):
                count += sum(prod(bank) for bank in convlstm_filters(f, c, k))
    return count
