"""The screens: each reads the store through the feed, shows records by `tui.present`, and asks by commands."""
