"""The chapters of the rule book, one for each kind of subject."""

from __future__ import annotations

from specs.rules.book import Chapter
from specs.rules.subjects import (
    ConnectionCase,
    DeploymentCase,
    EndpointCase,
    EnvironmentCase,
    ModelCase,
    ServiceCase,
    StackCase,
)

ENDPOINT: Chapter[EndpointCase] = Chapter("Endpoints")
DEPLOYMENT: Chapter[DeploymentCase] = Chapter("Deployments")
MODEL: Chapter[ModelCase] = Chapter("Models and flows")
ENVIRONMENT: Chapter[EnvironmentCase] = Chapter("Environments")
CONNECTION: Chapter[ConnectionCase] = Chapter("Connections")
SERVICE: Chapter[ServiceCase] = Chapter("Traffic")
STACK: Chapter[StackCase] = Chapter("Stacks")
