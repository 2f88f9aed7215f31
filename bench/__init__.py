"""Speed, side by side with a peer that is measured in the same run: `python -m bench`."""
