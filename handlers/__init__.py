"""One file for each chat command: its name, usage, least role, and a pure function."""
