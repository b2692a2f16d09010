"""flow.flex.yaml: a Python function or class, whose signature is the flow's interface."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from specs.flow.annotations import CONNECTION_CLASSES, MODEL_CONFIGURATIONS, find_definition
from specs.flow.contents import Contents
from specs.flow.dag import Interface
from specs.flow.flow import ABSENT, Port
from specs.flow.ports import as_json, read_ports
from specs.flow.prompty import resolved
from specs.flow.python_source import Function, Module, Sources
from specs.flow.report import Report
from specs.flow.signature import Parameter, Returned, method, parameters, returned
from specs.flow.usage import ConnectionUse
from specs.tree import Block, Place

_ENTRY = re.compile(r"[\w.]+:\w+\Z")
_ANSWER = "output"
"""The name that promptflow gives to an answer that is one plain value."""


def read_flex(root: Block, *, sources: Sources, uses: ConnectionUse, report: Report) -> Interface:
    """Reads the entry's signature, which is what serving goes by, with what the file adds to it."""
    written = {
        "inputs": read_ports(root, "inputs", report),
        "outputs": read_ports(root, "outputs", report),
        "init": read_ports(root, "init", report, other_type=_is_init_type),
    }
    seen = _from_entry(root, sources=sources, report=report)
    interface = Interface(
        inputs=_merged(seen.inputs, written["inputs"]) if seen else written["inputs"],
        outputs=_merged(seen.outputs, written["outputs"]) if seen else written["outputs"],
        init=_merged(seen.init, written["init"]) if seen else written["init"],
        is_known=bool(written["inputs"] or seen),
    )
    _init_connections(root, interface.init, contents=sources.contents, uses=uses)
    return interface


def _merged(seen: Mapping[str, Port], written: Mapping[str, Port]) -> dict[str, Port]:
    """Names and types of the code; its objects may be described closer, and defaults given."""
    merged: dict[str, Port] = {}
    for name, port in seen.items():
        told = written.get(name)
        if told is None:
            merged[name] = port
            continue
        merged[name] = replace(
            told,
            type=told.type if port.type == "object" else port.type,
            default=port.default if told.default is ABSENT else told.default,
        )
    return merged


def _is_init_type(name: str) -> bool:
    return name in MODEL_CONFIGURATIONS or name in CONNECTION_CLASSES


def _from_entry(root: Block, *, sources: Sources, report: Report) -> Interface | None:
    entry, at = root.get("entry"), root.place_of("entry")
    if not isinstance(entry, str) or not _ENTRY.match(entry):
        message = f"`entry` is `{entry}`; it must be `module:function` or `module:Class`"
        report.error("flow-entry-invalid", at, message, "Write `entry: module:name`.")
        return None
    dotted, name = entry.split(":")
    code = str(root.get("code") or ".").removeprefix("./").strip("/")
    path = "/".join([*([] if code in ("", ".") else [code]), *dotted.split(".")]) + ".py"
    if path not in sources.contents.files:
        _missing_module(path, entry, at=at, sources=sources, report=report)
        return None
    module = sources.module(path)
    found = find_definition(name, module=module, sources=sources) if module else None
    if module is None or found is None:
        if module is not None:
            _missing_name(name, module, at=at, report=report)
        return None
    return _interface(found[0], found[1], sources=sources, report=report)


def _missing_module(path: str, entry: str, *, at: Place, sources: Sources, report: Report) -> None:
    if path in sources.contents.ignored:
        message = f"{sources.contents.ignore_file} leaves out `{path}`, which `entry` needs"
        fix = f"Add a line `!{path}` to {sources.contents.ignore_file}."
        report.error("flow-file-ignored", at, message, fix)
        return
    message = f"`entry: {entry}`: the flow has no `{path}`; it must come from an installed package"
    fix = f"Add `{path}`, or the package to requirements.txt."
    report.warning("flow-entry-missing", at, message, fix)


