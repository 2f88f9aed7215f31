"""Course profiles: what the built-in ones say, which one is in use, and that a bad file is one line of error."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from rows import each_row

from dlcalc.document import showing, shown_by
from dlcalc.errors import DlcalcError, ProblemError, UserError
from dlcalc.formulas.registry import formula
from dlcalc.formulas.topics import ids_known
from dlcalc.profiles import COURSE, Profile, active, builtin, config_file, load
from dlcalc.profiles.profile import CONVOLUTION, RECURRENT

FOLDER = Path(__file__).parents[2] / "dlcalc" / "profiles"
RNN_COUNTS = ("textbook", "pytorch", "keras", "no-bias")


def written(folder: Path, text: str | bytes, name: str = "mine.toml") -> str:
    """The path of a file with that text."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def names_of(formula_id: str) -> dict[str, str]:
    """What a formula's working prints: its steps and quantities, these with their long names."""
    found = formula(formula_id)
    return {step.name: "" for step in found.steps} | {variable.name: variable.long for variable in found.variables}


# What the built-in profiles say


def test_the_built_in_profiles_are_known() -> None:
    """The course's own, two libraries, two textbooks and a course."""
    assert builtin() == ("course", "cs231n", "d2l", "goodfellow", "keras", "pytorch")


@pytest.mark.parametrize("name", builtin())
def test_a_built_in_profile_loads_under_its_own_name(name: str) -> None:
    """The file's name is the profile's name, and each has a title of its own."""
    assert load(name).name == name
    assert load(name).title != name


def test_the_defaults_are_the_course_profile() -> None:
    """course.toml writes out every key, and each says what the default says."""
    assert load("course") == Profile()
    keys = tomllib.loads((FOLDER / "course.toml").read_text(encoding="utf-8"))
    assert set(keys) == {field.name for field in fields(Profile)}


@pytest.mark.parametrize("name", builtin())
def test_a_built_in_profile_names_its_source(name: str) -> None:
    """The first lines of the file are a comment that says where its facts stand, and so does the course's."""
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    assert text.startswith("#")
    assert re.search(r"https://|arXiv", text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("course", ("column", "textbook", "keep", "before", "keep", 1e-8, "inside", 0.0, "none")),
        ("pytorch", ("pytorch", "pytorch", "keep", "after", "drop", 1e-8, "outside", 1e-5, "none")),
        ("keras", ("row", "keras", "keep", "after", "drop", 1e-7, "outside", 1e-3, 1048576)),
        ("goodfellow", ("column", "textbook", "keep", "before", "keep", 1e-8, "outside", 1e-8, "none")),
        ("d2l", ("row", "textbook", "keep", "before", "drop", 1e-6, "outside", 1e-5, "none")),
        ("cs231n", ("column", "textbook", "keep", "before", "keep", 1e-8, "outside", 0.0, 1048576)),
    ],
)
def test_what_the_built_in_profiles_choose(name: str, expected: tuple[object, ...]) -> None:
    """Layout, counts, GRU, dropout, ε and MB are those of the source."""
    it = load(name)
    gru = (it.gru_update_gate, it.gru_reset)
    epsilon = (it.epsilon, it.epsilon_place, it.batchnorm_epsilon)
    assert (it.layout, it.counts, *gru, it.dropout, *epsilon, it.megabyte) == expected


@pytest.mark.parametrize("name", builtin())
def test_a_built_in_profile_keeps_the_letters_of_every_formula_apart(name: str) -> None:
    """In no formula do two names become one letter, and no quantity gets an unknown convention."""
    profile = load(name)
    odd = []
    for formula_id in sorted(ids_known()):
        names = names_of(formula_id)
        written = profile.letters_for(formula_id, names)
        conventions = [convention.name for convention in formula(formula_id).conventions]
        found = profile.convention_for(formula_id, conventions)
        if len({written.get(each, each) for each in names}) != len(names) or found not in conventions:
            odd.append((formula_id, written, found))
    assert odd == []


def test_the_letters_to_keep_apart_are_those_of_the_formulas() -> None:
    """The convolution and the recurrent layer with its output layer have the letters and long names stated here."""
    assert CONVOLUTION.items() <= names_of("conv").items()
    assert RECURRENT.items() <= names_of("rnn_output").items()


