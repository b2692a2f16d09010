"""The field types of CLI v2 documents, and how a document becomes a checked model.

A field accepts what azure-ai-ml's schemas accept and turns it into the same value; what they
refuse is a finding. Where the two differ on purpose, we are stricter: 3.7 instances are refused,
not cut to 3.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, TypeVar, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError
from typing_extensions import LiteralString

from specs.documents import Findings, a_kind, place_in
from specs.tree import Block, Items


class Empty:
    """Stands for `key:` with nothing after it, which azure-ai-ml refuses almost everywhere."""


EMPTY = Empty()

LARGEST = 2**31 - 1
"""ARM's whole numbers have 32 bits."""
TRUE = {"t", "T", "true", "True", "TRUE", "on", "On", "ON", "y", "Y", "yes", "Yes", "YES", "1"}
FALSE = {"f", "F", "false", "False", "FALSE", "off", "Off", "OFF", "n", "N", "no", "No", "NO", "0"}


def refuse(message: str, fix: str, rule: str = "wrong-type") -> PydanticCustomError:
    """The error that a field raises; becomes a finding with the field's name, file and line."""
    return PydanticCustomError(
        cast(LiteralString, rule), "{message}", {"message": message, "fix": fix}
    )


def _kind(value: object) -> str:
    return "empty" if isinstance(value, Empty) else a_kind(value)


def _text(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, Empty | Mapping | list):
        kind = _kind(cast(object, value))
        raise refuse(f"is {kind}; text is expected", "Give it a value or remove the line.")
    raise refuse(f"is {_kind(value)} to YAML; text is expected", "Put the value in quotes.")


def _whole(value: object) -> object:
    number = None
    try:
        if (
            isinstance(value, str)
            or (isinstance(value, int) and not isinstance(value, bool))
            or (isinstance(value, float) and value.is_integer())
        ):
            number = int(value)
    except ValueError:
        pass
    if number is None:
        raise refuse(f"is {_kind(value)}; a whole number is expected", "Give a whole number.")
    if abs(number) > LARGEST:
        raise refuse(f"is more than {LARGEST}", "Give a smaller number.", "wrong-value")
    return number


def _number(value: object) -> object:
    try:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return float(value)
    except ValueError:
        pass
    raise refuse(f"is {_kind(value)}; a number is expected", "Give a number.")


def _flag(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int | float) and str(value) in TRUE | FALSE:
        return str(value) in TRUE
    raise refuse(f"is {_kind(value)}; true or false is expected", "Write true or false.")


def _version(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    raise refuse(f"is {_kind(value)}; a version is text", "Put the version in quotes.")


def _text_map(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, Mapping):
        raise refuse(
            f"is {_kind(value)}; a mapping of names to text is expected", "Write a mapping."
        )
    findings = cast("Findings | None", info.context)
    block = cast(Mapping[str, object], value)
    result: dict[str, str] = {}
    for key, item in block.items():
        if isinstance(item, Mapping | list):
            message = f"holds {a_kind(cast(object, item))} for `{key}`; only text can be sent"
            raise refuse(message, "Give text, for example the value as JSON in quotes.")
        if item is None:
            continue
        result[str(key)] = str(item)
        if isinstance(block, Block) and findings is not None:
            _warn_of_rewriting(block, key, str(item), findings)
    return result


def _warn_of_rewriting(block: Block, key: str, sent: str, findings: Findings) -> None:
    written = block.texts.get(key)
    if written is None or written == sent:
        return
    findings.add(
        "yaml-text",
        f"`{key}: {written}` is sent as `{sent}`: YAML does not read it as text",
        fix=f'Put it in quotes: {key}: "{written}".',
        at=block.place_of(key),
        severity="warning",
    )


Text = Annotated[str, BeforeValidator(_text)]
Whole = Annotated[int, BeforeValidator(_whole)]
Number = Annotated[float, BeforeValidator(_number)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Version = Annotated[str, BeforeValidator(_version)]
TextMap = Annotated[dict[str, str], BeforeValidator(_text_map)]


def snake(text: str) -> str:
    """`AMLToken` -> `aml_token`, as azure-ai-ml reads the words of an enumeration."""
    split = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", text)
    return re.sub("([a-z0-9])([A-Z])", r"\1_\2", split).lower()


def one_of(*words: str, camel: bool = True) -> BeforeValidator:
    """A word of an enumeration, in any case (`camel`: also in CamelCase)."""

    def check(value: object) -> object:
        listed = ", ".join(words)
        if isinstance(value, str):
            word = snake(value) if camel else value.lower()
            if word in words:
                return word
            near = difflib.get_close_matches(word, words, n=1)
            fix = f"Write {near[0]}." if near else f"Use one of: {listed}."
            raise refuse(f"is `{value[:60]}`; it can be {listed}", fix, "wrong-value")
        if isinstance(value, bool) and {"true", "false"} & set(words):
            fix = f'Put it in quotes: "{str(value).lower()}".'
            raise refuse(f"is a boolean to YAML; it is text here: {listed}", fix)
        raise refuse(f"is {_kind(value)}; it can be {listed}", f"Use one of: {listed}.")

    return BeforeValidator(check)


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
            raise refuse(f"is {_kind(data)}; a mapping is expected", "Write its fields below it.")
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
    message = str(context.get("message", detail["msg"]))
    fix = str(context.get("fix", "Correct the value."))
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
