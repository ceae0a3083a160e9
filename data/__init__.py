"""Everything of Lineside that has no screen: records, configuration, store, sources, engine and simulator.

This package never imports textual, rich, `tui` or `widgets` (held by import-linter and by a test in a fresh process).
"""
