"""Flows and files that nobody here has written for this program."""

from __future__ import annotations

import json
from textwrap import dedent

from tests.stack.project import Project


def test_a_flow_put_into_flows_deploys_without_a_change_to_the_code(project: Project) -> None:
    flow = project.folder / "flows" / "greet"
    flow.mkdir()
    (flow / "flow.dag.yaml").write_text(
        dedent("""\
            inputs:
              name: {type: string, default: Ada}
            outputs:
              greeting: {type: string, reference: "${greet.output}"}
            nodes:
            - name: greet
              type: python
              source: {type: code, path: greet.py}
              inputs: {name: "${inputs.name}"}
            """)
    )
    (flow / "greet.py").write_text(
        dedent("""\
            from promptflow.core import tool


            @tool
            def greet(name: str) -> str:
                return f"Good day, {name}."
            """)
    )
    elsewhere = project.folder / "platform" / "greeting"
    elsewhere.mkdir(parents=True)
    (elsewhere / "online.yaml").write_text("name: greeting\nauth_mode: key\n")
    (elsewhere / "green.yaml").write_text(
        dedent("""\
            name: green
            model: {path: ../../flows/greet}
            environment:
              image: mcr.microsoft.com/azureml/promptflow/promptflow-runtime:20251211.v2
              inference_config:
                liveness_route: {path: /health, port: 8080}
                readiness_route: {path: /health, port: 8080}
                scoring_route: {path: /score, port: 8080}
            instance_type: Standard_F2s_v2
            instance_count: 1
            environment_variables: {PROMPTFLOW_WORKER_NUM: 1}
            """)
    )
    project.config(
        endpoints=[
            {
                "endpoint": "platform/greeting/online.yaml",
                "deployments": ["platform/greeting/green.yaml"],
            }
        ]
    )
    project.tools("up").must_work()
    assert "Good day, Ada." in project.answer(endpoint="greeting")
    asked = project.tools("invoke", "--endpoint", "greeting", "--data", '{"name": "Kay"}')
    assert "Good day, Kay." in asked.must_work().out
    assert project.live_traffic("greeting") == {"green": 100}


def test_the_other_two_samples_deploy_beside_each_other(project: Project) -> None:
    project.config(
        endpoints=[
            {
                "endpoint": f"deploy/{name}/endpoint.yml",
                "deployments": [f"deploy/{name}/blue-deployment.yml"],
            }
            for name in ("word-count", "streaming-typewriter")
        ]
    )
    printed = project.tools("up").must_work().out
    assert printed.count("\nanswer ") == 2
    outputs = json.loads(
        project.pulumi("stack", "output", "endpoints", "--json", "--stack", "local").must_work().out
    )
    curl = outputs["streaming-typewriter"]["curl"]
    streamed = project.shell(f"{curl} -N -H 'accept: text/event-stream'").must_work().out
    assert sum(line.startswith("data:") for line in streamed.splitlines()) > 1
