"""`python -m tui.cli`: the same as the command `lineside`."""

import sys

from tui.cli import main

sys.exit(main())
