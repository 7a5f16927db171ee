"""Tables of cases as a person reads them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from itertools import count
from pathlib import Path
from typing import Any

import pytest

MOST_LETTERS = 1_000


def cases(table: str) -> list[tuple[str, ...]]:
    """A line a case, its cells between ` | `; an escape (`\\n`, `\\x1b`) means what it does in Python."""
    return [tuple(map(_meant, line.strip().split(" | "))) for line in table.splitlines() if line.strip()]


def _meant(cell: str) -> str:
    return cell.strip().encode("latin-1", "backslashreplace").decode("unicode_escape")


def each(
    names: str | Sequence[str], rows: Iterable[Any], *, at_once: int = 1
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """As `pytest.mark.parametrize`, in one test: for long tables of what is quickly looked at, as a test costs some
    milliseconds of its own. Every row is tried, and each that fails is named. Fixtures are those of all rows together;
    but of `tmp_path` each has a folder of its own. Rows that wait for other processes can be tried several `at_once`.
    """
    fields = [name.strip() for name in (names.split(",") if isinstance(names, str) else names)]
    table = list(rows)
    assert table

    def decorated(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def all_rows(*own: Any, **others: Any) -> None:
            def tried(number: int, row: Any) -> BaseException | None:
                folders = {name: _folder_in(others[name], number) for name in {"tmp_path"} & others.keys()}
                values = dict(zip(fields, (row,) if len(fields) == 1 else row, strict=True))
                try:
                    test(*own, **{**others, **folders}, **values)
                except (Exception, pytest.fail.Exception) as error:
                    error.add_note(f"with {values}"[:MOST_LETTERS])
                    return error
                return None

            with ThreadPoolExecutor(at_once) if at_once > 1 else nullcontext() as pool:
                failed = [error for error in (pool.map if pool else map)(tried, count(), table) if error]
            if failed:
                raise BaseExceptionGroup(f"{len(failed)} of {len(table)} rows", failed)

        signature = inspect.signature(test)
        asked_for = [value for name, value in signature.parameters.items() if name not in fields]
        vars(all_rows)["__signature__"] = signature.replace(parameters=asked_for)
        return all_rows

    return decorated


def _folder_in(folder: Path, number: int) -> Path:
    inner = folder / str(number)
    inner.mkdir()
    return inner
