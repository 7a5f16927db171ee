from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEYS


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LabServer]:
    """The lab, in the place of the services."""
    with LabServer(pace_s=0.02, hang_s=20.0) as running:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{running.url}/v1")
        monkeypatch.setenv("OPENROUTER_BASE_URL", f"{running.url}/v1")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", running.url)
        monkeypatch.setenv("GEMINI_BASE_URL", f"{running.url}/v1beta")
        for name, key in KEYS.items():
            monkeypatch.setenv(name, key)
        monkeypatch.chdir(tmp_path)
        yield running
