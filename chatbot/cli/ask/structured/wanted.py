"""Which form is wanted: the schema that was named, and what does not go together, before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatbot.core.errors import OutputUnwritable, UsageError
from chatbot.options.chat import Structured
from chatbot.outside.files.reading import display_name, is_file, read_text_file
from chatbot.providers.service import Service
from chatbot.terminal.notices import Notices

if TYPE_CHECKING:  # most questions have none
    from chatbot.core.schemas.structure import Schema


def schema_of(wanted: Structured, kept: str | None) -> Schema | None:
    """The schema that is meant: the one that was said, else the one that a template has `kept`.

    Raises UsageError with the place of what is no schema, FileUnreadable.
    """
    if wanted.schema is None and kept is None:
        if wanted.schema_multi or wanted.repair:
            flag = "--schema-multi" if wanted.schema_multi else "--repair"
            raise UsageError(f"{flag} belongs to a schema", advice=f"For example: --schema 'name, age int' {flag}")
        return None
    from chatbot.core.schemas.fitting import check_compiles
    from chatbot.core.schemas.reading import of_several, read_schema

    schema = schema_named(wanted.schema) if wanted.schema is not None else read_schema(kept or "")
    if wanted.schema_multi:
        schema = of_several(schema)
    check_compiles(schema)
    return schema


def schema_named(said: str) -> Schema:
    """The schema that is said as a file, as JSON, or in the short form. Raises UsageError, FileUnreadable."""
    from chatbot.core.schemas.reading import MAX_BYTES, read_json, read_schema

    if said.lstrip().startswith("{") or not (is_file(said) or _is_path(said)):
        return read_schema(said)
    return read_json(read_text_file(said, MAX_BYTES).text, display_name(said))


def schema_text(wanted: Structured) -> str | None:
    """The same as a template keeps it: the short form as it was said, else JSON. Raises UsageError, FileUnreadable."""
    schema = schema_of(wanted, None)  # what is none is not kept
    if schema is None or wanted.schema is None:
        return None
    if not wanted.schema_multi and not wanted.schema.lstrip().startswith("{") and not is_file(wanted.schema):
        return wanted.schema
    from chatbot.core.json_text import dumps

    return dumps(schema, indent=2)


def check_taken(schema: Schema | None, service: Service, notices: Notices) -> None:
    """Raises UsageError for a schema that the service would refuse, and tells what it would not heed."""
    if schema is not None and service.schemas != "none":
        from chatbot.providers.schemas import sent

        for remark in sent(schema, service).remarks:
            notices.warn(remark)


def check_for_one_answer(structured: Structured, schema: Schema | None) -> None:
    """Raises UsageError where a form was asked for, and a session would begin."""
    said = next((flag for flag in structured._fields if getattr(structured, flag)), None)
    if said or schema is not None:
        name = f"--{said.replace('_', '-')}" if said else "a template with a schema"
        raise UsageError(
            f"{name} is for one answer, not for a session", advice="Ask the question on the command line, without -i."
        )


def make_folder(structured: Structured) -> None:
    """The folder of --extract-all, before anything is sent. Raises OutputUnwritable."""
    if structured.extract_all is not None:
        try:
            structured.extract_all.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            name = display_name(structured.extract_all)
            raise OutputUnwritable(f"the folder {name} cannot be made: {error.strerror}") from error


def _is_path(said: str) -> bool:
    """Whether it can only be the name of a file: one word, with a folder in front or .json at its end."""
    is_word = not any(sign in said for sign in " ,\n:")
    return is_word and ("/" in said or said.lower().endswith(".json"))
