"""Events of the data collector: from the wire's settings to a line of JSON. Pure."""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from .placement import DataCollector, RollingRate

LARGE = 3_900_000
"""Bytes above which data becomes a blob of its own (the service: 4 MB, a line included)."""
_LAYOUT: Mapping[RollingRate, str] = {
    "Year": "%Y",
    "Month": "%Y/%m",
    "Day": "%Y/%m/%d",
    "Hour": "%Y/%m/%d/%H",
    "Minute": "%Y/%m/%d/%H/%M",
}


def from_wire(value: object) -> DataCollector | None:
    """The `dataCollector` property of an online deployment; None when nothing is enabled.

    A collection counts with `dataCollectionMode: Enabled`; its `samplingRate` is a share
    from 0 to 1 (default 1). Names are compared in lower case, as the runtime does.
    """
    document = _mapping(value)
    collections: dict[str, float] = {}
    for name, one in _mapping(document.get("collections")).items():
        settings = _mapping(one)
        rate = settings.get("samplingRate", 1)
        share = float(rate) if isinstance(rate, int | float) else 1.0
        if str(settings.get("dataCollectionMode", "")).lower() == "enabled" and share > 0:
            collections[name.lower()] = min(share, 1.0)
    if not collections:
        return None
    rates: dict[str, RollingRate] = {rate.lower(): rate for rate in _LAYOUT}
    headers = _mapping(document.get("requestLogging")).get("captureHeaders")
    return DataCollector(
        collections=collections,
        rolling_rate=rates.get(str(document.get("rollingRate", "Hour")).lower(), "Hour"),
        capture_headers=tuple(
            str(name) for name in (cast("list[object]", headers) if _is_list(headers) else [])
        ),
    )


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _mapping(value: object) -> Mapping[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One collected payload."""

    collection: str
    request_id: str
    content_type: str
    data: bytes
    attributes: Mapping[str, object] = field(default_factory=dict[str, object])
    """Further fields of the line."""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    time: datetime.datetime = field(default_factory=_now)


def folder(time: datetime.datetime, rolling: RollingRate) -> str:
    """The folders of a time (UTC): `yyyy/MM/dd/HH` for "Hour"."""
    return time.strftime(_LAYOUT[rolling])


def line(event: Event, *, source: str, stored_at: str | None = None) -> str:
    """The event as one line of JSON (CloudEvents 1.0 and the service's own fields).

    `source`: ARM id of the deployment. `stored_at`: URI of the data's own blob.
    """
    size = len(event.data)
    document: dict[str, object] = {
        "specversion": "1.0",
        "id": event.id,
        "source": source,
        "type": f"azureml.inference.{event.collection}",
        "datacontenttype": event.content_type or "application/octet-stream",
        "time": event.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": stored_at or _readable(event),
        **event.attributes,
        "contentrange": f"bytes 0-{max(0, size - 1)}/{size}",
        "correlationid": event.request_id,
        "xrequestid": event.request_id,
    }
    if stored_at is not None:
        document["datainblob"] = "true"
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _readable(event: Event) -> object:
    """JSON as it is, everything else as text."""
    text = event.data.decode(errors="replace")
    if event.content_type.endswith("json"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
