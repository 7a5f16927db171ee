"""Base URLs that can be trusted with a key, and hosts as OLLAMA_HOST has them."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.core.addresses import base_url, from_host, is_loopback, is_public, proxy_url
from chatbot.core.errors import ConfigurationError
from tests.tables import cases, each


@each("host", ["localhost", "LocalHost", "localhost.", "127.0.0.1", "127.8.9.10", "::1", "[::1]"])
def test_this_machine_is_known_by_its_names(host: str) -> None:
    assert is_loopback(host)


@each(
    "address",
    "1.1.1.1 93.184.216.34 2606:4700:4700::1111 2a00:1450:4001:800::200e ::ffff:1.1.1.1 64:ff9b::101:101".split(),
)
def test_an_address_of_the_public_internet_is_told(address: str) -> None:
    assert is_public(address)


@each(
    "address",
    "127.0.0.1 127.8.9.10 0.0.0.0 0.1.2.3 10.0.0.1 172.31.0.1 192.168.0.1 169.254.169.254 100.64.0.1 100.127.255.255 "
    "192.0.0.8 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.251 239.1.1.1 240.0.0.1 255.255.255.255 :: ::1 "
    "::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe "
    "64:ff9b:1::101:101 100::1 2001::1 2001:db8::1 2002:101:101::1 3fff::1 5f00::1 fc00::1 fd12::1 fe80::1 "
    "fe80::1%eth0 2606:4700::1%eth0 fec0::1 ff02::1 localhost 127.1 0177.0.0.1 2130706433 １.1.1.1".split(),
)
def test_every_other_address_is_none_however_it_is_wrapped(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_in_ipv6_is_what_that_of_ipv4_is(address: object) -> None:
    assert is_public(f"::ffff:{address}") == is_public(f"64:ff9b::{address}") == is_public(str(address))


@each(
    "host",
    [
        None,
        "",
        "0.0.0.0",
        "::",
        "10.0.0.1",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "xlocalhost",
        "128.0.0.1",
    ],
)
def test_every_other_host_is_another_machine(host: str | None) -> None:
    assert not is_loopback(host)


@each(
    ("text", "url"),
    [
        ("https://api.example.com/v1", "https://api.example.com/v1"),
        ("https://api.example.com/v1/", "https://api.example.com/v1"),
        ("  https://api.example.com//\n", "https://api.example.com"),
        ("http://localhost:11434", "http://localhost:11434"),
        ("HTTPS://Api.Example.com", "HTTPS://Api.Example.com"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
    ],
)
def test_a_base_url_has_no_slash_at_its_end(text: str, url: str) -> None:
    assert base_url(text, "--base-url") == url


@each(
    ("text", "fault"),
    [
        *cases(r"""
            api.example.com/v1 | must begin with http
            localhost:8080 | must begin with http
            ftp://h/v1 | must begin with http
            file:///etc/passwd | must begin with http
            javascript:alert(1) | must begin with http
            //h/v1 | must begin with http
            https:// | names no host
            https:///v1 | names no host
            https://:443/v1 | names no host
            https://user@h/v1 | user name
            https://user:secret@h/v1 | user name
            https://@h/v1 | user name
            https://h\\@evil.example/v1 | backslash
            https:\\\\h | backslash
            https://h/v 1 | blank
            https://h\t.example | control character
            https://h\n.example | control character
            https://h/\x00 | control character
            https://h/\x7f | control character
            https://h/\x85x | control character
            https://h/\xa0x | blank
            https://h/v1?key=secret | query
            https://h/v1? | query
            https://h/v1#secret | fragment
            https://h/v1# | fragment
            https://h:port/v1 | malformed
            https://h:99999/v1 | malformed
            https://[::1/v1 | malformed
            https://user:secret/x@h | malformed
        """),
        ("", "must begin with http"),
    ],
)
def test_a_base_url_that_may_lead_elsewhere_is_refused_without_repeating_a_secret(text: str, fault: str) -> None:
    # White space at the ends is taken off before, so a control character there does no harm.
    with pytest.raises(ConfigurationError) as caught:
        base_url(text, "OPENAI_BASE_URL")

    assert str(caught.value).startswith("OPENAI_BASE_URL is no base URL")
    assert fault in str(caught.value)
    assert "secret" not in str(caught.value)
    assert str(caught.value).isprintable()


@settings(max_examples=200)
@given(st.text(alphabet="htps:/@\\?#[]. a1\n%é", max_size=30))
def test_a_base_url_is_refused_or_safe(tail: str) -> None:
    try:
        url = base_url(f"https://h{tail}", "x")
    except ConfigurationError:
        return
    split = urlsplit(url)
    assert (split.scheme, split.username, split.query, split.fragment) == ("https", None, "", "")
    assert split.hostname
    assert not url.endswith("/")


# The cases of ollama's own envconfig, and a few more.
@each(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("1.2.3.4", "http://1.2.3.4:11434"),
        ("example.com", "http://example.com:11434"),
        ("example.com:1234", "http://example.com:1234"),
        (":1234", "http://127.0.0.1:1234"),
        ("example.com:", "http://example.com:11434"),
        ("http://example.com", "http://example.com:80"),
        ("http://example.com:1234", "http://example.com:1234"),
        ("https://example.com", "https://example.com:443"),
        ("https://example.com:1234/a/b/", "https://example.com:1234/a/b"),
        ("example.com/ollama", "http://example.com:11434/ollama"),
        ("[::1]", "http://[::1]:11434"),
        ("[::1]:1234", "http://[::1]:1234"),
        ("::1", "http://[::1]:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:1234", "http://127.0.0.1:1234"),
        ("http://0.0.0.0:1234", "http://127.0.0.1:1234"),
        ("::", "http://[::1]:11434"),
        ("[::]:1234", "http://[::1]:1234"),
        ("example.com:66000", "http://example.com:11434"),
        ("example.com:-1", "http://example.com:11434"),
        ("example.com:many", "http://example.com:11434"),
        ("http://example.com:66000", "http://example.com:80"),
        ("https://example.com:many", "https://example.com:443"),
        (' "example.com:1234" ', "http://example.com:1234"),
        ("'example.com'", "http://example.com:11434"),
    ],
)
def test_a_host_becomes_a_base_url(host: str, url: str) -> None:
    assert from_host(host, 11434) == url
    assert base_url(url, "OLLAMA_HOST") == url


@each("host", ["ftp://h", "user@h", "h?x=1", "a b", "evil.example\\@h"])
def test_a_host_that_makes_no_safe_base_url_is_refused_after_all(host: str) -> None:
    with pytest.raises(ConfigurationError):
        base_url(from_host(host, 11434), "OLLAMA_HOST")


class TestProxies:
    @each(
        ("text", "url"),
        [
            *cases("""
                proxy:3128 | http://proxy:3128
                proxy | http://proxy:1080
                http://ann:word@proxy.example.com:8080/ | http://ann:word@proxy.example.com:8080
                https://proxy | https://proxy:443
                socks5h://127.0.0.1 | socks5h://127.0.0.1:1080
                [::1]:3128 | http://[::1]:3128
            """),
            ("", ""),
        ],
    )
    def test_a_proxy_is_named_as_curl_has_it(self, text: str, url: str) -> None:
        assert proxy_url(text, "--proxy") == url

    @each("text", ["ftp://proxy", "http://", "http://a b", "http://proxy:x", "ann:word@"])
    def test_what_is_none_is_told_without_what_may_be_a_password(self, text: str) -> None:
        with pytest.raises(ConfigurationError) as caught:
            proxy_url(text, "--proxy")
        assert "--proxy is no proxy" in str(caught.value) and "word" not in str(caught.value)
