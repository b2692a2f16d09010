"""The field types of CLI v2 documents.

A field accepts what azure-ai-ml's schemas accept and turns it into the same value; what they
refuse is a finding. Where the two differ on purpose, we are stricter: 3.7 instances are refused,
not cut to 3.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Annotated, cast

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError
from typing_extensions import LiteralString

from specs.documents import Findings, a_kind
from specs.tree import Block


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


def what_is(value: object) -> str:
    """What a value of a document is, in words."""
    return "empty" if isinstance(value, Empty) else a_kind(value)


def _text(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, Empty | Mapping | list):
        kind = what_is(cast(object, value))
        raise refuse(f"is {kind}; text is expected", "Give it a value or remove the line.")
    raise refuse(f"is {what_is(value)} to YAML; text is expected", "Put the value in quotes.")


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
        raise refuse(f"is {what_is(value)}; a whole number is expected", "Give a whole number.")
    if abs(number) > LARGEST:
        raise refuse(f"is more than {LARGEST}", "Give a smaller number.", "wrong-value")
    return number


def _number(value: object) -> object:
    try:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return float(value)
    except ValueError:
        pass
    raise refuse(f"is {what_is(value)}; a number is expected", "Give a number.")


def _flag(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int | float) and str(value) in TRUE | FALSE:
        return str(value) in TRUE
    raise refuse(f"is {what_is(value)}; true or false is expected", "Write true or false.")


def _version(value: object) -> object:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    raise refuse(f"is {what_is(value)}; a version is text", "Put the version in quotes.")


def _text_map(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, Mapping):
        raise refuse(
            f"is {what_is(value)}; a mapping of names to text is expected", "Write a mapping."
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
        result[str(key)] = _as_sent(item)
        if isinstance(block, Block) and findings is not None:
            _warn_of_rewriting(block, key, result[str(key)], findings)
    return result


def _as_sent(item: object) -> str:
    """Text as azure-ai-ml sends it: `True` for true, a time in UTC (`2024-01-01T10:00:00Z`)."""
    if isinstance(item, datetime):
        utc = item.astimezone(timezone.utc) if item.tzinfo is not None else item
        return f"{utc.replace(tzinfo=None).isoformat()}Z"
    return str(item)


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


# JSON Schemas: `pulumi config set` writes numbers and booleans as text.
Text = Annotated[str, BeforeValidator(_text)]
Whole = Annotated[
    int,
    BeforeValidator(_whole),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^-?[0-9]+$"}]}),
]
Number = Annotated[float, BeforeValidator(_number)]
Flag = Annotated[
    bool, BeforeValidator(_flag), WithJsonSchema({"enum": [True, False, "true", "false"]})
]
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
        raise refuse(f"is {what_is(value)}; it can be {listed}", f"Use one of: {listed}.")

    return BeforeValidator(check)
