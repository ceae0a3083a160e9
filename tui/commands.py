"""The one registry of commands.

Bindings, the palette, the `:` line, the help screen, the footer and the key table of the README all come from it. A
command's id is what users name in the `keys` section of their configuration. A screen carries a command out in the
method `do_<id with _ for .>`, and says in `why_not(id)` why one cannot be used now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

LISTED = "projects pipelines runs experiments tracked models activity pipeline project together"
"""Screens with a list that moves by the usual keys."""

TABLES = "runs tracked"
"""Screens with a history: columns, order, groups, views."""

CHARTED = "run metrics mlflow"
"""Screens with charts, beside those of a comparison, which take these keys while they have the focus."""

TABBED = "run mlflow pipeline project activity together"
"""Screens with tabs."""

LOGS = "log view merged attempts"
"""Screens with logs: a job's, a file's, all running jobs of a run, two attempts side by side."""


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command.

    Attributes:
        id: its name in the configuration, `<section>.<verb>`.
        title: one or two words for the footer.
        help: a sentence for the help screen and the palette.
        keys: default keys, the first one is shown.
        screens: names of the screens that have it; empty for all.
        footer: place in the footer, 0 for none; smaller ones stay longer.
    """

    id: str
    title: str
    help: str
    keys: tuple[str, ...]
    screens: tuple[str, ...] = ()
    footer: int = 0

    @property
    def method(self) -> str:
        """Name of the screen's method that carries it out."""
        return "do_" + self.id.replace(".", "_").replace("-", "_")


def _spec(
    id: str,
    title: str,
    keys: str,
    help: str,
    screens: str = "",
    footer: int = 0,
) -> CommandSpec:
    return CommandSpec(id, title, help, tuple(keys.split()), tuple(screens.split()), footer)


MOVES: tuple[CommandSpec, ...] = (
    _spec("grid.down", "down", "j down", "One row down."),
    _spec("grid.up", "up", "k up", "One row up."),
    _spec("grid.page_down", "page down", "pagedown", "One page down."),
    _spec("grid.page_up", "page up", "pageup", "One page up."),
    _spec("grid.half_page_down", "half page down", "ctrl+d", "Half a page down."),
    _spec("grid.half_page_up", "half page up", "ctrl+u", "Half a page up."),
    _spec("grid.home", "top", "g home", "First row."),
    _spec("grid.end", "end", "G end", "Last row."),
    _spec("grid.mark", "mark", "space", "Mark or unmark the row; actions then work on all marked rows."),
    _spec("grid.mark_range", "mark range", "v", "Mark every row from the last mark to here."),
)
"""Keys of every list. The lists bind them themselves; they can be remapped and are shown like the others."""

LOG: tuple[CommandSpec, ...] = (
    _spec("log.follow", "follow", "F", "Follow the end of the log; scrolling up leaves it.", LOGS, 2),
    _spec("log.next_match", "next", "n", "Next match.", LOGS, 3),
    _spec("log.previous_match", "previous", "N", "Previous match.", LOGS),
    _spec("log.next_error", "error", "E", "Next line that tells of an error.", LOGS, 1),
    _spec("log.next_section", "next section", "right_square_bracket", "Next section.", LOGS, 7),
    _spec("log.previous_section", "previous section", "left_square_bracket", "Previous section.", LOGS),
    _spec("log.fold", "fold", "enter", "Fold or unfold the section.", LOGS, 6),
    _spec("log.fold_all", "fold all", "z", "Fold all sections, or unfold all.", LOGS),
    _spec("log.wrap", "wrap", "w", "Wrap long lines, or pan to see them whole.", LOGS, 9),
    _spec(
        "log.timestamps", "times", "t", "Timestamps: off, time of day, since the start, since the line before.", LOGS, 5
    ),
    _spec("log.context_more", "more context", "plus", "Show more lines around those that the filter shows.", LOGS),
    _spec("log.context_less", "less context", "minus", "Show fewer lines around those that the filter shows.", LOGS),
    _spec("log.mark", "mark", "M", "Mark the line, or take its mark away.", LOGS),
    _spec("log.next_mark", "next mark", "apostrophe", "Next marked line.", LOGS),
    _spec("log.select", "select", "v", "Select lines: j and k extend, y copies, esc ends.", LOGS),
    _spec("log.copy", "copy", "y", "Copy the selection or the line through the terminal (OSC 52).", LOGS, 8),
    _spec("log.down", "down", "j down", "One line down.", LOGS),
    _spec("log.up", "up", "k up", "One line up.", LOGS),
    _spec("log.page_down", "page down", "pagedown", "One page down.", LOGS),
    _spec("log.page_up", "page up", "pageup", "One page up.", LOGS),
    _spec("log.half_page_down", "half page down", "ctrl+d", "Half a page down.", LOGS),
    _spec("log.half_page_up", "half page up", "ctrl+u", "Half a page up.", LOGS),
    _spec("log.home", "top", "g home", "Beginning of the log.", LOGS),
    _spec("log.end", "end", "G end", "End of the log, and follow it.", LOGS),
    _spec("log.left", "left", "left", "Move long lines to the right.", LOGS),
    _spec("log.right", "right", "right", "Move long lines to the left.", LOGS),
)
"""Keys of the log view, which binds them itself."""

