"""Requests: how long one may take, and how many an instance takes at once."""

from __future__ import annotations

from collections.abc import Iterator

from specs import quota
from specs.concurrency import ENGINE, THREADS, WORKERS, concurrency, positive
from specs.rules.book import Problem
from specs.rules.chapters import DEPLOYMENT
from specs.rules.subjects import DeploymentCase
from specs.served import SOURCE_FLOW

_LIMITS = "Manage resources and quotas: limits of online endpoints and deployments"
_TIMEOUT = "the article, Upstream request timeout issue when consuming the endpoint"
_CONCURRENCY = "the article, Configure concurrency for deployment"
_ENGINE = "the article, Use FastAPI serving engine"

MANAGED_MAX, LONGEST, DEFAULT = 180_000, 300_000, 5_000
"""Milliseconds: managed in general; flows and Kubernetes; when nothing is said."""

_FIELD = ("request_settings", "request_timeout_ms")
_CONCURRENT = ("request_settings", "max_concurrent_requests_per_instance")


@DEPLOYMENT.rule("timeout-not-positive", "error", source="azure-ai-ml 1.35.2 drops a 0 unseen")
def timeout_positive(case: DeploymentCase) -> Iterator[Problem]:
    """A request timeout is at least 1 ms.

    azure-ai-ml leaves a 0 out of the request, and the service then takes its 5 seconds.
    """
    timeout = case.part.number(*_FIELD)
    if timeout is not None and timeout <= 0:
        yield Problem(
            f"request_timeout_ms is {timeout}; the service would silently take {DEFAULT} instead",
            f"Give a time between 1 and {_most(case)} ms, or remove the field.",
            case.part.place(*_FIELD),
        )


@DEPLOYMENT.rule("timeout-too-long", "error", source=_LIMITS)
def timeout_too_long(case: DeploymentCase) -> Iterator[Problem]:
    """No deployment may wait longer than 300,000 ms (5 minutes) for an answer."""
    timeout = case.part.number(*_FIELD)
    if timeout is not None and timeout > LONGEST:
        yield Problem(
            f"request_timeout_ms is {timeout}; no deployment may wait longer than {LONGEST} ms",
            f"Lower it to {_most(case)} at most.",
            case.part.place(*_FIELD),
        )


@DEPLOYMENT.rule("timeout-needs-flow-property", "error", source=_TIMEOUT)
def timeout_needs_property(case: DeploymentCase) -> Iterator[Problem]:
    """A managed deployment may wait over 180,000 ms only when its model says it is a flow."""
    if not _long_managed(case) or case.part.text("model") or _is_marked(case):
        return
    name = case.endpoint_name or "my-flow"
    yield Problem(
        f"request_timeout_ms is {case.part.number(*_FIELD)}; a managed deployment may wait "
        f"{MANAGED_MAX} ms unless its model says that it is a prompt flow",
        f"Add  properties: {{{SOURCE_FLOW}: {name}}}  to the model, or lower the timeout.",
        case.part.place(*_FIELD),
    )


@DEPLOYMENT.rule("timeout-flow-property-unseen", "warning", source=_TIMEOUT)
def timeout_property_unseen(case: DeploymentCase) -> Iterator[Problem]:
    """A timeout over 180,000 ms needs a property of a model that is not in these files."""
    reference = case.part.text("model")
    if _long_managed(case) and reference and not _is_marked(case):
        yield Problem(
            f"request_timeout_ms is {case.part.number(*_FIELD)}; over {MANAGED_MAX} ms works only "
            f"if the model {reference} has the property {SOURCE_FLOW}",
            f"Look:  az ml model show … --query 'properties.\"{SOURCE_FLOW}\"'",
            case.part.place(*_FIELD),
        )


@DEPLOYMENT.rule("timeout-default", "warning", source=_TIMEOUT)
def timeout_default(case: DeploymentCase) -> Iterator[Problem]:
    """A flow should not be left with the default timeout of 5,000 ms."""
    if case.flow is not None and case.flow.connections and not case.part.has(*_FIELD):
        yield Problem(
            f"without request_timeout_ms a request may take {DEFAULT} ms; a flow that asks a "
            "language model often takes longer, and its callers then see 408",
            "Add  request_settings: {request_timeout_ms: 90000}",
            case.part.place("request_settings"),
        )


