"""`chat` where the services are at other addresses, given as JSON by name: `python -m tests.journeys.moved JSON WORDS`.

A local server without one has no address at all: none of this machine is found.
"""

from __future__ import annotations

import json
import sys

from chatbot.providers import services


def main() -> None:
    urls = json.loads(sys.argv.pop(1))
    rows = tuple(
        row._replace(base_url=urls.get(row.name, None if row.probe else row.base_url), other_base_urls=())
        for row in services.SERVICES
    )
    services.SERVICES = services.SHIPPED.rows = rows
    services.BY_NAME.update((row.name, row) for row in rows)
    from chatbot.__main__ import run

    run()


if __name__ == "__main__":
    main()
