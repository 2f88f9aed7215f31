"""Problem files, the variants drawn from them, and the exams made of those."""
