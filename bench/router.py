"""Scoring through the router against direct to gunicorn, side by side in one run.

Rounds of equal length alternate (direct, router, router, direct, …), so that whatever else the
machine does meets both. Loopback only; stops by itself. `python -m bench.router --help`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from dataclasses import asdict

from bench.load import Figures, Round
from bench.world import KEY, REQUEST, BenchWorld, bench_world


class LoadGenerator:
    """`bench.load` as a child process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> LoadGenerator:
        """Start it; it does nothing until asked."""
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bench.load"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        )

    async def run(self, asked: Round) -> Figures:
        """One round."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the load generator has no pipes")
        self._process.stdin.write(json.dumps(asdict(asked)).encode() + b"\n")
        return Figures(**json.loads(await self._process.stdout.readline()))

    async def close(self) -> None:
        """End it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        await self._process.wait()


async def measure(
    made: BenchWorld, load: LoadGenerator, options: argparse.Namespace
) -> dict[str, list[Figures]]:
    """Figures by way ("direct", "router"), round by round."""
    await made.endpoint("echo", "blue")
    arm_id = await made.place("echo", "blue", workers=options.workers, threads=options.threads)
    backend = made.service.placement.backends.of(arm_id)
    if backend is None:
        raise RuntimeError("the deployment does not serve")
    urls = {"direct": f"{backend.targets[0].url}/score", "router": f"{made.url}/echo/score"}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
    found: dict[str, list[Figures]] = {"direct": [], "router": []}

    async def ask(way: str, seconds: float) -> Figures:
        return await load.run(
            Round(
                url=urls[way],
                headers=headers,
                body=REQUEST.decode(),
                clients=options.clients,
                seconds=seconds,
            )
        )

    for way in urls:
        await ask(way, 2.0)  # the first requests import what the flow needs
    for index in range(options.rounds):
        for way in sorted(urls, reverse=index % 2 == 1):
            before = time.process_time()
            figures = await ask(way, options.seconds)
            cpu = 1000 * (time.process_time() - before) / max(1, figures.requests)
            found[way].append(figures)
            print(
                f"round {index + 1} {way:6}  {figures.per_second:6.0f}/s  mean {figures.mean:6.2f}"
                f"  p50 {figures.p50:6.2f}  p90 {figures.p90:6.2f}  p99 {figures.p99:6.2f} ms"
                + (f"  router cpu {cpu:.3f} ms" if way == "router" else "")
                + (f"  {figures.errors} errors" if figures.errors else ""),
                flush=True,
            )
    return found


def report(found: dict[str, list[Figures]]) -> None:
    """Medians over the rounds of router / direct."""
    pairs = list(zip(found["router"], found["direct"], strict=True))
    for name in ("per_second", "mean", "p50", "p90", "p99"):
        ratios = sorted(getattr(a, name) / getattr(b, name) for a, b in pairs)
        print(
            f"router / direct, {name:10}  median {statistics.median(ratios):.3f}"
            f"  (rounds {ratios[0]:.3f} to {ratios[-1]:.3f})"
        )


async def run(options: argparse.Namespace) -> None:
    """The whole measurement."""
    load = await LoadGenerator.start()
    try:
        async with bench_world() as made:
            found = await measure(made, load, options)
    finally:
        await load.close()
    report(found)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each round")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--threads", type=int, default=4)
    asyncio.run(run(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
