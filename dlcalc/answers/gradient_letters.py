"""Letters of a course for the weights and sequences of a network: those of its profile, and those that are given."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import UserError, printable
from ..gradients.model import Network
from .gradient_notation import split

_LETTER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}")
_FORMULAS = {
    "rnn": ("rnn_by_hand", "rnn_softmax_by_hand", "rnn_output_by_hand"),
    "lstm": ("lstm_by_hand",),
    "peephole": ("lstm_peephole_by_hand",),
    "gru": ("gru_by_hand",),
}
"""Cell → the formulas whose letters it has: a profile may say how its course writes them."""


Letters = Mapping[str, str]


def letters_of(
    network: Network, of_course: Mapping[str, Letters], given: str | Letters | None = None
) -> dict[str, str]:
    """Our letter → how it is written.

    `of_course`: formula → the letters that a profile has for it; `given`, "W=W_rec, U=W_in", counts more.
    Raises UserError for a letter that the network has not, and for two that are written alike.
    """
    found = _of_profile(network, of_course)
    found |= _read(given) if isinstance(given, str) else dict(given or {})
    known = network.declarations.kinds
    for ours, written in found.items():
        if ours not in known:
            rule = f"the letters of this network are {', '.join(known)}"
            raise UserError(f"{rule}: what is written for another is W=W_rec, not {printable(ours)[:20]}=…")
        if not _LETTER.fullmatch(written):
            raise UserError(f"a letter is a name such as W_rec, not {printable(written)[:40]}")
    twice = [written for written in found.values() if list(found.values()).count(written) > 1]
    if twice:
        one, other = [ours for ours, written in found.items() if written == twice[0]][:2]
        raise UserError(f"{one} and {other} are both written {twice[0]}")
    return found


def _of_profile(network: Network, of_course: Mapping[str, Letters]) -> dict[str, str]:
    names = dict.fromkeys(network.declarations.kinds, "")
    found: dict[str, str] = {}
    for id in _FORMULAS.get(network.cell, ()):
        own = of_course.get(id, {})
        found |= {name: own[name] for name in names if name in own and own[name] != name}
    return found


def _read(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in split(text.replace("\n", ","), ",;"):
        ours, equals, written = (part.strip() for part in pair.partition("="))
        if not pair.strip():
            continue
        if not equals or not ours or not written:
            raise UserError(f"letters are given as W=W_rec, ours first, not {printable(pair.strip())[:40]}")
        found[ours] = re.sub(r"\{(\w+)\}", r"\1", written)
    return found
