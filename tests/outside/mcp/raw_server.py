"""An MCP server in plain Python, which starts at once and does what its words say: also what no server should.

    python raw_server.py [WORD...]

Run as a program by the tests of sessions; it imports nothing of ours.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

TYPE_CHECKING = False  # what typing says too, which takes its time to load
if TYPE_CHECKING:
    from typing import Any

WORDS = sys.argv[1:]
PAGE = 2
TOOLS = ["echo", "env", "fail", "hang", "die", "many", "cancelled"]


def schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def tool(name: str) -> dict[str, Any]:
    description = "d" * 100_000 if "huge" in WORDS and name == "echo" else f"does {name}"
    return {"name": name, "description": description, "inputSchema": schema(text={"type": "string"})}


def listed(params: dict[str, Any]) -> dict[str, Any]:
    count = next((int(word) for word in WORDS if word.isdigit()), 0)
    names = [f"t{number}" for number in range(count)] or [*TOOLS, *WORDS]
    if count:
        return {"tools": [tool(name) for name in names]}
    if "misshapen" in WORDS:
        return {"tools": [{"name": "echo", "inputSchema": "none"}]}
    if "endless" in WORDS:
        return {"tools": [tool("echo")], "nextCursor": "again"}
    start = int(params.get("cursor", 0))
    more = {"nextCursor": str(start + PAGE)} if start + PAGE < len(names) else {}
    return {"tools": [tool(name) for name in names[start : start + PAGE]], **more}


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": words}], **more}


def called(name: str, arguments: dict[str, Any], seen: list[str]) -> dict[str, Any] | None:
    if name == "echo":
        return text(arguments.get("text", ""))
    if name == "env":
        return text(json.dumps(dict(os.environ)))
    if name == "fail":
        return text("it failed", isError=True)
    if name == "cancelled":
        return text(json.dumps(seen))
    if name == "many":
        return text("x" * 17_000_000)
    if name == "die":
        print("out of coffee", file=sys.stderr, flush=True)
        sys.exit(7)
    return None


def main() -> None:
    seen: list[str] = []
    pids = [os.getpid()]
    if "stubborn" in WORDS:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        import subprocess

        hides = sys.platform == "linux"  # elsewhere a session of its own is out of reach
        words = [sys.executable, "-c", "import time; time.sleep(600)"]
        pids.append(subprocess.Popen(words, start_new_session=hides).pid)
    if "PIDS" in os.environ:
        with open(os.environ["PIDS"], "w") as file:  # noqa: PTH123  (pathlib takes its time to load)
            file.write(" ".join(map(str, pids)))
    if "flood" in WORDS and not os.fork():
        while True:
            os.write(2, b"noise " * 10_000)
    if "rubbish" in WORDS:
        while True:
            print("INFO this is no JSON", flush=True)
    if "line" in WORDS:
        while True:
            os.write(1, b"x" * 60_000)
    if "talks" in WORDS:
        print("Server started\n\n{}", flush=True)
    for line in sys.stdin:
        message = json.loads(line)
        method, params = message.get("method"), message.get("params") or {}
        seen.append(method)
        reply: dict[str, Any] | None = None
        if method == "initialize" and "mute" not in WORDS:
            info = {"name": "raw", "version": "1"}
            reply = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}
        elif method == "tools/list":
            reply = listed(params)
        elif method == "tools/call":
            reply = called(params["name"], params.get("arguments") or {}, seen)
        elif "id" in message and "mute" not in WORDS:
            error = {"code": -32601, "message": "Method not found"}
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "error": error}), flush=True)
        if reply is not None:
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": reply}), flush=True)
    while "stubborn" in WORDS:
        time.sleep(600)


if __name__ == "__main__":
    main()
