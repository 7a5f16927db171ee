"""Limits as services tell them, in the headers of an answer and in the body of a refusal, to numbers.

Nothing here raises: what cannot be read stays as it was said. Sources: OpenAI, "Rate limits"; Anthropic, "Rate limits";
Google, `google.rpc.QuotaFailure` and `RetryInfo`; IETF draft-ietf-httpapi-ratelimit-headers, 03 to 10; recordings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from chatbot.core.http.exchange import Headers, SafeExchange
from chatbot.core.http.limits import Limit, Limits, SeenLimits
from chatbot.core.retry import duration_s, retry_after_s

NEXT_REQUEST = "next request"  # what a refusal asks to wait for
_REQUESTS = "requests"
_MAX_CHARS = 1_000  # of a header; the longest ones known have a hundred
_TOO_MANY_REQUESTS = 429

# The words of a name that say which number it is, and the field of a Limit that this number is.
_FIELDS = {
    "limit": "limit",
    "remaining": "remaining",
    "reset": "resets_at_s",
    "timeremaining": "resets_at_s",  # GitHub Models
    "renewalperiod": "window",  # Azure
}
_COUNTED = {"req": _REQUESTS, "request": _REQUESTS, "token": "tokens"}
_WINDOWS = ("second", "minute", "hour", "day", "week", "month")
_NAME = re.compile(r"(?:^|[-_])rate-?limit(?P<by_size>bysize)?(?:-(?P<rest>.*))?$")
_NUMBER = re.compile(r"\d{1,30}(?:\.\d{1,30})?")
_GO_DURATION = re.compile(r"(?:\d{1,15}(?:\.\d{1,15})?(?:h|ms|m|s|us|µs|ns))+")
_RFC_3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d{1,12})?(?:[Zz]|([+-])(\d\d):(\d\d))")
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_LIST_ITEM = re.compile(rf'(?:{_QUOTED}|[^,"])+')
_PARAMETER = re.compile(rf";\s*([a-z]+)\s*=\s*({_QUOTED}|[^;\s]*)")
_DRAFT_07 = re.compile(r"\s*(limit|remaining|reset)\s*=\s*(.*?)\s*")
_PER_WINDOW = re.compile(rf"Per({'|'.join(_WINDOWS)})", re.IGNORECASE)


def seen_limits(exchange: SafeExchange, now_s: float) -> SeenLimits:
    """What an answer tells of limits, known since `now_s`."""
    refusal = exchange.response_body if exchange.status == _TOO_MANY_REQUESTS else None
    limits = parse_limits(exchange.response_headers, now_s, refusal)
    return SeenLimits(exchange.provider, exchange.model, now_s, limits)


def parse_limits(headers: Headers, now_s: float, refusal: bytes | None = None) -> Limits:
    """The limits that headers tell, in any case and order, and the body of a 429, if this was one (`refusal`).

    `now_s` is when they came, in Unix seconds. Of a number that is told twice the first one counts.
    """
    found: dict[tuple[str, str], Limit] = {}
    periods: dict[str, tuple[str, tuple[str, str]]] = {}  # windows that are told apart from their limit
    unread = []
    for name, value in headers:
        told = list(_told(name.lower(), value.strip(), now_s))
        for limit in told:
            if limit.sources:
                _merge(found, limit)
            else:
                periods[limit.what] = limit.window, (name, value)
        if not told and _NAME.search(name.lower()):
            unread.append((name, value))
    known = [
        limit if limit.window or limit.what not in periods else limit._replace(window=periods[limit.what][0])
        for limit in found.values()
    ]
    unread += [pair for what, (_, pair) in periods.items() if (what, "") not in found]
    if refusal is not None:
        known += _refused(headers, now_s, refusal)
    return Limits(tuple(known), tuple(unread))


def _merge(found: dict[tuple[str, str], Limit], new: Limit) -> None:
    """Adds what is not known yet."""
    before = found.setdefault((new.what, new.window), Limit(new.what, window=new.window))
    missing: dict[str, Any] = {
        field: getattr(new, field)
        for field in ("limit", "remaining", "resets_at_s")
        if getattr(before, field) is None and getattr(new, field) is not None
    }
    if missing:
        sources = tuple(dict.fromkeys((*before.sources, *new.sources)))
        found[new.what, new.window] = before._replace(**missing, sources=sources)


def _told(name: str, value: str, now_s: float) -> Iterator[Limit]:
    """The pieces of limits that a header tells; none where it is about something else, or cannot be read."""
    found = _NAME.search(name)
    if found is None or len(value) > _MAX_CHARS:
        return
    rest = found["rest"] or ""
    if not found["by_size"] and rest in ("", "policy"):
        yield from _structured(name, value, now_s)
        return
    words = rest.split("-") if rest else []
    field = next((_FIELDS[word] for word in words if word in _FIELDS), None)
    words = [_COUNTED.get(word, word) for word in words if word not in _FIELDS]
    words, window = _window_in(words)
    what = " ".join(words) or ("tokens by size" if found["by_size"] else _REQUESTS)  # Mistral counts both alike
    if field is None and words and words[-1] in (_REQUESTS, "tokens"):
        field = "limit"  # `x-ratelimit-requests: 4000`, seen behind a proxy
    if field == "limit" and "," in value:  # `100, 100;w=60`: draft 03
        value, _, policy = value.partition(",")
        if period := re.search(r";\s*w=(\d{1,9})\b", policy):
            yield Limit(what, window=f"{period[1]} s")
    if limit := field and _piece(Limit(what, window=window, sources=(name,)), field, value.strip(), now_s):
        yield limit


def _piece(limit: Limit, field: str, text: str, now_s: float) -> Limit | None:
    """`limit` with a number that was told; None where it is none."""
    number = _number(text)
    if field == "window":
        return None if number is None else Limit(limit.what, window=f"{number:g} s")
    if field == "remaining" and number is None and _GO_DURATION.fullmatch(text):
        field = "resets_at_s"  # `dynamic-period-remaining: 888s`: Hugging Face
    told: dict[str, Any] = {field: _resets_at_s(text, now_s) if field == "resets_at_s" else number}
    return None if told[field] is None else limit._replace(**told)


def _window_in(words: list[str]) -> tuple[list[str], str]:
    """The words of a name less those for a window at its end, and these: `tokens-minute`, `req-60-second`."""
    if not words or words[-1].removesuffix("s") not in _WINDOWS:
        return words, ""
    unit = words[-1].removesuffix("s")
    if len(words) > 1 and _NUMBER.fullmatch(words[-2]):
        return words[:-2], f"{words[-2]} {'s' if unit == 'second' else unit}"
    return words[:-1], unit


def _structured(name: str, value: str, now_s: float) -> Iterator[Limit]:
    """`RateLimit` and `RateLimit-Policy`: `"burst";q=100;w=60`, and as they were in the draft before."""
    for item in _LIST_ITEM.findall(value):
        parameters = {key: text.strip('"') for key, text in _PARAMETER.findall(item)}
        policy = item.partition(";")[0].strip()
        if old := _DRAFT_07.fullmatch(item):
            if limit := _piece(Limit(_REQUESTS, sources=(name,)), _FIELDS[old[1]], old[2], now_s):
                yield limit
        elif name.endswith("-policy") and _number(policy) is not None:
            if seconds := _number(parameters.get("w", "")):
                yield Limit(_REQUESTS, window=f"{seconds:g} s")
        else:
            yield from _draft_10(policy.strip('"'), parameters, name, now_s)


def _draft_10(policy: str, parameters: dict[str, str], name: str, now_s: float) -> Iterator[Limit]:
    what = _REQUESTS if policy in ("", "default") else f"{_REQUESTS} ({policy})"
    if seconds := _number(parameters.get("w", "")):
        yield Limit(what, window=f"{seconds:g} s")
    for key, field in (("q", "limit"), ("r", "remaining"), ("t", "resets_at_s")):
        limit = _piece(Limit(what, sources=(name,)), field, parameters.get(key, ""), now_s)
        if limit is not None:
            yield limit


def _number(text: str) -> float | None:
    """A number of at most 30 digits; whole ones stay whole."""
    if not _NUMBER.fullmatch(text) or not text.isascii():
        return None
    return float(text) if "." in text else int(text)


def _resets_at_s(text: str, now_s: float) -> float | None:
    """Unix seconds, from seconds or a Go duration from now on, Unix seconds or milliseconds, RFC 3339, an HTTP date."""
    number = _number(text)
    if number is not None:
        if number >= 1e11:  # as seconds, the year 5138
            return number / 1000
        return number if number >= 1e9 else now_s + number  # as a wait, 31 years
    if _GO_DURATION.fullmatch(text):
        seconds = duration_s(text)
        return None if seconds is None else now_s + seconds
    at_s = _rfc_3339_s(text)
    if at_s is None and "GMT" in text:
        wait_s = retry_after_s({"retry-after": text}, now_s)
        return None if wait_s is None else now_s + wait_s
    return at_s


def _rfc_3339_s(text: str) -> float | None:
    found = _RFC_3339.fullmatch(text)
    if found is None or not text.isascii():
        return None
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    from calendar import timegm  # few services send a time

    east_s = 0 if not found[8] else (1 if found[8] == "+" else -1) * (int(found[9]) * 3600 + int(found[10]) * 60)
    try:
        return timegm((year, month, day, hour, minute, second)) + float(found[7] or 0) - east_s
    except (ValueError, OverflowError):
        return None


def _refused(headers: Headers, now_s: float, body: bytes) -> Iterator[Limit]:
    """What a 429 says: which quotas are used up (Gemini), and when the next request may come."""
    details = list(_details(body))
    for entry in details:
        violations = entry.get("violations")
        for violation in violations if isinstance(violations, list) else []:
            if isinstance(violation, dict):
                yield _quota(violation)
    for entry in details:
        delay = entry.get("retryDelay")
        if isinstance(delay, str) and _GO_DURATION.fullmatch(delay) and (at_s := _resets_at_s(delay, now_s)):
            yield Limit(NEXT_REQUEST, resets_at_s=at_s, sources=("RetryInfo.retryDelay",))
            return
    wait_s = retry_after_s({name.lower(): value for name, value in headers}, now_s)
    if wait_s is not None:
        yield Limit(NEXT_REQUEST, resets_at_s=now_s + wait_s, sources=("retry-after",))


def _details(body: bytes) -> Iterator[dict[str, Any]]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return
    if isinstance(document, list) and document:  # a stream that was asked for as an array
        document = document[0]
    error = document.get("error") if isinstance(document, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    yield from (entry for entry in (details if isinstance(details, list) else []) if isinstance(entry, dict))


def _quota(violation: dict[str, Any]) -> Limit:
    """`quotaMetric` is `.../generate_content_free_tier_requests`, `quotaId` `GenerateRequestsPerDayPerProject-...`."""
    metric, identity = str(violation.get("quotaMetric") or ""), str(violation.get("quotaId") or "")
    window = _PER_WINDOW.search(identity)
    return Limit(
        " ".join(re.split(r"[_\W]+", metric.rpartition("/")[2])).strip() or identity or _REQUESTS,
        _number(str(violation.get("quotaValue") or "")),
        0,
        window=window[1].lower() if window else "",
        sources=("QuotaFailure",),
    )
