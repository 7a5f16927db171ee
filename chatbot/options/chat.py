"""The options of `chat` itself, in the order of its help. A group's docstring is the heading of its options."""

# Without `from __future__ import annotations`: chatbot.options.declared reads the annotations as they stand.

from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from chatbot.options.common import model_choice, provider_choice, schema_choice, template_choice
from chatbot.options.declared import Choice, by_flag, options_of
from chatbot.options.durations import Duration
from chatbot.options.money import BudgetText, PriceText, Usd
from chatbot.records import NamedTuple

Form = Literal["http", "curl", "python", "js", "httpie", "body"]
FORMS = get_args(Form)


class Asked(NamedTuple):
    """What to ask"""

    file: Annotated[
        tuple[str, ...], Choice("A text file as context; repeatable.", flags=("--file", "-f"), metavar="PATH")
    ] = ()
    image: Annotated[tuple[str, ...], Choice("An image, - for piped bytes; repeatable.", metavar="PATH|-")] = ()
    attach: Annotated[
        tuple[str, ...],
        Choice(
            "An image, PDF, recording or text, told by its content; repeatable.",
            flags=("--attach", "-a"),
            metavar="PATH|URL|-",
        ),
    ] = ()
    paste: Annotated[bool, Choice("The image or text in the clipboard goes with the question.")] = False
    template: Annotated[str | None, template_choice("A saved prompt with its choices.")] = None
    var: Annotated[tuple[str, ...], Choice("A variable of the template; repeatable.", metavar="NAME=VALUE")] = ()
    save_template: Annotated[
        str | None, Choice("Save what is said here as a template, and ask nothing.", metavar="NAME")
    ] = None
    no_stdin: Annotated[bool, Choice("Do not read piped input.")] = False


class Who(NamedTuple):
    """Who answers

    CHAT_MODEL and CHAT_PROVIDER belong together, and may stand in a file: chatbot.providers.choice reads them.
    """

    models: Annotated[
        tuple[str, ...], model_choice("The model; provider/model names both; several are asked at once.")
    ] = ()
    provider: Annotated[str | None, provider_choice("The service: openai, anthropic, gemini, ollama, ...")] = None

    @property
    def model(self) -> str | None:
        """The one that answers."""
        return self.models[0] if self.models else None

    def asking(self, provider: str | None, model: str | None) -> Self:
        """The same for this model of this service."""
        return self._replace(provider=provider, models=(model,) if model else ())


class How(NamedTuple):
    """How it answers"""

    system: Annotated[
        str | None, Choice("The system prompt, or a file of it.", flags=("--system", "-s"), metavar="TEXT|@PATH")
    ] = None
    temperature: Annotated[
        float | None,
        Choice(
            "How freely the model chooses words.",
            metavar="N",
            least=0,
            most=1e6,
            says="a number, for example 0.2",
            in_session=True,
        ),
    ] = None
    top_p: Annotated[
        float | None,
        Choice("The share of likely words it chooses from, 0 to 1.", metavar="N", least=0, most=1, in_session=True),
    ] = None
    max_tokens: Annotated[
        int | None,
        Choice("The longest answer.", metavar="TOKENS", least=1, says="a whole number of tokens", in_session=True),
    ] = None
    stop: Annotated[
        tuple[str, ...],
        Choice(
            "Words that end the answer; repeatable.",
            metavar="TEXT",
            says="words that end the answer",
            is_text=True,
            in_session=True,
        ),
    ] = ()
    seed: Annotated[int | None, Choice("The same seed, nearly the same answer.", metavar="N", in_session=True)] = None
    reasoning_effort: Annotated[
        str | None,
        Choice(
            "How much it thinks first: low, medium, high, ...",
            metavar="LEVEL",
            says="low, medium, high or another word of the provider's",
            is_text=True,
            in_session=True,
        ),
    ] = None
    option: Annotated[
        tuple[str, ...],
        Choice(
            "Any field of the request body; repeatable.",
            flags=("--option", "-o"),
            metavar="KEY=VALUE",
            says="key=value",
            is_text=True,
        ),
    ] = ()


class Structured(NamedTuple):
    """The form of the answer"""

    schema: Annotated[str | None, schema_choice("The answer")] = None
    schema_multi: Annotated[bool, by_flag("Several of what the schema says, as items.")] = False
    repair: Annotated[bool, by_flag("Ask once more where the answer does not fit the schema.")] = False
    extract: Annotated[bool, by_flag("Print the first code block alone.", flags=("--extract", "-x"))] = False
    extract_lang: Annotated[str | None, by_flag("Print the first code block in this language.", metavar="LANG")] = None
    extract_last: Annotated[bool, by_flag("Print the last code block, not the first.")] = False
    extract_all: Annotated[
        Path | None, by_flag("Write each code block into a file of its own, in this folder.", metavar="DIR")
    ] = None

    @property
    def extracts(self) -> bool:
        """Whether a code block is printed, and not the answer."""
        return self.extract or self.extract_last or (self.extract_lang is not None and self.extract_all is None)


