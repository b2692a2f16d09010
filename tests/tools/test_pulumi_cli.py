"""Which Pulumi CLI is taken."""

from pathlib import Path

import pytest

from tools import pulumi_cli
from tools.checkout import ToolError


def a_binary(path: Path, script: str = "echo v3.258.0") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory on PATH (beside the shell's)."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return directory


@pytest.mark.parametrize(
    ("version", "taken"),
    [("3.200.0", True), ("3.258.0", True), ("4.0.1", True), ("3.199.9", False), (None, False)],
)
def test_old_ones_are_not_taken(version: str | None, taken: bool) -> None:
    assert pulumi_cli.new_enough(version) is taken


def test_a_complete_one_on_path_is_found(path: Path) -> None:
    pulumi = a_binary(path / "pulumi")
    a_binary(path / "pulumi-language-python")
    assert pulumi_cli.on_path() == pulumi
    assert pulumi_cli.version_of(pulumi) == "3.258.0"


def test_one_without_a_python_host_is_none(path: Path) -> None:
    a_binary(path / "pulumi")
    assert pulumi_cli.on_path() is None


def test_one_that_does_not_run_has_no_version(path: Path) -> None:
    assert pulumi_cli.version_of(a_binary(path / "pulumi", "exit 1")) is None
    assert pulumi_cli.version_of(path / "absent") is None


def test_what_was_built_before_is_used(path: Path) -> None:
    assert pulumi_cli.cached() is None
    pulumi_cli.cache.ensure("pulumi-build", pulumi_cli.build_key(), _built)
    found = pulumi_cli.cached()
    assert found is not None
    assert pulumi_cli.version_of(found / "pulumi") == "3.258.0"


def test_what_the_vendor_gave_is_used_first(path: Path) -> None:
    vendor = pulumi_cli.cache.entry("pulumi-cli", f"{pulumi_cli.VERSION}-vendor") / "bin"
    a_binary(vendor / "pulumi")
    assert pulumi_cli.cached() == vendor


def _built(site: Path) -> None:
    a_binary(site / "pulumi")


def test_without_any_way_the_error_says_what_to_install(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulumi_cli, "PYTHON", a_binary(path / "python", "exit 1"))
    with pytest.raises(ToolError, match=r"Install the Pulumi CLI, or Go 1\.21 or newer"):
        pulumi_cli.provide(lambda _: None)


def test_a_built_one_has_its_python_host_beside_it(tmp_path: Path) -> None:
    built = tmp_path / "built"
    a_binary(built / "pulumi")
    site = tmp_path / "site"
    site.mkdir()
    pulumi_cli.assemble(built, site)
    names = {file.name for file in (site / "bin").iterdir()}
    scripts = {"pulumi-language-python", "pulumi-resource-pulumi-python"}
    assert names == {"pulumi", "language_host.py"} | scripts
    assert all((site / "bin" / name).stat().st_mode & 0o100 for name in scripts)
