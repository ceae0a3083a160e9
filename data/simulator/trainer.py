"""A process that logs to MLflow what the simulated training jobs would: `python -m data.simulator.trainer URI`.

It reads messages as JSON lines from its standard input and ends when that closes. Each run is brought from what MLflow
has to what was last asked for, so a server that is away or a locked database only delays it.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

from data.simulator.messages import DECODER, Begin, End, EndSweep, Message, Progress, Register
from data.simulator.trainer_mlflow import Recorder, RunState, is_hopeless

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds between attempts after failures: doubled each time."""


@dataclass(slots=True)
class Work:
    """What is still to be written: live runs go before past ones, and what concerns several of them after these."""

    runs: dict[int, RunState]
    last: list[Register | EndSweep]

    def take(self, message: Message) -> None:
        """Note what a message asks for."""
        if isinstance(message, Begin):
            self.runs[message.plan.key] = RunState(message.plan, past=message.past)
        elif isinstance(message, Register | EndSweep):
            self.last.append(message)
        elif message.key in self.runs:
            state = self.runs[message.key]
            if isinstance(message, Progress):
                state.step, state.samples = max(state.step, message.step), max(state.samples, message.samples)
            elif isinstance(message, End):
                state.end = message

    def next_run(self) -> RunState | None:
        """Return the run to write next, None when all are as they should be."""
        behind = [state for state in self.runs.values() if state.is_behind]
        return min(behind, key=lambda state: state.past) if behind else None

    def next_last(self) -> Register | EndSweep | None:
        """Return what concerns runs that are all written: the end of a search at once, a registration in its turn."""
        behind = {state.plan.sweep for state in self.runs.values() if state.is_behind}
        ends = (order for order in self.last if isinstance(order, EndSweep) and order.key not in behind)
        first = self.last[0] if self.last and self.next_run() is None else None
        return next(ends, None) or first


def _read(lines: queue.SimpleQueue[Message | None]) -> None:
    """Pass on messages until standard input closes, then None."""
    for line in sys.stdin.buffer:
        lines.put(DECODER.decode(line))
    lines.put(None)


def _step(work: Work, recorder: Recorder) -> bool:
    """Write one thing; return whether there was one."""
    order, state = work.next_last(), work.next_run()
    if order is not None:
        _attempt(lambda: recorder.sum_up(order, work.runs), lambda: None)
        work.last.remove(order)
        return True
    if state is not None:
        _attempt(lambda: recorder.record(state), lambda: work.runs.pop(state.plan.key, None))
        return True
    return False


def _attempt(action: Callable[[], None], drop: Callable[[], object]) -> None:
    """Do `action`; where MLflow refuses it for good, `drop` it, else let the error through to be tried again."""
    try:
        action()
    except Exception as error:  # MLflow lets through whatever requests and SQLAlchemy raise
        if not is_hopeless(error):
            raise
        drop()


def _drain(lines: queue.SimpleQueue[Message | None], work: Work, wait: float | None) -> bool:
    """Take the messages that are there, waiting `wait` seconds (None: for ever) for one; False once input closed."""
    try:
        message = lines.get(timeout=wait) if wait else lines.get(block=wait is None)
        while message is not None:
            work.take(message)
            message = lines.get_nowait()
    except queue.Empty:
        return True
    return False


def run(uri: str) -> None:
    """Write until standard input closes."""
    lines: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    work, recorder, pause = Work({}, []), Recorder(uri), 0.0
    wait: float | None = None
    while _drain(lines, work, wait):
        try:
            wait, pause = (0.0 if _step(work, recorder) else None), 0.0
        except Exception:  # the server is away or its database is locked: whatever it raises, it is tried again
            wait = pause = min(max(pause * 2, FIRST_PAUSE), LONGEST_PAUSE)


def main() -> None:
    """Run with the tracking URI given as the only argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole terminal; the simulator closes our input
    run(sys.argv[1])
    sys.stdout.flush()
    os._exit(0)  # MLflow's worker threads must not hold up the end


if __name__ == "__main__":
    main()
