"""`doctor`: whether everything that Lineside needs is there and works, and what to do where it does not."""

from __future__ import annotations

import click

from data.clean import clean
from tui.cli.examination import examine
from tui.cli.examine_team import Facts
from tui.cli.examine_terminal import output_words
from tui.cli.failures import FAILED
from tui.cli.output import print_json, with_color
from tui.options import DashboardOptions
from tui.present.activity import LARGEST
from tui.present.text import plural, size
from widgets.glyphs import glyphs

NO_ENGINE = "none has run with this store; the dashboard starts one"


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
@click.option("--offline", is_flag=True, help="Ask no server.")
@click.pass_obj
def doctor_cli(options: DashboardOptions, as_json: bool, offline: bool) -> int:
    """Examine everything that Lineside needs.

    Configuration, store, servers, engines and terminal; exit 1 where something is wrong.
    """
    report = examine(options, ask_servers=not offline)
    if as_json:
        print_json(report)
    else:
        for line in report_lines(report):
            print(line)
    return FAILED if report["problems"] else 0


def report_lines(report: Facts) -> list[str]:
    """The report for people: a line per thing that was examined, its troubles and ways out below it."""
    lines = [_config_line(report["config"]), *_troubles(report["config"])]
    lines += [_store_line(report["store"]), *_troubles(report["store"])]
    if report["store"]["team"]:
        lines += [*_team_lines(report["store"]), *_troubles(report["store"]["team"])]
    lines += [_log_line(report["logs"]), *_troubles(report["logs"])]
    for server in report["connections"]:
        lines += [_server_line(server), *_troubles(server)]
        for project in server["projects"]:
            level = f"access level {project['access_level']}" if project["access_level"] else ""
            lines += [_line(not project["problems"], "project", project["project"], level), *_troubles(project)]
            lines += [f"              {glyphs().crumb} {clean(limit)}" for limit in project["limits"]]
    for engine in report["engines"]:
        lines.append(
            _line(engine["alive"], "engine", engine["id"], f"seen {engine['seen']}, leases {engine['leases']}")
        )
    if not report["engines"]:
        away = (report["store"]["team"] or {}).get("state") == "away"
        known = "nobody knows while the team store is away" if away else NO_ENGINE
        lines.append(f"  {'engine':<11} {known}")
    terminal = report["terminal"]
    named = [f"TERM={terminal['term']}", *([terminal["name"]] if terminal["name"] != terminal["term"] else [])]
    words = [*named, f"{terminal['colors']} colours", f"{terminal['columns']}x{terminal['lines']}"]
    lines += [_line(not terminal["problems"], "terminal", ", ".join(words), terminal["signs"]), *_troubles(terminal)]
    lines.append(f"  {'output':<11} {output_words(terminal['output'])}")
    lines.append(f"  {'versions':<11} " + ", ".join(f"{name} {number}" for name, number in report["versions"].items()))
    return lines


def _config_line(config: Facts) -> str:
    if not config["path"]:
        return _line(not config["problems"], "config", config["origin"], "")
    counts = f"{config['connections']} connections, {config['projects']} projects"
    return _line(not config["problems"], "config", config["path"], counts)


def _store_line(store: Facts) -> str:
    what = "mirror" if store["team"] else "store"
    if not store["exists"]:
        return _line(not store["problems"], what, store["path"] or "unknown", "not there yet")
    counts = ", ".join(f"{number} {name}" for name, number in store["counts"].items())
    words = f"{size(store['bytes'])}, schema {store['schema']}, {counts}"
    return _line(not store["problems"], what, store["path"], words)


def _team_lines(store: Facts) -> list[str]:
    """The team's store, and how far the mirror is."""
    team, mirror = store["team"], store["team"]["mirror"]
    words = [team["server"] or team["state"]]
    if team["state"] == "new":
        words.append("empty; the first engine or dashboard sets it up")
    elif team["state"] == "ok":
        words += [f"schema {team['schema']}", f"identity {team['identity']}", f"{team['seconds'] * 1000:.1f} ms"]
        words += [f"{number} {name}" for name, number in team["counts"].items()]
    lines = [_line(not team["problems"], "team store", store["name"], ", ".join(words))]
    if mirror is not None:
        parts = [f"copied up to revision {mirror['revision']}" if mirror["identity"] else "nothing was copied yet"]
        parts += [f"{mirror['behind']} behind"] if mirror["behind"] else []
        parts += ["older records are still to come"] if mirror["missing"] else []
        parts += [f"{plural(mirror['waiting'], 'change')} waiting here"] if mirror["waiting"] else []
        lines.append(f"              {', '.join(parts)}")
    return lines


def _log_line(logs: Facts) -> str:
    words = [f"{size(logs['bytes'])} of {size(logs['quota'])}" if logs["quota"] else f"{size(logs['bytes'])}, no quota"]
    words += [f"{clean(one['project_id'])} {size(one['bytes'])}" for one in logs["projects"][:LARGEST]]
    return _line(not logs["problems"], "logs", f"{logs['count']} held", ", ".join(words))


def _server_line(server: Facts) -> str:
    words = [f"{server['url']} {server['version']}".strip()]
    if server["user"]:
        words.append(f"as {server['user']}")
    if server["scopes"]:
        words.append(f"scopes {' '.join(server['scopes'])}")
    if server["auth"]:
        words.append(f"by {server['auth']}")
    if server["rate_limit"]:
        words.append(f"{server['rate_remaining']}/{server['rate_limit']} requests left")
    if server["state"] == "ok":
        words.append(f"{server['seconds'] * 1000:.0f} ms")
    return _line(server["state"] == "ok", server["kind"], server["name"], ", ".join(words))


def _line(good: bool, what: str, name: str, more: str) -> str:
    sign = glyphs().success if good else glyphs().failed
    if with_color():
        sign = f"\x1b[{32 if good else 31}m{sign}\x1b[0m"
    return f"{sign} {what:<11} {name}" + (f"  ({more})" if more else "")


def _troubles(facts: Facts) -> list[str]:
    lines = []
    for problem in facts["problems"]:
        lines.append(f"              {problem['message']}")
        if problem["hint"]:
            lines.append(f"              {glyphs().crumb} {problem['hint']}")
    return lines
