"""Themes that bring no colours of their own: none at all, or the 16 of the terminal.

Nobody knows what the 16 look like: the cursor line is reversed, which is as legible as the text was, and a tone that is
illegible on common palettes (the Linux console's, xterm's) stays the terminal's own text colour. Signs and words tell.
"""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

from styles.tokens import LOGS, SERIES, TEXT_STYLES, TONE_SOURCES, named

PLAIN = "ansi_default"
"""The terminal's own text colour and background."""

_HUES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
ANSI_NAMES = (*(f"ansi_{hue}" for hue in _HUES), *(f"ansi_bright_{hue}" for hue in _HUES))
"""The terminal's own 16 colours as Textual names them, for themes that leave colours to the terminal."""

ANSI_SERIES = (
    *("ansi_blue", "ansi_yellow", "ansi_magenta", "ansi_cyan"),
    *("ansi_red", "ansi_green", "ansi_bright_blue", "ansi_white"),
)
"""Those of them that lines of a chart take."""

MONO_STYLES = {
    **TEXT_STYLES,
    "cursor-text-style": "reverse",
    "blurred-text-style": "underline",
    "marked-text-style": "bold",
    "failed-text-style": "bold",
    "match-text-style": "underline",
    "hit-text-style": "reverse",
    "block-cursor-text-style": "reverse",
    "input-cursor-text-style": "reverse",
}
"""What is said by colours elsewhere."""

GROUNDS = {
    **dict.fromkeys(
        [f"{part}-{ground}" for part in ("cursor", "match", "hit") for ground in ("background", "foreground")], PLAIN
    ),
    "blurred-background": PLAIN,
    "marked-background": PLAIN,
}

_NO_COLOURS = {
    **dict.fromkeys(BUILTIN_THEMES["ansi-dark"].variables, PLAIN),
    **dict.fromkeys(TONE_SOURCES, PLAIN),
    **GROUNDS,
    **MONO_STYLES,
    **named("series", (PLAIN,) * len(SERIES), 1),
    **named("log", (PLAIN,) * len(LOGS), 0),
}


def _theme(name: str, variables: dict[str, str], *, dark: bool = True) -> Theme:
    return Theme(
        name=name,
        ansi=True,
        dark=dark,
        primary=variables["tone-accent"],
        secondary=variables["tone-running"],
        accent=variables["tone-pending"],
        warning=variables["tone-warning"],
        error=variables["tone-failed"],
        success=variables["tone-success"],
        foreground=PLAIN,
        background=PLAIN,
        surface=PLAIN,
        panel=PLAIN,
        boost=PLAIN,
        variables=variables,
    )


MONO = _theme("lineside-mono", _NO_COLOURS)
"""No colour at all (NO_COLOR): bold, underline and reverse say what the others say with colours."""


def _of_sixteen(tones: dict[str, str], series: tuple[str, ...], log: tuple[str, ...]) -> dict[str, str]:
    """Tokens of the terminal's 16 colours, which are named without `ansi_`; tones that are not named have none."""
    return {
        **_NO_COLOURS,
        **{f"tone-{tone}": f"ansi_{hue}" for tone, hue in tones.items()},
        "match-background": "ansi_yellow",
        "match-foreground": "ansi_black",
        "match-text-style": "none",
        "hit-background": "ansi_cyan",
        "hit-foreground": "ansi_black",
        "hit-text-style": "none",
        **named("series", [f"ansi_{hue}" for hue in series], 1),
        **named("log", [f"ansi_{hue}" for hue in log], 0),
    }


_BRIGHT = tuple(f"bright_{hue}" for hue in _HUES)

ANSI = _theme(
    "lineside-ansi",
    _of_sixteen(
        {
            "accent": "bright_cyan",
            "success": "bright_green",
            "failed": "bright_red",
            "running": "cyan",
            "pending": "bright_yellow",
            "manual": "bright_magenta",
            "warning": "bright_yellow",
        },
        (
            *("bright_cyan", "bright_yellow", "bright_magenta", "bright_green"),
            *("bright_red", "bright_blue", "white", "cyan"),
        ),
        ("white", *_BRIGHT[1:7], "white", "white", *_BRIGHT[1:]),
    ),
)
"""The terminal's 16 colours on its own dark background."""

_LIGHT_LOG = ("default", "red", "default", "default", "blue", "magenta", "default", "default")

ANSI_LIGHT = _theme(
    "lineside-ansi-light",
    _of_sixteen(
        {"accent": "blue", "failed": "red", "running": "blue", "manual": "magenta", "warning": "red"},
        ("blue", "red", "magenta", "bright_black", "bright_blue", "default", "green", "cyan"),
        (*_LIGHT_LOG, *_LIGHT_LOG),
    ),
    dark=False,
)
"""The terminal's 16 colours on its own light background."""
