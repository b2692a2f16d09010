"""Logs of containers beside an error: short, and with the line that matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from components.providers.arm import Json
from components.providers.container_logs import container_logs
from tests.providers.fake_arm import ENDPOINT, FakeArm, their_azure

Use = Callable[[FakeArm], FakeArm]
WORKER = """[ERROR] Exception in worker process
Traceback (most recent call last):
  File "/env/lib/python3.11/site-packages/promptflow/load.py", line 262, in load
    spec.loader.exec_module(m)
  File "<frozen importlib._bootstrap_external>", line 936, in exec_module
  File "/models/word-count/1/word-count/count.py", line 1
    def broken(:
               ^
SyntaxError: invalid syntax
"""
END = "Traceback (most recent call last):\n" + "".join(
    f'  File "/env/lib/python3.11/site-packages/gunicorn/a.py", line {n}, in run\n    run()\n'
    for n in range(40)
)


@pytest.fixture
def failed(azure: Use, monkeypatch: pytest.MonkeyPatch) -> str:
    """A deployment whose four workers did not start."""
    arm = azure(their_azure("blue"))

    def post(_arm_id: str, _body: Mapping[str, object] | None = None) -> Json:
        return {"content": f"{WORKER * 4}{END}gunicorn.errors.HaltServer: did not boot\n"}

    monkeypatch.setattr(arm, "post", post)
    return f"{ENDPOINT}/deployments/blue"


def test_the_flow_s_own_frames_are_shown_and_no_library_s(failed: str) -> None:
    told = container_logs(failed)
    assert 'count.py", line 1\n      def broken(:' in told
    assert "SyntaxError: invalid syntax" in told
    assert "HaltServer: did not boot" in told
    assert "site-packages" not in told
    # Four workers in two logs; one of libraries alone is its exception alone.
    assert told.count("Traceback") == 2 * 4


def test_who_asks_for_lines_gets_them_as_they_are(failed: str) -> None:
    told = container_logs(failed, lines=10)
    assert told.count("site-packages") == 4 * 2
