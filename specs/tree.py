"""YAML text -> data that knows its lines.

Owns YAML syntax and what users get wrong in it. Scalars mean what PyYAML's safe
loader (and so azure-ai-ml) makes of them: YAML 1.1, where `off` is a boolean.
Nothing here knows what a document is about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import yaml

from specs.nodes import NOWHERE as NOWHERE
from specs.nodes import Block as Block
from specs.nodes import Items as Items
from specs.nodes import Place as Place
from specs.nodes import plain as plain
from specs.text import Fault as Fault
from specs.text import UnusableError, decoded

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml: slower, same meaning
    from yaml import SafeLoader as _Loader

MAX_BYTES = 1_000_000
"""Far above any hand-written document; keeps a mistaken path to a model file from being parsed."""
MAX_NODES = 50_000
"""After aliases are expanded, which is how a small file becomes a huge one."""
MAX_DEPTH = 100


@dataclass(frozen=True)
class Parsed:
    """A mapping, or the reasons why there is none; a mapping may come with faults."""

    root: Block | None
    faults: tuple[Fault, ...]


def read_tree(path: Path, shown: str) -> Parsed:
    """The mapping in a file, which findings call `shown`. Never raises for its content."""
    place = Place(shown, None)
    try:
        if path.stat().st_size > MAX_BYTES:
            message = f"the file is larger than {MAX_BYTES // 1000} kB; it cannot be a document"
            return _refused("file-too-large", message, "Check the path.", place)
        raw = path.read_bytes()
    except FileNotFoundError:
        return _refused("file-missing", "there is no such file", "Check the path.", place)
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        reason = (error.strerror if isinstance(error, OSError) else None) or "illegal path"
        fix = "Give yourself read access, or correct the path."
        return _refused("file-unreadable", f"the file cannot be read: {reason}", fix, place)
    return parse_tree(raw, shown)


def parse_tree(raw: bytes, shown: str | None) -> Parsed:
    """The mapping in a text of unknown encoding (UTF-8 or UTF-16, with or without a BOM)."""
    try:
        return _Reader(shown).read(decoded(raw, shown))
    except UnusableError as refusal:
        return Parsed(None, (refusal.fault,))


def _refused(rule: str, message: str, fix: str, place: Place) -> Parsed:
    return Parsed(None, (Fault(rule, message, fix, place),))


@dataclass
class _Reader:
    """Turns one text's nodes into data, counting what it makes."""

    shown: str | None
    faults: list[Fault] = field(default_factory=list[Fault])
    made: int = 0
    open: set[int] = field(default_factory=set[int])
    depth: int = 0

    def read(self, text: str) -> Parsed:
        loader = self._loader(text)
        try:
            root: object = loader.get_single_node()
        except (yaml.YAMLError, RecursionError) as error:
            raise self._syntax(error, text) from None
        if root is None:
            raise self._unusable("file-empty", "the file holds nothing", "Write the document.", 1)
        if not isinstance(root, yaml.MappingNode):
            message = "the file holds no mapping (lines of the form `key: value`)"
            raise self._unusable("not-a-mapping", message, "Check the path and the file.", 1)
        self.scalars = loader
        return Parsed(self._block(root), tuple(self.faults))

    def _loader(self, text: str) -> yaml.SafeLoader:
        try:
            return cast(yaml.SafeLoader, _Loader(text))
        except yaml.YAMLError as error:  # the pure loader checks characters at once
            raise self._syntax(error, text) from None

    def _value(self, node: yaml.Node) -> object:
        self.made += 1
        if self.made > MAX_NODES:
            message = f"the document has more than {MAX_NODES} values once aliases are expanded"
            raise self._unusable("document-too-large", message, "Remove the aliases.", _line(node))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if id(node) in self.open:
            message = "an alias (*name) refers to the value that contains it"
            raise self._unusable("alias-cycle", message, "Write the value out.", _line(node))
        if len(self.open) > MAX_DEPTH:
            message = f"the document is nested more than {MAX_DEPTH} levels deep"
            raise self._unusable("document-too-large", message, "Check the file.", _line(node))
        self._check_tag(node)
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._block(node)
            return self._items(cast(yaml.SequenceNode, node))
        finally:
            self.open.discard(id(node))

    def _check_tag(self, node: yaml.Node) -> None:
        if not str(node.tag).startswith(("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")):
            message = f"the tag `{str(node.tag)[:60]}` means nothing here"
            place = Place(self.shown, _line(node))
            self.faults.append(Fault("yaml-syntax", message, "Remove the tag.", place))

    def _items(self, node: yaml.SequenceNode) -> Items:
        children = cast(list[yaml.Node], node.value)
        places = [Place(self.shown, _line(child)) for child in children]
        values = [self._value(child) for child in children]
        return Items(values, place=Place(self.shown, _line(node)), places=places)

    def _block(self, node: yaml.MappingNode) -> Block:
        self.open.add(id(node))
        block = Block(place=Place(self.shown, _line(node)))
        merged: list[yaml.Node] = []
        for key_node, value_node in cast(list[tuple[yaml.Node, yaml.Node]], node.value):
            if key_node.tag == "tag:yaml.org,2002:merge":
                merged.append(value_node)
                continue
            key = self._key(key_node)
            place = Place(self.shown, _line(key_node))
            if key in block:
                self._duplicate(key, block.places[key], place)
            block[key] = self._value(value_node)
            block.places[key] = place
            if isinstance(value_node, yaml.ScalarNode) and not isinstance(block[key], str):
                block.texts[key] = str(value_node.value)
        for source in merged:
            self._merge(block, source)
        return block

    def _merge(self, block: Block, source: yaml.Node) -> None:
        for value in v if isinstance(v := self._value(source), Items) else [v]:
            if not isinstance(value, Block):
                message = "`<<` merges mappings only"
                fix = "Refer to a mapping (*name)."
                self.faults.append(Fault("yaml-syntax", message, fix, block.place))
                continue
            for key in value:
                if key not in block:
                    block[key] = value[key]
                    block.places[key] = value.places[key]

    def _key(self, node: yaml.Node) -> str:
        if isinstance(node, yaml.ScalarNode):
            value = self._scalar(node)
            if isinstance(value, str):
                return value
            # A key that YAML reads as a number or boolean (`1:`, `on:`): its text was meant.
            return str(node.value)
        message, fix = "a key is a list or a mapping", "Keys are plain names."
        if isinstance(node, yaml.MappingNode) and len(node.value) == 1:
            inner = cast(yaml.Node, node.value[0][0])
            if isinstance(inner, yaml.ScalarNode):
                message, fix = f"`{{{{{inner.value}}}}}` was not filled in", "Write its value."
        raise self._unusable("yaml-syntax", message, fix, _line(node))

    def _scalar(self, node: yaml.ScalarNode) -> object:
        try:
            return cast(object, self.scalars.construct_object(node))  # pyright: ignore[reportUnknownMemberType]
        except (yaml.YAMLError, ValueError, OverflowError):
            message = f"`{str(node.value)[:40]}` cannot be read as a YAML value"
            self.faults.append(
                Fault("yaml-value", message, "Put it in quotes.", Place(self.shown, _line(node)))
            )
            return str(node.value)

    def _duplicate(self, key: str, first: Place, second: Place) -> None:
        message = f"`{key}` is given twice, in lines {first.line} and {second.line}"
        fix = "Keep one of them."
        self.faults.append(Fault("duplicate-key", message, fix, second))

    def _unusable(self, rule: str, message: str, fix: str, line: int | None) -> UnusableError:
        return UnusableError(Fault(rule, message, fix, Place(self.shown, line)))

    def _syntax(self, error: Exception, text: str) -> UnusableError:
        context = str(getattr(error, "context", ""))
        marks = [getattr(error, "problem_mark", None), getattr(error, "context_mark", None)]
        if "flow" in context or "quoted" in context:
            marks.reverse()  # where the bracket or quote was opened; the problem is at the end
        mark = marks[0] or marks[1]
        at = getattr(mark, "line", None)  # two classes of marks: PyYAML's and libyaml's
        line = at + 1 if isinstance(at, int) else None
        problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "")
        if isinstance(error, RecursionError):
            problem = "it is nested too deeply"
        if "single document" in context:
            message = "the file holds several documents (a line `---`); one is expected"
            return self._unusable("several-documents", message, "Split the file.", line)
        lines = text.splitlines()
        if line is not None and line <= len(lines) and "\t" in lines[line - 1]:
            message = "a tab; YAML is indented with spaces only"
            return self._unusable("yaml-tab", message, "Replace tabs by spaces.", line)
        message = f"the file is not YAML: {problem or 'it cannot be parsed'}"
        return self._unusable("yaml-syntax", message, "Correct it here or a line above.", line)


def _line(node: yaml.Node) -> int | None:
    mark = cast("yaml.Mark | None", node.start_mark)
    return mark.line + 1 if mark is not None else None
