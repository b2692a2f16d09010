"""Errors have three parts and show no traceback."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from components.providers.arm import ArmError
from components.providers.failures import ProviderError, explained, fix_for
from components.providers.scoring import Answer, readable, score
from tests.providers.fake_arm import KEY, an_endpoint


def test_an_azure_error_says_what_why_and_what_next() -> None:
    with pytest.raises(ProviderError) as failed, explained("cannot register model chat"):
        raise ArmError(status=403, code="AuthorizationFailed", message="no right to write")

    assert str(failed.value).splitlines() == [
        "cannot register model chat:",
        "  Azure answered 403 AuthorizationFailed: no right to write",
        f"  {fix_for('AuthorizationFailed')}",
    ]


def test_a_bug_of_ours_stays_what_it_is() -> None:
    with pytest.raises(KeyError), explained("cannot do it"):
        raise KeyError("ours")


def test_the_provider_host_shows_the_text_alone() -> None:
    """What `pulumi.dynamic` calls to say what went wrong, in a process that looks like its own."""
    program = """
        import traceback
        from components.providers.failures import ProviderError, explained
        class DynamicResourceProviderServicer: ...
        try:
            with explained("cannot do it"):
                raise ProviderError("cannot do it", why="it is Sunday", fix="Wait.")
        except Exception:
            print(traceback.format_exc())
        try:
            1 / 0
        except Exception:
            print(traceback.format_exc().splitlines()[0])
    """
    code = textwrap.dedent(program)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == (
        "cannot do it:\n  it is Sunday\n  Wait.\nTraceback (most recent call last):\n"
    )


def test_an_endpoint_that_is_not_there_does_not_give_the_key_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("components.providers.scoring.key_of", lambda _endpoint: KEY)  # type: ignore[reportUnknownLambdaType]

    answer = score(an_endpoint(), "blue", request={"question": "Why?"})

    assert isinstance(answer, Answer)
    assert answer.status == 0
    assert KEY not in answer.text


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('{"error": {"code": "UserError", "message": "no such input"}}', "no such input"),
        ('"just text"', '"just text"'),
        ("[1, 2]", "[1, 2]"),
        (f"<html>{KEY}</html>", "<html>***</html>"),
    ],
)
def test_an_answer_of_any_shape_can_be_shown(body: str, shown: str) -> None:
    assert readable(body, KEY) == shown
