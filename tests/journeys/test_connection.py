"""The way to the server: proxies and certificates as a person names them, seen from outside the program."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from chatbot.lab.server.http import LabServer
from tests.journeys.chat import KEY, at, run
from tests.journeys.test_snippets import executed, needed
from tests.outside.wire import Wire, answer, says, wire
from tests.tables import each

ANSWER = answer(
    json.dumps({"choices": [{"message": {"content": "fine"}, "finish_reason": "stop"}]}).encode(),
    "Content-Type: application/json",
)
PAGE = answer(b"<html><body>Blocked</body></html>", "Content-Type: text/html", status="403 Forbidden")
NOT_HERE = ["--base-url", "http://llm.example.com/v1", "-m", "x", "--max-retries", "0"]
PASSWORD = "very-secret-word"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA, tmp_path: Path) -> Iterator[Wire]:
    """A server whose authority is in `ca.pem`."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with wire(says(ANSWER), tls=context) as running:
        yield running


def there(server: Wire) -> list[str]:
    return ["--base-url", server.url, "-m", "x", "--no-stream", "--max-retries", "0"]


def test_an_answer_comes_through_a_named_proxy_and_nothing_shows_its_password(tmp_path: Path) -> None:
    with wire(says(ANSWER)) as proxy:
        done = run(
            "--proxy", f"ann:{PASSWORD}@127.0.0.1:{proxy.port}", *NOT_HERE, "-S", "-vv", "--log-file", "log", "hi",
            home=tmp_path,
        )  # fmt: skip
    assert (done.code, done.out) == (0, b"fine\n"), done.err
    assert f"127.0.0.1:{proxy.port}" in done.err
    assert PASSWORD not in done.err + (tmp_path / "log").read_text()


def test_a_proxy_is_also_chosen_by_its_variable(tmp_path: Path) -> None:
    with wire(says(ANSWER)) as proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        assert run(*NOT_HERE, "-S", "hi", home=tmp_path, CHAT_PROXY=url).text == "fine\n"
        lost = run("--proxy", "", *NOT_HERE, "-S", "hi", home=tmp_path, CHAT_PROXY=url, HTTP_PROXY=url)
    assert (lost.code, len(proxy.heard)) == (69, 1)


def test_a_page_of_a_proxy_names_the_proxy(tmp_path: Path) -> None:
    with wire(says(PAGE)) as proxy:
        done = run("--proxy", f"http://127.0.0.1:{proxy.port}", *NOT_HERE, "hi", home=tmp_path)
    assert done.code != 0
    assert f"The proxy 127.0.0.1:{proxy.port} is on the way" in done.err


@each(
    ("proxy", "why"),
    [("ftp://x", "it must begin with http://"), ("http://", "it names no host"), ("http://h:port", "it is malformed")],
)
def test_what_is_no_proxy_is_told_before_anything_is_sent(tmp_path: Path, proxy: str, why: str) -> None:
    done = run("--proxy", proxy, *NOT_HERE, "hi", home=tmp_path)
    assert done.code == 78 and why in done.err, done.err


def test_an_authority_of_ones_own_is_named_by_a_file(tls: Wire, tmp_path: Path) -> None:
    refused = run(*there(tls), "hi", home=tmp_path)
    assert refused.code == 69 and "--cacert" in refused.err
    assert run(*there(tls), "--cacert", "ca.pem", "hi", home=tmp_path).text == "fine\n"
    assert run(*there(tls), "hi", home=tmp_path, CHAT_CACERT="ca.pem").text == "fine\n"
    assert run(*there(tls), "hi", home=tmp_path, CHAT_CA="system", SSL_CERT_FILE="ca.pem").text == "fine\n"


