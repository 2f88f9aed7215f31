"""What a machine can see of a plain sentence: no old words, nothing unkind, no question that answers itself."""

from __future__ import annotations

import re

OLD = re.compile(
    r"\b(anew|becomes of|hereby|has to be|have to be|(?<![Tt]here )is no|lays?|laid down|makes of|meets|of which|"
    r"once more|puts? out|so goes|stands?(?! for)|there(by|in|of)|to be counted|whatever|where(by|in|of)|whoever)\b|"
    r"\bHow many [a-z ]+ has (it|the (?!most))"
)
UNKIND = re.compile(
    r"\b(after all|at last|clearly|even you|just|obviously|of course|really|simply|surely|trivial)\b", re.IGNORECASE
)
RHETORICAL = re.compile(r"(Are|Can|Could|Did|Do|Does|Has|Have|Is|May|Should|Was|Were|Will|Would)\b(?!.*\bor\b)")
"""A question with one answer that everybody knows; one that names two possibilities is none."""
