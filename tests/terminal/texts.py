"""Texts that are hard to show while they arrive."""

NESTED = """\
- one
  * two
    + three
      1. four
         - five
  * two again

    with a paragraph
1) other
2) kind
   - of list
"""

TWELVE_LEVELS = "".join(f"{'  ' * level}- level {level} of twelve\n" for level in range(12))

NUMBERS_AFTER_CODE = """\
1. First

```sh
make all
```

2. Second
   ```sh
   make install
   ```
3. Third
9. lazy
1. number
"""

LONG_CODE = "```json\n" + '{"key": [' + ", ".join(f'"value {n}"' for n in range(80)) + "]}\n```\nafter\n"

FENCES = """\
~~~~ text
~~~
```
~~~~

````markdown
```python
inner
```
````

- ```js
  let a = `x ${1}`;

  // end
  ```
> ```
> quoted code
> ```
``` not `a fence
text

```
  indented

\ttabs\tin code


```
```unclosed
x = 1

y = 2


"""

TABLES = """\
| a | b |
|---|---|
| 1 | `x \\| y` |
| only one |
| one | two | three | four |

Text that goes on | with a pipe
--- | ---:
cut **in** | [the](http://e.com) row
text right after the table becomes a row

|Name|Description that is quite long|
|:--|:-:|
|x|A cell with many words that must be wrapped somewhere, in more than one row if the screen is narrow|
|https://example.com/a/very/long/address/without/any/spaces/in/it|<br>two<br>rows|
"""

LONG_TABLE = "| # | name |\n|--:|---|\n" + "".join(f"| {n} | row number {n} {'wide ' * (n // 4)}|\n" for n in range(40))

WIDE_TABLE = "|" + "column |" * 14 + "\n|" + "---|" * 14 + "\n|" + "some words |" * 14 + "\n"

QUOTES = """\
> one
> > two
lazy line
> > > three
>
> again
    > not a quote

> - item
>   goes on
>
> ```py
> code
text
"""

NOT_SETEXT = """\
A line of text
---
Another
===
- item
---
"""

DEFINITIONS = "See [the text][1] and [2].\n\n[1]: http://example.com/one\n[2]: http://example.com/two 'title'\n"

HTML = """\
<div class="x">
<b>bold</b> vector<int> and Map<String, List<T>> a<b>c</kbd>
<!-- comment -->

<think>no</think> 1 < 2 > 0 <https://e.com/?q=<x> <a@b.example>
"""

EMPHASIS = """\
**bold** *it* ***both*** ~~gone~~ __b__ _i_ snake_case_name 2 * 3 * 4 **never closed
*over
lines* and **over
two lines** in**side**word un*frigging*believable **a*b** c* ~one~ ~~~three~~~ ****
path_marks_and_ under * star ** stars
"""

WIDE = (
    """\
这是一个**很长的**段落，没有空格，只有`代码`和标点符号。（括号里的文字）需要在正确的地方换行，「引号」也一样。
ひらがなカタカナ混じりの長い文章を、きちんと折り返す。 한국어 문장도 있습니다.
👩‍👩‍👧 family 🇩🇪🇫🇷 flags ❤️ heart 👍🏽 thumb e\u0301e\u0301e\u0301 combining a\u0300\u0301\u0302b → arrow ✓ done
"""
    + "漢" * 50
    + "a"
    + "👩‍👩‍👧" * 20
    + "\n"
)

LONG_PARAGRAPH = "The *quick* brown `fox` jumps over the [lazy](http://dog.example) dog, and so on. " * 90 + "\n"

LEFT_OPEN = "Words with `an open tick and [an open bracket and **stars and so on, " * 60 + "\n"

LONG_LINE_ITEM = "- " + "an item of one long line " * 40 + "\n- next\n> " + "a quote too " * 60 + "\nlazy\n"

LINE_ENDS = "one\r\ntwo\rthree\n\r\n\r\rfour\u2028five\r\n\r\n- a\r\n- b\r\n"

TABS = "a\tb\n\n-\titem\n\n\t\tcode in it\n\n\tmore\n\n1.\tx\n\ty\n\n\tcode\n>\t\tq\n\n|\ta\t|\n|\t-\t|\n|\tb\tc|\n"

LOOSE = "- a\n\n- b\n- c\n\n\n\n- d\n\n  e\n- \n- f\n\n-\n\n  not in it\n"

