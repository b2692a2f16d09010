"""A user's project: the checkout copied into a folder of its own, with its own local Azure."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
WORKSPACE = (
    "/subscriptions/10ca1000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.MachineLearningServices/workspaces/mlw-local"
)
BASIC_CHAT = {
    "endpoint": "deploy/basic-chat/endpoint.yml",
    "deployments": [
        {
            "file": "deploy/basic-chat/blue-deployment.yml",
            # As many workers as the instance type has cores would take a small machine long.
            "set": {"environment_variables": {"PROMPTFLOW_WORKER_NUM": "1"}},
        }
    ],
}
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".local", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis"
)


@dataclass(frozen=True)
class Ran:
    """What a command did, for people and for asserts."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err

    def must_work(self) -> Ran:
        assert self.code == 0, self.text
        return self

    def must_fail(self) -> Ran:
        assert self.code != 0, self.text
        assert "Traceback" not in self.text, self.text
        return self


@dataclass
class Project:
    """One checkout of a user, driven as they would: by make's commands or the plain CLI."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def at(cls, folder: Path) -> Project:
        shutil.copytree(CHECKOUT, folder, ignore=NOT_COPIED)
        (folder / ".venv").symlink_to(CHECKOUT / ".venv")
        project = cls(folder, dict(os.environ))
        project.config(endpoints=[BASIC_CHAT])
        return project

    def run(self, *argv: str, timeout: float = 300) -> Ran:
        done = subprocess.run(
            argv, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=timeout
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def tools(self, *args: str) -> Ran:
        """A command of the Makefile, without the set-up that the tests already have."""
        return self.run(sys.executable, "-m", "tools", *args)

    def shell(self, line: str) -> Ran:
        """A printed line, typed into a shell as it stands."""
        return self.run("bash", "-c", line)

    def pulumi(self, *args: str) -> Ran:
        """The plain CLI in the environment that `make env` prints, on the local stack."""
        return self.shell(self.pulumi_line(*args))

    def pulumi_line(self, *args: str) -> str:
        """The same as a line for the shell."""
        words = shlex.join(["pulumi", "--non-interactive", "--color=never", *args])
        return f'eval "$({shlex.quote(sys.executable)} -m tools env)" && {words}'

    def config(self, **changes: Any) -> None:
        """Change the local stack's own config (keys of the flow-endpoints namespace)."""
        path = self.folder / "Pulumi.local.yaml"
        document = yaml.safe_load(path.read_text())
        document["config"].update({f"flow-endpoints:{key}": v for key, v in changes.items()})
        path.write_text(yaml.safe_dump(document, sort_keys=False))

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a piece of text in one of the project's files."""
        file = self.folder / path
        text = file.read_text()
        assert old in text, f"{path} does not hold {old!r}"
        file.write_text(text.replace(old, new))

    def answer(self, *, endpoint: str = "basic-chat") -> str:
        """What the endpoint answers to its sample request."""
        return self.tools("invoke", "--endpoint", endpoint).must_work().out

    def arm(self, path: str, *, put: dict[str, Any] | None = None) -> dict[str, Any]:
        """GET (or PUT) an ARM resource, as the deployer, the way any client would."""
        line = self.local_azure("env").must_work().out.replace("export ", "")
        env = dict(word.split("=", 1) for word in shlex.split(line))
        with requests.Session() as http:
            http.trust_env = False
            http.proxies = {"https": env["HTTPS_PROXY"]}
            http.verify = env["REQUESTS_CA_BUNDLE"]
            token = http.post(
                f"https://login.microsoftonline.com/{env['AZURE_TENANT_ID']}/oauth2/v2.0/token",
                data={
                    "grant_type": "client_credentials",
                    "client_id": env["AZURE_CLIENT_ID"],
                    "client_secret": env["AZURE_CLIENT_SECRET"],
                    "scope": "https://management.azure.com/.default",
                },
                timeout=30,
            ).json()["access_token"]
            answer = http.request(
                "GET" if put is None else "PUT",
                f"https://management.azure.com{path}",
                params={"api-version": "2025-12-01"},
                json=put,
                headers={"Authorization": f"Bearer {token}"},
                timeout=30,
            )
        assert answer.ok, answer.text
        return answer.json()

    def live_traffic(self, endpoint: str) -> dict[str, int]:
        """The traffic that the endpoint has now."""
        return self.arm(f"{WORKSPACE}/onlineEndpoints/{endpoint}")["properties"]["traffic"]

    def model_versions(self, model: str = "basic-chat-model") -> set[str]:
        """The registered versions of a model."""
        if model not in {each["name"] for each in self.arm(f"{WORKSPACE}/models")["value"]}:
            return set()
        listed = self.arm(f"{WORKSPACE}/models/{model}/versions")["value"]
        return {each["name"] for each in listed}

    def uploads(self) -> int:
        """How many files have been written to blob storage so far."""
        written = self.folder / ".local" / "azure" / "azurite" / "__blobstorage__"
        return sum(1 for each in written.rglob("*") if each.is_file())

    def processes(self) -> dict[int, str]:
        """Processes that work for this project: its folder stands in argv or environment."""
        mine = str(self.folder)
        found: dict[int, str] = {}
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                argv, env = " ".join(process.cmdline()), process.environ()
                if process.pid != os.getpid() and (mine in argv or mine in str(env)):
                    found[process.pid] = argv
        return found

    def local_azure(self, *args: str) -> Ran:
        """The local Azure's own command line."""
        return self.run(sys.executable, "-m", "local_azure", *args)

    def stop(self) -> None:
        """End the local Azure of this project and all that it started."""
        self.local_azure("stop").must_work()

    def resources(self) -> list[dict[str, Any]]:
        """The resources in the stack's state."""
        state = json.loads(self.pulumi("stack", "export", "--stack", "local").must_work().out)
        return state["deployment"].get("resources", [])
