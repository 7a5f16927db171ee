"""What beginners write, as changes of our solutions, and the sentence that each must be told."""

from __future__ import annotations

from typing import NamedTuple

# The row of a starter that is looked at, and what is said of it.
STARTERS = {
    1: ("three models", "No request reached the lab."),
    2: ("a plain question", "No request reached the lab."),
    3: ("no key at all", "There is no key, and a request went out all the same"),
    4: ("401", "It broke off with \"KeyError: 'choices'\". A traceback is for programmers"),
    8: ("a PNG", 'No part is {"type": "image_url"'),
    9: ("a question", "Standard error has no line with the method and the address"),
    10: ("the same again", "asked a second time, went to the lab again"),
    11: ("anthropic", "For anthropic the lab got POST /openai/v1/chat/completions"),
    12: ("three questions", "The lab got one request; standard input has 3 questions"),
}


class Mistake(NamedTuple):
    """`right` of the solution of an exercise becomes `wrong`; then `row` has the `sentence`."""

    number: int
    name: str
    right: str
    wrong: str
    row: str
    sentence: str


MISTAKES = (
    Mistake(
        1,
        "no-header",
        ', headers={"Authorization": f"Bearer {KEY}"}',
        "",
        "three models",
        "The request has no header Authorization",
    ),
    Mistake(1, "no-bearer", 'f"Bearer {KEY}"', "KEY", "three models", "The word Bearer and a blank go before it"),
    Mistake(1, "whole-json", 'print(model["id"])', "print(model)", "another list", "Standard output has more than"),
    Mistake(
        1, "post", "requests.get(", "requests.post(", "three models", "The lab got POST /v1/models; it waits for GET"
    ),
    Mistake(1, "version-twice", "/models", "/v1/models", "three models", "The lab got GET /v1/v1/models"),
    Mistake(
        1,
        "no-status",
        'response.raise_for_status()\nfor model in response.json()["data"]',
        'for model in response.json().get("data", [])',
        "an error is not taken for a list",
        "the exit code is 0. Look at the status first",
    ),
    Mistake(2, "form", "    json={", "    data={", "a plain question", "The body is a form, not JSON"),
    Mistake(
        2,
        "own-words",
        'print(response.json()["choices"]',
        'print("Answer:", response.json()["choices"]',
        "a plain question",
        "Standard output has more than the answer",
    ),
    Mistake(
        2,
        "glued-json",
        'json={"model": MODEL, "messages": [{"role": "user", "content": question}]},',
        'data=\'{"model": "echo", "messages": [{"content": "\' + question.replace(\'世界\', \'\') + \'"}]}\',',
        "quotes, a line break, other scripts",
        "The body is no JSON object",
    ),
    Mistake(2, "wrong-role", '"role": "user"', '"role": "system"', "a plain question", 'The body has no "messages"'),
    Mistake(
        2, "one-word", "question = sys.argv[1]", "question = sys.argv[1].split()[0]", "a plain question", "was asked"
    ),
    Mistake(
        3,
        "file-wins",
        'os.environ.get("OPENAI_API_KEY") or read_env_file(Path(".env")).get("OPENAI_API_KEY")',
        'read_env_file(Path(".env")).get("OPENAI_API_KEY") or os.environ.get("OPENAI_API_KEY")',
        "the variable wins",
        "The key of .env was sent, although the variable is set",
    ),
    Mistake(
        3,
        "quotes-kept",
        """.strip("\\"'")""",
        "",
        "comments, export and quotes in .env",
        "The quotation marks of .env were sent",
    ),
    Mistake(3, "none-sent", "if not key:", "if False:", "no key at all", 'Authorization: "Bearer None"'),
    Mistake(
        3,
        "no-name",
        "There is no key: set OPENAI_API_KEY, or write it into the file .env of this folder.",
        "Error!",
        "no key at all",
        "The sentence does not name OPENAI_API_KEY",
    ),
    Mistake(
        3,
        "key-shown",
        "    return key\n",
        "    print(key, file=sys.stderr)\n    return key\n",
        "a line of .env",
        "Standard error has the key",
    ),
    Mistake(
        4,
        "only-the-number",
        'f"{meaning} (HTTP {status}) {message_of(response)}".strip()',
        'f"HTTP error {status}: {message_of(response)}"',
        "a sentence of its own for each",
        "For 400 and 401 it says the same",
    ),
    Mistake(
        4,
        "html",
        "except (ValueError, LookupError, TypeError):",
        "except LookupError:",
        "502, a page of HTML",
        "A traceback is for programmers",
    ),
    Mistake(
        4,
        "printed",
        'sys.exit(f"{meaning} (HTTP {status}) {message_of(response)}".strip())',
        "print(meaning)\n    sys.exit(1)",
        "404",
        "but there is no answer. Faults go to standard error",
    ),
    Mistake(
        4,
        "exit-0",
        'sys.exit(f"{meaning} (HTTP {status}) {message_of(response)}".strip())',
        "print(meaning, file=sys.stderr)\n    sys.exit(0)",
        "429",
        "The exit code is 0, as if all were well",
    ),
    Mistake(
        7,
        "decodes-pieces",
        "for piece in pieces:",
        'for piece in (each.decode("utf-8", "replace").encode() for each in pieces):',
        "characters cut in pieces",
        "Characters were broken",
    ),
    Mistake(
        7,
        "no-end",
        'return "The answer was cut: its end never came."',
        'return ""',
        "an end without [DONE]",
        "The bytes ended before [DONE], and the exit code is 0: half an answer that looks whole",
    ),
    Mistake(7, "lf-only", '.rstrip(b"\\r")', "", "CRLF, cut between the two", "Standard output is empty"),
    Mistake(
        7,
        "wants-the-blank",
        'line.startswith("data:")',
        'line.startswith("data: ")',
        "comments, other fields, two data lines",
        "Standard output has",
    ),
    Mistake(7, "a-line-each", 'end="", flush=True', "flush=True", "a stream", "The text came with other line breaks"),
    Mistake(7, "no-stream", '"stream": True, ', "", "a stream", 'The body has no "stream": true'),
    Mistake(8, "e-mail", "b64encode(data)", "encodebytes(data)", "a PNG", "The Base64 has line breaks"),
    Mistake(
        8, "always-png", "data:{kind};", "data:image/png;", "a JPEG", "The bytes are image/jpeg, the data URL says"
    ),
    Mistake(8, "no-decode", ".decode('ascii')", "", "a PNG", "What follows the comma is no Base64"),
    Mistake(8, "no-data-url", 'f"data:{kind};base64,', 'f"', "a PNG", "It wants data:TYPE;base64,TEXT"),
    Mistake(
        8,
        "anything",
        "    if kind is None:\n",
        "    if False:\n",
        "a file that is no image",
        "A request went out, with nothing to show in it",
    ),
    Mistake(
        9, "no-redaction", '.replace(KEY, "***")', "", "the key comes back in an error", "Standard error has the key"
    ),
    Mistake(
        9,
        "half-the-key",
        '.replace(KEY, "***")',
        '.replace(KEY, KEY[:12] + "***")',
        "the key comes back in a header",
        "or a long part of it",
    ),
    Mistake(9, "no-status", " {response.status_code} ", " ", "a question", "The line does not have the status 200"),
    Mistake(9, "no-time", "{time.monotonic() - began:.3f} s {", "{", "a question", "does not say how long it took"),
    Mistake(
        9, "no-message", "{line} {response.text}", "{line}", "the key comes back in an error", "It is what helps most"
    ),
    Mistake(
        10,
        "no-model",
        "json.dumps([BASE_URL, body], sort_keys=True)",
        "sys.argv[1]",
        "another model",
        "No request reached the lab, although the model is another one",
    ),
    Mistake(
        10, "for-ever", "< CACHE_TTL_S", "< 10**9", "too old", "although CACHE_TTL is 1 s, and the answer is older"
    ),
    Mistake(
        10,
        "keeps-errors",
        'response.raise_for_status()\n    text = response.json()["choices"][0]["message"]["content"]',
        'text = response.json().get("choices", [{"message": {"content": "error"}}])[0]["message"]["content"]',
        "an error is not kept",
        "No request reached the lab, although the first answer was an error",
    ),
    Mistake(
        10, "broken-file", "except (OSError, ValueError,", "except (OSError,", "a broken file", "It broke off with"
    ),
    Mistake(
        10,
        "key-in-file",
        '"text": text}',
        '"text": text, "key": KEY}',
        "the key is not in the file",
        "The API key stands in CACHE_FILE",
    ),
    Mistake(11, "no-max-tokens", '"max_tokens": 1024, ', "", "anthropic", 'The body has no "max_tokens"'),
    Mistake(
        11,
        "no-version",
        ', "anthropic-version": "2023-06-01"',
        "",
        "anthropic",
        "The header anthropic-version is missing",
    ),
    Mistake(
        11, "key-in-address", ":generateContent", ":generateContent?key={key}", "gemini", "The key is in the address"
    ),
    Mistake(
        11,
        "one-key-for-all",
        'os.environ.get(f"{self.name.upper()}_API_KEY", "sk-test")',
        'os.environ["OPENAI_API_KEY"]',
        "each key goes to its own provider",
        "The key of openai was sent to anthropic",
    ),
    Mistake(
        11,
        "silent",
        "if name not in PROVIDERS:\n",
        "if name not in PROVIDERS:\n    name = 'openai'\nif False:\n",
        "an unknown provider",
        "a request went out: to whom?",
    ),
    Mistake(
        12,
        "forgets",
        "ask([*messages, asked])",
        "ask([asked])",
        "three questions",
        "The server forgets everything: send the whole conversation",
    ),
    Mistake(
        12,
        "ends-at-an-error",
        "except requests.RequestException as error:\n",
        "except ZeroDivisionError as error:\n",
        "an error in the middle",
        "It broke off with",
    ),
    Mistake(
        12,
        "empty-lines",
        "if line.strip():",
        "if True:",
        "empty lines, and no line break at the end",
        "The lab got 5 requests; 2 should be there",
    ),
    Mistake(
        12,
        "forgets-answers",
        'messages += [asked, {"role": "assistant", "content": answer}]',
        "messages += [asked]",
        "three questions",
        "The last request has the messages",
    ),
)
