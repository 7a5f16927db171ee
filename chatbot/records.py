"""`typing.NamedTuple`, compiled once for each number of fields instead of once for each class: a question needs
some 120 of them, and they were every seventh millisecond before its request left.

To a type checker it is the original. Fields, defaults, methods and pickles are as there; a class is not generic.
"""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or sys.version_info >= (3, 14):  # where a class body keeps its annotations in another place
    from typing import NamedTuple as NamedTuple
else:
    from _collections import _tuplegetter  # what collections.namedtuple reads its fields with
    from functools import cache
    from types import FunctionType

    _GLOBALS = {"new": tuple.__new__, "__builtins__": {}, "__name__": __name__}
    _getter = cache(_tuplegetter)

    class _Record(tuple):
        __slots__ = ()

        @classmethod
        def _make(cls, values):
            return cls(*values)

        def _replace(self, /, **values):
            made = self._make(map(values.pop, self._fields, self))
            if values:
                raise ValueError(f"Got unexpected field names: {list(values)!r}")
            return made

        __replace__ = _replace

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            values = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({values})"

        def __getnewargs__(self):
            return tuple(self)

    @cache
    def _code_of_new(fields):
        """What makes an instance of so many fields, under no names yet."""
        names = ", ".join(f"_{at}" for at in range(fields))
        return eval(
            f"lambda cls, {names}: new(cls, ({names},))" if names else "lambda cls: new(cls)", _GLOBALS
        ).__code__

    class _Declared(type):
        """Makes a class that begins as one of `NamedTuple` a tuple with names."""

        def __new__(cls, name, bases, namespace):
            fields = tuple(namespace.get("__annotations__", ()))
            defaults = {field: namespace[field] for field in fields if field in namespace}
            if tuple(defaults) != fields[len(fields) - len(defaults) :]:
                raise TypeError(f"{name}: a field without a default follows one that has one")
            names = {"co_varnames": ("_cls", *fields), "co_name": "__new__", "co_qualname": f"{name}.__new__"}
            code = _code_of_new(len(fields)).replace(**names)
            new = FunctionType(code, _GLOBALS, "__new__", tuple(defaults.values()))
            namespace |= {field: _getter(at, None) for at, field in enumerate(fields)}
            namespace |= {"__slots__": (), "__match_args__": fields, "__new__": new}
            namespace |= {"_fields": fields, "_field_defaults": defaults}
            return type(name, (_Record,), namespace)

    NamedTuple = type.__new__(_Declared, "NamedTuple", (), {})
