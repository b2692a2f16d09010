"""The seam between ARM and the machines: what a deployment needs to run, and who runs it.

The ARM services decide *whether* a deployment may exist (names, quota, roles, schemas); a
`Placement` makes it exist: it builds the environment, fetches the model, starts the
processes and tells the router where they listen. Neither side reads the other's state.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

AuthMode = Literal["Key", "AMLToken", "AADToken"]
Container = Literal["InferenceServer", "StorageInitializer"]
ComputeType = Literal["Managed", "Kubernetes"]


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A liveness or readiness probe. Times in seconds."""

    initial_delay: float = 10.0
    period: float = 10.0
    timeout: float = 2.0
    success_threshold: int = 1
    failure_threshold: int = 30


RollingRate = Literal["Year", "Month", "Day", "Hour", "Minute"]


@dataclass(frozen=True, kw_only=True)
class DataCollector:
    """What of a deployment's traffic is kept in the workspace's blob store."""

    collections: Mapping[str, float]
    """Enabled collections -> share of the requests that is kept, in (0, 1]. `request` and
    `response` are the payloads as the service sees them; all others are the container's own
    (a prompt flow sends `model_inputs` and `model_outputs`)."""
    rolling_rate: RollingRate = "Hour"
    """How fine the folders by time are."""
    capture_headers: tuple[str, ...] = ()
    """Headers kept with `request` and `response`."""


@dataclass(frozen=True, kw_only=True)
class EnvironmentSpec:
    """A registered environment version, as the service keeps it."""

    name: str
    version: str
    image: str | None = None
    conda_file: str | None = None
    """The conda document as text."""
    build_context: str | None = None
    """URI (https blob folder) of a docker build context."""
    dockerfile_path: str | None = None
    inference_config: Mapping[str, object] | None = None
    """`{livenessRoute: {path, port}, readinessRoute: …, scoringRoute: …}` as on the wire."""


@dataclass(frozen=True, kw_only=True)
class PlacementSpec:
    """Everything needed to run one deployment. `arm_id` names it everywhere."""

    arm_id: str
    endpoint: str
    deployment: str
    workspace_id: str
    environment: EnvironmentSpec | None
    model_uri: str | None
    """https blob folder of the model version, None without a model."""
    model_name: str | None = None
    model_version: str | None = None
    model_mount_path: str | None = None
    code_uri: str | None = None
    scoring_script: str | None = None
    environment_variables: Mapping[str, str] = field(default_factory=dict[str, str])
    """As sent by the user; `${{azureml://connections/…}}` not yet resolved."""
    instance_count: int = 1
    cores: int = 2
    """Cores of the instance type."""
    request_timeout: float = 5.0
    """Seconds."""
    max_concurrent_requests: int = 1
    """Per instance."""
    liveness: Probe = Probe()
    readiness: Probe = Probe()
    app_insights_key: str | None = None
    """Instrumentation key of the workspace's Application Insights, when the deployment has it
    enabled and the workspace is linked to one."""
    identity_client_ids: Mapping[str, str] = field(default_factory=dict[str, str])
    """client id -> principal id of each identity of the endpoint; the key "" is the
    system-assigned one, and is absent when the endpoint has only user-assigned identities."""
    data_collector: DataCollector | None = None
    """Made from the wire by `collected_events.from_wire`."""
    compute: ComputeType = "Managed"
    """Decides how the router shows a model's errors: 424 on managed, as they are on Kubernetes."""


class PlacementError(Exception):
    """The deployment could not be started. `code` is the service's (ImagePullError,
    ResourceNotReady, BadArgument, …); its logs stay readable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Placement(Protocol):
    """Runs deployments. All methods are keyed by the deployment's ARM id (any case)."""

    async def place(self, spec: PlacementSpec) -> None:
        """Start, or replace without a gap (new processes are ready before the old ones end).

        Raises `PlacementError`; what ran before then goes on serving.
        """
        ...

    async def remove(self, arm_id: str) -> None:
        """Stop it and forget its logs. Unknown ids are ignored."""
        ...

    def logs(self, arm_id: str, container: Container, *, tail: int = 50) -> str:
        """The last `tail` lines of one container's log; empty when there is none."""
        ...

    async def close(self) -> None:
        """Stop all processes."""
        ...


class Platform(Protocol):
    """What the machines may ask of the platform, always in the name of an identity."""

    def may(self, principal_id: str, action: str, scope: str, *, data: bool = False) -> bool:
        """Whether the principal's role assignments allow the (data) action at the scope."""
        ...

    def issue_token(self, principal_id: str, resource: str) -> tuple[str, int]:
        """A JWT for the principal with `aud` = resource, and its expiry (Unix seconds)."""
        ...

    def connection(self, workspace_id: str, name: str) -> Mapping[str, object] | None:
        """The connection's properties with its credentials (for `${{azureml://connections}}`)."""
        ...

    def registry_of(self, workspace_id: str) -> str | None:
        """ARM id of the workspace's container registry."""
        ...

    def storage_of(self, workspace_id: str) -> str | None:
        """ARM id of the workspace's default storage account."""
        ...

    async def download(self, uri: str, target: Path) -> int:
        """Copy a blob folder to `target`; returns the number of files."""
        ...

    async def append_blob(self, workspace_id: str, path: str, content: bytes) -> None:
        """Add to the end of an append blob in the workspace's default blob store; made when
        it is not there. At most 4 MB at once."""
        ...

    async def write_blob(self, workspace_id: str, path: str, content: bytes) -> str:
        """Put a blob into the workspace's default blob store; returns its https URI."""
        ...


@dataclass(frozen=True, kw_only=True)
class EndpointRoute:
    """What the router must know of one endpoint, asked for at each request."""

    arm_id: str
    name: str
    auth_mode: AuthMode
    keys: tuple[str, str]
    traffic: Mapping[str, int]
    mirror_traffic: Mapping[str, int]
    deployments: Mapping[str, str]
    """deployment name -> ARM id, for all that exist."""


EndpointLookup = Callable[[str], "EndpointRoute | None"]
"""The path of an endpoint as in `addresses` (any case) -> its route."""

TokenCheck = Callable[[str, EndpointRoute], Awaitable[bool]]
"""Whether a bearer token may score on an endpoint with aml_token or aad_token."""
