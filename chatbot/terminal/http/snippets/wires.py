"""Where the words of an answer stand in each wire format, as each language reads them: one row a format."""

from __future__ import annotations

from chatbot.records import NamedTuple


class Reading(NamedTuple):
    """Expressions for the next words in an `event` of a stream, and for those of a whole answer: in Python of the
    `response`, in JavaScript of the `answer`.
    """

    python_event: str
    python_answer: str
    js_event: str
    js_answer: str


READINGS = {
    "openai": Reading(
        '(event.get("choices") or [{}])[0].get("delta", {}).get("content")',
        'response.json()["choices"][0]["message"]["content"]',
        'event.choices?.[0]?.delta?.content ?? ""',
        "answer.choices[0].message.content",
    ),
    "responses": Reading(
        'event.get("type") == "response.output_text.delta" and event.get("delta")',
        '"".join(part.get("text", "") for item in response.json()["output"] if item["type"] == "message"'
        ' for part in item["content"])',
        'event.type === "response.output_text.delta" ? event.delta : ""',
        'answer.output.filter((item) => item.type === "message").flatMap((item) => item.content)'
        '.map((part) => part.text ?? "").join("")',
    ),
    "anthropic": Reading(
        'event.get("delta", {}).get("text")',
        '"".join(part.get("text", "") for part in response.json()["content"])',
        'event.delta?.text ?? ""',
        'answer.content.map((part) => part.text ?? "").join("")',
    ),
    "gemini": Reading(
        '"".join(part.get("text", "") for part in event["candidates"][0].get("content", {}).get("parts", []))',
        '"".join(part.get("text", "") for part in response.json()["candidates"][0]["content"]["parts"])',
        '(event.candidates?.[0]?.content?.parts ?? []).map((part) => part.text ?? "").join("")',
        'answer.candidates[0].content.parts.map((part) => part.text ?? "").join("")',
    ),
}
