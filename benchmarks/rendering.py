"""What showing a streamed answer costs.

    python benchmarks/rendering.py                          # every shape, 1k to 50k tokens (about a minute)
    python benchmarks/rendering.py --shape mixed table --tokens 1000 5000
    python benchmarks/rendering.py --against print live     # plain print, rich.Live(Markdown(all)); mixed, 1k and 5k

A token is 4 characters, a frame is painted every 3 tokens: 100 tokens a second at 30 frames. CPU seconds are those of
this process without its imports; `exponent` is the slope of the cost over the size (1 is linear) from the second
smallest size to the largest, as the smallest pays for what is used the first time.
"""

import argparse
import io
import math
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from chatbot.terminal.answer.live import LiveAnswer
from chatbot.terminal.answer.wait_row import WaitRow
from chatbot.terminal.screen import Screen

CHARACTERS_PER_TOKEN, TOKENS_PER_FRAME = 4, 3

MIXED = '''\
## Install the tool

To get started, you will need **Python 3.11** or newer. Run the following command in a terminal:

```bash
pip install --upgrade "example[all]"   # everything
example --version
```

1. Create a file called `app.py` with this content:

   ```python
   from example import App

   app = App(name="demo")

   @app.route("/")
   def index(request):
       """Say hello."""
       return {"hello": "world", "n": 42}
   ```

2. Start it with `example run`, then open <http://localhost:8000>.
3. Read the [guide](https://example.com/guide) for *more* details, which explain how the parts work together.

| Option | Default | Meaning |
|--------|:-------:|---------|
| `--port` | 8000 | The port to listen on |
| `--host` | localhost | The address to bind, see below |
| `--reload` | off | Restart when a file changes |

> **Note:** the server is for development only. Do not use it in production, as it handles one request at a time.

Some closing thoughts:

- It is small, and it has no dependencies.
- It is fast: about 20,000 requests per second on a laptop, which is plenty for most people and purposes.
  - Nested points are fine too.

'''

PLAIN = "Plain words without any marks follow each other here, as in a letter that is written to a friend. " * 6

MARKED = (
    "The quick brown fox *jumps* over the **lazy dog** while `snake_case_names` stay as they are, and a "
    "[link](https://example.com/a_b) is shown; costs rise by 5% (about $20) for x < y. "
)

CODE = '''\
def compute(values, limit=10):
    """Add up what is over the limit."""
    total = 0
    for index, value in enumerate(values):  # walk
        if value > limit and "x" in str(value):
            total += value * index
    return total

'''

TABLE_HEAD = "| Name | Value | Notes |\n|---|---:|---|\n"
TABLE_ROWS = "| alpha `x` | 12345 | some **words** in a cell |\n| beta | 7 | others |\n"
QUOTE = "> A quoted line with *emphasis* in it that is of some length, and more\n>\n> second\n"
ITEM = "  Text in the item with `code` and *more* of it.\n\n  ```js\n  let a = 1;\n  ```\n\n  - nested\n\n"


def repeated(part: str) -> Callable[[int], str]:
    return lambda size: (part * (size // len(part) + 1))[:size]


def numbered(size: int) -> str:
    count = size // 60 + 1
    return "".join(f"{n}. Item number {n} with **bold** text and a `code` word that goes on\n" for n in range(count))[
        :size
    ]


SHAPES: dict[str, Callable[[int], str]] = {
    "mixed": repeated(MIXED),
    "paragraphs": repeated(PLAIN + "\n\n"),
    "one-paragraph": repeated(MARKED),
    "one-fence": lambda size: "```python\n" + repeated(CODE)(size),
    "one-list": numbered,
    "one-item": lambda size: "- Start\n" + repeated(ITEM)(size),
    "one-table": lambda size: TABLE_HEAD + repeated(TABLE_ROWS)(size),
    "one-quote": repeated(QUOTE),
    "open-marks": repeated("word `open and more words ** here [and there "),
}


class Cost(NamedTuple):
    cpu_s: float
    longest_frame_s: float
    bytes_out: int


def pieces(text: str) -> Iterator[str]:
    step = CHARACTERS_PER_TOKEN * TOKENS_PER_FRAME
    for start in range(0, len(text), step):
        yield text[start : start + step]


def streamed(text: str) -> Cost:
    written = 0

    def write(data: bytes) -> None:
        nonlocal written
        written += len(data)

    answer = LiveAnswer(Screen(width=80, height=24), write, time.perf_counter, WaitRow("m", 0.0))
    longest_s = 0.0
    cpu_s = time.process_time()
    for piece in pieces(text):
        answer.text(piece)
        started = time.perf_counter()
        answer.frame(started)
        longest_s = max(longest_s, time.perf_counter() - started)
    answer.finish(time.perf_counter())
    return Cost(time.process_time() - cpu_s, longest_s, written)


def printed(text: str) -> Cost:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    cpu_s = time.process_time()
    for piece in pieces(text):
        stream.write(piece)
        stream.flush()
    return Cost(time.process_time() - cpu_s, 0.0, stream.buffer.tell())


def rich_live(text: str) -> Cost:
    from rich.console import Console
    from rich.live import Live
    from rich.markdown import Markdown

    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, height=24, color_system="256")
    so_far, longest_s = "", 0.0
    cpu_s = time.process_time()
    with Live(console=console, auto_refresh=False, vertical_overflow="ellipsis") as live:
        for piece in pieces(text):
            so_far += piece
            started = time.perf_counter()
            live.update(Markdown(so_far), refresh=True)
            longest_s = max(longest_s, time.perf_counter() - started)
    return Cost(time.process_time() - cpu_s, longest_s, len(out.getvalue().encode()))


WAYS: dict[str, Callable[[str], Cost]] = {"ours": streamed, "print": printed, "live": rich_live}


def measure(way: str, shape: str, sizes: list[int]) -> None:
    per_size: list[tuple[int, float]] = []
    for tokens in sizes:
        text = SHAPES[shape](tokens * CHARACTERS_PER_TOKEN)
        cost = WAYS[way](text)
        per_size.append((tokens, cost.cpu_s))
        sys.stdout.write(
            f"{way:6} {shape:14} {tokens:6} tokens  {cost.cpu_s / tokens * 1000:8.4f} CPU s per 1k"
            f"  longest frame {cost.longest_frame_s * 1000:6.1f} ms"
            f"  bytes per byte {cost.bytes_out / len(text.encode()):7.2f}\n"
        )
        sys.stdout.flush()
    if len(sizes) > 1:
        (low, low_s), (high, high_s) = per_size[min(1, len(sizes) - 2)], per_size[-1]
        slope = math.log(high_s / low_s) / math.log(high / low)
        sys.stdout.write(f"{way:6} {shape:14} exponent {slope:.2f}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", nargs="+", choices=SHAPES, default=list(SHAPES))
    parser.add_argument("--tokens", nargs="+", type=int, default=[1_000, 5_000, 20_000, 50_000])
    parser.add_argument("--against", nargs="+", choices=["print", "live"], default=[])
    chosen = parser.parse_args()
    for way in chosen.against:
        measure(way, "mixed", [tokens for tokens in chosen.tokens if tokens <= 5_000])
    for shape in [] if chosen.against else chosen.shape:
        measure("ours", shape, chosen.tokens)


if __name__ == "__main__":
    main()
