"""What our themes say otherwise on a terminal of 256 colours, where every colour becomes the nearest of a palette.

Dark grounds would all become black there, and light ones white. Written are the palette's own values, except for
light greys: those that Rich (`rich.color.Color.downgrade`, for output without our layer) turns into the same grey.
"""

from __future__ import annotations

from styles.themes import DARK, LIGHT

EIGHT_BIT = {
    DARK.name: {
        "background": "#121212",
        "surface": "#1c1c1c",
        "panel": "#1c1c1c",
        "blurred-background": "#262626",
        "cursor-background": "#000087",
        "marked-background": "#5f005f",
    },
    LIGHT.name: {
        "background": "#ffffff",
        "surface": "#f0f0f0",  # shown as #eeeeee
        "panel": "#f0f0f0",
        "blurred-background": "#e6e6e6",  # shown as #e4e4e4
        "cursor-background": "#afffff",
        "marked-background": "#ffffd7",
        "match-background": "#ffd787",
        "match-foreground": "#000000",
        "tone-dim": "#585858",
        "tone-manual": "#5f00af",
        "tone-pending": "#5f5f00",
        "series-4": "#af00af",
        "series-6": "#626262",
        "log-9": "#d70000",
        "log-14": "#005f87",
    },
}
"""Name of a theme -> token -> colour."""