@pytest.mark.parametrize("name", builtin())
def test_every_formula_and_quantity_that_a_built_in_profile_names_exists(name: str) -> None:
    """No entry of a built-in profile is a slip of the pen."""
    profile = load(name)
    every = [names_of(formula_id) for formula_id in ids_known()]
    assert set(profile.letters) <= {each for names in every for pair in names.items() for each in pair}
    for formula_id, own in profile.formula_letters.items():
        names = names_of(formula_id)
        assert set(own) <= {*names, *names.values()}
    assert set(profile.conventions) <= ids_known()


@pytest.mark.parametrize(
    ("name", "formula_id", "expected"),
    [
        ("course", "conv", {}),
        ("cs231n", "conv", {"n": "W", "f": "F", "s": "S", "p": "P", "c": "D", "k": "K"}),
        ("d2l", "conv", {"f": "k", "k": "c_o", "c": "c_i"}),
        ("d2l", "lstm", {"n": "d", "m": "h"}),
        ("keras", "pool", {"f": "pool_size", "s": "strides", "d": "dilation_rate"}),
        ("pytorch", "gru", {"n": "input_size", "m": "hidden_size", "L": "num_layers"}),
        ("goodfellow", "rnn", {"T": "tau"}),
    ],
)
def test_the_letters_of_the_built_in_profiles(name: str, formula_id: str, expected: dict[str, str]) -> None:
    """A formula is written in the letters of the course, library or book."""
    assert load(name).letters_for(formula_id, names_of(formula_id)) == expected


def test_a_long_name_leaves_another_quantity_with_that_letter_alone() -> None:
    """Keras says `filters` for the k of a convolution, not for the k classes of a loss."""
    assert load("keras").letters_for("conv", names_of("conv"))["k"] == "filters"
    assert load("keras").letters_for("untrained_loss", names_of("untrained_loss")) == {}


# Which convention and which letters


def test_counts_choose_among_the_conventions_a_formula_has() -> None:
    """`counts` where a formula knows it, else the formula's own, which is first."""
    assert Profile(counts="keras").convention_for("gru", RNN_COUNTS) == "keras"
    assert Profile(counts="keras").convention_for("conv", ("textbook", "no-bias")) == "textbook"
    assert Profile(counts="keras").convention_for("iou", ("boxes",)) == "boxes"


def test_dropout_chooses_where_a_formula_asks_what_p_is() -> None:
    """`dropout` is the convention of a formula that has it."""
    assert Profile(dropout="drop").convention_for("dropout", ("keep", "drop")) == "drop"
    assert Profile().convention_for("dropout", ("drop", "keep")) == "keep"


def test_an_override_comes_before_counts() -> None:
    """One formula may count otherwise than the rest."""
    profile = Profile(counts="pytorch", conventions={"gru": "textbook"})
    assert profile.convention_for("gru", RNN_COUNTS) == "textbook"
    assert profile.convention_for("lstm", RNN_COUNTS) == "pytorch"


def test_an_override_that_the_formula_lacks_is_refused() -> None:
    """The error names the profile, the key and what there is."""
    rule = r"^profile mine: conventions\.gru: a convention of gru is one of textbook, keras, not torch$"
    with pytest.raises(ProblemError, match=rule):
        Profile(name="mine", conventions={"gru": "torch"}).convention_for("gru", ("textbook", "keras"))


def test_letters_of_one_formula_come_before_the_general_ones() -> None:
    """n is d in an LSTM and N elsewhere; what the formula does not have is not in the answer."""
    profile = Profile(letters={"n": "N", "f": "F"}, formula_letters={"lstm": {"n": "d"}})
    assert profile.letters_for("lstm", {"n": "input-size", "m": "hidden-size"}) == {"n": "d"}
    assert profile.letters_for("conv", {"n": "input-size", "f": "filter-size"}) == {"n": "N", "f": "F"}


def test_of_a_letter_and_a_long_name_the_later_counts() -> None:
    """A course that extends another one is heard, whichever way each names the quantity."""
    names = {"k": "filters"}
    assert Profile(letters={"filters": "F", "k": "K"}).letters_for("conv", names) == {"k": "K"}
    assert Profile(letters={"k": "K", "filters": "F"}).letters_for("conv", names) == {"k": "F"}


