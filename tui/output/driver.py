"""Textual's driver for Unix terminals, which besides asks the terminal what it is, and whose end never hangs.

What it relies on in Textual 8.2: `LinuxDriver.run_input_thread` is what the thread of keys runs, `exit_event` ends it,
`attrs_before` is what the terminal is restored to, and `Parser.parse` is a generator that is sent single characters.
"""

from __future__ import annotations

import contextlib
import contextvars
import inspect
import os
import select
import signal
import threading
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from textual._parser import ParseEOF, ParseTimeout, Peek1, Read1, TokenCallback
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from tui.output.answers import Answer, Answers, Kind
from tui.output.pace import QUESTION, SILENCE, Pace
from tui.output.passing import SCREEN
from tui.output.terminal import (
    BACKGROUND_QUESTION,
    VERSION_QUESTION,
    Terminal,
    from_environment,
    may_be_asked,
    told,
)
from tui.output.writer import Writer

if TYPE_CHECKING:
    from textual.app import App

READ = 4096
"""Bytes that are read at a time."""
LOOK = 0.1
"""Seconds between two looks at whether the input ends."""
LAST_ANSWER = 0.4
"""Seconds that the end of the program waits for the last answer at most."""
STUCK = 2
"""Writes that wait when a terminal takes nothing."""


@runtime_checkable
class Listener(Protocol):
    """An application that wants to know what the terminal answers."""

    output_pace: Pace

    def take_terminal(self, terminal: Terminal) -> None:
        """The terminal is this, and what it shows is not known."""

    def output_answered(self, at: float) -> None:
        """The answer to a `QUESTION` came, at a time of the monotonic clock."""


class AnsweringParser(XTermParser):
    """The parser of keys, which sees no answers of the terminal. Keys take as long as they take without."""

    def __init__(self, heard: Callable[[list[Answer]], None], debug: bool = False) -> None:
        self._answers = Answers()
        self._heard = heard
        super().__init__(debug)

    def parse(self, token_callback: TokenCallback[Message]) -> Generator[Read1 | Peek1, str, None]:
        """Parse characters, the answers taken out."""
        answers = self._answers
        inner = super().parse(token_callback)
        request = next(inner)
        with contextlib.suppress(StopIteration):
            while True:
                patience = answers.patience
                try:
                    character = yield (request if patience is None else Read1(patience))
                except ParseTimeout:
                    for passed in answers.let_go():
                        request = inner.send(passed)
                    if request.timeout is not None:
                        request = inner.throw(ParseTimeout())
                    continue
                except ParseEOF as end:
                    inner.throw(end)
                    return
                for passed in answers.take(character):
                    request = inner.send(passed)
                if answers.heard:
                    self._heard(answers.heard)
                    answers.heard = []


