"""Keras's layers in our words: what each class is, from its configuration. A class that is not here is no kind we know.

Sizes as in the documentation of Keras 3; "same" padding of a transposed convolution is written as the padding and the
output padding that give the same size, or as a crop where they are uneven.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...errors import shown
from ...expressions.nodes import Value
from ..transposed import same
from . import keras_applications as applications
from . import keras_attention as attention
from .draft import per_axis, unusual
from .keras_functions import FUNCTIONS, argument, joined, new_shape, remark, together
from .keras_node import Node, Reader, Unknown, padded
from .keras_products import dot, einsum_dense
from .keras_recurrent import bidirectional, convlstm, recurrent, rnn
from .views import BATCH, View, product

_LARGEST = 10**9


def _window(given: Node) -> dict[str, Value]:
    """What convolutions share; a causal one has its padding before it."""
    return {"f": per_axis(given.sizes("kernel_size"))} | unusual(
        s=(per_axis(given.sizes("strides", 1)), 1),
        d=(per_axis(given.sizes("dilation_rate", 1)), 1),
        same=(given.word("padding", "valid") == "same", False),
    )


def _kernel(given: Node, bias: int = 1) -> Any:
    """The kernel with its filters first, and the bias."""

    def arrange(kernel: Any, *rest: Any) -> list[Any]:
        last = kernel.ndim - 1
        return [kernel.transpose(last, last - 1, *range(last - 1)), *rest[:bias]]

    return given.kept(arrange)


def _depthwise_kernel(kernel: Any, *rest: Any) -> list[Any]:
    last = kernel.ndim - 1
    f = kernel.shape[: last - 1]
    return [kernel.transpose(last - 1, last, *range(last - 1)).reshape(-1, 1, *f), *rest]


def _before(given: Node, settings: dict[str, Value]) -> str:
    """The map that a convolution reads; a padding before it becomes its own."""
    layer = given.as_map()
    if "same" not in settings and not given.over:
        layer, padding = given.draft.absorbed_padding(layer)
        settings |= {"p": padding} if padding else {}
    return layer


def _conv(given: Node) -> View:
    f, d = given.sizes("kernel_size"), given.sizes("dilation_rate", 1)
    causal = padded(given, "valid", "same", *(["causal"] if given.rank == 2 else [])) == "causal"
    settings: dict[str, Value] = {"k": given.whole("filters")} | _window(given)
    settings |= unusual(groups=(given.whole("groups", 1), 1)) | given.bias()
    if causal:
        ahead = d[0] * (f[0] - 1)
        before = given.add("pad", given.as_map(), final=False, pad_begin=ahead, pad_end=0)
    else:
        before = _before(given, settings)
    if given.get("lora_rank"):
        main = given.add("conv", before, final=False, frozen="weights", name="kernel", **settings)
        thin = {**settings, "k": given.whole("lora_rank"), "bias": False}
        first = given.add("conv", before, final=False, name="lora-a", **thin)
        second = given.add("conv", first, final=False, name="lora-b", k=settings["k"], f=1, bias=False)
        return given.out_map(given.add("add", main, second, remarks=given.activation()))
    return given.out_map(given.add("conv", before, remarks=given.activation(), arrays=_kernel(given), **settings))


def _local(given: Node) -> View:
    settings: dict[str, Value] = {"k": given.whole("filters"), "f": per_axis(given.sizes("kernel_size"))}
    settings |= unusual(s=(per_axis(given.sizes("strides", 1)), 1)) | given.bias()
    if padded(given, "valid", "same") == "same":
        raise Unknown("LocallyConnected that pads")
    return given.out_map(given.add("local-conv", given.as_map(), remarks=given.activation(), **settings))


def _depthwise_settings(given: Node) -> dict[str, Value]:
    padded(given, "valid", "same")
    return _window(given) | unusual(multiplier=(given.whole("depth_multiplier", 1), 1))


def _depthwise(given: Node) -> View:
    settings = _depthwise_settings(given) | given.bias()
    before, arrays = _before(given, settings), given.kept(_depthwise_kernel)
    return given.out_map(given.add("depthwise", before, remarks=given.activation(), arrays=arrays, **settings))


def _separable(given: Node) -> View:
    """Keras has one bias, behind both parts, and no activation between them."""
    settings = _depthwise_settings(given) | {"bias": False}
    first = given.kept(lambda kernel, *rest: _depthwise_kernel(kernel))
    between = given.add("depthwise", _before(given, settings), final=False, arrays=first, **settings)
    pointwise: dict[str, Value] = {"k": given.whole("filters"), "f": 1} | given.bias()
    second = given.kept(lambda _, kernel, *rest: [kernel.T, *rest])
    return given.out_map(given.add("conv", between, remarks=given.activation(), arrays=second, **pointwise))


def _transposed(given: Node) -> View:
    pads = padded(given, "valid", "same") == "same"
    f, s = given.sizes("kernel_size"), given.sizes("strides", 1)
    d = given.sizes("dilation_rate", 1)
    asked = given.sizes("output_padding") if given.get("output_padding") is not None else None
    axes = max(len(f), len(s), len(d), len(asked or ()))
    f, s, d = (sizes * axes if len(sizes) == 1 else sizes for sizes in (f, s, d))
    asked = asked * axes if asked and len(asked) == 1 else asked
    for key, sizes in (("kernel_size", f), ("strides", s), ("dilation_rate", d), ("output_padding", asked)):
        if sizes is not None and len(sizes) != axes:
            raise given.refused(key, f"this is a whole number, or one for each of {axes} axes, not {len(sizes)}")
    padding, after, cut = [], [], []
    for axis, (size, stride, dilation) in enumerate(zip(f, s, d, strict=True)):
        reach = dilation * (size - 1) + 1
        if asked:
            found = reach // 2 if pads else 0, asked[axis], 0
        else:  # (n − 1)s + max(reach, s) without padding
            found = same(size, stride, dilation) if pads else (0, max(0, stride - reach), 0)
        padding.append(found[0])
        after.append(found[1])
        cut.append(found[2])
    settings = {"k": given.whole("filters"), "f": per_axis(f)} | unusual(
        s=(per_axis(s), 1),
        p=(per_axis(tuple(padding)), 0),
        d=(per_axis(d), 1),
        output_padding=(per_axis(tuple(after)), 0),
        groups=(given.whole("groups", 1), 1),
        bias=(given.flag("use_bias", True), True),
    )
    words = given.activation()
    uneven = any(cut)
    odd = any(p and more for p, more in zip(padding, after, strict=True))
    layer = given.add(
        "conv-transpose", given.as_map(), final=not uneven, remarks=words, arrays=_kernel(given),
        unlike="an odd pixel is cut off at the end" if odd else "", **settings,
    )  # fmt: skip
    if uneven:
        layer = given.add("crop", layer, crop_begin=0, crop_end=per_axis(tuple(cut)))
    return given.out_map(layer)


def _pool(kind: str) -> Reader:
    def read(given: Node) -> View:
        f = given.sizes("pool_size", 2)
        s = given.sizes("strides") if given.get("strides") is not None else f
        same = padded(given, "valid", "same") == "same"
        settings = {"f": per_axis(f)} | unusual(s=(per_axis(s), per_axis(f)), same=(same, False))
        return given.out_map(given.add(kind, given.as_map(), **settings))

    return read


def _global_pool(kind: str) -> Reader:
    def read(given: Node) -> View:
        if given.flag("keepdims", False):
            return given.out_map(given.add(f"adaptive-{kind}", given.as_map(), o=1))
        return given.out(given.add(f"global-{kind}", given.as_map()))

    return read


def _adaptive_pool(kind: str) -> Reader:
    def read(given: Node) -> View:
        return given.out_map(given.add(f"adaptive-{kind}", given.as_map(), o=per_axis(given.sizes("output_size"))))

    return read


def _dense(given: Node) -> View:
    """On a map Keras works at every position, as a 1×1 convolution does."""
    units, bias = given.whole("units"), given.bias()
    if given.get("lora_rank"):
        return _lora(given, units, bias)
    places = given.places([len(given.x.axes) - 1])
    return given.back(_dense_at(given, given.arranged(places), units, bias, remarks=given.activation()), places)


def _dense_at(given: Node, before: str, units: int, settings: dict[str, Value], **how: Any) -> str:
    lead = len(given.x.axes) - 2
    if "name" not in how:
        ones = (1,) * lead if not given.over and 1 < lead <= 3 else ()
        how["arrays"] = given.kept(lambda kernel, *rest: [kernel.T.reshape(*kernel.T.shape, *ones), *rest])
    if given.over or lead > 3:
        return given.add("dense", before, over=lead, m=units, **settings, **how)
    if lead > 1:
        return given.add("conv", before, k=units, f=1, **settings, **how)
    return given.add("dense", before, m=units, **settings, **how)


def _lora(given: Node, units: int, bias: dict[str, Value]) -> View:
    """The weights are frozen, and the product of two thin matrices is trained instead."""
    places = given.places([len(given.x.axes) - 1])
    before = given.arranged(places)
    main = _dense_at(given, before, units, bias, final=False, frozen="weights", name="kernel")
    thin = _dense_at(given, before, given.whole("lora_rank"), {"bias": False}, final=False, name="lora-a")
    wide = _dense_at(given, thin, units, {"bias": False}, final=False, name="lora-b")
    return given.back(given.add("add", main, wide, remarks=given.activation()), places)


def _batchnorm(given: Node) -> View:
    at = given.axis(given.values.get("axis", -1))
    flags = {"scale": given.flag("scale", True), "shift": given.flag("center", True)}
    places = given.places([at])
    settings = unusual(**{name: (value, True) for name, value in flags.items()})
    eps, arrays = {"eps": given.values.get("epsilon", 1e-3)}, given.kept(lambda *four: four)
    layer = given.add("batchnorm", given.arranged(places), over=0, arrays=arrays, details=eps, **settings)
    return given.back(layer, places)


def _layernorm(given: Node) -> View:
    axes = given.values.get("axis", -1)
    places = [given.axis(axis) for axis in (axes if isinstance(axes, list) else [axes])]
    return _normalised(given, "rmsnorm" if given.get("rms_scaling") is True else "layernorm", sorted(places))


def _normalised(given: Node, kind: str, axes: list[int]) -> View:
    scale, shift = given.flag("scale", True), kind == "layernorm" and given.flag("center", True)
    eps = given.values.get("epsilon", 1e-3 if given.place.where.find("LayerNorm") >= 0 else 1e-6)
    last = axes == [len(given.x.axes) - 1] and given.x.plain and kind == "layernorm"
    if not scale and not shift:
        return given.follow("normalised", beside=(eps, 1) if last else None)
    only = "only a shift is learned" if shift and not scale else ""
    rms = "it divides by the deviation alone" if given.get("rms_scaling") is True else ""
    kind = "layernorm" if scale and shift else "rmsnorm"
    places = given.places(axes)
    named = kind == "rmsnorm" and given.place.where.find("LayerNorm") >= 0
    settings = unusual(axes=(len(axes), 1)) | ({"bias": False} if named else {})
    arrays = given.kept(lambda *two: [each.reshape(-1) for each in two])
    layer = given.add(
        "layernorm" if named else kind, given.arranged(places), over=0, arrays=arrays, details={"eps": eps},
        unlike=only or rms, **settings,
    )  # fmt: skip
    return given.back(layer, places)


def _rmsnorm(given: Node) -> View:
    return _normalised(given, "rmsnorm", [given.axis(given.values.get("axis", -1))])


def _groupnorm(given: Node) -> View:
    at = given.axis(given.values.get("axis", -1))
    scale, shift = given.flag("scale", True), given.flag("center", True)
    if not scale and not shift:
        return given.follow("normalised", beside=None)
    groups: Value = given.get("groups") if given.get("groups") != -1 else given.x.shape()[at]
    places = given.places([at])
    settings = {"groups": groups} | unusual(bias=(scale and shift, True))
    layer = given.add(
        "groupnorm", given.arranged(places), over=0, arrays=given.kept(lambda *two: two),
        details={"eps": given.values.get("epsilon", 1e-3)},
        unlike="only a shift is learned" if shift and not scale else "", **settings,
    )  # fmt: skip
    return given.back(layer, places)


def _prelu(given: Node) -> View:
    """A slope for each number but along the axes that share them."""
    shared = given.get("shared_axes") or []
    if not isinstance(shared, list):
        raise given.refused("shared_axes", f"this is a list of axes, not {shown(shared)}")
    gone = {given.axis(axis, "shared_axes") for axis in shared}
    sizes = given.x.shape()
    count = product([sizes[at] for at in range(1 + given.over, len(sizes)) if at not in gone])
    places, plain = given.places([]), given.x.plain
    slopes = tuple(1 if at in gone else size for at, size in enumerate(sizes) if at > given.over)
    layer = given.add(
        "prelu", given.arranged(places), over=0, arrays=given.kept(lambda alpha: [alpha.reshape(-1)]),
        details={"shape": slopes}, unlike="" if plain else "the shape of its slopes is not that of the layer", n=count,
    )  # fmt: skip
    return given.back(layer, places)


def _reversible_embedding(given: Node) -> View:
    """Forwards an embedding; in reverse the product with the same table, or with one of its own."""
    call = given.place.node if isinstance(given.place.node, dict) else {}
    kwargs = call.get("kwargs")
    back = kwargs.get("reverse") if isinstance(kwargs, dict) else None
    back = argument(given, 1) if back is None else back
    if not back:
        return _embedding(given)
    if not given.flag("tie_weights", True):
        given._made = 1
    if not given.place.owners:
        raise Unknown("ReversibleEmbedding that is only read in reverse")
    return given.out(given.add("dense", given.ordered(), m=given.whole("input_dim"), bias=False))


def _concat(given: Node) -> View:
    at = given.axis(given.values.get("axis", -1))
    if len({len(view.axes) for view in given.views}) > 1:
        raise Unknown("Concatenate of inputs of different axes")
    layers, places = together(given, at)
    here = places.index(at)
    settings = unusual(axis=(here + 1 - given.over, len(places) - given.over))
    layer = given.add("concat", *layers, **settings)
    number = {place: index for index, place in enumerate(places)}
    return given.out(layer, [number.get(place, BATCH) for place in range(len(given.x.axes))])


def _pairs(given: Node, key: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(before, after) along each axis, as paddings and croppings say them."""
    found = given.get(key)
    items = found if isinstance(found, list) else [found]
    if items and all(isinstance(item, list) and len(item) == 2 for item in items):
        begin, end = zip(*items, strict=True)
    elif len(items) == 2 and given.rank == 2:
        begin, end = (items[0],), (items[1],)
    else:
        begin = end = tuple(items)
    sizes = [*begin, *end]
    if not 1 <= len(begin) <= 3 or not all(type(size) is int and 0 <= size <= _LARGEST for size in sizes):
        rule = f"this is a whole number, or one or two for each axis, not {shown(found)}"
        raise given.refused(key, rule)
    return begin, end


