"""A cut answer and its rest are one again, whatever the model says around the seam and however that comes in pieces."""

from __future__ import annotations

import time
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from chatbot.core.conversations.joining import Joiner, last_words, open_fence, request_for_rest
from tests.tables import each

SAMPLE = """# The sea 世界 👩‍🚀

It is blue, and **wide**; so it is.  It is blue, and deep.

```python
def f(x):
    return x  # done

def g(x):
    return x  # done
```

| a | b |
|---|---|
| 1 | 2 |
| 1 | 2 |

1. one
2. two

The end of it."""

WORDS = [
    "a",
    "the",
    "sea",
    "blue.",
    "ha",
    "ha",
    "|",
    "```",
    "```python",
    "\n",
    "\n\n",
    "    ",
    "- x",
    "世界",
    "👩‍🚀",
    "é",
    ":",
]
answers = st.lists(st.sampled_from(WORDS), min_size=1, max_size=40).map(" ".join)
anything = st.text(st.sampled_from("ab \n`.:|世"), max_size=60)


def joined(begun: str, said: str, size: int = 10_000, *, breaks_off: bool = False) -> tuple[str, bool]:
    """All of the answer, and whether the seam was found, where the rest comes in pieces of `size` characters."""
    joiner = Joiner(begun)
    new = [joiner.feed(said[at : at + size]) for at in range(0, len(said), size)]
    return begun + "".join(new) + joiner.finish(breaks_off=breaks_off), joiner.is_sure


def obeys(begun: str, rest: str) -> str:
    return last_words(begun) + rest


def starts_over(begun: str, rest: str) -> str:
    return begun.rstrip() + rest


MODELS: dict[str, Callable[[str, str], str]] = {
    "repeats the last words": obeys,
    "starts over": starts_over,
    "says so": lambda begun, rest: "Continuing:\n\n" + obeys(begun, rest),
    "says so on the same line": lambda begun, rest: "Here is the rest: " + obeys(begun, rest),
    "apologises and starts over": lambda begun, rest: "Sorry about that!\n" + starts_over(begun, rest),
    "begins with dots": lambda begun, rest: "..." + obeys(begun, rest),
    "quotes": lambda begun, rest: "> " + obeys(begun, rest),
    "repeats other white space": lambda begun, rest: "  ".join(last_words(begun).split()) + rest,
}


@each("model", MODELS)
def test_wherever_an_answer_is_cut_it_is_whole_again(model: str) -> None:
    for cut in range(len(SAMPLE) + 1):
        begun = SAMPLE[:cut]
        if len("".join(begun.split())) < 16 and MODELS[model] not in (obeys, starts_over):
            continue  # words around so little may be the answer
        rest = SAMPLE[len(begun.rstrip()) :]
        for size in (1, 7, 10_000):
            assert joined(begun, MODELS[model](begun, rest), size) == (SAMPLE, True)


@given(answers, st.data(), st.sampled_from([obeys, starts_over]), st.integers(1, 9))
def test_any_answer_is_whole_again(
    answer: str, data: st.DataObject, model: Callable[[str, str], str], size: int
) -> None:
    begun = answer[: data.draw(st.integers(0, len(answer)))]
    rest = answer[len(begun.rstrip()) :]
    assert joined(begun, model(begun, rest), size) == (answer, True)


@given(answers, anything, st.integers(1, 9))
def test_nothing_is_lost_but_what_is_there_already(begun: str, said: str, size: int) -> None:
    whole, is_sure = joined(begun, said, size)
    assert (whole, is_sure) == joined(begun, said)
    squeezed = "".join(whole.split())
    assert whole.startswith(begun)
    if not is_sure:
        assert whole in (begun + said, begun + said.partition("\n")[2])  # at most a fence that was opened again
    else:
        assert squeezed.rstrip("`").endswith("".join(said.split())[-16:].strip("`"))


def test_what_goes_on_with_the_next_character_is_taken_as_it_is() -> None:
    for begun, rest in (("The answer is forty-", "two."), ("-" * 40, "=" * 40), ("a", " b")):
        assert joined(begun, rest, 1) == (begun + rest, False)


def test_a_rest_in_a_fence_of_its_own_loses_the_fence_and_not_one_of_the_answer() -> None:
    begun = SAMPLE[: SAMPLE.index("so it is")]
    fenced = "```markdown\n" + obeys(begun, "so it is. There is code:\n\n```\nx\n```") + "\n```"
    assert joined(begun, fenced, 1) == (begun + "so it is. There is code:\n\n```\nx\n```", True)
    in_code = "Look at this code:\n\n```python\nprint('one')\nprint("
    assert joined(in_code, "```python\n" + obeys(in_code, "'two')\n```"), 1) == (in_code + "'two')\n```", True)
    assert joined(in_code, "```python\n'two')\n```\n", 3) == (in_code + "'two')\n```\n", False)
    assert joined(in_code, "```\nThe end.", 1) == (in_code + "```\nThe end.", False)  # it closes the block


def test_words_like_a_preface_stay_where_nothing_is_repeated_after_them() -> None:
    begun = "There are two answers to this question, and the first of them is this one. "
    for rest in ("Sure, there is another: no.", "Here:\nis the second.", "Continuing: it rains.", "Sure"):
        assert joined(begun, rest, 1) == (begun + rest, False)


def test_a_rest_that_breaks_off_while_it_repeats_gives_nothing() -> None:
    begun = "It runs from east to west over the hill"
    assert joined(begun, "It runs from east", breaks_off=True) == (begun, False)
    assert joined(begun, "It runs from east") == (begun + "It runs from east", False)
    assert joined(begun, begun, breaks_off=True) == (begun, True)


def test_what_is_new_is_given_out_at_once() -> None:
    begun = "word " * 1000 + "and so on to the end"
    joiner = Joiner(begun)
    assert joiner.feed(last_words(begun)) == ""
    assert [joiner.feed(text) for text in (",", " new", " words")] == [",", " new", " words"]
    other = Joiner(begun)
    assert other.feed("Something else") == "Something else"


def test_the_last_words_begin_a_line_or_a_word_and_stand_nowhere_else() -> None:
    assert last_words("It is short") == "It is short"
    assert (
        last_words("one\nThe last line of this answer is long enough.  ")
        == "The last line of this answer is long enough."
    )
    assert last_words("- item\n" * 50) == ("- item\n" * 50).rstrip()
    long = "x" * 500 + " " + "word " * 3 + "unlike any other word here"
    assert last_words(long).startswith(("word", "unlike")) and long.endswith(last_words(long))
    assert request_for_rest("It is short").endswith("\n\nIt is short")


def test_a_fence_is_closed_only_by_its_like() -> None:
    assert open_fence("```python\nx\n") == ("```", "python")
    assert open_fence("````\n```\nx") == ("````", "")
    assert open_fence("```\nx\n```\n") is None


def test_a_long_answer_that_starts_over_in_small_pieces_takes_no_long_time() -> None:
    begun = "".join(f"word{number} " for number in range(30_000))
    began_s = time.process_time()
    assert joined(begun, begun + "end", 8) == (begun + "end", True)
    assert time.process_time() - began_s < 5.0
