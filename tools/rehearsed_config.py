"""The stack file as a rehearsal reads it: the user's own, without what only the cloud can give.

Encrypted values become placeholders, since nobody here may ask the secrets provider; keys that
sign in to a cloud are left out, since the local Azure has a deployer of its own. All else stays
as it is written, down to the quotes: the nodes of the YAML are changed, not its values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import yaml

from tools.checkout import ToolError

SALT = "v1:KlatkZwNpBM=:v1:AhSXaCA6scjU2y0s:449y87OU9SeWUUf4kmlTX95+AOru/g=="
"""Of the empty passphrase; with it in the file, `pulumi stack init` writes none of its own."""
_compose = cast("Callable[..., yaml.Node | None]", yaml.compose)  # pyright: ignore[reportUnknownMemberType]
_serialize = cast("Callable[[yaml.Node], str]", yaml.serialize)  # pyright: ignore[reportUnknownMemberType]
_PROVIDER = "azure-native:"
_PLACE = frozenset({"subscriptionId", "location"})
"""What is left of the plugin's own config: where things go, not who puts them there."""


@dataclass(frozen=True)
class RehearsedConfig:
    """A stack file for a rehearsal, and what is not the user's in it."""

    text: str
    """YAML. It holds the placeholder."""
    secrets: tuple[str, ...]
    """Where an encrypted value became the placeholder: `flow-endpoints:connections[0].set.key`."""
    left_out: tuple[str, ...]
    """Keys that are not passed on."""


def rehearsed(text: str, *, file: str, placeholder: str) -> RehearsedConfig:
    """The stack file `text` for a rehearsal. Raises `ToolError` when it cannot be read.

    `placeholder`: stands in for each encrypted value.
    """
    try:
        root = _compose(text, Loader=yaml.SafeLoader) or _mapping()
    except yaml.YAMLError as error:
        raise ToolError(f"cannot read {file}\n{error}") from error
    if not isinstance(root, yaml.MappingNode):
        raise ToolError(f"{file} is no mapping\nWrite `config:` and the stack's keys below it.")
    config = next((value for key, value in root.value if key.value == "config"), _mapping())
    left_out = ["environment"] if any(key.value == "environment" for key, _ in root.value) else []
    secrets: list[str] = []
    if isinstance(config, yaml.MappingNode):
        left_out += [key.value for key, _ in config.value if _signs_in(key.value)]
        config.value = [pair for pair in config.value if not _signs_in(pair[0].value)]
        secrets += _hide(config, placeholder, "")
    # Nothing of `secretsprovider`, `encryptedkey` and `encryptionsalt`: no provider is asked.
    whole = _mapping((_scalar("config"), config), (_scalar("encryptionsalt"), _scalar(SALT)))
    return RehearsedConfig(_serialize(whole), tuple(secrets), tuple(left_out))


def _signs_in(key: str) -> bool:
    return key.startswith(_PROVIDER) and key.removeprefix(_PROVIDER) not in _PLACE


def _hide(node: yaml.Node, placeholder: str, path: str) -> Iterator[str]:
    """Put the placeholder in place of every encrypted value below; yields where."""
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            if _is_encrypted(item):
                yield f"{path}[{index}]"
                node.value[index] = _scalar(placeholder)
            else:
                yield from _hide(item, placeholder, f"{path}[{index}]")
    elif isinstance(node, yaml.MappingNode):
        for index, (key, value) in enumerate(node.value):
            name = f"{path}.{key.value}" if path else key.value
            if _is_encrypted(value):
                yield name
                node.value[index] = (key, _scalar(placeholder))
            else:
                yield from _hide(value, placeholder, name)


def _is_encrypted(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode) and [key.value for key, _ in node.value] == ["secure"]


def _scalar(text: str) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style='"')


def _mapping(*pairs: tuple[yaml.Node, yaml.Node]) -> yaml.MappingNode:
    value: list[Any] = list(pairs)
    return yaml.MappingNode("tag:yaml.org,2002:map", value)
