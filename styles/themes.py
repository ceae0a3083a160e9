"""The colours: two themes of our own, one without colours, and what the themes of Textual lack for our styles.

A tone must be legible (contrast of 4.5:1, WCAG 2.2 level AA) on the background and on the lines of cursor and marks.
"""

from __future__ import annotations

from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

LEGIBLE = 4.5
"""Least contrast between text and what it stands on (WCAG 2.2, 1.4.3)."""

LINEAR_BELOW = 0.04045
"""Channel value up to which sRGB is linear (IEC 61966-2-1)."""

STEPS = 20
"""Steps in which a colour of a foreign theme is blended towards black or white until it is legible."""

TONE_SOURCES = {
    "tone-dim": "foreground",
    "tone-accent": "primary",
    "tone-success": "success",
    "tone-failed": "error",
    "tone-running": "secondary",
    "tone-pending": "accent",
    "tone-canceled": "foreground",
    "tone-manual": "primary",
    "tone-warning": "warning",
}
"""Our token -> the colour of a foreign theme from which it is made."""

GREYED = {"tone-dim", "tone-canceled"}
"""Tokens that are blended towards the background as far as they stay legible."""

SERIES = tuple(f"series-{number}" for number in range(1, 9))
"""Tokens of the lines of a chart, in the order in which they are given out."""

TEXT_STYLES = {
    "cursor-text-style": "bold",
    "blurred-text-style": "none",
    "marked-text-style": "none",
    "header-text-style": "bold",
    "failed-text-style": "none",
    "match-text-style": "none",
    "hit-text-style": "bold",
}
"""Tokens that are text styles; a theme without colours says with them what others say with colours."""

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


_HUES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
ANSI_NAMES = (*(f"ansi_{hue}" for hue in _HUES), *(f"ansi_bright_{hue}" for hue in _HUES))
"""The terminal's own 16 colours as Textual names them, for themes that leave colours to the terminal."""

ANSI_SERIES = (
    *("ansi_blue", "ansi_yellow", "ansi_magenta", "ansi_cyan"),
    *("ansi_red", "ansi_green", "ansi_bright_blue", "ansi_white"),
)
"""Those of them that lines of a chart take."""


def _named(prefix: str, colours: tuple[str, ...], first: int) -> dict[str, str]:
    return {f"{prefix}-{number}": colour for number, colour in enumerate(colours, first)}


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
        **_named("series", DARK_SERIES, 1),
        **_named("log", DARK_LOG, 0),
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
        **_named("series", LIGHT_SERIES, 1),
        **_named("log", LIGHT_LOG, 0),
    },
)
"""Dark text on a light ground."""

_PLAIN = "ansi_default"

MONO = Theme(
    name="lineside-mono",
    ansi=True,
    primary=_PLAIN,
    secondary=_PLAIN,
    accent=_PLAIN,
    warning=_PLAIN,
    error=_PLAIN,
    success=_PLAIN,
    foreground=_PLAIN,
    background=_PLAIN,
    surface=_PLAIN,
    panel=_PLAIN,
    boost=_PLAIN,
    variables={
        **dict.fromkeys(BUILTIN_THEMES["ansi-dark"].variables, _PLAIN),
        **dict.fromkeys(TONE_SOURCES, _PLAIN),
        **dict.fromkeys(
            [f"{part}-{ground}" for part in ("cursor", "match", "hit") for ground in ("background", "foreground")],
            _PLAIN,
        ),
        "blurred-background": _PLAIN,
        "marked-background": _PLAIN,
        "cursor-text-style": "reverse",
        "blurred-text-style": "underline",
        "marked-text-style": "bold",
        "header-text-style": "bold",
        "failed-text-style": "bold",
        "match-text-style": "underline",
        "hit-text-style": "reverse",
        "block-cursor-text-style": "reverse",
        "input-cursor-text-style": "reverse",
        **_named("series", (_PLAIN,) * len(SERIES), 1),
        **_named("log", (_PLAIN,) * 16, 0),
    },
)
"""No colour at all (NO_COLOR): bold, underline and reverse say what the others say with colours."""

THEMES = (DARK, LIGHT, MONO)
"""What the application registers; the first is the default."""


def contrast(one: Color, other: Color) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Color) -> float:
    def linear(value: float) -> float:
        return value / 12.92 if value <= LINEAR_BELOW else float(((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = colour.normalized
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def variable_defaults(theme: Theme) -> dict[str, str]:
    """Our tokens for a theme that does not define them, made of its own colours; for `get_theme_variable_defaults`."""
    if theme.ansi:
        own = {token: getattr(theme, name) or _PLAIN for token, name in TONE_SOURCES.items()}
        return {**MONO.variables, **own, **_named("log", ANSI_NAMES, 0), **_named("series", ANSI_SERIES, 1)}
    if theme in THEMES:
        return {}
    model = DARK if theme.dark else LIGHT
    system = theme.to_color_system().generate()
    names = {"background", "panel", "primary", "accent", *TONE_SOURCES.values()}
    colours = {name: Color.parse(system[name]) for name in names}
    ground = colours["background"]
    grounds = {
        "cursor-background": ground.blend(colours["primary"], 0.25),
        "marked-background": ground.blend(colours["accent"], 0.15),
        "blurred-background": colours["panel"],
    }
    own = {name: colour.hex for name, colour in grounds.items()}
    stands_on = (ground, *grounds.values())
    for token, source in TONE_SOURCES.items():
        start = colours[source].blend(ground, 0.4) if token in GREYED else colours[source]
        own[token] = legible(start, stands_on).hex
    own["cursor-foreground"] = legible(colours["foreground"], stands_on).hex
    for token in (*SERIES, *(f"log-{number}" for number in range(16))):
        own[token] = legible(Color.parse(model.variables[token]), stands_on).hex
    return {**model.variables, **own}


def legible(colour: Color, grounds: tuple[Color, ...]) -> Color:
    """`colour`, blended as little as it takes towards white or black, to be legible on all `grounds`."""
    white, black = Color(255, 255, 255), Color(0, 0, 0)
    goal = white if min(contrast(white, g) for g in grounds) > min(contrast(black, g) for g in grounds) else black
    for step in range(STEPS + 1):
        found = colour.blend(goal, step / STEPS)
        if min(contrast(found, ground) for ground in grounds) >= LEGIBLE:
            return found
    return goal
