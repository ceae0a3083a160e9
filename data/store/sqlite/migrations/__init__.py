"""Migrations: one Alembic script per schema version, run by `data.store.sqlite.migrate`.

A script is named after its version, `v0002_what_it_does.py`, and holds `revision = "2"`, `down_revision = "1"` (None in
the first script) and `upgrade()`, which works through `alembic.op`. Columns are made from documents, so a new column is
filled by putting its records again; documents themselves are data and are never dropped.
"""
