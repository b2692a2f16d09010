"""What a flow needs of its workspace, as far as its files tell: for a world that has to have it.

`specs` knows which connections a flow asks for. Of what kind they are is a guess from the flow's
own code: a parameter annotated as a CustomConnection, and the fields that are read from it.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import cast

from specs.flow import Flow
from specs.flow.contents import read_contents
from specs.flow.includes import written_includes
from specs.flow.nodes import Node, read_nodes
from specs.flow.prompty import read_prompty
from specs.flow.python_source import Module, Sources, last_name, text_of
from specs.flow.report import Report
from specs.flow.tools import tool_parameters
from specs.tree import Block, read_tree

CUSTOM = "CustomConnection"
_FIELD = re.compile(r"\$\{([^.{}]+)\.([^.{}]+)\}")
_OPENAI_FIELDS = frozenset({"api_key", "api_base", "api_type", "api_version", "resource_id"})
_OWN = frozenset({"secrets", "configs", "name", "type", "module", "get", "items", "keys", "values"})
"""What every custom connection has, or a mapping."""
_MODEL_FIELDS = frozenset({"deployment_name", "azure_deployment"})


def custom_keys(flow: Flow) -> dict[str, frozenset[str]]:
    """Connections that are no Azure OpenAI: name -> the keys that the flow reads from each."""
    report = Report("", project=flow.folder)
    root = _definition(flow, report)
    includes = () if flow.kind == "prompty" else written_includes(root, report)
    sources = Sources(read_contents(flow.folder, includes=includes, report=report), report)
    found: dict[str, frozenset[str]] = {}
    for connection, keys in (
        *_of_variables(flow.environment_variables),
        *_of_nodes(read_nodes(root, report) if flow.kind == "dag" else (), sources),
        *_of_init(flow, sources),
    ):
        found[connection] = found.get(connection, frozenset()) | keys
    return {name: keys for name, keys in found.items() if name in flow.connections}


def model_deployments(flow: Flow, variables: Mapping[str, str]) -> set[str]:
    """Names of Azure OpenAI deployments that the flow asks for.

    `variables`: of the deployment; PF_FLOW_INIT_CONFIG may name some.
    """
    report = Report("", project=flow.folder)
    trees: list[object] = [_definition(flow, report)]
    for file in flow.files:
        if file.path.endswith(".prompty"):
            prompty = read_prompty(file.path, file.source, report)
            trees.append(prompty.root if prompty else None)
    trees.append(_json(variables.get("PF_FLOW_INIT_CONFIG", "")))
    inputs = {name: port.default for name, port in flow.inputs.items()}
    return {name for tree in trees for name in _models_in(tree, inputs)}


def _json(text: str) -> object:
    try:
        return cast("object", json.loads(text))
    except ValueError:
        return None


def _definition(flow: Flow, report: Report) -> Block:
    path = flow.folder / flow.definition
    if flow.kind == "prompty":
        prompty = read_prompty(flow.definition, path, report)
        return prompty.root if prompty else Block()
    return read_tree(path, flow.definition).root or Block()


def _models_in(tree: object, inputs: Mapping[str, object]) -> Iterator[str]:
    if isinstance(tree, Mapping):
        for key, value in cast("Mapping[object, object]", tree).items():
            if key not in _MODEL_FIELDS:
                yield from _models_in(value, inputs)
                continue
            named = re.fullmatch(r"\$\{inputs\.(.+)\}", str(value))
            name = inputs.get(named.group(1)) if named else value
            if isinstance(name, str) and name and "${" not in name:
                yield name
    elif isinstance(tree, list):
        for item in cast("list[object]", tree):
            yield from _models_in(item, inputs)


def _of_variables(variables: Mapping[str, str]) -> Iterator[tuple[str, frozenset[str]]]:
    """`NAME: ${connection.key}` with a key that no Azure OpenAI connection has."""
    for value in variables.values():
        match = _FIELD.fullmatch(value.strip())
        if match and match.group(2) not in _OPENAI_FIELDS:
            yield match.group(1), frozenset({match.group(2)})


def _of_nodes(nodes: tuple[Node, ...], sources: Sources) -> Iterator[tuple[str, frozenset[str]]]:
    for node in nodes:
        path = node.source.get("path")
        module = sources.module(path.removeprefix("./")) if isinstance(path, str) else None
        if module is None:
            continue
        for parameter in tool_parameters(module, sources) or ():
            value = node.inputs.get(parameter.name)
            if parameter.inferred.type == CUSTOM and isinstance(value, str):
                yield value, _read_from(parameter.name, [module])


def _of_init(flow: Flow, sources: Sources) -> Iterator[tuple[str, frozenset[str]]]:
    """Parameters of a flex flow's class."""
    for connection, users in flow.connections.items():
        for user in users:
            name = user.removeprefix("init.")
            port = flow.init.get(name) if user != name else None
            if port is not None and port.type == CUSTOM:
                yield connection, _read_from(name, list(sources.all()))


def _read_from(name: str, modules: list[Module]) -> frozenset[str]:
    """Fields that the code reads from what it calls `name`: `conn.host`, `conn.secrets["key"]`."""
    found: set[str] = set()
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and last_name(node.value) == name:
                found.add(node.attr)
            elif isinstance(node, ast.Subscript) and _holds(node.value, name):
                found.add(text_of(node.slice) or "")
    return frozenset(found - _OWN - {""})


def _holds(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.Attribute) and node.attr in ("secrets", "configs"):
        return last_name(node.value) == name
    return last_name(node) == name
