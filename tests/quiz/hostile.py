"""Problem files that nobody should write: each ends in one line of ProblemError, or as harmless text, at once."""

from __future__ import annotations

from .problems import BODY, FRONT