def _zero_padding(given: Node) -> View:
    begin, end = _pairs(given, "padding")
    settings = {"pad_begin": per_axis(begin)} | unusual(pad_end=(per_axis(end), per_axis(begin)))
    return given.out_map(given.add("pad", given.as_map(), **settings))


def _cropping(given: Node) -> View:
    begin, end = _pairs(given, "cropping")
    settings = {"crop_begin": per_axis(begin)} | unusual(crop_end=(per_axis(end), per_axis(begin)))
    return given.out_map(given.add("crop", given.as_map(), **settings))


def _upsampling(given: Node) -> View:
    mode = given.word("interpolation", "nearest")
    details = {} if mode == "nearest" else {"mode": _MODES.get(mode, mode), "coordinates": "half_pixel"}
    return given.out_map(given.add("upsample", given.as_map(), details=details, s=per_axis(given.sizes("size", 2))))


_MODES = {"bilinear": "linear"}


def _resize(given: Node) -> View:
    """keras.ops.image.resize."""
    size = given.sizes("size")
    given.values = {**given.values, "height": size[0], "width": size[-1]}
    return _resizing(given)


def _resizing(given: Node) -> View:
    o = (given.whole("height"), given.whole("width"))
    mode = given.word("interpolation", "bilinear")
    details = {"mode": _MODES.get(mode, mode), "coordinates": "half_pixel", "rounding": "round_prefer_floor"}
    odd = given.get("crop_to_aspect_ratio") or given.get("pad_to_aspect_ratio") or given.get("antialias")
    unlike = "it keeps the ratio of its sides" if odd else ""
    return given.out_map(given.add("resize", given.as_map(), details=details, unlike=unlike, o=per_axis(o)))


