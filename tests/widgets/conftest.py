"""Every test draws with the Unicode signs, whatever terminal it runs in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from widgets.glyphs import UNICODE, use


@pytest.fixture(autouse=True)
def unicode_signs() -> Iterator[None]:
    """Signs that do not depend on the environment."""
    use(UNICODE)
    yield
    use(None)
