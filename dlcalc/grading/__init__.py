"""Answers in, marks out. What students hand in is foreign: bounded, read as text, and nothing of it executed."""
