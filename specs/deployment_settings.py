"""The settings inside an online deployment: requests, probes, scale, resources, data collection.

Each knows its ARM form, as azure-ai-ml sends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, cast

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field

from specs.durations import iso_milliseconds, iso_seconds
from specs.fields import Number, Text, Whole, one_of, refuse
from specs.spec import Spec
from specs.workspace import Workspace


def present(**values: object) -> dict[str, object]:
    """The given values without those that are None."""
    return {key: value for key, value in values.items() if value is not None}


class RequestSettings(Spec):
    """`request_settings`."""

    request_timeout_ms: Whole | None = None
    max_concurrent_requests_per_instance: Whole | None = None
    max_queue_wait_ms: Whole | None = None

    def body(self) -> dict[str, object]:
        """The ARM form."""
        return present(
            maxQueueWait=iso_milliseconds(self.max_queue_wait_ms),
            maxConcurrentRequestsPerInstance=self.max_concurrent_requests_per_instance,
            requestTimeout=iso_milliseconds(self.request_timeout_ms),
        )


class Probe(Spec):
    """`liveness_probe`, `readiness_probe`. Times in seconds."""

    failure_threshold: Whole | None = None
    success_threshold: Whole | None = None
    timeout: Whole | None = None
    period: Whole | None = None
    initial_delay: Whole | None = None

    def body(self) -> dict[str, object]:
        """The ARM form."""
        return present(
            failureThreshold=self.failure_threshold,
            successThreshold=self.success_threshold,
            timeout=iso_seconds(self.timeout),
            period=iso_seconds(self.period),
            initialDelay=iso_seconds(self.initial_delay),
        )


class ScaleSettings(Spec):
    """`scale_settings`; `target_utilization` is for Kubernetes. `polling_interval` in seconds."""

    type: Annotated[str, one_of("default", "target_utilization")]
    polling_interval: Whole | None = None
    target_utilization_percentage: Whole | None = None
    min_instances: Whole | None = None
    max_instances: Whole | None = None

    def body(self) -> dict[str, object]:
        """The ARM form."""
        if self.type == "default":
            return {"scaleType": "Default"}
        return present(
            scaleType="TargetUtilization",
            minInstances=self.min_instances,
            maxInstances=self.max_instances,
            pollingInterval=iso_seconds(self.polling_interval),
            targetUtilizationPercentage=self.target_utilization_percentage,
        )


class ResourceSettings(Spec):
    """Kubernetes amounts: `cpu: "0.5"`, `memory: 0.5Gi`, `nvidia.com/gpu: "1"`."""

    cpu: Text | None = None
    memory: Text | None = None
    gpu: Text | None = Field(
        default=None, validation_alias=AliasChoices("gpu", "nvidia.com/gpu"), alias_priority=1
    )

    @classmethod
    def field_names(cls) -> list[str]:
        """Both spellings of gpu are known."""
        return ["cpu", "memory", "gpu", "nvidia.com/gpu"]

    def body(self) -> dict[str, object]:
        """The ARM form."""
        return present(cpu=self.cpu, memory=self.memory, gpu=self.gpu)


class Resources(Spec):
    """`resources` of a Kubernetes deployment."""

    requests: ResourceSettings | None = None
    limits: ResourceSettings | None = None

    def body(self) -> dict[str, object]:
        """The ARM form."""
        return present(
            containerResourceRequests=self.requests.body() if self.requests else None,
            containerResourceLimits=self.limits.body() if self.limits else None,
        )


class CodeConfiguration(Spec):
    """`code_configuration`: a folder of scoring code, and the script in it."""

    code: Text | None = None
    scoring_script: Text | None = None


class DataAsset(Spec):
    """The data asset that a collection writes to."""

    name: Text | None = None
    path: Text | None = None
    version: Text | None = None
    data_id: Text | None = None


def _asset_or_text(value: object) -> object:
    if isinstance(value, str):
        return {"data_id": value}
    if isinstance(value, Mapping):
        return cast(object, value)
    raise refuse("is no data asset; a mapping or an id is expected", "Give name and path.")


class Collection(Spec):
    """One of `data_collector.collections`."""

    enabled: Annotated[str, one_of("true", "false", camel=False)]
    data: Annotated[DataAsset, BeforeValidator(_asset_or_text)] | None = None
    client_id: Text | None = None

    def body(
        self, workspace: Workspace, sampling_rate: float | None, default_name: str
    ) -> dict[str, object]:
        """The ARM form. `default_name`: of a data asset that is given without a name."""
        return present(
            clientId=self.client_id,
            dataCollectionMode="enabled" if self.enabled == "true" else "disabled",
            dataId=self._data_id(workspace, default_name),
            samplingRate=sampling_rate,
        )

    def _data_id(self, workspace: Workspace, default_name: str) -> str | None:
        if self.data is None:
            return None
        if self.data.data_id is not None:
            return self.data.data_id
        name, version = self.data.name or default_name, self.data.version or "1"
        return workspace.asset_id("data", name, version=version)


class RequestLogging(Spec):
    """`data_collector.request_logging`."""

    capture_headers: list[Text] | None = None


def _rate(value: float) -> float:
    if not 0.0 <= value <= 1.0:
        raise refuse(f"is {value:g}; it can be 0.0 to 1.0", "Give a share.", "wrong-value")
    return value


class DataCollector(Spec):
    """`data_collector`: what is kept of requests and answers."""

    collections: dict[str, Collection]
    rolling_rate: Annotated[str, one_of("minute", "day", "hour", camel=False)] | None = None
    sampling_rate: Annotated[Number, AfterValidator(_rate)] | None = None
    request_logging: RequestLogging | None = None

    elsewhere: ClassVar[Mapping[str, str]] = {
        "enabled": "Set `enabled` for each collection, under `collections:`."
    }

    def body(self, workspace: Workspace, prefix: str) -> dict[str, object]:
        """The ARM form. `prefix`: endpoint and deployment, for the names of data assets."""
        logging = self.request_logging
        return present(
            collections={
                name: collection.body(workspace, self.sampling_rate, f"{prefix}-{name}")
                for name, collection in self.collections.items()
            },
            rollingRate=self.rolling_rate,
            requestLogging=present(captureHeaders=logging.capture_headers) if logging else None,
        )
