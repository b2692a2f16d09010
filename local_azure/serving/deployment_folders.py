"""Where a deployment's files are: its logs and generations, and what its processes put into
`TMPDIR`. Nothing of it outlives the deployment."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .placement import PlacementSpec

_LONGEST = 103 - len("/12345678/pymp-12345678/listener-12345678")
"""Bytes that a temporary root may have: prompt flow starts a `multiprocessing.Manager` for flex
flows, whose socket must have a path of 103 bytes at most (macOS; Linux: 107)."""


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
        self._temporary = temporary_root(home)
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
        self._temporary.mkdir(exist_ok=True, parents=True, mode=0o700)
        folders.temporary.mkdir(parents=True, mode=0o700)
        return folders

    def release(self, folders: Folders) -> None:
        """Remove the folders of a deployment that is gone."""
        folders.remove()
        self._claimed.discard(folders.kept)
        with suppress(OSError):  # others still have theirs in it
            self._temporary.rmdir()

    def clear_temporary(self) -> None:
        """Remove what any process left in its TMPDIR: none runs any more, or none runs yet."""
        shutil.rmtree(self._temporary, ignore_errors=True)


def temporary_root(home: Path) -> Path:
    """Where the TMPDIRs of a home are: in it, unless its path is too long for sockets. `stop`
    removes it, wherever it is."""
    inside = home / "tmp"
    if len(os.fsencode(inside)) <= _LONGEST:
        return inside
    short = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    outside = Path("/tmp") / f"local-azure-{os.getuid()}-{short}"  # noqa: S108  checked below
    return outside if _can_be_ours(outside) else inside


def _can_be_ours(folder: Path) -> bool:
    """Everybody may write to /tmp: what another user has put there is not taken."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return os.access(folder.parent, os.W_OK)
    return not folder.is_symlink() and folder.is_dir() and found.st_uid == os.getuid()
