"""A deployment whose model and environment lie in registries, from preview to an answer."""

from __future__ import annotations

import json
from textwrap import dedent

from tests.stack.project import WORKSPACE, Project

GROUP = WORKSPACE.rpartition("/workspaces/")[0]
MODEL = "azureml://registries/theirs/models/greeter/labels/latest"
ENVIRONMENT = "azureml://registries/azureml/environments/promptflow-runtime/versions/1"
OVERRIDE = ",".join(
    f"deployment.{name}=<{name}>"
    for name in (
        "subscription_id",
        "resource_group",
        "workspace_name",
        "endpoint_name",
        "deployment_name",
    )
)
"""As in the article: nobody can see from here that the registry's model is a flow."""
FILES = {
    "greeter/flow.dag.yaml": """\
        inputs: {name: {type: string}}
        outputs: {greeting: {type: string, reference: "${greet.output}"}}
        nodes:
        - name: greet
          type: python
          source: {type: code, path: greet.py}
          inputs: {name: "${inputs.name}"}
        """,
    "greeter/greet.py": """\
        from promptflow.core import tool


        @tool
        def greet(name: str) -> str:
            return f"Hello, {name}"
        """,
    "register.py": """\
        from azure.ai.ml import MLClient
        from azure.ai.ml.entities import Model
        from azure.identity import EnvironmentCredential

        registry = MLClient(EnvironmentCredential(), registry_name="theirs")
        flow = {"azureml.promptflow.source_flow_id": "greeter"}
        registry.models.create_or_update(
            Model(name="greeter", version="1", path="greeter", properties=flow)
        )
        """,
    "endpoint.yml": "name: greeter\nauth_mode: key\n",
    "blue.yml": f"""\
        name: blue
        endpoint_name: greeter
        model: {MODEL}
        environment: {ENVIRONMENT}
        instance_type: Standard_DS3_v2
        instance_count: 1
        request_settings: {{request_timeout_ms: 300000}}
        environment_variables:
          PROMPTFLOW_WORKER_NUM: 1
          PRT_CONFIG_OVERRIDE: "{OVERRIDE}"
        """,
}


def test_model_and_environment_come_from_registries(project: Project) -> None:
    for path, text in FILES.items():
        file = project.folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(dedent(text))
    project.config(endpoints=[{"endpoint": "endpoint.yml", "deployments": ["blue.yml"]}])
    project.tools("env").must_work()
    project.arm(f"{GROUP}/registries/theirs", put={"location": "westeurope", "properties": {}})
    line = 'eval "$(.venv/bin/python -m tools env)" && .venv/bin/python register.py'
    project.shell(line).must_work()

    preview = json.loads(project.pulumi("preview", "--json", "--stack", "local").must_work().out)
    (body,) = [
        step["newState"]["inputs"]["properties"]
        for step in preview["steps"]
        if step["newState"]["type"].endswith(":OnlineDeployment")
    ]
    assert (body["model"], body["environmentId"]) == (MODEL, ENVIRONMENT)

    project.tools("up").must_work()
    asked = project.tools("invoke", "--endpoint", "greeter", "--data", '{"name": "Ada"}')
    assert "Hello, Ada" in asked.must_work().out
