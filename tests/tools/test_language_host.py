"""The language host that stands beside a built CLI."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi import RunError
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from tools import language_host
from tools.checkout import ROOT


def a_program(directory: Path, text: str) -> Path:
    file = directory / "__main__.py"
    file.write_text(text)
    return file


@pytest.fixture(autouse=True)
def _own_import_path(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.setattr(sys, "path", [*sys.path])


def test_a_directory_means_its_main_file(tmp_path: Path) -> None:
    assert language_host.entry_file(str(tmp_path), ".") == tmp_path / "__main__.py"
    assert language_host.entry_file(str(tmp_path), "infra.py") == tmp_path / "infra.py"


def test_the_program_imports_from_its_directory(tmp_path: Path) -> None:
    (tmp_path / "neighbour_of_the_program.py").write_text("VALUE = 7")
    main = "import neighbour_of_the_program as n, pathlib\n"
    main += "pathlib.Path(__file__).with_name('seen').write_text(f'{__name__} {n.VALUE}')\n"
    language_host.run_program(a_program(tmp_path, main))
    assert (tmp_path / "seen").read_text() == "__main__ 7"


def test_a_run_error_passes_as_it_is(tmp_path: Path) -> None:
    text = "import pulumi\nraise pulumi.RunError('the name is too long')"
    with pytest.raises(RunError, match=r"^the name is too long$"):
        language_host.run_program(a_program(tmp_path, text))


def test_a_bug_shows_the_program_s_own_frames_only(tmp_path: Path) -> None:
    with pytest.raises(RunError) as raised:
        language_host.run_program(a_program(tmp_path, "def f():\n    1 / 0\nf()\n"))
    text = str(raised.value)
    assert text.endswith("ZeroDivisionError: division by zero")
    assert text.count("  File ") == 2
    assert "language_host" not in text


@pytest.mark.parametrize(("code", "fails"), [("0", False), ("", False), ("3", True)])
def test_ending_oneself_is_an_error_only_with_a_status(
    code: str, fails: bool, tmp_path: Path
) -> None:
    program = a_program(tmp_path, f"import sys\nsys.exit({code})")
    if not fails:
        language_host.run_program(program)
        return
    with pytest.raises(RunError, match="exit 3"):
        language_host.run_program(program)


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"__main__\.py does not exist"):
        language_host.run_program(tmp_path / "__main__.py")


def test_plugins_are_those_that_installed_packages_name(tmp_path: Path) -> None:
    for name, plugin in (("pulumi_clouds", '{"resource": true, "name": "clouds"}'), ("other", "")):
        info = tmp_path / f"{name}-1.2.3.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: {name.replace('_', '-')}\nVersion: 1.2.3\n")
        (tmp_path / name).mkdir()
        (tmp_path / name / "pulumi-plugin.json").write_text(plugin)
    found = list(language_host.plugins(metadata.distributions(path=[str(tmp_path)])))
    assert [(plugin.name, plugin.version, plugin.kind) for plugin in found] == [
        ("clouds", "v1.2.3", "resource")
    ]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Any]:
    """The host as the CLI starts it, in a project's directory."""
    (tmp_path / "Pulumi.yaml").write_text(
        f"runtime:\n  name: python\n  options:\n    virtualenv: {ROOT / '.venv'}  # theirs\n"
    )
    for source in (
        ROOT / "tools" / "pulumi-cli" / "bin" / "pulumi-language-python",
        ROOT / "tools" / "language_host.py",
    ):
        target = tmp_path / source.name
        target.write_bytes(source.read_bytes())
        target.chmod(0o755)
    with subprocess.Popen(
        [str(tmp_path / "pulumi-language-python"), "127.0.0.1:1"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"]},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
            yield language_pb2_grpc.LanguageRuntimeStub(channel)
        process.send_signal(2)
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == ""


def test_it_answers_the_cli_and_ends_silently_at_an_interrupt(served: Any) -> None:
    packages = served.GetRequiredPackages(language_pb2.GetRequiredPackagesRequest()).packages
    assert "azure-native" in {package.name for package in packages}
    assert served.GetPluginInfo(empty_pb2.Empty()).version == metadata.version("pulumi")
    about = served.About(language_pb2.AboutRequest())
    assert about.executable.startswith(str(ROOT / ".venv"))
