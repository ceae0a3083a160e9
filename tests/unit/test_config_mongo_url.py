"""URLs of team stores: where they lead, what is wrong with them, and that nothing tells their passwords."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.config import check, load
from data.config.mongo_url import MongoUrl, parse_mongo_url
from data.errors import ConfigError

PASSWORD = "hunter2"
CONFIG = "connections: {work: {kind: gitlab, url: 'https://git.example', token_env: T}}\nprojects: [a/b]\nstore:\n"


@pytest.mark.parametrize(
    ("url", "hosts", "database", "options"),
    [
        ("mongodb://db.example", ("db.example",), "lineside", ()),
        ("mongodb://DB.example:27017/Team", ("db.example",), "Team", ()),
        ("mongodb://u:p%40ss@a:27018,b/x?tls=true&authSource=admin", ("a:27018", "b"), "x", ("tls", "authsource")),
        ("mongodb+srv://u@cluster.example/x?timeoutMS=5000", ("cluster.example",), "x", ("timeoutms",)),
        ("mongodb://[::1]:9/x", ("[::1]:9",), "x", ()),
        ("mongodb://%2Ftmp%2Fmongodb-27017.sock/x", ("%2Ftmp%2Fmongodb-27017.sock",), "x", ()),
        ("mongodb://db.example/?replicaSet=rs0", ("db.example",), "lineside", ("replicaset",)),
    ],
)
def test_where_a_url_leads(url: str, hosts: tuple[str, ...], database: str, options: tuple[str, ...]) -> None:
    assert parse_mongo_url(url) == MongoUrl(hosts, database, frozenset(options))


WRONG = [
    ("mongodb://", "names no host"),
    ("mongodb://u:hunter2@", "names no host"),
    ("mongodb://u:hunter2@db_example:port/x", "names no host"),
    ("mongodb://u:hunter2@db.example:70000/x", "a port that is not"),
    ("mongodb://u:hunter2/@db.example/x", "must be written as %XX"),
    ("mongodb://u:hunter2%zz@db.example/x", "must be written as %XX"),
    ("mongodb://u:hunter2@more@db.example/x", "must be written as %XX"),
    ("mongodb://u:hunter2@db.example/a b", "database name"),
    ("mongodb://u:hunter2@db.example/a/b", "database name"),
    ("mongodb://u:hunter2@db.example/" + "x" * 64, "database name"),
    ("mongodb://u:hunter2@db.example/x?tls", "name=value"),
    ("mongodb+srv://u:hunter2@a.example,b.example/x", "mongodb+srv:// takes"),
    ("mongodb+srv://u:hunter2@a.example:27018/x", "mongodb+srv:// takes"),
]


@pytest.mark.parametrize(("url", "words"), WRONG)
@pytest.mark.parametrize("way", ["url", "url_env"])
def test_one_sentence_names_file_and_field_and_no_password(tmp_path: Path, url: str, words: str, way: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"{CONFIG}  {way}: {'${TEAM}' if way == 'url' else 'TEAM'}\n")
    with pytest.raises(ConfigError) as caught:
        load(path, env={"TEAM": url, "T": "x"})
    assert words in caught.value.message
    assert caught.value.message.startswith(f"{path}:4: store.{way}: ")
    assert PASSWORD not in f"{caught.value} {caught.value!r}"


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("  url_env: TEAM\n", "store.url_env", "`TEAM` is not set"),
        ("  url: sqlite\n  url_env: TEAM\n", "store.url_env", "url and url_env are given"),
        ("  url: https://db.example\n", "store.url", "is not `sqlite` or `mongodb://…`"),
    ],
)
def test_what_is_wrong_with_a_store(tmp_path: Path, text: str, field: str, words: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG + text)
    (problem,) = [one for one in check(path, env={"T": "x"}) if one.field.startswith("store")]
    assert (problem.field, words in problem.message) == (field, True)


def test_no_connection_is_called_as_the_team_store_is(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.replace("work:", "store:").partition("store:\n")[0])
    assert "connections.store" in {one.field for one in check(path, env={"T": "x"})}
