"""Who may knock at a resource, and what the keys of such a request can hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lpo_secaudit_plugins.aws.reasoning.addresses import public_addresses
from lpo_secaudit_plugins.aws.reasoning.conditions import Domain
from lpo_secaudit_plugins.aws.reasoning.policy import Policy, Principals, Statement
from lpo_secaudit_plugins.aws.reasoning.wildcards import DIGITS, Pattern, classes, pattern

__all__ = ["WORLD", "Caller", "CallerKind", "domains_of", "outsiders", "reaches"]


class CallerKind(StrEnum):
    """Kinds of callers, as far as policies tell them apart."""

    ANONYMOUS = "anybody without credentials"
    STRANGER = "any AWS account"
    ACCOUNT = "account"
    SERVICE = "service"
    FEDERATED = "identity provider"
    OWN = "the account itself"


@dataclass(frozen=True, slots=True)
class Caller:
    """A class of callers.

    Attributes:
        kind: see CallerKind.
        name: the account id, service or provider; "" for the kinds that need none.
    """

    kind: CallerKind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()


WORLD = (Caller(CallerKind.ANONYMOUS), Caller(CallerKind.STRANGER), Caller(CallerKind.SERVICE))
"""Everybody at large. The service without a name is any service of AWS that acts for a stranger: a
statement for everyone reaches it too, and it brings keys such as aws:SourceArn."""

_ACCOUNT = re.compile(r"\d{12}")
_PRINCIPAL_ARN = re.compile(r"arn:[^:]*:(?:iam|sts):[^:]*:([^:]*):(.*)", re.DOTALL)


def account_of(name: str) -> str:
    """The account in a principal's name: an id, or an IAM or STS ARN; "" where there is none."""
    if _ACCOUNT.fullmatch(name):
        return name
    match = _PRINCIPAL_ARN.fullmatch(name)
    return match[1] if match else ""


def outsiders(policy: Policy, own_account: str) -> tuple[Caller, ...]:
    """The callers from outside the account that a policy can make a difference between.

    Whoever it does not name is anonymous or a stranger.
    """
    found = dict.fromkeys(WORLD)
    for statement in policy.statements:
        if statement.principals is None or not statement.allow or statement.principals.negated:
            continue
        for kind, name in statement.principals.names:
            caller = _named(kind, name, own_account)
            if caller is not None:
                found[caller] = None
    return tuple(found)


def _named(kind: str, name: str, own_account: str) -> Caller | None:
    if kind == "Service":
        return Caller(CallerKind.SERVICE, name)
    if kind == "Federated":
        return Caller(CallerKind.FEDERATED, name)
    if kind == "CanonicalUser":
        return Caller(CallerKind.ACCOUNT, f"canonical user {name}")
    account = account_of(name)
    if account == own_account and own_account:
        return None
    # A name without an account is the unique id of a principal that was deleted: nobody can use it.
    return Caller(CallerKind.ACCOUNT, account) if account else None


def reaches(statement: Statement, caller: Caller) -> bool:
    """Whether a statement's Principal or NotPrincipal element covers the caller.

    For a class of callers an Allow counts when it covers one of them, a Deny only when it covers
    them all: a Deny of one role leaves the rest of its account.
    """
    if statement.principals is None:
        return True
    named = _names(statement.principals, caller, whole=not statement.allow)
    if statement.principals.negated:
        return not _names(statement.principals, caller, whole=statement.allow)
    return named


def _names(principals: Principals, caller: Caller, *, whole: bool) -> bool:
    if principals.everyone:
        return True
    for kind, name in principals.names:
        match caller.kind:
            case CallerKind.SERVICE:
                if kind == "Service" and name == caller.name and name:
                    return True
            case CallerKind.FEDERATED:
                if kind == "Federated" and name == caller.name:
                    return True
            case CallerKind.ACCOUNT | CallerKind.OWN:
                if kind == "CanonicalUser" and caller.name == f"canonical user {name}":
                    return True
                if kind == "AWS" and caller.name and account_of(name) == caller.name:
                    root = _ACCOUNT.fullmatch(name) or name.endswith(":root")
                    if root or not whole:
                        return True
            case _:
                pass
    return False


