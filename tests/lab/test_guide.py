"""The embedded model: the right section for a question, or an honest nothing."""

from __future__ import annotations

import itertools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.lab import guide
from tests.tables import cases, each

MANUAL = guide.manual()


@each(
    "question, heading, words",
    [
        *cases(r"""
            how do I attach an image? | How do I attach an image? | --image PATH
            can it look at screenshots | How do I attach an image? | --image PATH
            where do I put my key? | Where do I put my API key? | export OPENAI_API_KEY
            how do I store a key in 1password? | Where do I put my API key? | chat keys set openai --command
            how do I store my key | Where do I put my API key? | keys.toml
            how do I remove a key | Where do I put my API key? | chat keys unset
            what happens the first time? | How do I set up a real model? | asks how to begin
            what does exit code 75 mean | What do the exit codes mean? | rate limited or overloaded
            how do I use ollama | How do I use a local server | ollama/llama3.2
            can I use it without internet | How do I use a local server | nothing leaves your computer
            which providers are there | Which providers and services are there? | MISTRAL_API_KEY
            what is a 429 | What is an HTTP 429 | too many requests
            how do I stop an answer | How do I stop an answer? | Ctrl-C
            what is SSE | What is SSE | server-sent event
            how do I get started? | How do I set up a real model? | Keep a key
            does it retry? | Does chat retry | --max-retries
            timeout | Does chat retry | --timeout
            What is the pair rule? | What does .env do | never sent to a base URL
            how do I set the temperature | How do I set the temperature | --temperature
            how do I hide the thinking | What is the dimmed text | --hide-reasoning
            how can I use a system prompt | How do I give a system prompt? | @PATH
            my answer was cut off | How do I finish an answer that was cut? | /continue
            what is a verdict | What is a verdict | the stream ended without its end
            I get 401 unauthorized | What if my key is rejected? | HTTP 401
            certificate error behind the company proxy | How do I use a proxy, or the certificates | SSL_CERT_FILE
            how do I use a proxy? | How do I use a proxy, or the certificates | CHAT_PROXY
            no internet connection | What if I get no connection? | chat doctor --net
            what is wrong with my setup | What is wrong with my installation? | chat doctor --net
            how do I configure chat? | How do I keep my choices for good? | chat config edit
            where is the config file? | How do I keep my choices for good? | chat config path
            why is my setting ignored? | Why is a setting not used | chat config --where
            how do I turn off raw | How do I turn off what a variable | --no-raw
            the config is broken | The settings file has a mistake | chat config edit
            what does a model cost? | Which models are there | chat models
            how much does gpt-4o cost? | Which models are there | chat models
            how do I list models | Which models are there | chat models -q
            how do I use the responses API | How do I use OpenAI's Responses API? | --api responses
            how do I add a provider | How do I add a provider of my own? | [desk]
            does my server support tools | How do I find out what a server supports? | chat probe
            how do I get tab completion? | How do I get completion with the Tab key? | --install-completion
            is there a man page? | Is there a manual page? | chat help --man
            how do I add a plugin | How do I add a command of my own? | CHAT_EXECUTABLE
            I mistyped a command | What if I mistype a command? | chat -- model
            how do I uninstall it? | Where are the files that chat keeps? | providers.toml
            what quirks has the lab | How do I use the lab with other programs? | --quirk
            how do I print json | How do I use chat in scripts? | --json
            how many tokens did that use | How do I see usage | --usage
            what is the lab | What is the lab? | chat lab list
            how do I change the model | How do I choose a model? | -m PROVIDER/NAME
            how do I save the answer to a file | How is the answer printed | > haiku.txt
            how do I keep talking, with memory? | How do I hold a conversation? | opens a session
            how do I ask several models at once | How do I ask several models, and compare them? | --columns
            how do I compare two models | How do I ask several models, and compare them? | --diff
            which model is the fastest? | How do I ask several models, and compare them? | --race
            how do I ask a conversation again of another model | How do I ask a conversation again | chat logs replay
            how do I replay a conversation | How do I ask a conversation again | chat logs replay
            how do I replay http | How do I record and replay the HTTP? | --record
            how do I ask about each row of a csv file | How do I ask about each row of a file? | chat batch
            what is chat batch | How do I ask about each row of a file? | --shard
            how do I run it on slurm | How do I ask about each row of a file? | SLURM_ARRAY_TASK_ID
            how do I get answers over night at half the price | How do I have rows answered over night | fetch
            what does it cost? | How do I see usage, tokens and cost? | chat logs cost
            how do I see the cost? | How do I see usage, tokens and cost? | chat logs cost
            how do I limit what I spend? | How do I limit what I spend? | chat config set budget
            how do I set a budget | How do I limit what I spend? | 5 USD/day
            why "price unknown"? | Why is the price unknown? | --price 2.50/10
            whom does chat contact? | Whom does chat contact? | chat ledger
            what is the ledger | Whom does chat contact? | chat ledger
            how do I let the model use tools | How do I let the model use tools? | --allow NAME
            can it run shell commands | How do I let the model use tools? | runs a command
            what tools are built in | How do I let the model use tools? | fetch
            does it have function calling | How do I let the model use tools? | FILE.py:function
            how do I write my own tool | How do I write a tool of my own? | type hints
            are tools safe | Is it safe to let a model use tools? | they are no prison
            a tool call fails | What happens when a tool call fails? | --max-steps 20
            where do I see which tools were called | Where do I see what was called? | chat logs show
            how do I try tools without a key | How do I try tools without a key? | lab/signed-calls
            how do I use an MCP server | How do I use an MCP server? | mcpServers
            why was my mcp server left out | Why is an MCP server left out | ten seconds
            how do I send a pdf? | How do I attach a PDF, a recording or another file? | chat-cli[pdf]
            how do I attach audio | How do I attach a PDF, a recording or another file? | WAV and MP3
            how do I paste? | How do I ask about what is in the clipboard? | /paste
            how do I use chat from my editor | How do other programs use my providers? | OPENAI_BASE_URL
            what is chat serve | How do other programs use my providers? | x-chat-ignored-fields
            why does the relay say 403 | Why does the relay answer 403 or 401? | --cors ORIGIN
            how do I test my retry code | How do I test what my program does | --fault cut@200
            how do I test my own client | How do I test my own client? | {question}
            what is chat lab grade | How do I test my own client? | --min N
            is there a course | How do I learn to write such a program? | chat learn start
            how do I learn web apis | How do I learn to write such a program? | chat learn check
            how do I finish an answer that was cut | How do I finish an answer that was cut? | lab/cut-once
            how do I know that nothing was lost | How do I know that nothing was lost | chat receipt check
            what is a receipt | How do I know that nothing was lost | --receipt r.json
            how do I share a model with my team | How do I let a web app or a team use a model | chat relay
            can I deploy it to cloudflare | How do I let a web app or a team use a model | chat relay
            what does -q do | How do I use chat in scripts? | --quiet
        """),
        ("pipe a file", "How do I pipe text or a file into chat?", "cat build.log | chat"),
        ("How do I summarise a log file?", "How do I pipe text or a file into chat?", "cat build.log | chat"),
    ],
)
def test_a_question_finds_its_section_first(question: str, heading: str, words: str) -> None:
    answer = guide.answer(question, MANUAL)

    assert answer.startswith(f"## {heading}")
    assert words in answer


