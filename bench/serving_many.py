"""Many deployments of a Python-only flow at one worker, live at the same time.

Places them all at once, scores each through the router, and reports time and memory (RSS, and
PSS: shared pages counted once). Stops by itself, before memory gets scarce too.
`python -m bench.serving_many --deployments 50`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from statistics import median

import aiohttp
import psutil

from bench.world import KEY, REQUEST, BenchWorld, bench_world

_SPARE = 3_000_000_000
"""Bytes of memory that must stay free: below, nothing more is placed."""


async def place_all(made: BenchWorld, count: int) -> dict[str, float]:
    """Endpoint name -> seconds until its deployment was ready, counted from the beginning."""
    began = time.monotonic()
    ready: dict[str, float] = {}

    async def one(name: str) -> None:
        await made.endpoint(name, "blue")
        if psutil.virtual_memory().available < _SPARE:
            print(f"{name}: not placed, memory is short")
            return
        await made.place(name, "blue", workers=1, threads=1)
        ready[name] = time.monotonic() - began

    await asyncio.gather(*(one(f"many-{number:03}") for number in range(count)))
    return ready


async def score(made: BenchWorld, names: list[str]) -> list[float]:
    """Milliseconds of one request to each, after another one that warmed it up."""
    found: list[float] = []
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as client:
        for name in names * 2:
            began = time.perf_counter()
            async with client.post(f"{made.url}/{name}/score", data=REQUEST) as answer:
                if answer.status != 200:
                    raise RuntimeError(f"{name}: {answer.status} {await answer.text()}")
            found.append(1000 * (time.perf_counter() - began))
    return found[len(names) :]


def memory() -> tuple[int, int, int]:
    """Processes below this one that serve, their RSS and their PSS in bytes."""
    serving = [
        process
        for process in psutil.Process().children(recursive=True)
        if "gunicorn" in " ".join(process.cmdline())
    ]
    full = [process.memory_full_info() for process in serving]
    return len(serving), sum(one.rss for one in full), sum(one.pss for one in full)


async def run(options: argparse.Namespace) -> None:
    """The whole measurement."""
    free = psutil.virtual_memory().available
    async with bench_world() as made:
        ready = await place_all(made, options.deployments)
        times = sorted(ready.values())
        print(f"{len(ready)} deployments ready: first {times[0]:.1f} s, last {times[-1]:.1f} s")
        latencies = await score(made, sorted(ready))
        print(f"one request to each: median {median(latencies):.1f} ms, max {max(latencies):.1f}")
        count, rss, pss = await asyncio.to_thread(memory)
        each = pss / len(ready) / 1e6
        print(
            f"{count} processes: RSS {rss / 1e9:.2f} GB, PSS {pss / 1e9:.2f} GB, {each:.0f} MB each"
        )
        own = psutil.Process().memory_info().rss
        print(f"the service itself: {own / 1e6:.0f} MB")
        used = free - psutil.virtual_memory().available
        print(f"memory available: {used / 1e9:.2f} GB less than before")
        began = time.monotonic()
    print(f"all ended in {time.monotonic() - began:.1f} s")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deployments", type=int, default=50)
    asyncio.run(run(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
