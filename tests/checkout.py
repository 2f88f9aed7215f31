"""The checkout that the tests lie in, and the files that are its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def project_files() -> list[Path]:
    """The project's own files: what git tracks or would; in a tree without git, all but the caches."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        skipped = {line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()} | {".git"}
        listed = []
        for folder, folders, names in os.walk(ROOT):
            folders[:] = [name for name in folders if name not in skipped]
            listed += [str(Path(folder, name).relative_to(ROOT)) for name in names]
    return [path for name in sorted(filter(None, listed)) if (path := ROOT / name).is_file()]
