"""How a provider fails: an error in three parts, shown without a traceback."""

import logging
import sys
import traceback
import warnings
from collections.abc import Generator
from contextlib import contextmanager


class ProviderError(Exception):
    """Something a provider could not do, for the person who ran the update.

    `attempt`: what was tried on which resource; `why` it cannot be; `fix`: what to do next.
    `log`: what the containers said.
    """

    def __init__(self, attempt: str, *, why: str, fix: str, log: str = "") -> None:
        super().__init__(attempt, why, fix, log)
        self.attempt = attempt
        self.why = why
        self.fix = fix
        self.log = log

    def __str__(self) -> str:
        """The parts, the later ones indented under the first; what to do comes last."""
        parts = (part.strip() for part in (self.why, self.log, self.fix))
        tail = "\n".join(part for part in parts if part).replace("\n", "\n  ")
        return f"{self.attempt}:\n  {tail}"


def quiet_host() -> None:
    """Make the process that hosts our providers show a `ProviderError` as its text alone.

    Pulumi's dynamic provider host answers every exception with `traceback.format_exc()` and
    offers no other way to fail. Replaced in that process only, and for our own error only.
    Warnings and log lines of Azure's SDKs are for their developers; here they would be shown to
    the user as messages of the update.
    """
    host = sys.modules["__main__"]
    if not hasattr(host, "DynamicResourceProviderServicer") or hasattr(host, "_flow_endpoints"):
        return
    host._flow_endpoints = True  # type: ignore[attr-defined]
    vendor = traceback.format_exc

    def format_exc(limit: int | None = None, chain: bool = True) -> str:
        error = sys.exc_info()[1]
        return str(error) if isinstance(error, ProviderError) else vendor(limit, chain)

    traceback.format_exc = format_exc
    warnings.simplefilter("ignore")
    for noisy in ("azure", "azureml", "msal", "opentelemetry", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)


@contextmanager
def explained(attempt: str) -> Generator[None]:
    """Turn Azure's exceptions into a `ProviderError` for `attempt`: `cannot register model x`."""
    quiet_host()
    try:
        yield
    except ProviderError:
        raise
    except Exception as error:
        # `why_of` knows Azure's errors; any other is a bug of ours and keeps its traceback.
        reason = why_of(error)
        if reason is None:
            raise
        raise ProviderError(attempt, why=reason[0], fix=reason[1]) from error


def why_of(error: Exception) -> tuple[str, str] | None:
    """Why an exception of Azure's SDKs happened, and what to do; None for one that is not."""
    from azure.core.exceptions import (
        AzureError,
        ClientAuthenticationError,
        HttpResponseError,
        ServiceRequestError,
    )

    from components.providers.arm import ArmError

    if isinstance(error, ArmError):
        return f"Azure answered {error.status} {error.code}: {error.message}", fix_for(error.code)
    if isinstance(error, ServiceRequestError) or "establish a new connection" in str(error):
        return first_line(error), "Is the network up, and HTTPS_PROXY right? Then run it again."
    if isinstance(error, ClientAuthenticationError):
        return first_line(error), "Sign in with `az login`, or set AZURE_CLIENT_ID and its secret."
    if isinstance(error, HttpResponseError):
        code = (error.error.code if error.error else None) or ""
        return f"Azure answered {error.status_code}: {first_line(error)}", fix_for(code)
    if isinstance(error, AzureError) or type(error).__module__.startswith("azure."):
        return first_line(error), "Run the update again; what was done already is not done twice."
    return None


def first_line(error: Exception) -> str:
    """The first line of an exception's text that says something."""
    lines = [line.strip() for line in str(error).splitlines()]
    return next((line for line in lines if line), type(error).__name__)


_FIXES = {
    "AuthorizationFailed": (
        "Whoever runs the update lacks that permission: ask for AzureML Data Scientist or "
        "Contributor on the workspace."
    ),
    "ResourceGroupNotFound": "Check flow-endpoints:resourceGroup in the stack's config.",
    "WorkspaceNotFound": "Check flow-endpoints:workspace in the stack's config.",
    "ResourceNotFound": "Check that it exists in the workspace that the stack's config names.",
    "OutOfQuota": "Ask for quota of that VM family, or choose another instance_type.",
}


def fix_for(code: str) -> str:
    """What to do about one of Azure's error codes."""
    return _FIXES.get(code, "Run the update again once that is settled.")
