"""Object detection: overlap of two boxes, anchors per image, and the output of a grid detector.

A box is (x1, y1, x2, y2) with x1 < x2 and y1 < y2, the corners in pixels or as fractions of the image; coordinates are
positions between pixels, so a width is x2 − x1. Anchors: S. Ren et al., Faster R-CNN, arXiv:1506.01497, and W. Liu et
al., SSD, arXiv:1512.02325. Grid: J. Redmon et al., You only look once, arXiv:1506.02640.
"""

from __future__ import annotations

from ...expressions.nodes import Kind
from ..model import Condition, Convention, Form, Formula, Mistake, Step, Variable

BOX_A = Variable("a", "first-box", "first box (x1, y1, x2, y2)", low=-(10**9), kind=Kind.VECTOR, integer=False,
                 ordinary=(0, 10), lengths=(4, 4))  # fmt: skip
BOX_B = Variable("b", "second-box", "second box (x1, y1, x2, y2)", low=-(10**9), kind=Kind.VECTOR, integer=False,
                 ordinary=(0, 10), lengths=(4, 4))  # fmt: skip
MAP = Variable("n", "map-size", "size of the feature map", per_axis=True, ordinary=(5, 40), search="1..4096")
SCALES = Variable("scales", "scales", "scales of the boxes", ordinary=(2, 4))
RATIOS = Variable("ratios", "ratios", "aspect ratios of the boxes", ordinary=(2, 4))
MAPS = Variable(
    "n", "map-sizes", "sides of the square feature maps", kind=Kind.VECTOR, ordinary=(2, 20), lengths=(3, 3)
)
BOXES_AT = Variable(
    "k", "boxes", "boxes at each position, map by map", kind=Kind.VECTOR, ordinary=(2, 6), lengths=(3, 3)
)
GRID = Variable("S", "grid", "cells of the grid along an axis", per_axis=True, ordinary=(3, 13), search="1..100")
BOXES = Variable("B", "boxes", "boxes per cell", ordinary=(2, 5), search="1..100")
CLASSES = Variable("C", "classes", "classes", ordinary=(2, 20), search="1..1000")

