"""From the engine's events to lines."""

import io
from collections.abc import Mapping

from tools.lines import Lines
from tools.progress import HEARTBEAT_SECONDS, Progress, without_frames

URN = "urn:pulumi:local::flow-endpoints::{kind}::{name}"
ENDPOINT = "azure-native:machinelearningservices:OnlineEndpoint"
DEPLOYMENT = "azure-native:machinelearningservices:OnlineDeployment"
MODEL = "pulumi-python:dynamic/flow-endpoints:ModelVersion"
SMOKE = "pulumi-python:dynamic/flow-endpoints:SmokeRequest"
TRAFFIC = "pulumi-python:dynamic/flow-endpoints:Traffic"
ROLE = "azure-native:authorization:RoleAssignment"

Inputs = Mapping[str, object]


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Story:
    """An update as the engine tells it."""

    def __init__(self, label: str = "up", *, preview: bool = False) -> None:
        self.stream = io.StringIO()
        self.clock = Clock()
        lines = Lines(self.stream)
        self.progress = Progress(lines, label, preview=preview, clock=self.clock)

    def begins(self, kind: str, name: str, inputs: Inputs, op: str = "create") -> None:
        self.progress.take({"resourcePreEvent": {"metadata": _metadata(kind, name, inputs, op)}})

    def ends(self, kind: str, name: str, inputs: Inputs, op: str = "create") -> None:
        self.progress.take({"resOutputsEvent": {"metadata": _metadata(kind, name, inputs, op)}})

    def does(
        self, kind: str, name: str, inputs: Inputs, *, op: str = "create", seconds: float = 0
    ) -> None:
        self.begins(kind, name, inputs, op)
        self.clock.now += seconds
        self.ends(kind, name, inputs, op)

    def says(self, severity: str, message: str) -> None:
        self.progress.take({"diagnosticEvent": {"severity": severity, "message": message}})


def _metadata(kind: str, name: str, inputs: Inputs, op: str) -> dict[str, object]:
    state: dict[str, object] = {
        "custom": not kind.startswith("flow-endpoints:"),
        "inputs": inputs,
        "outputs": {},
    }
    return {
        "op": op,
        "type": kind,
        "urn": URN.format(kind=kind, name=name),
        "old": state if op == "delete" else None,
        "new": None if op == "delete" else state,
    }


def test_each_thing_is_called_as_people_call_it() -> None:
    story = Story()
    story.does(MODEL, "basic-chat", {"name": "basic-chat", "version": "5f2c91aa01bc"})
    story.does(ENDPOINT, "e", {"endpointName": "basic-chat"}, seconds=1.2)
    role = {"roleDefinitionId": "/x/roleDefinitions/ea01e6af-a1c1-4350-9563-ad00f8c72ec5"}
    story.does(ROLE, "r", role)
    blue = {"endpointName": "basic-chat", "deploymentName": "blue"}
    story.does(DEPLOYMENT, "d", blue, seconds=6)
    story.does(SMOKE, "d", {"endpoint_id": "/x/basic-chat", "deployment": "blue"})
    split = {"endpoint_id": "/x/basic-chat", "traffic": {"blue": 90.0, "green": 10.0}}
    story.does(TRAFFIC, "e", split, op="update")
    story.does(DEPLOYMENT, "old", {"deploymentName": "red"}, op="delete")
    assert story.progress.done == [
        "+ model basic-chat 5f2c91",
        "+ endpoint basic-chat 1 s",
        "+ role Connection Secrets Reader",
        "+ deployment basic-chat/blue 6 s",
        "+ smoke request basic-chat/blue",
        "~ traffic basic-chat blue 90 green 10",
        "- deployment red",
    ]


def test_components_unchanged_things_and_refreshes_are_not_steps() -> None:
    story = Story()
    story.does("flow-endpoints:ml:FlowService", "basic-chat", {})
    story.does(ENDPOINT, "e", {"endpointName": "basic-chat"}, op="same")
    story.does(ENDPOINT, "e", {"endpointName": "basic-chat"}, op="refresh")
    assert story.progress.done == []


