"""The environment of a tool, in which there is no secret: what runs there does as a model says."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chatbot.core.redaction.redactor import Redactor, is_secret_name, without_login

# Parts of names, between underscores. SSH_AUTH_SOCK stays: it is a socket, without which no git reaches its server.
_SECRET_PARTS = frozenset(
    "KEY KEYS TOKEN TOKENS SECRET SECRETS PASS PASSWORD PASSPHRASE CREDENTIAL CREDENTIALS COOKIE PAT".split()
)
_SECRET_ENDINGS = ("_AUTH", "_PWD", "TOKEN", "APIKEY", "SECRET", "PASSWD")
_LEAST_SECRET = 8  # shorter values are words and numbers


def without_any_secret(environ: Mapping[str, str], key_variables: Collection[str] = ()) -> dict[str, str]:
    """The variables but those of keys: `key_variables`, those that are called so, and those whose value holds what has
    the shape of a key, a password in a URL, or the value of one of the others.
    """
    secret = {name for name in environ if name in key_variables or _is_secret_name(name)}
    hidden = Redactor(environ[name] for name in secret if len(environ[name]) >= _LEAST_SECRET)
    return {
        name: value
        for name, value in environ.items()
        if name not in secret and hidden(value) == value and without_login(value) == value
    }


def _is_secret_name(name: str) -> bool:
    name = name.upper()
    return is_secret_name(name) or name.endswith(_SECRET_ENDINGS) or not _SECRET_PARTS.isdisjoint(name.split("_"))