def test_two_names_of_a_formula_that_would_look_the_same_are_refused() -> None:
    """A clash that only the formula shows is found when its letters are asked for."""
    profile = Profile(name="mine", letters={"classes": "C"})
    rule = r"^profile mine: letters: two quantities .* C and k are both written C in loss$"
    with pytest.raises(ProblemError, match=rule):
        profile.letters_for("loss", {"C": "", "k": "classes"})


# Reading a file


def test_a_file_says_only_what_differs(tmp_path: Path) -> None:
    """What a profile leaves out is as in the course's own; its name is the file's, and its title that name."""
    assert load(written(tmp_path, 'layout = "row"')) == Profile(name="mine", title="mine", layout="row")


def test_a_whole_number_is_a_number(tmp_path: Path) -> None:
    """`epsilon = 0` needs no decimal point."""
    epsilon = load(written(tmp_path, "epsilon = 0")).epsilon
    assert epsilon == 0
    assert isinstance(epsilon, float)


def test_windows_editors_may_save_it(tmp_path: Path) -> None:
    """A byte order mark and CRLF are no error."""
    assert load(written(tmp_path, b'\xef\xbb\xbflayout = "row"\r\ndecimals = 2\r\n')).decimals == 2


def test_a_relative_path_starts_from_the_folder(tmp_path: Path) -> None:
    """An exam file names a profile beside itself."""
    written(tmp_path, "decimals = 2")
    assert load("mine.toml", str(tmp_path)).decimals == 2


