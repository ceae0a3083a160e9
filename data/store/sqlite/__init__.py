"""The store in one SQLite file: SQLAlchemy Core over aiosqlite, write-ahead log, any number of processes."""
