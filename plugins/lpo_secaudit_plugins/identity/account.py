"""One account of an identity provider, whatever the provider."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

__all__ = ["Account", "Export", "Factor", "Policy"]


@dataclass(frozen=True, slots=True)
class Account:
    """What an export says of one account. None means that it does not say.

    Attributes:
        name: the login name; masked before it becomes evidence.
        place: path or row within the file.
        enabled: whether it can sign in at all.
        admin: whether it holds an administrative role.
        interactive: whether a person signs in with it (False: keys or tokens only).
        mfa: whether a second factor is there and can be used.
        mfa_enforced: whether signing in without one is impossible.
        bypass: whether it is excused from the second factor.
        guest: whether it belongs to another organisation.
        created: when it was made.
        last_used: when it was last used; None with `never_used` False: unknown.
        never_used: the export says that it never was.
        keys: age-relevant instants of its active access keys: when each was last changed.
        methods: the second factors, in the provider's words.
        status: the provider's own word for the account's state.
        root: whether it is the root account of AWS.
        ref: the provider's own id of the account.
    """

    name: str
    place: str
    enabled: bool | None = None
    admin: bool | None = None
    interactive: bool | None = True
    mfa: bool | None = None
    mfa_enforced: bool | None = None
    bypass: bool | None = None
    guest: bool | None = None
    created: datetime | None = None
    last_used: datetime | None = None
    never_used: bool = False
    keys: tuple[datetime, ...] = ()
    methods: tuple[str, ...] = ()
    status: str = ""
    root: bool = False
    ref: str = ""

    def mfa_state(self) -> str:
        """One word for counting: mfa, no-mfa, mfa-unknown or not-interactive."""
        if self.interactive is False:
            return "not-interactive"
        return "mfa-unknown" if self.mfa is None else "mfa" if self.mfa else "no-mfa"


@dataclass(frozen=True, slots=True)
class Factor:
    """One second factor of one account; `owner` is the account's id at the provider."""

    owner: str
    place: str
    kind: str
    status: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A password policy. Numbers are None where the export does not say; days 0 mean never."""

    name: str
    place: str
    active: bool | None
    min_length: int | None = None
    history: int | None = None
    max_age_days: int | None = None
    max_attempts: int | None = None
    common_excluded: bool | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """One export file.

    Attributes:
        kind: "entra-registration", "okta-users" ...
        accounts, policies, factors: what it lists; two of the three are usually empty.
        taken_at: when the export was made, where the file says so.
        problems: what the export cannot tell.
    """

    kind: str
    accounts: tuple[Account, ...] = ()
    policies: tuple[Policy, ...] = ()
    factors: tuple[Factor, ...] = ()
    taken_at: datetime | None = None
    problems: tuple[str, ...] = ()

    @property
    def records(self) -> int:
        return len(self.accounts) + len(self.policies) + len(self.factors)

    def counts(self) -> dict[str, int]:
        """Accounts by their second factor; policies and factors by whether they are active."""
        states = Counter(account.mfa_state() for account in self.accounts)
        states.update("active" if policy.active else "inactive" for policy in self.policies)
        states.update(factor.status.lower() or "unknown" for factor in self.factors)
        return dict(sorted(states.items()))
