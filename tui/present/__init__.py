"""Presentation: pure functions from records, the time and a width to cells. No I/O, no widgets' state."""
