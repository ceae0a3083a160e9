"""What is searched for, as a regular expression."""

from __future__ import annotations

import re
import warnings


def compile_pattern(text: str, *, regex: bool = False, case: bool | None = None) -> re.Pattern[str]:
    """A pattern for `find_lines`; without `case` upper and lower case differ only if `text` has an upper case letter.

    Raises:
        re.error: when `regex` is set and `text` is not a regular expression.
    """
    exact = any(character.isupper() for character in text) if case is None else case
    flags = re.MULTILINE | (0 if exact else re.IGNORECASE)
    try:
        # What `[[` will mean one day is nothing to tell the user of.
        with warnings.catch_warnings(action="ignore", category=FutureWarning):
            return re.compile(text if regex else re.escape(text), flags)
    except OverflowError:
        raise re.error("a number of repetitions is too large") from None
    except RecursionError:
        raise re.error("it is nested too deep") from None
