"""The person's editor, for a text that is too long for a prompt."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from chatbot.core.errors import ChatError, FileUnreadable, UsageError
from chatbot.outside.desktop.pager import without_secrets
from chatbot.outside.files import private

_NAME = "question.md"


def edit(
    text: str,
    folder: Path,
    environ: Mapping[str, str],
    *,
    name: str = _NAME,
    errors: str = "replace",
    keep: Callable[[str], None] | None = None,
) -> str | None:
    """`text` as it was left in $VISUAL or $EDITOR (vi, if neither is set); None when it was left as it was.

    The file lies in `folder`, readable for this person only, and is removed afterwards; the editor's environment has no
    keys in it. `keep` is given a text that was changed; where it raises ChatError, the file stays and is told. `errors`
    are those of the codec. Raises UsageError when the editor cannot be started or fails.
    """
    editor = environ.get("VISUAL") or environ.get("EDITOR") or "vi"
    file = private.private_folder(folder) / f"{os.getpid()}-{name}"
    is_kept = False
    try:
        file.unlink(missing_ok=True)
        private.write_new(file, [text.encode("utf-8", errors)])
        done = subprocess.run([*shlex.split(editor), str(file)], env=without_secrets(environ), check=False)
        if done.returncode:
            raise UsageError(f"the editor {editor} ended with an error ({done.returncode}); nothing was changed")
        edited = file.read_bytes().decode("utf-8", errors)
        if keep and edited != text:
            is_kept = True
            keep(edited)
            is_kept = False
    except ChatError as error:
        if is_kept:
            error.advice = f"What you wrote is in {file}\n{error.advice}".rstrip()
        raise
    except (OSError, ValueError) as error:
        what = getattr(error, "strerror", None) or error
        raise UsageError(f"the editor {editor} cannot be started: {what}", advice="Set EDITOR to yours.") from error
    finally:
        if not is_kept:
            file.unlink(missing_ok=True)
    return None if edited == text else edited


def write_new(path: str, text: str) -> None:
    """Writes a new file that only this person can read. Raises FileUnreadable when it is there or cannot be written."""
    try:
        private.write_new(Path(path).expanduser(), [text.encode("utf-8", "replace")])
    except FileExistsError as error:
        raise FileUnreadable(f"{path} exists already", advice="Choose another name.") from error
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: there is no such ~user
        what = getattr(error, "strerror", None) or error
        raise FileUnreadable(f"{path} cannot be written: {what}") from error
