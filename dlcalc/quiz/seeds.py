"""The secret of an exam, and what is derived from it: every student's seeds, and the codes that stand on the sheets.

A seed is an HMAC of the secret, so nobody without it can compute a variant, a neighbour's or one's own. A code is
another HMAC of it and tells nothing.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from collections.abc import Iterable
from typing import TypeAlias

from ..errors import UserError, printable

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0 and O, 1, I and L, and U."""
_CODE = 8


def new_secret() -> str:
    """256 random bits, as text."""
    return secrets.token_hex(32)


def write_secret(path: str) -> str:
    """A new secret in a file of its own that only its owner may read. Raises UserError when it cannot be written."""
    secret = new_secret()
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(f"{secret}\n")
    except FileExistsError:
        raise UserError(f"{printable(path)} exists; a secret is never overwritten") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file has such a name"
        raise UserError(f"{printable(path)} cannot be written: {reason}") from None
    return secret


def read_secret(path: str) -> str:
    """The secret in a file. Raises UserError when there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(4096).strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UserError(f"the secret {printable(path)} cannot be read: {reason}") from None
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise UserError(f"{printable(path)} holds no secret: 64 digits of 0-9 and a-f are expected")
    return text


def _derived(secret: str, *parts: str) -> bytes:
    message = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hmac.new(bytes.fromhex(secret), message, "sha256").digest()


Exam: TypeAlias = tuple[str, ...]
"""What an exam is known by: its id and its digest; () of an exam made before it had any."""


def seed(secret: str, student: str, question: int, problem: str, exam: Exam = ()) -> str:
    """The seed of one student's variant of one question."""
    return _derived(secret, *_of("variant", exam), student, str(question), problem).hex()[:32]


def _of(purpose: str, exam: Exam) -> tuple[str, ...]:
    return (f"{purpose} of", *(_apart(part) for part in exam)) if exam else (purpose,)


def _apart(text: str) -> str:
    """A text that cannot run into its neighbours."""
    return f"{len(text)}:{text}"


def stream(secret: str, *key: object) -> str:
    """A seed for what an exam draws for everybody alike: which problems of a topic it asks."""
    return _derived(secret, "exam", *(_apart(str(part)) for part in key)).hex()


def same_mac(secret: str, content: str, found: str) -> bool:
    """Whether `found` stands under the text."""
    return hmac.compare_digest(mac(secret, content).encode(), found.encode("utf-8", "surrogatepass"))


def mac(secret: str, content: str) -> str:
    """What only the secret's owner can write under a text."""
    return _derived(secret, "mac", content).hex()


def fingerprint(secret: str) -> str:
    """A few digits by which a manifest knows its secret again, and from which it cannot be computed."""
    return _derived(secret, "fingerprint").hex()[:12]


def codes(secret: str, students: Iterable[str], exam: Exam = ()) -> dict[str, str]:
    """Student → the code on the sheet, `7F3K-9QXM`, no two alike."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for student in students:
        turn = 0
        while (code := _code(_derived(secret, *_of("code", exam), student, str(turn)))) in taken:
            turn += 1
        taken.add(code)
        found[student] = code
    return found


def _code(digest: bytes) -> str:
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(_CODE):
        number, place = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[place])
    return f"{''.join(letters[:4])}-{''.join(letters[4:])}"


def text(seed: object) -> str:
    """A seed as it is printed and typed again. Raises UserError where that cannot be."""
    found = str(seed)
    try:
        found.encode()
    except UnicodeEncodeError:
        raise UserError(f"a seed is a number or a text in UTF-8, not {printable(found)}") from None
    return found


def same_code(text: str) -> str:
    """A code as somebody typed it, in the form in which it is printed."""
    letters = re.sub(r"[^0-9A-Za-z]", "", text).upper()
    return f"{letters[:4]}-{letters[4:]}"
