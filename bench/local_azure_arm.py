"""ARM under load: 1,000 resources, 10,000 requests from 32 clients, against the real command.

`python -m bench.local_azure_arm [--requests N --clients N --resources N]` starts a world of its
own in a temporary folder, asks it through proxy and TLS as clients do, and ends it. Loopback only.
Client and service share the machine, so the figures are those of the two together.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import ssl
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil

from local_azure import control
from local_azure.arm.shape import parse_object, text
from local_azure.world import World, open_world

HOST = "https://management.azure.com"
VERSION = {"api-version": "2025-12-01"}
VERBS, WEIGHTS = ("GET", "LIST", "PUT", "DELETE"), (60, 5, 30, 5)
BODY = json.dumps({"properties": {"image": "registry.example/flow:1", "tags": {"a": "b" * 200}}})


@dataclass(kw_only=True)
class Load:
    """One run: what to ask, and what came of it."""

    world: World
    session: aiohttp.ClientSession
    proxy: str
    trust: ssl.SSLContext
    headers: dict[str, str]
    latencies: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    errors: Counter[str] = field(default_factory=Counter[str])

    async def ask(self, verb: str, path: str) -> None:
        """One request, timed; anything but success is an error."""
        began = time.perf_counter()
        async with self.session.request(
            "GET" if verb == "LIST" else verb,
            f"{HOST}{path}",
            params=VERSION,
            headers=self.headers,
            data=BODY if verb == "PUT" else None,
            proxy=self.proxy,
            ssl=self.trust,
        ) as answer:
            await answer.read()
        self.latencies.setdefault(verb, []).append((time.perf_counter() - began) * 1000)
        if answer.status >= 400:
            self.errors[f"{verb} {answer.status}"] += 1

    def version(self, number: int) -> str:
        """The id of a resource: an environment version, 50 to a container."""
        return f"{self.world.workspace_id}/environments/e{number // 50}/versions/{number % 50}"


async def client(load: Load, requests: int, *, resources: int, seed: int) -> None:
    """One client: `requests` requests, each after the last answer."""
    draw = random.Random(seed)  # noqa: S311 - a mix of requests, no secret
    for number in range(requests):
        (verb,) = draw.choices(VERBS, WEIGHTS)
        which = draw.randrange(resources)
        if verb == "LIST":
            await load.ask("LIST", load.version(which).rsplit("/", 1)[0])
        elif verb == "DELETE":  # one of its own, so that nobody misses it
            own = f"{load.world.workspace_id}/environments/own-{seed}/versions/{number}"
            await load.ask("PUT", own)
            await load.ask("DELETE", own)
        else:
            await load.ask(verb, load.version(which))


async def token_of(load: Load) -> str:
    """The deployer's access token."""
    world = load.world
    async with load.session.post(
        f"https://login.microsoftonline.com/{world.tenant_id}/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": world.deployer_client_id,
            "client_secret": world.deployer_secret,
            "scope": f"{HOST}/.default",
        },
        proxy=load.proxy,
        ssl=load.trust,
    ) as answer:
        return text(parse_object(await answer.read()), "access_token")


async def run(home: Path, running: control.Running, asked: argparse.Namespace) -> Load:
    """Make the resources, then ask."""
    connector = aiohttp.TCPConnector(limit=int(asked.clients))
    async with aiohttp.ClientSession(connector=connector, trust_env=False) as session:
        load = Load(
            world=open_world(home, {}),
            session=session,
            proxy=f"http://127.0.0.1:{running.proxy_port}",
            trust=ssl.create_default_context(cafile=str(home / "ca.pem")),
            headers={},
        )
        load.headers["Authorization"] = f"Bearer {await token_of(load)}"
        for first in range(0, asked.resources, asked.clients):
            numbers = range(first, min(first + asked.clients, asked.resources))
            await asyncio.gather(*(load.ask("PUT", load.version(one)) for one in numbers))
        load.latencies.clear()
        service = psutil.Process(running.pid)
        print(f"service   {_megabytes(service)} MB with {asked.resources} resources")
        began, busy = time.perf_counter(), sum(service.cpu_times()[:2])
        each = asked.requests // asked.clients
        await asyncio.gather(
            *(client(load, each, resources=asked.resources, seed=n) for n in range(asked.clients))
        )
        took = time.perf_counter() - began
        done = sum(map(len, load.latencies.values()))
        busy = sum(service.cpu_times()[:2]) - busy
        print(f"requests  {done} from {asked.clients} clients in {took:.1f} s: {done / took:.0f}/s")
        print(f"service   {_megabytes(service)} MB after them, {busy / took:.0%} of a core busy")
        return load


def _megabytes(process: psutil.Process) -> int:
    return process.memory_info().rss // 1_000_000


def main() -> int:
    """Run it; 1 when a request failed."""
    parser = argparse.ArgumentParser(description="ARM of the local Azure under load.")
    for name, default in (("requests", 10000), ("clients", 32), ("resources", 1000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        running = control.spawn(home, names={}, values={})
        try:
            load = asyncio.run(run(home, running, asked))
            size = (home / "snapshot.json").stat().st_size
        finally:
            control.stop(home)
    print(f"snapshot  {size / 1e6:.1f} MB")
    for verb, held in sorted(load.latencies.items()):
        held.sort()
        ranks = "  ".join(
            f"p{rank} {held[min(len(held) - 1, len(held) * rank // 100)]:.1f}"
            for rank in (50, 90, 95, 99)
        )
        print(f"{verb:<8}  {len(held):>5}  {ranks}  max {held[-1]:.1f} ms")
    print(f"errors    {dict(load.errors) or 'none'}")
    return 1 if load.errors else 0


if __name__ == "__main__":
    sys.exit(main())
