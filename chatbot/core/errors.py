"""Everything that can go wrong, as a tree; each error knows its exit code, whether to retry, and what to do.

    ChatError                        1
    ├── UsageError                   2   the words of the command line
    ├── FileUnreadable              66   a file
    │   └── ImageUnreadable         66   an image
    ├── NotCached                   66   an answer that was wanted from the cache only
    ├── ConfigurationError          78   a setting, a base URL, a `.env`
    │   ├── NoKey                   78
    │   │   └── NothingSetUp        78   for any service
    │   └── Redirected              78   the base URL points elsewhere
    ├── ProviderError                1   the provider answered, but not with an answer
    │   ├── KeyRejected             77
    │   ├── PermissionRefused       77
    │   ├── UnknownModel             1
    │   ├── ContextTooLong           1
    │   ├── RequestRefused           1
    │   ├── ContentFiltered          1
    │   ├── QuotaExhausted           1
    │   ├── RateLimited             75   retried
    │   ├── Overloaded              75   retried
    │   └── ServerFault             69   retried
    ├── NetworkError                69   retried
    │   ├── CannotResolve           69
    │   ├── CannotConnect           69
    │   ├── TlsFailed               69   not retried
    │   ├── ProxyFailed             69
    │   ├── TimedOut                69
    │   ├── NotHttp                 69   not retried
    │   └── ConnectionLost          69
    ├── AnswerError                 74   the answer is not whole
    │   └── MalformedAnswer         74
    ├── StepsUsedUp                 74   the model wants to call still more tools
    ├── SchemaMismatch              65   the answer is whole, and not what was asked for
    ├── FileUnwritable              74   a file beside the answer
    ├── OutputUnwritable            74
    │   └── TerminalClosed         129
    ├── Cancelled                  130
    └── ProgramFault                70

Exit codes from 64 up are those of sysexits.h.
"""

from __future__ import annotations


