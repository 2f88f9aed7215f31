"""The folder of compiled kernels: what of it is believed, by whom it may be written, and that it never keeps an answer
from coming. One tiny kernel, compiled in this process, stands for all."""

from __future__ import annotations

import errno
import os
import pickle
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("numba")

from kernels.tiny import answer, entry, tripled  # noqa: E402

from dlcalc import kernels  # noqa: E402
from dlcalc.errors import UserError  # noqa: E402
from dlcalc.kernels import cache  # noqa: E402
from dlcalc.kernels import compile as compiling  # noqa: E402

ROOT = Path(__file__).parents[2]

compiled = pytest.mark.skipif(bool(compiling._settings.DISABLE_JIT), reason="nothing is compiled")
has_owners = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners here")
_payload: list[bytes] = []
"""What is kept of that kernel, behind the seal."""

as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's kernels are kept; nothing is there yet."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.delenv("NUMBA_DISABLE_JIT", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / "cache"))
    return tmp_path / "home" / "cache" / "dlcalc" / f"kernels-{cache.fingerprint()}"


@pytest.fixture
def kept(folder: Path) -> Path:
    """The file of the kernel as it is after it was compiled, which is done once for all."""
    if not _payload:
        assert answer() == 6
        _payload.append(cache.read(*entry()) or b"")
    else:
        cache.write(*entry(), _payload[0])
    (file,) = folder.iterdir()
    return file


def flipped(at: float) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        changed = bytearray(content)
        place = int(at * (len(content) - 1)) if isinstance(at, float) else at
        changed[place] ^= 0x10
        return bytes(changed)

    return change


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda content: b"",
    "one byte left": lambda content: content[:1],
    "cut in the seal": lambda content: content[: cache.SEAL - 1],
    "nothing but the seal": lambda content: content[: cache.SEAL],
    "cut in the middle": lambda content: content[: len(content) // 2],
    "the last byte missing": lambda content: content[:-1],
    "a byte too many": lambda content: content + b"\0",
    "first bit": flipped(0),
    "last of the seal": flipped(cache.SEAL - 1),
    "first behind it": flipped(cache.SEAL),
    "in a quarter": flipped(0.25),
    "in the middle": flipped(0.5),
    "in the end": flipped(1.0),
    "zeros": lambda content: bytes(len(content)),
    "text": lambda content: b"no kernel\n",
    "a pickle without its seal": lambda content: pickle.dumps((1, 2)),
    "what numba would leave": lambda content: pickle.dumps("0.68.1") + pickle.dumps((b"stamp", {})),
}


