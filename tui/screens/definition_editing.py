"""The way of a definition through the user's editor: what is wrong comes back above its lines, no text is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.define.fields import Definition
from data.errors import UsageError
from data.launch.asked import Problem
from tui.screens.definition_yaml import record_from, remarks, yaml_of
from tui.screens.launch_editor import edit_text, first_remark, is_empty, with_remarks, without_remarks

if TYPE_CHECKING:
    from tui.screens.definition import DefinitionScreen


def edit_definition(screen: DefinitionScreen, record: Definition) -> None:
    """Open `record` as YAML in the editor, and take over what comes back."""
    project = screen.around.project
    assert project is not None
    text = screen.rejected or yaml_of(record, project, screen.around.pipeline)
    try:
        edited = edit_text(screen.dashboard, text, first_remark(text))
    except UsageError as error:
        screen.say(str(error), "failed")
        return
    edited = without_remarks(edited)
    if is_empty(edited):
        screen.rejected = ""
        screen.say("nothing was taken over from the editor", "dim")
        return
    found = record_from(edited, screen.record)
    if isinstance(found, list):
        told = [Problem("", sentence, line) for line, sentence in remarks(found)]
        screen.rejected = with_remarks(edited, told)
        first = told[0]
        screen.say(f"line {first.line}: {first.message}; ctrl+e opens it again", "failed")
        return
    screen.rejected = ""
    screen.take(found)
