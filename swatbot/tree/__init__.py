"""The staging directory: its git history, its manifest, and the snapshots taken from it."""
