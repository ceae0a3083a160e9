"""Parts of histories that are kept for a while, each by itself."""

from __future__ import annotations

from data.engine.windows import MAX_WINDOWS, STALE, Windows


def test_windows_drop_what_was_not_looked_at_for_long_and_what_is_too_much() -> None:
    now = 1000.0
    windows = Windows(lambda: now)
    windows.looked_at("r", "old")
    now += STALE / 2
    windows.looked_at("r", "new")
    windows.looked_at("s", "other")
    assert windows.take_dropped() == []
    now += STALE / 2 + 1
    windows.looked_at("r", "new")
    assert windows.take_dropped() == ["old"]
    for number in range(MAX_WINDOWS):
        now += 1
        windows.looked_at("r", f"w{number}")
    assert windows.take_dropped() == ["new"]
    now += STALE + 1
    assert len(windows.take_dropped()) == MAX_WINDOWS + 1 and windows.take_dropped() == []
    assert windows.is_new("r", "loss") and not windows.is_new("r", "loss")