@DEPLOYMENT.rule("engine-unknown", "error", source=_ENGINE)
def engine(case: DeploymentCase) -> Iterator[Problem]:
    """PROMPTFLOW_SERVING_ENGINE is `flask` or `fastapi`."""
    value = case.variables.get(ENGINE)
    if value is not None and value.strip().lower() not in ("flask", "fastapi"):
        yield Problem(
            f"{ENGINE} is `{value}`; the runtime knows flask and fastapi",
            "Write flask or fastapi, or remove the variable (flask).",
            case.variable_place(ENGINE),
        )


@DEPLOYMENT.rule("threads-without-effect", "warning", source="promptflow's serving start script")
def threads_with_fastapi(case: DeploymentCase) -> Iterator[Problem]:
    """PROMPTFLOW_WORKER_THREADS acts with the flask engine only."""
    if case.variables.get(ENGINE, "").strip().lower() == "fastapi" and THREADS in case.variables:
        yield Problem(
            f"{THREADS} is set, but the fastapi engine starts no threads",
            "Remove it, or use the flask engine.",
            case.variable_place(THREADS),
        )


@DEPLOYMENT.rule("workers-not-a-number", "error", source=_CONCURRENCY)
def worker_numbers(case: DeploymentCase) -> Iterator[Problem]:
    """Worker and thread counts are whole numbers above 0."""
    for name in (WORKERS, THREADS):
        value = case.variables.get(name)
        if value is not None and positive(value) is None:
            yield Problem(
                f"{name} is `{value}`; the server would not start",
                "Give a whole number above 0, or remove the variable.",
                case.variable_place(name),
            )


@DEPLOYMENT.rule("workers-too-many", "warning", source=_CONCURRENCY)
def too_many_workers(case: DeploymentCase) -> Iterator[Problem]:
    """No more than two workers for each core."""
    workers = positive(case.variables.get(WORKERS))
    cores = _cores(case)
    if workers and cores and workers > 2 * cores:
        yield Problem(
            f"{WORKERS} is {workers}; an instance has {cores} cores and should run at most "
            f"{2 * cores} workers",
            f"Lower it, or remove it: {cores} are started then.",
            case.variable_place(WORKERS),
        )


@DEPLOYMENT.rule("concurrency-not-positive", "error", source=_LIMITS)
def concurrency_positive(case: DeploymentCase) -> Iterator[Problem]:
    """max_concurrent_requests_per_instance is at least 1."""
    limit = case.part.number(*_CONCURRENT)
    if limit is not None and limit <= 0:
        yield Problem(
            f"max_concurrent_requests_per_instance is {limit}; nothing could be answered",
            "Remove it: workers times threads are sent then.",
            case.part.place(*_CONCURRENT),
        )


@DEPLOYMENT.rule("concurrency-mismatch", "warning", source=_CONCURRENCY)
def concurrency_fits(case: DeploymentCase) -> Iterator[Problem]:
    """max_concurrent_requests_per_instance is 1 to 2 times workers x threads."""
    limit, cores = case.part.number(*_CONCURRENT), _cores(case)
    workers_known = cores or positive(case.variables.get(WORKERS))
    if case.flow is None or limit is None or limit <= 0 or not workers_known:
        return
    sized = concurrency(cores, case.variables)
    serves = sized.workers * sized.threads
    if serves <= limit <= 2 * serves:
        return
    effect = "some would never work" if limit < serves else "the rest waits until it times out"
    yield Problem(
        f"max_concurrent_requests_per_instance is {limit}, while {sized.workers} workers x "
        f"{sized.threads} threads serve {serves} at once; {effect}",
        f"Give {serves} (up to {2 * serves} when requests take under 200 ms), or remove it.",
        case.part.place(*_CONCURRENT),
    )


def _long_managed(case: DeploymentCase) -> bool:
    timeout = case.part.number(*_FIELD)
    return not case.kubernetes and timeout is not None and MANAGED_MAX < timeout <= LONGEST


def _most(case: DeploymentCase) -> int:
    return LONGEST if case.kubernetes or _is_marked(case) else MANAGED_MAX


def _is_marked(case: DeploymentCase) -> bool:
    """The model says so itself, or will, because it is made from a flow."""
    model = case.model
    return model is not None and (SOURCE_FLOW in model.properties or model.flow is not None)


def _cores(case: DeploymentCase) -> int | None:
    size = case.part.text("instance_type")
    return quota.cores_of(size) if size and not case.kubernetes else None
