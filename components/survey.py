"""The survey: what is in Azure before the first resource is declared, as plain values.

A plan may depend on plain values only. Reading them is `surveyor`'s; what they mean is said by
`specs` (quota, monitoring) and by the components (roles, identities).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from specs.findings import Finding
from specs.quota import Demand, Usage
from specs.rules import Circumstances


@dataclass(frozen=True, kw_only=True)
class IdentityFacts:
    """A user-assigned identity."""

    principal_id: str
    """Object id, which roles are assigned to."""
    client_id: str
    """What a flow names to sign in as it."""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What was found. Empty where nobody looked, or could not."""

    registry: str | None = None
    """ARM id of the workspace's container registry; None: it has none yet."""
    storage: str | None = None
    """ARM id of the workspace's default storage account."""
    identities: Mapping[str, IdentityFacts] = field(default_factory=dict[str, IdentityFacts])
    """The user-assigned ones that endpoints name, by ARM id as written."""
    accounts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Connection without a key -> ARM id of the Azure OpenAI account behind it."""
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    """Reference with a label, as written -> the version that it stands for now."""
    app_insights_linked: bool | None = None
    usage: Usage | None = None
    running: tuple[Demand, ...] = ()
    replaced: frozenset[str] = frozenset()
    """Names of endpoints that cannot become what the stack wants: they are made anew."""
    findings: tuple[Finding, ...] = ()
    """What is wrong in Azure, and what could not be read."""

    @property
    def circumstances(self) -> Circumstances:
        """What the rules take into account."""
        return Circumstances(
            usage=self.usage,
            running=self.running,
            app_insights_linked=self.app_insights_linked,
            findings=self.findings,
        )
