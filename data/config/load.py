"""A configuration file -> `Settings`. The YAML library is imported when a file is read, not before."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import UnsetType
from msgspec.structs import replace

from data.config.defaults import complete
from data.config.problem import Problem, Severity, line_of
from data.config.settings import Settings


def load(
    path: Path | str, *, env: Mapping[str, str] | None = None, trusted: bool = True, vouched: Iterable[str] = ()
) -> Settings:
    """Read a configuration; what may be left out is filled in.

    Args:
        path: the YAML file.
        env: variables for `${VAR}`; the process's own by default.
        trusted: False for a file that was found in the current folder (`Located.trusted`).
        vouched: hosts that such a file may name besides the known ones: that of the checkout's remote.

    Raises:
        ConfigError: the first error, with file, line and field, and how many more there are.
    """
    settings, problems = _read(Path(path), os.environ if env is None else env, trusted, vouched)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors or settings is None:
        raise errors[0].error(len(errors) - 1)
    return complete(settings, Path(path).absolute().parent)


def check(
    path: Path | str, *, env: Mapping[str, str] | None = None, trusted: bool = True, vouched: Iterable[str] = ()
) -> list[Problem]:
    """All problems of a file at once, errors first, then by line. Arguments as for `load`."""
    return _read(Path(path), os.environ if env is None else env, trusted, vouched)[1]


def _read(
    path: Path, env: Mapping[str, str], trusted: bool, vouched: Iterable[str]
) -> tuple[Settings | None, list[Problem]]:
    from data.config import checks, document
    from data.config.decode import Decoder

    file = str(path)
    text = document.read(path)
    node = text if isinstance(text, Problem) else document.compose(text, file)
    if isinstance(node, Problem):
        return None, [node]
    decoder = Decoder(file, env)
    settings = decoder.section(node, Settings)
    if isinstance(settings, UnsetType):
        return None, decoder.problems
    found = [*checks.cross_check(settings, env, path.absolute().parent), *checks.secrets(settings, decoder, path)]
    if not trusted:
        from data.config import trust

        found += trust.distrust(settings, file, env, vouched)
    placed = [replace(one, file=file, line=one.line or line_of(one.field, decoder.lines)) for one in found]
    order = list(Severity)
    problems = sorted([*decoder.problems, *placed], key=lambda one: (order.index(one.severity), one.line))
    return settings, problems
