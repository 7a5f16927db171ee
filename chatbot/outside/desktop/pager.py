"""Long text through the person's pager."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping

from chatbot.core.redaction.redactor import is_secret_name

# F: leave at once what fits on the screen; R: colours; X: leave the text on the screen.
_DEFAULT = "less -FRX"


def page(text: bytes, environ: Mapping[str, str]) -> bool:
    """Shows `text` in $PAGER; false if that cannot be started. The pager gets an environment without keys, and with
    the charset of the text.
    """
    try:
        command = shlex.split(environ.get("PAGER") or _DEFAULT)
        subprocess.run(command, input=text, env=without_secrets(environ) | {"LESSCHARSET": "utf-8"}, check=False)
    except BrokenPipeError:
        return True  # the person left it before the end
    except (OSError, ValueError, IndexError):  # not there, or a word that is quoted by halves
        return False
    return True


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that has no business with keys."""
    return {name: value for name, value in environ.items() if not is_secret_name(name)}
