"""A value that is never shown."""

from __future__ import annotations

from typing import Any, Final

MASK: Final = "•••"
"""What stands for a secret wherever it would be printed."""


class Secret:
    """A token or password. Its `str`, `repr` and format are `•••`; `reveal` is the only way to the value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself: for the request that needs it, and for nothing else."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> Any:
        raise TypeError("a secret is not written anywhere")
