"""The text of a web page, as a person would read it: without its scripts, its menus' markup and its looks."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

_UNREAD = frozenset("script style template noscript svg iframe object head title select textarea button".split())
_BLOCKS = frozenset(
    "address article aside blockquote body dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "header hr html li main nav ol p pre section table tbody thead tr ul".split()
)
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_APART = frozenset("article blockquote dl figure form h1 h2 h3 h4 h5 h6 hr main ol p pre section table ul".split())
_NO_PAGES = ("#", "javascript:", "data:")
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # have no end


def readable(html: str, url: str = "") -> str:
    """The text, its blocks apart, headings with `#`, items with `-`, links as `[text](address)` with whole addresses;
    above it the title. `url` is where the page is. Never fails: a page may hold anything.
    """
    page = _Page(url)
    page.feed(html)
    page.close()
    text = re.sub(r"[ \t]*\n[ \t]*(?=\n)", "\n", "".join(page.pieces))
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    title = " ".join(page.title.split())
    return f"# {title}\n\n{text}".strip() if title and title not in text[: 2 * len(title) + 4] else text


class _Page(HTMLParser):
    """`pieces` are the text so far."""

    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.title = ""
        self._url = url
        self._unread: list[str] = []
        self._is_title = False
        self._pre = 0
        self._links: list[str] = []

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """A comment, as HTML has it (WHATWG HTML, 13.2.5.42); at most of these HTMLParser raises AssertionError."""
        return self.parse_bogus_comment(i, report)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        self._is_title = tag == "title" and not self.title and "svg" not in self._unread
        if self._unread:
            if tag in _UNREAD or tag in self._unread:
                self._unread.append(tag)
            return
        if tag in _UNREAD or any(name == "hidden" for name, _ in attrs):
            if tag not in _VOID:
                self._unread.append(tag)
            return
        self._pre += tag == "pre"
        if tag == "br":
            self._add("\n")
        elif tag == "img":
            self._add(f" {dict(attrs).get('alt') or ''} ")
        elif tag in ("td", "th"):
            self._add(" | " if not self._is_at_start else "")
        elif tag == "a":
            address = (dict(attrs).get("href") or "").strip()
            self._links.append("" if address.lower().startswith(_NO_PAGES) else address)
            self._add("[" if self._links[-1] else "")
        elif tag in _BLOCKS:
            self._block(tag)
            self._add(_HEADINGS.get(tag) or ("- " if tag == "li" else ""))

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser."""
        if self._unread:
            self._is_title = False
            while tag in self._unread and self._unread.pop() != tag:
                pass
            return
        if tag == "pre":
            self._pre = max(0, self._pre - 1)
        if tag == "a" and self._links:
            address = self._links.pop()
            self._add(f"]({self._absolute(address)})" if address else "")
        elif tag in _BLOCKS:
            self._block(tag)

    def handle_data(self, data: str) -> None:
        """See HTMLParser."""
        if self._is_title:
            self.title += data
        if self._unread:
            return
        if not self._pre:
            data = re.sub(r"\s+", " ", data)
            data = data.lstrip(" ") if self._is_at_start or self.pieces[-1].endswith(" ") else data
        self._add(data)

    def _block(self, tag: str) -> None:
        self._add("\n\n" if tag in _APART and not self._is_after("\n\n") else "" if self._is_at_start else "\n")

    def _add(self, text: str) -> None:
        if text:
            self.pieces.append(text)

    @property
    def _is_at_start(self) -> bool:
        """Whether the row is still empty, but for the sign of its heading, item or link."""
        return not self.pieces or self.pieces[-1][-1] == "\n"

    def _is_after(self, text: str) -> bool:
        return "".join(self.pieces[-2:]).endswith(text)

    def _absolute(self, address: str) -> str:
        try:
            return urljoin(self._url, address)
        except ValueError:
            return address
