"""What a model is told of a function."""

from __future__ import annotations

import enum
import json
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NewType, NotRequired, TypedDict

import jsonschema
import pytest

from chatbot.outside.tools.function import docstring
from chatbot.outside.tools.function.calling import as_text, called, converted
from chatbot.outside.tools.function.definition import described, schema_of
from chatbot.outside.tools.function.loading import Unusable
from tests.tables import each


class Unit(enum.Enum):
    CELSIUS = "c"
    FAHRENHEIT = "f"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Place:
    """A place.

    Attributes:
        city: Its name.
    """

    city: str
    near: list[Place] = field(default_factory=list)


class Point(NamedTuple):
    x: float
    y: float = 0.0


class Options(TypedDict):
    count: int
    unit: NotRequired[Unit]


Name = NewType("Name", str)

PLACE = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "Its name."},
        "near": {"type": "array", "items": {}},
    },
    "required": ["city"],
    "additionalProperties": False,
}


@each(
    ("hint", "schema"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (None, {}),
        (Path, {"type": "string"}),
        (Name, {"type": "string"}),
        (Any, {}),
        (object, {}),
        (Callable[[int], int], {}),
        (typing.Optional[int], {"type": ["integer", "null"]}),  # noqa: UP045  (as many have it)
        (int | None, {"type": ["integer", "null"]}),
        (
            typing.Union[str, list[int]],  # noqa: UP007
            {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]},
        ),
        (str | Any, {}),
        (list, {"type": "array"}),
        (list[str], {"type": "array", "items": {"type": "string"}}),
        (Sequence[bool], {"type": "array", "items": {"type": "boolean"}}),
        (Iterable[float], {"type": "array", "items": {"type": "number"}}),
        (set[int], {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}),
        (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
        (tuple[int, int], {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}),
        (tuple[int, str], {"type": "array", "items": {"type": ["integer", "string"]}, "minItems": 2, "maxItems": 2}),
        (dict, {"type": "object"}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (Mapping[str, Any], {"type": "object", "additionalProperties": {}}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (Literal["a", 1, None], {"enum": ["a", 1, None]}),
        (Unit, {"type": "string", "enum": ["c", "f"]}),
        (Level, {"type": "integer", "enum": [1, 2]}),
        (Annotated[int, "How many."], {"type": "integer", "description": "How many."}),
        (Annotated[int, 5], {"type": "integer"}),
        (Place, PLACE),
        (
            Point,
            {
                "type": "object",
                "properties": {"x": {"type": "number"}, "y": {"type": "number"}},
                "required": ["x"],
                "additionalProperties": False,
            },
        ),
        (
            Options,
            {
                "type": "object",
                "properties": {"count": {"type": "integer"}, "unit": {"type": "string", "enum": ["c", "f"]}},
                "required": ["count"],
                "additionalProperties": False,
            },
        ),
    ],
)
def test_each_type_has_its_schema(hint: Any, schema: dict[str, Any]) -> None:
    found = schema_of(hint)
    if hint is not None:
        assert found == schema
    jsonschema.Draft202012Validator.check_schema(found)


def google(city: str, days: int = 3, *more: str, unit: Unit = Unit.CELSIUS, how: Any = print, **rest: str) -> None:
    """Tells the weather.

    Also of tomorrow.

    Args:
        city (str): Which one:
            its whole name.
        days: How many days.
        **rest: Ignored.

    Returns:
        str: The weather.
    """


def numpy(city, days=3):  # type: ignore[no-untyped-def]
    """Tells the weather.

    Also of tomorrow.

    Parameters
    ----------
    city : str
        Which one:
        its whole name.
    days : int, optional
        How many days.

    Returns
    -------
    days : int
        Something else.
    """


def sphinx(city: str, days: int = 3) -> None:
    """Tells the weather.

    Also of tomorrow.

    :param str city: Which one:
        its whole name.
    :param days: How many days.
    :returns: The weather.
    """


@each("function", [google, numpy, sphinx])
def test_a_docstring_of_each_style_is_taken_apart(function: Any) -> None:
    found = json.loads(described(function))
    assert found["name"] == function.__name__
    assert found["description"] == "Tells the weather.\n\nAlso of tomorrow."
    properties = found["parameters"]["properties"]
    assert properties["city"]["description"] == "Which one: its whole name."
    assert properties["days"]["description"] == "How many days."
    assert properties["days"]["default"] == 3
    assert found["parameters"]["required"] == ["city"]


def test_what_has_no_name_of_its_own_is_no_argument_and_a_default_that_is_no_json_is_not_told() -> None:
    properties = json.loads(described(google))["parameters"]["properties"]
    assert list(properties) == ["city", "days", "unit", "how"]
    assert properties["unit"] == {"type": "string", "enum": ["c", "f"], "default": "c"}
    assert properties["how"] == {}


@each("text", ["", "One line.", "Two\nlines: with\n  a colon: inside.", "Args", "Note: it is slow."])
def test_a_plain_docstring_is_the_description(text: str) -> None:
    assert docstring.read(text) == (text, {})


def test_a_hint_that_cannot_be_read_is_told() -> None:
    def odd(a: Nowhere) -> None:  # type: ignore[name-defined]  # noqa: F821
        """Odd."""

    with pytest.raises(Unusable, match="the type hints of odd cannot be read"):
        described(odd)


@each(
    ("hint", "value", "made"),
    [
        (Unit, "f", Unit.FAHRENHEIT),
        (Level, 2, Level.HIGH),
        (float, 1, 1.0),
        (int, 3.0, 3),
        (Path, "a/b", Path("a/b")),
        (Unit | None, None, None),
        (Unit | None, "c", Unit.CELSIUS),
        (list[Unit], ["c"], [Unit.CELSIUS]),
        (tuple[int, Unit], [1, "c"], (1, Unit.CELSIUS)),
        (set[int], [1, 2], {1, 2}),
        (dict[str, Point], {"a": {"x": 1}}, {"a": Point(1.0)}),
        (Place, {"city": "Ulm", "near": [{"city": "Neu-Ulm"}]}, Place("Ulm", [Place("Neu-Ulm")])),
        (int | Place, {"city": "Ulm"}, Place("Ulm")),
        (Options, {"count": 1, "unit": "c"}, {"count": 1, "unit": Unit.CELSIUS}),
        (Annotated[Unit, "Which."], "c", Unit.CELSIUS),
        (Any, {"a": [1]}, {"a": [1]}),
        (int, "no number", "no number"),  # the function says what it thinks of it
    ],
)
def test_a_value_becomes_one_of_its_type(hint: Any, value: Any, made: Any) -> None:
    found = converted(value, hint)
    assert (found, type(found)) == (made, type(made))


def test_a_function_is_called_with_what_was_given() -> None:
    def call(a: int, b: int = 2, /, c: Unit = Unit.CELSIUS, *more: int, d: int = 4, **rest: int) -> list[Any]:
        return [a, b, c, more, d, rest]

    assert json.loads(called(call, '{"a": 1}')) == [1, 2, "c", [], 4, {}]
    assert json.loads(called(call, '{"d": 7, "c": "f", "a": 1}')) == [1, 2, "f", [], 7, {}]


def test_an_async_function_and_a_generator_come_to_their_end() -> None:
    async def later(n: int) -> dict[str, int]:
        return {"n": n}

    def each(n: int) -> Any:
        yield from range(n)

    async def each_later() -> Any:
        yield 1

    assert called(later, '{"n": 3}') == '{"n": 3}'
    assert called(each, '{"n": 3}') == "[0, 1, 2]"
    assert called(each_later, "{}") == "[1]"


@each(
    ("result", "text"),
    [
        (None, ""),
        ("é\n", "é\n"),
        (b"\xc3\xa9", "é"),
        ({"a": "é", "b": None}, '{"a": "é", "b": null}'),
        (Place("Ulm"), '{"city": "Ulm", "near": []}'),
        ([Unit.CELSIUS, {1}, Path("a")], '["c", [1], "a"]'),
        (1.5, "1.5"),
    ],
)
def test_a_result_is_text_to_a_model(result: Any, text: str) -> None:
    assert as_text(result) == text
