"""The batch engines of three providers, as the lab imitates them: results in any order, expired rows, an error file.

A batch is over when its state is asked for the second time. A row whose question has the words `please expire` does,
and one with `please fail` is refused; the others are answered as if each had been asked alone.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from chatbot.lab.answers import Asked, Fault, Received
from chatbot.lab.dialect import Dialect, Json, dumps, member
from chatbot.lab.replies import ScriptedReply, refuse, whole
from chatbot.lab.wires.dialects import ANTHROPIC, GEMINI, OPENAI, route
from chatbot.records import NamedTuple

Answer = Callable[[str, Json], ScriptedReply]
"""The path of a question and its body, to what is sent."""

_PATHS = re.compile(
    r"(?P<what>/files|/messages/batches|/batches)(/(?P<id>[\w-]+))?([/:](?P<more>content|results|cancel))?$"
    r"|/models/(?P<model>[^/]+):batchGenerateContent$"
)
_LOOKS = 2  # with the one when it is submitted


class _Row(NamedTuple):
    id: str
    path: str
    body: Json


class _Batch:
    """`looks`: how often its state was asked for."""

    def __init__(self, rows: list[_Row]) -> None:
        self.rows = rows
        self.looks = 0
        self.is_cancelled = False

    @property
    def is_over(self) -> bool:
        """Whether its results are there."""
        return self.is_cancelled or self.looks > _LOOKS


class LabBatches:
    """The batches of one server."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._batches: dict[str, _Batch] = {}
        self._lock = threading.Lock()

    def reply(self, received: Received, answer: Answer) -> ScriptedReply | None:
        """What is sent, None where the request is not about batches. `answer` answers a row."""
        found = _PATHS.search(urlsplit(received.path).path)
        if found is None:
            return None
        dialect = route(received.method, received.path, received.headers).dialect
        with self._lock:
            if found["what"] == "/messages/batches":
                return self._anthropic(received, found["id"], found["more"], answer)
            if dialect is GEMINI and found["what"] != "/files":
                return self._gemini(received, found["model"], found["id"], found["more"], answer)
            if found["what"] == "/files":
                return self._openai_file(received, found["id"], found["more"])
            return self._openai(received, found["id"], found["more"], answer)

    def _openai_file(self, received: Received, file: str | None, more: str | None) -> ScriptedReply:
        if received.method == "POST" and not file:
            boundary = received.headers.get("content-type", "").partition("boundary=")[2].encode()
            parts = [part.partition(b"\r\n\r\n") for part in received.body.split(b"--" + boundary)]
            content = next((body for head, _, body in parts if b"filename=" in head), b"")
            name = f"file-lab-{len(self._files) + 1}"
            self._files[name] = content.removesuffix(b"\r\n")
            return _json({"id": name, "object": "file", "purpose": "batch", "bytes": len(content)})
        if file in self._files and more == "content":
            return whole(200, "application/octet-stream", self._files[file])
        return _missing(OPENAI, received)

    def _openai(self, received: Received, batch_id: str | None, more: str | None, answer: Answer) -> ScriptedReply:
        if received.method == "POST" and not batch_id:
            wanted = received.json if isinstance(received.json, dict) else {}
            lines = self._files.get(str(wanted.get("input_file_id")), b"").splitlines()
            rows = [
                _Row(str(each.get("custom_id")), str(each.get("url")), member(each, "body"))
                for each in map(_object, lines)
            ]
            if not rows:
                return _missing(OPENAI, received)
            batch_id = self._new("batch_lab_", rows)
        if not (batch := self._batches.get(batch_id or "")):
            return _missing(OPENAI, received)
        self._look(batch, more)
        counts = {"total": len(batch.rows), "completed": 0, "failed": 0}
        about: Json = {"id": batch_id, "object": "batch", "status": "in_progress", "request_counts": counts}
        if not batch.is_over:
            return _json(about)
        good: list[Json] = []
        bad: list[Json] = []
        for row in _mixed(batch):
            reply = _answered(row, batch, answer)
            result: Json = {"id": f"batch_req_{row.id}", "custom_id": row.id, "response": None, "error": None}
            if isinstance(reply, str):
                error = {"code": f"batch_{reply}", "message": f"This request {reply} before it was run."}
                bad.append(result | {"error": error})
                continue
            response = {"status_code": reply.status, "request_id": "req", "body": _body(reply)}
            (bad if (reply.status or 500) >= 300 else good).append(result | {"response": response})
        files = {}
        for name, results in (("output_file_id", good), ("error_file_id", bad)):
            if results:
                files[name] = f"file-lab-{name[:6]}-{batch_id}"
                self._files[files[name]] = b"".join(dumps(result) + b"\n" for result in results)
        has_expired = any(member(result, "error").get("code") == "batch_expired" for result in bad)
        status = "cancelled" if batch.is_cancelled else "expired" if has_expired else "completed"
        counts |= {"completed": len(good), "failed": len(bad)}
        return _json(about | files | {"status": status})

    def _anthropic(self, received: Received, batch_id: str | None, more: str | None, answer: Answer) -> ScriptedReply:
        if received.method == "POST" and not batch_id:
            rows = [
                _Row(str(each.get("custom_id")), "/v1/messages", member(each, "params"))
                for each in _list(received.json, "requests")
            ]
            batch_id = self._new("msgbatch_lab_", rows)
        if not (batch := self._batches.get(batch_id or "")):
            return _missing(ANTHROPIC, received)
        if more == "results":
            lines = [dumps(_anthropic_result(row, batch, answer)) + b"\n" for row in _mixed(batch)]
            return whole(200, "application/x-jsonl", b"".join(lines))
        self._look(batch, more)
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        for row in batch.rows:
            counts[_anthropic_result(row, batch, answer)["result"]["type"] if batch.is_over else "processing"] += 1
        status = "ended" if batch.is_over else "in_progress"
        about = {"id": batch_id, "type": "message_batch", "processing_status": status, "request_counts": counts}
        return _json({**about, "results_url": "https://elsewhere.invalid/results" if batch.is_over else None})

    def _gemini(
        self, received: Received, model: str | None, batch_id: str | None, more: str | None, answer: Answer
    ) -> ScriptedReply:
        if model:
            config = member(member(received.json if isinstance(received.json, dict) else {}, "batch"), "inputConfig")
            path = f"/v1beta/models/{model}:generateContent"
            rows = [
                _Row(str(member(each, "metadata").get("key")), path, member(each, "request"))
                for each in _list(member(config, "requests"), "requests")
            ]
            batch_id = self._new("lab-", rows)
        if not (batch := self._batches.get(batch_id or "")):
            return _missing(GEMINI, received)
        self._look(batch, more)
        state = "CANCELLED" if batch.is_cancelled else "SUCCEEDED" if batch.is_over else "RUNNING"
        about: Json = {"name": f"batches/{batch_id}", "metadata": {"state": f"BATCH_STATE_{state}"}}
        if batch.is_over:
            results = [_gemini_result(row, batch, answer) for row in _mixed(batch)]
            output = {"inlinedResponses": {"inlinedResponses": results}}
            about |= {"done": True, "response": output}
            about["metadata"] |= {"output": output}
        return _json(about)

    def _new(self, prefix: str, rows: list[_Row]) -> str:
        name = f"{prefix}{len(self._batches) + 1}"
        self._batches[name] = _Batch(rows)
        return name

    def _look(self, batch: _Batch, more: str | None) -> None:
        batch.looks += 1
        batch.is_cancelled = batch.is_cancelled or (more == "cancel" and batch.looks <= _LOOKS)


