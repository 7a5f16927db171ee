"""What a probe found, as a value: to JSON and back, held against another one, and as a row of `providers.toml`."""

from __future__ import annotations

import json
from typing import Any, Literal, get_args

from chatbot.core.errors import ConfigurationError
from chatbot.providers.probe.finding import Answer, Finding
from chatbot.providers.service import Service
from chatbot.records import NamedTuple

Kind = Literal["lost", "gained", "changed"]

_FORMAT = "chat probe 1"


class Row(NamedTuple):
    """What one check found."""

    name: str
    title: str
    finding: Finding


class Report(NamedTuple):
    """What was found at `url` of `model`. `asked` is the date and time, in UTC."""

    url: str
    model: str
    asked: str
    rows: tuple[Row, ...]

    @property
    def by_name(self) -> dict[str, Finding]:
        return {row.name: row.finding for row in self.rows}

    @property
    def is_reachable(self) -> bool:
        """Whether anything answered."""
        return self.by_name.get("reachable", Finding("unknown")).answer == "yes"


class Change(NamedTuple):
    """A row that is another than before. What was there and is not is `lost`."""

    kind: Kind
    row: Row
    before: Finding


def as_json(report: Report) -> dict[str, Any]:
    """The report as an object for programs."""
    rows = [{"name": row.name, "title": row.title, **row.finding._asdict()} for row in report.rows]
    return {"format": _FORMAT, "url": report.url, "model": report.model, "asked": report.asked, "rows": rows}


def from_json(text: str, file: str) -> Report:
    """The report that `as_json` wrote. Raises ConfigurationError, which names `file`, for anything else."""
    try:
        said = json.loads(text)
        if said["format"] != _FORMAT:
            raise ValueError
        rows = [Row(_text(row["name"]), _text(row["title"]), _finding(row)) for row in said["rows"]]
        return Report(_text(said["url"]), _text(said["model"]), _text(said["asked"]), tuple(rows))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ConfigurationError(
            f"{file} is no report of a probe", advice=f"Make one with: chat probe URL --json > {file}"
        ) from None


def changes(before: Report, after: Report) -> list[Change]:
    """The rows that both have and that say something else now, the lost ones first."""
    old = before.by_name
    found = [
        Change(_kind(old[row.name].answer, row.finding.answer), row, old[row.name])
        for row in after.rows
        if row.name in old and old[row.name][:2] != row.finding[:2]
    ]
    return sorted(found, key=lambda change: get_args(Kind).index(change.kind))


def own_row(report: Report, service: Service) -> dict[str, Any]:
    """The fields of `providers.toml` that were learnt; what is not known is left out."""
    found = {name: finding.answer for name, finding in report.by_name.items()}
    fields: dict[str, Any] = {"base_url": report.url, "default_model": report.model}
    for name in ("max_completion_tokens", "max_tokens"):
        if found.get(name.replace("_", "-")) == "yes":
            fields["token_limit_field"] = name
    if found.get("seed") in ("yes", "no"):
        fields["seed_field"] = "seed" if found["seed"] == "yes" else ""
    without_key = report.by_name.get("no-key", Finding("unknown"))
    if without_key.answer == "no" or without_key.says.startswith(("HTTP 401", "HTTP 403")):
        fields["key_required"] = without_key.answer != "no"
    if found.get("json-schema") in ("no", "wrong"):
        fields["schemas"] = "none"
    if service.name != "custom" and service.keys:
        fields["key_variable"] = service.keys[0].name
    return fields


def _kind(before: Answer, after: Answer) -> Kind:
    if "yes" not in (before, after) or before == after:
        return "changed"
    return "lost" if before == "yes" else "gained"


def _finding(row: dict[str, Any]) -> Finding:
    if row["answer"] not in get_args(Answer):
        raise ValueError
    return Finding(row["answer"], *(_text(row[name]) for name in Finding._fields[1:]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value
