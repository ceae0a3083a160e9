"""The applications have the tones that their widgets draw in."""

from __future__ import annotations

import pytest
from textual.app import App

from tests.widgets.stage import Stage
from tui.dashboard import Dashboard
from tui.viewer import Viewer
from widgets.paint import TONE_CLASSES


@pytest.mark.parametrize("app", [Dashboard, Viewer, Stage])
def test_an_application_has_all_tones(app: type[App[object]]) -> None:
    assert app._get_component_classes() >= TONE_CLASSES, "Textual looks in the first base of each class only"
