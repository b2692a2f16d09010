"""Cases of the rules about keys, connections, models and flows: one obeys, one breaks each."""

from __future__ import annotations

from collections.abc import Mapping

from specs.rules import Circumstances
from tests.specs.rule_scenes import (
    FLOW,
    NODES,
    Scene,
    a_chat_flow,
    a_deployment,
    a_flow,
    on,
    with_variables,
)

CONNECTION = "name: search\ntype: azure_ai_search\nendpoint: https://s.search.windows.net/\n"
AGGREGATES = FLOW + NODES + "  aggregation: true\n"


def in_a_run(environment: Mapping[str, str]) -> Scene:
    """A connection that takes its key from the environment."""
    connection = CONNECTION + "api_key: ${SEARCH_KEY}\n"
    return Scene(connections=(connection,), seen=Circumstances(environment=environment))


KEY_CASES: Mapping[str, tuple[Scene, Scene]] = {
    "key-in-variable": (
        with_variables("SEARCH_KEY: ${{azureml://connections/search/credentials/key}}"),
        with_variables("SEARCH_KEY: abcdefgh12345678"),
    ),
    "key-in-connection": (
        Scene(connections=(CONNECTION + "api_key: ${SEARCH_KEY}\n",)),
        Scene(connections=(CONNECTION + "api_key: abcdefgh12345678\n",)),
    ),
    "connection-variable-unset": (
        in_a_run({"SEARCH_KEY": "made-up"}),
        in_a_run({}),
    ),
}


def twice(extra: str) -> Scene:
    """Two deployments of one flow; `extra`: a line of the second one's model."""
    green = a_deployment(name="green").replace("path: flow", f"path: flow{extra}")
    return Scene(
        deployments=(a_deployment(), green),
        entry="endpoint: endpoint.yml\ntraffic: {blue: 100}\n",
    )


MODEL_CASES: Mapping[str, tuple[Scene, Scene]] = {
    "model-twice": (
        twice("\n  properties: {azureml.promptflow.source_flow_id: flow}"),
        twice("\n  properties: {team: other}"),
    ),
    "flow-evaluation": (Scene(), Scene(files={**a_flow(), "flow/flow.dag.yaml": AGGREGATES})),
    "model-one-folder": (
        Scene(),
        Scene(files={f"flow/{name}": text for name, text in a_flow().items()}),
    ),
    "model-type-flow": (
        Scene(),
        on(a_deployment().replace("path: flow", "path: flow\n  type: mlflow_model")),
    ),
    "chat-properties-contradict": (
        on(
            a_deployment().replace(
                "path: flow",
                "path: flow\n  properties: {azureml.promptflow.chat_input: question}",
            ),
            files=a_chat_flow(),
        ),
        on(
            a_deployment().replace(
                "path: flow", "path: flow\n  properties: {azureml.promptflow.chat_input: query}"
            ),
            files=a_chat_flow(),
        ),
    ),
    "flow-id-empty": (
        Scene(),
        on(
            a_deployment().replace(
                "path: flow",
                "path: flow\n  properties: {azureml.promptflow.source_flow_id: ''}",
            )
        ),
    ),
}
