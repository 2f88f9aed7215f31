"""A writer per output format, each in a file of its own; `registry.writer` finds one by its name.

A module here named after a format is that format: it offers `write(document) -> str | bytes`, which neither computes
nor scores, and `SUFFIX` where its files do not end in its name. All text it is given is foreign: whatever it contains
comes out as text.
"""
