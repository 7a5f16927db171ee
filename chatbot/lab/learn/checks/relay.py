"""A relay that has the key: the check is the page that asks it."""

from __future__ import annotations

from collections.abc import Callable

from chatbot.lab.answers import Fault
from chatbot.lab.dialect import Json, dumps
from chatbot.lab.grade.observation import Observation
from chatbot.lab.learn import rules
from chatbot.lab.learn.seen import USUAL_KEY, Answered, Call, Case, Row, Seen, Start
from chatbot.lab.replies import Refuse, Say, Turn

TOKEN = "token-of-the-page-41ab"
_TEXT = "One word comes after the other, and each is passed on when it is there."
_LIMIT = 1000
_SPREAD_S = 0.4


def _call(
    *,
    path: str = rules.CHAT,
    token: str | None = TOKEN,
    method: str = "POST",
    body: bytes | None = None,
    **more: object,
) -> Call:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    question: Json = {"model": "echo", "messages": [{"role": "user", "content": "Why?"}], **more}
    return Call(method, path, headers, dumps(question) if body is None else body)


Judge = Callable[[Observation, Answered], str]


def _row(name: str, number: int, judge: Judge) -> Row:
    """What is told of a call."""

    def fault(case: Seen) -> str:
        answered = case.answered[number]
        seen = case.runs[0]._replace(asked=answered.asked)
        if answered.status == 0:
            said = f" It said: {rules.shown(seen.err.strip())}." if seen.err.strip() else ""
            if answered.is_taken:
                return f"The relay took the request, and no whole answer came.{said}"
            return f"Nothing listens at 127.0.0.1, at the port in the variable PORT.{said}"
        if answered.status == 501:
            return "The relay answers 501: the function fetch is not written yet."
        if USUAL_KEY.encode() in answered.body or USUAL_KEY in str(answered.headers):
            return "The provider's key came back to the page. Hand on only the few headers that you choose."
        return judge(seen, answered)

    return Row(name, fault)


def _relayed(seen: Observation, answered: Answered) -> str:
    if not seen.asked:
        return f"The page got {answered.status}, and the lab was not asked."
    request = seen.asked[0].received
    if f"{request.method} {request.path}" != f"POST {rules.CHAT}":
        return (
            f"The lab got {request.method} {request.path}; it waits for POST {rules.CHAT} (OPENAI_BASE_URL has its "
            "/v1)."
        )
    if TOKEN in str(dict(request.headers)):
        return "The page's token went on to the provider. It is for the relay alone: make new headers."
    return rules.has_key()(seen) or rules.sends_json(seen)


def _answer(seen: Observation, answered: Answered) -> str:
    if fault := _relayed(seen, answered):
        return fault
    if answered.status != 200 or _TEXT not in answered.body.decode("utf-8", "replace"):
        return (
            f"The page got {answered.status} and {rules.shown(answered.body.decode('utf-8', 'replace'))}; the "
            "answer of the provider was to come through unchanged."
        )
    return ""


def _stream(seen: Observation, answered: Answered) -> str:
    if fault := _relayed(seen, answered):
        return fault
    kind = answered.headers.get("content-type", "")
    if not kind.startswith("text/event-stream"):
        return f"The stream came as {rules.shown(kind)}. Hand on the Content-Type of the provider."
    if b"[DONE]" not in answered.body:
        return "The end of the stream, [DONE], did not come through."
    if answered.piece_times_s[-1] - answered.piece_times_s[0] < _SPREAD_S:
        return (
            "The words came over more than two seconds, and reached the page all at once. Hand on the body itself "
            "(upstream.body), not its text."
        )
    return ""


def _bounded(seen: Observation, answered: Answered) -> str:
    if fault := _relayed(seen, answered):
        return fault
    sent = seen.asked[0].received.json
    limits = [sent[name] for name in ("max_tokens", "max_completion_tokens") if name in sent]
    if not limits:
        return (
            "The request to the provider has no max_tokens. A page that names none may spend what it likes: "
            f"{_LIMIT} at most."
        )
    if not all(isinstance(limit, int) and limit <= _LIMIT for limit in limits):
        asked = rules.shown(limits)[1:-1]
        return f"The page asked for {asked} tokens, and the relay passed that on. {_LIMIT} are the most."
    return ""


def _refused(status: int, what: str) -> Judge:
    def judge(seen: Observation, answered: Answered) -> str:
        if seen.asked:
            return f"{what}, and the relay asked the provider all the same: anybody can spend your money."
        if answered.status != status:
            return f"{what}: the page got {answered.status}; {status} says what is wrong."
        return ""

    return judge


def _limited(seen: Observation, answered: Answered) -> str:
    if fault := _relayed(seen, answered):
        return fault
    if answered.status != 429:
        return f"The provider said 429, and the page got {answered.status}. The status belongs to the answer."
    if answered.headers.get("retry-after") != "7":
        return (
            "The provider said Retry-After: 7, and it did not reach the page, which now cannot know how long to wait."
        )
    return ""


_CALLS: tuple[tuple[str, Call, Turn, Judge], ...] = (
    ("a question", _call(max_tokens=50), Say(_TEXT), _answer),
    ("a stream, passed on as it comes", _call(stream=True), Say(_TEXT, paced=True), _stream),
    ("no token", _call(token=None), Say(_TEXT), _refused(401, "The request had no token")),
    ("a wrong token", _call(token="guessed"), Say(_TEXT), _refused(401, "The token was wrong")),
    ("another path", _call(path="/v1/files"), Say(_TEXT), _refused(404, "The path was /v1/files")),
    ("a body that is no JSON", _call(body=b"{no"), Say(_TEXT), _refused(400, "The body was no JSON")),
    ("a million tokens", _call(max_tokens=1_000_000), Say(_TEXT), _bounded),
    ("no limit named", _call(), Say(_TEXT), _bounded),
    ("429 and Retry-After", _call(), Refuse(Fault.RATE_LIMITED, retry_after="7"), _limited),
)
RELAY = (
    Case(
        (Start(environ={"RELAY_TOKEN": TOKEN}, limit_s=40.0),),
        tuple(_row(name, number, judge) for number, (name, _, _, judge) in enumerate(_CALLS)),
        calls=tuple(call._replace(turns=(turn,)) for _, call, turn, _ in _CALLS),
    ),
)
