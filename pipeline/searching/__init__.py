"""Searches: an oracle proposes settings one after another, a child process trains them, a journal keeps what came of it."""
