"""Where a deployment's files are: its logs and generations, and what its processes put into
`TMPDIR`. Nothing of it outlives the deployment."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from .placement import PlacementSpec


@dataclass(frozen=True, kw_only=True)
class Folders:
    """Of one deployment."""

    kept: Path
    """Logs, HOME and generations."""
    temporary: Path
    """TMPDIR: prompt flow's telemetry alone makes folders there in every process."""

    def remove(self) -> None:
        """With all that is in them."""
        for folder in (self.kept, self.temporary):
            shutil.rmtree(folder, ignore_errors=True)


class DeploymentFolders:
    """Those of one local Azure, below its home."""

    def __init__(self, home: Path) -> None:
        self.root = home / "deployments"
        # Not below the deployment's own folder: sockets of multiprocessing need short paths.
        self._temporary = home / "tmp"
        self._claimed: set[Path] = set()

    def claim(self, spec: PlacementSpec) -> Folders:
        """Folders for a deployment that has none yet; what an earlier run left there is gone."""
        short = hashlib.sha256(spec.arm_id.lower().encode()).hexdigest()[:8]
        endpoint, deployment = spec.endpoint.lower(), spec.deployment.lower()
        kept = self.root / endpoint / deployment
        if kept in self._claimed:  # endpoints on Kubernetes may share their names with others
            kept = self.root / f"{endpoint}_{short}" / deployment
        self._claimed.add(kept)
        folders = Folders(kept=kept, temporary=self._temporary / short)
        folders.remove()
        folders.temporary.mkdir(parents=True, mode=0o700)
        return folders

    def release(self, folders: Folders) -> None:
        """Remove the folders of a deployment that is gone."""
        folders.remove()
        self._claimed.discard(folders.kept)

    def clear_temporary(self) -> None:
        """Remove what any process left in its TMPDIR: none runs any more, or none runs yet."""
        shutil.rmtree(self._temporary, ignore_errors=True)
