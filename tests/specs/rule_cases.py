"""For each rule of the rule book a scene that obeys it and one that breaks it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from specs.rules import Circumstances
from tests.specs.rule_cases_assets import KEY_CASES, MODEL_CASES
from tests.specs.rule_cases_traffic import KUBERNETES, TRAFFIC_CASES, two
from tests.specs.rule_scenes import (
    ECHO,
    Scene,
    a_chat_flow,
    a_deployment,
    a_flow,
    on,
    with_variables,
)

USER_ASSIGNED = "name: chat\nidentity:\n  type: user_assigned\n"
ROUTES = (
    "  inference_config:\n    liveness_route: {path: /health, port: 8080}\n"
    "    readiness_route: {path: /health, port: 8080}\n"
    "    scoring_route: {path: /score, port: 8080}\n"
)
FLAG = "properties:\n  enforce_access_to_default_secret_stores: enabled\n"
CLASS = "class Chat:\n    def __init__(self, top: int):\n        pass\n\n"
CALL = "    def __call__(self, question: str) -> str:\n        return question\n"


def with_timeout(milliseconds: int, model: str = "", *, kind: str = "") -> Scene:
    """A deployment that waits so long; `model` replaces the flow by lines of its own."""
    deployment = a_deployment(f"request_settings:\n  request_timeout_ms: {milliseconds}\n{kind}")
    return on(deployment.replace("model:\n  path: flow\n", model) if model else deployment)


def with_environment(lines: str, files: Mapping[str, str] | None = None) -> Scene:
    """A deployment with an environment of its own."""
    return on(a_deployment("environment:\n" + lines), files=files)


def flex(variables: str) -> Scene:
    """A flex flow whose class takes a parameter."""
    files = {"flow/flow.flex.yaml": "entry: chat:Chat\n", "flow/chat.py": CLASS + CALL}
    return with_variables(variables, files=files)


def seeing(usage: Mapping[str, tuple[int, int]]) -> Scene:
    """A stack in a region with that much in use."""
    return Scene(seen=Circumstances(usage=usage))


WITH_REQUIREMENTS = {**a_flow(), "flow/requirements.txt": "pandas==2.2\npromptflow\n"}
CONTEXT = {"image/Dockerfile": "FROM base@sha256:0\nRUN pip install pandas\n"}
PINNED = "  image: example.com/serve:1.4\n"
PRT = "PRT_CONFIG_OVERRIDE: deployment.workspace_name={},deployment.endpoint_name=chat"
LONG = "long-" * 6 + "e"

CASES: Mapping[str, tuple[Scene, Scene]] = {
    "endpoint-name-dashes": (Scene(), Scene(endpoint="name: my--chat\n")),
    "deployment-name-dashes": (Scene(), on(a_deployment(name="b--lue"))),
    "kubernetes-names-length": (
        on(a_deployment("type: kubernetes\n"), endpoint=KUBERNETES),
        on(a_deployment("type: kubernetes\n", name=LONG + "2"), endpoint=f"name: {LONG}1\n"),
    ),
    "deployments-too-many": (
        Scene(),
        Scene(deployments=tuple(a_deployment(name=f"blue{n}") for n in range(21))),
    ),
    "deployment-name-twice": (
        two("traffic: {blue: 100}\n"),
        Scene(deployments=(a_deployment(), a_deployment(name="Blue"))),
    ),
    "endpoint-name-twice": (Scene(), Scene(twice=2)),
    "region-limit": (Scene(twice=100), Scene(twice=101)),
    "secret-stores-user-assigned": (
        Scene(endpoint="name: chat\n" + FLAG),
        Scene(endpoint=USER_ASSIGNED + FLAG),
    ),
    "secret-stores-value": (
        Scene(endpoint="name: chat\n" + FLAG),
        Scene(endpoint="name: chat\n" + FLAG.replace("enabled", "on")),
    ),
    "aad-token-kubernetes": (
        Scene(endpoint="name: chat\nauth_mode: aad_token\n"),
        Scene(endpoint="name: chat\nauth_mode: aad_token\ncompute: azureml:cluster\n"),
    ),
    "client-id-system-assigned": (
        Scene(endpoint=USER_ASSIGNED, deployments=with_variables("AZURE_CLIENT_ID: x").deployments),
        with_variables("AZURE_CLIENT_ID: x"),
    ),
    "compute-differs": (Scene(), Scene(endpoint=KUBERNETES)),
    "timeout-not-positive": (with_timeout(1), with_timeout(0)),
    "timeout-too-long": (with_timeout(300_000), with_timeout(300_001)),
    "timeout-needs-flow-property": (
        with_timeout(300_000),
        with_timeout(300_000, "model:\n  path: weights\n"),
    ),
    "timeout-flow-property-unseen": (
        with_timeout(180_000, "model: azureml:chat:1\n"),
        with_timeout(180_001, "model: azureml:chat:1\n"),
    ),
    "timeout-default": (
        on(a_deployment("request_settings: {request_timeout_ms: 9000}\n"), files=a_chat_flow()),
        on(a_deployment(), files=a_chat_flow()),
    ),
    "engine-unknown": (
        with_variables("PROMPTFLOW_SERVING_ENGINE: fastapi"),
        with_variables("PROMPTFLOW_SERVING_ENGINE: django"),
    ),
    "threads-without-effect": (
        with_variables("PROMPTFLOW_WORKER_THREADS: 2"),
        with_variables("PROMPTFLOW_WORKER_THREADS: 2\nPROMPTFLOW_SERVING_ENGINE: fastapi"),
    ),
    "workers-not-a-number": (
        with_variables("PROMPTFLOW_WORKER_NUM: 2"),
        with_variables("PROMPTFLOW_WORKER_NUM: two"),
    ),
    "workers-too-many": (
        with_variables("PROMPTFLOW_WORKER_NUM: 8"),
        with_variables("PROMPTFLOW_WORKER_NUM: 9"),
    ),
    "concurrency-not-positive": (
        on(a_deployment("request_settings: {max_concurrent_requests_per_instance: 1}\n")),
        on(a_deployment("request_settings: {max_concurrent_requests_per_instance: 0}\n")),
    ),
    "concurrency-mismatch": (
        on(a_deployment("request_settings: {max_concurrent_requests_per_instance: 8}\n")),
        on(a_deployment("request_settings: {max_concurrent_requests_per_instance: 10}\n")),
    ),
    "vm-size-unknown": (
        on(a_deployment(size="standard_ds3_v2")),
        on(a_deployment(size="Standard_DS33_v2")),
    ),
    "kubernetes-instance-type": (
        on(a_deployment("type: kubernetes\n", size="small"), endpoint=KUBERNETES),
        on(a_deployment("type: kubernetes\n"), endpoint=KUBERNETES),
    ),
    "instances-not-positive": (
        Scene(),
        on(a_deployment().replace("instance_count: 1", "instance_count: 0")),
    ),
    "instances-too-many": (
        on(a_deployment().replace("instance_count: 1", "instance_count: 50")),
        on(a_deployment().replace("instance_count: 1", "instance_count: 51")),
    ),
    "instances-few": (Scene(), Scene(config="production: true\n")),
    "quota-exceeded": (
        seeing({"standardDSv2Family": (92, 100)}),
        seeing({"standardDSv2Family": (93, 100)}),
    ),
    "override-matches-nothing": (
        with_variables("my_connection: other", files=a_chat_flow()),
        with_variables("My_Connection: other", files=a_chat_flow()),
    ),
    "override-other-workspace": (
        with_variables("my_connection: ${{azureml://connections/other}}", files=a_chat_flow()),
        with_variables("my_connection: ${{azureml://subscriptions/s/connections/other}}"),
    ),
    "prt-config-contradicts": (
        with_variables(PRT.format("mlw-flows")),
        with_variables(PRT.format("mlw-other")),
    ),
    "placeholder-left": (
        with_variables("COMPARE: a < b"),
        with_variables("AZURE_CLIENT_ID: <client_id_of_your_user_assigned_identity>"),
    ),
    "response-fields-not-json": (
        with_variables("PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: '[\"answer\"]'"),
        with_variables("PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: answer"),
    ),
    "response-fields-unknown": (
        with_variables("PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: '[\"answer\"]'"),
        with_variables("PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: '[\"answers\"]'"),
    ),
    "flow-init-illegal": (
        flex("PF_FLOW_INIT_CONFIG: '{\"top\": 3}'"),
        flex("PF_FLOW_INIT_CONFIG: top=3"),
    ),
    "flow-init-unknown": (
        flex("PF_FLOW_INIT_CONFIG: '{\"top\": 3}'"),
        flex('PF_FLOW_INIT_CONFIG: \'{"top": 3, "topp": 4}\''),
    ),
    "flow-init-missing": (flex("PF_FLOW_INIT_CONFIG: '{\"top\": 3}'"), flex("OTHER: 1")),
    "flow-env-unset": (
        with_variables("LIMIT: 3", files=a_flow(f"import os\nos.environ['LIMIT']\n{ECHO}")),
        on(a_deployment(), files=a_flow(f"import os\nos.environ['LIMIT']\n{ECHO}")),
    ),
    "inference-config-missing": (
        with_environment(PINNED + ROUTES),
        with_environment(PINNED),
    ),
    "requirements-not-installed": (
        with_environment("  build: {path: image}\n" + ROUTES, {**WITH_REQUIREMENTS, **CONTEXT}),
        with_environment(PINNED + ROUTES, WITH_REQUIREMENTS),
    ),
    "image-floating": (
        with_environment(PINNED + ROUTES),
        with_environment("  image: example.com:5000/serve\n" + ROUTES),
    ),
    "app-insights-both": (
        on(a_deployment("app_insights_enabled: true\n")),
        on(
            a_deployment(
                "app_insights_enabled: true\nenvironment_variables:\n"
                "  APPLICATIONINSIGHTS_CONNECTION_STRING: InstrumentationKey=x\n"
            )
        ),
    ),
    "app-insights-unlinked": (
        on(a_deployment("app_insights_enabled: true\n")),
        Scene(
            deployments=(a_deployment("app_insights_enabled: true\n"),),
            seen=Circumstances(app_insights_linked=False),
        ),
    ),
    **KEY_CASES,
    **MODEL_CASES,
    **TRAFFIC_CASES,
    "prompt-flow-retires": (
        Scene(files={"flow/weights.bin": "0"}),
        Scene(seen=Circumstances(today=date(2027, 4, 1))),
    ),
}
