"""The one reader and the one judge of what a student wrote, for every door.

What is asked is a `target.Target`; a judge for each kind of target stands in a file of its own. Nothing here knows of
problems, exams or points.
"""