CHART: tuple[CommandSpec, ...] = (
    _spec("chart.left", "left", "left", "Move the reading line to the left, on all charts.", CHARTED),
    _spec("chart.right", "right", "right", "Move the reading line to the right, on all charts.", CHARTED),
    _spec("chart.pan_left", "pan left", "shift+left less_than_sign", "Show an earlier part.", CHARTED),
    _spec("chart.pan_right", "pan right", "shift+right greater_than_sign", "Show a later part.", CHARTED),
    _spec("chart.zoom_in", "zoom in", "plus equals_sign", "Zoom in around the reading line.", CHARTED),
    _spec("chart.zoom_out", "zoom out", "minus", "Zoom out.", CHARTED),
    _spec("chart.reset", "all", "0", "Show the whole course again.", CHARTED),
    _spec("chart.y_scale", "y scale", "Y", "The y axis: linear, logarithmic, symmetric logarithmic.", CHARTED, 3),
    _spec("chart.x_axis", "x axis", "X", "The x axis: step, time of day, time since the start.", CHARTED, 4),
    _spec("chart.smooth", "smoothing", "S", "Smooth the lines more, or not; the raw ones stay dimmed.", CHARTED, 5),
    _spec("chart.maximise", "one chart", "z", "Show the chart under the cursor alone, or all of them.", CHARTED, 6),
    _spec("chart.down", "down", "j down", "Next chart below.", "metrics"),
    _spec("chart.up", "up", "k up", "Next chart above.", "metrics"),
    _spec("chart.next", "next chart", "l", "Next chart.", "metrics"),
    _spec("chart.previous", "previous chart", "h", "Previous chart.", "metrics"),
    _spec("chart.page_down", "page down", "pagedown ctrl+d", "Next charts.", "metrics"),
    _spec("chart.page_up", "page up", "pageup ctrl+u", "Previous charts.", "metrics"),
    _spec("chart.home", "first", "g home", "First chart.", "metrics"),
    _spec("chart.end", "last", "G end", "Last chart.", "metrics"),
)
"""Keys of the charts, which bind them themselves."""

