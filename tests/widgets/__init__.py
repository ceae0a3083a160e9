"""Tests of the widgets and themes."""