CONTROLS = "".join(f"{code:02x} {chr(code)} " for code in (*range(32), *range(0x7F, 0xA0)) if code not in (9, 10, 13))
SEQUENCES = "\x1b[31mred\x1b[0m \x1b]52;c;QQ==\x07 \x1b]0;title\x1b\\ \x1b[2J\x1b[3J\x9b5A \x1bPq\x1b\\ \x1b]8;;http://x\x1b\\l\n"
BIDI = "abc \u202e321\u202c \u2066x\u2069 \u200e \U000e0041\U000e0042 tags \ud83d\ude00 pair\n"
ENTITIES = "&#27;[31m &#x1b; &#x202e;x &#x9b; &#13; &#10; &Tab; &NewLine; &amp;lt; &copy; &nosuch; &#0; `&amp;`\n"
MARKUP = "[/] [bold]x[/bold] [link=http://e.com]y[/link] :smile: {x} [[wiki]] %s $HOME\n"

LINKS = """\
[bank.com](http://evil.com) [same](same) <http://e.com/a_b> https://example.com/a_b_c/d*e*f
![a picture](http://e.com/i.png "title") ![](x) text ![b](y)more [js](javascript:alert(1)) [d](data:text/html,x)
[a **b** c](<http://e.com/with space> 'title') [x](http://e.com/(a)) [y](http://e.com/ünï)
[cut off](http://example.com/very/long/path/that/has/no/spaces/and/goes/on/and/on/for/ever/and/ever/until/the/end)
"""

COLOURS = '''\
```python
"""A docstring
over lines with 'quotes'
"""
def f(x: int) -> str:  # comment
    return f"{x!r}" + """
open
"""
```

```c
/* a comment
   over lines */ int main(void) { return 0; } // end
#define X 1
```

```json
{"a": [1, true, null], "b": "c"}
```

```yaml
key: value
list:
  - 1
```

```html
<p class="x">text <!-- open
comment --></p>
```

```nosuchlanguage
text
```

```diff
- old
+ new
```
'''

FORMULAS = """\
Inline \\(a_1 + b_2\\) and $x_i * y_i$ and \\[E = mc^2\\] cost $5 and $10, or 5$.
$$
\\sum_{i=1}^n i = \\frac{n(n+1)}{2}
$$
\\[
a *b* c
\\]
unclosed \\( x and $y
"""

HEADINGS = """\
# One
## Two ##
text
### Three `code`
#### Four *x*
##### Five
###### Six
####### seven
#hash
#
> # in quote
- # in item
"""

BLANKS = "\n\n  \na  \n\n\n\nb   \nc\\\nd  \n   \n\n    \n"

RIGHT_TO_LEFT = "שלום עולם **מודגש** and مرحبا بالعالم in one line\n- עברית\n"

CHANGES_MIND = "- a\n#\n\n- a\n#foo\n\n1.\n\n1.x\n\n--\n---x\n***bold***\n*** \n`` ` ``\n```x`\n>\n+\n+x\n|\n| a\n|--\n"

ENDS_IN_BOLD = "Some **bold text that is cut"
ENDS_IN_LINK = "A [link](http://example.com/pa"
ENDS_IN_TABLE = "| a | b |\n|---|---|\n| 1 | 2"
ENDS_IN_FENCE = "```python\ndef f():\n    ret"

LONG_WORDS = "x" * 500 + " y\n- " + "z" * 200 + "\n" + "https://example.com/" + "path/" * 60 + "\n"

DEEP_QUOTE = ">" * 60 + " deep\n" + "- " * 30 + "marks\n"

STEPS = """\
## Install the tool

To get started, you need **Python 3.11** or newer. Run this in a terminal:

```bash
pip install --upgrade "example[all]"   # everything
example --version
```

1. Create a file called `app.py`:

   ```python
   from example import App

   app = App(name="demo")
   ```

2. Start it with `example run`, then open <http://localhost:8000>.
3. Read the [guide](https://example.com/guide) for *more* details.

| Option | Default | Meaning |
|--------|:-------:|---------|
| `--port` | 8000 | The port to listen on |
| `--host` | localhost | The address to bind, see below |

> **Note:** the server is for development only.

That is all.
"""

TEXTS: dict[str, str] = {
    name.lower(): value for name, value in list(globals().items()) if name.isupper() and isinstance(value, str)
} | {"empty": "", "one_word": "42"}
