from chatbot.terminal.screen import ColorChoice, Screen, detect_screen
from tests.tables import each


def detected(
    environ: dict[str, str] | None = None,
    isatty: bool = True,
    encoding: str | None = "utf-8",
    color: ColorChoice = "auto",
    live: bool = True,
) -> Screen:
    environ = {"TERM": "xterm-256color"} | (environ or {})
    return detect_screen(environ, isatty=isatty, size=(100, 40), encoding=encoding, color=color, live=live)


def test_a_terminal_can_do_everything() -> None:
    assert detected() == Screen(100, 40, rendered=True, live=True, styles=True)


def test_a_pipe_gets_the_text_as_it_is() -> None:
    screen = detected(isatty=False)
    assert not (screen.rendered or screen.live or screen.styles)


def test_no_color_means_no_escape_sequence_at_all() -> None:
    screen = detected({"NO_COLOR": "1"})
    assert screen.rendered and not (screen.live or screen.styles)


def test_an_empty_no_color_says_nothing() -> None:
    assert detected({"NO_COLOR": ""}).styles


@each("environ", [{"TERM": "dumb"}, {"TERM": "unknown"}, {"INSIDE_EMACS": "29.1,comint"}])
def test_a_dumb_terminal_gets_rows_without_escape_codes(environ: dict[str, str]) -> None:
    screen = detected(environ)
    assert screen.rendered and not (screen.live or screen.styles)


def test_force_color_renders_into_a_pipe_but_never_live() -> None:
    screen = detected({"FORCE_COLOR": "1"}, isatty=False)
    assert screen.rendered and screen.styles and not screen.live


def test_the_option_is_stronger_than_the_environment() -> None:
    assert detected({"NO_COLOR": "1"}, color="always").styles
    assert not detected({"FORCE_COLOR": "1"}, color="never").styles
    assert detected(color="never").live


def test_live_can_be_declined() -> None:
    assert not detected(live=False).live


@each(("encoding", "unicode"), [("UTF-8", True), ("utf8", True), ("ascii", False), ("latin-1", False)])
def test_signs_that_are_not_ascii_need_a_unicode_encoding(encoding: str, unicode: bool) -> None:
    assert detected(encoding=encoding).unicode is unicode


def test_an_unknown_size_is_that_of_an_old_terminal() -> None:
    screen = detect_screen({}, isatty=True, size=(0, 0), encoding=None)
    assert (screen.width, screen.height) == (80, 24)


@each(("environ", "reflows"), [({}, True), ({"XTERM_VERSION": "XTerm(390)"}, False), ({"TERM": "linux"}, False)])
def test_some_terminals_cut_rows_when_their_width_changes(environ: dict[str, str], reflows: bool) -> None:
    assert detected(environ).reflows is reflows


def test_a_terminal_that_does_not_tell_its_size_is_as_most_were() -> None:
    unknown = detect_screen({"TERM": "xterm"}, isatty=True, size=(0, 0), encoding="utf-8")
    assert (unknown.width, unknown.height) == (80, 24) == (Screen().width, Screen().height)