def _answered(row: _Row, batch: _Batch, answer: Answer) -> ScriptedReply | str:
    """The answer of a row, or what became of it instead."""
    text = json.dumps(row.body)
    if batch.is_cancelled:
        return "cancelled"
    if "please expire" in text:
        return "expired"
    if "please fail" in text:
        dialect = ANTHROPIC if row.path.endswith("messages") else GEMINI if "/models/" in row.path else OPENAI
        return refuse(dialect, dialect.refusal(Fault.CONTEXT_TOO_LONG), Asked(""))
    return answer(row.path, row.body)


def _anthropic_result(row: _Row, batch: _Batch, answer: Answer) -> Json:
    reply = _answered(row, batch, answer)
    if isinstance(reply, str):
        result: Json = {"type": {"cancelled": "canceled"}.get(reply, reply)}
    elif (reply.status or 500) >= 300:
        result = {"type": "errored", "error": _body(reply)}
    else:
        result = {"type": "succeeded", "message": _body(reply)}
    return {"custom_id": row.id, "result": result}


def _gemini_result(row: _Row, batch: _Batch, answer: Answer) -> Json:
    reply = _answered(row, batch, answer)
    about: Json = {"metadata": {"key": row.id}}
    if isinstance(reply, str):
        return about | {"error": {"code": 4 if reply == "expired" else 1, "message": f"The request {reply}."}}
    body = _body(reply)
    return about | ({"error": member(body, "error")} if (reply.status or 500) >= 300 else {"response": body})


def _mixed(batch: _Batch) -> Iterable[_Row]:
    """The rows, not in their order."""
    return [*batch.rows[1::2], *reversed(batch.rows[::2])]


def _body(reply: ScriptedReply) -> Json:
    return _object(b"".join(reply.pieces))


def _object(line: bytes) -> Json:
    try:
        document = json.loads(line)
    except ValueError:
        document = None
    return document if isinstance(document, dict) else {}


def _list(document: Any, name: str) -> list[Json]:
    rows = document.get(name) if isinstance(document, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _json(document: Json) -> ScriptedReply:
    return whole(200, "application/json", dumps(document))


def _missing(dialect: Dialect, received: Received) -> ScriptedReply:
    return refuse(dialect, dialect.refusal(Fault.NOT_FOUND, path=received.path), Asked(""))
