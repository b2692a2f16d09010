"""The nodes of a tree: data that knows where it was written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, cast


class Place(NamedTuple):
    """Where something was written."""

    file: str | None
    """Path for people, relative to the project, with forward slashes."""
    line: int | None
    """1-based."""


NOWHERE = Place(None, None)


class Block(dict[str, object]):
    """A YAML mapping that knows where it and each of its keys stand."""

    def __init__(
        self,
        values: Mapping[str, object] | None = None,
        *,
        place: Place = NOWHERE,
        places: Mapping[str, Place] | None = None,
    ) -> None:
        super().__init__(values or {})
        self.place = place
        self.places: dict[str, Place] = dict(places or {})
        self.texts: dict[str, str] = {}
        """What stands in the file for a value that YAML does not read as text: `off`, `1.10`."""

    def place_of(self, key: str) -> Place:
        """Place of a key; for one that is missing, where the mapping begins."""
        return self.places.get(key, self.place)


class Items(list[object]):
    """A YAML sequence that knows where its items stand."""

    def __init__(
        self,
        values: Iterable[object] = (),
        *,
        place: Place = NOWHERE,
        places: Iterable[Place] = (),
    ) -> None:
        super().__init__(values)
        self.place = place
        self.places: list[Place] = list(places)

    def place_of(self, index: int) -> Place:
        """Place of an item, or of the sequence where the index is out of it."""
        return self.places[index] if 0 <= index < len(self.places) else self.place


def plain(value: object) -> object:
    """The same data in plain dicts and lists."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in cast(Mapping[object, object], value).items()}
    if isinstance(value, list):
        return [plain(item) for item in cast(list[object], value)]
    return value
