"""A container's command and environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_azure.serving.container import (
    container_environment,
    server_settings,
    working_directory,
)
from local_azure.serving.counters import Counters
from local_azure.serving.environments import is_runtime_image
from local_azure.serving.instance import boot_failure
from local_azure.serving.virtual_environment import build_environment


def test_the_command_of_the_image() -> None:
    settings = server_settings(
        {
            "PROMPTFLOW_WORKER_NUM": "3",
            "PROMPTFLOW_WORKER_THREADS": "2",
            "PROMPTFLOW_RUN_MODE": "serving",
        },
        max_workers=8,
    )
    assert settings.notes == ()
    assert settings.command(Path("/v/bin/python"), 5001) == [
        *("/v/bin/python", "-m", "gunicorn", "-w", "3", "--threads", "2", "-b", "127.0.0.1:5001"),
        *("--timeout", "300", "--no-control-socket"),
        "promptflow.core._serving.app:create_app(engine='flask',extension_type='azureml')",
    ]


def test_fastapi_has_no_threads_and_odd_values_are_noted() -> None:
    settings = server_settings(
        {"PROMPTFLOW_SERVING_ENGINE": "FastAPI", "PROMPTFLOW_WORKER_NUM": "many"}, max_workers=4
    )
    command = settings.command(Path("python"), 1)
    assert "--threads" not in command
    assert command[command.index("--worker-class") + 1] == "uvicorn.workers.UvicornWorker"
    assert command[command.index("-w") + 1] == "4"
    assert [note.split()[0] for note in settings.notes] == [
        "PROMPTFLOW_WORKER_NUM", "8", "PROMPTFLOW_RUN_MODE",
    ]  # fmt: skip


def test_the_user_cannot_replace_what_the_platform_says() -> None:
    environment = container_environment(
        python=Path("/venv/bin/python"),
        home=Path("/h"),
        generation=Path("/g"),
        model_dir=Path("/g/azureml-models/m/1"),
        image={"A": "image", "B": "image"},
        user={"B": "user", "HOME": "/root", "AZUREML_MODEL_DIR": "/x", "PF_DISABLE_TRACING": "no"},
        platform={"IDENTITY_HEADER": "secret"},
    )
    assert (environment["A"], environment["B"]) == ("image", "user")
    assert environment["HOME"] == "/h"
    assert environment["AZUREML_MODEL_DIR"] == "/g/azureml-models/m/1"
    assert environment["PF_DISABLE_TRACING"] == "no"
    assert environment["PATH"].startswith("/venv/bin:")


def test_the_flow_is_the_first_entry_or_the_project_path(tmp_path: Path) -> None:
    flow = tmp_path / "azureml-models" / "m" / "1" / "chat"
    flow.mkdir(parents=True)
    assert working_directory({}, flow.parent) == flow
    assert working_directory({}, None) is None
    assert working_directory({}, flow) is None
    environment = container_environment(
        python=Path("/venv/bin/python"),
        home=tmp_path,
        generation=tmp_path,
        model_dir=flow.parent,
        image={},
        user={"PROMPTFLOW_PROJECT_PATH": "/var/azureml-app/azureml-models/m/1/chat"},
        platform={},
    )
    assert environment["PROMPTFLOW_PROJECT_PATH"] == str(flow)
    assert working_directory(environment, None) == flow


@pytest.mark.parametrize(
    ("image", "known"),
    [
        ("mcr.microsoft.com/azureml/promptflow/promptflow-runtime:latest", True),
        ("mcr.microsoft.com/azureml/promptflow/promptflow-runtime-stable", True),
        ("my.azurecr.io/team/promptflow-python@sha256:abcd", True),
        ("localhost:5000/promptflow-runtime", True),
        ("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04", False),
        ("", False),
    ],
)
def test_known_images(image: str, known: bool) -> None:
    assert is_runtime_image(image) is known


def test_a_boot_failure_is_told_in_one_line() -> None:
    log = """[2026-11-22 19:12:40 +0000] [7] [INFO] Booting worker
Traceback (most recent call last):
  File "a.py", line 1, in <module>
    import b
ModuleNotFoundError: No module named 'b'
[2026-11-22 19:12:41 +0000] [7] [INFO] Worker exiting
"""
    assert boot_failure(log) == "ModuleNotFoundError: No module named 'b'"
    assert boot_failure("all is well") is None


def test_builds_get_the_users_index_but_no_credentials_and_no_proxy_of_ours() -> None:
    shell = {
        "PATH": "/bin",
        "PIP_INDEX_URL": "https://index",
        "AZURE_CLIENT_SECRET": "s",
        "PULUMI_ACCESS_TOKEN": "s",
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "SSL_CERT_FILE": "bundle.pem",
    }
    assert build_environment({**shell, "LOCAL_AZURE_URL": "http://127.0.0.1:2"}) == {
        "PATH": "/bin",
        "PIP_INDEX_URL": "https://index",
    }
    assert build_environment(shell)["HTTPS_PROXY"] == "http://127.0.0.1:1"


def test_percentiles_are_exact_to_three_percent() -> None:
    counters = Counters()
    for milliseconds in range(1, 1001):
        counters.count(200, milliseconds / 1000)
    metrics = counters.metrics()
    assert metrics.requests == 1000
    assert metrics.p50 == pytest.approx(500, rel=0.03)
    assert metrics.p99 == pytest.approx(990, rel=0.03)
    assert metrics.average == pytest.approx(500.5, rel=0.001)
    assert counters.metrics(since=9e12).requests == 0
