"""A web page as text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.tools.html_text import readable
from tests.tables import each

PAGE = """<!doctype html><html><head><title>The page</title><style>p { color: red }</style></head><body>
<script>alert("no")</script><nav><ul><li><a href="/home">Home</a><li>Here</ul></nav>
<h1>Big
  heading</h1><p>Some <b>bold</b> words, <a href="b?c=1">a link</a>,
  &amp; &lt;signs&gt;.<pre>if x:
    y</pre><table><tr><th>a<th>b<tr><td>1<td>2</table>
<div hidden>unseen <div>inside</div> still unseen</div>the end<br>after it</body></html>"""

TEXT = """# The page

- [Home](https://example.org/home)
- Here

# Big heading

Some bold words, [a link](https://example.org/d/b?c=1), & <signs>.

if x:
    y

a | b
1 | 2

the end
after it"""


def test_a_page_reads_as_a_person_would_read_it() -> None:
    assert readable(PAGE, "https://example.org/d/") == TEXT


@each(
    ("html", "text"),
    [
        ("just text", "just text"),
        ("a<![1 b]]>c<![CDATA[d]]>e", "ace"),
        ("a <![1", "a <![1"),
        ("<p>a<p>b", "a\n\nb"),
        ("<h2>Title</h2>text", "## Title\n\ntext"),
        ("<title>T</title>T says", "T says"),
        ("<title>T</title><p>words<svg><title>drawn</title></svg>", "# T\n\nwords"),
        ('<a href="#part">here</a>', "here"),
        ('<a href="JavaScript:alert(1)">press</a>', "press"),
        ('<img src=x alt="a cat">', "a cat"),
        ("<svg><text>drawn</text></svg>seen", "seen"),
        ("<iframe>in</iframe><noscript>js</noscript>out", "out"),
        ("a<style>b</styl>c</style>d", "ad"),
        ("<tr><td>1<td>2", "1 | 2"),
        ('<a href="http://[">odd</a>', "[odd](http://[)"),
    ],
)
def test_what_is_read_of_each_kind(html: str, text: str) -> None:
    assert readable(html) == text


@given(st.text(alphabet="<>/=\"'!-[]& abpli1;#\n"))
def test_no_page_is_too_broken(html: str) -> None:
    assert isinstance(readable(html, "https://example.org/"), str)
