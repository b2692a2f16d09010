"""What is settled before a deployment's processes start: is it playable, and how is it run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from . import storage_initializer
from .backends import Backend
from .container import (
    PORT,
    container_environment,
    monitoring,
    route,
    server_settings,
    working_directory,
)
from .container_log import DeploymentLog
from .counters import Counters
from .data_collector import Collector
from .environments import PreparedEnvironment
from .instance import Launch
from .orphans import ProcessRecord
from .placement import PlacementError, PlacementSpec, Platform
from .start_gate import StartGate

_GUIDE = "Please see troubleshooting guide, available here: https://aka.ms/oe-tsg"


def check_playable(spec: PlacementSpec) -> None:
    """Only containers that bring their own server are played, and only on their own port."""
    if spec.scoring_script:
        raise PlacementError(
            "BadArgument",
            f"The deployment has a scoring script ({spec.scoring_script}). The local Azure plays "
            "prompt flow containers only, not the Azure ML inference server that runs scoring "
            "scripts. It works in the cloud; deploy a flow folder as the model to run it here.",
        )
    for name in ("readinessRoute", "livenessRoute", "scoringRoute"):
        path, port = route(spec, name, "/health")
        if port != PORT:
            raise PlacementError(
                "ResourceNotReady",
                f"User container has crashed or terminated: {name} asks {path} on port {port}, "
                f"and the prompt flow image listens on {PORT}. Set the port to {PORT} in the "
                f"environment's inference_config. {_GUIDE}#error-resourcenotready",
            )


def backend_of(
    spec: PlacementSpec, counters: Counters, *, collector: Collector | None = None
) -> Backend:
    """A generation of the deployment as the router sees it, with nothing ready yet."""
    return Backend(
        deployment=spec.deployment,
        limit=2 * spec.max_concurrent_requests * spec.instance_count,
        request_timeout=spec.request_timeout,
        compute=spec.compute,
        score_path=route(spec, "scoringRoute", "/score")[0],
        health_path=route(spec, "livenessRoute", "/health")[0],
        counters=counters,
        cores=spec.cores,
        collector=collector,
    )


class Starter:
    """Turns specs into launches, for one local Azure."""

    def __init__(
        self,
        *,
        platform: Platform,
        egress: Mapping[str, str],
        record: ProcessRecord,
        max_workers: int,
    ) -> None:
        self._platform = platform
        self._egress = egress
        self._record = record
        self._max_workers = max_workers
        self._gate = StartGate(os.cpu_count() or 1)

    def launch(
        self,
        spec: PlacementSpec,
        environment: PreparedEnvironment,
        *,
        home: Path,
        generation: Path,
        model: Path | None,
        platform: Mapping[str, str],
        log: DeploymentLog,
        client: aiohttp.ClientSession,
    ) -> Launch:
        """`platform`: the variables that are this deployment's alone, its identity's and its
        data collector's. Raises `PlacementError`: a secret
        that cannot be had, or no flow folder."""
        home.mkdir(parents=True, exist_ok=True)
        variables = container_environment(
            python=environment.python,
            home=home,
            generation=generation,
            model_dir=model,
            image=environment.variables,
            user=storage_initializer.resolve_secrets(spec, self._platform),
            platform={**self._egress, **platform, **monitoring(spec.app_insights_key)},
        )
        directory = working_directory(variables, model)
        if directory is None:
            raise PlacementError("ResourceNotReady", _no_flow(model))
        settings = server_settings(variables, max_workers=self._max_workers)
        for note in settings.notes:
            log.server.write(f"note: {note}")
        return Launch(
            command=lambda port: settings.command(environment.python, port),
            environment=variables,
            directory=directory,
            readiness=spec.readiness,
            readiness_path=route(spec, "readinessRoute", "/health")[0],
            liveness=spec.liveness,
            liveness_path=route(spec, "livenessRoute", "/health")[0],
            log=log.server,
            record=self._record,
            client=client,
            gate=self._gate,
        )


def _no_flow(model: Path | None) -> str:
    found = sorted(os.listdir(model)) if model is not None else []  # noqa: PTH208  names only
    what = (
        f"the first entry of the model is no folder (it holds {', '.join(found)})"
        if found
        else "there is no model, and PROMPTFLOW_PROJECT_PATH names no folder"
    )
    return (
        f"User container has crashed or terminated: {what}. A prompt flow model holds exactly one "
        f"folder, the flow. {_GUIDE}#error-resourcenotready"
    )
