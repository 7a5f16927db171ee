"""What answers cost: told, kept, added up, refused before anything is sent, and every byte of it in the ledger."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chatbot.lab.server.http import LabServer
from tests import forked
from tests.journeys.chat import CHAT, KEYS, Result, at, environment, run
from tests.journeys.test_on_a_terminal import Person
from tests.wiretap import Wiretap

DATA = Path(".local/share/chat")
CONFIG = Path(".config/chat/config.toml")
USAGE = {
    "prompt_tokens": 1_000,
    "completion_tokens": 200,
    "prompt_tokens_details": {"cached_tokens": 400},
    "completion_tokens_details": {"reasoning_tokens": 150},
}
PRICE = "--price=2.5/10/1.25"
USD = (600 * 2.5 + 400 * 1.25 + 200 * 10) / 1_000_000  # 0.004


def will_answer(server: LabServer, usage: dict[str, Any] | None = USAGE) -> None:
    answer = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}], "usage": usage}
    server.will_answer(body=json.dumps(answer).encode(), headers={"Content-Type": "application/json"})


def ask(server: LabServer, home: Path, *words: str, url: str = "", model: str = "gpt-x") -> Result:
    return run(*at(url or server.url), "-m", model, *words, "hi", home=home, **KEYS)


def settings(home: Path, text: str) -> None:
    (home / CONFIG).parent.mkdir(parents=True, exist_ok=True)
    (home / CONFIG).write_text(text)


def rows(home: Path, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(*words, "--json", home=home).text.splitlines()]


def test_the_cost_stands_behind_the_tokens(server: LabServer, tmp_path: Path) -> None:
    will_answer(server)
    assert ask(server, tmp_path, "-u", PRICE) == Result(
        b"Hi.\n", "chat: tokens: 1.0k in, 200 out (400 cached, 150 reasoning); $0.004\n", 0
    )


def test_a_price_that_nobody_knows_is_not_nothing(server: LabServer, tmp_path: Path) -> None:
    will_answer(server)
    assert ask(server, tmp_path, "-u").err.endswith("; price unknown\n")
    will_answer(server)
    assert json.loads(ask(server, tmp_path, "--json").out)["cost"] == {
        "usd": None, "known": False, "price_date": None, "price": None,
    }  # fmt: skip
    told = run("logs", "cost", home=tmp_path)
    assert "unknown" in told.text and "$" not in told.text
    assert told.err == "chat: of 2 answers the cost is not known, and not counted: openai/gpt-x\n"


def test_json_has_the_sum_and_the_rates(server: LabServer, tmp_path: Path) -> None:
    will_answer(server)
    cost = json.loads(ask(server, tmp_path, "--json", PRICE).out)["cost"]
    assert cost == {
        "usd": USD,
        "known": True,
        "price_date": None,
        "price": {"input": "2.5", "output": "10", "cached": "1.25"},
    }


def test_an_answer_from_the_cache_costs_nothing_and_says_so(server: LabServer, tmp_path: Path) -> None:
    will_answer(server)
    assert json.loads(ask(server, tmp_path, "--json", "--cache", PRICE).out)["cost"]["usd"] == USD
    hit = ask(server, tmp_path, "-u", "--cache", PRICE, "--budget", "0.0001 USD/day")
    assert (hit.out, hit.code) == (b"Hi.\n", 0)
    assert hit.err.endswith("; from the cache: cost 0\n")
    [row] = rows(tmp_path, "logs", "cost", "--by", "model")
    assert (row["usd"], row["answers"], row["unknown"]) == (USD, 2, 0)
    assert [entry["requests"] for entry in rows(tmp_path, "ledger")] == [1]


def test_the_price_of_the_day_stays_with_the_turn(server: LabServer, tmp_path: Path) -> None:
    will_answer(server)
    ask(server, tmp_path, PRICE)
    settings(tmp_path, 'price = "99/99"\n')
    [row] = rows(tmp_path, "logs", "cost")
    assert row["usd"] == USD
    with sqlite3.connect(tmp_path / DATA / "history.db") as history:
        [kept] = history.execute("SELECT cost_usd, price FROM turn").fetchall()
    history.close()
    assert (float(kept[0]), json.loads(kept[1])["input"]) == (USD, "2.5")


@pytest.mark.parametrize("wanted", [["--max-cost", "0.001"], ["--max-cost", "$0.001"]])
def test_what_could_cost_more_than_allowed_is_not_sent(server: LabServer, tmp_path: Path, wanted: list[str]) -> None:
    refused = ask(server, tmp_path, *wanted, PRICE, "--max-tokens", "1000")
    assert (refused.out, refused.code) == (b"", 2)
    assert "could cost $0.01; --max-cost allows $0.001" in refused.err
    assert "at most 1.0k out" in refused.err
    assert server.requests == []
    will_answer(server)
    assert ask(server, tmp_path, "--max-cost", "0.02", PRICE, "--max-tokens", "1000").code == 0


def test_a_limit_without_a_price_is_refused_with_the_way_out(server: LabServer, tmp_path: Path) -> None:
    refused = ask(server, tmp_path, "--max-cost", "1")
    assert (refused.out, refused.code) == (b"", 78)
    assert "what openai/gpt-x costs at this address is not known" in refused.err
    assert server.requests == []
    settings(tmp_path, '[models."openai/gpt-x"]\nprice = "2.5/10"\n')
    will_answer(server)
    assert ask(server, tmp_path, "--max-cost", "1").code == 0


def test_a_budget_in_the_settings_holds_over_runs_also_without_a_history(server: LabServer, tmp_path: Path) -> None:
    settings(tmp_path, 'budget = "0.016 USD/day"\nprice = "2.5/10/1.25"\nmax-tokens = 1000\n')
    for _ in range(2):
        will_answer(server)
        assert ask(server, tmp_path, "-n").code == 0
    refused = ask(server, tmp_path, "-n")
    assert (refused.out, refused.code) == (b"", 75)
    assert "$0.008 is left of the budget of 0.016 USD/day: $0.008 is spent" in refused.err
    assert len(server.requests) == 2
    [entry] = rows(tmp_path, "ledger")
    assert (entry["host"], entry["provider"], entry["kind"], entry["sent_bytes"]) == (None, None, None, 0)
    assert entry["usd"] == 2 * USD
    assert not (tmp_path / DATA / "history.db").exists()
    settings(tmp_path, 'budget = "0.001 USD/day"\nprice = "2.5/10"\n')
    assert ask(server, tmp_path).code == 78  # it would never fit


def test_a_provider_has_a_budget_of_its_own(server: LabServer, tmp_path: Path) -> None:
    text = 'budget = "5 USD/day"\nprice = "2.5/10"\nmax-tokens = 1000\n[providers.openai]\nbudget = "0.011 USD/day"\n'
    settings(tmp_path, text)
    will_answer(server)
    assert ask(server, tmp_path).code == 0
    refused = ask(server, tmp_path)
    assert refused.code == 75 and "of 0.011 USD/day for openai" in refused.err
    settings(tmp_path, '[models."openai/gpt-x"]\nbudget = "1 USD/day"\n')
    wrong = ask(server, tmp_path)
    assert wrong.code == 78
    assert "config.toml:2: a budget is of everything, or of a provider" in wrong.err


def test_processes_at_the_same_time_share_a_budget(server: LabServer, tmp_path: Path) -> None:
    settings(tmp_path, 'budget = "0.025 USD/day"\nprice = "2.5/10"\nmax-tokens = 1000\n')
    words = [*CHAT, *at(server.url), "-m", "slow", "hi"]
    env = environment(tmp_path, **KEYS)
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    running = [forked.start(words, env, tmp_path, **quiet) for _ in range(6)]
    codes = sorted(process.wait(60) for process in running)
    asked = len(server.requests)
    assert codes == [0] * asked + [75] * (6 - asked)
    assert asked >= 2  # each reserves 0.01 of 0.025; what is settled makes room for another
    spent = sum(entry["usd"] for entry in rows(tmp_path, "ledger"))
    assert spent <= 0.025
    with sqlite3.connect(tmp_path / DATA / "ledger.db") as ledger:
        assert ledger.execute("SELECT count(*) FROM held").fetchone() == (0,)
    ledger.close()


def test_the_bytes_of_the_ledger_are_those_that_a_proxy_counts(server: LabServer, tmp_path: Path) -> None:
    with Wiretap(server.url) as tap:
        for stream in ([], ["--no-stream"]):
            assert ask(server, tmp_path, *stream, url=tap.url, model="guide").code == 0
        server.will_answer(status=429, retry_after="0")
        assert ask(server, tmp_path, url=tap.url, model="guide").code == 0
        keys_at = {"OPENAI_BASE_URL": f"{tap.url}/v1", "OPENAI_API_KEY": KEYS["OPENAI_API_KEY"]}
        assert run("models", "openai", home=tmp_path, **keys_at).code == 0
        assert run("probe", f"{tap.url}/v1", "-m", "guide", home=tmp_path, **KEYS).code == 0
        assert run("keys", "test", home=tmp_path, **keys_at).code == 0
        assert "models" in run("doctor", "--net", home=tmp_path, **keys_at).text
        tap.drained()
        entries = rows(tmp_path, "ledger")
        assert sum(entry["sent_bytes"] for entry in entries) == tap.up_bytes
        assert sum(entry["received_bytes"] for entry in entries) == tap.down_bytes
    kinds = {entry["kind"]: entry["requests"] for entry in entries}
    assert kinds["chat"] == 4
    assert {"chat", "models", "probe", "key test", "doctor"} == kinds.keys()
    assert {entry["host"] for entry in entries} == {"127.0.0.1"}


def test_the_ledger_is_shown_by_host_and_by_day(server: LabServer, tmp_path: Path) -> None:
    nothing = run("ledger", home=tmp_path)
    assert nothing == Result(b"", "chat: nothing was sent yet\n", 0)
    assert run("ledger", "--json", home=tmp_path) == Result(b"", "", 0)
    will_answer(server)
    ask(server, tmp_path, PRICE)
    heading, row = run("ledger", home=tmp_path).text.splitlines()
    assert heading.split() == ["host", "up", "down", "cost", "requests", "days", "content"]
    assert row.startswith("127.0.0.1 ") and "$0.004" in row and row.endswith("chat")
    _, row = run("ledger", "--by", "day", home=tmp_path).text.splitlines()
    assert row.endswith("127.0.0.1  chat")
    assert run("ledger", "--since", "2999-01-01", home=tmp_path).err == "chat: nothing was sent yet since 2999-01-01\n"


def test_a_ledger_that_cannot_be_written_costs_no_answer(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / DATA / "ledger.db").mkdir(parents=True)
    will_answer(server)
    result = ask(server, tmp_path, PRICE)
    assert (result.out, result.code) == (b"Hi.\n", 0)
    assert result.err.startswith("chat: the ledger does not have what was sent (the ledger is not used: ")
    refused = ask(server, tmp_path, PRICE, "--budget", "1 USD/day")
    assert (refused.out, refused.code, len(server.requests)) == (b"", 74, 1)


def test_an_answer_that_broke_off_is_counted_by_about_what_came(server: LabServer, tmp_path: Path) -> None:
    cut = ask(server, tmp_path, "-u", "--price", "2.5/1000", "--max-cost", "100", model="cut")
    assert cut.code == 74 and "cost unknown" in cut.err
    [entry] = rows(tmp_path, "ledger")
    assert entry["unpriced"] == 1 and entry["usd"] > 0


def test_a_replay_costs_nothing(server: LabServer, tmp_path: Path) -> None:
    will_answer(server)
    ask(server, tmp_path, "--record", "tape.jsonl", PRICE)
    again = ask(server, tmp_path, "--replay", "tape.jsonl", "-u", PRICE, "--max-cost", "0.000001")
    assert again.err.endswith("; $0\n")
    assert [entry["requests"] for entry in rows(tmp_path, "ledger")] == [1]


def test_a_session_shows_what_it_costs(server: LabServer, tmp_path: Path) -> None:
    will_answer(server)
    person = Person([*at(server.url), "-m", "gpt-x", PRICE, "--no-stream"], tmp_path)
    person.wait_for_prompt()
    person.asks("hi", "1.2k tokens   $0.004", 2)
    person.asks("/usage", "this session:    tokens: 1.0k in", 3)
    assert any(row.endswith("; $0.004") for row in person.rows)
    person.leaves(3)


def test_a_number_of_tokens_that_cannot_be_true_does_no_harm(server: LabServer, tmp_path: Path) -> None:
    will_answer(server, {"prompt_tokens": 2**53 - 1, "completion_tokens": 2**53 - 1})
    assert ask(server, tmp_path, "--price", "900000/900000").err == ""
    assert len(rows(tmp_path, "ledger")) == 1
    assert run("ledger", home=tmp_path).code == run("logs", "cost", home=tmp_path).code == 0
