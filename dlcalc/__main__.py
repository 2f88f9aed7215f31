"""`python -m dlcalc`."""

import sys

from dlcalc.cli import main

sys.exit(main())