class Tools(NamedTuple):
    """Tools"""

    tool: Annotated[
        tuple[str, ...],
        by_flag(
            "Let the model call this tool: read, list, search, fetch, shell or FILE.py:function; repeatable.",
            flags=("--tool", "-T"),
            metavar="NAME|FILE",
            completes="tools",
        ),
    ] = ()
    mcp: Annotated[
        tuple[str, ...],
        by_flag(
            "Let it call the tools of this MCP server, or just one of them; repeatable.",
            metavar="NAME|NAME:TOOL",
            completes="mcp_servers",
        ),
    ] = ()
    allow: Annotated[
        tuple[str, ...],
        by_flag(
            "Let it call this tool, or all of this MCP server, without asking; repeatable.",
            metavar="NAME",
            is_text=True,
            completes="tools",
        ),
    ] = ()
    max_steps: Annotated[
        int | None,
        Choice("How often the model may be asked for one answer with tools; usually 10.", metavar="N", least=1),
    ] = None


class Shown(NamedTuple):
    """What is shown"""

    raw: Annotated[bool, Choice("Show the answer's text as it is.", flags=("--raw", "--no-md"))] = False
    json: Annotated[bool, Choice("Print one JSON object instead of the text.")] = False
    hide_reasoning: Annotated[
        bool,
        Choice("Leave out what the model thinks first.", flags=("--hide-reasoning", "-R"), against="show_reasoning"),
    ] = False
    show_reasoning: Annotated[
        bool,
        Choice(
            "Keep what the model thinks first, above the answer.",
            old_flags=("--show-thinking",),
            against="hide_reasoning",
        ),
    ] = False
    usage: Annotated[bool, Choice("Say how many tokens it took.", flags=("--usage", "-u"))] = False
    quiet: Annotated[bool, Choice("No notices; errors only.", flags=("--quiet", "-q"))] = False
    color: Annotated[
        Literal["auto", "always", "never"],
        Choice("Colours and styles; auto has them on a terminal only.", metavar="[auto|always|never]"),
    ] = "auto"


class Connection(NamedTuple):
    """The connection"""

    api: Annotated[
        Literal["chat", "responses"] | None,
        by_flag("Which of OpenAI's two wire formats; usually chat.", metavar="[chat|responses]"),
    ] = None
    base_url: Annotated[str | None, by_flag("Where the service is, if not at its own address.", metavar="URL")] = None
    header: Annotated[tuple[str, ...], by_flag("One more HTTP header; repeatable.", metavar="NAME:VALUE")] = ()
    env_file: Annotated[Path | None, by_flag("Read keys and addresses from this file.", metavar="PATH")] = None
    no_env_file: Annotated[bool, Choice("Do not read ./.env.")] = False
    proxy: Annotated[
        str | None,
        Choice("The proxy to go through; an empty one means none.", metavar="URL", says="the URL of a proxy"),
    ] = None
    cacert: Annotated[
        Path | None, Choice("Trust the certificates in this PEM file, and no others.", metavar="FILE", says="a file")
    ] = None
    ca: Annotated[
        Literal["bundled", "system"],
        Choice(
            "Whose certificates are trusted: those that came with chat, or the system's.", metavar="[bundled|system]"
        ),
    ] = "bundled"
    insecure: Annotated[
        bool, by_flag("Take any certificate of a server on this machine.", flags=("--insecure", "-k"))
    ] = False
    timeout: Annotated[
        float | None, Choice("How long silence may last; usually 300.", metavar="SECONDS", least=0.1)
    ] = None
    max_time: Annotated[
        float | None, Choice("How long the whole answer may take; usually no limit.", metavar="SECONDS", least=0.1)
    ] = None
    max_retries: Annotated[
        int | None, Choice("Retries at most; usually as many as fit in a minute.", metavar="N", least=0)
    ] = None
    no_stream: Annotated[bool, Choice("Ask for the answer in one piece.", flags=("--no-stream", "-S"))] = False


class Continuing(NamedTuple):
    """An answer that breaks off"""

    continue_cut: Annotated[bool, Choice("Have it finished, by up to five more requests.")] = False
    continue_with: Annotated[
        str | None,
        Choice(
            "The same, by this model: provider/model, or another one of the same service.",
            metavar="NAME",
            is_text=True,
            completes="models",
        ),
    ] = None

    @property
    def is_wanted(self) -> bool:
        """Whether it is finished."""
        return bool(self.continue_cut or self.continue_with)


