"""The program in a pty, as the tests of the terminal run it."""

from tests.terminal.conftest import start

__all__ = ["start"]