def _center_crop(given: Node) -> View:
    """Cut to a size from the middle; what is smaller is resized first."""
    layer, wanted = given.as_map(), (given.whole("height"), given.whole("width"))
    now = (given.draft.shape(layer) or ())[given.over : given.over + 2]
    if not all(isinstance(size, int) and size >= out for size, out in zip(now, wanted, strict=True)):
        return given.out_map(given.add("resize", layer, o=per_axis(wanted)))
    left = [size - out for size, out in zip(now, wanted, strict=True) if isinstance(size, int)]
    begin, end = tuple(cut // 2 for cut in left), tuple(cut - cut // 2 for cut in left)
    return given.out_map(given.add("crop", layer, crop_begin=per_axis(begin), crop_end=per_axis(end)))


def _flatten(given: Node) -> View:
    whole = _is_whole(given)
    if whole:
        given.order = tuple(axis for axis in given.x.axes if axis >= 0)
        if given.channels_first and len(given.order) > 1:
            given.order = (*given.order[1:], given.order[0])
    return given.out(given.add("flatten", given.x.layer if whole else given.ordered()))


def _is_whole(given: Node) -> bool:
    """What is read is a layer as it is, its axes in whatever order."""
    return given.x.sizes == given.draft.shape(given.x.layer) and not given.over


def _reshape(given: Node) -> View:
    target = given.get("target_shape")
    if not isinstance(target, list) or not 1 <= len(target) <= 8 or not all(type(n) is int and n >= -1 for n in target):
        raise given.refused("target_shape", f"this is a list of 1 to 8 sizes, not {shown(target)}")
    return given.out(given.add("reshape", given.ordered(), y=tuple(target)))


def _permute(given: Node) -> View:
    dims = given.get("dims")
    if not isinstance(dims, list) or sorted(map(str, dims)) != sorted(str(at + 1) for at in range(given.rank)):
        raise given.refused("dims", f"this names each of {given.rank} axes once, not {shown(dims)}")
    order = (*range(1, given.over + 1), *(axis + given.over for axis in dims))
    return given.out(given.add("permute", given.ordered(), over=0, order=order))


def _repeat_vector(given: Node) -> View:
    return given.out(given.add("repeat", given.ordered(), times=given.whole("n")))


def _embedding(given: Node) -> View:
    settings: dict[str, Value] = {"v": given.whole("input_dim"), "n": given.whole("output_dim")}
    if given.get("lora_rank"):
        words, rank = given.ordered(), given.whole("lora_rank")
        main = given.add("embedding", words, final=False, over=0, frozen="all", name="table", **settings)
        first = given.add("embedding", words, final=False, over=0, name="lora-a", v=settings["v"], n=rank)
        positions = len(given.x.axes) - 2
        second = given.add("dense", first, final=False, over=positions, name="lora-b", m=settings["n"], bias=False)
        return given.out(given.add("add", main, second))
    arrays = given.kept(lambda table, *rest: [table])
    return given.out(given.add("embedding", given.ordered(), over=0, arrays=arrays, **settings))


def _relu(given: Node) -> View:
    slope = given.get("negative_slope") or given.get("alpha")
    most = given.get("max_value")
    odd = given.get("threshold") or (most not in (None, 6)) or (most == 6 and slope)
    beside: Any = None if odd else (float(slope),) if slope and isinstance(slope, int | float) else ()
    return given.follow("leaky" if slope else "relu6" if most == 6 else "relu", beside=beside)


def _leaky(given: Node) -> View:
    """Keras 2 calls the slope alpha."""
    slope = given.values.get("negative_slope", given.values.get("alpha", 0.3))
    return given.follow("leaky", beside=(float(slope),) if isinstance(slope, int | float) else None)


def _dropout(given: Node) -> View:
    rate = given.get("rate")
    known = isinstance(rate, int | float) and 0 <= rate < 1
    return given.follow(f"dropout{rate:g}" if known and rate else "dropout")


def _activation(given: Node) -> View:
    words = given.activation()
    return given.follow(*words, beside=(0.2,) if words == ("leaky",) else ())


def _category_encoding(given: Node) -> View:
    """Each class a number: of one for each input, or of all together."""
    mode, classes = given.word("output_mode", "multi_hot"), given.whole("num_tokens")
    sizes, layer = given.x.shape()[1:], given.ordered()
    unlike = "its numbers are compared with classes"
    if mode == "one_hot" and sizes[-1] != 1:
        layer, sizes = given.ordered(given.x.unsqueezed({len(given.x.axes)})), (*sizes, 1)
    elif sizes[-1] != 1:
        layer = given.add("reduce", layer, final=False, unlike=unlike, axes=len(sizes), keep=True)
        sizes = (*sizes[:-1], 1)
    return given.out(given.add("expand", layer, unlike=unlike, y=(*sizes[:-1], classes)))


def _normalization(given: Node) -> View:
    """By means and variances that are measured: kept beside their number, and not learned."""
    if given.get("mean") is not None:
        return given.follow("normalization", beside=_measured(given))
    axes = given.values.get("axis", -1)
    axes = axes if isinstance(axes, list) else [] if axes is None else [axes]
    shape = given.x.shape()
    count = product([shape[given.axis(axis)] for axis in axes])
    last = [given.axis(axis) for axis in axes] == [len(shape) - 1] and given.x.plain
    layer = given.add(
        "scale", given.arranged(given.places([])), over=0, frozen="all",
        arrays=given.kept(lambda mean, variance, number: [mean.reshape(-1), variance.reshape(-1), number.reshape(1)]),
        details={"measured": True}, unlike="" if last else "it is measured along other axes", n=2 * count + 1,
    )  # fmt: skip
    return given.back(layer, given.places([]))


def _measured(given: Node) -> tuple[Any, Any] | None:
    """The mean and the variance that stand in the configuration, of the channels."""
    axes, found = given.values.get("axis", -1), [given.get(name) for name in ("mean", "variance")]
    last = given.x.plain and [given.axis(axis) for axis in (axes if isinstance(axes, list) else [axes])] == [
        len(given.x.axes) - 1
    ]
    lists = [each if isinstance(each, list) else [each] for each in found]
    known = all(isinstance(number, int | float) for each in lists for number in each)
    return (lists[0], lists[1]) if last and known else None


def _spectral(given: Node) -> View:
    """The layer in it, and a vector that is kept from step to step."""
    name, inner = given.inner("layer")
    if name not in ("Dense", "Conv1D", "Conv2D", "Conv3D", "Embedding"):
        raise Unknown(f"SpectralNormalization {name}")
    inner.place = replace(inner.place, name=given.draft.free(f"{given.place.name}-layer"))
    inner.place.unlike = "its weights are divided by what its wrapper keeps"
    found = READERS[name](inner)
    assert isinstance(found, View)
    given._made, given.views = inner._made, [found]
    count = inner.whole({"Dense": "units", "Embedding": "output_dim"}.get(name, "filters"))
    places = given.places([])
    unlike = "the layer in it is divided by what it keeps"
    return given.back(given.add("scale", given.arranged(places), over=0, frozen="all", unlike=unlike, n=count), places)


def _nothing(given: Node) -> View:
    return given.x


READERS: dict[str, Reader] = {
    **FUNCTIONS, **applications.READERS,
    **{f"Conv{axes}D": _conv for axes in (1, 2, 3)},
    **{f"Conv{axes}DTranspose": _transposed for axes in (1, 2, 3)},
    **{f"DepthwiseConv{axes}D": _depthwise for axes in (1, 2)},
    **{f"SeparableConv{axes}D": _separable for axes in (1, 2)},
    **{f"LocallyConnected{axes}D": _local for axes in (1, 2)},
    **{f"MaxPooling{axes}D": _pool("maxpool") for axes in (1, 2, 3)},
    **{f"AveragePooling{axes}D": _pool("avgpool") for axes in (1, 2, 3)},
    **{f"GlobalAveragePooling{axes}D": _global_pool("avgpool") for axes in (1, 2, 3)},
    **{f"GlobalMaxPooling{axes}D": _global_pool("maxpool") for axes in (1, 2, 3)},
    **{f"AdaptiveAveragePooling{axes}D": _adaptive_pool("avgpool") for axes in (1, 2, 3)},
    **{f"AdaptiveMaxPooling{axes}D": _adaptive_pool("maxpool") for axes in (1, 2, 3)},
    **{f"ZeroPadding{axes}D": _zero_padding for axes in (1, 2, 3)},
    **{f"Cropping{axes}D": _cropping for axes in (1, 2, 3)},
    **{f"UpSampling{axes}D": _upsampling for axes in (1, 2, 3)},
    **{f"SpatialDropout{axes}D": _dropout for axes in (1, 2, 3)},
    **{
        name: remark(name.lower())
        for name in ("Masking", "GaussianNoise", "UnitNormalization")
    },
    "Rescaling": remark("rescaling", scale=1.0, offset=0.0),
    **{
        f"Random{what}": _nothing
        for what in ("Flip", "Rotation", "Zoom", "Translation", "Contrast", "Brightness")
    },  # in training only
    "SpectralNormalization": _spectral,
    "Identity": _nothing, "ActivityRegularization": _nothing, "Normalization": _normalization,
    "Dense": _dense, "EinsumDense": einsum_dense, "Flatten": _flatten, "Reshape": _reshape, "Permute": _permute,
    "RepeatVector": _repeat_vector, "Resizing": _resizing, "CenterCrop": _center_crop, "RandomCrop": _center_crop,
    "Embedding": _embedding,
    "SimpleRNN": recurrent("rnn"), "LSTM": recurrent("lstm"), "GRU": recurrent("gru"), "RNN": rnn,
    **{f"ConvLSTM{axes}D": convlstm for axes in (1, 2, 3)}, "Bidirectional": bidirectional,
    "GroupedQueryAttention": attention.grouped, "GroupQueryAttention": attention.grouped,
    "AdditiveAttention": attention.additive, "ReversibleEmbedding": _reversible_embedding,
    "Discretization": remark("discretization"), "CategoryEncoding": _category_encoding,
    "MaxPool": _pool("maxpool"), "AveragePool": _pool("avgpool"), "Resize": _resize,
    "MultiHeadAttention": attention.multi_head, "Attention": attention.dot,
    "BatchNormalization": _batchnorm, "LayerNormalization": _layernorm, "RMSNormalization": _rmsnorm,
    "GroupNormalization": _groupnorm,
    "Add": joined("add"), "Multiply": joined("multiply"), "Subtract": joined("subtract"),
    "Average": joined("average"), "Maximum": joined("maximum"), "Minimum": joined("minimum"),
    "Concatenate": _concat, "Dot": dot,
    "Dropout": _dropout, "AlphaDropout": _dropout, "GaussianDropout": _dropout,
    "Activation": _activation, "ReLU": _relu, "PReLU": _prelu,
    "LeakyReLU": _leaky, "ELU": remark("elu", alpha=1.0), "Softmax": remark("softmax"),
}  # fmt: skip
"""Class → what its configuration says."""

SEVERAL = frozenset({
    "Add", "Multiply", "Subtract", "Average", "Maximum", "Minimum", "Concatenate", "Dot", "MultiHeadAttention",
    "Attention", "Divide", "TrueDivide", "Matmul", "AdditiveAttention", "GroupedQueryAttention", "GroupQueryAttention",
    "Stack", "Einsum", "Where", "Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual", "LogicalAnd",
    "LogicalOr", "CustomScaleLayer",
})  # fmt: skip
"""Classes that read several layers; a recurrent one may also read the state that it starts from."""


def reader(kind: str, values: dict[str, Any]) -> Reader:
    """What reads a class. Raises Unknown."""
    if kind == "Reshape" and "newshape" in values:
        return new_shape
    if kind not in READERS:
        raise Unknown(kind)
    return READERS[kind]
