"""What a table spares itself: equal layers are worked out once, rows are found by name."""

from __future__ import annotations

import pytest

from dlcalc.errors import UserError
from dlcalc.networks import receptive_fields as fields_module
from dlcalc.networks import table as table_module
from dlcalc.networks import zoo
from dlcalc.networks.builder import Builder
from dlcalc.networks.table import tabulate
from dlcalc.networks.text import read


@pytest.mark.parametrize("layers", [200, 400])
def test_the_work_grows_no_faster_than_the_layers(monkeypatch: pytest.MonkeyPatch, layers: int) -> None:
    """Equal layers are worked out once; only the receptive field, another after each, is one more run per layer."""
    runs = 0
    run = table_module.run

    def counted(*args: object, **settings: object) -> object:
        nonlocal runs
        runs += 1
        return run(*args, **settings)  # type: ignore[arg-type]

    net = Builder("stack", "Stack", (32, 32, 8))
    for _ in range(layers):
        net.add("conv", k=8, f=3, p=1)
    monkeypatch.setattr(table_module, "run", counted)
    monkeypatch.setattr(fields_module, "run", counted)
    table = tabulate(net.build())
    assert runs == 1
    assert table.rows[-1].field[0].size == 1 + 2 * layers
    assert runs == layers + 1
    assert all(row.field and row.aligned for row in table.rows)
    assert runs == layers + 1
    assert len({id(row.working) for row in table.rows}) == 1
    assert table.total["parameters"] == layers * (9 * 8 * 8 + 8)


def test_repeated_blocks_share_their_workings() -> None:
    """ResNet-152 asks 363 times and needs fewer than 50 answers."""
    rows = tabulate(zoo.network("resnet152")).rows
    assert len(rows) == 363
    assert len({id(row.working) for row in rows}) < 50


def test_a_setting_in_another_order_asks_the_same() -> None:
    first, second = tabulate(read("8x8x3; conv 3 f3 p1; conv 3 p1 f3")).rows
    assert first.working is second.working


@pytest.mark.parametrize("other", [True, 1.0])
def test_equal_settings_of_other_types_are_not_the_same_question(other: object) -> None:
    """1, True and 1.0 are equal; only the first is a whole number, whatever was asked before."""
    net = Builder("net", "Net", (8, 8, 3))
    net.add("conv", k=4, f=1)
    net.add("conv", k=4, f=1, s=other)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=f"conv-2: s is a whole number.*not {other}"):
        tabulate(net.build())


def test_countings_that_do_not_differ_in_a_layer_share_its_working() -> None:
    network = read("28x28x1; conv 8 f3; dense 10")
    textbook, keras = tabulate(network), tabulate(network, "keras")
    assert textbook.rows[1].working is keras.rows[1].working


def test_rows_are_found_by_name_without_regard_to_case() -> None:
    table = tabulate(read("8x8x3; conv 3 f3; dense 10"))
    assert [table.row(name).layer.name for name in ("CONV-1", "fc-1")] == ["conv-1", "fc-1"]
    with pytest.raises(UserError, match="network has no layer fc-2; it has conv-1, fc-1"):
        table.row("fc-2")


def test_an_error_names_the_place_and_the_layer() -> None:
    """Whether the kind or its formula refuses."""
    with pytest.raises(UserError, match=r"layer 2 \(conv 3 f3\): conv-1 \(conv\) reads a map"):
        tabulate(read("8x8x1; dense 10; conv 3 f3"))
    with pytest.raises(UserError, match=r"layer 1 \(conv 3 f9\): conv-1: the filter does not fit"):
        tabulate(read("8x8x1; conv 3 f9"))
