"""Pulumi.<stack>.yaml and Pulumi.yaml: the stack config as written, with its lines.

Pulumi hands the program values without lines, and may have changed them (`--config`, secrets);
so values come from Pulumi and lines from the file, matched by position.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from specs.documents import Findings, shown
from specs.tree import NOWHERE, Block, Items, Place, read_tree

PROJECT = "flow-endpoints"


class Secret(str):
    """A value that is encrypted in the stack file: in clear as Pulumi hands it over, or SECRET."""

    __slots__ = ()


SECRET = Secret("[secret]")
"""In place of a value that only Pulumi can decrypt."""


def read_stack_file(file: Path, *, project: Path, findings: Findings) -> Block:
    """The `config` mapping of a stack file; empty after an error finding."""
    if not file.is_file():
        place = Place(shown(file, project), None)
        fix = "Create it: pulumi stack init."
        findings.add("file-missing", f"{place.file} does not exist", fix=fix, at=place)
        return Block()
    parsed = read_tree(file, shown(file, project))
    findings.add_faults(parsed.faults)
    config = parsed.root.get("config") if parsed.root is not None else None
    if config is None:
        return Block(place=Place(shown(file, project), 1))
    if not isinstance(config, Block):
        at = parsed.root.place_of("config") if parsed.root is not None else NOWHERE
        findings.add("wrong-type", "`config` is no mapping", fix="Write keys below it.", at=at)
        return Block(place=at)
    return config


def project_defaults(directory: Path) -> Block:
    """Defaults of the project's own config keys, from Pulumi.yaml; empty where there are none."""
    file = directory / "Pulumi.yaml"
    parsed = read_tree(file, "Pulumi.yaml") if file.is_file() else None
    config = parsed.root.get("config") if parsed is not None and parsed.root is not None else None
    defaults = Block()
    for key, entry in cast(Mapping[str, object], config or {}).items():
        value = entry
        if isinstance(entry, Block):
            value = entry.get("value", entry.get("default"))
        if value is not None:
            full = key if ":" in key else f"{PROJECT}:{key}"
            defaults[full] = value
            if isinstance(config, Block):
                defaults.places[full] = config.place_of(key)
    return defaults


def own_section(config: Mapping[str, object], lines: Block) -> Block:
    """The keys of our namespace, without it, each with its place in the stack file."""
    section = Block(place=lines.place)
    for key, value in config.items():
        namespace, _, name = key.rpartition(":")
        if namespace not in (PROJECT, f"{PROJECT}:config"):
            continue
        written = lines.get(key, lines.get(f"{PROJECT}:{name}"))
        place = lines.places.get(key, lines.places.get(f"{PROJECT}:{name}", lines.place))
        section[name] = located(value, written, place)
        section.places[name] = place
        if key in lines.texts and written == value:
            section.texts[name] = lines.texts[key]
    return section


def located(value: object, written: object, place: Place) -> object:
    """`value` with the lines of what was written at the same position.

    What was written encrypted (`{secure: …}`) is Secret text, also where Pulumi decrypted it.
    """
    if _encrypted(written) and not _encrypted(value):
        return _secret(value, place)
    if isinstance(value, Mapping):
        return _located_mapping(cast(Mapping[object, object], value), written, place)
    if isinstance(value, list):
        like = written if isinstance(written, Items) else Items(place=place)
        items = Items(place=place)
        for index, item in enumerate(cast(list[object], value)):
            child = like[index] if index < len(like) else None
            where = like.place_of(index) if index < len(like) else place
            items.append(located(item, child, where))
            items.places.append(where)
        return items
    return value


def _located_mapping(value: Mapping[object, object], written: object, place: Place) -> object:
    if _encrypted(value):
        return SECRET
    like = written if isinstance(written, Block) else Block(place=place)
    block = Block(place=like.place if like.place.line else place)
    for key, item in value.items():
        name = str(key)
        where = like.places.get(name, block.place)
        block[name] = located(item, like.get(name), where)
        block.places[name] = where
        if name in like.texts and like.get(name) == item:
            block.texts[name] = like.texts[name]
    return block


def _encrypted(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    fields = cast(Mapping[object, object], value)
    return set(fields) == {"secure"} and isinstance(fields["secure"], str)


def _secret(value: object, place: Place) -> object:
    """All text in a decrypted value as Secret: a list or mapping can be encrypted as a whole."""
    if isinstance(value, Mapping):
        mapping = cast(Mapping[object, object], value)
        return Block({str(key): _secret(item, place) for key, item in mapping.items()}, place=place)
    if isinstance(value, list):
        items = cast(list[object], value)
        return Items((_secret(item, place) for item in items), place=place)
    return Secret(value) if isinstance(value, str) else value
