"""How many requests one instance serves at once: workers x threads, said once.

Three settings have to agree: `PROMPTFLOW_WORKER_NUM` and `PROMPTFLOW_WORKER_THREADS` (read by
the image's start script) and `request_settings.max_concurrent_requests_per_instance` (read by
the platform). The article and the service disagree on the defaults of two of them, so all three
are always sent. Whether a user's numbers make sense is the rule book's matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

WORKERS = "PROMPTFLOW_WORKER_NUM"
THREADS = "PROMPTFLOW_WORKER_THREADS"
ENGINE = "PROMPTFLOW_SERVING_ENGINE"

IMAGE_WORKERS = 8
"""What the image's start script takes when nothing is said."""


@dataclass(frozen=True, kw_only=True)
class Concurrency:
    """What is sent for one deployment; all numbers are per instance."""

    workers: int
    """Processes."""
    threads: int
    """Threads of each process; always 1 with the fastapi engine, which ignores the setting."""
    max_concurrent: int
    """Requests in flight that the platform lets through to one instance."""
    explanation: str
    """One sentence for the preview."""


def concurrency(
    cores: int | None, variables: Mapping[str, str], *, max_concurrent: int | None = None
) -> Concurrency:
    """One worker per core unless the user says otherwise, and a request for each worker thread.

    `cores` of one instance, None where the size is unknown (the image's own 8 workers then).
    `variables` are the deployment's environment variables; `max_concurrent` is the user's own.
    Numbers that make no sense are treated as absent: the rule book reports them.
    """
    given = positive(variables.get(WORKERS))
    workers = given or cores or IMAGE_WORKERS
    threaded = variables.get(ENGINE, "flask").strip().lower() != "fastapi"
    threads = (positive(variables.get(THREADS)) or 1) if threaded else 1
    allowed = max_concurrent if max_concurrent and max_concurrent > 0 else workers * threads
    if given:
        reason = f"{WORKERS} is {given}"
    elif cores:
        reason = f"{_count(cores, 'core')} in an instance"
    else:
        reason = "cores of the instance type unknown, so as many workers as the image starts"
    chosen = "" if allowed == workers * threads else ", as the deployment says"
    return Concurrency(
        workers=workers,
        threads=threads,
        max_concurrent=allowed,
        explanation=(
            f"{reason}: {_count(workers, 'worker')} x {_count(threads, 'thread')}, "
            f"{_count(allowed, 'request')} at once{chosen}"
        ),
    )


def positive(text: str | None) -> int | None:
    """A whole number above 0, or None for anything else."""
    try:
        number = int(text.strip()) if text is not None else 0
    except ValueError:
        return None
    return number if number > 0 else None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
