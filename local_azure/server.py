"""The one process of a world: builds it, listens, and takes it down again."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from aiohttp import web

from local_azure import processes, resume, sites, telemetry
from local_azure.admin import Admin
from local_azure.arm.engine import Engine
from local_azure.arm.operations import Operations
from local_azure.arm.rbac import Access
from local_azure.arm.snapshot import Snapshot, SnapshotError
from local_azure.azure import Azure
from local_azure.azurite import Azurite
from local_azure.blobs import Blobs
from local_azure.broken_answers import BrokenAnswers
from local_azure.certificates import Authority
from local_azure.directory import Directory
from local_azure.egress import variables
from local_azure.home import StartError, load_settings, lock, lost
from local_azure.login import HOST as LOGIN_HOST
from local_azure.login import Login
from local_azure.metering import Metering
from local_azure.metric_file import MetricFile
from local_azure.platform import Endpoints, OpenAIAccounts, WorldPlatform
from local_azure.ports import Ports
from local_azure.proxy import Proxy
from local_azure.registry_sites import RegistrySites
from local_azure.requests_log import RequestLog
from local_azure.seed import seed
from local_azure.services import all_types
from local_azure.serving import identity
from local_azure.serving.openai import AzureOpenAI
from local_azure.serving.router import ScoringRouter
from local_azure.serving.runtime import ProcessPlacement
from local_azure.settings import Settings
from local_azure.tokens import TokenIssuer
from local_azure.world import World, open_world, write_private

LOG = logging.getLogger("local_azure")


class Service:
    """All parts of a running world, in order of construction."""

    def __init__(self, home: Path, *, world: World, settings: Settings) -> None:
        self.home = home
        self._ports = Ports(home)
        self._requests = RequestLog()
        authority = Authority(home)
        self._authority = authority
        self._azurite = Azurite(home, world, authority)
        snapshot = _opened(home / "snapshot.json")
        principals, operations = snapshot.part("principals"), snapshot.part("operations")
        http_url = f"http://127.0.0.1:{self._ports.http}"
        azure = Azure(
            world=world,
            settings=settings,
            snapshot=snapshot,
            directory=Directory(principals, snapshot.mark),
            access=Access(snapshot.store, lambda: azure.settings.role_propagation_seconds),
            tokens=TokenIssuer(
                tenant_id=world.tenant_id,
                key=world.token_key,
                lifetime=lambda: azure.settings.token_seconds,
            ),
            blobs=Blobs(world, authority),
            operations=Operations(operations, snapshot.mark, flush=snapshot.flush),
            http_url=http_url,
        )
        self.azure = azure
        self._broken = BrokenAnswers(azure.faults)
        platform = WorldPlatform(azure)
        self.placement = ProcessPlacement(
            home,
            platform=platform,
            identity_url=f"{http_url}/msi/token",
            egress=variables(home, self._ports.proxy),
        )
        snapshot.sync = lambda: azure.settings.fsync > 0
        azure.placement = self.placement
        backends = self.placement.backends
        azure.minutes, azure.forget_counts = backends.minutes, backends.forget
        self._metering = Metering(
            backends,
            MetricFile(home / "metrics.jsonl"),
            groups=self.placement.groups,
            every=lambda: azure.settings.metrics_seconds,
        )
        self._engine = Engine(azure, all_types(azure))
        self._telemetry = telemetry.Telemetry(azure, home / "telemetry")
        self._admin = Admin(self._engine, self._requests, self._telemetry)
        self._admin.keep_settings = self._keep_settings
        endpoints, accounts = Endpoints(azure), OpenAIAccounts(azure)
        self._router = ScoringRouter(
            endpoints.route, backends, token_check=endpoints.token_may_score
        )
        self._openai = AzureOpenAI(
            accounts.account, may_use=accounts.may_use, upstream=world.openai_upstream or None
        )
        self._identity = identity.routes(self.placement.identity_of, platform)
        self._proxy: Proxy | None = None
        self._runners: list[web.AppRunner] = []

    async def start(self) -> None:
        """Everything up: blobs, sites, proxy, what was there before, then `service.json`."""
        processes.end_all(self.home)
        await self.placement.open()
        await asyncio.to_thread(processes.end_strays, self.home)
        self._metering.restore(lambda arm_id: self.azure.store.get(arm_id) is not None)
        self._metering.start()
        container = seed(self.azure)
        await self._azurite.start()
        self.azure.blobs.port = self._azurite.port
        for name in (container, "azureml"):
            await self.azure.blobs.make_container(name)
        tls = await sites.listen(
            self._tls_app(),
            lambda runner: web.TCPSite(
                runner, "127.0.0.1", 0, ssl_context=self._authority.server_context(), backlog=512
            ),
        )
        plain = self._app()
        plain.add_routes([*self._admin.routes(), *self._identity, *self._router.routes()])
        http_socket = self._ports.take_http()
        site = await sites.listen(plain, lambda runner: web.SockSite(runner, http_socket))
        self._runners = [tls, site]
        self._proxy = Proxy(
            site_port=sites.port_of(tls),
            blob_port=self._azurite.port,
            blob_host=self.azure.blobs.url.removeprefix("https://"),
            faults=self.azure.faults,
        )
        await self._proxy.start(self._ports.take_proxy())
        self.azure.snapshot.flush()
        self._ports.keep()
        self._announce()
        await resume.resume(self._engine)
        self._admin.ready = True

    def _app(self) -> web.Application:
        """An application whose requests are recorded, and spoilt where a fault wants it."""
        app = web.Application(
            middlewares=[self._requests.middleware, sites.in_json, self._broken.middleware],
            client_max_size=sites.MAX_BODY,
        )
        app.on_response_prepare.append(self._broken.prepared)
        return app

    def _tls_app(self) -> web.Application:
        app = self._app()
        handler = sites.by_host(self._hosts(), self._suffixes())
        app.router.add_route("*", r"/{path:[\s\S]*}", handler)
        return app

    def _hosts(self) -> Mapping[str, sites.Handler]:
        async def arm(request: web.Request) -> web.StreamResponse:
            return await sites.arm(request, self._engine)

        return {
            "management.azure.com": arm,
            LOGIN_HOST: sites.routed(Login(self.azure).routes()),
            telemetry.HOST: sites.routed(self._telemetry.routes()),
        }

    def _suffixes(self) -> Mapping[str, sites.Handler]:
        registries = RegistrySites(self._engine)
        return {
            ".inference.ml.azure.com": self._router.serve_host,
            ".openai.azure.com": sites.routed(self._openai.routes()),
            ".api.azureml.ms": sites.routed(registries.discovery()),
            ".experiments.azureml.net": registries.data_plane,
            telemetry.SUFFIX: sites.routed(self._telemetry.routes()),
        }

    def _announce(self) -> None:
        record = {
            "pid": os.getpid(),
            "http_port": self._ports.http,
            "proxy_port": self._ports.proxy,
            "blob_port": self._azurite.port,
            "subscription": self.azure.world.subscription_id,
            "resource_group": self.azure.world.resource_group,
            "workspace": self.azure.world.workspace,
            "location": self.azure.world.location,
            "started": time.time(),
        }
        write_private(self.home / "service.json", json.dumps(record, indent=2))

    def _keep_settings(self) -> None:
        write_private(self.home / "settings.json", json.dumps(self.azure.settings.as_texts()))

    async def abandon(self) -> NoReturn:
        """End all processes at once, this one too: there is no home any more to write to."""
        self._azurite.abandon()
        await self.placement.close()
        os._exit(1)

    async def close(self) -> None:
        """Everything down, in reverse."""
        with suppress(FileNotFoundError):
            (self.home / "service.json").unlink()
        if self._proxy is not None:
            await self._proxy.close()
        await self.azure.operations.close()
        await self.placement.close()
        await self._router.close()
        await self._openai.close()
        for runner in self._runners:
            await runner.cleanup()
        await self._metering.close()
        await self.azure.blobs.close()
        await self._azurite.close()
        self.azure.snapshot.flush()


def _opened(path: Path) -> Snapshot:
    try:
        return Snapshot(path)
    except SnapshotError as error:
        raise StartError(str(error)) from error


async def serve(home: Path, *, names: Mapping[str, str], values: Mapping[str, str]) -> None:
    """Run a world until SIGTERM or SIGINT. Raises `StartError` and its kin when it cannot."""
    held = lock(home)
    if held is None:
        raise StartError(f"{home} is in use by another local Azure")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    world = open_world(home, names)
    service = Service(home, world=world, settings=load_settings(home, values))
    starting = asyncio.create_task(service.start())
    stopping = asyncio.create_task(stop.wait())
    losing = asyncio.create_task(lost(home, held))
    try:
        await asyncio.wait([starting, stopping], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            LOG.info("ready")
            await asyncio.wait([stopping, losing], return_when=asyncio.FIRST_COMPLETED)
        if losing.done():
            await service.abandon()
    finally:
        for task in (starting, stopping, losing):
            task.cancel()
        await service.close()
        os.close(held)
