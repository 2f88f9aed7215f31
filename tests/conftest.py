"""What every test may rely on: the same outcome on any desk, whoever's settings and terminal it has."""

from __future__ import annotations

import os
from collections.abc import Iterator

import hypothesis
import pytest

# A slow machine is no counterexample; CI draws the same examples each time.
hypothesis.settings.register_profile("dlcalc", deadline=None, derandomize="CI" in os.environ, print_blob=True)
hypothesis.settings.load_profile("dlcalc")


@pytest.fixture(scope="session", autouse=True)
def neutral_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Neither the user's course profile nor the width and colours of the terminal reach a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
            patch.delenv(name, raising=False)
        for name in [name for name in os.environ if name.startswith("DLCALC_")]:
            patch.delenv(name)
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--overwrite-golden", action="store_true", help="write the golden screens anew")
