"""A server probed over real HTTP."""

from __future__ import annotations

from chatbot.cli.probe.sending import sender
from chatbot.core.http.exchange import SafeExchange
from chatbot.core.options import Endpoint
from chatbot.layers.probing import probing
from chatbot.options.chat import Connection
from chatbot.providers import services
from chatbot.providers.choice import ModelTarget
from chatbot.providers.probe.checks import wanted
from chatbot.providers.probe.course import finding
from chatbot.providers.probe.finding import Finding
from chatbot.providers.probe.subject import Subject

KEY = "sk-probe-0123456789abcdefghij"


def findings(
    url: str,
    model: str = "echo",
    *,
    key: str | None = KEY,
    deep: bool = False,
    connection: Connection | None = None,
    seen: dict[str, SafeExchange] | None = None,
) -> dict[str, Finding]:
    """Every row of a probe, by its name."""
    service = services.find("custom")
    auth = ("Authorization", f"Bearer {key}") if key else None
    target = ModelTarget(service, model, Endpoint(f"{url}/v1", auth), key)
    send = sender(target, connection or Connection(timeout=5), lambda text: text.replace(KEY, "[key]"), lambda _: None)
    seen = {} if seen is None else seen
    checks = wanted(deep=deep)
    for _ in probing(Subject(service, target.endpoint, model), checks, send, seen):
        pass
    return {check.name: finding(check, seen) for check in checks}
