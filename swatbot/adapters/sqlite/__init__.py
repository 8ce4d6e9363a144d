"""SQLite: the journal as a file, following it from other processes, and the lock for its one engine."""
