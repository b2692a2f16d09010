"""The stack's config as plain values: every key of the run, secrets in clear."""

import json
from collections.abc import Mapping

from pulumi.runtime import config

_WORDS: Mapping[str, bool] = {"true": True, "false": False}


def stack_config() -> dict[str, object]:
    """Full keys (`flow-endpoints:workspace`) with their values.

    Pulumi hands every value over as text: objects, lists and flags are read back, other text
    stays text (a resource group may well be named 2024). Both ways in are asked: the CLI's own
    language host sets an environment variable, an embedded one sets the variable of the SDK.
    """
    raw: dict[str, str] = {**config.get_config_env(), **config.CONFIG.get()}
    return {key: _value(text) for key, text in raw.items()}


def _value(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if text.startswith(("{", "[")):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
