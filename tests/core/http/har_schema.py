"""The JSON Schema of HAR 1.2, after the text of the specification; members of our own begin with `_`."""

from __future__ import annotations

from typing import Any

TEXT, NUMBER, COUNT = {"type": "string"}, {"type": "number", "minimum": -1}, {"type": "integer", "minimum": -1}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}


def an_object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {}), "comment": TEXT},
        "patternProperties": {"^_": {}},
        "additionalProperties": False,
    }


def several(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


PAIRS = several(an_object({"name": TEXT, "value": TEXT}))
POST_DATA = an_object({"mimeType": TEXT, "params": {"type": "array"}, "text": TEXT})
REQUEST = an_object(
    {"method": TEXT, "url": {"type": "string", "format": "uri"}, "httpVersion": TEXT, "cookies": PAIRS,
     "headers": PAIRS, "queryString": PAIRS, "headersSize": COUNT, "bodySize": COUNT},
    {"postData": POST_DATA},
)  # fmt: skip
CONTENT = an_object({"size": COUNT, "mimeType": TEXT}, {"text": TEXT, "encoding": TEXT, "compression": COUNT})
RESPONSE = an_object(
    {"status": {"type": "integer"}, "statusText": TEXT, "httpVersion": TEXT, "cookies": PAIRS, "headers": PAIRS,
     "content": CONTENT, "redirectURL": TEXT, "headersSize": COUNT, "bodySize": COUNT},
)  # fmt: skip
REQUIRED = {"type": "number", "minimum": 0}
TIMINGS = an_object(
    {"send": REQUIRED, "wait": REQUIRED, "receive": REQUIRED},
    {"blocked": NUMBER, "dns": NUMBER, "connect": NUMBER, "ssl": NUMBER},
)
ENTRY = an_object(
    {"startedDateTime": TIME, "time": REQUIRED, "request": REQUEST, "response": RESPONSE, "cache": an_object({}),
     "timings": TIMINGS},
    {"pageref": TEXT, "serverIPAddress": TEXT, "connection": TEXT},
)  # fmt: skip
CREATOR = an_object({"name": TEXT, "version": TEXT})
HAR = an_object(
    {"log": an_object({"version": TEXT, "creator": CREATOR, "entries": several(ENTRY)}, {"browser": CREATOR})}
)