COMMANDS: tuple[CommandSpec, ...] = (
    _spec("go.projects", "projects", "1", "Projects: all of them at a glance."),
    _spec("go.pipelines", "pipelines", "2", "Pipelines: what can be run, and how that went lately."),
    _spec("go.runs", "runs", "3", "Runs: the history over all projects, newest first."),
    _spec("go.experiments", "experiments", "4", "Experiments: those of MLflow, with their runs."),
    _spec("go.models", "models", "5", "Models: the registry, with versions and where each came from."),
    _spec("go.activity", "activity", "6", "Activity: what was asked for, and the health of each connection."),
    _spec("open", "open", "enter", "Open what is under the cursor.", LISTED + " run compare mlflow", 1),
    _spec("back", "back", "escape", "Go back one screen; never quits."),
    _spec("leave", "back or quit", "q", "Go back one screen; on the first screen, quit."),
    _spec("quit", "quit", "ctrl+q", "Quit."),
    _spec("suspend", "background", "ctrl+z", "Go to the background of the shell; `fg` there brings it back."),
    _spec("filter", "filter", "slash",
          "Filter: words, status:failed, took>10m, metric.val_auc>0.9, since:7d, or, not, ( ).",
          LISTED + " compare", 5),
    _spec("clear", "all", "backspace", "Show everything again: drop the filter.", LISTED + " compare"),
    _spec("line", "command", "colon",
          "Type a command: runs status:failed, log 4312, theme, or paste a GitLab URL.", "", 8),
    _spec("palette", "palette", "ctrl+p", "Find a command of this screen by typing, and carry it out."),
    _spec("help", "help", "question_mark f1", "Show the keys that do something here.", "", 9),
    _spec("refresh", "refresh", "R", "Ask the servers now for what is on the screen."),
    _spec("run.log", "log", "l", "Show the log of the job under the cursor, or of the run's failed or running job.",
          "runs run together", 2),
    _spec("run.metrics", "metrics", "m",
          "Metrics: charts of the run under the cursor, or of all marked ones, overlaid.",
          "runs tracked run mlflow", 4),
    _spec("run.tab_next", "next tab", "right_square_bracket", "Next tab.", TABBED, 2),
    _spec("run.tab_previous", "previous tab", "left_square_bracket", "Previous tab.", TABBED),
    _spec("chart.filter", "filter", "slash", "Show only what matches; charts by regular expression.",
          "metrics run mlflow", 2),
    _spec("run.attempts", "attempts", "a", "Show or hide earlier attempts of jobs.", "run"),
    _spec("launch", "launch", "t",
          "Start a pipeline of the project under the cursor.", "projects pipelines pipeline project runs run", 3),
    _spec("launch.like", "launch like this", "T",
          "Start a pipeline with all that this run, or this submission, was started with.",
          "runs run activity together"),
    _spec("run.cancel", "cancel", "x",
          "Cancel the run or job under the cursor, or the marked runs.",
          "runs run log together", 4),
    _spec("run.retry", "retry", "r",
          "Retry the failed jobs of the run, or the job under the cursor.", "runs run log together", 4),
    _spec("job.play", "play", "p", "Start the manual job under the cursor, with variables if wanted.", "run", 4),
    _spec("job.erase", "erase", "ctrl+x",
          "Erase the log and the artifacts of the job under the cursor on the server.", "run"),
    _spec("job.keep", "keep", "K", "Keep the artifacts of the job under the cursor: they expire no more.", "run"),
    _spec("run.delete", "delete", "D", "Delete the run, or all marked ones, on the server; the copy here stays.",
          "runs run"),
    _spec("run.rename", "rename", "M", "Give the pipeline another name.", "runs run"),
    _spec("run.together", "RUN_ID", "i", "The runs that belong together: those with the same RUN_ID.", "runs run"),
    _spec("describe", "definition", "d", "What it is: all of its fields, jobs, APIs, schedules and repositories.",
          "projects pipelines", 4),
    _spec("define.new", "new", "n", "Define a new pipeline, or a new API or job of this one.",
          "pipelines pipeline project", 5),
    _spec("define.edit", "edit", "e", "Change the pipeline, API or job under the cursor.", "pipelines pipeline", 6),
    _spec("define.copy", "copy", "c", "Define another one like the pipeline, API or job under the cursor.",
          "pipelines pipeline"),
    _spec("define.delete", "delete", "D", "Delete the pipeline, API or job under the cursor; asks for its name.",
          "pipelines pipeline"),
    _spec("define.save", "save", "ctrl+s", "Save what is defined, after a last question.", "definition", 1),
    _spec("define.editor", "editor", "ctrl+e", "Edit the definition as YAML in $VISUAL or $EDITOR.", "definition", 2),
    _spec("panes.next", "other list", "tab", "Go to the other list.", "pipelines"),
    _spec("schedule.run", "run now", "p", "Start the pipeline of the schedule under the cursor now.",
          "activity pipeline project", 4),
    _spec("sort", "sort", "s", "Choose the column to sort by, metrics and params among them.", TABLES, 6),
    _spec("sort.turn", "turn", "S", "Sort in the other direction.", TABLES),
    _spec("columns", "columns", "C", "Choose columns, their order and their widths.", TABLES, 7),
    _spec("views", "views", "V", "Saved views: filter, order, columns and groups under a name.", TABLES, 7),
    _spec("window", "window", "w", "How far back the list reaches: a day, a week, 90d, or all.", TABLES),
    _spec("group", "group", "b", "Group by pipeline, commit, data, experiment, model, ref, user or RUN_ID.", TABLES, 8),
    _spec("group.fold", "fold", "z", "Fold or unfold the group under the cursor.", TABLES),
    _spec("group.fold_all", "fold all", "Z", "Fold or unfold all groups.", TABLES),
    _spec("compare", "compare", "c", "Compare the marked runs: params, metrics, variables, commit, data.",
          "runs tracked run", 4),
    _spec("label", "label", "L", "Give labels to the run, or to all marked ones; -name takes one away.",
          "runs tracked run mlflow"),
    _spec("note", "note", "N", "Write a note on the run, or on all marked ones.", "runs tracked run mlflow"),
    _spec("settle", "settle", "F",
          "Write the outcome of the job to an MLflow run that was left RUNNING behind it.", "tracked run mlflow"),
    _spec("export", "export", "E", "Write what is listed to a file: CSV, JSON Lines or text.",
          "runs tracked run mlflow compare metrics"),
    _spec("compare.differing", "differing", "d", "Show only what differs, or everything.", "compare", 1),
    _spec("compare.chart", "charts", "m", "Show or hide the charts below the table.", "compare", 2),
    _spec("compare.drop", "drop", "D", "Take the run under the cursor out of the comparison.", "compare"),
    _spec("compare.baseline", "baseline", "b", "Show differences to the run under the cursor, or none.", "compare", 4),
    _spec("compare.section_next", "next section", "right_square_bracket", "Next section.", "compare"),
    _spec("compare.section_previous", "previous section", "left_square_bracket", "Previous section.", "compare"),
    _spec("compare.left", "left", "left h", "The run to the left.", "compare"),
    _spec("compare.right", "right", "right l", "The run to the right.", "compare"),
    _spec("compare.direction", "best", "B", "What is best for the metric under the cursor: greatest, least, neither.",
          "compare", 3),
    _spec("browse", "browser", "o", "Open the page of this in the browser, or copy its address over SSH.",
          "projects pipelines pipeline project together runs run log tracked mlflow activity"),
    _spec("copy", "copy", "y", "Copy the address of this, or the value under the cursor (OSC 52).",
          "projects pipelines pipeline project together runs run tracked mlflow compare metrics activity"),
    _spec("withdraw", "take back", "D", "Take back the waiting command under the cursor, or all marked ones.",
          "activity", 2),
    _spec("queue.hold", "hold", "h", "Hold back the waiting command, or all marked ones; or let them go.",
          "activity", 3),
    _spec("queue.up", "earlier", "K", "Let the waiting launch go before the one above it.", "activity", 5),
    _spec("queue.down", "later", "J", "Let the waiting launch go after the one below it.", "activity", 6),
    _spec("queue.when", "when", "w", "When the waiting launch goes: at 22:00, in 2h, after #4312 succeeds, or now.",
          "activity", 7),
    _spec("submission.compare", "compare", "c", "Compare the marked submissions: what was asked for.", "activity"),
    _spec("log.search", "search", "slash", "Search in the log, while you type; smart case.", LOGS, 1),
    _spec("log.filter", "filter", "ampersand", "Show only the lines that match, with lines around them.", LOGS, 4),
    _spec("log.regex", "regex", "alt+r", "Search and filter by regular expression, or by plain text.", LOGS),
    _spec("log.case", "case", "alt+c", "Case: smart, exact, ignored.", LOGS),
    _spec("log.goto", "go to", "ctrl+g", "Go to a line (4312), a part (50%), a time (12:30) or an age (+90s).", LOGS),
    _spec("log.sections", "sections", "S", "List the sections with their durations, and go to one.", LOGS, 10),
    _spec("log.save", "save", "s", "Save the log to a file: plain text, or raw as the server has it.", LOGS),
    _spec("log.editor", "editor", "e", "Open the log in $VISUAL or $EDITOR.", LOGS),
    _spec("log.pager", "pager", "p", "Open the log in $PAGER, or less.", LOGS),
    _spec("log.attempts", "attempts", "a", "Two attempts of this job side by side.", "log"),
    _spec("log.merged", "all jobs", "A", "The logs of all running jobs of this run in one.", "log run"),
    _spec("log.next-job", "next job", "right_curly_bracket", "Log of the run's next job.", "log"),
    _spec("log.previous-job", "previous job", "left_curly_bracket", "Log of the run's previous job.", "log"),
    _spec("view.next-file", "next file", "right_curly_bracket", "The next file.", "view"),
    _spec("view.previous-file", "previous file", "left_curly_bracket", "The previous file.", "view"),
    _spec("launch.send", "send", "ctrl+s", "Send the launch, after a last question.", "launch", 1),
    _spec("launch.editor", "editor", "ctrl+e", "Edit the whole request as YAML in $VISUAL or $EDITOR.", "launch", 2),
    _spec("launch.graph", "graph", "ctrl+g", "Show the request, or the jobs that will run.", "launch", 3),
    _spec("launch.reset", "reset", "ctrl+r", "Fill the form anew from the API's own values.", "launch", 4),
)  # fmt: skip
"""Every command, in the order in which help shows them."""

