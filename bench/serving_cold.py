"""The first start of a deployment: environment without bytecode, with what the build writes,
and as it is after a start.

Copies the prompt flow runtime's environment from the ordinary cache, so build that first
(`python -m local_azure.serving.environments`). `python -m bench.serving_cold --workers 4`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench.world import bench_world
from local_azure.serving.environments import RUNTIME_REQUIREMENTS, Environments
from local_azure.serving.virtual_environment import (
    VirtualEnvironments,
    default_cache,
    write_bytecode,
)


def fresh_copy(ordinary: Path, cache: Path) -> Path:
    """The runtime's environment without bytecode; its interpreter."""
    key = VirtualEnvironments(cache).base_key(RUNTIME_REQUIREMENTS)
    bare = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ordinary / key, cache / key, symlinks=True, ignore=bare)
    return cache / key / "bin" / "python"


def own_cache(folder: Path) -> Path:
    """Make `folder` this process' cache, with everything of the ordinary one but the
    environments; where those go."""
    ordinary = default_cache().parent
    here = folder / ordinary.name
    here.mkdir()
    for one in ordinary.iterdir():
        if one.name != default_cache().name:
            (here / one.name).symlink_to(one)
    os.environ["XDG_CACHE_HOME"] = str(folder)
    return default_cache()


async def first_start(workers: int) -> float:
    """Seconds until a deployment is ready."""
    async with bench_world() as made:
        await made.endpoint("cold", "blue")
        began = time.monotonic()
        await made.place("cold", "blue", workers=workers, threads=1)
        return time.monotonic() - began


async def run(options: argparse.Namespace) -> None:
    """Three starts, each with its own state of the environment."""
    await Environments().warm(print)
    with tempfile.TemporaryDirectory(prefix="bench-cold-") as folder:
        ordinary = default_cache()
        cache = await asyncio.to_thread(own_cache, Path(folder))
        python = await asyncio.to_thread(fresh_copy, ordinary, cache)
        print(f"no bytecode:      ready in {await first_start(options.workers):.1f} s")
        print(f"after a start:    ready in {await first_start(options.workers):.1f} s")
        await asyncio.to_thread(shutil.rmtree, python.parents[1])
        await asyncio.to_thread(fresh_copy, ordinary, cache)
        began = time.monotonic()
        await write_bytecode(python)
        print(f"writing bytecode: {time.monotonic() - began:.1f} s")
        print(f"then:             ready in {await first_start(options.workers):.1f} s")


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=4)
    asyncio.run(run(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
