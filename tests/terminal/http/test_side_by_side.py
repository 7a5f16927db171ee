"""One question in several wire formats: columns where there is room, the same idea with the same mark."""

from __future__ import annotations

import json

from chatbot.core.http.exchange import SafeExchange
from chatbot.core.messages import Conversation
from chatbot.core.options import Endpoint, Options
from chatbot.providers.wires.lookup import provider_for
from chatbot.terminal.http.rows import as_text
from chatbot.terminal.http.side_by_side import side_by_side
from tests.tables import each
from tests.terminal.http.records import ANSWERED, shown
from tests.wires import WIRES, service_named


def asked(name: str) -> SafeExchange:
    service = service_named(name)
    provider = provider_for(service, Endpoint(service.base_url or ""))
    options = Options("model-1", temperature=0.5, max_tokens=9)
    request = provider.request(provider.payload(Conversation(system="Be brief").asking("Why 梨?"), options), options)
    return shown(
        ANSWERED, provider=name, wire=service.wire, url=request.url, request_headers=(), request_body=request.body
    )


ALL = [asked(name) for name in WIRES]


def rows(columns: int, exchanges: list[SafeExchange] = ALL) -> list[str]:
    return as_text(side_by_side(exchanges, columns), styles=False).splitlines()


def test_columns_of_at_least_forty_cells_stand_side_by_side() -> None:
    found = rows(169)
    assert [f"{name} format" in found[0] for name in WIRES] == [True] * 4
    assert rows(168)[0].count("format") == 1, "one below the other where there is no room"


@each("columns", [169, 200, 80])
def test_an_idea_has_one_mark_in_each_format(columns: int) -> None:
    text = "\n".join(rows(columns))
    for mark, members in {
        "l": ("max_completion_tokens", "max_output_tokens", "max_tokens", "maxOutputTokens"),
        "t": ('"temperature"',),
        "s": ('"system":', '"systemInstruction"', '"instructions"'),
        "m": ('"model"',),
        "c": ('"messages"', '"input"', '"contents"'),
    }.items():
        for member in members:
            line = next(line for line in text.splitlines() if member in line)
            before = line[: line.index(member)].rstrip(' "')
            assert before.endswith(mark), (mark, member, line)
    assert rows(columns)[-1].startswith("m model   s system prompt   q who speaks   c what is said")


def test_stacked_bodies_are_the_bodies_themselves() -> None:
    [body] = [rows(60, [ALL[0]])]
    text = "\n".join(line[2:] for line in body[2:-2])
    assert json.loads(text) == json.loads(ALL[0].request_body)


def test_no_row_is_wider_than_the_screen_in_columns() -> None:
    from rich.cells import cell_len

    assert max(cell_len(row.rstrip()) for row in rows(169)[:-1]) <= 169