def test_a_path_may_start_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` in a config file, where no shell reads it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    written(tmp_path, "decimals = 2")
    assert load("~/mine.toml").decimals == 2


def test_a_profile_extends_a_built_in_one(tmp_path: Path) -> None:
    """Tables are joined key by key, other keys replaced; name and title are not inherited."""
    text = 'extends = "pytorch"\ndropout = "keep"\n[letters]\nn = "N"\nf = "F"\n[formula_letters.lstm]\nm = "H"'
    profile = load(written(tmp_path, text))
    assert (profile.name, profile.title, profile.counts, profile.dropout) == ("mine", "mine", "pytorch", "keep")
    assert profile.letters_for("conv", names_of("conv")) == load("pytorch").letters_for("conv", names_of("conv")) | {
        "n": "N",
        "f": "F",
    }
    assert profile.letters_for("lstm", names_of("lstm")) == {"n": "input_size", "m": "H", "L": "num_layers"}


def test_a_profile_extends_a_file_beside_it(tmp_path: Path) -> None:
    """The path in `extends` starts from the file that it stands in, through several files."""
    (tmp_path / "lower").mkdir()
    written(tmp_path / "lower", 'extends = "keras"\ndecimals = 1\nsignificant_digits = 1', "low.toml")
    written(tmp_path, 'extends = "lower/low.toml"\ndecimals = 2', "middle.toml")
    profile = load(written(tmp_path, 'extends = "middle.toml"\nlayout = "column"'))
    assert (profile.layout, profile.decimals, profile.significant_digits) == ("column", 2, 1)
    assert profile.counts == "keras"


def test_extending_in_a_circle_is_refused(tmp_path: Path) -> None:
    """The file that closes the circle is named, whatever the circle's length and the way its path is written."""
    written(tmp_path, 'extends = "./a.toml"', "b.toml")
    first = written(tmp_path, 'extends = "b.toml"', "a.toml")
    with pytest.raises(ProblemError, match=r"b\.toml: extends: a profile does not extend itself, directly or through"):
        load(first)
    itself = written(tmp_path, 'extends = "c.toml"', "c.toml")
    with pytest.raises(ProblemError, match=r"c\.toml: extends: a profile does not extend itself.*c\.toml would$"):
        load(itself)


# Which profile is in use


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user whose config file names a profile of three decimals that stands beside it."""
    folder = tmp_path / "home" / ".config" / "dlcalc"
    folder.mkdir(parents=True)
    written(folder, 'profile = "own.toml"', "config.toml")
    written(folder, "decimals = 3", "own.toml")
    return tmp_path / "home"


def test_the_order_of_precedence(home: Path) -> None:
    """--profile, then DLCALC_PROFILE, then the config file, then the course's own."""
    environ = {"HOME": str(home), "DLCALC_PROFILE": "keras"}
    assert active("pytorch", environ).name == "pytorch"
    assert active(None, environ).name == "keras"
    assert active(None, {"HOME": str(home)}).name == "own"
    assert active(None, {"HOME": str(home), "DLCALC_PROFILE": ""}).name == "own"
    assert active(None, {}) == Profile()


def test_a_config_file_names_a_built_in_profile_or_none(home: Path) -> None:
    """A config file that says nothing leaves the course's own."""
    folder = home / ".config" / "dlcalc"
    written(folder, 'profile = "d2l"', "config.toml")
    assert active(None, {"HOME": str(home)}).name == "d2l"
    written(folder, "# nothing yet", "config.toml")
    assert active(None, {"HOME": str(home)}) == Profile()


def test_where_the_config_file_belongs(tmp_path: Path) -> None:
    """XDG_CONFIG_HOME if it is absolute, else ~/.config; on Windows APPDATA; nowhere if the environment is silent."""
    base = str(tmp_path)
    home = os.path.join(base, ".config", "dlcalc", "config.toml")
    assert config_file({"XDG_CONFIG_HOME": base, "HOME": "/elsewhere"}, "linux") == os.path.join(
        base, "dlcalc", "config.toml"
    )
    assert config_file({"XDG_CONFIG_HOME": "relative", "HOME": base}, "linux") == home
    assert config_file({"HOME": base, "APPDATA": "/elsewhere"}, "darwin") == home
    assert config_file({"APPDATA": base, "HOME": "/elsewhere"}, "win32") == os.path.join(base, "dlcalc", "config.toml")
    assert config_file({}, "linux") is None
    assert config_file({"HOME": base}, "win32") is None


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('profil = "keras"', r"config\.toml: profil: the only key here is profile$"),
        ("profile = 3", r"config\.toml: profile: this is the name or path of a profile in quotes, not 3$"),
        ('profile = "gone.toml"', r"config\.toml: profile: a profile is one of course, .* there is no 'gone\.toml'$"),
    ],
)
def test_a_bad_config_file_is_named(home: Path, text: str, rule: str) -> None:
    """The error says that the config file is at fault, and which key."""
    written(home / ".config" / "dlcalc", text, "config.toml")
    with pytest.raises(ProblemError, match=rule):
        active(None, {"HOME": str(home)})


def test_a_profile_that_does_not_exist(tmp_path: Path) -> None:
    """The error lists the built-in ones, and says where the name came from if not from the option."""
    known = "course, cs231n, d2l, goodfellow, keras, pytorch"
    rule = f"a profile is one of {known}, or the path of a .toml file; there is no 'torch'"
    with pytest.raises(UserError, match=f"^{re.escape(rule)}$"):
        active("torch", {})
    with pytest.raises(UserError, match=f"^DLCALC_PROFILE: {re.escape(rule)}$"):
        active(None, {"DLCALC_PROFILE": "torch"})


@pytest.mark.parametrize(
    "wanted", ["", "a.toml", ".toml", "/", "/dev/zero", "\0.toml", "~nobody/x.toml", "\ud800.toml", "x" * 9999, "a\nb"]
)
def test_a_strange_name_is_one_line_of_error(wanted: str) -> None:
    """Whatever is typed as a profile's name is looked up and not found, on one short line."""
    with pytest.raises(UserError, match=r"^a profile is one of ") as caught:
        load(wanted)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


def test_a_folder_is_no_profile(tmp_path: Path) -> None:
    """Only a file is read."""
    (tmp_path / "mine.toml").mkdir()
    with pytest.raises(UserError, match="there is no"):
        load(str(tmp_path / "mine.toml"))


# Bad files: the table's key is the key that the error names

WRONG = {
    "name": [("name = 3", "this is one line of at most 80 characters, not 3")],
    "title": [
        ('title = " "', "this is one line of at most 80 characters, not ' '"),
        ('title = "a\\u001b[31m"', r"this is one line of at most 80 characters, not 'a\x1b[31m'"),
        (f'title = "{"x" * 81}"', f"this is one line of at most 80 characters, not '{'x' * 59}…'"),
    ],
    "letters": [
        ('letters = "k"', "this is a table, [letters], not 'k'"),
        ('letters = {"a b" = "k"}', "a key in here is a name of letters and digits, not 'a b'"),
        (
            'letters = {f = "k"}',
            "two quantities never share a letter, but f and k are both written k",
        ),
        ('letters = {f = "a", k = "a"}', "two quantities never share a letter, but f and k are both written a"),
        ('letters = {x = "a", y = "a"}', "two quantities never share a letter, but x and y are both written a"),
        ('letters = {filter-size = "s"}', "two quantities never share a letter, but f and s are both written s"),
        ('letters = {m = "T"}', "two quantities never share a letter, but m and T are both written T"),
        ('extends = "d2l"\nletters = {p = "k"}', "two quantities never share a letter, but f and p are both written k"),
    ],
    "letters.f": [
        ("letters = {f = 3}", "a letter is a name such as 'k', 'C_in' or 'tau', of at most 24 characters, not 3"),
        ('letters = {f = ""}', "a letter is a name such as 'k', 'C_in' or 'tau', of at most 24 characters, not ''"),
        *(
            (f'letters = {{f = "{text}"}}', f"of at most 24 characters, not '{text}'")
            for text in ("2", "_k", "k_", "a__b", "κ", "с", "a b", "a-b", "x" * 25)
        ),
    ],
    "formula_letters": [("formula_letters = []", "this is a table, [formula_letters], not a list")],
    "formula_letters.lstm": [
        ("formula_letters = {lstm = 1979-05-27}", "this is a table, [formula_letters.lstm], not a date or time"),
        (
            'formula_letters = {lstm = {n = "h", m = "h"}}',
            "two quantities never share a letter, but n and m are both written h",
        ),
    ],
    "formula_letters.lstm.n": [("formula_letters = {lstm = {n = {}}}", "of at most 24 characters, not a table")],
    "layout": [("layout = 'colum'", "this is one of 'column', 'row', 'pytorch', not 'colum'")],
    "counts": [("counts = true", "this is one of 'textbook', 'pytorch', 'keras', not true")],
    "conventions": [("conventions = 1.5", "this is a table, [conventions], not 1.5")],
    "conventions.gru": [
        ("conventions = {gru = 1}", "a convention is a name such as 'keras' or 'no-bias', not 1"),
        ("conventions = {gru = 'a b'}", "a convention is a name such as 'keras' or 'no-bias', not 'a b'"),
    ],
    "gru_update_gate": [("gru_update_gate = 'z'", "this is one of 'keep', 'renew', not 'z'")],
    "gru_reset": [("gru_reset = 'never'", "this is one of 'before', 'after', not 'never'")],
    "dropout": [("dropout = 0.5", "this is one of 'keep', 'drop', not 0.5")],
    "epsilon": [
        *(
            (f"epsilon = {text}", f"this is a number from 0 up to 1, 1 excluded, not {shown}")
            for text, shown in [
                ("1", "1"),
                ("-1e-8", "-1e-08"),
                ("nan", "nan"),
                ("inf", "inf"),
                ("1e999999999", "inf"),
                ("true", "true"),
                ("'1e-8'", "'1e-8'"),
                ("0x" + "f" * 60000, "a whole number of many digits"),
            ]
        )
    ],
    "epsilon_place": [("epsilon_place = 'in'", "this is one of 'inside', 'outside', not 'in'")],
    "batchnorm_epsilon": [("batchnorm_epsilon = 2", "this is a number from 0 up to 1, 1 excluded, not 2")],
    "logarithm": [("logarithm = 2", "this is one of 'e', '2', '10', not 2")],
    "cost": [("cost = 'FLOPs'", "this is one of 'macs', 'flops', not 'FLOPs'")],
    "megabyte": [
        ("megabyte = 1024", "this is one of 'none', 1000000, 1048576, not 1024"),
        ("megabyte = 1e6", "this is one of 'none', 1000000, 1048576, not 1000000.0"),
    ],
    "decimals": [
        ("decimals = 16", 'this is a whole number from 0 to 15, or "auto", not 16'),
        ("decimals = -1", 'this is a whole number from 0 to 15, or "auto", not -1'),
        ("decimals = false", 'this is a whole number from 0 to 15, or "auto", not false'),
        ("decimals = 2.0", 'this is a whole number from 0 to 15, or "auto", not 2.0'),
    ],
    "significant_digits": [("significant_digits = 0", "this is a whole number from 1 to 15, not 0")],
    "decimal": [("decimal = ';'", "this is one of '', ',', '.', not ';'")],
    "outer": [("outer = '⊙'", "this is one of 'outer', 'pointwise', not '⊙'")],
    "extends": [
        ("extends = ['keras']", "this is the name or path of a profile in quotes, not a list"),
        ("extends = 'torch'", "or the path of a .toml file; there is no 'torch'"),
    ],
    "layuot": [("layuot = 'row'", "a key of a profile is one of extends, name, title, letters, ")],
    r"'a\nb'": [('"a\\nb" = 1', "a key of a profile is one of extends, name, title, letters, ")],
}


def test_every_key_has_a_wrong_value_here() -> None:
    """A new field of Profile comes with a test of what it refuses."""
    assert {field.name for field in fields(Profile)} <= set(WRONG)


@each_row(
    ("key", "text", "rule"),
    [(key, *case) for key, cases in WRONG.items() for case in cases],
    ids=lambda text: text[:40],
)
def test_a_wrong_value_is_refused_with_its_file_and_key(tmp_path: Path, key: str, text: str, rule: str) -> None:
    """The message is one line: file, key, what would be accepted, and the value."""
    path = written(tmp_path, text)
    with pytest.raises(ProblemError, match=f"^{re.escape(f'{path}: {key}: ')}.*{re.escape(rule)}") as caught:
        load(path)
    assert caught.value.key == key
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < len(path) + 400


HOSTILE = [
    ("empty", "[", "the file is not TOML: "),
    ("cut", 'layout = "row', "the file is not TOML: "),
    ("twice", "decimals = 1\ndecimals = 2", "the file is not TOML: "),
    ("long message", f'["{"a" * 9000}"]\n' * 2, "the file is not TOML: "),
    ("control characters", 'title = "\x1b[31m\x07"', "the file is not TOML: "),
    ("YAML", "layout: row", "the file is not TOML: "),
    ("code", "import os\nos.system('true')", "the file is not TOML: "),
    ("digits", f"decimals = {'9' * 60000}", "a whole number has too many digits"),
    ("huge", "#" * (64 * 1024 + 1), "a profile has at most 64 KiB"),
    ("endless string", f'title = "{"x" * 70000}', "a profile has at most 64 KiB"),
    ("not text", b"layout = '\xff\xfe'", "the file is not UTF-8 text: byte 10"),
    ("binary", bytes(range(256)), "the file is not UTF-8 text: byte 128"),
    ("nested lists", "letters = " + "[" * 60000, "the file is nested too deeply|the file is not TOML: "),
    ("nested lists in lines", "letters = " + "[\n" * 30000, "the file is nested too deeply|the file is not TOML: "),
    ("nested tables", "letters = " + "{a=" * 20000, "the file is nested too deeply|the file is not TOML: "),
    ("dotted key", ".".join("a" * 30000) + " = 1", "line 1: a line has at most 12 dots, not 29999"),
    ("dotted header", "#\n[" + ".".join("a" * 30000) + "]", "line 2: a line has at most 12 dots, not 29999"),
    ("quoted dotted key", ".".join(['"\u2028"'] * 9000) + " = 1", "line 1: a line has at most 12 dots, not 8999"),
    ("many tables", "".join(f"[a{number}]\n" for number in range(6000)), "a0: a key of a profile is one of "),
    ("the same table", "[[letters]]\n" * 5000, r"letters: this is a table, \[letters\], not a list"),
]


@pytest.mark.parametrize(("text", "rule"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_a_hostile_file_is_one_line_of_error(tmp_path: Path, text: str | bytes, rule: str) -> None:
    """Huge, cut, deeply nested or of another kind: the answer is one short printable line that names the file."""
    path = written(tmp_path, text)
    with pytest.raises(ProblemError, match=f"^{re.escape(path)}: (?:{rule})") as caught:
        load(path)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < len(path) + 400


def test_nested_values_do_not_hide_in_a_message(tmp_path: Path) -> None:
    """A value that is nested as deeply as TOML allows is shown in two words."""
    path = written(tmp_path, f"layout = {'[' * 100}{']' * 100}")
    with pytest.raises(ProblemError, match=r"this is one of 'column', 'row', 'pytorch', not a list$"):
        load(path)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('pathlib').Path({canary!r}).touch()",
        "{{__import__('os').system('touch {canary}')}}",
        "$(touch {canary})",
        "!!python/object/apply:os.system ['touch {canary}']",
    ],
)
def test_nothing_in_a_file_is_executed(tmp_path: Path, text: str) -> None:
    """Code is refused, or it is a title; it never runs."""
    canary = tmp_path / "canary"
    code = text.format(canary=str(canary)).replace('"', "'")
    for key in ("layout", "letters", "letters.f", "conventions.gru", "extends", "profile", "epsilon"):
        path = written(tmp_path, f'{key} = "{code}"')
        with pytest.raises(DlcalcError, match=r"^.*mine\.toml: "):
            load(path)
    title = load(written(tmp_path, f'title = "{code[:80]}"')).title
    assert title == code[:80]
    assert not canary.exists()


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that goes away, or may not be read, is named."""
    monkeypatch.setattr("dlcalc.profiles.reader.os.path.isfile", lambda path: True)
    with pytest.raises(ProblemError, match=r"gone\.toml: the file cannot be read: No such file or directory$"):
        load(str(tmp_path / "gone.toml"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")
def test_a_strange_path_stays_on_one_line(tmp_path: Path) -> None:
    """A line break in a file's name does not break the message."""
    path = written(tmp_path, "layout = 1", "a\nb.toml")
    with pytest.raises(ProblemError, match=r"a\\nb\.toml': layout: ") as caught:
        load(path)
    assert str(caught.value).isprintable()


# What it costs


def test_the_default_profile_needs_no_file_and_no_parser() -> None:
    """Importing the package and taking the default loads neither tomllib nor the rooms above."""
    program = "import sys; from dlcalc.profiles import active; active(None, {}); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True, timeout=60
    )
    modules = set(done.stdout.split())
    assert "tomllib" not in modules
    ours = {module for module in modules if module.startswith("dlcalc.")}
    rooms = ("errors", "files", "files.untrusted", "profiles", "profiles.profile", "profiles.reader")
    assert ours == {f"dlcalc.{room}" for room in rooms}


# How numbers are shown


@pytest.mark.parametrize(
    ("decimals", "value", "shown"),
    [
        ("auto", 2 / 3, 0.666667),
        ("auto", 1234567.8, 1234570),
        (2, 2 / 3, 0.67),
        (0, 2 / 3, 1),
        (15, 2 / 3, 0.666666666666667),
        (2, 1234567.891, 1234567.89),
        (2, 0.000123, 0.000123),
        (2, 0.0, 0),
        (3, -0.0126, -0.013),
    ],
)
def test_a_number_as_it_is_shown(decimals: Any, value: float, shown: float) -> None:
    """Six significant digits, or so many decimals; what is not 0 is never shown as 0."""
    assert Profile(decimals=decimals).rounded(value) == shown


@pytest.mark.parametrize(
    ("megabyte", "size", "shown", "unit"),
    [("none", 3 * 2**20, 3145728, "bytes"), (1000000, 2_500_000, 2.5, "MB"), (1048576, 3 * 2**20, 3, "MiB")],
)
def test_a_memory_as_it_is_shown(megabyte: Any, size: int, shown: float, unit: str) -> None:
    profile = Profile(megabyte=megabyte)
    assert (profile.memory(size), profile.memory_unit) == (shown, unit)


def test_showing_ends_with_its_block() -> None:
    """As `decimal.localcontext`: inside another block, after it, and after an error the profile is that before."""
    keras, pytorch = load("keras"), load("pytorch")
    assert shown_by() == COURSE
    with showing(keras):
        with showing(pytorch):
            assert shown_by() is pytorch
        with pytest.raises(KeyError), showing(pytorch):
            raise KeyError
        assert shown_by() is keras
    assert shown_by() == COURSE


def test_the_logarithm_is_a_convention_where_a_formula_has_it() -> None:
    known = ("textbook", "bits", "hartleys")
    assert Profile().convention_for("untrained_loss", known) == "textbook"
    assert Profile(logarithm="2").convention_for("untrained_loss", known) == "bits"
    assert Profile(logarithm="10").convention_for("untrained_loss", known) == "hartleys"
    assert Profile(logarithm="2").convention_for("conv", ("textbook", "no-bias")) == "textbook"