def test_a_preview_tells_no_times() -> None:
    story = Story("preview", preview=True)
    story.does(DEPLOYMENT, "d", {"deploymentName": "blue"}, seconds=9)
    assert story.progress.done == ["+ deployment blue"]


def test_errors_are_told_once_and_without_the_engine_s_own() -> None:
    story = Story()
    story.says("error", "cannot create deployment blue:\n  no quota\n  ask for more")
    story.says("error", "cannot create deployment blue:\n  no quota\n  ask for more\n")
    story.says("error", "update failed")
    assert story.progress.errors == ["cannot create deployment blue:\n  no quota\n  ask for more"]


def test_what_to_do_is_told_after_the_plugin_s_own_words() -> None:
    ours, theirs = "blue did not start\nCorrect it.", 'error:\n  * Status=200 Code="BadArgument"'
    for order in ([ours, theirs], [theirs, ours]):
        story = Story()
        for message in order:
            story.says("error", message)
        assert story.progress.errors == [theirs, ours]


def test_the_note_about_the_plugin_on_path_is_left_out() -> None:
    story = Story()
    story.says("warning", "using pulumi-resource-azure-native from $PATH at /x/y\n")
    story.says("warning", "image tag is not pinned")
    assert story.progress.warnings == ["image tag is not pinned"]


def test_an_interrupted_update_says_that_it_can_go_on() -> None:
    story = Story()
    story.says("error", "update canceled")
    story.says(
        "error", "1 error occurred:\n\t* the operation was cancelled; what ARM had goes on\n"
    )
    assert story.progress.errors == ["interrupted\nWhat was done is kept: run it again to go on."]


def test_debug_lines_are_nobody_s_business() -> None:
    story = Story()
    story.says("debug", "beginning rpc register resource")
    assert story.progress.errors + story.progress.warnings == []


RECORDED = """Traceback (most recent call last):
  File "/x/pulumi/dynamic/__main__.py", line 84, in wrapper
    return fn(self, request, context)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/y/thing.py", line 4, in create
    raise RuntimeError("it failed")
RuntimeError: it failed: yes
  with a second line

"""


def test_an_exception_is_told_without_its_frames() -> None:
    assert without_frames(RECORDED) == "it failed: yes\n  with a second line"
    chained = f"{RECORDED}\nDuring handling …:\n\n{RECORDED.replace('it failed', 'worse')}"
    assert without_frames(chained) == "worse: yes\n  with a second line"
    assert without_frames("no quota") == "no quota"


def test_a_traceback_in_the_log_of_a_container_stays() -> None:
    indented = "".join(f"    {line}\n" for line in RECORDED.splitlines())
    message = f"deployment blue did not start\n  log of InferenceServer:\n{indented}  Correct it."
    assert without_frames(message) == message


def test_the_stack_s_outputs_are_kept() -> None:
    story = Story()
    metadata = {
        "op": "same",
        "type": "pulumi:pulumi:Stack",
        "urn": URN.format(kind="pulumi:pulumi:Stack", name="s"),
        "new": {"outputs": {"endpoints": {"basic-chat": {"curl": "curl -s x"}}}},
    }
    story.progress.take({"resOutputsEvent": {"metadata": metadata}})
    assert story.progress.outputs == {"endpoints": {"basic-chat": {"curl": "curl -s x"}}}


def test_the_summary_counts_what_stayed() -> None:
    story = Story()
    changes = {"resourceChanges": {"same": 12}, "result": "succeeded"}
    story.progress.take({"summaryEvent": changes})
    assert (story.progress.unchanged, story.progress.result) == (12, "succeeded")


def test_a_long_step_says_where_nobody_sees_a_terminal_that_it_goes_on() -> None:
    story = Story()
    story.begins(DEPLOYMENT, "d", {"deploymentName": "blue"})
    for _ in range(3):
        story.clock.now += HEARTBEAT_SECONDS
        story.progress.tick()
        story.progress.tick()
    assert story.stream.getvalue().splitlines() == [
        "up        deployment blue: creating for 1 min 0 s",
        "up        deployment blue: creating for 2 min 0 s",
        "up        deployment blue: creating for 3 min 0 s",
    ]
