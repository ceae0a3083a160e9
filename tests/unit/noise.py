"""A log with everything in it that logs have."""

from __future__ import annotations

import random


def noise(lines: int, seed: int = 1) -> bytes:
    """A log with every peculiarity, in lines of very different length."""
    chance = random.Random(seed)
    parts = []
    for number in range(lines):
        stamp = b"2026-11-20T10:%02d:%02d.020010Z 00O" % (number // 60 % 60, number % 60)
        kind = chance.random()
        if kind < 0.5:
            parts.append(stamp + b" step %d loss=%.4f\n" % (number, chance.random()))
        elif kind < 0.6:
            parts.append(stamp + b" \x1b[31mERROR\x1b[0m number %d\n" % number)
        elif kind < 0.7:
            steps = [b"%3d%%|%s" % (step, b"#" * (step // 10)) for step in range(0, 101, 25)]
            parts.append((b"\r\n" + stamp + b"+").join([stamp + b" " + steps[0], *steps[1:]]) + b"\n")
        elif kind < 0.75:
            parts.append(stamp + b" " + "日本語 ".encode() * chance.randint(1, 900) + b"\n")
        elif kind < 0.8:
            parts.append(stamp + b" section_start:%d:s%d\r\x1b[0KHead\n" % (1_700_000_000 + number, number))
        elif kind < 0.85:
            parts.append(stamp + b" section_end:%d:s%d\r\x1b[0K\n" % (1_700_000_000 + number, number - 1))
        else:
            parts.append(b"no header %d\n" % number)
    return b"".join(parts)