def _missing_name(name: str, module: Module, *, at: Place, report: Report) -> None:
    assigned = {
        target.id
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    if name in assigned or name in module.imports():
        message = f"`{name}` of `entry` is not a function or class that can be seen from here"
        fix = "Its inputs are unknown: write them under `inputs:`."
        report.warning("flow-entry-missing", at, message, fix)
        return
    known = ", ".join(f"`{item}`" for item in module.definitions()) or "none"
    message = f"`entry` names `{name}`, and {module.path} has no such function or class"
    report.error("flow-entry-missing", at, message, f"Name one of those it has: {known}.")


def _interface(
    module: Module,
    definition: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
    *,
    sources: Sources,
    report: Report,
) -> Interface | None:
    if isinstance(definition, Function):
        return _called(module, definition, (), sources=sources, report=report)
    call = method(definition, "__call__", module=module, sources=sources)
    if call is None:
        message = f"class `{definition.name}` has no `__call__` that can be seen from here"
        fix = "Give the class a `__call__`: promptflow calls it for each request."
        say = report.warning if definition.bases else report.error
        say("flow-entry-missing", module.at(definition), message, fix)
        return None
    init = method(definition, "__init__", module=module, sources=sources)
    own = parameters(init[1], module=init[0], sources=sources) if init else ()
    return _called(call[0], call[1], own, sources=sources, report=report)


def _called(
    module: Module,
    function: Function,
    init: Sequence[Parameter],
    *,
    sources: Sources,
    report: Report,
) -> Interface:
    inputs = parameters(function, module=module, sources=sources)
    answer = returned(function, module=module, sources=sources)
    for parameter in inputs:
        inferred = parameter.inferred
        _check_plain(parameter, inferred.complex or _is_init_type(inferred.type), report)
    for parameter in (*answer.fields, *init):
        _check_plain(parameter, parameter.inferred.complex, report)
    if answer.refused:
        message = f"promptflow does not start with the return annotation of `{function.name}`"
        fix = "Annotate `-> str`, a dataclass or a TypedDict; a stream of text is `-> str` too."
        report.error("flow-entry-annotation", module.at(function), message, fix)
    return Interface(_ports(inputs), _answer(answer), _ports(init))


def _check_plain(parameter: Parameter, is_complex: bool, report: Report) -> None:
    if is_complex:
        message = f"promptflow does not start with the annotation of `{parameter.name}`"
        fix = "It takes str, int, float, bool, list and dict, without brackets or quotes."
        report.error("flow-entry-annotation", parameter.at, message, fix)


def _ports(items: Sequence[Parameter]) -> dict[str, Port]:
    return {item.name: item.port() for item in items}


def _answer(answer: Returned) -> dict[str, Port]:
    if answer.fields:
        return {item.name: Port(type=item.inferred.type) for item in answer.fields}
    return {_ANSWER: Port(type="string")}


def sample_part(root: Block, part: str, contents: Contents) -> dict[str, object]:
    """`sample.inputs` or `sample.init`; each may be `${file:…}`."""
    sample = resolved(root.get("sample"), "", contents)
    found = cast(dict[str, object], sample).get(part) if isinstance(sample, dict) else None
    found = resolved(found, "", contents)
    return cast(dict[str, object], as_json(cast(object, found))) if isinstance(found, dict) else {}


def _init_connections(
    root: Block, init: Mapping[str, Port], *, contents: Contents, uses: ConnectionUse
) -> None:
    """Connections in `sample.init`, which serving falls back to, and in defaults."""
    for name, value in sample_part(root, "init", contents).items():
        port = init.get(name)
        if isinstance(value, dict):
            settings = cast(dict[str, object], value)
            uses.add(str(settings.get("connection") or ""), f"init.{name}")
        elif isinstance(value, str) and port is not None and port.type in CONNECTION_CLASSES:
            uses.add(value, f"init.{name}")
    for name, port in init.items():
        default = port.default
        if isinstance(default, dict):
            settings = cast(dict[str, object], default)
            uses.add(str(settings.get("connection") or ""), f"init.{name}")
        elif isinstance(default, str) and port.type in CONNECTION_CLASSES:
            uses.add(default, f"init.{name}")
