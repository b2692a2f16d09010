"""`make rehearse`: the very stack, deployed for a moment into a local Azure of its own.

The stack's files are read as they stand. Replaced is what only the cloud can give: the workspace
with what the stack presumes in it (`presumed`), encrypted values (`rehearsed_config`), and the
administrator of a stack that may not assign roles. Everything is below one folder, which goes at
the end, whatever the end is (`scratch`).
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tools import deploy, environment
from tools.administrator import Administrator
from tools.arguments import Arguments
from tools.check import reviewed
from tools.checkout import ROOT, Site, ToolError, rehearsal_site
from tools.lines import Lines, duration, listed
from tools.rehearsed_config import rehearsed
from tools.scratch import Interrupts, scratch

if TYPE_CHECKING:
    from specs.bodies import CheckResult
    from specs.stack import Stack
    from tools.nouns import Values

_QUOTA = 100
"""Cores per VM family that a subscription of the local Azure has; more where a stack takes more."""

_MAKER_AND_DEPLOYER = "Owner,Contributor"
"""Who makes what the stack presumes, and then deploys it without the first of the two."""


def rehearse(arguments: Arguments, lines: Lines) -> int:
    """Check, preview, deploy, ask, and take it all down. Returns the exit status."""
    began, name = time.monotonic(), arguments.stack
    settings = settings_of(arguments.settings)
    review = reviewed(name, lines)
    if review.stack is None or not _is_knowable(review.stack, lines):
        return 1
    site, well, took = rehearsal_site(name), False, ""
    try:
        with scratch(site) as interrupts:
            rehearsal = Rehearsal(arguments, review.stack, site, lines, interrupts)
            well = rehearsal.run({**quota_of(review), **roles_of(review.stack), **settings})
            took = duration(time.monotonic() - began)
            if arguments.keep:
                rehearsal.stand()
    except KeyboardInterrupt:
        lines.say("stopped", f"the rehearsal of stack {name} is taken down")
        return 130
    if well:
        lines.say("rehearsed", listed([*_summary(review.stack, review), took]))
    else:
        told = f"stack {name} does not deploy: see the error above · {took}"
        lines.say("rehearsed", told, kind="error")
    return 0 if well else 1


@dataclass
class Rehearsal:
    """One stack in a world of its own."""

    arguments: Arguments
    stack: Stack
    site: Site
    lines: Lines
    interrupts: Interrupts
    outputs: Values | None = None
    """The stack's, once it is up."""

    def run(self, values: Mapping[str, str]) -> bool:
        """All of it. Returns whether the stack was deployed and answered.

        `values`: settings of the local Azure.
        """
        variables = self._world(values)
        self._presume(give_up=values.get("deployer_roles") == _MAKER_AND_DEPLOYER)
        administrator = Administrator(self.site.azure)
        options = ["--stack", self.stack.name, "--config-file", str(self.site.stack_file)]
        watch = deploy.Watch(administrator.take, self.interrupts.check)
        well = deploy.previewed(["preview", *options], variables, self.lines, watch=watch)
        if not well:
            return False
        operation = ["up", "--yes", "--skip-preview", *options]
        progress = deploy.deployed(operation, variables, self.lines, watch=watch)
        if administrator.granted:
            roles = listed(administrator.granted)
            text = f"{roles}: assigned here by an administrator, as this stack may not\n"
            self.lines.say("roles", f"{text}`make up` does not get through until one has.")
        if progress is None:
            return False
        self.outputs = progress.outputs
        return deploy.answers(self.stack, self.outputs, variables, self.lines, commands=False)

    def stand(self) -> None:
        """Wait for an interrupt, and say how to look around until then."""
        own = f"STACK={self.stack.name}"
        endpoints = cast("Mapping[str, Values]", (self.outputs or {}).get("endpoints") or {})
        for facts in endpoints.values():
            curl = str(facts.get("curl"))
            self.lines.raw("try it", curl.replace(own, f"{own} REHEARSED=1"))
        self.lines.raw("look", f"make status {own} REHEARSED=1; also logs, invoke, key, env")
        self.lines.say("stands", "until you press Ctrl-C")
        try:
            while True:
                signal.pause()
        except KeyboardInterrupt:
            return

    def _world(self, values: Mapping[str, str]) -> dict[str, str]:
        """Start the local Azure and make the scratch backend. Returns the CLI's environment."""
        from local_azure.world import open_world

        place = self.stack.workspace
        names = {
            "subscription_id": place.subscription_id,
            "resource_group": place.resource_group,
            "workspace": place.name,
            "location": place.location,
        }
        with self.interrupts.held():
            said, azure = environment.start_local_azure(self.site, names=names, values=values)
        self.lines.say("azure", said)
        added = environment.additions(self.arguments, azure)
        key = open_world(self.site.azure, {}).openai_key
        secret = dict.fromkeys(variables_of(self.stack), key)
        variables = environment.whole({**added, **secret})
        os.environ.update(variables)
        self._config(key, list(secret))
        environment.ensure_stack(self.site, variables)
        return variables

    def _config(self, key: str, secret: Sequence[str]) -> None:
        """The stack file of the rehearsal, and what in it is not the user's."""
        name = self.site.stack_file.name
        config = rehearsed((ROOT / name).read_text("utf-8"), file=name, placeholder=key)
        self.site.project.mkdir(mode=0o700)
        (self.site.project / "Pulumi.yaml").write_bytes((ROOT / "Pulumi.yaml").read_bytes())
        self.site.stack_file.touch(mode=0o600)
        self.site.stack_file.write_text(config.text, "utf-8")
        if hidden := [*config.secrets, *(f"${each}" for each in secret)]:
            self.lines.say("secrets", f"{listed(hidden)}: placeholders, nobody is asked")
        if config.left_out:
            left_out = listed(config.left_out)
            self.lines.say("left out", f"{left_out}: a rehearsal has an Azure of its own")

    def _presume(self, *, give_up: bool) -> None:
        """Put there what the stack does not make."""
        from components.providers.arm import arm
        from local_azure.world import open_world
        from tools.presumed import give_up_ownership, presumed

        world = open_world(self.site.azure, {})
        things = presumed(self.stack, account=world.openai_account, key=world.openai_key)
        with deploy.asking_azure("cannot make what the stack presumes"):
            for thing in things:
                arm().put(thing.arm_id, thing.body, api=thing.api)
            if give_up:
                give_up_ownership(arm(), world.subscription, world.deployer_object_id)
        if called := [thing.called for thing in things if thing.called]:
            self.lines.say("made up", listed(called))


