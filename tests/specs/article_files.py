"""The article's YAML, section by section, as a user writes it out."""

from __future__ import annotations

from collections.abc import Mapping

IDENTITY = (
    "/subscriptions/s-1/resourceGroups/g-1/providers/Microsoft.ManagedIdentity/"
    "userAssignedIdentities/flows"
)
ENDPOINT = """\
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json
name: basic-chat-endpoint
auth_mode: key
"""
FLAG = """\
properties:
  # this property only works for system-assigned identity.
  enforce_access_to_default_secret_stores: enabled
"""
USER_ASSIGNED = f"""\
identity:
  type: user_assigned
  user_assigned_identities:
    - resource_id: {IDENTITY}
"""
MODEL = """\
$schema: https://azuremlschemas.azureedge.net/latest/model.schema.json
name: basic-chat-model
path: ../examples/flows/chat/basic-chat
description: register basic chat flow folder as a custom model
properties:
  azureml.promptflow.source_flow_id: basic-chat
  azureml.promptflow.mode: chat
  azureml.promptflow.chat_input: question
  azureml.promptflow.chat_output: answer
"""
REGISTERED = "model: azureml:basic-chat-model:1\n"
INLINE = """\
model:
  path: ../examples/flows/chat/basic-chat
  properties:
    azureml.promptflow.source_flow_id: basic-chat
"""
ROUTES = """\
  inference_config:
    liveness_route:
      path: /health
      port: 8080
    readiness_route:
      path: /health
      port: 8080
    scoring_route:
      path: /score
      port: 8080
"""
IMAGE = (
    f"environment:\n  image: mcr.microsoft.com/azureml/promptflow/promptflow-runtime:1\n{ROUTES}"
)
BUILD = f"""\
environment:
  build:
    path: image_build_with_reqirements
    dockerfile_path: Dockerfile
  # deploy prompt flow is BYOC, so we need to specify the inference config
{ROUTES}"""
OVERRIDE = """\
  PRT_CONFIG_OVERRIDE: deployment.subscription_id=<subscription_id>,deployment.resource_group=\
<resource_group>,deployment.workspace_name=<workspace_name>,deployment.endpoint_name=\
<endpoint_name>,deployment.deployment_name=<deployment_name>
"""


def a_deployment(*parts: str, variables: str = "", size: str = "Standard_E16s_v3") -> str:
    """The article's deployment with other parts. `variables`: lines of environment_variables."""
    head = (
        "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json\n"
        "name: blue\nendpoint_name: basic-chat-endpoint\n"
    )
    tail = f"instance_type: {size}\ninstance_count: 1\n"
    lines = f"environment_variables:\n{variables}" if variables else ""
    return head + "".join(parts) + tail + lines


CASES: Mapping[str, tuple[str, str, set[str]]] = {
    "endpoint: system-assigned": ("endpoint", ENDPOINT + FLAG, set()),
    "endpoint: user-assigned": ("endpoint", ENDPOINT + USER_ASSIGNED, set()),
    "endpoint: kubernetes": (
        "endpoint",
        ENDPOINT.replace("managedOnline", "kubernetesOnline") + "compute: azureml:my-aks\n",
        set(),
    ),
    "endpoint: token": ("endpoint", ENDPOINT.replace("key", "aml_token"), set()),
    "model": ("model", MODEL, set()),
    "model registered": (
        "deployment",
        a_deployment(REGISTERED, IMAGE, variables=OVERRIDE),
        {"placeholder-left"},
    ),
    "model inline": ("deployment", a_deployment(INLINE, IMAGE), set()),
    "fields of the response": (
        "deployment",
        a_deployment(
            INLINE, IMAGE, variables="  PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: '[\"answer\"]'\n"
        ),
        set(),
    ),
    "client id": (
        "deployment",
        a_deployment(
            INLINE,
            IMAGE,
            variables="  AZURE_CLIENT_ID: <client_id_of_your_user_assigned_identity>\n",
        ),
        {"placeholder-left"},
    ),
    "kubernetes": (
        "deployment",
        a_deployment("type: kubernetes\n", REGISTERED, IMAGE, size="defaultinstancetype"),
        set(),
    ),
    "override by name": (
        "deployment",
        a_deployment(INLINE, IMAGE, variables="  open_ai_connection: other_connection\n"),
        set(),
    ),
    "override of a field": (
        "deployment",
        a_deployment(INLINE, IMAGE, variables="  OPEN_AI_CONNECTION_CHAT_DEPLOYMENT_NAME: gpt\n"),
        set(),
    ),
    "override by asset": (
        "deployment",
        a_deployment(
            INLINE, IMAGE, variables="  open_ai_connection: ${{azureml://connections/other}}\n"
        ),
        set(),
    ),
    "custom environment": ("deployment", a_deployment(INLINE, BUILD), set()),
    "fastapi": (
        "deployment",
        a_deployment(INLINE, IMAGE, variables="  PROMPTFLOW_SERVING_ENGINE: fastapi\n"),
        set(),
    ),
    "concurrency": (
        "deployment",
        a_deployment(
            "request_settings:\n  max_concurrent_requests_per_instance: 10\n",
            INLINE,
            IMAGE,
            variables="  PROMPTFLOW_WORKER_NUM: 4\n  PROMPTFLOW_WORKER_THREADS: 1\n",
        ),
        {"concurrency-mismatch"},
    ),
    "app insights of the workspace": (
        "deployment",
        a_deployment("app_insights_enabled: true\n", INLINE, IMAGE),
        set(),
    ),
    "app insights of one's own": (
        "deployment",
        a_deployment(
            INLINE,
            IMAGE,
            variables="  APPLICATIONINSIGHTS_CONNECTION_STRING: InstrumentationKey=0\n",
        ),
        set(),
    ),
    "five minutes": (
        "deployment",
        a_deployment("request_settings:\n  request_timeout_ms: 300000\n", INLINE, IMAGE),
        set(),
    ),
}
"""Section -> (kind, the file, findings besides the usual ones)."""
