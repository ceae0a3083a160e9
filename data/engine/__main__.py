"""`python -m data.engine`: an engine as a process; `data.engine.process` has its options."""

from __future__ import annotations

from data.engine.process import leave, main

if __name__ == "__main__":
    leave(main())
