"""`/-/simulator/…`: what is no part of GitLab. Faults, counters, and the levers that tests and demos pull."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from data.simulator import actions, scheduler
from data.simulator.api.call import Call, answer
from data.simulator.api.errors import ApiError, bad_request, missing, not_found
from data.simulator.api.guard import Limiter
from data.simulator.entities import Job
from data.simulator.faults import Fault, Faults


class Control:
    """The control endpoints of one server."""

    def __init__(self, faults: Faults, limiter: Limiter) -> None:
        self.faults, self.limiter = faults, limiter

    def state(self, call: Call) -> Response:
        """GET /-/simulator/state: time, sizes and settings."""
        world = call.world
        shown = {name: getattr(world.settings, name) for name in world.settings.__slots__ if name != "mlflow_uri"}
        sizes = {"projects": len(world.projects), "pipelines": len(world.pipelines), "jobs": len(world.jobs)}
        return answer({"time": world.time, "settings": shown, **sizes})

    def requests(self, _call: Call) -> Response:
        """GET /-/simulator/requests: requests by method and route since the start or the last reset."""
        counts = self.faults.counts
        return answer({"total": sum(counts.values()), "routes": dict(sorted(counts.items()))})

    def list_faults(self, _call: Call) -> Response:
        """GET /-/simulator/faults: the latency and what is still to come."""
        return answer({"latency_ms": self.faults.latency_ms, "faults": self.faults.pending})

    def add_fault(self, call: Call) -> Response:
        """POST /-/simulator/faults: a fault as JSON (see `data.simulator.faults.Fault`), or `{"latency_ms": 250}`."""
        body = dict(call.body)
        latency = body.pop("latency_ms", None)
        if latency is not None:
            self.faults.latency_ms = float(latency)
        if body:
            try:
                self.faults.add(Fault.make(body))
            except ValueError as error:
                raise bad_request(str(error)) from error
        return answer({"latency_ms": self.faults.latency_ms, "faults": self.faults.pending}, 201)

    def reset(self, call: Call) -> Response:
        """POST /-/simulator/reset: forget counters, faults, latency, forced outcomes and request limits."""
        self.faults.reset()
        self.limiter.reset()
        call.world.forced.clear()
        return answer({"message": "reset"}, 201)

    def pipelines(self, call: Call) -> Response:
        """GET /-/simulator/pipelines: what was created through the API, with its variables."""
        rows = [
            {
                "id": p.id,
                "project": p.project.full_path,
                "project_id": p.project.id,
                "ref": p.ref,
                "user": p.user.username,
                "status": p.status,
                "variables": {item.key: item.value for item in p.variables},
                "inputs": p.inputs,
            }
            for p in call.world.requested
        ]
        return answer(rows)

    def token(self, call: Call) -> Response:
        """POST /-/simulator/token: `{"name", "action": "expire" | "revoke" | "restore"}`."""
        name, action = call.required("name"), call.required("action")
        token = next((item for item in call.world.tokens.values() if item.name == name), None)
        if token is None:
            raise not_found("Token")
        if action == "expire":
            token.expires_at = call.world.time
        elif action == "revoke":
            token.revoked = True
        elif action == "restore":
            token.expires_at, token.revoked = None, False
        else:
            raise bad_request("action is expire, revoke or restore")
        return answer(call.json.token(token), 201)

    def job(self, call: Call) -> Response:
        """POST /-/simulator/job: `{"id", "action", …}` changes what a started job has printed.

        `erase` loses the log, `truncate` all behind `bytes`; `write` puts `text` in its place, `append` behind it.
        After these two the job prints nothing by itself any more.
        """
        number, action = call.required("id"), call.required("action")
        found: Job | None = call.world.jobs.get(int(number)) if number.isdecimal() else None
        if found is None:
            raise not_found("Job")
        if action == "erase":
            actions.erase_job(call.world, found)
        elif action == "truncate":
            found.truncated, found.log_size = int(call.text("bytes", "0")), None
        elif action in ("append", "write"):
            before = call.json.logs.body(found) if action == "append" and found.printed is None else b""
            if found.printed is None or action == "write":
                found.printed = bytearray(before)
            found.printed += call.text("text").encode()
            found.truncated = found.log_size = None
        else:
            raise bad_request("action is erase, truncate, write or append")
        return answer({"id": found.id, "action": action}, 201)

    def outcome(self, call: Call) -> Response:
        """POST /-/simulator/outcome: `{"job", "outcome"}`, a failure reason, `success`, or empty for chance again."""
        name, outcome = call.required("job"), call.text("outcome")
        if outcome:
            call.world.forced[name] = outcome
        else:
            call.world.forced.pop(name, None)
        return answer({"forced": call.world.forced}, 201)

    def runner(self, call: Call) -> Response:
        """POST /-/simulator/runner: `{"id", "paused": bool}` stops a runner from taking jobs, or lets it go on."""
        number: Any = call.body.get("id")
        if number is None:
            raise missing("id")
        found = next((item for item in call.world.runners if item.id == number), None)
        if found is None:
            raise ApiError(404, {"message": "404 Runner Not Found"})
        found.paused = call.flag("paused", True)
        scheduler.wake(call.world, found)
        return answer(call.json.runner(found), 201)
