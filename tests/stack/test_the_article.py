"""Sections of the article beyond its first pass, on the local stack, from CLI v2 files."""

from __future__ import annotations

import json
import time
from textwrap import dedent
from typing import Any

from tests.stack.project import WORKSPACE, Project

GROUP = WORKSPACE.partition("/providers/")[0]
RUNTIME = "mcr.microsoft.com/azureml/promptflow/promptflow-runtime:20251211.v2"
ROUTES = """\
  inference_config:
    liveness_route: {path: /health, port: 8080}
    readiness_route: {path: /health, port: 8080}
    scoring_route: {path: /score, port: 8080}
"""


def write(project: Project, path: str, text: str) -> None:
    file = project.folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text))


def a_second_connection(project: Project) -> str:
    """A connection of the stack's own, with the key that the local OpenAI account takes."""
    world = json.loads((project.folder / ".local" / "azure" / "world.json").read_text())
    project.env["THEIR_OPENAI_KEY"] = world["openai_key"]
    write(
        project,
        "article/connection.yml",
        """\
        name: production_openai
        type: azure_open_ai
        azure_endpoint: https://local-openai.openai.azure.com/
        api_key: ${THEIR_OPENAI_KEY}
        """,
    )
    return "article/connection.yml"


def a_deployment(
    project: Project,
    endpoint: str,
    environment: str,
    variables: dict[str, str],
    *,
    app_insights: bool = True,
) -> str:
    path = f"article/{endpoint}-blue.yml"
    document = "\n".join(
        [
            "name: blue",
            f"endpoint_name: {endpoint}",
            "model:",
            "  path: ../flows/basic-chat",
            "environment:",
            environment + ROUTES.rstrip(),
            "instance_type: Standard_E4s_v3",
            "instance_count: 1",
            f"app_insights_enabled: {str(app_insights).lower()}",
            "request_settings:",
            "  request_timeout_ms: 300000",
            "  max_concurrent_requests_per_instance: 2",
            "environment_variables:",
            "  PROMPTFLOW_WORKER_NUM: 1",
            *(f"  {name}: {json.dumps(value)}" for name, value in variables.items()),
        ]
    )
    write(project, path, document + "\n")
    return path


def an_application_insights(project: Project, name: str) -> str:
    """The connection string of one that the workspace is not linked to."""
    made = project.arm(
        f"{GROUP}/providers/Microsoft.Insights/components/{name}",
        put={"location": "westeurope", "kind": "web", "properties": {}},
    )
    return made["properties"]["ConnectionString"]


def telemetry(project: Project, component: str, *, patience: float = 30) -> list[str]:
    """Names of the requests that an Application Insights was told of; exporters take seconds."""
    until = time.monotonic() + patience
    asked = ("telemetry", "--component", component, "--table", "requests")
    while not (lines := project.local_azure(*asked).must_work().out) and time.monotonic() < until:
        time.sleep(0.5)
    return [json.loads(line)["name"] for line in lines.splitlines()]


def live(project: Project, endpoint: str) -> dict[str, Any]:
    return project.arm(f"{WORKSPACE}/onlineEndpoints/{endpoint}/deployments/blue")["properties"]


def test_identity_overrides_environment_engine_and_timeout(project: Project) -> None:
    project.tools("env").must_work()
    write(
        project,
        "article/own-identity.yml",
        "name: own-identity\nauth_mode: key\nidentity:\n  type: user_assigned\n",
    )
    write(project, "article/aml-token.yml", "name: aml-token\nauth_mode: aml_token\n")
    write(project, "article/image/Dockerfile", f"FROM {RUNTIME}\nCOPY ./requirements.txt .\n")
    with (project.folder / "article/image/Dockerfile").open("a") as dockerfile:
        dockerfile.write("RUN pip install -r requirements.txt\n")
    write(project, "article/image/requirements.txt", "snowballstemmer==3.0.1\n")
    connection = a_second_connection(project)
    project.config(
        connections=[connection],
        endpoints=[
            {
                "endpoint": "article/own-identity.yml",
                "deployments": [
                    a_deployment(
                        project,
                        "own-identity",
                        f"  image: {RUNTIME}\n",
                        {
                            "open_ai_connection": "production_openai",
                            "OPEN_AI_CONNECTION_API_VERSION": "2024-06-01",
                            "PROMPTFLOW_SERVING_ENGINE": "fastapi",
                            "PROMPTFLOW_RESPONSE_INCLUDED_FIELDS": '["answer"]',
                        },
                    )
                ],
            },
            {
                "endpoint": "article/aml-token.yml",
                "deployments": [
                    a_deployment(
                        project,
                        "aml-token",
                        "  build:\n    path: image\n    dockerfile_path: Dockerfile\n",
                        {
                            "open_ai_connection": "${{azureml://connections/production_openai}}",
                            "APPLICATIONINSIGHTS_CONNECTION_STRING": an_application_insights(
                                project, "appi-theirs"
                            ),
                        },
                        app_insights=False,
                    )
                ],
            },
        ],
    )
    printed = project.tools("up").must_work().out
    assert printed.count("\nanswer ") == 2

    own = live(project, "own-identity")
    assert own["requestSettings"]["requestTimeout"] == "PT5M"
    assert own["appInsightsEnabled"] is True
    assert own["environmentVariables"]["AZURE_CLIENT_ID"]
    logs = project.tools("logs", "--endpoint", "own-identity").must_work().out
    assert "uvicorn" in logs.lower()
    asked = project.local_azure("logs", "--tail", "1000").must_work().out
    assert "chat/completions?api-version=2024-06-01" in asked  # the field that is overridden
    assert "POST /score" in telemetry(project, "appi-mlw-local")
    assert "POST /score" in telemetry(project, "appi-theirs")

    assert project.env["THEIR_OPENAI_KEY"] not in json.dumps(project.resources())
    again = project.pulumi("up", "--yes", "--stack", "local").must_work().out
    assert "unchanged" in again
    assert " created" not in again


def test_a_kubernetes_endpoint(project: Project) -> None:
    project.tools("env").must_work()
    small = {"resources": {"requests": {"cpu": "1", "memory": "2Gi"}}}
    project.arm(
        f"{WORKSPACE}/computes/their-cluster",
        put={
            "location": "westeurope",
            "properties": {
                "computeType": "Kubernetes",
                "resourceId": f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks",
                "properties": {"namespace": "flows", "instanceTypes": {"small": small}},
            },
        },
    )
    write(
        project,
        "article/cluster.yml",
        "name: on-cluster\nauth_mode: key\ncompute: azureml:their-cluster\n",
    )
    path = a_deployment(project, "on-cluster", f"  image: {RUNTIME}\n", {})
    project.edit(path, "name: blue\n", "name: blue\ntype: kubernetes\n")
    project.edit(path, "instance_type: Standard_E4s_v3", "instance_type: small")
    project.config(endpoints=[{"endpoint": "article/cluster.yml", "deployments": [path]}])
    project.tools("up").must_work()
    assert live(project, "on-cluster")["endpointComputeType"] == "Kubernetes"
    assert project.answer(endpoint="on-cluster")
