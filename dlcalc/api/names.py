"""What can be named: networks of the zoo, kinds of layers, problems and their topics, training's data and rules."""

from __future__ import annotations

from collections.abc import Iterator


def networks() -> tuple[str, ...]:
    """The ids of the zoo."""
    from ..networks import zoo

    return zoo.names()


def is_network(name: str) -> bool:
    """Whether a network of the zoo has that name, however it is spelt."""
    from ..networks import zoo

    return zoo.is_known(name)


def layer_examples() -> Iterator[tuple[str, str, str]]:
    """Each name that a kind of layer has in a line of text, an example of the kind, and what it is in words."""
    from ..networks.kinds import in_a_line

    for kind in in_a_line():
        yield from ((name, kind.example or kind.name, kind.words) for name in (*kind.aliases, kind.name))


def layers() -> tuple[str, ...]:
    """The kinds of layers that a line of text has."""
    from ..networks.kinds import KINDS

    return tuple(KINDS)


def problems() -> tuple[str, ...]:
    """The ids of the bank."""
    from ..quiz import bank

    return tuple(path.stem for path in bank.files())


def topics() -> tuple[str, ...]:
    """The topics of the bank."""
    from ..quiz import bank

    return bank.topics()


def data() -> tuple[str, ...]:
    """The data that is made, for training; none where the extra `numeric` is missing."""
    try:
        from ..training.generated import GENERATORS
    except ImportError:
        return ()
    return tuple(GENERATORS)


def optimizers() -> tuple[str, ...]:
    """The rules of training, then each with each of its forms, adam:keras; none where `numeric` is missing."""
    try:
        from ..training.optimiser import ALIASES, RULES
    except ImportError:
        return ()
    return (*RULES, *ALIASES, *(f"{name}:{form}" for name, rule in RULES.items() for form in rule.forms))