_IDENTITY_KEYS = (
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:userid",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourcevpcarn",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "sts:externalid",
    "lambda:eventsourcetoken",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
)
"""Keys whose values belong to somebody: a stranger cannot bring a value that a policy names."""

_PRINCIPAL_STARTS = tuple(
    f"arn:{partition}:{service}::"
    for partition in ("aws", "aws-cn", "aws-us-gov")
    for service in ("iam", "sts")
)

_TRUE_FALSE = (pattern("true"), pattern("false"))


_ANY_ACCOUNT = (DIGITS, 12)


def _principals_of(account: str) -> tuple[Pattern, ...]:
    """The ARNs of an account's principals; of any account's where it is empty.

    A star for the service could run over colons, so that a role of another account whose path
    holds this account's number would count as its own.
    """
    if account:
        return tuple(pattern(f"{start}{account}:*") for start in _PRINCIPAL_STARTS)
    return tuple(classes(start, _ANY_ACCOUNT, ":*") for start in _PRINCIPAL_STARTS)


def _shape(key: str) -> tuple[Pattern, ...]:
    """What values of an identity key look like: ids of organisations, and so their paths, begin alike."""
    return (pattern("o-?*" if "orgid" in key or "orgpaths" in key else "*"),)


def domains_of(caller: Caller, policies: Iterable[Policy], own_account: str) -> Mapping[str, Domain]:
    """What the keys of a caller's requests can hold.

    Args:
        policies: all that are evaluated together; their literal values are what a stranger lacks.
        own_account: account id that owns the resource.
    """
    absent = Domain(present=False)
    found: dict[str, Domain] = {
        "aws:securetransport": Domain(_TRUE_FALSE, absent=False),
        "aws:viaawsservice": Domain(_TRUE_FALSE, absent=False),
        "aws:principalisawsservice": Domain((pattern("false"),), absent=False),
        "aws:requestedregion": Domain(absent=False),
    }
    if caller.kind is CallerKind.OWN:
        found["aws:principalaccount"] = Domain((pattern(own_account or "*"),), absent=False)
        found["aws:principalarn"] = Domain(_principals_of(own_account), absent=False)
        found.update((key, Domain(_shape(key))) for key in _IDENTITY_KEYS)
        return found
    named = tuple(dict.fromkeys(_literals(policies)))
    others = sorted(_accounts(policies) | {own_account} - {""})
    accounts = tuple(pattern(account) for account in others)
    of_accounts = tuple(pattern(f"arn:*:*:*:{account}:*") for account in others)
    literals = tuple(pattern(text, literal=True, fold_case=fold) for text, fold in named)
    pinned = (*literals, *(pattern(text) for text in _pins(policies)))
    for key in _IDENTITY_KEYS:
        found[key] = Domain(_shape(key), excluded=pinned)
    found["aws:sourceip"] = Domain(broad=True, addresses=public_addresses())
    found["aws:principalisawsservice"] = Domain((pattern("false"),), absent=False)
    if caller.kind is CallerKind.ANONYMOUS:
        for key in (
            "aws:principalarn",
            "aws:principalaccount",
            "aws:principalorgid",
            "aws:principalorgpaths",
            "aws:username",
        ):
            found[key] = absent
        found["aws:principaltag/"] = absent
        found["aws:multifactorauthpresent"] = absent
        found["aws:principaltype"] = Domain((pattern("Anonymous"),), absent=False)
        found["aws:userid"] = Domain((pattern("anonymous"),), absent=False)
        _not_by_service(found, absent)
        return found
    if caller.kind is CallerKind.STRANGER:
        found["aws:principalaccount"] = Domain((classes(_ANY_ACCOUNT),), excluded=accounts, absent=False)
        found["kms:calleraccount"] = found["aws:principalaccount"]
        found["aws:principalarn"] = Domain(
            _principals_of(""),
            excluded=of_accounts,
            absent=False,
        )
        found["aws:principaltype"] = Domain(excluded=(pattern("Anonymous"),), absent=False)
        _not_by_service(found, absent)
        return found
    if caller.kind is CallerKind.ACCOUNT:
        name = caller.name if _ACCOUNT.fullmatch(caller.name) else ""
        found["aws:principalaccount"] = Domain((pattern(name or "*"),), absent=False)
        found["kms:calleraccount"] = found["aws:principalaccount"]
        found["aws:principalarn"] = Domain(_principals_of(name), absent=False)
        found["aws:sourceip"] = Domain()
        # They are somebody: what a policy names may well be theirs.
        found.update((key, Domain(_shape(key))) for key in _IDENTITY_KEYS)
        _not_by_service(found, absent)
        return found
    # A service that acts for a stranger's resource: the confused deputy (IAM User Guide).
    found["aws:principalisawsservice"] = Domain((pattern("true"),), absent=False)
    named_service = pattern(caller.name, literal=True) if caller.name else pattern("*.amazonaws.com")
    found["aws:principalservicename"] = Domain((named_service,), absent=False)
    found["aws:sourceaccount"] = Domain((classes(_ANY_ACCOUNT),), excluded=accounts)
    found["aws:sourcearn"] = Domain(
        (classes("arn:aws*:*:*:", _ANY_ACCOUNT, ":*"), pattern("arn:aws*:s3:::*")),
        excluded=(*of_accounts, *literals, *(pattern(text) for text in _own_buckets(policies))),
    )
    found["aws:sourceowner"] = found["aws:sourceaccount"]
    # A service calls as itself, from AWS's own network: it has no principal of an account.
    for key in (
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:username",
        "aws:userid",
        "aws:principaltag/",
        "aws:multifactorauthpresent",
        "kms:calleraccount",
        "aws:sourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
    ):
        found[key] = absent
    return found


