"""A deployment's container as a process: its command line and its environment. Pure."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .placement import PlacementSpec

APP = "promptflow.core._serving.app:create_app(engine='{engine}',extension_type='azureml')"
PORT = 8080
"""What the image listens on, and what probes and scoring must name."""
APP_ROOT = "/var/azureml-app"
"""Where the service keeps code and model inside a container."""
Engine = Literal["flask", "fastapi"]


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """What the image's start script reads from the environment, as gunicorn takes it."""

    engine: Engine
    workers: int
    threads: int
    notes: tuple[str, ...] = ()
    """For the log: what is different here from what was asked."""

    def command(self, python: Path, port: int) -> list[str]:
        """The image's gunicorn command, on a loopback port."""
        kind = ["--worker-class", "uvicorn.workers.UvicornWorker"]
        if self.engine == "flask":
            kind = ["--threads", str(self.threads)]
        return [
            *(str(python), "-m", "gunicorn", "-w", str(self.workers), *kind),
            *("-b", f"127.0.0.1:{port}", "--timeout", "300", "--no-control-socket"),
            APP.format(engine=self.engine),
        ]


def server_settings(variables: Mapping[str, str], *, max_workers: int) -> ServerSettings:
    """From PROMPTFLOW_SERVING_ENGINE, _WORKER_NUM (the image's default is 8) and
    _WORKER_THREADS (1). A value that is no number counts as absent, and is noted."""
    notes: list[str] = []
    engine: Engine = "flask"
    if variables.get("PROMPTFLOW_SERVING_ENGINE", "flask").strip().lower() == "fastapi":
        engine = "fastapi"
    workers = _number(variables, "PROMPTFLOW_WORKER_NUM", 8, notes)
    threads = _number(variables, "PROMPTFLOW_WORKER_THREADS", 1, notes)
    if workers > max_workers:
        notes.append(f"{workers} workers are asked for; {max_workers} run locally")
        workers = max_workers
    if variables.get("PROMPTFLOW_RUN_MODE") != "serving":
        notes.append(
            "PROMPTFLOW_RUN_MODE is not `serving`: images since January 2025 may then start "
            "something that does not listen on 8080 (promptflow issue 3923)"
        )
    return ServerSettings(engine=engine, workers=workers, threads=threads, notes=tuple(notes))


def _number(variables: Mapping[str, str], name: str, default: int, notes: list[str]) -> int:
    text = variables.get(name, "").strip()
    if not text:
        return default
    if text.isdigit() and int(text) > 0:
        return int(text)
    notes.append(f"{name} is {text!r}, no positive number; {default} is used")
    return default


def container_environment(
    *,
    python: Path,
    home: Path,
    generation: Path,
    model_dir: Path | None,
    image: Mapping[str, str],
    user: Mapping[str, str],
    platform: Mapping[str, str],
) -> dict[str, str]:
    """The whole environment of the process: nothing of ours leaks into it.

    `image`, `user` and `platform` win over each other in this order, as on the service.
    """
    path = f"{python.parent}{os.pathsep}/usr/local/bin{os.pathsep}/usr/bin{os.pathsep}/bin"
    defaults = {
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONNOUSERSITE": "1",
        "PF_DISABLE_TRACING": "true",  # the tracer would start a server of its own
        # What exporters tell their maker about themselves, and ask it: its hosts are not played.
        "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
        "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
        "AZUREML_APP_ROOT": str(generation),
    }
    forced = {"PATH": path, "HOME": str(home), **platform}
    if model_dir is not None:
        forced["AZUREML_MODEL_DIR"] = str(model_dir)
    result = {**defaults, **image, **user, **forced}
    project = result.get("PROMPTFLOW_PROJECT_PATH")
    if project:  # the runtime would take a relative path from its working directory
        result["PROMPTFLOW_PROJECT_PATH"] = str(
            (model_dir or generation) / _inside(project, generation)
        )
    return result


def monitoring(app_insights_key: str | None) -> dict[str, str]:
    """What the service tells a container about Application Insights. The runtime takes this key
    before an APPLICATIONINSIGHTS_CONNECTION_STRING of the user's."""
    if not app_insights_key:
        return {}
    return {"AML_APP_INSIGHTS_ENABLED": "true", "AML_APP_INSIGHTS_KEY": app_insights_key}


def _inside(path: str, generation: Path) -> str:
    """A path of the container as one of this machine."""
    if path == APP_ROOT or path.startswith(f"{APP_ROOT}/"):
        return str(generation) + path[len(APP_ROOT) :]
    return path


def working_directory(environment: Mapping[str, str], model_dir: Path | None) -> Path | None:
    """The flow folder, as the runtime finds it: PROMPTFLOW_PROJECT_PATH, else the first
    entry of the model. None when there is neither, or it is no folder."""
    project = environment.get("PROMPTFLOW_PROJECT_PATH")
    if project:
        return Path(project) if Path(project).is_dir() else None
    if model_dir is None:
        return None
    first = next(iter(os.listdir(model_dir)), None)  # noqa: PTH208  the runtime's own words
    folder = model_dir / first if first else None
    return folder if folder is not None and folder.is_dir() else None


def route(spec: PlacementSpec, name: str, default: str) -> tuple[str, int]:
    """Path and port of one route of the inference config, as on the wire."""
    config = spec.environment.inference_config if spec.environment else None
    value = (config or {}).get(name)
    if not isinstance(value, Mapping):
        return default, PORT
    path, port = value.get("path"), value.get("port")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    text = path if isinstance(path, str) and path else default
    number = int(port) if isinstance(port, int | str) and str(port).isdigit() else PORT
    return (text if text.startswith("/") else f"/{text}"), number
