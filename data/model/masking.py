"""What looks like a secret, by its name or its form: GitLab's API shows all values of variables."""

from __future__ import annotations

import re
from typing import Final

_NAME: Final = re.compile(
    r"(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|(?:API|ACCESS|PRIVATE|SECRET|SSH|DEPLOY)_?KEY)(?:_|$)",
    re.IGNORECASE,
)
_VALUE: Final = re.compile(r"\bgl[a-z]{2,6}-[\w-]{16,}|-----BEGIN [A-Z ]*PRIVATE KEY-----")


def is_secret(key: str, value: str = "") -> bool:
    """Whether a variable looks like a secret."""
    return bool(_NAME.search(key) or _VALUE.search(value))
