"""Moves whole stores: from one to another, into a backup, and out of it; checked record by record and log by log."""
