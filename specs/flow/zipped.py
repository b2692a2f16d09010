"""A folder as a zip file that is the same for the same content, so that versions stay the same."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest time a zip can hold."""


def zipped_folder(folder: Path, files: Iterable[tuple[str, Path]]) -> Path:
    """The zip, in the user's cache; its entries begin with the folder's name. Raises OSError."""
    entries = [(f"{folder.name}/{relative}", source) for relative, source in sorted(files)]
    digest = hashlib.sha256()
    for name, source in entries:
        digest.update(name.encode() + b"\0" + hashlib.sha256(source.read_bytes()).digest())
    place = _cache() / digest.hexdigest()[:16] / f"{folder.name}.zip"
    if place.is_file():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=place.parent, suffix=".partial")
    with os.fdopen(handle, "wb") as stream, zipfile.ZipFile(stream, "w") as archive:
        for name, source in entries:
            info = zipfile.ZipInfo(name, date_time=_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, source.read_bytes())
    Path(partial).replace(place)
    return place


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "flow-endpoints", "zip")