@each(
    "question",
    [
        "What is the capital of France?",
        "why is the sky blue",
        "write a poem about the sea",
        "what is 2+2",
        "",
        "???",
        "the",
    ],
)
def test_what_the_manual_does_not_know_is_said_honestly(question: str) -> None:
    answer = guide.answer(question, MANUAL)

    assert "I am no language model" in answer
    assert "How do I attach an image?" in answer
    assert "OPENAI_API_KEY" in answer


@each("question", ["hello", "Hi!", "hey there", "Good morning", "hello, what can you do?"])
def test_a_greeting_is_greeted_and_told_what_this_is(question: str) -> None:
    assert guide.answer(question, MANUAL).startswith("Hello! I am the guide built into `chat`: no language model")


@each("question", ["what can you do", "help", "Who are you?"])
def test_the_guide_tells_what_it_can_do(question: str) -> None:
    assert guide.answer(question, MANUAL).startswith("I am the guide")


def test_a_greeting_before_a_question_does_not_hide_it() -> None:
    assert guide.answer("Hi, how do I attach an image?", MANUAL).startswith("## How do I attach an image?")


def test_a_number_narrows_a_table_to_its_row() -> None:
    answer = guide.answer("exit code 75", MANUAL)

    assert "| 75 |" in answer
    assert "| code |" in answer
    assert "| 66 |" not in answer


def test_without_a_number_the_table_is_whole() -> None:
    answer = guide.answer("exit codes", MANUAL)

    assert "| 75 |" in answer
    assert "| 66 |" in answer


def test_the_words_that_lead_to_a_section_are_not_shown() -> None:
    assert "<!--" not in guide.answer("image", MANUAL)


SMALL = "# A\n\n## Cats\n<!-- also: kitten -->\n\nThey purr and sleep.\n\n## Dogs\n\nThey bark, and chase cats.\n"


@each("question, heading", [("cat", "Cats"), ("kittens?", "Cats"), ("barking", "Dogs"), ("chasing a cat", "Dogs")])
def test_headings_and_rare_words_decide(question: str, heading: str) -> None:
    assert guide.answer(question, SMALL).startswith(f"## {heading}\n")


def test_two_sections_that_fit_alike_are_both_shown() -> None:
    answer = guide.answer("which one purrs and which one barks?", SMALL)

    assert "## Cats" in answer
    assert "## Dogs" in answer


@each(
    "words",
    ["stop stopped stopping stops", "file files", "retry retries", "image images", "attach attaching attachments"],
)
def test_forms_of_a_word_have_one_stem(words: str) -> None:
    assert len(set(guide.stems(words))) == 1


@each("heading", [section.heading for section in guide.read_sections(MANUAL)])
def test_every_section_is_found_by_its_own_heading(heading: str) -> None:
    assert f"## {heading}\n" in guide.answer(heading, MANUAL)


def test_the_manual_has_no_empty_section() -> None:
    for section in guide.read_sections(MANUAL):
        assert section.chapter
        assert section.text


def test_a_paragraph_of_the_manual_is_one_line_because_the_terminal_wraps_it() -> None:
    prose = re.compile(r"[A-Za-z*`(]")
    lines = MANUAL.split("\n")
    assert not [line for line, after in itertools.pairwise(lines) if prose.match(line) and prose.match(after)]


@settings(max_examples=60)
@given(st.text(max_size=200))
def test_any_question_gets_an_answer(question: str) -> None:
    assert guide.answer(question, SMALL).endswith("\n")
