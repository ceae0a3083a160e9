"""`tests`: GitLab's test report of a run, for people, for programs, and as JUnit XML."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

import click

from data.clean import clean, clean_block
from data.errors import LinesideError, UsageError
from data.model import PipelineRun, TestReport, TestSuite, builtins
from data.model.vocabulary import FINISHED
from tui.cli.failures import FAILED, say
from tui.cli.output import print_json
from tui.cli.session import in_context
from tui.cli.targets import find_run
from tui.cli.waiting import waiter
from tui.context import Context
from tui.options import DashboardOptions
from tui.present.tests import Line, bad, count_words, first_unfolded, report_lines, seconds, suite_key
from tui.present.text import plural

REPORT_SECONDS = 30.0
"""How long a report is waited for that was not read yet."""
TAGS = {"failed": "failure", "error": "error", "skipped": "skipped"}
"""Elements of JUnit XML for cases that did not pass."""


@click.command("tests")
@click.argument("run")
@click.option("--all", "everything", is_flag=True, help="Cases that passed or were skipped, too.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object with all fields, suites and cases.")
@click.option("--junit", is_flag=True, help="JUnit XML, for other tools.")
@click.pass_obj
def tests_cli(options: DashboardOptions, /, run: str, everything: bool, as_json: bool, junit: bool) -> int:
    """Print the test report of a run.

    RUN is a number, #4312 or project#12. The exit code is 1 where a test failed.
    """
    if as_json and junit:
        raise UsageError("--json and --junit exclude each other")

    async def work(context: Context) -> int:
        found = await find_run(context, run)
        report = await report_of(context, found, start=options.engine)
        if as_json:
            print_json(builtins(report))
        elif junit:
            print(to_junit(report))
        elif report.suites:
            for line in text_of(report, everything=everything):
                print(line)
        else:
            say(f"no job of #{found.git_pipeline_id} has left a JUnit report")
        if not report.complete:
            say("the run has not ended: more may come")
        return FAILED if bad(report) or any(suite.suite_error for suite in report.suites) else 0

    return in_context(options, work)


async def report_of(context: Context, run: PipelineRun, *, start: bool) -> TestReport:
    """The report that the store holds, or that an engine reads now.

    Raises:
        LinesideError: there is none, and none came in time.
    """

    async def check() -> TestReport | None:
        found = await context.store.get(TestReport, run.id)
        return found if found is not None and (found.complete or run.status not in FINISHED) else None

    async with waiter(context, start=start, lease=run.project_id) as waiting:
        found = await waiting.until(
            check, timeout=REPORT_SECONDS if start else 0.0, topics=[f"tests:{run.id}"], connection=run.connection
        )
    found = found or await context.store.get(TestReport, run.id)
    if found is None:
        raise LinesideError(
            f"the test report of #{run.git_pipeline_id} was not read yet", hint="lineside doctor tells what is wrong"
        )
    return found


def text_of(report: TestReport, *, everything: bool) -> Iterator[str]:
    """The report in lines: what did not pass first, with its text."""
    took = seconds(report)
    whole = f"{plural(report.total, 'case')} in {plural(len(report.suites), 'suite')}"
    yield f"{count_words(report)} ({', '.join(part for part in (whole, took) if part)})"
    unfolded = {suite_key(place) for place in range(len(report.suites))} if everything else first_unfolded(report)
    for line in report_lines(report, unfolded):
        if line.case is None:
            yield from _suite(line)
        elif everything or line.case.status in ("failed", "error"):
            yield from _case(line)


def _suite(line: Line) -> Iterator[str]:
    if line.missing:
        yield f"  and {plural(line.missing, 'case')} more, on the server"
        return
    yield ""
    words = clean(line.suite.suite_error) or count_words(line.suite)
    yield f"{clean(line.suite.name)}: {words}" + (f" ({took})" if (took := seconds(line.suite)) else "")


def _case(line: Line) -> Iterator[str]:
    case = line.case
    assert case is not None
    name = f"{case.classname}.{case.name}" if case.classname else case.name
    facts = ", ".join(clean(fact) for fact in (seconds(case), case.file) if fact)
    yield f"  {case.status.upper():<7} {clean(name)}" + (f" ({facts})" if facts else "")
    for text in clean_block(case.output).rstrip().split("\n") if case.output else ():
        yield f"      {text}".rstrip()


def to_junit(report: TestReport) -> str:
    """The report as JUnit XML, with a `testsuite` for each suite."""
    root = ElementTree.Element("testsuites", _counts(report))
    for suite in report.suites:
        part = ElementTree.SubElement(root, "testsuite", {"name": suite.name, **_counts(suite)})
        for case in suite.cases:
            row = ElementTree.SubElement(
                part, "testcase", name=case.name, classname=case.classname, time=f"{case.execution_time:g}"
            )
            if case.file:
                row.set("file", case.file)
            if case.status in TAGS:
                ElementTree.SubElement(row, TAGS[case.status]).text = case.output
    ElementTree.indent(root)
    return str(ElementTree.tostring(root, encoding="unicode", xml_declaration=True))


def _counts(of: TestReport | TestSuite) -> dict[str, str]:
    return {
        "tests": str(of.total), "failures": str(of.failed), "errors": str(of.error), "skipped": str(of.skipped),
        "time": f"{of.execution_time:g}",
    }  # fmt: skip
