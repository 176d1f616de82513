"""The AWS collector: which accounts, which regions, and then everything at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lpo_secaudit.errors import InputError
from lpo_secaudit.model.evidence import Gap, GapReason, Listing, ListingStatus
from lpo_secaudit.plugins import CollectRequest, Sink
from lpo_secaudit_plugins.aws.options import OPTIONS_SCHEMA
from lpo_secaudit_plugins.aws.permissions import permitted_actions
from lpo_secaudit_plugins.aws.plan import Plan, plan
from lpo_secaudit_plugins.aws.table import TYPES

if TYPE_CHECKING:
    from lpo_secaudit_plugins.aws.api.client import Client
    from lpo_secaudit_plugins.aws.gather import Account

__all__ = ["AwsCollector"]

DEFAULT_CONNECTIONS = 48
ACCOUNTS_AT_ONCE = 4
_HOMES = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}

Observe = Callable[[str, str, str], None]


def _unobserved(service: str, operation: str, region: str) -> None:
    """Nobody watches."""


class AwsCollector:
    """Collector word `aws`; see `lpo_secaudit.plugins.Collector`.

    Args:
        observe: told service, operation and signing region of every request; for tests and
            benchmarks.
    """

    name: str = "aws"
    version: str = "1"
    produces: Mapping[str, str] = {name: row.what for name, row in TYPES.items()}
    options_schema: Mapping[str, Any] = OPTIONS_SCHEMA
    reads: tuple[str, ...] = (
        "configuration of the named AWS accounts, by read operations only (see `secaudit permissions`)",
        "no object in S3, no row of a database, no secret's value, no log but CloudTrail's KMS events",
    )

    def __init__(self, observe: Observe = _unobserved) -> None:
        self.observe = observe

    def permissions(self, request: CollectRequest) -> tuple[str, ...]:
        """IAM actions for the planned operations, sorted."""
        return permitted_actions(plan(request.wanted), request.options)

    def permission_document(self, request: CollectRequest, form: str) -> str:
        """The policy as text: `json`, or `cloudformation` for a template of a role to assume.

        Raises:
            InputError: another form is asked for.
        """
        import json

        from lpo_secaudit_plugins.aws.permissions import cloudformation, policy

        document = policy(self.permissions(request), request.options)
        if form == "cloudformation":
            document = cloudformation(document, request.source)
        elif form != "json":
            raise InputError(f"no form {form!r} of permissions", hint="json or cloudformation")
        return json.dumps(document, indent=2) + "\n"

    def collect(self, request: CollectRequest, sink: Sink) -> None:
        """1. Find out who we are. 2. Enumerate accounts. 3. Gather them, a few at a time."""
        planned = plan(request.wanted)
        if planned.needs:
            _Run(self, request, sink, planned).run()


class _Run:
    """One collection of one source."""

    def __init__(self, collector: AwsCollector, request: CollectRequest, sink: Sink, planned: Plan) -> None:
        from lpo_secaudit_plugins.aws.answers import MEDIA_TYPE, AnswerLog
        from lpo_secaudit_plugins.aws.api.models import Models
        from lpo_secaudit_plugins.aws.api.transport import Transport
        from lpo_secaudit_plugins.aws.redact import Redactor
        from lpo_secaudit_plugins.aws.schedule import Scheduler

        options = request.options
        self.collector = collector
        self.request = request
        self.options = options
        self.sink = sink
        self.plan = planned
        self.deadline = time.monotonic() + request.timeout_s * 0.95
        connections = int(options.get("connections", DEFAULT_CONNECTIONS))
        read_s = float(options.get("request_timeout_s", 60.0))
        self.transport = Transport(connections, min(10.0, read_s), read_s)
        self.scheduler = Scheduler(connections)
        self.redactor = Redactor(_redaction_key(request))
        self.models = Models(planned.operations | _ORGANISING)
        self.answers = None
        if options.get("answers", "keep") == "keep":
            self.answers = AnswerLog(self.redactor, lambda data: sink.blob(data, MEDIA_TYPE))

    def run(self) -> None:
        """Gather everything; the answers are kept however far it came."""
        try:
            self._run()
        finally:
            self.transport.close()
            if self.answers is not None:
                self.answers.close()

    def _run(self) -> None:
        from lpo_secaudit_plugins.aws.api.failures import CallError
        from lpo_secaudit_plugins.aws.sessions import EndpointBook, LocalCredentials, botocore_session

        try:
            session = botocore_session(self.options.get("profile"))
            self.endpoints = EndpointBook(session, self.options.get("endpoint_url"))
            credentials: Any = LocalCredentials(session)
            self.home = self._home(session)
            first = self.options.get("role_arn")
            if first:
                credentials = self._assumed(self._client(credentials), first)
            client = self._client(credentials)
            account, partition = self._identity(client)
        except CallError as error:
            self._lost(self.request.source, error.gap)
            return
        self._accounts(client, account, partition)

    # -------------------------------------------------------------------------------- credentials

    def _client(self, credentials: Any) -> Client:
        from lpo_secaudit_plugins.aws.api.client import Client

        return Client(
            self.models,
            self.transport,
            self.endpoints,
            credentials,
            deadline=self.deadline,
            on_throttle=self.scheduler.throttled,
            observe=self.collector.observe,
            log=self.answers,
        )

    def _assumed(self, client: Client, role_arn: str) -> Any:
        from lpo_secaudit_plugins.aws.sessions import AssumedRole

        name = str(self.options.get("session_name", "lpo-secaudit"))
        return AssumedRole(
            lambda params: client.call("sts", "AssumeRole", self.home, params, None, role_arn),
            role_arn,
            self.options.get("external_id"),
            name,
        )

    def _home(self, session: Any) -> str:
        regions = self.options.get("regions") or ()
        near = regions[0] if regions else session.get_config_variable("region") or "us-east-1"
        return _HOMES.get(self.endpoints.partition(str(near)), str(near))

    def _identity(self, client: Client) -> tuple[str, str]:
        answer = client.call("sts", "GetCallerIdentity", self.home, {})
        arn = str(answer.data.get("Arn", "arn:aws:"))
        return str(answer.data["Account"]), arn.split(":")[1] or "aws"

    # ----------------------------------------------------------------------------------- accounts

    def _accounts(self, client: Client, account: str, partition: str) -> None:
        """One account, or those that the engagement names or the organisation has."""
        from lpo_secaudit_plugins.aws.api.failures import CallError

        source = self.request.source
        try:
            members = self._members(client)
        except CallError as error:
            self._lost(source, error.gap)
            return
        if members is None:
            self._gather(source, client, account, partition)
            self.scheduler.run()
            return
        role = str(self.options.get("member_role", "OrganizationAccountAccessRole"))
        for at in range(0, len(members), ACCOUNTS_AT_ONCE):
            for member in members[at : at + ACCOUNTS_AT_ONCE]:
                own = f"{source}/{member}"
                arn = f"arn:{partition}:iam::{member}:role/{role}"
                chained = client if member == account else self._client(self._assumed(client, arn))
                self._start_member(own, chained, member, partition)
            self.scheduler.run()
            self.sink.progress(min(at + ACCOUNTS_AT_ONCE, len(members)), len(members), "accounts")

    def _start_member(self, source: str, client: Client, member: str, partition: str) -> None:
        from lpo_secaudit_plugins.aws.api.failures import CallError

        def start() -> None:
            try:
                found, _ = self._identity(client)
            except CallError as error:
                self._lost(source, error.gap)
                return
            if found != member:
                gap = Gap(
                    GapReason.FAILED, f"the role leads to another account than {member}", "sts:AssumeRole"
                )
                self._lost(source, gap)
                return
            self._gather(source, client, member, partition)

        self.scheduler.add("sts", start)

    def _members(self, client: Client) -> list[str] | None:
        """Account ids, sorted; None where the credentials' own account is the only one."""
        if self.options.get("organization"):
            found = []
            for page in client.pages("organizations", "ListAccounts", self.home, {}):
                for account in page.data.get("Accounts") or ():
                    if account.get("State", account.get("Status")) == "ACTIVE":
                        found.append(str(account["Id"]))
            excluded = set(self.options.get("exclude_accounts") or ())
            return sorted(set(found) - excluded)
        accounts = self.options.get("accounts")
        return sorted(set(accounts)) if accounts else None

    def _gather(self, source: str, client: Client, account: str, partition: str) -> Account:
        from lpo_secaudit_plugins.aws.asking import Asker
        from lpo_secaudit_plugins.aws.gather import Account

        asker = Asker(account, partition, self.home, client, self.plan.shared, self.redactor)
        regions, name = self._regions(client), self.collector.name
        gathering = Account(source, asker, regions, self.plan, self.scheduler, self.sink, name)
        gathering.start()
        return gathering

    def _regions(self, client: Client) -> tuple[str, ...] | Gap:
        """Those named, else those that the account has opted into."""
        from lpo_secaudit_plugins.aws.api.failures import CallError

        named = self.options.get("regions")
        if named or not self.plan.regional:
            return tuple(dict.fromkeys(named or ()))
        try:
            answer = client.call("ec2", "DescribeRegions", self.home, {"AllRegions": False})
        except CallError as error:
            return error.gap
        return tuple(sorted(str(r["RegionName"]) for r in answer.data.get("Regions") or ()))

    def _lost(self, source: str, gap: Gap) -> None:
        for type_ in self.plan.needs:
            self.sink.listing(Listing(type_, source, "", ListingStatus.UNAVAILABLE, 0, gap))


_ORGANISING = frozenset(
    {
        ("sts", "GetCallerIdentity"),
        ("sts", "AssumeRole"),
        ("ec2", "DescribeRegions"),
        ("organizations", "ListAccounts"),
    }
)


def _redaction_key(request: CollectRequest) -> bytes | None:
    name = request.options.get("redaction_key_file")
    if not name:
        return None
    path = request.base / str(name)
    try:
        key = path.read_bytes()[:4096].strip()
    except OSError as error:
        raise InputError(f"redaction key cannot be read: {error.strerror}", where=str(path)) from error
    if len(key) < 16:
        raise InputError(
            "redaction key is shorter than 16 bytes", where=str(path), hint="openssl rand -hex 32 > FILE"
        )
    return key