def _not_by_service(found: dict[str, Domain], absent: Domain) -> None:
    # Filled in only where a service calls for one of its customers' resources.
    for key in (
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceowner",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:principalservicename",
        "aws:principalservicenameslist",
    ):
        found[key] = absent


def _literals(policies: Iterable[Policy]) -> Iterable[tuple[str, bool]]:
    """Values that a policy names in full, and whether it does so in any case of letters."""
    for policy in policies:
        for statement in policy.statements:
            for condition in statement.conditions:
                # In these two a star is a star, so that the whole text is the value.
                if condition.operator in ("stringequals", "stringequalsignorecase"):
                    fold = condition.operator == "stringequalsignorecase"
                    yield from ((v, fold) for v in condition.values)
                elif condition.operator in ("stringlike", "arnequals", "arnlike"):
                    yield from ((v, False) for v in condition.values if "*" not in v and "?" not in v)


_PIN = re.compile(r"(o-[a-z0-9]{10,32}/|A[A-Z0-9]{15,}:)[^*?]*[*?]")


def _values(policies: Iterable[Policy]) -> Iterable[str]:
    for policy in policies:
        for statement in policy.statements:
            for condition in statement.conditions:
                yield from condition.values


def _pins(policies: Iterable[Policy]) -> Iterable[str]:
    """Patterns that begin with the unique id of an organisation or principal: nobody else has one."""
    return sorted({value for value in _values(policies) if _PIN.match(value)})


def _own_buckets(policies: Iterable[Policy]) -> Iterable[str]:
    """ARNs of buckets that are named in full; names of buckets are unique, so a stranger has none of them."""
    for value in sorted(set(_values(policies))):
        parts = value.split(":", 5)
        if len(parts) == 6 and parts[2] == "s3" and parts[5] and not set(parts[5]) & {"*", "?"}:
            yield f"arn:*:s3:*:*:{parts[5]}"


def _accounts(policies: Iterable[Policy]) -> set[str]:
    found: set[str] = set()
    for policy in policies:
        for statement in policy.statements:
            for condition in statement.conditions:
                for value in condition.values:
                    found.update(re.findall(r"(?<!\d)\d{12}(?!\d)", value))
            if statement.principals is not None:
                found.update(account_of(name) for _, name in statement.principals.names)
    return found - {""}