class ChatError(Exception):
    """What happened, in one plain sentence (`str(error)`), and what goes with it.

    `said`: the provider's own words, already freed of HTML and JSON. `request_id`: the provider's name for the
    exchange. `retry_after_s`: seconds the server asks us to wait. `should_retry`: the server's own verdict on a retry,
    which replaces `retryable`. `status`: the HTTP status, where there was one. `parameter`: the request parameter that
    the provider names as the cause.
    """

    exit_code = 1
    retryable = False
    retry_limit: int | None = None  # how often at most, whatever time is left
    advice = ""
    parameter: str | None = None

    def __init__(
        self,
        message: str,
        *,
        said: str = "",
        advice: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        retry_after_s: float | None = None,
        should_retry: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.said = said
        self.status = status
        self.request_id = request_id
        self.retry_after_s = retry_after_s
        if advice is not None:
            self.advice = advice
        if should_retry is not None:
            self.retryable = should_retry


class UsageError(ChatError):
    """The words of the command line do not make sense."""

    exit_code = 2


class FileUnreadable(ChatError):
    """A file, or the piped input, cannot be read or sent."""

    exit_code = 66


class ImageUnreadable(FileUnreadable):
    """A file is not an image that can be sent."""


class NotCached(ChatError):
    """The cache has no answer, and nothing else was to be asked."""

    exit_code = 66  # EX_NOINPUT


class ConfigurationError(ChatError):
    """A setting, a key, a base URL or a `.env` file is wrong or unsafe."""

    exit_code = 78


class TooDear(ChatError):
    """An answer could cost more than this command allows; nothing was sent."""

    exit_code = 2


class BudgetUsedUp(TooDear):
    """It could cost more than is left of a budget; later there is room again."""

    exit_code = 75


class BudgetTooSmall(TooDear):
    """It could cost more than the whole budget."""

    exit_code = 78


class PriceUnknown(TooDear):
    """There is a limit, and nobody knows what the model costs."""

    exit_code = 78


class NoKey(ConfigurationError):
    """The chosen service wants a key and none is set."""


class NothingSetUp(NoKey):
    """No service was named, and none has a key or runs here."""


class Redirected(ConfigurationError):
    """The server points to another address; keys and questions are never sent on."""

    advice = "If that is where the service lives now, set it as the base URL."


class ProviderError(ChatError):
    """The provider answered, but not with an answer."""


class KeyRejected(ProviderError):
    """The key is wrong, expired or withdrawn (HTTP 401 and its variants)."""

    exit_code = 77


class PermissionRefused(ProviderError):
    """The key is known but may not do this (HTTP 403)."""

    exit_code = 77
    advice = "The key is known but not allowed to do this: check its permissions, or choose another model with -m."


class UnknownModel(ProviderError):
    """The model does not exist, or not for this key (HTTP 404 and its variants)."""

    advice = "Choose another model with -m."


class ContextTooLong(ProviderError):
    """The conversation does not fit the model's context window."""

    advice = "Send less text, or choose a model with a larger context with -m."


class RequestRefused(ProviderError):
    """The provider does not accept the request as it is (HTTP 400, 413, 422 and others)."""


class ContentFiltered(ProviderError):
    """The provider's filter refused the question."""

    advice = "Rephrase the question, or ask another provider."


class QuotaExhausted(ProviderError):
    """Credit, plan or daily quota is used up; waiting a little does not help."""

    advice = "Check the plan and billing page of the provider, or use another provider with -m."


class RateLimited(ProviderError):
    """The provider asks for fewer requests (HTTP 429)."""

    retryable = True
    exit_code = 75  # EX_TEMPFAIL: the same command may work later
    advice = "Wait a little and run the same command again, or choose another model with -m."


class Overloaded(ProviderError):
    """The provider has no capacity just now (HTTP 503, 529 and their variants)."""

    retryable = True
    exit_code = 75
    advice = "Run the same command again in a minute, or choose another model with -m."


class ServerFault(ProviderError):
    """The provider failed inside (HTTP 5xx)."""

    retryable = True
    exit_code = 69  # EX_UNAVAILABLE
    advice = "This is a fault on the provider's side: try again later, or another provider with -m."


class NetworkError(ChatError):
    """The exchange broke below HTTP."""

    retryable = True
    exit_code = 69


class CannotResolve(NetworkError):
    """The host name has no address."""

    retry_limit = 2  # offline is seldom over in a minute
    advice = "Check the network connection and the spelling of the base URL."


class CannotConnect(NetworkError):
    """Nothing accepts connections at the address."""

    retry_limit = 3


class TlsFailed(NetworkError):
    """The server's certificate or its TLS is not acceptable."""

    retryable = False
    advice = (
        "If your network uses its own certificate authority, name its file with --cacert or SSL_CERT_FILE, or trust "
        "those of the system: CHAT_CA=system ."
    )


class ProxyFailed(NetworkError):
    """The proxy cannot be used."""

    retry_limit = 2
    advice = "Check --proxy, HTTPS_PROXY, HTTP_PROXY and ALL_PROXY; --proxy '' and NO_PROXY do without."


class TimedOut(NetworkError):
    """Nothing came for too long."""


class NotHttp(NetworkError):
    """Something answers, but not in HTTP: another kind of server listens at this port."""

    retryable = False
    advice = "Check the host and the port of the base URL."


class ConnectionLost(NetworkError):
    """The connection broke off."""

    advice = "Run the same command again."


class AnswerError(ChatError):
    """The answer is not whole."""

    exit_code = 74


class MalformedAnswer(AnswerError):
    """What came is not the wire format that was asked for."""

    advice = "Check that --provider and the base URL belong together."


class StepsUsedUp(ChatError):
    """The model was asked as often as it may be, and still has no answer but calls."""

    exit_code = 74


class SchemaMismatch(ChatError):
    """The answer does not fit the schema."""

    exit_code = 65  # EX_DATAERR


class FileUnwritable(ChatError):
    """A file that is written beside the answer takes no more; the answer goes on."""

    exit_code = 74


class OutputUnwritable(ChatError):
    """The answer could not be written to standard output."""

    exit_code = 74  # EX_IOERR


class TerminalClosed(OutputUnwritable):
    """The terminal is gone, as a hang-up says too."""

    exit_code = 129  # 128 + SIGHUP


class Cancelled(ChatError):
    """The person stopped it."""

    exit_code = 130


class ProgramFault(ChatError):
    """Something in this program went wrong that should not have."""

    exit_code = 70  # EX_SOFTWARE
    advice = "What came of the answer is kept."


class Hung(BaseException):
    """Work beside the answer took too long and was ended. No Exception: what catches all of those lets it pass."""
