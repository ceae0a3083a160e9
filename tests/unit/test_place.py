"""Which store is meant, by everything that can say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from data.config import Secret, Settings, StoreSettings
from data.errors import ConfigError, UsageError
from data.store.place import Place, place_of

TEAM = "mongodb://ada:hunter2@db.example/lineside"
OTHER = "mongodb://eve:hunter2@a.example,b.example:27018/other"


def settings(**store: object) -> Settings:
    """Settings with a store."""
    return Settings(store=replace(StoreSettings(), **store))


def shown(place: Place) -> tuple[str, bool]:
    """What people are told, and whether it is a team's."""
    return place.shown, place.team


def test_without_any_word_it_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    place = place_of(Settings(), env={"LINESIDE_DATA_DIR": str(tmp_path)})
    assert place == Place("", tmp_path / "lineside.db", tmp_path / "logs", "sqlite")


def test_the_first_word_counts(tmp_path: Path) -> None:
    env = {"LINESIDE_DATA_DIR": str(tmp_path), "MONGO_DB_URL": TEAM, "ELSEWHERE": OTHER}
    team, other = ("mongo db.example/lineside", True), ("mongo a.example+1/other", True)
    assert shown(place_of(Settings(), env=env)) == team
    assert shown(place_of(settings(url=Secret("sqlite")), env=env)) == ("sqlite", False)
    assert shown(place_of(settings(url=Secret(OTHER)), env=env)) == other
    assert shown(place_of(settings(url_env="ELSEWHERE"), env=env)) == other
    assert place_of(settings(path=str(tmp_path / "p")), env=env).file == tmp_path / "p" / "lineside.db"
    assert shown(place_of(settings(url=Secret("sqlite")), TEAM, env=env)) == team
    assert place_of(settings(url=Secret(TEAM)), tmp_path / "x.db", env=env).file == tmp_path / "x.db"
    assert place_of(settings(url=Secret(TEAM)), f"sqlite:///{tmp_path}/y.db", env=env).file == tmp_path / "y.db"


def test_every_database_has_a_mirror_of_its_own(tmp_path: Path) -> None:
    env = {"LINESIDE_DATA_DIR": str(tmp_path)}
    urls = [
        TEAM,
        OTHER,
        "mongodb://db.example/Lineside",
        "mongodb://db.example:27018/lineside",
        "mongodb://db-example/lineside",
    ]
    places = [place_of(Settings(), url, env=env) for url in urls]
    assert len({str(place.file).lower() for place in places}) == len(urls)
    for place in places:
        assert place.file.parent.parent == tmp_path / "team"
        assert place.logs == place.file.parent / "logs"
        assert "hunter2" not in str(place.file)
    same = ["mongodb://db.example", "mongodb://eve@DB.example:27017/lineside?tls=true"]
    assert {place_of(Settings(), url, env=env).file for url in same} == {places[0].file}


def test_a_mirror_lies_beside_the_configured_folder(tmp_path: Path) -> None:
    place = place_of(settings(url=Secret(TEAM), path=str(tmp_path)), env={})
    assert place.file.parent.parent == tmp_path / "team"


def test_a_long_list_of_hosts_is_still_a_file_name(tmp_path: Path) -> None:
    url = "mongodb://" + ",".join(f"node-{number}.database.example" for number in range(40)) + "/x"
    assert len(place_of(Settings(), url, env={"LINESIDE_DATA_DIR": str(tmp_path)}).file.parent.name) < 100


def test_nothing_tells_the_password(tmp_path: Path) -> None:
    place = place_of(Settings(), TEAM, env={"LINESIDE_DATA_DIR": str(tmp_path)})
    assert place.url == TEAM
    assert "hunter2" not in f"{place} {place!r} {[place]}"


@pytest.mark.parametrize(
    ("given", "env", "store", "words"),
    [
        ("mongodb://ada:hunter2/@x/y", {}, {}, "--store: the URL has a user or password"),
        (None, {"MONGO_DB_URL": "mongodb://ada:hunter2@/y"}, {}, "MONGO_DB_URL: the URL names no host"),
        (None, {"MONGO_DB_URL": "https://ada:hunter2@x"}, {}, "MONGO_DB_URL: the URL does not begin with mongodb://"),
        (None, {}, {"url_env": "TEAM"}, "store.url_env: TEAM: the variable is not set"),
    ],
)
def test_a_url_that_leads_nowhere(given: str | None, env: dict[str, str], store: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        place_of(settings(**store), given, env=env)
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_another_kind_of_database_is_none() -> None:
    with pytest.raises(UsageError, match="names no file"):
        place_of(Settings(), "postgres://x/y", env={})
