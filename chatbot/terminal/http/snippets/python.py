"""A script with `requests`. Source: requests.readthedocs.io, "Streaming Requests"."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chatbot.core.http.exchange import SafeExchange
from chatbot.core.request import USUAL_ROUTE, Route
from chatbot.terminal.http.snippets.request import Request, Text, has_variable, request_of, written
from chatbot.terminal.http.snippets.wires import READINGS


def as_python(exchange: SafeExchange, key_variable: str, route: Route = USUAL_ROUTE) -> str:
    """The script."""
    return "\n".join(_lines(request_of(exchange, key_variable, route))) + "\n"


def _lines(asked: Request) -> Iterator[str]:
    texts = (asked.url, asked.proxy or (), *(value for _, value in asked.headers))
    needs_os = any(map(has_variable, texts))
    yield from ("import json", *(["import os"] if needs_os else []), "import sys", "", "import requests")
    if asked.route.ca == "system" and not asked.route.ca_file:
        yield from ("import truststore", "", "truststore.inject_into_ssl()  # the system's certificates")
    yield ""
    yield f"url = {_expression(asked.url)}"
    yield "headers = {"
    yield from (f"    {name!r}: {_expression(value)}," for name, value in asked.headers)
    yield "}"
    data = ""
    if asked.body:
        yield f"payload = {_literal(json.loads(asked.body))}"
        yield 'body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()'
        data = ", data=body"
    yield ""
    way = ""
    if asked.proxy is not None:
        yield f"proxy = {_expression(asked.proxy)}"
        way = ', proxies={"http": proxy, "https": proxy}'
    if asked.route.insecure or asked.route.ca_file:
        way += f", verify={not asked.route.insecure and asked.route.ca_file!r}"
    request = f'"{asked.method}", url, headers=headers{data}, stream=True, timeout=(5, 300){way}'
    yield f"with requests.request({request}) as response:"
    yield "    if response.status_code != 200:"
    yield '        sys.exit(f"HTTP {response.status_code}: {response.text}")'
    if not asked.is_stream:
        answer = READINGS[asked.wire].python_answer if asked.body else "json.dumps(response.json(), indent=2)"
        yield f"    print({answer})"
        return
    yield "    for line in response.iter_lines(chunk_size=1):  # each line as soon as it is there"
    yield '        if line.startswith(b"data:") and line[5:].strip() != b"[DONE]":'
    yield "            event = json.loads(line[5:])"
    yield f'            print({READINGS[asked.wire].python_event} or "", end="", flush=True)'
    yield "    print()"


def _expression(text: Text) -> str:
    return written(text, repr, lambda name: f'os.environ["{name}"]', " + ")


def _literal(value: Any, indent: str = "") -> str:
    """A JSON value as Python writes it, a member a line."""
    inner = indent + "    "
    if isinstance(value, dict) and value:
        rows = (f"{inner}{name!r}: {_literal(item, inner)},\n" for name, item in value.items())
        return "{\n" + "".join(rows) + indent + "}"
    if isinstance(value, list) and value:
        return "[\n" + "".join(f"{inner}{_literal(item, inner)},\n" for item in value) + indent + "]"
    return repr(value)