class Http(NamedTuple):
    """The HTTP"""

    verbose: Annotated[
        int,
        Choice("Show the HTTP on stderr; -vv with bodies and events, -vvv with chunks.", flags=("--verbose", "-v")),
    ] = 0
    timing: Annotated[bool, Choice("Show where the time went, on stderr.")] = False
    dry_run: Annotated[bool, by_flag("Print the request and send nothing; needs no key.")] = False
    form: Annotated[
        Form, by_flag("How --dry-run prints it.", flags=("--as",), metavar="[http|curl|python|js|httpie|body]")
    ] = "http"
    log_file: Annotated[Path | None, Choice("Add a line of JSON for each attempt to this file.", metavar="PATH")] = None
    no_log_bodies: Annotated[bool, Choice("Leave the bodies out of the log file.")] = False
    har: Annotated[Path | None, by_flag("Write an HTTP archive, a new file.", metavar="PATH")] = None
    receipt: Annotated[
        Path | None,
        by_flag("Write hash and length of what came in, was sent, came and went out, a new file.", metavar="FILE"),
    ] = None
    record: Annotated[Path | None, by_flag("Record the HTTP in a cassette, a new file.", metavar="PATH")] = None
    replay: Annotated[Path | None, by_flag("Answer from a cassette, without network or key.", metavar="PATH")] = None
    speed: Annotated[
        float, by_flag("The pace of --replay: 1 as recorded, usually 0, at once.", metavar="N", least=0)
    ] = 0.0
    out: Annotated[
        Path | None,
        by_flag(
            "A folder for a file of each answer, or for a body that is too long for a command line.", metavar="DIR"
        ),
    ] = None


class Cache(NamedTuple):
    """The cache"""

    cache: Annotated[
        bool,
        Choice(
            "Give an answer again that was given before, for five minutes.", value_in="cache_ttl", against="no_cache"
        ),
    ] = False
    cache_ttl: Annotated[
        Duration | None,
        Choice(
            "The same, for so long.",
            metavar="DURATION",
            least=0.001,
            says="a duration, for example 5m or 1h30m",
            against="no_cache",
        ),
    ] = None
    no_cache: Annotated[bool, Choice("Do without, whatever CHAT_CACHE says.")] = False
    refresh: Annotated[bool, by_flag("Ask all the same, and keep the new answer.")] = False
    cache_only: Annotated[bool, Choice("Never ask; without an answer in the cache, exit 66.")] = False

    @property
    def is_wanted(self) -> bool:
        """Whether it is used: each of its options asks for it, but for one."""
        return not self.no_cache and bool(self.cache or self.cache_ttl or self.refresh or self.cache_only)


class Kept(NamedTuple):
    """The conversation"""

    go_on: Annotated[bool, by_flag("Go on with the last conversation.", flags=("--continue", "-c"))] = False
    resume: Annotated[
        str | None,
        by_flag(
            "Go on with this one; its first characters do.",
            flags=("--resume", "-r"),
            metavar="ID",
            is_text=True,
            completes="conversations",
        ),
    ] = None
    truncate: Annotated[
        int | None, Choice("Leave out the oldest turns beyond so many tokens.", metavar="TOKENS", least=1)
    ] = None
    interactive: Annotated[bool, by_flag("Answer, then stay in a session.", flags=("--interactive", "-i"))] = False
    no_log: Annotated[bool, Choice("Keep this conversation out of the history.", flags=("--no-log", "-n"))] = False


class Money(NamedTuple):
    """What it may cost"""

    max_cost: Annotated[
        Usd | None,
        Choice("Ask for nothing that could cost more.", metavar="USD", says="an amount in USD, for example 0.05"),
    ] = None
    budget: Annotated[
        BudgetText | None,
        Choice(
            "What all answers of a day or a month may cost together.",
            metavar="AMOUNT",
            says="an amount for a day or a month, for example 5 USD/day",
        ),
    ] = None
    price: Annotated[
        PriceText | None,
        Choice(
            "The model's price where it is not known: USD per million tokens.",
            metavar="PRICE",
            says="USD per million tokens in and out, for example 2.50/10",
        ),
    ] = None


class Several(NamedTuple):
    """Several models"""

    columns: Annotated[bool, by_flag("Show the answers side by side.")] = False
    diff: Annotated[bool, by_flag("Show how the first two answers differ, word by word.")] = False
    race: Annotated[bool, by_flag("Take the first complete answer, and stop the others.")] = False


class Program(NamedTuple):
    """This program"""

    debug: Annotated[bool, Choice("Show where a fault of chat itself happened.")] = False
    install_completion: Annotated[bool, Choice("Install the completion for your shell's Tab key.")] = False
    show_completion: Annotated[bool, Choice("Print the script of it.")] = False
    version: Annotated[bool, Choice("Print the version.", flags=("--version", "-V"))] = False


GROUPS = (Asked, Who, How, Structured, Tools, Shown, Connection, Continuing, Http, Cache, Kept, Money, Several, Program)
# What to ask, and of whom, is said each time.
IN_VARIABLES = (How, Tools, Shown, Connection, Continuing, Http, Cache, Kept, Money)
SETTINGS = tuple(option for group in IN_VARIABLES for option in options_of(group) if option.choice.in_variable)
SAMPLING = tuple(option for option in options_of(How) if option.choice.in_session)
