"""A closed-loop HTTP client that costs little: one socket per client, no library.

Runs as a process of its own (`python -m bench.load`), so that what is measured does not share
its interpreter: reads one JSON line per round on stdin, writes one with the figures.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

_END = b"\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Round:
    """What to ask for how long."""

    url: str
    headers: dict[str, str]
    body: str
    clients: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Of one round. Latencies in milliseconds."""

    requests: int
    errors: int
    per_second: float
    mean: float
    p50: float
    p90: float
    p99: float


async def run(asked: Round) -> Figures:
    """Ask until the time is up, each client after its last answer."""
    parts = urlsplit(asked.url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    body = asked.body.encode()
    head = [f"POST {parts.path} HTTP/1.1", f"Host: {host}:{port}", f"Content-Length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in asked.headers.items()]
    message = "\r\n".join([*head, "", ""]).encode() + body
    latencies: list[float] = []
    errors = [0]
    started = time.perf_counter()
    deadline = started + asked.seconds
    await asyncio.gather(
        *(
            _client(host, port, message, deadline=deadline, latencies=latencies, errors=errors)
            for _ in range(asked.clients)
        )
    )
    took = time.perf_counter() - started
    latencies.sort()
    return Figures(
        requests=len(latencies),
        errors=errors[0],
        per_second=len(latencies) / took,
        mean=1000 * sum(latencies) / max(1, len(latencies)),
        p50=_rank(latencies, 0.5),
        p90=_rank(latencies, 0.9),
        p99=_rank(latencies, 0.99),
    )


def _rank(latencies: list[float], share: float) -> float:
    return 1000 * latencies[min(len(latencies) - 1, int(len(latencies) * share))]


async def _client(
    host: str,
    port: int,
    message: bytes,
    *,
    deadline: float,
    latencies: list[float],
    errors: list[int],
) -> None:
    writer: asyncio.StreamWriter | None = None
    reader: asyncio.StreamReader | None = None
    while time.perf_counter() < deadline:
        began = time.perf_counter()
        try:
            if writer is None or reader is None:
                reader, writer = await asyncio.open_connection(host, port)
            writer.write(message)
            status, keep = await _answer(reader)
        except (OSError, asyncio.IncompleteReadError):
            status, keep = 0, False
        if status == 200:
            latencies.append(time.perf_counter() - began)
        else:
            errors[0] += 1
        if not keep and writer is not None:
            writer.close()
            reader = writer = None
    if writer is not None:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    head = (await reader.readuntil(_END)).decode().lower()
    length = int(head.split("content-length:", 1)[1].split("\r\n", 1)[0])
    await reader.readexactly(length)
    return int(head.split(" ", 2)[1]), "connection: close" not in head


def main() -> int:
    """One answer line per line asked, until stdin ends."""
    for line in sys.stdin:
        figures = asyncio.run(run(Round(**json.loads(line))))
        print(json.dumps(asdict(figures)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