class TerminalDriver(LinuxDriver):
    """Keys and drawing on a Unix terminal."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        self.terminal = from_environment(os.environ)
        """What is known of the terminal."""
        # GNU screen 4.9 holds a lone Escape back until another key comes, as long as a program reads the mouse.
        super().__init__(app, debug=debug, mouse=mouse and self.terminal.multiplexer != SCREEN, size=size)
        self._writer: Writer | None = None
        self._listener = app if isinstance(app, Listener) else None
        self._due: set[Kind] = set()
        self._asked = False
        self._unanswered = threading.Condition()
        self._questions = 0
        self._context = contextvars.copy_context()  # in which Textual knows its application, unlike the thread of keys

    # Out

    @property
    def waiting(self) -> int:
        """How many writes the terminal has not taken yet."""
        return self._writer.waiting if self._writer is not None else 0

    def write(self, data: str) -> None:
        """Have `data` written. It waits for the terminal only where nothing paces it: with Textual's own output."""
        if self._writer is not None:
            with self._unanswered:
                self._questions += data.count(QUESTION)
            self._writer.write(data, patient=bool(getattr(self._app, "output_off", "")))

    def hang_up(self) -> None:
        """The terminal is gone: write nothing more."""
        if self._writer is not None:
            self._writer.hang_up()

    def disable_input(self) -> None:
        """End the input, where the terminal answers with nothing on its way: else the shell would take it for keys."""
        running = self._key_thread is not None and self._key_thread.is_alive()
        if running and self.terminal.answers is not False and not self.exit_event.is_set():
            self._disable_mouse_support()
            self.write(QUESTION)
            with self._unanswered:
                self._unanswered.wait_for(lambda: self._questions <= 0, self._last_patience())
        super().disable_input()

    def _last_patience(self) -> float:
        """Seconds that the end waits for the last answer; a terminal that takes or says nothing is not waited for."""
        silent = self._listener is None or self._listener.output_pace.answers is False
        return 0.0 if silent or self.waiting > STUCK else LAST_ANSWER

    def close(self) -> None:
        """Write what is left, where the terminal takes it."""
        if self._writer is not None:
            self._writer.stop()
            self._writer = None
        super().close()

    # Life

    def start_application_mode(self) -> None:
        """Take over the terminal, then ask it.

        SIGCONT without SIGTSTP before it, such as after SIGSTOP, comes here while everything runs: that ends first,
        else two threads would read the keys, and the raw mode would be what the terminal is restored to.
        """
        running, before = self._key_thread is not None and self._key_thread.is_alive(), self.attrs_before
        if running:
            self.exit_event.set()
            if self._key_thread is not None:
                self._key_thread.join()
            self.exit_event.clear()
            self.close()
        self._questions = 0
        stream = self._file
        assert stream is not None, "a terminal needs the standard error stream"
        self._writer = Writer(stream.fileno(), stream.encoding or "utf-8")
        self._writer.start()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if running:
            self.attrs_before = before
        if self._asked and self._listener is not None:
            # Whoever was in the foreground meanwhile has drawn what nobody here knows.
            self._app.call_later(self._listener.take_terminal, self.terminal)
        if self.input_tty and not self._asked:
            self._ask()

    def _ask(self) -> None:
        """Ask the terminal what it is. The question that all know comes last: what is not answered then is unknown."""
        self._asked = True
        if may_be_asked(os.environ):
            self._due.add(Kind.VERSION)
            self.write(VERSION_QUESTION)
            if getattr(self._app, "asks_background", True):
                self._due.add(Kind.BACKGROUND)
                self.write(BACKGROUND_QUESTION)
        if self._listener is not None and self._listener.output_pace.sent(0, time.monotonic()):
            self.write(QUESTION)
            self._loop.call_later(SILENCE, self._not_answered)

    def _not_answered(self) -> None:
        if self.terminal.answers is None:
            self._take(self.terminal._replace(answers=False))

    def _request_terminal_sync_mode_support(self) -> None:
        """Textual's question for mode 2026, where it leaves no rubbish."""
        if may_be_asked(os.environ):
            super()._request_terminal_sync_mode_support()

    def _query_in_band_window_resize(self) -> None:
        """Textual's question for mode 2048, where it leaves no rubbish."""
        if may_be_asked(os.environ):
            super()._query_in_band_window_resize()

    # In

    def run_input_thread(self) -> None:
        """Read keys until the end. Any bytes may come: those that are not UTF-8 become replacement characters."""
        parser = AnsweringParser(self._heard, self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        while not self.exit_event.is_set():
            if select.select([self.fileno], [], [], LOOK)[0]:
                data = self._read()
                if not data:
                    self._lost()
                    return
                for message in parser.feed(text) if (text := decode(data)) else ():
                    self.process_message(message)
            for message in parser.tick():
                self.process_message(message)

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, READ)
        except OSError:  # EIO: the terminal hung up
            return b""

    def _lost(self) -> None:
        """There will be no more keys. A terminal that is gone hangs up on us, whether or not it controls us."""
        if self.input_tty:
            self.hang_up()
            os.kill(os.getpid(), signal.SIGHUP)

    def process_message(self, message: Message) -> None:
        """Hear of synchronized output, too, which Textual asks for."""
        if isinstance(message, TerminalSupportsSynchronizedOutput):
            self._loop.call_soon_threadsafe(self._synchronizes, context=self._context)
        super().process_message(message)

    def _synchronizes(self) -> None:
        self._take(self.terminal._replace(synchronized=True))

    def _heard(self, heard: list[Answer]) -> None:
        """In the thread of keys: hand over to the event loop, where it still runs."""
        with self._unanswered:
            self._questions -= sum(answer.kind is Kind.REPORT for answer in heard)
            self._unanswered.notify_all()
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._consider, heard, time.monotonic(), context=self._context)

    def _consider(self, heard: list[Answer], at: float) -> None:
        terminal = self.terminal
        for answer in heard:
            if answer.kind is Kind.REPORT:
                terminal = terminal._replace(answers=True)
                if self._listener is not None:
                    self._listener.output_answered(at)
            elif answer.kind in self._due:
                self._due.discard(answer.kind)
                terminal = told(terminal, answer)
        self._take(terminal)

    def _take(self, terminal: Terminal) -> None:
        """Tell the application when something changed, after what it has to do yet: it may be about to start."""
        if terminal == self.terminal:
            return
        self.terminal = terminal
        if self._listener is not None:
            self._app.call_later(self._listener.take_terminal, terminal)


def unknown() -> str:
    """What this driver relies on and this Textual lacks, for example since it is newer; nothing when all is there."""
    names = ["run_input_thread", "start_application_mode", "disable_input", "process_message"]
    missing = [name for name in names if not callable(getattr(LinuxDriver, name, None))]
    if not inspect.isgeneratorfunction(XTermParser.parse):
        missing.append("parse")
    if "timeout" not in Read1._fields:
        missing.append("Read1.timeout")
    return ", ".join(missing)
