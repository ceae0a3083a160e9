"""Reusable Textual widgets. They know records and cells, never a store, a source or a screen."""
