"""Keeps a store equal to the servers and carries out what users ask for: the only code that joins sources to a store.

`service.Engine` runs inside an event loop; `process.spawn` starts it as a process of its own, and imports little.
"""
