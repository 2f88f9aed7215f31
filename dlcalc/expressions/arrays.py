"""Operations on nested tuples: vectors, matrices, maps, of numbers or of expressions.

A vector is a column; its transpose is a matrix of one row. A scalar is broadcast over anything. A letter that stands
for a whole array (`is_open`) stays what it is: an operation on it is left as it was written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

from ..errors import UserError
from .exact import exact
from .kinds import kind_of
from .limits import LIMIT_CELLS, LIMIT_WORK, LimitError, plus, spend, times
from .nodes import Hadamard, Node, Outer, Transpose, Value, names_in, to_node
from .totals import product_of, sum_of


def is_open(value: Value) -> bool:
    """Whether this is a letter, or an expression in letters, that stands for an array."""
    return isinstance(value, Node) and kind_of(value).rank > 0


def shape_of(value: Value) -> tuple[int, ...]:
    """The sizes from the outside in; () for a scalar."""
    sizes: list[int] = []
    while isinstance(value, tuple):
        sizes.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(sizes)


def shown(shape: tuple[int, ...]) -> str:
    """2×3, for messages."""
    return "×".join(map(str, shape)) or "a single number"


def each(function: Callable[[Any], Value], value: Value) -> Value:
    """`function` applied to every number of an array."""
    if isinstance(value, tuple):
        spend(len(value))
        return tuple([each(function, item) for item in value])
    return function(value)


def pairwise(function: Callable[[Any, Any], Value], a: Value, b: Value, what: str) -> Value:
    """Element by element, a scalar broadcast. Raises UserError when the shapes differ."""
    if isinstance(a, tuple):
        if isinstance(b, tuple):
            # vectors are compared by their lengths alone, which is all there is to them
            if (len(a) != len(b) or _is_nested(a) or _is_nested(b)) and shape_of(a) != shape_of(b):
                raise UserError(f"{what} needs equal shapes, not {shown(shape_of(a))} and {shown(shape_of(b))}")
            spend(len(a))
            return tuple(
                [
                    pairwise(function, x, y, what) if isinstance(x, tuple) or isinstance(y, tuple) else function(x, y)
                    for x, y in zip(a, b, strict=True)
                ]
            )
        if is_open(b):
            return function(to_node(a), b)
        spend(len(a))
        return tuple([pairwise(function, x, b, what) for x in a])
    if isinstance(b, tuple):
        if is_open(a):
            return function(a, to_node(b))
        spend(len(b))
        return tuple([pairwise(function, a, y, what) for y in b])
    return function(a, b)


def _is_nested(a: tuple[Value, ...]) -> bool:
    return bool(a) and isinstance(a[0], tuple)


def add(a: Value, b: Value) -> Value:
    """a + b of two numbers or two arrays of one shape; UserError for other shapes."""
    return pairwise(plus, a, b, "a sum")


def hadamard(a: Value, b: Value) -> Value:
    return pairwise(_element, a, b, "⊙")


def _element(a: Value, b: Value) -> Value:
    return Hadamard((*_factors(a), *_factors(b))) if is_open(a) and is_open(b) else times(a, b)


def _factors(node: Node) -> tuple[Node, ...]:
    return node.factors if isinstance(node, Hadamard) else (node,)


def products(values: Sequence[Value], matrices: Sequence[bool]) -> Value:
    """The matrix product of several, from the left. `matrices`: which of them are matrices whatever their sizes.

    Row times column, xᵀy, is one number; a matrix of one row times a column is a vector of one entry.
    """
    total, matrix = values[0], matrices[0]
    for value, is_one in zip(values[1:], matrices[1:], strict=True):
        scales = not isinstance(total, tuple)
        total = product(total, value, matrix)
        matrix = is_one if scales else matrix and (is_one or not isinstance(value, tuple))
    return total


def product(a: Value, b: Value, matrix: bool = False) -> Value:
    """The matrix product; a scalar factor scales; column times row is the outer product.

    `matrix`: `a` is no transposed vector, so that the product of its one row with a vector is a vector too.
    """
    if is_open(a) or is_open(b):
        return times(to_node(a), to_node(b))
    left, right = shape_of(a), shape_of(b)
    if not left or not right:
        return hadamard(a, b)
    if len(left) > 2 or len(right) > 2:
        raise UserError(f"a matrix product takes vectors and matrices, not {shown(left)} and {shown(right)}")
    rows = a if len(left) == 2 else tuple((x,) for x in a)
    columns = tuple(zip(*b, strict=True)) if len(right) == 2 else (b,)
    if len(rows[0]) != len(columns[0]):
        hint = "; write ⊙ for element by element" if left == right and len(left) == 1 else ""
        raise UserError(f"a matrix product needs matching sizes, not {shown(left)} times {shown(right)}{hint}")
    _allow(len(rows), len(columns), len(rows[0]))
    result = tuple(tuple(_dot(row, column) for column in columns) for row in rows)
    if len(right) == 1:
        one = len(left) == 2 and len(rows) == 1 and not matrix
        return result[0][0] if one else tuple(row[0] for row in result)
    return result


def _allow(rows: int, columns: int, inner: int = 1) -> None:
    """Spends what an array of rows × columns costs. Raises LimitError when that is too large."""
    if rows * columns > LIMIT_CELLS:
        raise LimitError(f"an array that is computed has at most {LIMIT_CELLS} numbers, not {rows}×{columns}")
    if rows * columns * inner > LIMIT_WORK:
        raise LimitError(f"a matrix product takes at most {LIMIT_WORK} multiplications, not {rows * columns * inner}")
    spend(rows * columns * inner)


def _dot(a: tuple[Value, ...], b: tuple[Value, ...]) -> Value:
    total: Value = 0
    for x, y in zip(a, b, strict=True):
        if x.__class__ is not float or y.__class__ is not float:
            break
        total += x * y
    else:
        # by far the most frequent case: what is infinite on the way is not finite at the end
        if math.isfinite(total):
            return total
    return sum_of(times(x, y) for x, y in zip(a, b, strict=True))


def power(a: Value, exponent: int) -> Value:
    """A square matrix times itself, by squaring; A⁰ is the identity, A⁻¹ the inverse.

    UserError unless the exponent is in −1..64.
    """
    if not isinstance(exponent, int) or not -1 <= exponent <= 64:
        raise UserError("the power of a matrix is a whole number from 0 to 64, or -1 for its inverse")
    if exponent == -1:
        return inverse(a)
    if exponent == 0 and len(a) == len(a[0]):
        return diag((1,) * len(a))
    if exponent == 0:
        raise UserError(f"only a square matrix has a power, not one of {shown(shape_of(a))}")
    if exponent == 1:
        return a
    half = power(a, exponent // 2)
    whole = product(half, half)
    return product(whole, a) if exponent % 2 else whole


def transpose(a: Value) -> Value:
    """Aᵀ: a matrix (m, n) as (n, m), a vector (n,) as a row (1, n), a number as it is. UserError for more axes."""
    if is_open(a):
        return Transpose(a)
    rank = len(shape_of(a))
    if rank == 0:
        return a
    if rank == 1:
        return (a,)
    if rank > 2:
        raise UserError(f"a transpose takes a vector or a matrix, not {shown(shape_of(a))}")
    spend(len(a) * len(a[0]))
    return tuple(zip(*a, strict=True))


def outer(a: Value, b: Value) -> Value:
    """a bᵀ for two vectors; plain product where either is a number."""
    if (is_open(a) or is_open(b)) and not _is_number(a) and not _is_number(b):
        return Outer(to_node(a), to_node(b))
    if not isinstance(a, tuple) or not isinstance(b, tuple):
        return hadamard(a, b)
    if len(shape_of(a)) != 1 or len(shape_of(b)) != 1:
        raise UserError(f"⊗ takes two vectors, not {shown(shape_of(a))} and {shown(shape_of(b))}")
    _allow(len(a), len(b))
    return tuple(tuple(times(x, y) for y in b) for x in a)


def _is_number(value: Value) -> bool:
    return not isinstance(value, tuple) and not is_open(value)


def diag(a: Value) -> Value:
    """The square matrix with `a`, a vector or a matrix of one row, on its diagonal; a number stays itself."""
    if not isinstance(a, tuple):
        return a
    if len(a) == 1 and isinstance(a[0], tuple):
        return diag(a[0])
    if len(shape_of(a)) != 1:
        raise UserError(f"diag takes a vector, not {shown(shape_of(a))}")
    _allow(len(a), len(a))
    return tuple(tuple(x if i == j else 0 for j in range(len(a))) for i, x in enumerate(a))


def determinant(a: Value) -> Value:
    """Of a square matrix of numbers; of a number, itself. Exact for whole numbers and fractions."""
    if not shape_of(a):
        return a
    found, _ = _eliminated(a, "det takes a square matrix")
    return found


def inverse(a: Value) -> Value:
    """A⁻¹ of a square matrix of numbers. UserError where there is none."""
    found, right = _eliminated(a, "a square matrix has an inverse")
    if found == 0:
        raise UserError("a matrix with the determinant 0 has no inverse")
    return tuple(map(tuple, right))


def _eliminated(a: Value, rule: str) -> tuple[Value, list[list[Value]]]:
    """The determinant, and where it is not 0 the inverse, by elimination with the largest pivot of each column."""
    size, shape = len(a), shape_of(a)
    if len(shape) != 2 or shape[0] != shape[1]:
        raise UserError(f"{rule}, not one of {shown(shape)}")
    if any(isinstance(x, Node) for row in a for x in row):
        raise UserError(f"{rule} of numbers, not of letters")
    _allow(size * size, size)
    left = [[Fraction(x) if isinstance(x, int) else x for x in row] for row in a]
    right: list[list[Value]] = [[int(i == j) for j in range(size)] for i in range(size)]
    found: Value = 1
    for at in range(size):
        pivot = max(range(at, size), key=lambda row: abs(left[row][at]))
        if left[pivot][at] == 0:
            return 0, right
        if pivot != at:
            left[at], left[pivot], right[at], right[pivot] = left[pivot], left[at], right[pivot], right[at]
            found = -found
        scale = left[at][at]
        found = found * scale
        left[at], right[at] = [x / scale for x in left[at]], [x / scale for x in right[at]]
        for row in range(size):
            factor = left[row][at]
            if row != at and factor != 0:
                left[row] = [x - factor * y for x, y in zip(left[row], left[at], strict=True)]
                right[row] = [x - factor * y for x, y in zip(right[row], right[at], strict=True)]
    return exact(found), [[exact(x) for x in row] for row in right]


def trace(a: Value) -> Value:
    """The sum of the diagonal of a square matrix; of a number, itself."""
    shape = shape_of(a)
    if shape and (len(shape) != 2 or shape[0] != shape[1]):
        raise UserError(f"tr takes a square matrix, not {shown(shape)}")
    return sum_of([row[place] for place, row in enumerate(a)]) if shape else a


def block(rows: Sequence[Sequence[Value]]) -> Value:
    """One matrix from rows of blocks. A single number fills its block: 0 is a block of zeros.

    Such a block is as high and as wide as the blocks beside and above it, or, among numbers alone, as the largest.
    """
    if any(len(shape_of(cell)) not in (0, 2) for row in rows for cell in row):
        raise UserError("the blocks of a matrix are matrices and numbers")
    heights = _sizes([[len(cell) for cell in row if isinstance(cell, tuple)] for row in rows])
    columns = zip(*rows, strict=True)
    widths = _sizes([[len(cell[0]) for cell in column if isinstance(cell, tuple)] for column in columns])
    _allow(sum(heights), sum(widths))
    whole: list[Value] = []
    for row, height in zip(rows, heights, strict=True):
        cells = [_filled(cell, (height, width)) for cell, width in zip(row, widths, strict=True)]
        if any(len(cell) != height for cell in cells):
            raise UserError("blocks side by side have equal heights")
        whole.extend(sum((cell[i] for cell in cells), ()) for i in range(height))
    if len({len(row) for row in whole}) > 1:
        raise UserError("blocks that stand one above the other have equal widths")
    return tuple(whole)


def _sizes(known: Sequence[Sequence[int]]) -> list[int]:
    largest = max((size for sizes in known for size in sizes), default=1)
    return [max(sizes, default=largest) for sizes in known]


def end_to_end(parts: Sequence[Value]) -> Value:
    """One vector from vectors, one matrix from matrices on top of each other; a single number fills its part."""
    sizes = next((shape_of(part) for part in parts if isinstance(part, tuple)), (1,))
    _allow(len(parts) * sizes[0], sizes[1] if len(sizes) > 1 else 1)
    filled = [_filled(part, sizes) for part in parts]
    if len({shape_of(part)[1:] for part in filled}) > 1:
        raise UserError("blocks that stand one above the other have equal widths")
    return sum(filled, ())


def _filled(part: Value, sizes: tuple[int, ...]) -> Value:
    """The part itself, or an array of these sizes full of a number."""
    if isinstance(part, tuple):
        return part
    inner = part if len(sizes) == 1 else _filled(part, sizes[1:])
    return (inner,) * sizes[0]


def tuples(value: Any) -> Value:
    """Lists as tuples."""
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def flat(values: Iterable[Value]) -> tuple[Value, ...]:
    """All numbers, nesting undone."""
    result: list[Value] = []
    for value in values:
        if isinstance(value, tuple):
            result.extend(flat(value))
        else:
            result.append(value)
    return tuple(result)


def total(a: Value) -> Value:
    numbers = flat((a,))
    spend(len(numbers))
    return sum_of(numbers)


def whole_product(a: Value) -> Value:
    numbers = flat((a,))
    spend(len(numbers))
    return product_of(numbers)


def reverse(a: Value) -> Value:
    return a[::-1] if isinstance(a, tuple) else a


def unrolled(value: Value) -> Value:
    """The values of an unrolled step as a tuple, without the one before the first; any other value as it is."""
    if isinstance(value, dict):
        return tuple([unrolled(item) for index, item in value.items() if index >= 1])
    return value


def window(a: Value, top: Value, left: Value, height: Value, width: Value) -> Value:
    """The cells of a matrix in `height` rows from row `top` and `width` columns from `left`, as far as there are any.

    Counted from 1; `top` and `left` may lie before the edge. Raises UserError when no cell is left.
    """
    if len(shape_of(a)) != 2 or not all(isinstance(number, int) for number in (top, left, height, width)):
        raise UserError("window takes a matrix and four whole numbers: first row, first column, rows, columns")
    rows = a[max(0, top - 1) : max(0, top - 1 + height)]
    block = tuple(row[max(0, left - 1) : max(0, left - 1 + width)] for row in rows)
    if not block or not block[0]:
        raise UserError(f"a window of {height}×{width} from row {top}, column {left} lies outside {shown(shape_of(a))}")
    spend(len(block) * len(block[0]))
    return block


def place_of(best: Callable[..., Value], a: Value) -> int:
    """Where `best` (max or min) of an array stands, counted from 1 in reading order; of several the first.

    Raises UserError for a single number, or while letters are left over.
    """
    numbers = flat((a,))
    if not isinstance(a, tuple) or any(isinstance(number, Node) for number in numbers):
        raise UserError("argmax and argmin take an array of numbers")
    spend(len(numbers))
    return numbers.index(best(numbers)) + 1


def length(a: Value) -> int:
    if isinstance(a, Node):
        raise UserError(f"{', '.join(names_in(a))} is not given: a list of numbers is needed")
    if not isinstance(a, tuple):
        raise UserError("len takes a vector or a matrix, not a single number")
    return len(a)
