"""The table of services as this person has it: the program's, and those of `providers.toml` where there is one."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from chatbot.core.errors import ConfigurationError, FileUnreadable
from chatbot.outside.files.folders import config_folder
from chatbot.outside.http.listening import listens
from chatbot.providers.service import Service
from chatbot.providers.services import SHIPPED
from chatbot.providers.table import ServiceTable


def providers_file() -> Path | None:
    """Where a person's own providers are, or would be; None without a home."""
    folder = config_folder()
    return folder / "providers.toml" if folder else None


def listening_url(service: Service) -> str | None:
    """The first address of a local server at which something listens."""
    urls = (service.base_url, *service.other_base_urls)
    return next((url for url in urls if url and listens(urlsplit(url).port or 80)), None)


def own_table() -> ServiceTable:
    """The table alone."""
    return service_table()[0]


def service_table() -> tuple[ServiceTable, tuple[str, ...]]:
    """The table, and notices of what is wrong with the file. Never raises for it: a row that cannot be used is an error
    of the question that names it.
    """
    path = providers_file()
    try:
        read = path and path.stat()
    except OSError:
        read = None
    return _table(path, read.st_mtime_ns, read.st_size) if path and read else (SHIPPED, ())


@lru_cache(maxsize=1)
def _table(path: Path, _mtime_ns: int, _size: int) -> tuple[ServiceTable, tuple[str, ...]]:
    """That of a file, read again once it has changed."""
    from chatbot.outside.files.own_providers import MAX_BYTES
    from chatbot.outside.files.private import require_ours
    from chatbot.outside.files.reading import display_name, read_text_file
    from chatbot.providers.own import own_services

    try:
        require_ours(path.parent, FileUnreadable, "providers.toml is not read")  # it says where keys go
        own = own_services(read_text_file(path, MAX_BYTES)[0], display_name(path))
    except FileUnreadable as error:
        fault = ConfigurationError(str(error), advice=error.advice)
        return SHIPPED.with_own((), {"": fault}), (f"{error}; it is left out",)
    notices = dict.fromkeys(f"{fault}; it is left out" for fault in own.faults.values())
    return SHIPPED.with_own(own.rows, own.faults), tuple(notices)