@compiled
class TestAFileIsBelievedOnlyWhole:
    def test_it_is_found_again(self, kept: Path) -> None:
        before = kept.read_bytes()
        assert answer(hit=True) == 6
        assert kept.read_bytes() == before
        assert list(kept.parent.iterdir()) == [kept]

    @pytest.mark.parametrize("damage", DAMAGES.values(), ids=list(DAMAGES))
    def test_a_damaged_one_is_made_anew(self, kept: Path, damage: Callable[[bytes], bytes]) -> None:
        content = kept.read_bytes()
        assert damage(content) != content
        kept.write_bytes(damage(content))
        assert answer() == 6
        assert list(kept.parent.iterdir()) == [kept]
        assert answer(hit=True) == 6

    @pytest.mark.parametrize("damage", DAMAGES.values(), ids=list(DAMAGES))
    def test_of_a_damaged_one_nothing_is_unpickled(self, kept: Path, damage: Callable[[bytes], bytes]) -> None:
        """Machine code that is damaged would not raise; it would end the process."""
        kept.write_bytes(damage(kept.read_bytes()))
        assert cache.read(*entry()) is None

    def test_under_another_name_it_is_not_believed(self, kept: Path) -> None:
        """Another kernel's file is whole, and is not this kernel's."""

        def negative(x: Any) -> Any:
            return -3.0 * x

        assert answer(negative) == -6
        (other,) = (file for file in kept.parent.iterdir() if file != kept)
        kept.write_bytes(other.read_bytes())
        assert answer() == 6

    def test_one_that_cannot_be_loaded_is_made_anew(self, kept: Path) -> None:
        """It is whole and for this kernel, and numba knows no way to take it."""
        name, key = entry()
        assert kept.name == name
        cache.write(name, key, pickle.dumps(("not", "a", "kernel")))
        assert answer() == 6
        assert answer(hit=True) == 6

    def test_a_file_as_large_as_no_kernel_is_not_read(self, kept: Path) -> None:
        os.truncate(kept, cache.LARGEST + 1)
        assert answer() == 6
        assert kept.stat().st_size < cache.LARGEST

    def test_a_pipe_is_not_waited_for(self, kept: Path) -> None:
        if not hasattr(os, "mkfifo"):
            pytest.skip("no pipes with a name here")
        kept.unlink()
        os.mkfifo(kept)
        assert answer() == 6
        assert answer(hit=True) == 6

    def test_a_folder_in_its_place_costs_the_keeping_alone(self, kept: Path) -> None:
        kept.unlink()
        kept.mkdir()
        assert answer() == 6
        assert answer() == 6
        assert list(kept.parent.iterdir()) == [kept]

    def test_what_is_warmed_is_found_by_calls(self, folder: Path) -> None:
        """A signature that is written and the types of a call name the same file, one for each dtype."""

        def triple(x: Any) -> None:
            x[0] *= 3

        warmed = compiling.Kernel(triple, ("T[::1]",))
        assert [warmed.is_kept(each) for each in warmed.signatures()] == [False, False]
        for signature in warmed.signatures():
            warmed.make_ready(signature)
        assert [warmed.is_kept(each) for each in warmed.signatures()] == [True, True]
        assert len(list(folder.iterdir())) == 2
        for dtype in compiling.DTYPES:
            kernel, numbers = compiling.Kernel(triple, ("T[::1]",)), np.full(1, 2, dtype)
            kernel.dispatcher(numbers)
            assert (numbers[0], list(kernel.dispatcher.stats.cache_hits.values())) == (6, [1])