BY_ID: dict[str, CommandSpec] = {spec.id: spec for spec in (*COMMANDS, *LOG, *CHART, *MOVES)}
"""Command by id."""

FORMS = frozenset({"launch", "definition"})
"""Screens with text fields: there, commands on plain characters would steal what one types."""


ALONE = frozenset({"view"})
"""Screens of a program without a dashboard, whose commands make no sense there."""


def moves_for(screen: str) -> tuple[CommandSpec, ...]:
    """The keys of the lists of a screen; none where it has no list."""
    return MOVES if screen in {*LISTED.split(), "run", "compare", "mlflow"} else ()


def commands_for(screen: str) -> list[CommandSpec]:
    """Commands of a screen: its own first, then those of every screen. A form keeps those keys that type nothing."""
    own = [spec for spec in (*COMMANDS, *LOG, *CHART) if screen in spec.screens]
    general = [spec for spec in COMMANDS if not spec.screens]
    if screen in ALONE:
        general = [spec for spec in general if not spec.id.startswith("go.") and spec.id != "refresh"]
    if screen in FORMS:
        kept = ((spec, tuple(key for key in spec.keys if not _types(key))) for spec in general)
        general = [replace(spec, keys=keys) for spec, keys in kept if keys]
    return own + general


def _types(key: str) -> bool:
    """Whether a key types a character into a field, or edits it."""
    return len(key) == 1 or key in {"slash", "colon", "question_mark", "space", "backspace"}


