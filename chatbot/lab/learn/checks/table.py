"""Which cases belong to which exercise, by its number."""

from __future__ import annotations

from chatbot.lab.learn.checks.caching import CACHE
from chatbot.lab.learn.checks.conversation import CHATBOT
from chatbot.lab.learn.checks.first_requests import KEYS, MODELS, QUESTIONS
from chatbot.lab.learn.checks.images import IMAGE
from chatbot.lab.learn.checks.providers import PROVIDERS
from chatbot.lab.learn.checks.redacted import LOG
from chatbot.lab.learn.checks.relay import RELAY
from chatbot.lab.learn.checks.retry import RETRY
from chatbot.lab.learn.checks.status import STATUS
from chatbot.lab.learn.checks.streaming import STREAM
from chatbot.lab.learn.checks.timeouts import TIMEOUTS

_IN_ORDER = (MODELS, QUESTIONS, KEYS, STATUS, TIMEOUTS, RETRY, STREAM, IMAGE, LOG, CACHE, PROVIDERS, CHATBOT, RELAY)
CASES = dict(enumerate(_IN_ORDER, start=1))
