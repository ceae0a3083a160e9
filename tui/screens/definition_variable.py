"""A variable of an API or a job, all of it: the small form that the list of variables opens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from data.config.rules import VARIABLE_KINDS
from data.model.pipeline import Variable
from styles import sheet
from widgets.cells import Cell
from widgets.facts import Facts
from widgets.field_lines import LinesField
from widgets.formfield import FieldScroll
from widgets.forms import ChoiceField, Field, TextField, ToggleField

Judge = Callable[[Variable], Mapping[str, str]]
"""Says what is wrong with a variable, by its field; "" for all of it."""
KEYS: Final = "ctrl+s takes it over, esc leaves it as it was"
"""What ends the form."""


class VariableScreen(ModalScreen[Variable | None]):
    """Every field of a variable; returns it, or None where it stays as it was."""

    CSS_PATH: ClassVar = [sheet("form"), sheet("field")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "take", "Take over", show=False, id="variable.take"),
        Binding("escape", "dismiss", "Leave", show=False, id="variable.leave"),
    ]
    AUTO_FOCUS = "#variable-key"

    def __init__(self, title: str, variable: Variable, judge: Judge) -> None:
        super().__init__()
        self._title, self.variable, self._judge = title, variable, judge

    def compose(self) -> ComposeResult:
        """The fields between what they are of and the keys."""
        with Vertical(id="variable-box"):
            yield Facts(1, id="variable-head")
            with FieldScroll(id="variable-form"):
                yield from self._fields()
            yield Facts(1, id="variable-foot")

    def _fields(self) -> Iterable[Field]:
        one = self.variable
        kinds = VARIABLE_KINDS if one.kind in VARIABLE_KINDS else (*VARIABLE_KINDS, one.kind)
        yield TextField("name", one.key, required=True, hint="letters, digits and _", id="variable-key")
        yield ChoiceField("kind", kinds, one.kind, id="variable-kind")
        yield TextField("value", one.value, hint="to begin with", id="variable-value")
        yield TextField("description", one.description, hint="for people", id="variable-description")
        yield LinesField("choices", one.choices, id="variable-choices")
        yield ToggleField("required", one.required, hint="a launch must give it", id="variable-required")
        yield TextField("pattern", one.pattern, hint="regular expression of the value", id="variable-pattern")
        yield ToggleField("secret", one.secret, hint="asked for, masked, never kept", id="variable-secret")

    def on_mount(self) -> None:
        """What it is about."""
        self.query_one("#variable-head", Facts).update([[Cell(self._title, "bold")]])
        self._say("")

    def _say(self, wrong: str) -> None:
        self.query_one("#variable-foot", Facts).update([[Cell(wrong, "failed") if wrong else Cell(KEYS, "dim")]])

    def read(self) -> Variable:
        """What the fields hold."""
        texts = {name: self.query_one(f"#variable-{name}", TextField).value for name in ("value", "description")}
        return Variable(
            key=self.query_one("#variable-key", TextField).value.strip(),
            kind=self.query_one("#variable-kind", ChoiceField).value,
            choices=self.query_one("#variable-choices", LinesField).value,
            required=self.query_one("#variable-required", ToggleField).value,
            pattern=self.query_one("#variable-pattern", TextField).value.strip(),
            secret=self.query_one("#variable-secret", ToggleField).value,
            **texts,
        )

    def on_field_changed(self, message: Field.Changed) -> None:
        """Say at once what is wrong."""
        message.stop()
        self._show(self._judge(self.read()))

    def _show(self, wrong: Mapping[str, str]) -> None:
        for name in Variable.__struct_fields__:
            self.query_one(f"#variable-{name}", Field).set_error(wrong.get(name, ""))
        self._say(wrong.get("", ""))

    def action_take(self) -> None:
        """Take it over, where nothing is wrong."""
        variable = self.read()
        wrong = self._judge(variable)
        self._show(wrong)
        if not wrong:
            self.dismiss(variable)
            return
        name = next((name for name in Variable.__struct_fields__ if name in wrong), "key")
        self.query_one(f"#variable-{name}", Field).focus()
