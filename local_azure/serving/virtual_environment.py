"""Virtual environments in a cache on disk: built once, shared by all local Azures of the user.

A base is installed from fully pinned requirements. A layer is a clone of a base by hard links
(about a second, no disk) with more packages installed on top, as `RUN pip install` does on an
image. Finished environments are never changed, and appear by an atomic rename.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path

Log = Callable[[str], None]

_LOCAL_SETTINGS = frozenset(
    ("https_proxy", "http_proxy", "no_proxy", "requests_ca_bundle", "ssl_cert_file")
)
_FOREIGN = ("AZURE_", "PULUMI_", "ARM_", "LOCAL_AZURE_", "VIRTUAL_ENV", "PYTHON")


class InstallError(Exception):
    """pip failed; `output` is what it said."""

    def __init__(self, message: str, output: str) -> None:
        super().__init__(message)
        self.output = output


def default_cache() -> Path:
    """${XDG_CACHE_HOME:-~/.cache}/flow-endpoints/environments."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "flow-endpoints" / "environments"


class VirtualEnvironments:
    """Finds or builds environments. Safe between tasks and between processes."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache

    def base_key(self, requirements: Path) -> str:
        """Of a pinned requirements file, for this machine's kind and Python."""
        return _digest(requirements.read_bytes(), platform.machine(), platform.system(), _PYTHON)

    def layer_key(self, base: str, content: Sequence[str | bytes]) -> str:
        """Of what is installed on top of the base `base`."""
        return _digest("layer", base, *content)

    def python(self, key: str) -> Path | None:
        """The interpreter of a finished environment."""
        python = self.cache / key / "bin" / "python"
        return python if python.exists() else None

    async def base(self, requirements: Path, *, log: Log) -> str:
        """Key of the environment of `requirements`, built when it is not there.

        Raises `InstallError`.
        """
        key = self.base_key(requirements)
        if self.python(key) is None:
            async with self._building(key, log=log) as target:
                if target is not None:
                    log(f"building the environment of {requirements.name} (about a minute)")
                    started = time.monotonic()
                    await _create(target, with_pip=_uv() is None)
                    pins = ("--no-deps", "-r", str(requirements))
                    await _install(target, pins, directory=requirements.parent)
                    await write_bytecode(target / "bin" / "python")
                    log(f"built in {time.monotonic() - started:.0f} s")
        return key

    async def layer(
        self, base: str, key: str, installs: Sequence[Sequence[str]], *, directory: Path, log: Log
    ) -> Path:
        """Interpreter of environment `key`: the base with `installs` on top, run in `directory`.

        Raises `InstallError`.
        """
        if self.python(key) is None:
            async with self._building(key, log=log) as target:
                if target is not None:
                    await _create(target, with_pip=False)
                    await asyncio.to_thread(_clone, self.cache / base, target)
                    for arguments in installs:
                        log("pip install " + " ".join(arguments))
                        log((await _install(target, arguments, directory=directory)).rstrip())
        return self.cache / key / "bin" / "python"

    @contextlib.asynccontextmanager
    async def _building(self, key: str, *, log: Log) -> AsyncGenerator[Path | None, None]:
        """A folder to build in, renamed at the end; None when another process was faster."""
        self.cache.mkdir(parents=True, exist_ok=True)
        async with _locked(self.cache / f"{key}.lock", log=log):
            if self.python(key) is not None:
                yield None
                return
            for left in self.cache.glob(f"{key}.build-*"):
                await asyncio.to_thread(shutil.rmtree, left, ignore_errors=True)
            target = Path(tempfile.mkdtemp(prefix=f"{key}.build-", dir=self.cache))
            try:
                yield target
                await asyncio.to_thread(_put_in_place, target, self.cache / key)
            finally:
                await asyncio.to_thread(shutil.rmtree, target, ignore_errors=True)


_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]


@contextlib.asynccontextmanager
async def _locked(path: Path, *, log: Log) -> AsyncGenerator[None, None]:
    with path.open("w") as file:
        told = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if not told:
                    log("waiting for another process that builds the same environment")
                told = True
                await asyncio.sleep(0.2)
        yield


def _put_in_place(target: Path, final: Path) -> None:
    shutil.rmtree(final, ignore_errors=True)  # what lost its interpreter
    target.rename(final)


def _uv() -> str | None:
    beside = Path(sys.executable).with_name("uv")
    return shutil.which("uv") or (str(beside) if beside.exists() else None)


async def _create(target: Path, *, with_pip: bool) -> None:
    options = () if with_pip else ("--without-pip",)
    await _run((sys.executable, "-m", "venv", *options, str(target)), directory=target.parent)


async def _install(target: Path, arguments: Sequence[str], *, directory: Path) -> str:
    python = str(target / "bin" / "python")
    uv = _uv()
    if uv is None:
        options = ("--no-input", "--disable-pip-version-check", "--no-compile", "--quiet")
        return await _run(
            (python, "-m", "pip", "install", *options, *arguments), directory=directory
        )
    translated = ["--prerelease=allow" if a == "--pre" else a for a in arguments]
    return await _run((uv, "pip", "install", "--python", python, *translated), directory=directory)


async def write_bytecode(python: Path) -> None:
    """Import what a deployment's workers import, once: they start together, and each would
    compile everything for itself. Compiling the whole environment takes three times as long.
    """
    with contextlib.suppress(InstallError):  # an import that fails will be seen at the start
        await _run((str(python), "-c", _IMPORTS), directory=python.parent)


_IMPORTS = """
import contextlib, importlib
for name in (
    "gunicorn.app.wsgiapp", "gunicorn.workers.gthread", "gunicorn.workers.sync",
    "promptflow.core._serving.app", "promptflow.core._serving.extension.azureml_extension",
    "promptflow.core._serving.v1.app", "promptflow.executor", "promptflow.tools",
    "azure.identity", "uvicorn.workers",
):
    with contextlib.suppress(Exception):
        importlib.import_module(name)
"""


def _clone(base: Path, target: Path) -> None:
    """Hard-link the base's packages. pip and uv replace files, they never write into them."""
    (source,) = base.glob("lib/python*/site-packages")
    shutil.copytree(
        source,
        target / source.relative_to(base),
        symlinks=True,
        dirs_exist_ok=True,
        copy_function=_link,
    )


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


async def _run(command: Sequence[str], *, directory: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=directory,
        env=build_environment(os.environ),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        raise
    text = output.decode(errors="replace")
    if process.returncode:
        raise InstallError(f"{Path(command[0]).name} ended with {process.returncode}", text)
    return text


def build_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables for pip and uv: the user's (indexes, certificates) without credentials.

    When the shell holds `python -m local_azure env`, its proxy and certificates are dropped
    too: that proxy reaches no package index.
    """
    inside = "LOCAL_AZURE_URL" in environ
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(_FOREIGN)
        and not (inside and name.lower() in (_LOCAL_SETTINGS | {"curl_ca_bundle"}))
    }
