"""Python annotations -> promptflow's types, as promptflow infers them (1.18).

Only bare `int`, `float`, `bool`, `str` and `list` have a type of their own, and `dict` is an
object; anything richer (`List[str]`, `dict[str, int]`, `str | None`) is a complex type to
promptflow, which refuses it in a flex flow.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from specs.flow.flow import ABSENT
from specs.flow.python_source import Module, Sources, last_name

_TYPES = {
    "int": "int",
    "float": "double",
    "bool": "bool",
    "str": "string",
    "list": "list",
    "dict": "object",
    "Secret": "secret",
    "PromptTemplate": "prompt_template",
    "FilePath": "file_path",
    "Image": "image",
    "AssistantDefinition": "assistant_definition",
}
CONNECTION_CLASSES = frozenset(
    {
        "AzureOpenAIConnection",
        "OpenAIConnection",
        "ServerlessConnection",
        "SerpConnection",
        "QdrantConnection",
        "WeaviateConnection",
        "CognitiveSearchConnection",
        "AzureAIServicesConnection",
        "AzureContentSafetyConnection",
        "FormRecognizerConnection",
        "CustomConnection",
    }
)
MODEL_CONFIGURATIONS = frozenset({"AzureOpenAIModelConfiguration", "OpenAIModelConfiguration"})
_STRONG = "CustomStrongTypeConnection"


@dataclass(frozen=True)
class Inferred:
    """What promptflow makes of an annotation."""

    type: str
    """A promptflow type, a connection class or a model configuration class."""
    complex: bool = False
    """promptflow refuses it as an input or output of a flex flow."""

    @property
    def is_connection(self) -> bool:
        """Whether a value for it names a workspace connection."""
        return self.type in CONNECTION_CLASSES


_OBJECT = Inferred("object")
_COMPLEX = Inferred("object", complex=True)


def infer(
    annotation: ast.expr | None, default: object, *, module: Module, sources: Sources
) -> Inferred:
    """The type of a parameter. `default`: its literal default, ABSENT where there is none."""
    if annotation is None:
        return Inferred(_type_of_value(default)) if default is not ABSENT else _OBJECT
    if module.postpones_annotations() or isinstance(annotation, ast.Constant):
        return _COMPLEX  # promptflow compares the annotation itself: a string is no type to it
    options = _union(annotation)
    if options is not None:
        return _of_union(options, module=module, sources=sources)
    name = last_name(annotation)
    if name in _TYPES and not isinstance(annotation, ast.Call):
        return Inferred(_TYPES[name])
    if name in MODEL_CONFIGURATIONS or name in CONNECTION_CLASSES:
        return Inferred(name)
    return _of_class(name, module=module, sources=sources) or _COMPLEX


def _is_empty(annotation: ast.expr) -> bool:
    return isinstance(annotation, ast.Constant) and annotation.value is None


def _type_of_value(value: object) -> str:
    name = type(value).__name__
    return _TYPES.get(name, "object")


def _union(annotation: ast.expr) -> list[ast.expr] | None:
    """The members of Optional[...] and Union[...] without None. `A | B` is none to promptflow."""
    if not isinstance(annotation, ast.Subscript):
        return None
    name = last_name(annotation.value)
    if name not in ("Optional", "Union"):
        return None
    inner = annotation.slice
    members = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    flat: list[ast.expr] = []
    for member in members:
        nested = _union(member)
        flat += nested if nested is not None else [] if _is_empty(member) else [member]
    return flat


def _of_union(options: list[ast.expr], *, module: Module, sources: Sources) -> Inferred:
    if not options:
        return _COMPLEX
    inferred = [infer(option, ABSENT, module=module, sources=sources) for option in options]
    if len(inferred) == 1 or all(option.is_connection for option in inferred):
        return inferred[0]
    plain_dicts = all(last_name(option) == "dict" for option in options)
    return _OBJECT if plain_dicts else _COMPLEX


def _of_class(name: str, *, module: Module, sources: Sources) -> Inferred | None:
    """A class of the flow, or one imported from elsewhere under a telling name."""
    found = find_definition(name, module=module, sources=sources)
    if found is not None and isinstance(found[1], ast.ClassDef):
        bases = base_names(found[1], module=found[0], sources=sources)
        if bases & {"Enum", "IntEnum", "StrEnum"}:
            return Inferred("string")
        return Inferred("CustomConnection") if _STRONG in bases else None
    # A package's own CustomStrongTypeConnection: its name is all that can be seen from here.
    foreign = found is None and name in module.imports() and name.endswith("Connection")
    return Inferred("CustomConnection") if foreign else None


def find_definition(
    name: str, *, module: Module, sources: Sources, depth: int = 8
) -> tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef] | None:
    """A function or class by its name in a module, also where the flow's code imports it from."""
    definition = module.definitions().get(name)
    if definition is not None:
        return module, definition
    origin = module.imports().get(name)
    if origin is None or depth == 0:
        return None
    home = sources.imported(module, origin[0])
    if home is None:
        return None
    return find_definition(origin[1], module=home, sources=sources, depth=depth - 1)


def base_names(
    definition: ast.ClassDef, *, module: Module, sources: Sources, depth: int = 8
) -> set[str]:
    """Names of all classes above one, as far as the flow's own code shows them."""
    names: set[str] = set()
    for base in definition.bases:
        name = last_name(base)
        names.add(name)
        found = find_definition(name, module=module, sources=sources) if depth else None
        if found is not None and isinstance(found[1], ast.ClassDef):
            names |= base_names(found[1], module=found[0], sources=sources, depth=depth - 1)
    return names
