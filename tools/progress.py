"""From the engine's events to what is shown: steps as they end, findings, what went wrong."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from tools.lines import Lines, duration
from tools.nouns import Values, called, is_shown

_SIGNS = {"create": "+", "update": "~", "delete": "-", "replace": "±", "import": "="}
_DOING = {"create": "creating", "update": "updating", "delete": "deleting", "replace": "replacing"}
_VERBS = {"create-replacement": "replace", "delete-replaced": "delete"}
_NOT_STEPS = frozenset({"same", "refresh", "read", "read-replacement", "refresh-replacement"})
_ENGINE_NOISE = ("update failed", "preview failed", "destroy failed")
_CANCELED = re.compile(r'(update|preview|destroy) canceled|[^"]*\boperation was cancell?ed\b[^"]*')
INTERRUPTED = "interrupted\nWhat was done is kept: run it again to go on."
_PLUGIN_NOTE = re.compile(r"using pulumi-\S+ from \$PATH")
_FRAMES = re.compile(r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*", re.MULTILINE)
_PLUGIN_ERROR = re.compile(r'^\W*Status=\d+ Code="', re.MULTILINE)
_EXCEPTION_NAME = re.compile(r"^(?:[A-Za-z_]\w*\.)*[A-Z]\w*: ")
HEARTBEAT_SECONDS = 60


@dataclass
class Step:
    """One operation on one resource."""

    sign: str
    name: str
    doing: str
    began: float
    told: float
    """When it was last said, where lines cannot be written over, that it goes on."""


@dataclass
class Progress:
    """Takes events, shows what goes on, and keeps what is to be said at the end."""

    lines: Lines
    label: str
    preview: bool = False
    clock: Callable[[], float] = time.monotonic
    done: list[str] = field(default_factory=list[str])
    """Finished steps: `+ endpoint basic-chat 1 s`."""
    errors: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])
    outputs: Values = field(default_factory=dict[str, object])
    """The stack's outputs."""
    result: str = ""
    """`succeeded` or `failed`; empty when the engine did not come to an end."""
    unchanged: int = 0
    _running: dict[str, Step] = field(default_factory=dict[str, Step])

    def take(self, event: Mapping[str, object]) -> None:
        """One event of the engine."""
        for kind, handle in (
            ("resourcePreEvent", self._begin),
            ("resOutputsEvent", self._end),
            ("resOpFailedEvent", self._fail),
            ("diagnosticEvent", self._diagnostic),
            ("summaryEvent", self._summary),
        ):
            body = event.get(kind)
            if isinstance(body, dict):
                handle(cast("Values", body))
        self.tick()

    def tick(self) -> None:
        """Show what runs now; called at least once a second."""
        now = self.clock()
        if self._running:
            running = ", ".join(
                f"{step.name} {step.doing} {duration(now - step.began)}"
                for step in self._running.values()
                if now - step.began >= 1
            )
            self.lines.passing(self.label, running)
        if self.lines.live:
            return
        for step in self._running.values():
            if now - step.told >= HEARTBEAT_SECONDS:
                step.told = now
                text = f"{step.name}: {step.doing} for {duration(now - step.began)}"
                self.lines.say(self.label, text)

    def _begin(self, body: Values) -> None:
        step = self._step(_section(body, "metadata"))
        if step:
            urn, told = step
            self._running[urn] = told

    def _end(self, body: Values) -> None:
        metadata = _section(body, "metadata")
        if metadata.get("type") == "pulumi:pulumi:Stack":
            self.outputs = _section(metadata, "new", "outputs") or self.outputs
        step = self._running.pop(str(metadata.get("urn")), None)
        if step is None:
            return
        # The outputs know more than the inputs did: a version, a split.
        _, named = self._step(metadata) or ("", step)
        took = self.clock() - step.began
        text = f"{step.sign} {named.name}"
        self.done.append(text if self.preview or took < 1 else f"{text} {duration(took)}")

    def _fail(self, body: Values) -> None:
        self._running.pop(str(_section(body, "metadata").get("urn")), None)

    def _diagnostic(self, body: Values) -> None:
        severity, message = body.get("severity"), str(body.get("message", "")).strip()
        if severity == "error" and message not in _ENGINE_NOISE:
            text = INTERRUPTED if _CANCELED.fullmatch(message) else without_frames(message)
            if text not in self.errors:
                self.errors.append(text)
                # The plugin's own words first, what to do about them last: both come as they like.
                self.errors.sort(key=lambda one: not _PLUGIN_ERROR.search(one))
        elif severity == "warning" and not _PLUGIN_NOTE.match(message):
            self.warnings.append(message)

    def _summary(self, body: Values) -> None:
        self.result = str(body.get("result") or "succeeded")
        self.unchanged = int(cast("int", _section(body, "resourceChanges").get("same") or 0))

    def _step(self, metadata: Values) -> tuple[str, Step] | None:
        operation = str(metadata.get("op"))
        if operation in _NOT_STEPS:
            return None
        state = _section(metadata, "new") or _section(metadata, "old")
        kind, urn = str(metadata.get("type")), str(metadata.get("urn"))
        if not is_shown(kind, state):
            return None
        inputs = {**_section(state, "outputs"), **_section(state, "inputs")}
        verb = _VERBS.get(operation, operation)
        now = self.clock()
        name = called(kind, urn.rsplit("::", 1)[-1], inputs)
        return urn, Step(_SIGNS.get(verb, "·"), name, _DOING.get(verb, verb), now, now)


def without_frames(message: str) -> str:
    """An error's own words: the exception's text, without the code that it went through."""
    frames = [*_FRAMES.finditer(f"{message}\n")]
    if not frames:  # one in a container's log is indented, and stays
        return message
    words = message[frames[-1].end() :].strip()
    return _EXCEPTION_NAME.sub("", words, count=1).strip() or message


def _section(body: Values, *path: str) -> Values:
    node: object = body
    for key in path:
        node = cast("Values", node).get(key) if isinstance(node, dict) else None
    return cast("Values", node) if isinstance(node, dict) else {}
