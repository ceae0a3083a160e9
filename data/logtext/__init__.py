"""GitLab job logs as text: lines, sections, timestamps, colours, search. Pure: no screen, no server, no store.

    physical line   up to a newline in the file, as the runner wrote it
    logical line    what people call a line: a physical one with its continuations (`+` in the runner's header) joined,
                    carriage returns applied, section markers and escape sequences taken out

Format: GitLab docs, ci/jobs/job_logs; runner feature flag FF_TIMESTAMPS; lib/gitlab/ci/trace/stream.rb.
"""

from data.logtext.index import Growth, LogIndex, Section
from data.logtext.kinds import error_pattern
from data.logtext.lead import Lead, LeadPart
from data.logtext.line import LogLine, Mark, TextSpan, parse_line, plain
from data.logtext.pattern import compile_pattern
from data.logtext.sgr import PLAIN, Colour, Sgr

__all__ = [
    "PLAIN",
    "Colour",
    "Growth",
    "Lead",
    "LeadPart",
    "LogIndex",
    "LogLine",
    "Mark",
    "Section",
    "Sgr",
    "TextSpan",
    "compile_pattern",
    "error_pattern",
    "parse_line",
    "plain",
]
