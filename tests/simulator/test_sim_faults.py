"""Faults on order, counters and the other control endpoints."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from data.simulator import Fault
from tests.simulator.conftest import Bench

PIPELINES = "/api/v4/projects/{id}/pipelines"


def order(bench: Bench, **fault: Any) -> None:
    """Order a fault over HTTP."""
    answer = bench.post("/-/simulator/faults", json=fault)
    assert answer.status_code == 201, answer.text


def test_failing_statuses_count_down(bench: Bench) -> None:
    order(bench, kind="status", status=503, count=2, retry_after=7)
    answers = [bench.get("/version") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "7" and "html" in answers[0].headers["content-type"]
    order(bench, kind="status", status=500)
    assert bench.get("/version").json() == {"message": "500 Internal Server Error"}


def test_faults_choose_by_path_and_method(bench: Bench) -> None:
    order(bench, kind="status", path=r"/pipeline$", method="POST", count=9)
    assert bench.get("/projects/101/pipelines").status_code == 200
    assert bench.post("/projects/101/pipeline", json={"ref": "main"}).status_code == 502
    assert bench.get("/-/simulator/pipelines").json() == []


def test_both_kinds_of_throttling_on_order(bench: Bench) -> None:
    order(bench, kind="rate_limit", retry_after=3)
    order(bench, kind="application_limit")
    one, two = bench.get("/version"), bench.get("/version")
    assert (one.status_code, one.text, one.headers["Retry-After"]) == (429, "Retry later\n", "3")
    assert two.status_code == 429 and "too many times" in two.json()["message"]["error"]


def test_html_instead_of_json(bench: Bench) -> None:
    order(bench, kind="html")
    answer = bench.get("/projects")
    assert answer.status_code == 200 and answer.text.startswith("<!DOCTYPE html>")


def test_a_cut_before_handling_has_no_effect(bench: Bench) -> None:
    bench.simulator.faults.add(Fault("cut_before", method="POST"))
    with pytest.raises(requests.ConnectionError):
        bench.post("/projects/101/pipeline", json={"ref": "main"})
    assert bench.get("/-/simulator/pipelines").json() == []


def test_a_cut_after_handling_took_effect(bench: Bench) -> None:
    order(bench, kind="cut_after", method="POST")
    with pytest.raises(requests.ConnectionError):
        bench.post("/projects/101/pipeline", json={"ref": "main", "variables": [{"key": "RUN_ID", "value": "r1"}]})
    (made,) = bench.get("/-/simulator/pipelines").json()
    assert made["variables"] == {"RUN_ID": "r1"}


def test_a_truncated_answer_ends_in_its_middle(bench: Bench) -> None:
    order(bench, kind="truncate", path="projects")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        bench.get("/projects")
    assert bench.get("/projects").status_code == 200


def test_a_hanging_request_neither_blocks_others_nor_the_end(bench: Bench) -> None:
    order(bench, kind="hang", path="version", count=2)
    with pytest.raises(requests.exceptions.ReadTimeout):
        bench.session.get(bench.url("/version"), timeout=0.2)
    assert bench.get("/user").status_code == 200
    with requests.Session() as other, pytest.raises(requests.exceptions.ReadTimeout):
        other.get(bench.url("/version"), timeout=0.2)
    began = time.monotonic()
    bench.simulator.stop()
    assert time.monotonic() - began < 2


def test_latency(bench: Bench) -> None:
    order(bench, latency_ms=80)
    began = time.monotonic()
    assert bench.get("/version").status_code == 200
    assert time.monotonic() - began >= 0.08
    bench.post("/-/simulator/reset")
    assert bench.get("/-/simulator/faults").json() == {"latency_ms": 0.0, "faults": []}


def test_a_wrong_order_is_refused(bench: Bench) -> None:
    for wrong in ({"kind": "explode"}, {"kind": "hang", "colour": 1}, {"kind": "hang", "path": "("}):
        assert bench.post("/-/simulator/faults", json=wrong).status_code == 400


def test_requests_are_counted_by_route(bench: Bench) -> None:
    for number in (101, 102, 102):
        bench.get(f"/projects/{number}/pipelines")
    counted = bench.get("/-/simulator/requests").json()
    assert counted["routes"][f"GET {PIPELINES}"] == 3 and counted["total"] == 3
    bench.post("/-/simulator/reset")
    assert bench.get("/-/simulator/requests").json() == {"total": 0, "routes": {}}


def test_a_log_can_lose_its_end_or_everything(bench: Bench) -> None:
    job = bench.job(bench.pipeline(bench.project(), "success"), "features")
    whole = job.trace()
    bench.post("/-/simulator/job", json={"id": job.id, "action": "truncate", "bytes": 100})
    assert job.trace() == whole[:100]
    bench.post("/-/simulator/job", json={"id": job.id, "action": "erase"})
    assert job.trace() == b""
    assert bench.post("/-/simulator/job", json={"id": 1, "action": "erase"}).status_code == 404


def test_a_log_can_be_written_and_go_on(bench: Bench) -> None:
    job = bench.job(bench.pipeline(bench.project()), "features", "running")
    before = job.trace()
    bench.post("/-/simulator/job", json={"id": job.id, "action": "append", "text": "größer\n"})
    assert job.trace() == before + "größer\n".encode()
    bench.post("/-/simulator/job", json={"id": job.id, "action": "write", "text": "anew\n"})
    bench.post("/-/simulator/job", json={"id": job.id, "action": "append", "text": "on\n"})
    assert job.trace() == b"anew\non\n"
    assert bench.post("/-/simulator/job", json={"id": job.id, "action": "burn"}).status_code == 400


def test_the_state_shows_time_and_sizes(bench: Bench) -> None:
    bench.pipeline(bench.project())
    state = bench.get("/-/simulator/state").json()
    assert (state["projects"], state["pipelines"], state["time"]) == (6, 1, bench.clock.now())
