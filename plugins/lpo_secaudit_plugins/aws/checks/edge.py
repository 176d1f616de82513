"""Front doors: load balancers, distributions and APIs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lpo_secaudit.check.wording import in_words
from lpo_secaudit.model.check import (
    CheckFunction,
    Record,
    Verdict,
    World,
    not_applicable,
    not_satisfied,
    satisfied,
)
from lpo_secaudit_plugins.aws.checks.common import not_public

__all__ = ["FUNCTIONS"]


_MODERN = re.compile(r"ELBSecurityPolicy-(TLS13-1-[23]-|TLS-1-2-|FS-1-2-)")


def _listeners(record: Record, world: World) -> Verdict:
    if record["Type"] == "gateway":
        return not_applicable("gateway load balancers do not end connections")
    seen = 0
    for listener in record["listeners"] or ():
        protocol, port = listener.get("Protocol"), f"port {in_words(listener.get('Port'), 'unknown')}"
        if protocol in ("HTTPS", "TLS"):
            seen += 1
            if not _MODERN.match(str(listener.get("SslPolicy"))):
                policy = in_words(listener.get("SslPolicy"))
                return not_satisfied(f"{port} accepts old versions of TLS (policy: {policy})")
        elif protocol == "HTTP":
            seen += 1
            actions = listener.get("DefaultActions") or ()
            if not any(_redirects(action) for action in actions):
                return not_satisfied(f"{port} speaks plain HTTP")
    if not seen:
        return not_applicable("no listener that ends HTTP or TLS")
    return satisfied("listeners speak TLS 1.2 or later, or redirect there")


def _redirects(action: Mapping[str, Any]) -> bool:
    return (
        action.get("Type") == "redirect" and (action.get("RedirectConfig") or {}).get("Protocol") == "HTTPS"
    )


def _distribution(record: Record, world: World) -> Verdict:
    default = record["DefaultCacheBehavior"] or {}
    behaviours = [("the default behaviour", default)]
    behaviours += [
        (f"path {in_words(b.get('PathPattern'), 'without a pattern')}", b)
        for b in (record["CacheBehaviors"] or {}).get("Items") or ()
    ]
    for name, behaviour in behaviours:
        policy = behaviour.get("ViewerProtocolPolicy")
        if policy not in ("redirect-to-https", "https-only"):
            return not_satisfied(f"{name} accepts HTTP (policy: {in_words(policy)})")
    return satisfied("every path demands HTTPS")


def _stage_logging(record: Record, world: World) -> Verdict:
    destination = (record["accessLogSettings"] or {}).get("destinationArn")
    if destination:
        return satisfied(f"access is logged to {in_words(destination)}")
    settings = record["methodSettings"] or {}
    level = (settings.get("*/*") or {}).get("loggingLevel")
    silent = sorted(m for m, s in settings.items() if s.get("loggingLevel") == "OFF")
    if level in ("ERROR", "INFO") and silent:
        return not_satisfied(f"{silent[0]} is not logged, whatever holds for the other methods")
    if level in ("ERROR", "INFO"):
        return satisfied(f"execution of every method is logged at level {level}")
    some = sorted(m for m, s in settings.items() if s.get("loggingLevel") in ("ERROR", "INFO"))
    return not_satisfied(f"only {some[0]} is logged" if some else "nothing is logged")


def _api_policy(record: Record, world: World) -> Verdict:
    if not record["policy"]:
        return not_applicable("no resource policy; each method decides")
    return _API(record, world)  # type: ignore[return-value]


_API = not_public("policy", ("execute-api:invoke",), lambda r: (f"arn:aws:execute-api:{r.subject.region}:*",))


FUNCTIONS: Mapping[str, CheckFunction] = {
    "aws-elbv2-listeners-tls": _listeners,
    "aws-cloudfront-distributions-https-enabled": _distribution,
    "aws-apigateway-restapi-logging-enabled": _stage_logging,
    "aws-apigateway-restapi-policy-not-public": _api_policy,
}
