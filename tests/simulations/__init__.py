"""Simulations of statistical methods: programs that print the tables of docs/statistics.md."""