def settings_of(pairs: Sequence[str]) -> dict[str, str]:
    """`name=value` of SETTINGS, by name. Raises `ToolError` for one that the local Azure does not
    know."""
    from local_azure.settings import SettingError, Settings

    values = {name: value for name, _, value in (pair.partition("=") for pair in pairs)}
    try:
        Settings().with_values(values)
    except SettingError as error:
        hint = 'Write them as  SETTINGS="profile=cloud quota_cores=48"  (docs/local-azure.md).'
        raise ToolError(f"cannot set up the local Azure: {error}\n{hint}") from error
    return values


def quota_of(review: CheckResult) -> dict[str, str]:
    """Quota enough for the stack: nobody here knows the subscription's. Settings win."""
    return {"quota_cores": str(max([_QUOTA, *(line.total for line in review.quota)]))}


def roles_of(stack: Stack) -> dict[str, str]:
    """The deployer's roles, where the stack says that it may not assign any. Settings win."""
    return {} if stack.manage_roles else {"deployer_roles": _MAKER_AND_DEPLOYER}


def variables_of(stack: Stack) -> list[str]:
    """Environment variables that the stack's connections take their secrets from."""
    from specs.substitution import variable_of

    found = (variable_of(text) for each in stack.connections for text in _texts(each.document.root))
    return list(dict.fromkeys(name for name in found if name))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in cast("Mapping[str, object]", value).values():
            yield from _texts(item)


def _is_knowable(stack: Stack, lines: Lines) -> bool:
    from specs.telling import messages
    from tools.unknowable import unknowable

    told = messages(unknowable(stack))
    for message in told:
        lines.say("error", message, kind="error")
    return not told


def _summary(stack: Stack, review: CheckResult) -> Iterator[str]:
    from specs.report import counts

    deployments = [one for service in stack.services for one in service.deployments]
    instances = sum(one.spec.instance_count or 1 for one in deployments)
    parts = [
        counts(len(stack.services), "endpoint"),
        counts(len(deployments), "deployment"),
        counts(instances, "instance"),
    ]
    yield f"stack {stack.name} deploys: {', '.join(parts)}"
    taken = [f"{line.total} {line.family.removesuffix('Family')}" for line in review.quota]
    if taken:
        yield f"takes {', '.join(taken)} cores of quota in {stack.workspace.location}"
