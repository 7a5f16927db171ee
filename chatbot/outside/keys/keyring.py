"""The keyring of the system: macOS Keychain, Secret Service, KWallet, Windows Credential Locker.

Source: keyring.readthedocs.io. Its back ends wait for D-Bus, or for a person who unlocks them, as long as they like:
all of it is done in a thread that nothing waits for.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

from chatbot.core.errors import ConfigurationError

SERVICE = "chat"  # under which a keyring lists the keys
_HEADLESS_LIMIT_S = 0.9
_LOADING_LIMIT_S = 5.0
_DIALOG_LIMIT_S = 60.0  # where a window may ask the person to unlock it
_ADVICE = (
    "Keep it in the key file instead, or take it from a command:\nchat keys set {0}\nchat keys set {0} --command ..."
)

Do = Callable[[Any], Any]


def fetch(name: str) -> str:
    """The key for a variable. Raises ConfigurationError where the keyring does not give it."""
    key = _done(name, lambda keyring: keyring.get_password(SERVICE, name))
    if not key:
        raise ConfigurationError(f"the keyring has no key {name}", advice=f"Store it: chat keys set {name} --keyring")
    return str(key)


def require_one(name: str) -> None:
    """Raises ConfigurationError where no keyring answers."""
    _done(name, lambda keyring: keyring.get_password(SERVICE, name))


def store(name: str, key: str) -> None:
    """Keeps the key for a variable. Raises ConfigurationError."""
    _done(name, lambda keyring: keyring.set_password(SERVICE, name, key))


def delete(name: str) -> None:
    """Removes the key for a variable; one that is not there is no fault. Raises ConfigurationError."""

    def do(keyring: Any) -> None:
        if keyring.get_password(SERVICE, name) is not None:
            keyring.delete_password(SERVICE, name)

    _done(name, do)


def _done(name: str, do: Do) -> Any:
    """What `do` returns of the module. Raises ConfigurationError when it fails or takes too long."""
    results: SimpleQueue[Any] = SimpleQueue()
    loaded = threading.Event()
    threading.Thread(target=lambda: results.put(_tried(do, loaded)), daemon=True, name="chat-keyring").start()
    loaded.wait(_LOADING_LIMIT_S)  # takes as long as a busy machine likes, and is no sign of a locked one
    try:
        result = results.get(timeout=_limit_s())
    except Empty:
        result = ConfigurationError("the keyring does not answer; it may be locked, or wait for a window")
    if isinstance(result, ConfigurationError):
        result.advice = result.advice or _ADVICE.format(name)
        raise result
    return result


def _tried(do: Do, loaded: threading.Event) -> Any:
    """What it returns, or a ConfigurationError. What a back end says may hold anything: only its kind is told."""
    try:
        import keyring
        from keyring.backends import fail, null
    except ImportError:
        return ConfigurationError("the keyring needs a package", advice="Install it: pip install 'chat-cli[keyring]'")
    except Exception as error:
        return ConfigurationError(f"the keyring cannot be used ({type(error).__name__})")
    finally:
        loaded.set()
    try:
        if isinstance(keyring.get_keyring(), (fail.Keyring, null.Keyring)):
            return ConfigurationError("there is no keyring here")
        return do(keyring)
    except Exception as error:
        return ConfigurationError(f"the keyring refused ({type(error).__name__})")


def _limit_s() -> float:
    can_ask = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return _DIALOG_LIMIT_S if can_ask else _HEADLESS_LIMIT_S
