"""`ProcessPlacement`: deployments as processes of the real prompt flow runtime.

Owns the order of a start (image, environment, model, secrets, processes), generations
(a new one is ready before the old one ends) and what is left on disk. Scoring is the
router's, and whether a deployment may exist at all is the ARM services'.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from . import storage_initializer
from .backends import Backends
from .container_log import DeploymentLog
from .data_collector import Collector
from .deployment_folders import DeploymentFolders, Folders
from .environments import Environments, PreparedEnvironment
from .instance import Launch
from .instance_group import InstanceGroup
from .orphans import ProcessRecord
from .placement import Container, PlacementError, PlacementSpec, Platform
from .starting import Starter, backend_of, check_playable

_END = 10.0
"""Seconds that a retired process may take to end by itself."""


@dataclass
class _Deployment:
    """What is known of one deployment between calls."""

    folders: Folders
    log: DeploymentLog
    secret: str = field(default_factory=lambda: secrets.token_hex(16).upper())
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    identities: Mapping[str, str] = field(default_factory=dict[str, str])
    group: InstanceGroup | None = None
    generation: Path | None = None
    count: int = 0


class ProcessPlacement:
    """A `placement.Placement` on this machine.

    `home`: the local Azure's folder. `identity_url`: the managed identity endpoint.
    `egress`: proxy and certificate variables for deployed code. `max_instances`: processes
    per deployment, whatever its instance count; `max_workers`: gunicorn workers in each
    (default: twice the cores, as the service recommends at most).
    """

    def __init__(
        self,
        home: Path,
        *,
        platform: Platform,
        identity_url: str,
        egress: Mapping[str, str],
        environments: Environments | None = None,
        max_instances: int = 4,
        max_workers: int | None = None,
    ) -> None:
        self.backends = Backends()
        self._folders = DeploymentFolders(home)
        self._platform = platform
        self._identity_url = identity_url
        self._environments = environments or Environments()
        self._max_instances = max_instances
        self._record = ProcessRecord(self._folders.root / "processes.json")
        self._starter = Starter(
            platform=platform,
            egress=egress,
            record=self._record,
            max_workers=max_workers or 2 * (os.cpu_count() or 1),
        )
        self._deployments: dict[str, _Deployment] = {}
        self._groups: set[InstanceGroup] = set()
        self._client: aiohttp.ClientSession | None = None
        self._closed = False

    async def open(self) -> int:
        """End what a killed service left running; returns how many process groups."""
        ended = await asyncio.to_thread(self._record.end_leftovers)
        await asyncio.to_thread(self._folders.clear_temporary)
        return ended

    async def place(self, spec: PlacementSpec) -> None:
        """Start, or replace without a gap. Raises `PlacementError`; what ran before goes on."""
        deployment = self._of(spec)
        async with deployment.lock:
            deployment.count += 1
            generation = deployment.folders.kept / str(deployment.count)
            before = deployment.identities
            deployment.identities = dict(spec.identity_client_ids)
            try:
                group = await self._start(spec, deployment, generation)
            except BaseException:
                deployment.identities = before
                await asyncio.to_thread(shutil.rmtree, generation, ignore_errors=True)
                raise
            retired, deployment.group = deployment.group, group
            old_generation, deployment.generation = deployment.generation, generation
            self.backends.serve(spec.arm_id, group.backend)
            if retired is not None:
                await self._retire(retired, old_generation)

    async def remove(self, arm_id: str) -> None:
        """Stop it and forget its logs. Unknown ids are ignored."""
        deployment = self._deployments.get(arm_id.lower())
        if deployment is None:
            self.backends.forget(arm_id)  # counted before a restart, after which it did not run
            return
        async with deployment.lock:
            self.backends.withdraw(arm_id)
            if deployment.group is not None:
                await self._retire(deployment.group, None)
            self.backends.forget(arm_id)
            self._deployments.pop(arm_id.lower(), None)
            await asyncio.to_thread(self._folders.release, deployment.folders)

    def groups(self) -> Iterable[InstanceGroup]:
        """What runs, or is about to."""
        return tuple(self._groups)

    def logs(self, arm_id: str, container: Container, *, tail: int = 50) -> str:
        """The last `tail` lines of one container's log; empty when there is none."""
        deployment = self._deployments.get(arm_id.lower())
        if deployment is None:
            return ""
        if container == "StorageInitializer":
            return deployment.log.storage.tail(tail)
        return deployment.log.server_text(tail)

    def identity_of(self, secret: str) -> Mapping[str, str] | None:
        """client id -> principal id of the deployment whose identity header is `secret`."""
        for deployment in self._deployments.values():
            if secrets.compare_digest(deployment.secret.encode(), secret.encode()):
                return deployment.identities
        return None

    async def close(self) -> None:
        """Stop all processes, also those that are just starting."""
        self._closed = True
        for arm_id in self._deployments:
            self.backends.withdraw(arm_id)
        await asyncio.gather(*(group.stop(grace=3.0) for group in tuple(self._groups)))
        self._groups.clear()
        if self._client is not None:
            await self._client.close()
        await asyncio.to_thread(self._folders.clear_temporary)

    def _of(self, spec: PlacementSpec) -> _Deployment:
        known = self._deployments.get(spec.arm_id.lower())
        if known is None:
            folders = self._folders.claim(spec)
            known = _Deployment(folders=folders, log=DeploymentLog(folders.kept))
            self._deployments[spec.arm_id.lower()] = known
        return known

    async def _start(
        self, spec: PlacementSpec, deployment: _Deployment, generation: Path
    ) -> InstanceGroup:
        log = deployment.log
        log.begin()
        stage = "SystemSetup"
        collector = Collector(spec, self._platform, log=log.server.write)
        try:
            check_playable(spec)
            log.stage("SystemSetup", "Succeeded")
            stage = _enter(log, "UserContainerImagePull")
            storage_initializer.check_image_pull(spec, self._platform, log.storage)
            environment = await self._environment(spec, log)
            log.stage(stage, "Succeeded")
            stage = _enter(log, "ModelDownload")
            model = await storage_initializer.download_model(
                spec, self._platform, generation, log=log.storage
            )
            log.stage(stage, "Succeeded")
            stage = _enter(log, "UserContainerStart")
            launch = self._starter.launch(
                spec,
                environment,
                home=deployment.folders.kept / "home",
                generation=generation,
                model=model,
                platform={
                    "TMPDIR": str(deployment.folders.temporary),
                    "IDENTITY_ENDPOINT": self._identity_url,
                    "IDENTITY_HEADER": deployment.secret,
                    **await collector.start(generation),
                },
                log=log,
                client=self._probe_client(),
            )
            group = await self._run(spec, launch, collector, log=log)
            log.stage(stage, "Succeeded")
        except PlacementError as error:
            log.stage(stage, "Failed")
            log.server.write(f"{error.code}: {error.message.splitlines()[0]}")
            raise
        finally:
            if log.stages.get("UserContainerStart") != "Succeeded":
                await collector.close()
        return group

    async def _environment(self, spec: PlacementSpec, log: DeploymentLog) -> PreparedEnvironment:
        if spec.environment is None:
            raise PlacementError(
                "BadArgument", "The deployment has no environment: there is no image to run."
            )
        return await self._environments.prepare(
            spec.environment, fetch=self._platform.download, log=log.server.write
        )

    async def _run(
        self, spec: PlacementSpec, launch: Launch, collector: Collector, *, log: DeploymentLog
    ) -> InstanceGroup:
        count = max(1, min(spec.instance_count, self._max_instances))
        if count < spec.instance_count:
            log.server.write(f"note: instance_count is {spec.instance_count}; {count} run locally")
        counters = self.backends.counters(spec.arm_id)
        backend = backend_of(spec, counters, collector=collector)
        group = InstanceGroup(launch, backend)
        self._groups.add(group)
        try:
            await group.start(0 if self._closed else count)
        except BaseException:
            await asyncio.shield(group.stop(grace=1.0))
            self._groups.discard(group)
            raise
        return group

    async def _retire(self, group: InstanceGroup, generation: Path | None) -> None:
        """End a generation after its requests: at most as long as one may take."""
        await group.backend.drained(group.backend.request_timeout)
        await group.stop(grace=_END)
        self._groups.discard(group)
        if generation is not None:
            await asyncio.to_thread(shutil.rmtree, generation, ignore_errors=True)

    def _probe_client(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True, limit=0)
            )
        return self._client


def _enter(log: DeploymentLog, stage: str) -> str:
    log.stage(stage, "InProgress")
    return stage
