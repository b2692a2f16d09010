"""Traffic: the last step, when everything that is to get some has answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.providers import traffic


@dataclass(frozen=True, kw_only=True)
class TrafficArgs:
    """What a `Traffic` needs."""

    endpoint_id: str
    """ARM id of the endpoint."""
    endpoint: pulumi.Resource
    """The endpoint itself: made anew it has no traffic, deleted it needs none."""
    traffic: Mapping[str, int]
    """Percent by deployment; 100 in all, or 0."""
    mirror_traffic: Mapping[str, int]
    """Percent copied to a deployment without live traffic."""
    after: Sequence[pulumi.Resource]
    """What must have succeeded before."""


class Traffic(pulumi.ComponentResource):
    """How an endpoint splits its requests."""

    live: pulumi.Output[Mapping[str, int]]
    """The split as Azure reports it."""

    def __init__(self, name: str, args: TrafficArgs, opts: pulumi.ResourceOptions) -> None:
        """`name`: the endpoint's."""
        super().__init__("flow-endpoints:ml:Traffic", name, None, opts)
        split = traffic.Traffic(
            name,
            {
                "endpoint_id": args.endpoint_id,
                "traffic": dict(args.traffic),
                "mirror_traffic": dict(args.mirror_traffic),
            },
            pulumi.ResourceOptions(
                parent=self,
                depends_on=[args.endpoint, *args.after],
                replace_with=[args.endpoint],
                deleted_with=args.endpoint,
            ),
        )
        self.live = split.traffic
        self.register_outputs({"live": self.live})
