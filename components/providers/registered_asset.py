"""What models and environments have in common: a container, and versions named by content.

A version is never changed: other content is another version. One resource stands for the
container; an update registers the version that is wanted now, and the older ones stay until
the resource is deleted, so that going back costs no upload.
"""

from abc import abstractmethod
from typing import ClassVar, cast

from pulumi import dynamic

from components.providers.arm import Json, arm, section
from components.providers.failures import explained

Props = dict[str, object]


class RegisteredAssetProvider(dynamic.ResourceProvider):
    """Inputs: workspace_id, name, version, files, description, tags, properties and the asset's
    own. Output besides them: `registered`, the versions that this resource registered."""

    serialize_as_secret_always = False
    noun: ClassVar[str]
    """What users call it: `model`."""
    collection: ClassVar[str]
    """Its name in ARM ids: `models`."""

    @abstractmethod
    def register(self, props: Props) -> None:
        """Upload the files and register the version. Slow."""

    def container_id(self, props: Props) -> str:
        """ARM id of the container."""
        return f"{props['workspace_id']}/{self.collection}/{props['name']}"

    def version_id(self, props: Props, version: object) -> str:
        """ARM id of one version."""
        return f"{self.container_id(props)}/versions/{version}"

    def diff(self, _id: str, _olds: Props, _news: Props) -> dynamic.DiffResult:
        """A moved or touched file is no change; content is in the version."""
        replaces = [key for key in ("workspace_id", "name") if _olds.get(key) != _news.get(key)]
        facts = ("version", "description", "tags", "properties")
        changed = any(_olds.get(key) != _news.get(key) for key in facts)
        return dynamic.DiffResult(changes=changed or bool(replaces), replaces=replaces)

    def create(self, props: Props) -> dynamic.CreateResult:
        """Register the version, unless it is there."""
        return dynamic.CreateResult(self.container_id(props), self._registered(props, []))

    def update(self, _id: str, _olds: Props, _news: Props) -> dynamic.UpdateResult:
        """Register the version that is wanted now; the others stay."""
        before = cast("list[str]", _olds.get("registered") or [])
        return dynamic.UpdateResult(self._registered(_news, before))

    def read(self, id_: str, props: Props) -> dynamic.ReadResult:
        """Without its version it has drifted, without its container it is gone."""
        with explained(f"cannot read {self.noun} {props['name']}"):
            if arm().get(self.version_id(props, props["version"])) is not None:
                return dynamic.ReadResult(id_, props)
            if arm().get(self.container_id(props)) is None:
                return dynamic.ReadResult("", {})
        drifted = props | {"version": ""}
        inputs = {key: value for key, value in drifted.items() if key != "registered"}
        return dynamic.ReadResult(id_, drifted, inputs)

    def delete(self, _id: str, _props: Props) -> None:
        """Delete the versions registered here, and the container when it is empty then."""
        with explained(f"cannot delete {self.noun} {_props['name']}"):
            for version in cast("list[str]", _props.get("registered") or []):
                arm().delete(self.version_id(_props, version))
            container = self.container_id(_props)
            if arm().get(container) and not any(arm().list(f"{container}/versions")):
                arm().delete(container)

    def _registered(self, props: Props, before: list[str]) -> Props:
        version = str(props["version"])
        with explained(f"cannot register {self.noun} {props['name']} version {version}"):
            there = arm().get(self.version_id(props, version))
            if there is None:
                self.register(props)
                before = [*before, version]
            elif version in before:
                self._describe(props, there)
        return props | {"registered": sorted(set(before))}

    def _describe(self, props: Props, there: Json) -> None:
        """Bring words about our own version up to date. Azure never drops a property."""
        live = section(there, "properties")
        words = {
            "description": props.get("description"),
            "tags": props.get("tags") or {},
            "properties": section(live, "properties") | section(props, "properties"),
        }
        if any((live.get(key) or None) != (value or None) for key, value in words.items()):
            body = {key: value for key, value in live.items() if key not in READ_ONLY}
            arm().put(
                self.version_id(props, props["version"]),
                {"properties": body | {k: v for k, v in words.items() if v is not None}},
            )


READ_ONLY = frozenset({"provisioningState", "environmentType", "isAnonymous"})
"""What Azure adds to a version's properties and takes from nobody."""
