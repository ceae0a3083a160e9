"""The request as YAML in an editor: what comes back, what is wrong with it, and that no text is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from data.launch.asked import Problem
from tests.tui.launchworld import form, go_to, held, opened, preview, refs, sent, text_of, world
from tests.tui.stage import last_line, playing, press, settle, shown, top, type_text
from tui.screens.launch_editor import first_remark, is_empty, with_remarks, without_remarks
from widgets.confirm import Confirm

Change = Callable[[str], str]


class Editor:
    """Stands for the user's editor: changes the file in turn, and remembers what it was given."""

    def __init__(self, *changes: Change) -> None:
        self.changes = list(changes)
        self.seen: list[str] = []
        self.modes: list[int] = []
        self.places: list[Path] = []

    def __call__(self, _app: object, command: Sequence[str]) -> str:
        path = Path(command[-1])
        self.seen.append(path.read_text())
        self.modes.append(path.stat().st_mode & 0o777)
        self.places.append(path)
        path.write_text(self.changes.pop(0)(self.seen[-1]))
        return ""


@pytest.fixture
def editing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Editor]:
    """Put an editor in the place of the user's."""

    def use(*changes: Change) -> Editor:
        editor = Editor(*changes)
        monkeypatch.setenv("EDITOR", "true")
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setattr("tui.screens.launch_editor.run_outside", editor)
        return editor

    return use


async def test_the_whole_request_is_edited(tmp_path: Path, editing: Callable[..., Editor]) -> None:
    def change(text: str) -> str:
        text = text.replace("LR: 0.01", "LR: 0.3").replace("train: true", "train: false")
        return text.replace("note: ''", "note: |-\n  two\n  lines").replace("labels: []", "labels: [a, b]")

    editor = editing(change)
    async with playing(tmp_path, (120, 60), world=world(preview(), refs())) as pilot:
        await opened(pilot)
        await go_to(pilot, "variables.TOKEN")
        await type_text(pilot, "hunter2")
        await press(pilot, "ctrl+e")
        values = held(pilot)
        assert (values["variables.LR"], values["note"], values["labels"]) == ("0.3", "two\nlines", "a b")
        assert values["flow_control"]["evaluate"] is False  # type: ignore[index]
        assert values["variables.TOKEN"] == "hunter2"
        assert "hunter2" not in editor.seen[0]
        assert "Learning rate of the optimiser" in editor.seen[0]
        assert editor.modes == [0o600]
        assert not editor.places[0].exists()
        assert "2 lines: two" in shown(pilot)
        await go_to(pilot, "variables.TOKEN")
        await press(pilot, "ctrl+u")
        assert (await sent(pilot)).note == "two\nlines"


async def test_what_cannot_be_read_comes_back_with_its_lines(tmp_path: Path, editing: Callable[..., Editor]) -> None:
    editor = editing(
        lambda text: text.replace("ref: main", "reff: main"), lambda text: text.replace("reff: ", "ref: x")
    )
    async with playing(tmp_path, world=world()) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+e")
        line = 1 + editor.seen[0].splitlines().index("ref: main")
        assert "This cannot be read. Edit it again?" in shown(pilot)
        assert f"line {line}: a launch has no field reff; did you mean ref?" in shown(pilot)
        await press(pilot, "y")
        await settle(pilot, lambda: len(editor.seen) == 2)
        assert "# ! a launch has no field reff; did you mean ref?\nreff: main" in editor.seen[1]
        await settle(pilot, lambda: text_of(pilot, "ref") == "xmain")


async def test_a_text_that_is_given_up_is_kept_for_the_next_time(
    tmp_path: Path, editing: Callable[..., Editor]
) -> None:
    editor = editing(lambda text: text + "nonsense: [\n", lambda _text: "# nothing\n")
    async with playing(tmp_path, world=world()) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+e")
        top(pilot, Confirm)
        await press(pilot, "n")
        assert "the text is kept: ctrl+e opens it again" in last_line(pilot)
        await press(pilot, "escape")
        assert "What you changed is lost" in shown(pilot)
        await press(pilot, "n", "ctrl+e")
        assert "nonsense: [" in editor.seen[1]
        assert "the document was empty: the form stays as it was" in last_line(pilot)
        await press(pilot, "escape")
        assert top(pilot).NAME == "runs"


async def test_a_wrong_value_is_told_with_its_line_and_in_place(tmp_path: Path, editing: Callable[..., Editor]) -> None:
    editor = editing(lambda text: text.replace("LR: 0.01", "LR: much"))
    async with playing(tmp_path, (120, 60), world=world()) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+e")
        line = 1 + editor.seen[0].splitlines().index("  LR: 0.01")
        assert f"line {line}: LR must be a number" in last_line(pilot)
        assert "LR must be a number" in shown(pilot).split("cannot be sent")[0]


async def test_another_api_can_be_named_in_the_text(tmp_path: Path, editing: Callable[..., Editor]) -> None:
    editing(lambda _text: "api: features\nref: main\nvariables:\n  WINDOW: 14\n")
    async with playing(tmp_path, world=world()) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+e")
        assert (text_of(pilot, "api"), text_of(pilot, "variables.WINDOW")) == ("features", "14")
        assert held(pilot)["flow_control"]["train"] is False  # type: ignore[index]


async def test_nothing_changed_and_no_editor_are_sentences(
    tmp_path: Path, editing: Callable[..., Editor], monkeypatch: pytest.MonkeyPatch
) -> None:
    editing(str)
    async with playing(tmp_path, world=world()) as pilot:
        await opened(pilot)
        await press(pilot, "ctrl+e")
        assert "nothing was changed" in last_line(pilot)
        monkeypatch.setenv("EDITOR", "/no/such/editor")
        await press(pilot, "ctrl+e")
        assert "there is no program /no/such/editor" in last_line(pilot)
        form(pilot)


async def test_an_editor_that_fails_leaves_the_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "true")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setattr("tui.screens.launch_editor.run_outside", lambda *_: "true ended with exit code 1")
    async with playing(tmp_path, world=world()) as pilot:
        await opened(pilot)
        await type_text(pilot, "-x")
        await press(pilot, "ctrl+e")
        assert "exit code 1" in last_line(pilot)
        assert text_of(pilot, "ref") == "main-x"


def test_remarks_stand_above_their_lines_and_go_again() -> None:
    text = "a: 1\nb: 2\n"
    marked = with_remarks(text, [Problem("b", "wrong", 2), Problem("", "all of it"), Problem("c", "behind", 9)])
    assert marked == "# ! all of it\na: 1\n# ! wrong\nb: 2\n# ! behind\n"
    assert without_remarks(marked) == text
    assert (first_remark(marked), first_remark(text)) == (1, 1)
    assert first_remark(with_remarks(text, [Problem("b", "wrong", 2)])) == 2
    assert is_empty("# a\n\n  # b\n")
    assert not is_empty("a: 1")
    assert with_remarks("", [Problem("", "empty")]) == "# ! empty\n"
