"""Makes a run again from its record, and compares the two to the bit."""
