"""Keras's products of tensors in our words: EinsumDense, with its thin kernels too, and Dot."""

from __future__ import annotations

from typing import Any

from ...expressions.nodes import Value
from .keras_node import Node, Unknown
from .views import View, product


def einsum_dense(given: Node) -> View:
    equation, wanted = given.word("equation", ""), given.get("output_shape")
    wanted = wanted if isinstance(wanted, list) else [wanted]
    left, arrow, right = equation.replace(" ", "").partition("->")
    term, comma, kernel = left.partition(",")
    rest = [letter for letter in "ABCDEFGH" if letter not in equation][: max(0, given.rank + 1 - len(term) + 3)]
    if "..." in term:
        dots = "".join(rest[: given.rank + 1 - len(term) + 3])
        term, right = term.replace("...", dots), right.replace("...", dots)
    sizes: dict[str, Any] = dict(zip(term[1:], given.shape, strict=False))
    sizes |= {letter: size for letter, size in zip(reversed(right), reversed(wanted), strict=False) if size is not None}
    letters = {*kernel, *right[1:], *term[1:]}
    if not (arrow and comma) or len(term) != given.rank + 1 or not letters <= set(sizes) or given.over:
        raise Unknown("EinsumDense of another equation")
    summed = product([sizes[letter] for letter in term[1:] if letter not in right])
    bias = given.get("bias_axes") or ""
    count = product([sizes[letter] for letter in bias]) if bias else 0
    settings: dict[str, Value] = {"y": tuple(sizes[letter] for letter in right[1:]), "s": summed,
                                  "w": product([sizes[letter] for letter in kernel]), "b": count}  # fmt: skip
    if given.get("lora_rank"):
        return _einsum_lora(given, settings, sizes, (term, kernel, right))
    shape = tuple(sizes[letter] if letter in bias else 1 for letter in right[1:])
    return given.out(given.add(
        "einsum", given.ordered(), remarks=given.activation(), arrays=given.kept(
            lambda kernel, *rest: [kernel, *(each.reshape(shape) for each in rest)]),
        details={"equation": f"{term[1:]},{kernel}->{right[1:]}", "bias_shape": shape}, **settings,
    ))  # fmt: skip


def _einsum_lora(given: Node, settings: dict[str, Value], sizes: dict[str, Any], terms: tuple[str, str, str]) -> View:
    """A thin kernel whose last axis is the rank, and a matrix from it to the kernel's last axis."""
    term, kernel, right = terms
    last, rank = kernel[-1], given.whole("lora_rank")
    if last not in right or last in term:
        raise Unknown("EinsumDense with LoRA of another equation")
    before = given.ordered()
    thin = tuple(rank if letter == last else sizes[letter] for letter in right[1:])
    main = given.add("einsum", before, final=False, frozen="weights", name="kernel", **settings)
    first = given.add("einsum", before, final=False, name="lora-a", y=thin, s=settings["s"],
                      w=product([rank if letter == last else sizes[letter] for letter in kernel]), b=0)  # fmt: skip
    second = given.add("einsum", first, final=False, name="lora-b", y=settings["y"], s=rank, w=rank * sizes[last], b=0)
    return given.out(given.add("add", main, second, remarks=given.activation()))


def dot(given: Node) -> View:
    """A sum of products along one axis of each of two inputs."""
    axes = given.get("axes")
    axes = axes if isinstance(axes, list) else [axes, axes]
    if len(given.views) != 2 or len(axes) != 2 or not all(type(axis) is int for axis in axes):
        raise Unknown("Dot of other inputs")
    a, b = (list(view.shape()) for view in given.views)
    first, second = axes[0] % len(a), axes[1] % len(b)
    if 0 in (first, second):
        raise Unknown("Dot along the batch")
    y = [
        *(size for at, size in enumerate(a) if at not in (0, first)),
        *(s for at, s in enumerate(b) if at not in (0, second)),
    ]
    layers = [given.ordered(view) for view in given.views]
    left, right = "abcdefgh"[: len(a)], "ijklmnop"[: len(b)].replace("ijklmnop"[second], "abcdefgh"[first])
    made = "".join(x for side, at in ((left, first), (right, second)) for i, x in enumerate(side) if i not in (0, at))
    details = {"equation": f"{left[1:]},{right[1:]}->{made}"} if made and not given.get("normalize") else {}
    return given.out(given.add("einsum", *layers, details=details, y=tuple(y) or (1,), s=a[first]))
