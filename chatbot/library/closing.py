"""A context manager that is closed at its end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self


class Closing(ABC):
    """What keeps connections open: `with` closes them."""

    @abstractmethod
    def close(self) -> None:
        """Closes its connections."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()
