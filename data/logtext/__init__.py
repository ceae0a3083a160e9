"""GitLab job logs as text: lines, sections, timestamps, colours, search. Pure: no screen, no server, no store.

    physical line   up to a newline in the file, as the runner wrote it
    logical line    what people call a line: a physical one with its continuations (`+` in the runner's header) joined,
                    carriage returns applied, section markers and escape sequences taken out

Format: GitLab docs, ci/jobs/job_logs; runner feature flag FF_TIMESTAMPS; lib/gitlab/ci/trace/stream.rb.
"""

from data.logtext.index import Growth, LogIndex, Section
from data.logtext.kinds import ERRORS
from data.logtext.lead import Lead, LeadPart
from data.logtext.line import LogLine, Mark, TextSpan, parse_line, plain
from data.logtext.search import Found, compile_pattern, find_error_lines, find_lines
from data.logtext.sgr import PLAIN, Colour, Sgr
from data.logtext.stream import LineAssembler

__all__ = [
    "ERRORS",
    "PLAIN",
    "Colour",
    "Found",
    "Growth",
    "Lead",
    "LeadPart",
    "LineAssembler",
    "LogIndex",
    "LogLine",
    "Mark",
    "Section",
    "Sgr",
    "TextSpan",
    "compile_pattern",
    "find_error_lines",
    "find_lines",
    "parse_line",
    "plain",
]
