"""A class made by `records.NamedTuple` is what `typing.NamedTuple` would have made of the same fields."""

import copy
import pickle
import typing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot import records
from tests.tables import each


class Point(records.NamedTuple):
    """A place on a screen."""

    x: int
    y: int = 2
    words: tuple[str, ...] = ()

    @property
    def sum(self) -> int:
        return self.x + self.y

    @classmethod
    def nowhere(cls) -> "Point":
        return cls(0, 0)


class Original(typing.NamedTuple):
    x: int
    y: int = 2
    words: tuple[str, ...] = ()


def test_it_is_made_by_place_by_name_and_by_default() -> None:
    assert Point(1) == Point(x=1) == Point(1, 2, ()) == (1, 2, ())
    assert (Point(1).sum, Point.nowhere().sum, Point(1, words=("a",)).words) == (3, 0, ("a",))


@each("given_", [((), {}), ((1, 2, (), 4), {}), ((1,), {"z": 1}), ((1,), {"x": 1})])
def test_what_does_not_fit_the_fields_is_refused_as_of_any_function(given_: tuple[Any, dict[str, Any]]) -> None:
    words, named = given_
    with pytest.raises(TypeError) as own:
        Point(*words, **named)
    with pytest.raises(TypeError) as original:
        Original(*words, **named)
    assert str(own.value).replace("Point.", "") == str(original.value).replace("Original.", "")


def test_it_is_a_tuple_that_cannot_be_changed() -> None:
    point: Any = Point(1)
    x, *_ = point
    assert (x, len(point), hash(point) == hash((1, 2, ())), isinstance(point, tuple)) == (1, 3, True, True)
    for name in ("x", "other"):
        with pytest.raises(AttributeError):
            setattr(point, name, 3)


def test_its_description_is_that_of_the_original() -> None:
    assert repr(Point(1)) == repr(Original(1)).replace("Original", "Point")
    assert (Point._fields, Point._field_defaults) == (Original._fields, Original._field_defaults)
    assert (Point.__match_args__, Point.__doc__) == (("x", "y", "words"), "A place on a screen.")
    assert typing.get_type_hints(Point) == typing.get_type_hints(Original)
    assert (Point.__name__, Point.__qualname__, Point.__module__) == ("Point", "Point", __name__)


def test_it_is_matched_copied_replaced_and_pickled() -> None:
    match Point(1, 5):
        case Point(x, y=5):
            assert x == 1
        case _:
            raise AssertionError
    assert Point(1)._replace(y=7)._asdict() == {"x": 1, "y": 7, "words": ()}
    assert Point._make([1, 2, ()]) == Point(1)
    for again in (pickle.loads(pickle.dumps(Point(1))), copy.deepcopy(Point(1))):
        assert (again, type(again)) == (Point(1), Point)
    with pytest.raises(ValueError, match="unexpected field names: \\['z'\\]"):
        Point(1)._replace(z=1)  # type: ignore[call-arg]


def test_a_field_without_a_default_after_one_with_one_is_a_fault_of_the_class() -> None:
    source = "class Wrong(NamedTuple):\n    a: int = 1\n    b: int"
    with pytest.raises(TypeError, match="without a default"):
        exec(source, {"NamedTuple": records.NamedTuple, "__name__": "x"})


@given(st.integers(0, 40))
def test_any_number_of_fields(count: int) -> None:
    names = [f"field_{at}" for at in range(count)]
    body = "".join(f"    {name}: int = {at}\n" for at, name in enumerate(names)) or "    pass\n"
    space: dict[str, Any] = {"NamedTuple": records.NamedTuple, "__name__": __name__}
    exec(f"class Made(NamedTuple):\n{body}", space)
    made = space["Made"]
    assert made() == tuple(range(count))
    assert made(*reversed(range(count)))._asdict() == dict(zip(names, reversed(range(count)), strict=True))
