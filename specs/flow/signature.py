"""Signatures of the functions and classes that promptflow calls, as ports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from specs.flow.annotations import Inferred, base_names, find_definition, infer
from specs.flow.flow import ABSENT, Port
from specs.flow.python_source import Function, Module, Sources, last_name, text_of
from specs.tree import Place


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function, or field of a returned class."""

    name: str
    inferred: Inferred
    default: object
    """Its literal value; None where it is no literal; ABSENT where there is no default."""
    at: Place

    def port(self) -> Port:
        """As a port of the flow."""
        return Port(type=self.inferred.type, default=self.default)


def parameters(function: Function, *, module: Module, sources: Sources) -> tuple[Parameter, ...]:
    """Without `self`, `*args` and `**kwargs`, as promptflow counts them."""
    args = function.args
    positional = args.posonlyargs + args.args
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(args.defaults))
    pairs = list(zip(positional, defaults + list(args.defaults), strict=True))
    pairs += list(zip(args.kwonlyargs, args.kw_defaults, strict=True))
    return tuple(
        _parameter(arg.arg, arg.annotation, default, node=arg, module=module, sources=sources)
        for arg, default in pairs
        if arg.arg != "self"
    )


def method(
    definition: ast.ClassDef, name: str, *, module: Module, sources: Sources, depth: int = 8
) -> tuple[Module, Function] | None:
    """A method of a class or of the nearest class above it that the flow's code shows."""
    for node in definition.body:
        if isinstance(node, Function) and node.name == name:
            return module, node
    for base in definition.bases if depth else []:
        found = find_definition(last_name(base), module=module, sources=sources)
        if found is not None and isinstance(found[1], ast.ClassDef):
            above = method(found[1], name, module=found[0], sources=sources, depth=depth - 1)
            if above is not None:
                return above
    return None


@dataclass(frozen=True)
class Returned:
    """What a flex flow's entry returns."""

    fields: tuple[Parameter, ...]
    """Of a dataclass or TypedDict; empty for a plain value."""
    refused: bool
    """promptflow does not start with this annotation."""


def returned(function: Function, *, module: Module, sources: Sources) -> Returned:
    """A dataclass or TypedDict has fields; text or no annotation is one plain value."""
    annotation = function.returns
    if annotation is None:
        return Returned((), refused=False)
    if module.postpones_annotations() or isinstance(annotation, ast.Constant):
        return Returned((), refused=True)
    option = _without_none(annotation)
    if isinstance(option, ast.Call) and last_name(option) == "TypedDict":
        return Returned(_items(option, module=module, sources=sources), refused=False)
    if isinstance(option, ast.Name | ast.Attribute):
        name = last_name(option)
        if name == "str":
            return Returned((), refused=False)
        found = find_definition(name, module=module, sources=sources)
        if found is not None and isinstance(found[1], ast.ClassDef):
            return _of_class(found[1], module=found[0], sources=sources)
        made = _assigned(name, module)
        if isinstance(made, ast.Call) and last_name(made) == "TypedDict":
            return Returned(_items(made, module=module, sources=sources), refused=False)
        builtin = name in ("int", "float", "bool", "list", "dict", "Dict", "List", "Any")
        return Returned((), refused=builtin)  # a class from a package: cannot be told from here
    return Returned((), refused=True)


def _of_class(definition: ast.ClassDef, *, module: Module, sources: Sources) -> Returned:
    bases = base_names(definition, module=module, sources=sources)
    is_dataclass = any(last_name(item) == "dataclass" for item in definition.decorator_list)
    if not is_dataclass and not bases & {"TypedDict", "dict"}:
        return Returned((), refused="BaseModel" not in bases or bool(bases))
    fields = tuple(_fields(definition, module=module, sources=sources))
    return Returned(fields, refused=False)


def _fields(
    definition: ast.ClassDef, *, module: Module, sources: Sources, depth: int = 8
) -> Iterator[Parameter]:
    for base in definition.bases if depth else []:
        found = find_definition(last_name(base), module=module, sources=sources)
        if found is not None and isinstance(found[1], ast.ClassDef):
            yield from _fields(found[1], module=found[0], sources=sources, depth=depth - 1)
    for node in definition.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield _parameter(
                node.target.id, node.annotation, None, node=node, module=module, sources=sources
            )


def _assigned(name: str, module: Module) -> ast.expr | None:
    """What a module gives to a name: `Answer = TypedDict("Answer", {...})`."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and name in map(last_name, node.targets):
            return node.value
    return None


def _items(call: ast.Call, *, module: Module, sources: Sources) -> tuple[Parameter, ...]:
    """The fields of a TypedDict that is written as a call."""
    fields = call.args[1] if len(call.args) > 1 else None
    if not isinstance(fields, ast.Dict):
        return ()
    return tuple(
        _parameter(name, value, None, node=value, module=module, sources=sources)
        for key, value in zip(fields.keys, fields.values, strict=True)
        if (name := text_of(key)) is not None
    )


def _without_none(annotation: ast.expr) -> ast.expr:
    """`X` of Optional[X]."""
    if isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Optional":
        return annotation.slice
    return annotation


def _parameter(
    name: str,
    annotation: ast.expr | None,
    default: ast.expr | None,
    *,
    node: ast.AST,
    module: Module,
    sources: Sources,
) -> Parameter:
    value = ABSENT if default is None else _literal(default)
    inferred = infer(annotation, value, module=module, sources=sources)
    return Parameter(name, inferred, value, module.at(node))


def _literal(node: ast.expr) -> object:
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value if _is_json(value) else str(value)


def _is_json(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool | list | dict)