def test_a_file_that_is_missing_or_broken_is_told_before_anything_is_sent(server: LabServer, tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("no")
    for name, code in (("missing.pem", 66), ("broken.pem", 78)):
        done = run(*at(server.url), "--cacert", name, "hi", home=tmp_path, OPENAI_API_KEY=KEY)
        assert done.code == code and name in done.err
    assert server.requests == []


def test_any_certificate_is_taken_on_this_machine_only(tls: Wire, tmp_path: Path) -> None:
    done = run(*there(tls), "-k", "hi", home=tmp_path)
    assert (done.text, done.err) == ("fine\n", "")
    refused = run("-k", "-m", "gpt-5", "hi", home=tmp_path, OPENAI_API_KEY=KEY)
    assert refused.code == 78
    assert "--insecure is for servers on this machine, and api.openai.com is not one" in refused.err
    assert "--cacert" in refused.err


@pytest.mark.parametrize("form", ["curl", "httpie", "python"])
def test_a_snippet_goes_the_same_way(form: str, tls: Wire, tmp_path: Path) -> None:
    needed(form)
    with wire(says(ANSWER)) as proxy:
        url = f"http://ann:{PASSWORD}@127.0.0.1:{proxy.port}"
        for words, heard in (
            ([*there(tls), "--cacert", "ca.pem"], tls.heard),
            ([*there(tls), "--insecure"], tls.heard),
            ([*there(tls), "--proxy", "", "--cacert", "ca.pem"], tls.heard),
            ([*NOT_HERE, "-S", "--proxy", url], proxy.heard),
        ):
            told = run("--dry-run", "--as", form, *words, "hi", home=tmp_path)
            assert PASSWORD not in told.text and told.code == 0, told.err
            before = len(heard)
            done = executed(form, told.text, tmp_path, PROXY_USER=f"ann:{PASSWORD}")
            assert (len(heard), done.returncode) == (before + 1, 0), (words, told.text, done.stderr)


def test_a_snippet_for_node_says_how_to_run_it(tmp_path: Path) -> None:
    told = run("--dry-run", "--as", "js", "--proxy", f"http://ann:{PASSWORD}@proxy:1", *NOT_HERE, "hi", home=tmp_path)
    way = 'NODE_USE_ENV_PROXY=1 HTTP_PROXY="http://$PROXY_USER@proxy:1" HTTPS_PROXY="http://$PROXY_USER@proxy:1"'
    assert told.text.splitlines()[0] == f"// Run it with: {way} node FILE"


def test_the_settings_show_a_proxy_without_its_password(tmp_path: Path) -> None:
    url = "http://ann:short@proxy:1"
    shown = [
        run("config", *words, home=tmp_path, CHAT_PROXY=url)
        for words in (["--where"], ["--json"], ["get", "proxy"], ["set", "proxy", url], ["--where"])
    ]
    assert all(done.code == 0 and "short" not in done.text + done.err for done in shown)
    assert "http://(hidden)@proxy:1" in shown[0].text


def test_a_snippet_for_this_machine_leaves_out_a_proxy_that_is_elsewhere(tmp_path: Path) -> None:
    words = ("--proxy", "http://proxy.example.com:3128", "-m", "ollama/x", "hi")
    told = run("--dry-run", "--as", "curl", *words, home=tmp_path)
    assert "--proxy ''" in told.text and "example.com" not in told.text


def test_a_key_is_tested_where_the_settings_say_that_its_service_is_and_on_the_same_way(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "chat"
    folder.mkdir(parents=True, mode=0o700)
    models = answer(b'{"data": [{"id": "one"}]}', "Content-Type: application/json")
    with wire(says(models)) as gateway:
        (folder / "config.toml").write_text(f'[providers.openai]\nbase-url = "{gateway.url}"\n')
        done = run("keys", "test", home=tmp_path, OPENAI_API_KEY=KEY)
        assert done.code == 0 and f"127.0.0.1:{gateway.port}" in done.text, done.err
        looked = run("doctor", "--net", home=tmp_path, OPENAI_API_KEY=KEY)
        assert f"at 127.0.0.1:{gateway.port}: 1 models" in looked.text
    assert len(gateway.heard) == 2
    with wire(says(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")) as proxy:
        (folder / "config.toml").write_text(f'proxy = "http://127.0.0.1:{proxy.port}"\n')
        done = run("keys", "test", home=tmp_path, OPENAI_API_KEY=KEY)
        assert done.code == 69 and f"the proxy 127.0.0.1:{proxy.port} cannot be used" in done.text
