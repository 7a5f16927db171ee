"""A script with `fetch`, for Node and alike. Source: WHATWG, Fetch, Streams and Encoding."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

from chatbot.core.http.exchange import SafeExchange
from chatbot.core.request import USUAL_ROUTE, Route
from chatbot.terminal.http.snippets.request import Request, Text, has_variable, request_of, written
from chatbot.terminal.http.snippets.wires import READINGS

_SAFE_INTEGER = 2**53 - 1  # what JavaScript keeps exactly (ECMA-262, Number.MAX_SAFE_INTEGER)
_LOOP = """\
  const reader = response.body.getReader();
  const decoder = new TextDecoder(); // a character may come in two pieces
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + decoder.decode(value, { stream: true })).split("\\n");
    rest = lines.pop(); // a line that has not ended yet
    for (const line of lines) {
      if (!line.startsWith("data:") || line.slice(5).trim() === "[DONE]") continue;
      const event = JSON.parse(line.slice(5));
      process.stdout.write(%s);
    }
  }
  console.log();"""


def as_js(exchange: SafeExchange, key_variable: str, route: Route = USUAL_ROUTE) -> str:
    """The script. The way that Node goes is said outside of it (nodejs.org/api/cli.html, "Environment variables")."""
    return "\n".join(_lines(request_of(exchange, key_variable, route))) + "\n"


def _lines(asked: Request) -> Iterator[str]:
    if way := " ".join(_way(asked)):
        yield f"// Run it with: {way} node FILE"
    yield "async function main() {"
    yield f"  const response = await fetch({_expression(asked.url)}, {{"
    yield f"    method: {json.dumps(asked.method)},"
    yield "    headers: {"
    yield from (f"      {json.dumps(name)}: {_expression(value)}," for name, value in asked.headers)
    yield "    },"
    if asked.body:
        yield f"    body: {_body(asked.body)},"
    yield "  });"
    yield "  if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);"
    if asked.is_stream:
        yield _LOOP % READINGS[asked.wire].js_event
    else:
        yield "  const answer = await response.json();"
        yield f"  console.log({READINGS[asked.wire].js_answer if asked.body else 'JSON.stringify(answer, null, 2)'});"
    yield from (
        "}",
        "",
        "main().catch((error) => {",
        "  console.error(error.message);",
        "  process.exitCode = 1;",
        "});",
    )


def _way(asked: Request) -> Iterator[str]:
    if asked.proxy is not None and (proxy := written(asked.proxy, str, lambda name: f"${name}")):
        yield f'NODE_USE_ENV_PROXY=1 HTTP_PROXY="{proxy}" HTTPS_PROXY="{proxy}"'
    if asked.route.insecure:
        yield "NODE_TLS_REJECT_UNAUTHORIZED=0"
    elif asked.route.ca_file:
        yield f"NODE_EXTRA_CA_CERTS={shlex.quote(asked.route.ca_file)}"
    elif asked.route.ca == "system":
        yield "NODE_USE_SYSTEM_CA=1"


def _body(body: str) -> str:
    """The payload as an object; as text where JavaScript has no such number."""
    document = json.loads(body)
    if not _is_exact(document):
        return json.dumps(body, ensure_ascii=False)
    text = json.dumps(document, ensure_ascii=False, indent=2).replace("\n", "\n    ")
    return f"JSON.stringify({text})"


def _is_exact(value: Any) -> bool:
    if isinstance(value, (dict, list)):
        return all(map(_is_exact, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, int) or abs(value) <= _SAFE_INTEGER


def _expression(text: Text) -> str:
    if not has_variable(text):
        return json.dumps(written(text, str, str), ensure_ascii=False)
    escaped = written(text, lambda plain: re.sub(r"([`$\\])", r"\\\1", plain), lambda name: f"${{process.env.{name}}}")
    return f"`{escaped}`"
