"""Tests of copies between stores, backups and restores."""
