"""Whether a provider refused a request for the files in it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatbot.core.errors import ChatError, ContextTooLong, RequestRefused
from chatbot.core.messages import Attachment, Image

# OpenAI: "image_url is only supported by certain models", "The file type you uploaded is not supported"; Anthropic:
# "messages.0.content.0.pdf.source.base64.data: The PDF specified was not valid", "A maximum of 100 PDF pages may be
# provided"; Gemini: "Unsupported MIME type", "The document has no pages"; llama.cpp: "audio input is not supported";
# vLLM: "is not a multimodal model".
_WORDS = re.compile(
    r"image|picture|vision|multi-?modal|modalit|\bpdf|document|attachment|\bfiles?\b|audio|\bmedia|mime|inline_?data|"
    r"base64",
    re.IGNORECASE,
)


def is_about_attachments(error: ChatError) -> bool:
    """Whether it may be for what was attached: the words say so, or the request is too large as such (HTTP 413)."""
    if not isinstance(error, RequestRefused | ContextTooLong):
        return False
    return error.status == 413 or (isinstance(error, RequestRefused) and bool(_WORDS.search(error.said)))


def refused_attachments(error: ChatError, attached: Sequence[Attachment]) -> str:
    """What can be done then."""
    what = "images" if all(isinstance(each, Image) for each in attached) else "such files"
    way_out = f"If the model takes no {what}, choose another with -m."
    if error.status == 413:
        way_out = "Attach less, or make it smaller: on its way a file is a third longer."
    return f"{way_out}\nWhat was attached is not sent again with the next question."
