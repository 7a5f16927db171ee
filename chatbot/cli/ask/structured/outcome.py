"""What is made of a whole answer: it is held against the schema, its code blocks are taken out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatbot.cli.output import stdio
from chatbot.core.calls.steps import with_steps
from chatbot.core.conversations.pending import PendingQuestion
from chatbot.core.errors import OutputUnwritable, SchemaMismatch
from chatbot.core.events import Verdict
from chatbot.core.schemas.fitting import Fit, fit
from chatbot.core.schemas.structure import Schema
from chatbot.options.chat import Structured
from chatbot.outside.desktop.streams import is_terminal
from chatbot.outside.files.private import write_new
from chatbot.outside.files.reading import display_name
from chatbot.records import NamedTuple
from chatbot.terminal.answer.show_events import AnswerResult
from chatbot.terminal.documents.code_files import file_names, same_language
from chatbot.terminal.fences import CodeBlock, code_blocks
from chatbot.terminal.notices import Notices

_IN_BLOCK = "the JSON came in a Markdown block, and was checked without it; -x prints it alone"
_CUT_ADVICE = "Raise it with --max-tokens."
_ADVICE = "Ask again, with --repair so that the model is told, or another model with -m."
_REPAIRED_ADVICE = "Ask another model with -m, or for less at once."


class Formed(NamedTuple):
    """An answer as it is told: with the error, if it does not fit. `text` is what is printed once it is known; None
    where it was printed as it came. `fields` go into the JSON object.
    """

    result: AnswerResult
    text: str | None = None
    fields: Mapping[str, Any] = {}
    remarks: tuple[str, ...] = ()
    mismatch: str = ""


def fit_of(result: AnswerResult, schema: Schema) -> Fit | None:
    """Whether an answer fits; None where it ended otherwise, and that says enough."""
    if result.finished.verdict not in (Verdict.COMPLETE, Verdict.LENGTH):
        return None
    return fit(result.text, schema, lambda text: [block.text for block in code_blocks(text)])


def mismatched(result: AnswerResult, fault: str, *, repaired: bool = False) -> AnswerResult:
    """The result with the error of an answer that does not fit, if there is such a fault; `repaired`: the model was
    told of one before.
    """
    if not fault:
        return result
    if result.finished.verdict is Verdict.LENGTH:
        what = f"the answer stops at the token limit, so that it does not fit the schema: {fault}"
        error = SchemaMismatch(what, advice=_CUT_ADVICE)
    else:
        advice = _REPAIRED_ADVICE if repaired else _ADVICE
        error = SchemaMismatch(f"the answer does not fit the schema: {fault}", advice=advice)
    return result._replace(finished=result.finished._replace(error=error))


class AnswerForm:
    """The form that the answers of one command shall have."""

    def __init__(self, structured: Structured, schema: Schema | None, notices: Notices) -> None:
        self._wanted = structured
        self._schema = schema
        self._notices = notices
        self._repairs = structured.repair
        self.holds = structured.repair or structured.extracts
        """Whether nothing is printed before all of the answer is known."""
        self.is_json = schema is not None

    def of(self, result: AnswerResult) -> Formed:
        """What becomes of an answer."""
        fields: dict[str, Any] = {}
        remarks: list[str] = []
        told, mismatch = result, ""
        if self._schema is not None:
            found = fit_of(result, self._schema)
            mismatch = found.fault if found else ""
            told = mismatched(result, mismatch, repaired=self._wanted.repair and not self._repairs)
            fields = {"data": found.document if found else None, "valid": found and not found.fault}
            remarks += [_IN_BLOCK] if found and found.unwrapped and not self._wanted.extracts else []
        text = result.text if self.holds else None
        if self._wanted.extracts:
            blocks = self._blocks(result.text)
            block = blocks[-1 if self._wanted.extract_last else 0].text if blocks else None
            fields["extracted"] = block
            text = result.text if block is None else block
            if block is None and result.text and self._schema is None:
                remarks.append(f"the answer has no code block{self._in_language}; all of it was printed")
        return Formed(told, text, fields, tuple(remarks), mismatch)

    def unchecked(self, result: AnswerResult) -> Formed:
        """The same where that could not be told."""
        told = mismatched(result, "that could not be checked") if self._schema is not None else result
        return Formed(told, result.text if self.holds else None)

    def again(self, formed: Formed, asked: PendingQuestion) -> PendingQuestion | None:
        """The question that tells the model what is wrong with its answer; None where none is to be asked, or again."""
        if not (self._repairs and formed.mismatch) or formed.result.finished.verdict is not Verdict.COMPLETE:
            return None
        self._repairs = False
        self._notices.warn(f"the answer does not fit the schema: {formed.mismatch}; asked once more")
        told = (
            f"This does not fit the JSON Schema: {formed.mismatch}.\n"
            "Answer again with the whole JSON document, and with nothing before or after it."
        )
        result = formed.result
        made = with_steps(asked.conversation, result.steps)
        conversation = made.answered(result.text, result.finished.items).asking(told)
        return PendingQuestion(conversation, asked.options, asked.raw)

    def write(self, formed: Formed, *, is_json: bool) -> None:
        """Prints what was held back, byte for byte, and on a terminal made harmless (a JSON object has it: `is_json`);
        and says what has to be said of it.
        """
        text = "" if is_json else formed.text
        if text and is_terminal(1):
            from chatbot.cli.output.screen import show_text

            show_text(text, True, "auto", self._notices)
        elif text:
            stdio.write_answer((text if text.endswith("\n") else text + "\n").encode("utf-8", "replace"))
        for remark in formed.remarks:
            self._notices.warn(remark)

    def write_files(self, result: AnswerResult) -> None:
        """Writes the files of --extract-all, and tells their names. Raises OutputUnwritable."""
        folder = self._wanted.extract_all
        if folder is None:
            return
        blocks = self._blocks(result.text)
        if not blocks:
            self._notices.warn(f"the answer has no code block{self._in_language}; no file was written")
        for number, block in enumerate(blocks, 1):
            self._notices.warn(f"written: {display_name(_written(folder, block, number))}")

    def _blocks(self, text: str) -> list[CodeBlock]:
        language = self._wanted.extract_lang
        blocks = code_blocks(text)
        return [block for block in blocks if same_language(block.language, language)] if language else blocks

    @property
    def _in_language(self) -> str:
        return f" in {self._wanted.extract_lang}" if self._wanted.extract_lang else ""


def _written(folder: Path, block: CodeBlock, number: int) -> Path:
    """The file of a block, under the first of its names that is free."""
    for name in file_names(block, number):
        path = folder / name
        try:
            write_new(path, [block.text.encode("utf-8", "replace")])
        except FileExistsError:
            continue
        except OSError as error:
            raise OutputUnwritable(f"{display_name(path)} cannot be written: {error.strerror}") from error
        return path
    raise OutputUnwritable(f"{display_name(folder)} has too many files of that name", advice="Choose another folder.")
