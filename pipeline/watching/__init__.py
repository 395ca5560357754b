"""Curves of running and finished runs in a terminal."""
