"""Reading profiles: which file is meant, what may stand in it, and which profile is in use.

A profile is foreign text: it is bounded before it is parsed, every value is checked, and nothing in it is executed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, get_args, get_type_hints

from ..errors import ProblemError, UserError, printable, shown
from ..files.untrusted import parse_toml, read_bytes
from .profile import CONVOLUTION, COURSE, RECURRENT, Profile, shared_letter

_HERE = os.path.dirname(__file__)
_MOST_BYTES = 64 * 1024
_LONGEST_LETTER = 24
_LONGEST_TEXT = 80


class _Refused(Exception):
    """What stands under `key` breaks the rule; whoever knows the file makes a ProblemError of it."""

    def __init__(self, key: str, rule: str) -> None:
        super().__init__(key, rule)
        self.key = key
        self.rule = rule

    def in_file(self, path: str) -> ProblemError:
        return ProblemError(printable(path), self.key, self.rule)


def builtin() -> tuple[str, ...]:
    """The names of the built-in profiles, sorted: every .toml file of this folder is one."""
    return tuple(sorted(name.removesuffix(".toml") for name in os.listdir(_HERE) if name.endswith(".toml")))


def load(name_or_path: str, folder: str = "") -> Profile:
    """The built-in profile of that name, or the one in that .toml file; a relative path starts from `folder`.

    UserError if there is none; ProblemError, with the file and the key, if the file breaks a rule.
    """
    return _read(_locate(name_or_path, folder))


def active(named: str | None, environ: Mapping[str, str]) -> Profile:
    """The profile in use: `named` (the option --profile), else what DLCALC_PROFILE names, else what the user's
    `config_file` names (a path there starts from its folder), else the course's own.

    UserError and ProblemError as in `load`.
    """
    if named is not None:
        return load(named)
    if wanted := environ.get("DLCALC_PROFILE"):
        try:
            return load(wanted)
        except UserError as error:
            raise UserError(f"DLCALC_PROFILE: {error}") from None
    config = config_file(environ)
    return _configured(config) if config and os.path.isfile(config) else COURSE


def config_file(environ: Mapping[str, str], platform: str = sys.platform) -> str | None:
    """Where the user's config.toml belongs: in dlcalc/ under %APPDATA% on Windows, elsewhere under $XDG_CONFIG_HOME
    or else ~/.config. None if the environment does not say."""
    if platform == "win32":
        base = environ.get("APPDATA", "")
    else:
        base = environ.get("XDG_CONFIG_HOME", "")
        if not os.path.isabs(base):  # to be ignored, says the XDG Base Directory Specification
            home = environ.get("HOME", "")
            base = os.path.join(home, ".config") if home else ""
    return os.path.join(base, "dlcalc", "config.toml") if base else None


def _configured(config: str) -> Profile:
    settings = _parsed(config)
    try:
        for key in settings:
            if key != "profile":
                raise _Refused(printable(key), "the only key here is profile")
        if "profile" not in settings:
            return COURSE
        path = _located("profile", settings["profile"], config)
    except _Refused as refused:
        raise refused.in_file(config) from None
    return _read(path)


def _locate(wanted: str, folder: str) -> str:
    """The file of the profile that is called `wanted`."""
    known = builtin()
    if wanted in known:
        return os.path.join(_HERE, f"{wanted}.toml")
    home_or_here = os.path.expanduser(wanted) if wanted.startswith(("~/", "~\\")) else wanted
    path = os.path.join(folder, home_or_here)
    if wanted.endswith(".toml") and os.path.isfile(path):
        return path
    rule = f"a profile is one of {', '.join(known)}, or the path of a .toml file"
    raise UserError(f"{rule}; there is no {shown(wanted)}")


def _located(key: str, value: object, source: str) -> str:
    """The file of the profile that `key` of the file `source` names."""
    if not isinstance(value, str):
        raise _Refused(key, f"this is the name or path of a profile in quotes, not {shown(value)}")
    try:
        return _locate(value, os.path.dirname(source))
    except UserError as error:
        raise _Refused(key, str(error)) from None


def _read(path: str) -> Profile:
    """The profile in a file, on top of those that it extends."""
    chain: list[dict[str, Any]] = []
    files: set[str] = set()
    found: str | None = path
    while found is not None:
        files.add(os.path.realpath(found))
        settings, base = _settings(found)
        chain.append(settings)
        if base is not None and os.path.realpath(base) in files:
            rule = f"a profile does not extend itself, directly or through others; {printable(base)} would"
            raise ProblemError(printable(found), "extends", rule)
        found = base
    merged: dict[str, Any] = {}
    for settings in reversed(chain):
        merged = _merged(merged, settings)
    own_name = chain[0].get("name", printable(os.path.basename(path).removesuffix(".toml")))
    merged |= {"name": own_name, "title": chain[0].get("title", own_name)}
    profile = Profile(**merged)
    if refused := _shared(profile):
        raise refused.in_file(path)
    return profile


def _settings(path: str) -> tuple[dict[str, Any], str | None]:
    """The checked values of one file, and the file that it extends."""
    found = _parsed(path)
    try:
        base = _located("extends", found.pop("extends"), path) if "extends" in found else None
        hints = get_type_hints(Profile)
        for key in found:
            if key not in hints:
                raise _Refused(printable(key), f"a key of a profile is one of extends, {', '.join(hints)}")
        return {key: _checked(key, value, hints[key]) for key, value in found.items()}, base
    except _Refused as refused:
        raise refused.in_file(path) from None


def _parsed(path: str) -> dict[str, Any]:
    return parse_toml(read_bytes(path, _MOST_BYTES, "a profile"), path)


def _checked(key: str, value: object, hint: object) -> Any:
    """`value` as the field `key` of a Profile, whose type is `hint`."""
    match key:
        case "name" | "title":
            return _text(key, value)
        case "letters":
            return _letters(key, value)
        case "formula_letters":
            return {id: _letters(f"{key}.{id}", each) for id, each in _table(key, value).items()}
        case "conventions":
            return {id: _convention(f"{key}.{id}", each) for id, each in _table(key, value).items()}
        case "epsilon" | "batchnorm_epsilon":
            return _fraction(key, value)
        case "decimals":
            return value if value == "auto" else _whole(key, value, 0, 15, ', or "auto"')
        case "significant_digits":
            return _whole(key, value, 1, 15)
        case _:
            return _choice(key, value, get_args(hint))


def _choice(key: str, value: object, choices: tuple[object, ...]) -> object:
    for choice in choices:
        if type(value) is type(choice) and value == choice:
            return choice
    raise _Refused(key, f"this is one of {', '.join(map(repr, choices))}, not {shown(value)}")


def _text(key: str, value: object) -> str:
    if isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= _LONGEST_TEXT:
        return value
    raise _Refused(key, f"this is one line of at most {_LONGEST_TEXT} characters, not {shown(value)}")


def _fraction(key: str, value: object) -> float:
    if type(value) in (int, float) and 0 <= value < 1:  # type: ignore[operator]
        return float(value)  # type: ignore[arg-type]
    raise _Refused(key, f"this is a number from 0 up to 1, 1 excluded, not {shown(value)}")


def _whole(key: str, value: object, low: int, high: int, other: str = "") -> int:
    if type(value) is int and low <= value <= high:
        return value
    raise _Refused(key, f"this is a whole number from {low} to {high}{other}, not {shown(value)}")


def _table(key: str, value: object) -> dict[str, object]:
    """A table whose keys are names of ours: formula ids, letters or long names."""
    if not isinstance(value, dict):
        raise _Refused(key, f"this is a table, [{key}], not {shown(value)}")
    for name in value:
        if not _is_name(name.replace("-", "_")):
            raise _Refused(key, f"a key in here is a name of letters and digits, not {shown(name)}")
    return value


def _letters(key: str, value: object) -> dict[str, str]:
    table = _table(key, value)
    for name, letter in table.items():
        if not (isinstance(letter, str) and _is_name(letter)):
            rule = f"a letter is a name such as 'k', 'C_in' or 'tau', of at most {_LONGEST_LETTER} characters"
            raise _Refused(f"{key}.{name}", f"{rule}, not {shown(letter)}")
    return table  # type: ignore[return-value]


def _convention(key: str, value: object) -> str:
    if isinstance(value, str) and _is_name(value.replace("-", "_")):
        return value
    raise _Refused(key, f"a convention is a name such as 'keras' or 'no-bias', not {shown(value)}")


def _is_name(text: str) -> bool:
    """Whether our expressions could use it as a name."""
    whole = text.isascii() and text.isidentifier() and not text.startswith("_") and not text.endswith("_")
    return whole and "__" not in text and len(text) <= _LONGEST_LETTER


def _shared(profile: Profile) -> _Refused | None:
    """What is wrong with its letters: two quantities that share one."""
    plain = {name: letter for name, letter in profile.letters.items() if len(name) == 1}
    for spelled in (plain, profile.spelled("", CONVOLUTION), profile.spelled("", RECURRENT)):
        if clash := shared_letter(spelled):
            return _Refused("letters", clash)
    for id, own in profile.formula_letters.items():
        if clash := shared_letter(own):
            return _Refused(f"formula_letters.{id}", clash)
    return None


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`own` on top of `base`, tables key by key; the keys of `own` come last."""
    merged = {key: value for key, value in base.items() if key not in own}
    for key, value in own.items():
        merged[key] = _merged(base.get(key, {}), value) if isinstance(value, dict) else value
    return merged
