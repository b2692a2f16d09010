"""Models and the flows in them: what can be served, and what would be left behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from specs.flow.flow import Flow
from specs.rules.book import Problem
from specs.rules.chapters import DEPLOYMENT, MODEL, STACK
from specs.rules.subjects import DeploymentCase, ModelCase, StackCase
from specs.served import SOURCE_FLOW, flow_properties
from specs.tree import Place

_MODEL = "the article, Register the flow as a model"
_SERVING = "promptflow 1.18.5: serving takes the first entry of AZUREML_MODEL_DIR"
_CODE = "promptflow 1.18.5: .env files are for development"

CHAT = {
    "azureml.promptflow.mode": "mode",
    "azureml.promptflow.chat_input": "chat_input",
    "azureml.promptflow.chat_output": "chat_output",
}
_PLATFORM = ("AZUREML_", "AZURE_", "AML_", "MSI_", "IDENTITY_", "PROMPTFLOW_", "PF_", "PRT_")
"""Prefixes of variables that the platform or the runtime sets."""
_EVERYWHERE = frozenset({"HOME", "PATH", "HOSTNAME", "PWD", "LANG", "TMPDIR", "USER"})


@MODEL.rule("flow-evaluation", "error", source="prompt flow: evaluation flows are batch runs")
def not_an_evaluation(case: ModelCase) -> Iterator[Problem]:
    """An evaluation flow cannot be deployed."""
    if case.flow is not None and case.flow.is_evaluation:
        yield Problem(
            "this is an evaluation flow (it aggregates over a batch); it cannot answer requests",
            "Deploy the flow that it evaluates, and run this one as a batch.",
            _definition(case.flow),
        )


@MODEL.rule("model-one-folder", "error", source=_SERVING)
def one_flow(case: ModelCase) -> Iterator[Problem]:
    """A model holds exactly one flow, in its top folder."""
    if case.flow is not None or not case.inner_flows:
        return
    listed = ", ".join(case.inner_flows)
    yield Problem(
        f"the model's folder is no flow but holds {listed}; serving looks at the top folder only",
        f"Let `path` end in the flow's folder:  …/{case.inner_flows[0]}",
        case.part.place("path"),
    )


@MODEL.rule("model-type-flow", "warning", source=_MODEL)
def flows_are_custom_models(case: ModelCase) -> Iterator[Problem]:
    """A flow is registered as a custom_model."""
    kind = case.part.text("type")
    if case.flow is not None and kind not in (None, "custom_model"):
        yield Problem(
            f"the model's type is {kind}, but its folder is a prompt flow; Azure ML would serve "
            "it another way",
            "Remove `type` (custom_model).",
            case.part.place("type"),
        )


@MODEL.rule("chat-properties-contradict", "warning", source=_MODEL)
def chat_properties(case: ModelCase) -> Iterator[Problem]:
    """Chat properties of the model agree with the flow.

    Absent ones are filled in from the flow.
    """
    flow = case.flow
    if flow is None:
        return
    real = {
        "mode": "chat" if flow.is_chat else None,
        "chat_input": flow.chat_input,
        "chat_output": flow.chat_output,
    }
    for name, meaning in CHAT.items():
        written, actual = case.properties.get(name), real[meaning]
        if written is None or written == actual:
            continue
        says = f"the flow has `{actual}`" if actual else "the flow is no chat flow"
        yield Problem(
            f"{name} is `{written}`, but {says}; the test tab of the studio would not work",
            "Remove the property: it is filled in from the flow.",
            case.part.place("properties", name),
        )


@MODEL.rule("flow-id-empty", "warning", source=_MODEL)
def flow_id(case: ModelCase) -> Iterator[Problem]:
    """The property azureml.promptflow.source_flow_id has a value."""
    if SOURCE_FLOW in case.properties and not case.properties[SOURCE_FLOW].strip():
        yield Problem(
            f"{SOURCE_FLOW} is empty",
            "Give it the flow's name.",
            case.part.place("properties", SOURCE_FLOW),
        )


@DEPLOYMENT.rule("flow-env-unset", "warning", source=_CODE)
def variables_are_set(case: DeploymentCase) -> Iterator[Problem]:
    """Variables that the flow's code cannot do without are set in the deployment."""
    flow = case.flow
    if flow is None:
        return
    there = set(case.variables) | set(flow.environment_variables) | _EVERYWHERE
    told: set[str] = set()
    for read in flow.env_reads:
        known = read.name in there or read.name.startswith(_PLATFORM)
        if read.required and not known and read.name not in told:
            told.add(read.name)
            yield Problem(
                f"the flow reads the variable {read.name} and fails without it; the deployment "
                "does not set it",
                f"Add  environment_variables: {{{read.name}: …}}  (a secret: "
                "${{azureml://connections/NAME/credentials/KEY}})",
                Place(read.file, read.line),
            )


def _definition(flow: Flow) -> Place:
    return Place(f"{flow.path}/{flow.definition}", 1)


@STACK.rule("model-twice", "warning", source="ARM: a version of a model is one resource")
def same_model_same_settings(case: StackCase) -> Iterator[Problem]:
    """Deployments that upload the same files under the same name say the same about them.

    The files make the version, so both mean one version, and it has one set of properties.
    """
    first: dict[tuple[str, Path], tuple[DeploymentCase, Mapping[str, object]]] = {}
    for deployment in case.deployments if case.circumstances.stack else ():
        model = deployment.model
        path = model.part.text("path") if model is not None else None
        if model is None or path is None:
            continue
        folder = model.part.document.resolve(path)
        name = model.part.text("name") or (model.flow.name if model.flow else folder.name)
        said = _said_of(model)
        other, before = first.setdefault((name.lower(), folder), (deployment, said))
        differing = [key for key, value in said.items() if value != before[key]]
        if differing:
            yield Problem(
                f"{deployment.called} and {other.called} upload the same files as `{name}`, with "
                f"different {' and '.join(differing)}; only those of the first are registered",
                "Say the same in both, or give one of them another `name`.",
                model.part.place(differing[0]),
                deployment.called,
            )


def _said_of(model: ModelCase) -> Mapping[str, object]:
    """What is registered with a model's files, with what follows from its flow."""
    flow, given = model.flow, model.properties
    return {
        "properties": flow_properties(flow, given) if flow is not None else given,
        "tags": model.part.texts("tags"),
        "type": model.part.text("type") or "custom_model",
        "description": model.part.text("description"),
    }