IOU = Formula(
    id="iou",
    title="Overlap of two boxes",
    variables=(BOX_A, BOX_B),
    steps=(
        Step("left", "max(a[1], b[1])", "left edge of the overlap"),
        Step("top", "max(a[2], b[2])", "upper edge of the overlap"),
        Step("right", "min(a[3], b[3])", "right edge of the overlap"),
        Step("bottom", "min(a[4], b[4])", "lower edge of the overlap"),
        Step("width", "max(0, right - left)", "width of the overlap, 0 when the boxes are side by side"),
        Step("height", "max(0, bottom - top)", "height of the overlap, 0 when one box is above the other"),
        Step("intersection", "width*height", "area of the overlap"),
        Step("area_a", "(a[3] - a[1])*(a[4] - a[2])", "area of the first box"),
        Step("area_b", "(b[3] - b[1])*(b[4] - b[2])", "area of the second box"),
        Step("union", "area_a + area_b - intersection", "area that the boxes cover together"),
        Step("iou", "intersection/union", "intersection over union"),
        Step("dice", "2*intersection/(area_a + area_b)", "Dice coefficient"),
    ),
    answers=("iou", "dice", "intersection", "union"),
    mistakes=(
        Mistake("overlap-counted-twice", "union", "area_a + area_b", "the sum of the two areas counts the overlap "
                "twice: subtract it once", 0.8, "Which part belongs to both boxes?"),
        Mistake("overlap-not-cut-at-zero", "intersection", "(right - left)*(bottom - top)", "boxes that do not meet "
                "have no overlap: a negative width or height counts as 0", 0.6, "Where do the two boxes meet?"),
        Mistake("enclosing-box", "union", "(max(a[3], b[3]) - min(a[1], b[1]))*(max(a[4], b[4]) - min(a[2], b[2]))",
                "the box around both also holds corners that belong to neither: the union is A + B − A∩B", 0.5, "Which "
                "parts of that area are in neither box?"),
        Mistake("smaller-box-for-union", "iou", "intersection/min(area_a, area_b)", "the overlap is divided by the "
                "union of the boxes, not by the smaller box", 0.3, "What is the overlap divided by?"),
        Mistake("intersection-alone", "iou", "intersection", "the intersection is divided by the union", 0.3,
                "How large is the IoU of a box with itself?"),
        Mistake("dice-for-iou", "iou", "2*intersection/(area_a + area_b)", "this is the Dice coefficient; IoU divides "
                "the overlap by the union", 0.4, "What is the overlap divided by?"),
        Mistake("two-forgotten", "dice", "intersection/(area_a + area_b)", "A + B counts the overlap twice, so Dice "
                "doubles the overlap: 2·A∩B/(A + B)", 0.5, "What should two equal boxes give?"),
        Mistake("iou-for-dice", "dice", "intersection/union", "this is IoU; Dice divides twice the overlap by the sum "
                "of both areas", 0.5, "What is the overlap divided by in Dice?"),
    ),
    conditions=(
        Condition("len(a) = 4", "a box is four numbers (x1, y1, x2, y2): the first box is {a}"),
        Condition("len(b) = 4", "a box is four numbers (x1, y1, x2, y2): the second box is {b}"),
        Condition("a[1] < a[3] and a[2] < a[4]", "a box has x1 < x2 and y1 < y2: the first box is {a}"),
        Condition("b[1] < b[3] and b[2] < b[4]", "a box has x1 < x2 and y1 < y2: the second box is {b}"),
    ),
    conventions=(
        Convention("textbook", "textbooks, COCO, PyTorch", "coordinates lie between pixels: a width is x2 − x1"),
        Convention("inclusive", "PASCAL VOC's tools", "both corner pixels belong to the box: a width is x2 − x1 + 1",
                   {"width": "max(0, right - left + 1)", "height": "max(0, bottom - top + 1)",
                    "area_a": "(a[3] - a[1] + 1)*(a[4] - a[2] + 1)", "area_b": "(b[3] - b[1] + 1)*(b[4] - b[2] + 1)"}),
    ),
    notes=("Dice = 2·IoU/(1 + IoU), so both rank pairs of boxes in the same order",),
    source="Everingham and others, The PASCAL visual object classes challenge, 2010",
)  # fmt: skip

ANCHORS = Formula(
    id="anchors",
    title="Anchors of one feature map",
    variables=(MAP, SCALES, RATIOS),
    steps=(
        Step("positions", "prod(n)", "positions of the feature map"),
        Step("per_position", "scales*ratios", "anchors at each position"),
        Step("anchors", "positions*per_position", "anchors per image"),
        Step("scores", "2*anchors", "scores to predict: object or not"),
        Step("coordinates", "4*anchors", "box coordinates to predict"),
    ),
    answers=("anchors", "per_position", "scores", "coordinates"),
    mistakes=(
        Mistake("scales-and-ratios-added", "per_position", "scales + ratios", "every scale is combined with every "
                "ratio, so their numbers are multiplied", 0.6, "How many boxes have the first scale?"),
        Mistake("ratios-forgotten", "per_position", "scales", "every scale is combined with each of the aspect ratios",
                0.4, "How many boxes have the first scale?"),
        Mistake("one-position", "anchors", "per_position", "these are the anchors of one position; every position of "
                "the map has as many", 0.5, "At how many positions are there anchors?"),
        Mistake("one-per-position", "anchors", "positions", "each position has an anchor for every scale and ratio, "
                "not only one", 0.4, "How many anchors are there at one position?"),
        Mistake("one-side", "positions", "n[1]", "there are anchors along both axes of the map: n² positions, not n",
                0.5, "At how many positions are there anchors?"),
        Mistake("one-score", "scores", "anchors", "Faster R-CNN predicts two scores for an anchor: object and "
                "background", 0.3, "How many numbers say whether an anchor holds an object?"),
        Mistake("corner-only", "coordinates", "2*anchors", "a box needs four numbers: the position of a corner or "
                "centre, and the size", 0.3, "How many numbers describe a box?"),
    ),
    forms=(Form("anchors", "prod(n)*scales*ratios"),),
    conventions=(
        Convention("textbook", "Faster R-CNN", "every scale with every ratio"),
        Convention("d2l", "Dive into Deep Learning", "only the pairs with the first scale or the first ratio",
                   {"per_position": "scales + ratios - 1"}, untrue=("every scale and ratio",)),
    ),
    axes=2,
    unknowns=(("n",), ("scales",), ("ratios",)),
    source="Ren and others, arXiv:1506.01497",
)  # fmt: skip