@has_owners
@compiled
class TestWhoCouldHaveWrittenIt:
    """What is prepared here is a pickle that makes a file when it is read, under a seal that fits."""

    @pytest.fixture
    def executed(self, kept: Path, tmp_path: Path) -> Path:
        """The file that is made."""

        class Prepared:
            def __reduce__(self) -> Any:
                return (Path.touch, (tmp_path / "executed",))

        cache.write(*entry(), pickle.dumps(Prepared()))
        return tmp_path / "executed"

    def test_it_would_be_executed_where_it_is_ours(self, executed: Path) -> None:
        """So the tests that follow can fail."""
        assert answer() == 6
        assert executed.exists()

    @pytest.mark.parametrize("mode", [0o777, 0o775, 0o757, 0o770, 0o720, 0o702, 0o1777, 0o2775])
    @pytest.mark.parametrize("depth", [1, 2])
    def test_a_folder_that_others_can_write_is_not_used(
        self, kept: Path, executed: Path, mode: int, depth: int
    ) -> None:
        """Neither the folder itself nor the one of all of dlcalc; neither read nor written."""
        folder, content = kept.parents[depth - 1], kept.read_bytes()
        folder.chmod(mode)
        assert answer() == 6
        assert not executed.exists()
        assert kept.read_bytes() == content
        trouble = f"{folder} can be written by others: chmod go-w takes that from them"
        assert kernels.kept() == cache.Place(kept.parent, trouble)
        folder.chmod(0o755)
        assert kernels.kept().folder == kept.parent

    @pytest.mark.parametrize("mode", [0o622, 0o620, 0o602])
    def test_a_file_that_others_can_write_is_replaced(self, kept: Path, executed: Path, mode: int) -> None:
        kept.chmod(mode)
        assert answer() == 6
        assert not executed.exists()
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert answer(hit=True) == 6

    def test_another_users_folder_is_not_used(
        self, kept: Path, executed: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content, user = kept.read_bytes(), os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: user + 1)
        assert answer() == 6
        assert not executed.exists()
        assert kept.read_bytes() == content
        assert kernels.kept().trouble == f"{kept.parents[1]} belongs to another user"

    @as_root
    @pytest.mark.parametrize("depth", [1, 2])
    def test_a_folder_that_was_given_away_is_not_used(self, kept: Path, executed: Path, depth: int) -> None:
        content = kept.read_bytes()
        os.chown(kept.parents[depth - 1], 65534, -1)
        assert answer() == 6
        assert not executed.exists()
        assert kept.read_bytes() == content
        assert kernels.kept().trouble == f"{kept.parents[depth - 1]} belongs to another user"

    @as_root
    def test_another_users_file_is_replaced(self, kept: Path, executed: Path) -> None:
        os.chown(kept, 65534, -1)
        assert answer() == 6
        assert not executed.exists()
        assert kept.stat().st_uid == 0

    def test_a_file_that_is_a_link_is_replaced(self, kept: Path, executed: Path, tmp_path: Path) -> None:
        """What it leads to stays as it is."""
        elsewhere = kept.rename(tmp_path / "elsewhere")
        content = elsewhere.read_bytes()
        kept.symlink_to(elsewhere)
        assert answer() == 6
        assert not executed.exists()
        assert not kept.is_symlink()
        assert elsewhere.read_bytes() == content

    @as_root
    @pytest.mark.parametrize("depth", [1, 2])
    def test_a_link_to_another_users_folder_is_not_followed(
        self, kept: Path, executed: Path, tmp_path: Path, depth: int
    ) -> None:
        folder = kept.parents[depth - 1]
        elsewhere = folder.rename(tmp_path / "elsewhere")
        os.chown(elsewhere, 65534, -1)
        folder.symlink_to(elsewhere)
        assert answer() == 6
        assert not executed.exists()
        assert kernels.kept().trouble == f"{folder} belongs to another user"

    @as_root
    def test_another_users_link_is_not_followed(self, kept: Path, executed: Path, tmp_path: Path) -> None:
        """Not even to a folder of ours: its owner can lead it elsewhere at any time."""
        kept.parent.symlink_to(kept.parent.rename(tmp_path / "elsewhere"))
        os.chown(kept.parent, 65534, -1, follow_symlinks=False)
        assert answer() == 6
        assert not executed.exists()
        assert kernels.kept().trouble == f"{kept.parent} is a link made by another user"

    def test_our_own_link_to_our_own_folder_is_followed(self, kept: Path, tmp_path: Path) -> None:
        """A cache on another disk."""
        kept.parents[1].symlink_to(kept.parents[1].rename(tmp_path / "elsewhere"))
        assert answer(hit=True) == 6

    @pytest.mark.parametrize("umask", [0o000, 0o002, 0o022, 0o077])
    def test_what_we_make_is_open_to_nobody_else(self, folder: Path, tmp_path: Path, umask: int) -> None:
        """Whatever the shell is set to; the folder above all that was there before stays as it was."""
        mode, before = tmp_path.stat().st_mode, os.umask(umask)
        try:
            assert answer() == 6
        finally:
            os.umask(before)
        assert answer(hit=True) == 6
        made = [tmp_path / "home", *(tmp_path / "home").rglob("*")]
        assert [stat.S_IMODE(path.stat().st_mode) for path in made] == [0o700] * 4 + [0o600]
        assert tmp_path.stat().st_mode == mode