WIDGET_OWNED = frozenset(spec.id for spec in (*MOVES, *LOG, *CHART))
"""Commands that a widget binds and carries out itself."""

KEY_NAMES = {
    "slash": "/", "colon": ":", "question_mark": "?", "escape": "esc", "left_curly_bracket": "{",
    "right_curly_bracket": "}", "left_square_bracket": "[", "right_square_bracket": "]", "ampersand": "&",
    "apostrophe": "'", "plus": "+", "minus": "-", "equals_sign": "=",
    "less_than_sign": "<", "greater_than_sign": ">",
    "backspace": "bksp",
}  # fmt: skip
"""How keys are written for people, where Textual's name differs."""


def key_name(key: str) -> str:
    """A key as people write it."""
    return KEY_NAMES.get(key, key)


def keys_of(spec: CommandSpec, keymap: dict[str, str]) -> tuple[str, ...]:
    """The keys of a command after the user's remapping."""
    given = keymap.get(spec.id)
    return tuple(part.strip() for part in given.split(",") if part.strip()) if given else spec.keys


def key_table(specs: Iterable[CommandSpec], keymap: dict[str, str] | None = None) -> list[tuple[str, str, str]]:
    """(keys, title, help) of commands, for help and the README."""
    return [(" ".join(key_name(key) for key in keys_of(spec, keymap or {})), spec.title, spec.help) for spec in specs]
