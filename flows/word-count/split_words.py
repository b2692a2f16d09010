import re

from promptflow.core import tool


@tool
def split_words(text: str) -> list:
    """The words of a text, in lower case and in order."""
    return re.findall(r"[a-z]+(?:'[a-z]+)?", text.lower())
