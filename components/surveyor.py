"""The surveyor: reads what the survey holds, all at once, while the program still imports.

Most of it is good to know and not needed: a reader without credentials still gets a preview.
What a plan cannot do without is an error here, before anything is created.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar, cast

from components import survey_findings as found
from components.endpoint_body import endpoint_body, reason_to_replace
from components.providers.arm import (
    COGNITIVE_API,
    IDENTITY_API,
    Arm,
    Json,
    arm,
    section,
    text,
)
from components.survey import IdentityFacts, Survey
from specs.findings import Finding
from specs.quota import Demand, Usage
from specs.references import Reference
from specs.stack import FlowService, Stack

OPENAI = frozenset({"azureopenai", "aiservices"})
"""Categories of connections whose account takes the OpenAI roles, in lower case."""
PATIENCE = 15.0
"""Seconds for all of it."""
T = TypeVar("T")


class Surveying:
    """A survey under way, in a thread of its own."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._survey: Survey | None = None
        # A daemon: a connection that hangs must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def result(self, patience: float = PATIENCE) -> Survey:
        """What was found; nothing, after `patience` seconds."""
        self._thread.join(patience)
        return self._survey or unread(self._stack, f"no answer within {patience:.0f} s")

    def _run(self) -> None:
        # What its SDKs say about a credential that is not there would be shown as the program's.
        logging.getLogger("azure").setLevel(logging.CRITICAL)
        self._survey = survey(self._stack)


def survey(stack: Stack, client: Arm | None = None) -> Survey:
    """Look around in the stack's workspace. Never raises."""
    try:
        with ThreadPoolExecutor(max_workers=8) as pool:
            return _Surveyor(stack, client or arm(hasty=True), pool).survey()
    except Exception as error:
        # No credential, no network, no permission: Azure's SDKs have an exception for each.
        return unread(stack, str(error))


def unread(stack: Stack, reason: str) -> Survey:
    """A survey of nothing: a warning, and an error for each identity that had to be known."""
    why = next((line.strip() for line in reason.splitlines() if line.strip()), "no reason given")
    missing = (found.identity_unread(id_, why="Azure could not be read") for id_ in _wanted(stack))
    return Survey(findings=(found.azure_unread(stack.workspace, why=why[:200]), *missing))


