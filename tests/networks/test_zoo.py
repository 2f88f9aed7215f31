"""The zoo as a whole: what it holds, how a network is found, and that only what is asked for is loaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rows import each_row

from dlcalc.errors import UserError
from dlcalc.networks import zoo
from dlcalc.networks.table import tabulate

ROOT = Path(__file__).parents[2]


@each_row("id", zoo.names())
def test_a_network_is_built_under_its_id_and_title(id: str) -> None:
    """Every layer of it is known to the table, and nothing in it stays a letter."""
    network = zoo.network(id)
    assert (network.id, network.title) == (id, zoo.title(id))
    table = tabulate(network)
    assert not table.partial
    assert all(isinstance(value, int) for value in table.total.values())


def test_ids_are_used_once_and_read_on_the_command_line() -> None:
    names = zoo.names()
    assert len(set(names)) == len(names) == len({zoo.network(name).id for name in names})
    assert all(name == name.lower() and not set(name) & set(" ;/\\_") for name in names)


@pytest.mark.parametrize(
    ("alias", "id"),
    [
        ("AlexNet", "alexnet"), ("lenet-5", "lenet5"), ("LeNet", "lenet5"), ("VGG16_bn", "vgg16-bn"),
        ("VGG-16", "vgg16"), ("squeezenet1_0", "squeezenet1.0"), ("Inception V3", "inception-v3"),
        ("inception-v1", "googlenet"), ("SE-ResNet-50", "se-resnet50"), ("wide_resnet50", "wide-resnet50"),
    ],
)  # fmt: skip
def test_case_and_hyphens_do_not_matter(alias: str, id: str) -> None:
    assert zoo.network(alias).id == id
    assert zoo.title(alias) == zoo.title(id)


def test_no_two_ids_are_the_same_without_hyphens() -> None:
    plain = {"".join(c for c in name if c.isalnum()) for name in zoo.names()}
    assert len(plain) == len(zoo.names())


@pytest.mark.parametrize("ask", [zoo.network, zoo.title])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("vgg17", r"^vgg17 is not a network of the zoo; similar names are vgg1\d(-bn)?, "),
        ("?", r"^\? is not a network of the zoo; dlcalc net list names them$"),
        ("z" * 100_000, r"^z{37}\.\.\. is not a network of the zoo; dlcalc net list names them"),
    ],
)
def test_an_unknown_network_is_refused(ask, name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        ask(name)


def loaded_after(program: str) -> set[str]:
    """The files of the zoo that a fresh Python has loaded after `program`."""
    probe = f"import sys; from dlcalc.networks import zoo; {program}; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", probe], env=environment, capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    return {name.rpartition(".")[2] for name in done.stdout.split() if name.startswith("dlcalc.networks.zoo.")}


def test_only_the_file_of_a_network_is_loaded() -> None:
    assert loaded_after("[zoo.title(name) for name in zoo.names()]") == set()
    assert loaded_after("zoo.network('lenet5')") == {"lenet"}
