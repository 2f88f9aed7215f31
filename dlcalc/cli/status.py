"""The exit statuses of the program, in one place."""

WELL = 0
"""Right, right by a convention, following from an earlier answer, or simply well."""
NOT_RIGHT = 1
"""An answer does not count: it is wrong, or coarser than asked; a check failed."""
NOT_UNDERSTOOD = 2
"""The question or the answer is not understood."""
BUG = 3
"""A fault of dlcalc."""
PEOPLE_NEEDED = 4
"""Hand-ins are marked, and somebody must decide about some of their answers."""
INTERRUPTED = 130
"""Ctrl-C: 128 and the number of its signal, as shells have it."""
