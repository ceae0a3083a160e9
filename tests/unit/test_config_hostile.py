"""Files that are no configuration, by accident or on purpose."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import yaml

from data.config import check, document, load
from data.config.decode import MAX_NODES
from data.config.document import MAX_ALIASES, MAX_DEPTH, MAX_FILE
from data.errors import ConfigError

ENV = {"HOME": "/nonexistent"}


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True)
def _both_parsers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML has its fast parser only where libyaml is there."""
    if not hasattr(yaml, request.param):
        pytest.skip("this PyYAML was built without libyaml")
    monkeypatch.setattr(document, "_Loader", getattr(yaml, request.param))


def _error(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(path, env=ENV)
    assert caught.value.file == str(path)
    return caught.value


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", 0, "is empty"),
        (b"# only a comment\n", 0, "is empty"),
        (b"---\n...\n", 0, "is empty"),
        (b"- a\n- b\n", 1, "holds a list"),
        (b"just text", 1, "holds plain text"),
        (b"\x89PNG\r\n\x1a\n\x00\xff\xfe", 1, "is not UTF-8 text"),
        (b"a: 1\nb: \xff\n", 2, "is not UTF-8 text"),
        (b"ui:\n\x00", 2, "control character"),
        (b"ui:\n\ttheme: nord\n", 2, "a tab stands where YAML wants spaces"),
        (b"# x\nui: {theme: nord\n# y\n", 2, "bracket"),
        (b"ui:\n  theme: 'nord\n", 2, "never closed"),
        (b"ui: theme: nord\n", 1, "column 10"),
        (b"ui: *nothing\n", 1, "refers to no `&name`"),
        (b"ui: {}\n---\nui: {}\n", 2, "more than one YAML document"),
        (b"ui: {theme: ${X}, mouse: true}\n", 1, "stands in quotes"),
        (b"ui: @x\n", 1, "put the value in quotes"),
        (b"ui:\n  theme: [nord]\n", 2, "not text"),
        (b"? [a]\n: b\n", 1, "cannot be a key"),
        (b"<<: 5\n", 1, "`<<` takes mappings"),
        (b'ui:\n  theme: "\\e]52;c;x\\a"\n', 2, "control characters"),
    ],
)
def test_each_is_told_in_words(tmp_path: Path, content: bytes, line: int, words: str) -> None:
    path = tmp_path / "lineside.yaml"
    path.write_bytes(content)
    error = _error(path)
    assert words in str(error)
    assert not line or error.line == line
    assert "\x1b" not in str(error)


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system", "!!python/name:os.system", "!ruby", "!!binary", "!!set"]
)
def test_tags_construct_nothing(tmp_path: Path, tag: str) -> None:
    path = tmp_path / "lineside.yaml"
    for value in ("touch", "[touch]", "{touch: }"):
        path.write_text(f"ui:\n  theme: {tag} {value}\n")
        assert "means nothing here" in str(_error(path))
        path.write_text(f"ui: {tag} {value}\n")
        assert "means nothing here" in str(_error(path))


def test_a_byte_order_mark_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "lineside.yaml"
    path.write_bytes(b"\xef\xbb\xbfread_only: true\n")
    assert load(path, env=ENV).read_only is True


def test_missing_file_and_folder(tmp_path: Path) -> None:
    assert "there is no such file" in str(_error(tmp_path / "none.yaml"))
    assert "is a folder" in str(_error(tmp_path))


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lineside.yaml"
    path.write_text("ui: {}\n")

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "open", refuse)
    assert "cannot be read: Permission denied" in str(_error(path))


def test_a_file_that_fails_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "loop.yaml"
    path.symlink_to(path)
    assert "cannot be read" in str(_error(path))


def test_huge_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "lineside.yaml"
    path.write_bytes(b"#" * (MAX_FILE + 1))
    assert "is larger than" in str(_error(path))


def test_depth_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "lineside.yaml"
    path.write_text("ui: " + "[" * 100_000)
    assert f"more than {MAX_DEPTH} levels" in str(_error(path))


def test_references_are_limited(tmp_path: Path) -> None:
    path = tmp_path / "lineside.yaml"
    path.write_text("x-a: &a 1\nx-b: [" + "*a, " * (MAX_ALIASES + 1) + "]\n")
    assert f"more than {MAX_ALIASES} references" in str(_error(path))


def test_a_bomb_of_references_is_defused(tmp_path: Path) -> None:
    """Thirty labels, thirty times thirty times: nested lists of the same nodes."""
    path = tmp_path / "lineside.yaml"
    thirty = ", ".join(["{0}"] * 30)
    path.write_text(
        f"x-a: &a {{name: a, inputs: {{{', '.join(f'k{i}: v' for i in range(100))}}}}}\n"
        f"x-p: &p {{name: p, apis: [{thirty.format('*a')}]}}\n"
        f"x-j: &j {{project: a/b, pipelines: [{thirty.format('*p')}]}}\n"
        f"projects: [{thirty.format('*j')}]\n"
    )
    problems = check(path, env=ENV)
    assert any(f"more than {MAX_NODES} values" in problem.message for problem in problems)
    assert len(problems) < 1000


def test_a_bomb_of_merges_is_defused(tmp_path: Path) -> None:
    path = tmp_path / "lineside.yaml"
    lines = ["x-0: &m0 {a0: 1}"]
    lines += [f"x-{i}: &m{i} {{<<: [{', '.join([f'*m{i - 1}'] * 9)}], a{i}: 1}}" for i in range(1, 20)]
    path.write_text("\n".join([*lines, "keys: {<<: *m19}"]))
    assert len(load(path, env=ENV).keys) == 20


@pytest.mark.parametrize("text", ["keys: &k {<<: *k, a: b}", "projects: &p [*p]", "x-a: &a [*a]\nui: {}"])
def test_things_that_hold_themselves_end(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lineside.yaml"
    path.write_text(text)
    assert isinstance(check(path, env=ENV), list)
