"""Bytes -> text: encodings, and what a file that is no text is told."""

from __future__ import annotations

from dataclasses import dataclass

from specs.nodes import Place


@dataclass(frozen=True)
class Fault:
    """What is wrong with a text as YAML; the caller knows what the text is to a user."""

    id: str
    message: str
    fix: str
    place: Place


class UnusableError(Exception):
    """A text that cannot be read on."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def decoded(raw: bytes, shown: str | None) -> str:
    """The text of a file that findings call `shown`. Raises UnusableError."""
    try:
        utf16 = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = raw.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = "the file is not text in UTF-8 or UTF-16"
        fault = Fault("file-not-text", message, "Save it as UTF-8.", Place(shown, line))
        raise UnusableError(fault) from None
    for number, line_text in enumerate(text.splitlines(), start=1):
        if "\x00" in line_text:
            message = "the file holds binary data"
            fault = Fault("file-not-text", message, "Check the path.", Place(shown, number))
            raise UnusableError(fault)
    return text