@contextmanager
def full_disk(kept: Path) -> Iterator[None]:
    """A disk of its own, with no room, in place of the folder."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k,mode=700", "tmpfs", str(kept.parent)], check=False)
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(kept.parent)], check=True)


@compiled
class TestWhereNothingCanBeKept:
    """The answer comes all the same, nothing is left behind, and the doctor is told why."""

    @as_root
    def test_a_disk_that_is_full(self, kept: Path) -> None:
        with full_disk(kept):
            assert answer() == 6
            assert list(kept.parent.iterdir()) == []
            assert kernels.kept().trouble == f"{kept.parent} cannot be written: No space left on device"
        assert answer(hit=True) == 6

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
    def test_a_write_that_fails_half_way(self, kept: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
        """Of the damaged file nothing becomes a whole one, and nothing else."""
        kept.write_bytes(b"damaged")

        class Failing:
            def __init__(self, opened: int, mode: str) -> None:
                self.file = open(opened, mode)  # noqa: SIM115 - closed on leaving

            def __enter__(self) -> Failing:
                return self

            def __exit__(self, *_: object) -> None:
                self.file.close()

            def write(self, content: bytes) -> None:
                self.file.write(content[: len(content) // 2])
                raise OSError(code, os.strerror(code))

        real = open
        monkeypatch.setattr(
            cache, "open", lambda opened, mode: (Failing if mode == "wb" else real)(opened, mode), raising=False
        )
        assert answer() == 6
        assert kernels.kept() == cache.Place(kept.parent, f"{kept.parent} cannot be written: {os.strerror(code)}")
        assert [file.read_bytes() for file in kept.parent.iterdir()] == [b"damaged"]

    def test_one_that_breaks_off_is_no_half_file(self, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Ctrl-C stays Ctrl-C."""
        content = kept.read_bytes()

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            cache.write(kept.name, b"key", b"other")
        assert [file.read_bytes() for file in kept.parent.iterdir()] == [content]

    @pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOSPC])
    def test_a_folder_in_which_nothing_can_be_made(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        def refused(*_: object, **__: object) -> None:
            raise OSError(code, os.strerror(code))

        monkeypatch.setattr(tempfile, "mkstemp", refused)
        assert answer() == 6
        assert kernels.kept().trouble == f"{folder} cannot be written: {os.strerror(code)}"
        assert list(folder.iterdir()) == []
        monkeypatch.setattr(Path, "mkdir", refused)
        folder.rmdir()
        assert answer() == 6
        assert kernels.kept().trouble == f"{folder} cannot be made: {os.strerror(code)}"

    def test_a_folder_without_permission(self, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "access", lambda *_: False)
        assert answer() == 6
        assert kernels.kept() == cache.Place(kept.parent, f"{kept.parent} cannot be written")

    def test_a_file_in_place_of_the_folder(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True)
        folder.touch()
        assert answer() == 6
        assert kernels.kept().trouble == f"{folder} cannot be made: File exists"

    def test_a_user_without_a_home(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def homeless() -> Path:
            raise RuntimeError("Could not determine home directory.")

        monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        monkeypatch.setattr(Path, "home", homeless)
        assert answer() == 6
        assert kernels.kept().trouble


CALLEE = """
from numba.extending import register_jitable
FACTOR = 1.0

@register_jitable
def weighed(number):
    return FACTOR * number
"""
CALLER = """
import callee

def called(x):
    return 3.0 * callee.weighed(x)
"""


@compiled
class TestWhatAKernelIsMadeOf:
    """numba looks at the function alone; here whatever it calls counts, in whatever file."""

    @staticmethod
    def made(folder: Path, monkeypatch: pytest.MonkeyPatch, callee: str = CALLEE, caller: str = CALLER) -> ModuleType:
        """The caller's module, imported anew."""
        folder.mkdir(exist_ok=True)
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        monkeypatch.syspath_prepend(str(folder))
        for name, text in (("callee", callee), ("caller", caller)):
            (folder / f"{name}.py").write_text(text)
            monkeypatch.delitem(sys.modules, name, raising=False)
        import caller as module  # type: ignore[import-not-found]

        return module

    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ("FACTOR * number", "FACTOR * number * number", 12),
            ("FACTOR = 1.0", "FACTOR = 3.0", 18),
            ("return FACTOR * number", "return -number", -6),
            ("from numba", "from math import sqrt\nfrom numba", 6),
        ],
        ids=["code", "constant", "names", "unused"],
    )
    def test_an_edited_callee_in_another_file(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, expected: float
    ) -> None:
        assert answer(self.made(tmp_path / "one", monkeypatch).called) == 6
        assert answer(self.made(tmp_path / "two", monkeypatch).called, hit=True) == 6
        edited = self.made(tmp_path / "three", monkeypatch, CALLEE.replace(old, new)).called
        assert answer(edited, hit=expected == 6) == expected
        assert len(list(folder.iterdir())) == 1, "the old one is replaced"

    def test_a_callee_of_a_callee(self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        deeper = CALLEE.replace("def weighed", "def twice(x):\n    return 2.0 * x\n\n@register_jitable\ndef weighed")
        deeper = deeper.replace("FACTOR * number", "twice(number)")
        assert answer(self.made(tmp_path / "one", monkeypatch, deeper).called) == 12
        deeper = deeper.replace("2.0 * x", "3.0 * x")
        assert answer(self.made(tmp_path / "two", monkeypatch, deeper).called) == 18

    def test_what_a_function_closes_over(self, folder: Path) -> None:
        def weighing(factor: float) -> Callable[[Any], Any]:
            def weighed(x: Any) -> Any:
                return factor * x

            return weighed

        assert answer(weighing(3.0)) == 6
        assert answer(weighing(4.0)) == 8
        assert answer(weighing(4.0), hit=True) == 8

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (1, 2), (1, 1.0), (1, True), (0.0, -0.0), ("a", "b"), ((1, 2), (2, 1)), ((1, (2,)), ((1, 2),)),
            (np.float32(1), np.float64(1)), (np.zeros(2), np.zeros(3)), (np.zeros(2000), np.r_[np.zeros(1999), 1]),
            (np.exp, np.log), (np.float32, np.float64), (None, 0), (frozenset("ab"), frozenset("ac")),
        ],
    )  # fmt: skip
    def test_constants_are_told_apart(self, one: object, other: object) -> None:
        def reading(value: object) -> Callable[[], object]:
            return lambda: value

        assert cache.made_of(reading(one)) != cache.made_of(reading(other))
        assert cache.made_of(reading(one)) == cache.made_of(reading(one))

    @pytest.mark.parametrize(
        ("setting", "value"), [("BOUNDSCHECK", 1), ("OPT", 1), ("LOOP_VECTORIZE", 0), ("DEBUGINFO_DEFAULT", 1)]
    )
    def test_a_setting_of_numba(self, kept: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: int) -> None:
        monkeypatch.setattr(compiling._settings, setting, value)
        assert answer() == 6

    def test_every_setting_is_one_that_numba_has(self) -> None:
        assert [name for name in compiling.SETTINGS if not hasattr(compiling._settings, name)] == []

    def test_another_processor(self, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        codegen = type(compiling.Kernel(tripled, ()).dispatcher.targetctx.codegen())
        monkeypatch.setattr(codegen, "magic_tuple", lambda self: ("x86_64", "another", "+none"))
        assert answer() == 6

    @pytest.mark.parametrize("package", ["numba", "np"])
    def test_another_version(self, kept: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
        monkeypatch.setattr(getattr(compiling, package), "__version__", "0.0")
        assert answer() == 6


LATER = """
import sys
from kernels.tiny import answer
print(answer(hit=True), "numba.np.arraymath" in sys.modules)
print(answer(lambda x: x + x + x), "numba.np.arraymath" in sys.modules)
"""


@compiled
def test_four_processes_at_once(folder: Path) -> None:
    """They begin together with nothing kept; each has the right answers, and what they leave is whole."""
    waiting, begin = os.pipe()
    children = []
    for _ in range(4):
        if not (child := os.fork()):
            try:
                os.close(begin)
                os.read(waiting, 1)
                os._exit(0 if answer(hit=None) == 6 else 1)
            finally:
                os._exit(99)
        children.append(child)
    assert not folder.exists()
    os.close(begin)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 4
    os.close(waiting)
    assert len(list(folder.iterdir())) == 1
    assert answer(hit=True) == 6


@compiled
def test_what_is_kept_is_loaded_without_what_compiles(kept: Path) -> None:
    """Half the time of a later process; and what was not kept is still compiled after it."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests")))}
    ran = subprocess.run(
        [sys.executable, "-c", LATER], capture_output=True, encoding="utf-8", env=environment, cwd=ROOT, timeout=120
    )
    assert (ran.stdout, ran.stderr) == ("6.0 False\n6.0 True\n", "")


class TestTheFolder:
    @pytest.mark.parametrize(
        ("environment", "root"),
        [
            ({"NUMBA_CACHE_DIR": "/numba", "XDG_CACHE_HOME": "/xdg", "HOME": "/home/me"}, "/numba"),
            ({"XDG_CACHE_HOME": "/xdg", "HOME": "/home/me"}, "/xdg"),
            ({"XDG_CACHE_HOME": "xdg", "HOME": "/home/me"}, "/home/me/.cache"),
            ({"NUMBA_CACHE_DIR": "", "XDG_CACHE_HOME": "", "HOME": "/home/me"}, "/home/me/.cache"),
            ({"HOME": "/home/me"}, "/home/me/.cache"),
            ({"NUMBA_CACHE_DIR": "here"}, str(Path("here").absolute())),
        ],
    )
    @pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these have folders of their own for it")
    def test_it_is_the_users(self, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], root: str) -> None:
        for name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert cache._root() == Path(root)

    def test_it_is_named_by_all_that_decides_the_code(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """An edited source, a new file, another flag, dlcalc or numba: each makes another; a remark beside does not."""
        (tmp_path / "cpu").mkdir()
        (tmp_path / "scalars.py").write_text("ONE = 1\n")
        names = [cache._fingerprint(tmp_path)]

        def changed() -> bool:
            names.append(cache._fingerprint(tmp_path))
            return names[-1] not in names[:-1]

        assert not changed()
        (tmp_path / "README.md").write_text("a remark")
        assert not changed()
        (tmp_path / "scalars.py").write_text("ONE = 2\n")
        assert changed()
        (tmp_path / "cpu" / "conv.py").write_text("")
        assert changed()
        monkeypatch.setitem(cache.FLAGS, "fastmath", True)
        assert changed()
        for package in ("dlcalc", "numba", "llvmlite", "numpy"):
            version = cache._version
            monkeypatch.setattr(
                cache, "_version", lambda name, of=package, was=version: "0" if name == of else was(name)
            )
            assert changed()

    def test_a_package_without_papers_has_no_version(self) -> None:
        assert cache._version("no-such-package") == ""

    @pytest.mark.parametrize(("value", "plain"), [("1", True), ("0", False), ("", False), ("yes", False)])
    def test_plain_python_keeps_nothing(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, value: str, plain: bool
    ) -> None:
        """As numba reads it: a number."""
        monkeypatch.setenv("NUMBA_DISABLE_JIT", value)
        trouble = "NUMBA_DISABLE_JIT is set: kernels run as plain Python"
        assert kernels.kept() == cache.Place(folder, trouble if plain else "")
        assert folder.exists() is not plain

    def test_without_numba_there_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kernels, "find_spec", lambda name: None if name == "numba" else object())
        with pytest.raises(UserError, match=r'^compiling kernels needs numba: pip install "dlcalc\[numeric\]"$'):
            kernels.kept()


class TestTheProgram:
    @pytest.fixture
    def main(self) -> Callable[[list[str]], int]:
        pytest.importorskip("typer")
        from dlcalc.cli import main

        return main

    def test_the_doctor_says_where_and_why_not(
        self, main: Callable[[list[str]], int], folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        import json

        def told() -> dict[str, object]:
            assert main(["doctor", "--json"]) == 0
            found = json.loads(capsys.readouterr().out)["kernel_cache"]
            assert main(["doctor"]) == 0
            shown = "".join(capsys.readouterr().out.split())
            sentence = f"✓{found['folder']}" if found["used"] else f"–notused:{found['reason']}"
            assert "kernelcache" + "".join(sentence.split()) in shown
            return found

        assert told() == {"folder": str(folder), "used": True, "reason": ""}
        folder.rmdir()
        folder.touch()
        assert told() == {"folder": str(folder), "used": False, "reason": f"{folder} cannot be made: File exists"}

    def test_the_end_of_a_file_is_not_ctrl_c(
        self, main: Callable[[list[str]], int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Whatever reads past an end breaks off with a word; status 130 is for who presses Ctrl-C."""
        from dlcalc.cli import doctor

        def ended() -> dict[str, object]:
            raise EOFError("Ran out of input")

        monkeypatch.delenv("DLCALC_DEBUG", raising=False)
        monkeypatch.setattr(doctor, "report", ended)
        assert main(["doctor"]) == 3
        assert "EOFError: Ran out of input" in capsys.readouterr().err

        def pressed() -> dict[str, object]:
            raise KeyboardInterrupt

        monkeypatch.setattr(doctor, "report", pressed)
        assert main(["doctor"]) == 130
