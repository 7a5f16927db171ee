"""How things look: styles that suit a dark and a light background, and the few signs that are not ASCII."""

from rich.style import Style

from chatbot.records import NamedTuple

PLAIN = Style.null()
DIM = Style(dim=True)
NOTICE = Style(color="yellow")
REASONING = Style(dim=True, italic=True)
STRONG = Style(bold=True)
EMPHASIS = Style(italic=True)
STRUCK = Style(strike=True)
CODE = Style(color="cyan")
LINK = Style(underline=True)
MARKER = Style(color="yellow")
HEADINGS = (
    Style(bold=True, underline=True, color="magenta"),
    Style(bold=True, color="magenta"),
    Style(bold=True),
    Style(bold=True, italic=True),
    Style(italic=True),
    Style(italic=True, dim=True),
)


class Signs(NamedTuple):
    """Each sign is one cell wide."""

    bullet: str = "•"
    bar: str = "▌"
    thin_bar: str = "│"
    line: str = "─"


UNICODE, ASCII = Signs(), Signs(bullet="*", bar="|", thin_bar="|", line="-")