class _Surveyor:
    def __init__(self, stack: Stack, client: Arm, pool: ThreadPoolExecutor) -> None:
        self._stack = stack
        self._place = stack.workspace
        self._arm = client
        self._pool = pool
        self._findings: list[Finding] = []
        self._replaced: set[str] = set()

    def survey(self) -> Survey:
        """One round of readings side by side. Raises what reading the workspace raises."""
        usage = self._bonus(self._usage, None)
        running = [
            self._bonus(lambda one=one: self._running(one), ()) for one in self._stack.services
        ]
        accounts = {
            name: self._bonus(lambda name=name: self._account(name), None)
            for name in self._connections()
        }
        versions = {
            reference.text: self._bonus(lambda one=reference: self._latest(one), None)
            for reference in self._labels()
        }
        identities = {id_: self._pool.submit(self._identity, id_) for id_ in _wanted(self._stack)}
        workspace = self._arm.get(self._place.id)
        if workspace is None:
            self._findings.append(found.no_workspace(self._place))
        properties = section(workspace, "properties")
        own = [one.endpoint.name for one in self._stack.services if _is_user_assigned(one)]
        if workspace and own and not properties.get("containerRegistry"):
            self._findings.append(found.no_registry(self._place, own))
        return Survey(
            registry=text(properties, "containerRegistry") or None,
            storage=text(properties, "storageAccount") or None,
            app_insights_linked=bool(properties.get("applicationInsights")) if workspace else None,
            usage=usage.result(),
            running=tuple(one for each in running for one in each.result()),
            replaced=frozenset(self._replaced),
            accounts=_known(accounts),
            versions=_known(versions),
            identities=_known(identities),
            findings=tuple(self._findings),
        )

    def _bonus(self, read: Callable[[], T], otherwise: T) -> "Future[T]":
        """Read something that nothing depends on: what fails says nothing more than silence."""

        def tried() -> T:
            try:
                return read()
            except Exception:
                return otherwise

        return self._pool.submit(tried)

    def _usage(self) -> Usage:
        """Cores per VM family in the region."""
        path = (
            f"/subscriptions/{self._place.subscription_id}/providers"
            f"/Microsoft.MachineLearningServices/locations/{self._place.location}/usages"
        )
        return {
            text(one, "name", "value"): (_whole(one, "currentValue"), _whole(one, "limit"))
            for one in self._arm.list(path)
        }

    def _running(self, service: FlowService) -> tuple[Demand, ...]:
        """The endpoint's deployments, and whether the endpoint itself can stay."""
        name = service.endpoint.name
        endpoint_id = f"{self._place.id}/onlineEndpoints/{name}"
        live = self._arm.get(endpoint_id)
        if live is None:
            return ()
        reason = reason_to_replace(live, endpoint_body(service.endpoint, self._place))
        if reason is not None:
            at, strict = service.document.place(), self._stack.production
            self._replaced.add(name)
            self._findings.append(found.replaced(name, reason, production=strict, at=at))
        return tuple(
            Demand(
                endpoint=name,
                deployment=text(one, "name"),
                instance_type=text(one, "properties", "instanceType"),
                instances=_whole(section(one, "sku"), "capacity"),
            )
            for one in self._arm.list(f"{endpoint_id}/deployments")
            if text(one, "properties", "endpointComputeType") == "Managed"
        )

    def _connections(self) -> dict[str, Mapping[str, object] | None]:
        """Those that flows ask for: with their properties where the stack declares them."""
        mine = {one.name: section(one.body({}), "properties") for one in self._stack.connections}
        deployments = (one for service in self._stack.services for one in service.deployments)
        used = (name for deployment in deployments for name in deployment.connections)
        return {name: mine.get(name) for name in used}

    def _account(self, name: str) -> str | None:
        """ARM id of the Azure OpenAI account behind a connection without a key."""
        properties = self._connections()[name]
        if properties is None:
            live = self._arm.get(f"{self._place.id}/connections/{name}")
            if live is None:
                self._findings.append(found.no_connection(self._place, name))
            properties = section(live, "properties")
        if text(properties, "authType") != "AAD":
            return None
        if text(properties, "category").lower() not in OPENAI:
            return None
        account = text(properties, "metadata", "ResourceId") or self._at(text(properties, "target"))
        if not account:
            self._findings.append(found.no_account(name))
        return account or None

    def _at(self, target: str) -> str:
        """ARM id of the account with that address; empty where there is none to be seen."""
        path = f"/subscriptions/{self._place.subscription_id}/providers"
        listed = self._arm.list(f"{path}/Microsoft.CognitiveServices/accounts", api=COGNITIVE_API)
        address = target.rstrip("/").lower()
        at = (one for one in listed if text(one, "properties", "endpoint").rstrip("/") == address)
        return text(next(at, None), "id")

    def _labels(self) -> Iterator[Reference]:
        """References to the latest version. Azure knows no other label."""
        for service in self._stack.services:
            for one in service.deployments:
                for wanted in (one.model, one.environment):
                    if isinstance(wanted, Reference) and wanted.label == "latest":
                        yield wanted

    def _latest(self, reference: Reference) -> str | None:
        """The version that was made last, as azure-ai-ml finds it."""
        collection = f"{self._place.id}/{reference.kind}/{reference.name}/versions"
        newest = self._arm.list(collection, query="$orderBy=createdtime+desc&$top=1")
        version = text(next(newest, None), "name") or self._uploaded(reference)
        if version is None:
            self._findings.append(found.no_version(self._place, reference))
        return version

    def _uploaded(self, reference: Reference) -> str | None:
        """The version that this stack is about to register under that name."""
        for service in self._stack.services:
            for one in service.deployments:
                asset = one.model if reference.kind == "models" else one.environment
                if asset and not isinstance(asset, Reference) and asset.name == reference.name:
                    return asset.version
        return None

    def _identity(self, id_: str) -> IdentityFacts | None:
        """A user-assigned identity. Nothing can be planned without it."""
        try:
            live = self._arm.get(id_, api=IDENTITY_API)
        except Exception as error:
            self._findings.append(found.identity_unread(id_, why=str(error).splitlines()[0]))
            return None
        if live is None:
            self._findings.append(found.identity_unread(id_, why="there is no such identity"))
            return None
        properties = section(live, "properties")
        return IdentityFacts(
            principal_id=text(properties, "principalId"), client_id=text(properties, "clientId")
        )


def _is_user_assigned(service: FlowService) -> bool:
    return service.endpoint.identity_type == "UserAssigned"


def _wanted(stack: Stack) -> list[str]:
    """ARM ids of the user-assigned identities that endpoints name."""
    ids = (each.endpoint.identity_id for each in stack.services)
    return list(dict.fromkeys(id_ for id_ in ids if id_))


def _known(readings: "Mapping[str, Future[T | None]]") -> dict[str, T]:
    results = {key: reading.result() for key, reading in readings.items()}
    return {key: result for key, result in results.items() if result is not None}


def _whole(body: Json, key: str) -> int:
    return int(cast("float", body.get(key) or 0))
