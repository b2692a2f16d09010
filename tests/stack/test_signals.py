"""Runs whose interrupts are ignored, as those of a shell's background jobs are."""

from __future__ import annotations

from tests.stack.project import Project

IGNORING = "trap '' INT;"


def test_plugins_end_at_once_all_the_same(deployed: Project) -> None:
    made = deployed.shell(f"{IGNORING} {deployed.pulumi_line('preview', '--stack', 'local')}")
    assert "exited prematurely" not in made.must_work().text
