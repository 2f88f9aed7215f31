"""The secret of an exam, the seeds and the codes: an HMAC worked out by hand, and files that nobody else may read."""

from __future__ import annotations

import hashlib
import re
import stat
from pathlib import Path

import pytest

from dlcalc.errors import UserError
from dlcalc.quiz import seeds

SECRET = "00" * 31 + "01"


def by_hand(*parts: str) -> str:
    """HMAC-SHA-256 as RFC 2104 writes it down: two hashes over the padded key."""
    key = bytes.fromhex(SECRET) + bytes(32)
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in key) + "\x1f".join(parts).encode()).digest()
    return hashlib.sha256(bytes(b ^ 0x5C for b in key) + inner).hexdigest()


def test_a_seed_is_an_hmac() -> None:
    assert seeds.seed(SECRET, "s1", 1, "output-size") == by_hand("variant", "s1", "1", "output-size")[:32]
    assert seeds.seed(SECRET, "s1", 1, "output-size") == "8b8b83442c73a564cfcfeee9e38c9bca"
    assert seeds.fingerprint(SECRET) == by_hand("fingerprint")[:12] == "c4d5e9617f11"


def test_every_student_question_and_problem_has_a_seed_of_its_own() -> None:
    found = {seeds.seed(SECRET, s, q, p) for s in ("a", "b", "ab") for q in (1, 2, 11) for p in ("x", "1x")}
    assert len(found) == 3 * 3 * 2


def test_codes_are_unique_and_opaque() -> None:
    students = [f"s{number}" for number in range(3000)]
    codes = seeds.codes(SECRET, students)
    assert codes["s1"] == "6S72-EASQ"
    assert len(set(codes.values())) == len(students)
    for student, code in codes.items():
        assert re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}", code)
        assert student.upper() not in code.replace("-", "")
    assert seeds.codes("11" * 32, ["s1"])["s1"] != codes["s1"]


def test_a_code_as_it_is_typed() -> None:
    assert {seeds.same_code(text) for text in ("7f3k-9qxm", " 7F3K 9QXM ", "7f3k9qxm")} == {"7F3K-9QXM"}


def test_a_secret_is_for_its_owner_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    secret = seeds.write_secret(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert seeds.read_secret(str(path)) == secret
    assert seeds.new_secret() != secret
    with pytest.raises(UserError, match=r"secret.key exists; a secret is never overwritten"):
        seeds.write_secret(str(path))
    with pytest.raises(UserError, match="cannot be written: No such file or directory"):
        seeds.write_secret(str(tmp_path / "nowhere" / "secret.key"))


def test_secrets_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"the secret .* cannot be read: No such file or directory"):
        seeds.read_secret(str(tmp_path / "none.key"))
    path = tmp_path / "s.key"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match=r"the secret .* cannot be read: it is no text"):
        seeds.read_secret(str(path))
    path.write_text("abc")
    with pytest.raises(UserError, match="holds no secret: 64 digits of 0-9 and a-f are expected"):
        seeds.read_secret(str(path))
