"""Files: those from outside, read under limits (`untrusted`), and ours, written whole or not at all (`writing`)."""
