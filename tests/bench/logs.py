"""Writes logs as training jobs leave them: colours, sections, progress bars, tracebacks, of any size."""

from __future__ import annotations

import random
from pathlib import Path

FIRST = "FIRSTLINE of the log"
LAST = "LASTLINE of the log"
NEEDLE = "RARE-NEEDLE-7c1f"
RARE = f"{NEEDLE} at the end of everything"
"""The last line but one."""
CHUNK_LINES = 50_000
"""Lines that are made up; a log repeats them with other section markers between."""

_MODULES = ("data.loader", "train.loop", "train.optim", "eval.metrics", "dist.ddp", "ckpt.manager")
_PACKAGES = ("numpy", "pandas", "torch", "torchvision", "scikit-learn", "mlflow", "pyarrow", "transformers", "tqdm")
_LEVELS = (("\x1b[32m", "INFO "),) * 16 + (("\x1b[33m", "WARN "),) * 3 + (("\x1b[31;1m", "ERROR"),)


def write_log(path: Path, size: int) -> int:
    """Write a log of about `size` bytes with some 10 lines per 1,000 bytes; returns its lines."""
    chance = random.Random(7)
    chunk = "".join(_line(chance, number) for number in range(CHUNK_LINES)).encode()
    lines = written = section = 0
    with path.open("wb", buffering=1 << 20) as file:
        written += file.write(f"{FIRST}\n".encode())
        while written < size:
            section += 1
            head = f"\x1b[0Ksection_start:{1_760_000_000 + section * 60}:epoch_{section}\r\x1b[0KEpoch {section}\n"
            tail = f"\x1b[0Ksection_end:{1_760_000_050 + section * 60}:epoch_{section}\r\x1b[0K\n"
            written += file.write(head.encode()) + file.write(chunk) + file.write(tail.encode())
            lines += chunk.count(b"\n") + 2
        file.write(f"{RARE}\n{LAST}\n".encode())
    return lines + 3


def _line(chance: random.Random, number: int) -> str:
    """One line, or a few that belong together."""
    time = f"2026-03-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}.{number * 137 % 1000:03}Z"
    kind = chance.random()
    if kind < 0.45:
        colour, level = chance.choice(_LEVELS)
        module = chance.choice(_MODULES)
        text = f"epoch {number // 5000} step {number} loss={chance.random() * 3:.5f} tok/s={chance.randrange(42000)}"
        return f"\x1b[2m{time}\x1b[0m {colour}{level}\x1b[0m \x1b[36m{module}\x1b[0m: {text}\n"
    if kind < 0.6:
        return (
            f"{time} tests/test_model.py::test_{chance.randrange(10**5):05}[case-{number % 40}] \x1b[32mPASSED\x1b[0m\n"
        )
    if kind < 0.75:
        package = chance.choice(_PACKAGES)
        return f"Collecting {package}=={chance.randrange(3)}.{chance.randrange(20)}.{chance.randrange(9)}\n"
    if kind < 0.77:
        steps = (f"\r {step * 10:3}%|{'█' * step}{' ' * (10 - step)}| {step * 100}/1000" for step in (1, 4, 7, 10))
        return "".join(steps) + "\n"
    if kind < 0.772:
        return (
            "Traceback (most recent call last):\n"
            f'  File "/app/src/model.py", line {chance.randrange(900)}, in forward\n'
            "    out = self.layers[idx](hidden, mask=mask, cache=cache)\n"
            f"\x1b[31mRuntimeError\x1b[0m: CUDA error: device-side assert triggered at {chance.randrange(10**6)}\n"
        )
    return f"{time} #{chance.randrange(40)} " + " ".join(chance.choices(_PACKAGES, k=chance.randrange(2, 9))) + "\n"
