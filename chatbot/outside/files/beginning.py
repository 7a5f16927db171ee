"""The paths that begin as a person typed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def paths_beginning(typed: str) -> Iterator[str]:
    """Them, sorted, folders with a slash at their ends; of `~/` the whole paths."""
    import glob  # at the first Tab

    found = glob.glob(glob.escape(os.path.expanduser(typed)) + "*")  # noqa: PTH111, PTH207  (keeps ./ and ../)
    return (path + "/" if Path(path).is_dir() else path for path in sorted(found))
