"""`chat`: an AI chatbot for the command line, on raw HTTP.

The floor plan; an upper floor sees the lower ones, neighbours do not see each other, nothing looks up:

    cli        argv to one action; builds the pieces and hands them to each other
    terminal   what the person sees and types
    library    the same pieces for other programs: from chatbot import ...
    layers     what stands around a session and has its shape
    session    one question: ask, retry, fold; yields typed events
    lab        a loopback provider, offline, with faults on demand; judges clients, and teaches
    outside    the world: each function touches it once, without loops or policy
    providers  the wire formats, and the table of services; pure
    options    what a person can choose, each choice declared once; pure
    core       messages, events, errors, server-sent events, retry; pure
    records    the named tuples that all of it is made of; imports nothing of ours
"""

TYPE_CHECKING = False  # typing's own would have to be imported; type checkers know it by its name
if TYPE_CHECKING:
    from chatbot.core.version import __version__ as __version__
    from chatbot.library.asking import Answer as Answer
    from chatbot.library.caching import Caching as Caching
    from chatbot.library.caching_http_client import CachingHTTPClient as CachingHTTPClient
    from chatbot.library.chat import Chat as Chat
    from chatbot.library.logging import Logging as Logging
    from chatbot.library.logging import RequestLog as RequestLog
    from chatbot.library.logging_http_client import LoggingHTTPClient as LoggingHTTPClient
    from chatbot.library.multi_provider_http_client import MultiProviderHTTPClient as MultiProviderHTTPClient
    from chatbot.library.raw_openai_client import Incomplete as Incomplete
    from chatbot.library.raw_openai_client import RawOpenAIClient as RawOpenAIClient
    from chatbot.library.retryable_http_client import RetryableHTTPClient as RetryableHTTPClient
    from chatbot.library.retrying import Retry as Retry
    from chatbot.library.retrying import RetryConfig as RetryConfig
    from chatbot.library.retrying import Retrying as Retrying

_MODULES = {
    "Answer": "library.asking",
    "Caching": "library.caching",
    "CachingHTTPClient": "library.caching_http_client",
    "Chat": "library.chat",
    "Incomplete": "library.raw_openai_client",
    "Logging": "library.logging",
    "LoggingHTTPClient": "library.logging_http_client",
    "MultiProviderHTTPClient": "library.multi_provider_http_client",
    "RawOpenAIClient": "library.raw_openai_client",
    "RequestLog": "library.logging",
    "Retry": "library.retrying",
    "RetryConfig": "library.retrying",
    "RetryableHTTPClient": "library.retryable_http_client",
    "Retrying": "library.retrying",
    "__version__": "core.version",
}
__all__ = [*_MODULES]


if not TYPE_CHECKING:  # to a type checker any name would be there

    def __getattr__(name: str) -> object:
        """Loads a name when it is asked for (PEP 562)."""
        if name not in _MODULES:
            raise AttributeError(f"module 'chatbot' has no attribute {name!r}")
        found = getattr(__import__(f"chatbot.{_MODULES[name]}", fromlist=[name]), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
