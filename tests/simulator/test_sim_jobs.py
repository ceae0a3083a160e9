"""Jobs through python-gitlab: logs, ranges, retry, cancel, play, erase and artifacts."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import gitlab
import pytest

from tests.simulator.conftest import Bench

VISION, FORECAST = "ml/factory/vision-defects", "ml/supply-chain/planning/demand-forecast"
HEADER = re.compile(rb"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{6}Z [0-9a-f]{2}[EO][+ ]")
SECTION = re.compile(rb"section_((?:start)|(?:end)):(\d+):([a-zA-Z0-9_.-]+)(\[\w+=\w+(?:, ?\w+=\w+)*\])?\r\x1b\[0K")


def sections(log: bytes) -> list[tuple[bytes, bytes]]:
    """Return (start or end, name) of every section marker."""
    return [(found[1], found[3]) for found in SECTION.finditer(log)]


def test_the_log_of_a_running_job_only_grows(bench: Bench) -> None:
    job = bench.job(bench.pipeline(bench.project()), "train", "running")
    seen, sizes = job.trace(), set()
    bench.clock.advance(10)
    while bench.gl.projects.get(job.pipeline["project_id"], lazy=True).jobs.get(job.id).status == "running":
        bench.clock.advance(1.3)
        now = job.trace()
        assert now.startswith(seen)
        seen = now
        sizes.add(len(now))
    assert len(sizes) > 50 and not all(seen[size - 1 : size] == b"\n" for size in sizes)
    assert job.trace().decode().rstrip().endswith("Job succeeded\x1b[0;m")


def test_a_log_with_timestamps_has_a_header_on_every_line(bench: Bench) -> None:
    log = bench.job(bench.pipeline(bench.project(), "success"), "train").trace()
    lines = log.split(b"\n")
    assert lines.pop() == b"" and all(HEADER.match(line) for line in lines)
    assert any(line[31:32] == b"+" and line.endswith(b"\r") for line in lines)
    marks = sections(log)
    assert marks[0] == (b"start", b"prepare_executor") and marks[-1] == (b"end", b"cleanup_file_variables")
    starts, ends = [n for k, n in marks if k == b"start"], [n for k, n in marks if k == b"end"]
    assert starts == ends and b"step_script" in starts
    text = log.decode()
    assert "🚀 new best" in text and "\x1b[32;1m$ python -m churn.train" in text


def test_a_log_without_timestamps_joins_section_markers(bench: Bench) -> None:
    log = bench.job(bench.pipeline(bench.project(VISION), "success"), "train").trace()
    assert HEADER.search(log) is None
    together = [line for line in log.split(b"\n") if line.count(b"section_end:") and line.count(b"section_start:")]
    assert len(together) == len(sections(log)) // 2 - 1
    assert max(line.count(b"\r") for line in log.split(b"\n")) == 5
    assert b"[MASKED]" in bench.job(bench.project(VISION).pipelines.list(get_all=True)[0], "extract").trace()


def test_a_failed_job_says_why(bench: Bench) -> None:
    bench.post("/-/simulator/outcome", json={"job": "evaluate", "outcome": "script_failure"})
    log = bench.job(bench.pipeline(bench.project(), "failed"), "evaluate").trace().decode()
    assert "Traceback (most recent call last):" in log
    assert log.rstrip().endswith("\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m")


def test_a_learning_rate_far_too_high_diverges(bench: Bench) -> None:
    made = bench.pipeline(bench.project(), "failed", LR="3")
    job = bench.job(made, "train")
    assert job.failure_reason == "script_failure" and b"loss nan" in job.trace()
    assert b"lower the learning rate" in job.trace()


def test_a_bulk_job_prints_a_large_log(bench: Bench) -> None:
    log = bench.job(bench.pipeline(bench.project(FORECAST)), "backtest", "success").trace()
    assert log.count(b"\n") > 20_000


def test_no_log_before_the_start_and_none_for_unknown_jobs(bench: Bench) -> None:
    job = bench.job(bench.pipeline(bench.project()), "train")
    assert job.status == "created" and job.trace() == b""
    answer = bench.get(f"/projects/{job.pipeline['project_id']}/jobs/1/trace")
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Not found"})


def test_the_trace_ignores_ranges_by_default(bench: Bench) -> None:
    job = bench.job(bench.pipeline(bench.project(), "success"), "features")
    path = f"/projects/{job.pipeline['project_id']}/jobs/{job.id}/trace"
    whole = bench.get(path)
    assert whole.headers["content-type"].startswith("text/plain")
    for more in ({"headers": {"Range": "bytes=10-"}}, {"params": {"byte_offset": 10}}):
        answer: Any = bench.get(path, **more)
        assert (answer.status_code, answer.content) == (200, whole.content)


def test_the_trace_honours_ranges_where_it_is_switched_on(serve: Callable[..., Bench]) -> None:
    bench = serve(trace_range=True, trace_byte_offset=True)
    job = bench.job(bench.pipeline(bench.project(), "success"), "features")
    path, whole = f"/projects/{job.pipeline['project_id']}/jobs/{job.id}/trace", job.trace()

    def ranged(value: str) -> tuple[int, bytes, str]:
        answer = bench.get(path, headers={"Range": value})
        return answer.status_code, answer.content, answer.headers.get("Content-Range", "")

    size = len(whole)
    assert ranged("bytes=100-") == (206, whole[100:], f"bytes 100-{size - 1}/{size}")
    assert ranged("bytes=5-9") == (206, whole[5:10], f"bytes 5-9/{size}")
    assert ranged("bytes=-7") == (206, whole[-7:], f"bytes {size - 7}-{size - 1}/{size}")
    assert ranged(f"bytes={size}-") == (416, b"", f"bytes */{size}")
    assert bench.get(path, params={"byte_offset": 100, "byte_limit": 50}).content == whole[100:150]
    assert bench.get(path, params={"byte_offset": size}).content == b""
    assert bench.get(path, params={"byte_offset": "x"}).status_code == 400


def test_a_job_retry_answers_the_new_job(bench: Bench) -> None:
    project = bench.project()
    made = bench.pipeline(project, "success")
    old = bench.job(made, "features")
    new = old.retry()
    assert new["id"] > old.id and new["status"] == "pending"
    with pytest.raises(gitlab.GitlabJobRetryError, match="Job is not retryable"):
        old.retry()
    waiting = bench.job(bench.pipeline(project), "train")
    with pytest.raises(gitlab.GitlabJobRetryError) as caught:
        waiting.retry()
    assert (caught.value.response_code, caught.value.error_message) == (403, "403 Forbidden - Job is not retryable")


def test_a_retry_gives_skipped_jobs_behind_it_another_chance(bench: Bench) -> None:
    bench.post("/-/simulator/outcome", json={"job": "features", "outcome": "runner_system_failure"})
    made = bench.pipeline(bench.project(), "failed")
    train = bench.job(made, "train")
    assert train.status == "skipped"
    bench.post("/-/simulator/outcome", json={"job": "features", "outcome": ""})
    bench.job(made, "features").retry()
    assert bench.job(made, "train").id == train.id
    bench.until(lambda: bench.project().pipelines.get(made.id).status == "success")


def test_a_running_job_is_canceled_through_canceling(bench: Bench) -> None:
    made = bench.pipeline(bench.project())
    job = bench.job(made, "extract", "running")
    bench.clock.advance(3)
    before = job.trace()
    answer = bench.post(f"/projects/{made.project_id}/jobs/{job.id}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (201, "canceling")
    bench.job(made, "extract", "canceled")
    after = job.trace()
    assert after.startswith(before) and after.decode().rstrip().endswith("ERROR: Job failed: canceled\x1b[0;m")
    again = bench.post(f"/projects/{made.project_id}/jobs/{job.id}/cancel")
    assert (again.status_code, again.json()["status"]) == (201, "canceled")


def test_force_ends_a_canceling_job_for_maintainers(bench: Bench) -> None:
    made = bench.pipeline(bench.project())
    job = bench.job(made, "extract", "running")
    path = f"/projects/{made.project_id}/jobs/{job.id}/cancel"
    bench.post(path)
    assert bench.post(path, "developer", json={"force": True}).status_code == 403
    assert bench.post(path, json={"force": True}).json()["status"] == "canceled"


def test_play(bench: Bench) -> None:
    made = bench.pipeline(bench.project(), "success")
    train = bench.post(f"/projects/{made.project_id}/jobs/{bench.job(made, 'train').id}/play")
    assert (train.status_code, train.json()) == (400, {"message": "400 Bad request - Unplayable Job"})
    path = f"/projects/{made.project_id}/jobs/{bench.job(made, 'deploy').id}/play"
    bad = bench.post(path, json={"job_variables_attributes": [{"value": "x"}]})
    assert (bad.status_code, bad.json()) == (400, {"error": "job_variables_attributes[0][key] is missing"})
    good = bench.post(path, json={"job_variables_attributes": [{"key": "CANARY", "value": "10"}]})
    assert (good.status_code, good.json()["status"]) == (200, "pending")


def test_erase(bench: Bench) -> None:
    made = bench.pipeline(bench.project(), "success")
    job = bench.job(made, "train")
    path = f"/projects/{made.project_id}/jobs/{job.id}"
    assert bench.post(f"{path}/erase", "developer").status_code == 403
    answer = bench.post(f"{path}/erase")
    assert answer.status_code == 201 and answer.json()["erased_at"] and answer.json()["artifacts"] == []
    assert "artifacts_file" not in answer.json() and bench.get(f"{path}/trace").content == b""
    again = bench.post(f"{path}/erase")
    assert (again.status_code, again.json()) == (403, {"message": "403 Forbidden - Job is not erasable!"})


def test_artifacts(bench: Bench) -> None:
    project = bench.project()
    made = bench.pipeline(project, "success")
    job = bench.job(made, "train")
    blob = job.artifacts()
    assert job.artifacts_file["size"] == len(blob)
    with zipfile.ZipFile(io.BytesIO(blob)) as bundle:
        names = bundle.namelist()
        assert job.artifact("metrics.json") == bundle.read("metrics.json")
        assert bundle.read("plots/loss.png").startswith(b"\x89PNG")
    base = f"/projects/{made.project_id}/jobs/{job.id}/artifacts"
    tree = {row["path"]: row for row in bench.get(f"{base}/tree").json()}
    assert tree["model/"]["type"] == "directory" and tree["metrics.json"]["mode"] == "100644"
    every = [
        row["path"] for row in bench.get(f"{base}/tree", params={"recursive": "true"}).json() if row["type"] == "file"
    ]
    assert sorted(every) == sorted(names)
    assert [row["name"] for row in bench.get(f"{base}/tree", params={"path": "plots"}).json()] == ["loss.png"]
    assert bench.get(f"{base}/nothing.txt").status_code == 404
    assert bench.get(f"{base}/..%2F..%2Fetc").status_code == 400
    by_name = project.artifacts.download(ref_name="main", job="train")
    assert by_name == blob
    assert bench.call("DELETE", base).status_code == 204
    assert bench.get(base).status_code == 404
