"""Running the CLI."""

from pathlib import Path

import pytest

from tools import engine
from tools.checkout import PULUMI_BIN

CLI = """#!/bin/sh
for word in "$@"; do echo "$word" >> {log}; done
echo '{{"sequence": 0, "preludeEvent": {{}}}}'
echo 'a plugin that chatters'
echo '{{"sequence": 1, "summaryEvent": {{"result": "failed"}}}}'
echo 'error: the stack is locked' >&2
echo ended >> {log}
exit 3
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a fake CLI was called with, a word a line."""
    pulumi = tmp_path / "pulumi"
    pulumi.write_text(CLI.format(log=tmp_path / "log"))
    pulumi.chmod(0o755)
    monkeypatch.setenv(PULUMI_BIN, str(tmp_path))
    return tmp_path / "log"


def test_events_arrive_in_order_and_the_rest_of_stdout_is_skipped(log: Path) -> None:
    events: list[engine.Event] = []
    status, stderr = engine.run(["up", "--yes"], {}, on_event=events.append, on_tick=lambda: None)
    assert [event["sequence"] for event in events] == [0, 1]
    assert (status, stderr) == (3, "error: the stack is locked")


def test_what_is_in_the_environment_is_not_in_the_arguments(log: Path) -> None:
    secret = "planted-secret"
    engine.run(
        ["up", "--yes", "--stack", "local"],
        {"AZURE_CLIENT_SECRET": secret},
        on_event=lambda _: None,
        on_tick=lambda: None,
    )
    words = log.read_text().split()
    assert words[:4] == ["up", "--yes", "--stack", "local"]
    assert secret not in words


def test_a_mistake_here_does_not_break_the_cli_off(log: Path) -> None:
    def fails(_: engine.Event) -> None:
        raise RuntimeError("a mistake of ours")

    with pytest.raises(RuntimeError, match="ours"):
        engine.run(["up"], {}, on_event=fails, on_tick=lambda: None)

    assert log.read_text().split()[-1] == "ended"