ANCHORS_MAPS = Formula(
    id="anchors_maps",
    title="Default boxes of several feature maps",
    variables=(MAPS, BOXES_AT),
    steps=(
        Step("positions", "n[l]^2", "positions of a map", each="l in 1..len(n)"),
        Step("boxes", "positions[l]*k[l]", "boxes of a map", each="l in 1..len(n)"),
        Step("anchors", "sum(l=1..len(n), boxes[l])", "boxes per image"),
    ),
    answers=("anchors",),
    mistakes=(
        Mistake("one-side", "positions", "n[l]", "there are boxes along both axes of a map: n² positions, not n", 0.6,
                "At how many positions of a map are there boxes?"),
        Mistake("one-per-position", "boxes", "positions[l]", "each position has k boxes, not one", 0.5, "How many "
                "boxes are there at one position?"),
        Mistake("first-map-only", "anchors", "boxes[1]", "every feature map has boxes, not only the first", 0.4,
                "Which feature maps predict boxes?"),
    ),
    forms=(Form("anchors", "sum(l=1..len(n), n[l]^2*k[l])"),),
    conditions=(Condition("len(k) = len(n)", "every feature map needs a number of boxes: one for each of {n}"),),
    conventions=(Convention("textbook", "SSD", "k boxes at every position"),),
    source="Liu and others, arXiv:1512.02325",
)  # fmt: skip

YOLO_GRID = Formula(
    id="grid",
    title="Output of a grid detector",
    variables=(GRID, BOXES, CLASSES),
    steps=(
        Step("per_box", "5", "numbers per box: x, y, width, height and confidence"),
        Step("per_cell", "per_box*B + C", "numbers per cell of the grid"),
        Step("output", "shape(S, per_cell)", "output shape"),
        Step("cells", "prod(S)", "cells of the grid"),
        Step("values", "cells*per_cell", "numbers in the output"),
        Step("boxes", "cells*B", "boxes per image"),
    ),
    answers=("output", "values", "per_cell", "boxes"),
    mistakes=(
        Mistake("confidence-forgotten", "per_box", "4", "a box also has a confidence: five numbers, not four", 0.6,
                "What does a box need besides its position and size?"),
        Mistake("one-box", "per_cell", "per_box + C", "each cell predicts B boxes, so the five numbers are multiplied "
                "by B", 0.5, "How many boxes does one cell predict?"),
        Mistake("classes-forgotten", "per_cell", "per_box*B", "each cell also predicts one probability per class", 0.5,
                "How does a cell say which class it sees?"),
        Mistake("one-class-number", "per_cell", "per_box*B + 1", "a cell has one probability for each of the C "
                "classes, not one number for the class", 0.3, "How does a cell say which class it sees?"),
        Mistake("one-side", "cells", "S[1]", "the grid has cells along both axes: S², not S", 0.4, "How many cells "
                "does the grid have?"),
        Mistake("one-box-per-cell", "boxes", "cells", "each cell predicts B boxes", 0.4, "How many boxes does one cell "
                "predict?"),
    ),
    forms=(Form("per_cell", "5B + C"),),
    conventions=(
        Convention("textbook", "YOLO, first version", "the boxes of a cell share their class probabilities: 5B + C"),
        Convention("classes-per-box", "YOLO from version 2 on", "every box has its own class probabilities: B(5 + C)",
                   {"per_cell": "B*(per_box + C)"}),
    ),
    axes=2,
    shape="output",
    unknowns=(("S",), ("B",), ("C",)),
    source="Redmon and others, arXiv:1506.02640",
)  # fmt: skip

FORMULAS = {formula.id: formula for formula in (IOU, ANCHORS, ANCHORS_MAPS, YOLO_GRID)}
