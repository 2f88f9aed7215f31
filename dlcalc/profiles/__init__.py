"""Course profiles: the letters and conventions of a course, in a small TOML file.

`load` reads one, `active` finds the one in use, `Profile` holds what it says. Formulas never look here: whoever calls
them asks the profile for a convention's name and for the letters to print.
"""

from __future__ import annotations

from .profile import COURSE, Profile
from .reader import active, builtin, config_file, load

__all__ = ["COURSE", "Profile", "active", "builtin", "config_file", "load"]
