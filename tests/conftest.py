"""What every test may rely on: the same outcome on any desk, whoever's settings and terminal it has.

pytest                                       on all cores; property tests draw the same examples for everyone
pytest -m long                               what takes long and is left out above: `.ci/run` runs it
pytest --examples 10 --hypothesis-seed=1     all of that; ten times as many, drawn at random: with another seed, others
pytest tests/quiz/test_exam.py               one file alone stays in one process
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from _pytest import runner
from hypothesis import HealthCheck
from hypothesis.internal.conjecture import providers

AT_RANDOM, SHARE, FEW = 100, 0.5, 10
"""Examples of a property test that names no number. Where they are the same each time, more of them find little new: a
share of them is drawn then, but of few all."""
FROM_THE_END = pytest.StashKey[bool]()
TERMINAL = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")

# Trees of tests that are read anew, modules, formulas: what is made until the first test runs stays, or has no circles.
gc.disable()
# Hundreds of processes are started, and none shall compile all of dlcalc anew.
sys.dont_write_bytecode = False
# numba tries types and words each refusal; to colour them, which nobody sees, is a thirtieth of the time it compiles.
os.environ.setdefault("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING", "1")


@pytest.fixture(scope="session", autouse=True)
def neutral_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Neither the user's course profile nor the width and colours of the terminal reach a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in TERMINAL:
            patch.delenv(name, raising=False)
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        for name in [name for name in os.environ if name.startswith("DLCALC_")]:
            patch.delenv(name)
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("dlcalc")
    group.addoption("--overwrite-golden", action="store_true", help="write the golden screens anew")
    group.addoption(
        "--examples",
        type=float,
        metavar="FACTOR",
        help="property tests: FACTOR times as many examples, drawn at random instead of the same for everyone; "
        "--hypothesis-seed=N draws the same again. What it finds becomes an @example",
    )
    group.addoption(
        "--draws",
        type=int,
        metavar="N",
        help="tests of every formula: N draws of each (without it 60, of whole arrays 20)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """The profile of the property tests, before --hypothesis-profile may choose another one.

    A slow machine is no counterexample, neither for a deadline nor while examples are made.
    """
    at_random = config.getoption("--examples") is not None or config.getoption("--hypothesis-seed") is not None
    hypothesis.settings.register_profile(
        "dlcalc",
        deadline=None,
        max_examples=AT_RANDOM,
        derandomize=not at_random,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    hypothesis.settings.load_profile("dlcalc")
    config.stash[FROM_THE_END] = int(getattr(config, "workerinput", {}).get("workerid", "gw0")[2:]) % 2 == 1
    # Among what it draws are constants of the modules that are loaded by then: of other tests that the process had.
    if not at_random and hasattr(providers, "_get_local_constants"):
        providers._get_local_constants = lambda: providers._local_constants


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Of two processes the second begins at the other end: what one has compiled of the tests the other one finds."""
    report = yield
    if collector.config.stash.get(FROM_THE_END, False) and isinstance(collector, pytest.Directory):
        report.result.reverse()
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """All processes have the same order; --examples multiplies what each test says of itself.

    What takes long is left out where no files and no marks are named.
    """
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.path.parts)
    if not (config.option.file_or_dir or config.option.markexpr or config.getoption("--examples")):
        long = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
    factor = config.getoption("--examples")
    if factor is None and config.getoption("--hypothesis-seed") is not None:
        return
    for test in {getattr(item, "obj", None) for item in items}:
        if getattr(test, "is_hypothesis_test", False):
            own = test._hypothesis_internal_use_settings
            count = own.max_examples * factor if factor else max(own.max_examples * SHARE, min(own.max_examples, FEW))
            test._hypothesis_internal_use_settings = hypothesis.settings(own, max_examples=max(1, round(count)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Of a test that passes, a process among several sends one report: all of them take longer than many a test.

    Nobody reads the others, but who asks for each test's name or time.
    """
    option = item.config.option
    if not hasattr(item.config, "workerinput") or option.verbose > 0 or option.durations is not None:
        return None
    for report in runner.runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_collection_finish(session: pytest.Session) -> None:
    """The tests themselves, modules and formulas are never garbage: it is not looked for among them again and again.

    Expressions are made and dropped by the million, nearly all without a circle: garbage is looked for between tests.
    """
    gc.freeze()


def pytest_runtest_logfinish() -> None:
    """What is left after so many tests and is no garbage is kept by some cache, to the end."""
    if gc.get_count()[0] > MANY:
        gc.collect()
        gc.freeze()


MANY = 500_000
"""Objects, some 100 MB."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Tests of a single file stay in one process, which starts faster and can be looked into; else all cores."""
    files = {Path(str(argument).partition("::")[0]) for argument in config.option.file_or_dir}
    return 0 if len(files) == 1 and files.pop().is_file() else None
