from __future__ import annotations

from collections.abc import Iterator

import pytest

from chatbot.lab.server.http import LabServer


@pytest.fixture
def server() -> Iterator[LabServer]:
    with LabServer(pace_s=0.02, hang_s=20.0) as running:
        yield running
