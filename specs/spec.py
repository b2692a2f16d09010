"""Spec: a mapping of a document as a checked model, and how it is read.

What a single field accepts is the matter of `fields.py`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import ClassVar, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, model_validator
from pydantic_core import ErrorDetails

from specs.documents import Findings, place_in
from specs.fields import EMPTY, refuse, what_is
from specs.tree import Block, Items


class Spec(BaseModel):
    """A mapping of a document. Unknown fields are findings and do not hide other errors."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True
    )

    read_only: ClassVar[frozenset[str]] = frozenset()
    """Fields that the service fills in; azure-ai-ml ignores them in a file, and so do we."""
    nullable: ClassVar[frozenset[str]] = frozenset()
    """Fields that may be empty."""
    elsewhere: ClassVar[Mapping[str, str]] = {}
    """Fields that people expect here, and what to do about them."""

    @classmethod
    def field_names(cls) -> list[str]:
        """Names as users write them."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    @model_validator(mode="before")
    @classmethod
    def _known_fields(cls, data: object, info: ValidationInfo) -> object:
        if not isinstance(data, Mapping):
            raise refuse(f"is {what_is(data)}; a mapping is expected", "Write its fields below it.")
        block = cast(Mapping[str, object], data)
        known, result = cls.field_names(), dict[str, object]()
        for key, value in block.items():
            if key in known:
                result[key] = EMPTY if value is None and key not in cls.nullable else value
            elif key != "$schema" and key not in cls.read_only:
                cls._unknown(key, block, info)
        return result

    @classmethod
    def _unknown(cls, key: str, block: Mapping[str, object], info: ValidationInfo) -> None:
        findings = cast("Findings | None", info.context)
        if findings is None:
            return
        absent = [name for name in cls.field_names() if name not in block]
        words = {name.lower().replace("_", ""): name for name in absent}
        near = difflib.get_close_matches(key.lower().replace("_", ""), list(words), n=1, cutoff=0.7)
        if key in cls.elsewhere:
            fix = cls.elsewhere[key]
        elif near:
            fix = f"Did you mean `{words[near[0]]}`?"
        else:
            fix = "Remove it."
        place = block.place_of(key) if isinstance(block, Block) else place_in(block)
        findings.add("unknown-field", f"there is no field `{key}` here", fix=fix, at=place)


SpecT = TypeVar("SpecT", bound=Spec)

_CORRECT = "Correct the value."
_SHAPES: Mapping[str, tuple[str, str]] = {
    "dict_type": ("a mapping", "Write `name: value` lines below it, or remove it."),
    "list_type": ("a list", "Write `- …` items below it, or remove it."),
}
"""pydantic's own refusals of containers, in our words."""


def read_spec(kind: type[SpecT], data: Block, *, findings: Findings) -> SpecT | None:
    """The document as a model, or None. All that is wrong with it is added to `findings`."""
    before = len(findings.found)
    try:
        spec = kind.model_validate(data, context=findings)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _report(detail, data, findings)
        return None
    broken = any(finding.severity == "error" for finding in findings.found[before:])
    return None if broken else spec


def _report(detail: ErrorDetails, data: Block, findings: Findings) -> None:
    path = _written_path(detail, data)
    name = ".".join(str(key) for key in path)
    place = place_in(data, *path)
    context = cast(Mapping[str, object], detail.get("ctx", {}))
    if detail["type"] == "missing":
        fix = f"Add `{path[-1]}: …`."
        findings.add("missing-field", f"`{name}` is missing", fix=fix, at=place)
        return
    message, fix = str(context.get("message", detail["msg"])), str(context.get("fix", _CORRECT))
    if detail["type"] in _SHAPES:
        shape, fix = _SHAPES[detail["type"]]
        message = f"is {what_is(detail['input'])}; {shape} is expected"
    rule = detail["type"] if "message" in context else "wrong-type"
    text = f"`{name}` {message}" if name else f"the document {message}"
    findings.add(rule, text, fix=fix, at=place)


def _written_path(detail: ErrorDetails, data: Block) -> list[str | int]:
    """The error's location without the tags that pydantic adds for unions."""
    path: list[str | int] = []
    value: object = data
    for index, key in enumerate(detail["loc"]):
        if isinstance(value, Mapping) and key in value:
            value = cast(Mapping[object, object], value)[key]
        elif isinstance(value, Items) and isinstance(key, int) and key < len(value):
            value = value[key]
        elif not (index == len(detail["loc"]) - 1 and detail["type"] == "missing"):
            continue
        path.append(key)
    return path
