"""The registry of commands: ids, keys, and what a form leaves of them."""

from __future__ import annotations

from collections import Counter

import pytest

from tui.commands import BY_ID, CHART, COMMANDS, LOG, MOVES, commands_for, key_name, key_table, keys_of, moves_for
from tui.screens.palette import found

SCREENS = (
    *("projects", "pipelines", "runs", "experiments", "tracked", "models", "activity"),
    *("run", "log", "launch", "metrics", "compare", "mlflow"),
    *("pipeline", "project", "together", "definition"),
)


def test_ids_are_unique():
    assert len(BY_ID) == len(COMMANDS) + len(LOG) + len(CHART) + len(MOVES)


@pytest.mark.parametrize("screen", SCREENS)
def test_on_each_screen_a_key_means_one_thing(screen):
    keys = Counter(key for spec in (*commands_for(screen), *moves_for(screen)) for key in spec.keys)
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("screen", SCREENS)
def test_each_screen_has_help_back_and_quit(screen):
    ids = {spec.id for spec in commands_for(screen)}
    assert {"help", "back", "quit", "palette"} <= ids


def test_every_command_has_a_sentence_and_a_key():
    for spec in BY_ID.values():
        assert spec.keys
        assert spec.title
        assert spec.help[0].isupper()
        assert spec.help.endswith(".")


def test_a_form_keeps_no_key_that_types_something():
    for spec in commands_for("launch"):
        for key in spec.keys:
            assert len(key) > 1
            assert key not in {"space", "slash", "colon", "question_mark", "backspace"}


def test_a_form_keeps_f1_for_help():
    assert next(spec for spec in commands_for("launch") if spec.id == "help").keys == ("f1",)


def test_a_key_given_by_the_user_takes_the_place_of_the_default():
    spec = BY_ID["run.cancel"]
    assert keys_of(spec, {}) == ("x",)
    assert keys_of(spec, {"run.cancel": "ctrl+x, delete"}) == ("ctrl+x", "delete")
    assert keys_of(spec, {"run.cancel": " , "}) == ()
    assert key_table([spec], {"run.cancel": "ctrl+x"}) == [("ctrl+x", "cancel", spec.help)]


def test_keys_are_written_as_people_write_them():
    assert [key_name(key) for key in ("slash", "question_mark", "escape", "ctrl+p", "left_curly_bracket", "j")] == [
        "/", "?", "esc", "ctrl+p", "{", "j",
    ]  # fmt: skip


def test_the_palette_finds_by_title_id_and_help():
    specs = commands_for("runs")
    assert found(specs, "")[0] is specs[0]
    assert found(specs, "launch")[0].id == "launch"
    assert [spec.id for spec in found(specs, "run.ret")] == ["run.retry"]
    assert "copy" in [spec.id for spec in found(specs, "OSC 52")]
    assert found(specs, "zzz") == []
