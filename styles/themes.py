"""The colours: two themes of our own, and what the themes of Textual lack for our styles.

A tone must be legible (contrast of 4.5:1, WCAG 2.2 level AA) on the background and on the lines of cursor and marks.
"""

from __future__ import annotations

from textual.color import Color
from textual.theme import Theme

from styles.contrast import Shown, apart, as_it_is, legible
from styles.plain import ANSI, ANSI_LIGHT, ANSI_NAMES, ANSI_SERIES, MONO, PLAIN
from styles.tokens import GREYED, LOGS, SERIES, TEXT_STYLES, TONE_SOURCES, named

DARK_SERIES = ("#56b4e9", "#e69f00", "#b346fd", "#effe34", "#9cfffe", "#da512b", "#b8c9aa", "#3e8999")
LIGHT_SERIES = ("#1667fd", "#d42709", "#093e0b", "#a550b1", "#861054", "#647160", "#5c1095", "#0906e4")
"""Colours that lie as far apart as legibility allows for eyes that see all colours, and for those that see no red, no
green or no blue: they differ in lightness as well as in hue."""

DARK_LOG = (
    *("#7b8794", "#ff8b85", "#7fd68f", "#e5c76b", "#82b7ff", "#e0a0e6", "#6fd3d9", "#d5dbe2"),
    *("#8f9bab", "#ffa29c", "#9be6a9", "#f2d98c", "#a5ccff", "#efbdf3", "#93e6ea", "#ffffff"),
)
LIGHT_LOG = (
    *("#22272e", "#b3261e", "#176a2c", "#7a5600", "#0b57a8", "#8a2f91", "#006a70", "#5a6472"),
    *("#4d5765", "#c4302b", "#1d7434", "#855e00", "#1a62b5", "#96399c", "#06747a", "#3b424c"),
)
"""The 16 colours of a terminal as they are drawn in logs: legible on the background whatever the program meant."""

DARK = Theme(
    name="lineside-dark",
    dark=True,
    primary="#7cb7ff",
    secondary="#63c5d9",
    accent="#d9b45b",
    warning="#e8b34a",
    error="#ff8b85",
    success="#79d18a",
    foreground="#d5dbe2",
    background="#0f1317",
    surface="#151b21",
    panel="#1c242c",
    variables={
        **TEXT_STYLES,
        "tone-dim": "#97a2af",
        "tone-accent": "#8cc0ff",
        "tone-success": "#79d18a",
        "tone-failed": "#ff9f99",
        "tone-running": "#6fd0e4",
        "tone-pending": "#d9c27d",
        "tone-canceled": "#a9b1ba",
        "tone-manual": "#cba8f5",
        "tone-warning": "#f0b952",
        "cursor-background": "#1d3450",
        "cursor-foreground": "#ffffff",
        "blurred-background": "#1e262e",
        "marked-background": "#2a2440",
        "match-background": "#5a4a12",
        "match-foreground": "#fff3c9",
        "hit-background": "#f0b952",
        "hit-foreground": "#14100a",
        **named("series", DARK_SERIES, 1),
        **named("log", DARK_LOG, 0),
    },
)
"""Light text on a dark ground."""

LIGHT = Theme(
    name="lineside-light",
    dark=False,
    primary="#0b57a8",
    secondary="#00626f",
    accent="#8a5a00",
    warning="#8a5a00",
    error="#b3261e",
    success="#176a2c",
    foreground="#22272e",
    background="#fbfcfd",
    surface="#f1f4f7",
    panel="#e6ebf0",
    variables={
        **TEXT_STYLES,
        "tone-dim": "#566170",
        "tone-accent": "#0b57a8",
        "tone-success": "#176a2c",
        "tone-failed": "#b3261e",
        "tone-running": "#00626f",
        "tone-pending": "#74540a",
        "tone-canceled": "#515b67",
        "tone-manual": "#6d3fa8",
        "tone-warning": "#855500",
        "cursor-background": "#cfe2f8",
        "cursor-foreground": "#0d1117",
        "blurred-background": "#e6ebf0",
        "marked-background": "#e9e1f7",
        "match-background": "#fbe8a6",
        "match-foreground": "#3d2f00",
        "hit-background": "#8a5a00",
        "hit-foreground": "#ffffff",
        **named("series", LIGHT_SERIES, 1),
        **named("log", LIGHT_LOG, 0),
    },
)
"""Dark text on a light ground."""

THEMES = (DARK, LIGHT, MONO, ANSI, ANSI_LIGHT)
"""What the application registers; the first is the default."""


def variable_defaults(theme: Theme, shown: Shown = as_it_is) -> dict[str, str]:
    """Our tokens for a theme that does not define them, made of its own colours; for `get_theme_variable_defaults`.

    They are legible, and grounds differ from each other, on a terminal that shows colours as `shown` says.
    """
    if theme in THEMES:
        return {}
    if theme.ansi:
        own = {token: getattr(theme, name) or PLAIN for token, name in TONE_SOURCES.items()}
        return {**MONO.variables, **own, **named("log", ANSI_NAMES, 0), **named("series", ANSI_SERIES, 1)}
    model = DARK if theme.dark else LIGHT
    system = theme.to_color_system().generate()
    names = {"background", "panel", "primary", "accent", *TONE_SOURCES.values()}
    colours = {name: Color.parse(system[name]) for name in names}
    ground = colours["background"]
    grounds = {
        "cursor-background": apart(ground, colours["primary"], 0.25, shown),
        "marked-background": apart(ground, colours["accent"], 0.15, shown),
        "blurred-background": colours["panel"],
    }
    own = {name: colour.hex for name, colour in grounds.items()}
    stands_on = (ground, *grounds.values())
    for token, source in TONE_SOURCES.items():
        start = colours[source].blend(ground, 0.4) if token in GREYED else colours[source]
        own[token] = legible(start, stands_on, shown).hex
    own["cursor-foreground"] = legible(colours["foreground"], stands_on, shown).hex
    for token in (*SERIES, *LOGS):
        own[token] = legible(Color.parse(model.variables[token]), stands_on, shown).hex
    return {**model.variables, **own}
