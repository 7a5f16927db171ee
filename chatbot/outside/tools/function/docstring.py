"""What a docstring says of the whole and of each argument, as Google, NumPy and Sphinx write it."""

from __future__ import annotations

import re
import textwrap

_HEADINGS = "Args|Arguments|Parameters|Params|Attributes|Returns?|Yields?|Raises|Examples?|Notes?|See Also|Warnings?"
_BEGINS = re.compile(rf"^(?:(?:{_HEADINGS}):[ \t]*$|(?:{_HEADINGS})[ \t]*\n-{{3,}}[ \t]*$|:[a-z]+[^:\n]*:)", re.M)
_INDENTED = r"((?:(?:[ \t]+.*)?(?:\n|$))*)"
_OF_ARGUMENTS = r"^(?:Args|Arguments|Parameters|Params|Attributes)"

# Each has two groups: the name, and what is said.
_GOOGLE = re.compile(r"^\*{0,2}(\w+)[ \t]*(?:\([^)\n]*\))?:[ \t]*(.*(?:\n(?:[ \t]+.*)?)*)", re.M)
_NUMPY = re.compile(r"^\*{0,2}(\w+)[ \t]*(?::.*)?\n((?:[ \t]+.*(?:\n|$)|\n)+)", re.M)
_SPHINX = re.compile(
    r"^:(?:param|parameter|arg|argument)[ \t]+(?:[^:\n]*[ \t])?\*{0,2}(\w+):[ \t]*(.*(?:\n(?!:).*)*)", re.M
)


def read(text: str) -> tuple[str, dict[str, str]]:
    """What stands before the sections, and by its name what is said of each argument. `text` is as inspect.getdoc
    gives it.
    """
    begins = _BEGINS.search(text)
    whole = text[: begins.start()] if begins else text
    found = _SPHINX.findall(text)
    for section in re.findall(rf"{_OF_ARGUMENTS}:[ \t]*\n{_INDENTED}", text, re.M):
        found += _GOOGLE.findall(textwrap.dedent(section))
    for section in re.findall(rf"{_OF_ARGUMENTS}[ \t]*\n-{{3,}}[ \t]*\n((?:(?!.*\n-{{3,}}).*(?:\n|$))*)", text, re.M):
        found += _NUMPY.findall(section)
    return whole.strip(), {name: " ".join(said.split()) for name, said in found if said.strip()}
