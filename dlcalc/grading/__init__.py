"""Answers in, marks out. What students hand in is foreign: it is bounded, read as text, and nothing in it is executed."""
