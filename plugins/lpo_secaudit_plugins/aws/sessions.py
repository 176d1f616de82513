"""Whose eyes: credentials, role chains, endpoints, and which accounts and regions to look at."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lpo_secaudit.model.evidence import Gap, GapReason
from lpo_secaudit_plugins.aws.api.client import Answer
from lpo_secaudit_plugins.aws.api.failures import CallError
from lpo_secaudit_plugins.aws.api.models import Operation
from lpo_secaudit_plugins.aws.api.signing import Keys

__all__ = ["AssumedRole", "EndpointBook", "LocalCredentials", "botocore_session", "no_credentials"]

_EARLY = timedelta(minutes=5)


def botocore_session(profile: str | None) -> Any:
    """botocore's session, for its configuration files and credential providers only.

    Raises:
        CallError: the profile is not configured.
    """
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    session = Session(profile=profile)
    try:
        session.get_scoped_config()
    except BotoCoreError as error:
        raise CallError("sts:GetCallerIdentity", "ProfileNotUsable", str(error), GapReason.DENIED) from error
    return session


def no_credentials() -> Gap:
    """The gap that an account without usable credentials leaves."""
    return Gap(GapReason.DENIED, "no AWS credentials were found", "sts:GetCallerIdentity", "NoCredentials")


class LocalCredentials:
    """Credentials as botocore finds them: environment, files, SSO, instance or container role."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._found: Any = None
        self._looked = False
        self._lock = threading.Lock()

    def keys(self, refresh: bool = False) -> Keys:
        """See `api.client.Credentials`.

        Raises:
            CallError: there are none.
        """
        from botocore.exceptions import BotoCoreError

        with self._lock:
            try:
                if not self._looked:
                    self._found = self._session.get_credentials()
                    self._looked = True
                if self._found is None:
                    raise CallError("sts:GetCallerIdentity", "NoCredentials", "", GapReason.DENIED)
                frozen = self._found.get_frozen_credentials()
            except BotoCoreError as error:
                raise CallError(
                    "sts:GetCallerIdentity", type(error).__name__, str(error), GapReason.DENIED
                ) from error
            return Keys(frozen.access_key, frozen.secret_key, frozen.token)


class AssumedRole:
    """A role's temporary keys, renewed five minutes before they end."""

    def __init__(
        self, assume: Callable[[Mapping[str, Any]], Answer], role_arn: str, external_id: str | None, name: str
    ) -> None:
        self._assume = assume
        self._params: dict[str, Any] = {"RoleArn": role_arn, "RoleSessionName": name, "DurationSeconds": 3600}
        if external_id:
            self._params["ExternalId"] = external_id
        self._keys: Keys | None = None
        self._until = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def keys(self, refresh: bool = False) -> Keys:
        """See `api.client.Credentials`.

        Raises:
            CallError: the role may not be assumed.
        """
        with self._lock:
            now = datetime.now(UTC)
            if self._keys is None or now >= self._until - _EARLY or refresh:
                got = self._assume(self._params).data["Credentials"]
                until = datetime.fromisoformat(got["Expiration"])
                self._keys = Keys(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"])
                # A short-lived role must not be asked for anew at every call.
                self._until = max(until, now + _EARLY + timedelta(seconds=30))
            return self._keys


class EndpointBook:
    """Where services are: AWS's own endpoint data, or the address that the user names.

    Like AWS's own tools: `endpoint_url` of the source, AWS_ENDPOINT_URL_<SERVICE>,
    AWS_ENDPOINT_URL, then the profile's `endpoint_url`.
    """

    def __init__(self, session: Any, endpoint_url: str | None) -> None:
        from botocore.loaders import create_loader
        from botocore.regions import EndpointResolver

        self._resolver = EndpointResolver(create_loader().load_data("endpoints"))
        ignore = os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true"
        configured = None if ignore else session.get_scoped_config().get("endpoint_url")
        self._environ: Mapping[str, str] = {} if ignore else os.environ
        self._named = endpoint_url
        self._configured = configured
        self._dualstack = os.environ.get("AWS_USE_DUALSTACK_ENDPOINT", "").lower() == "true"
        self._fips = os.environ.get("AWS_USE_FIPS_ENDPOINT", "").lower() == "true"
        self._known: dict[tuple[str, str], tuple[str, str, bool]] = {}

    def find(self, operation: Operation, region: str) -> tuple[str, str, bool]:
        """See `api.client.Endpoints`.

        Raises:
            CallError: the service is not in the region.
        """
        key = (operation.service, region)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._find(operation, region)
        return found

    def partition(self, region: str) -> str:
        """`aws`, `aws-cn`, `aws-us-gov` ...; "aws" for a region that is not known yet."""
        from botocore.exceptions import UnknownRegionError

        try:
            return str(self._resolver.get_partition_for_region(region))
        except UnknownRegionError:
            return "aws"

    def _find(self, operation: Operation, region: str) -> tuple[str, str, bool]:
        from botocore.exceptions import BotoCoreError

        try:
            data = self._resolver.construct_endpoint(
                operation.endpoint_prefix,
                region,
                use_dualstack_endpoint=self._dualstack,
                use_fips_endpoint=self._fips,
            )
        except BotoCoreError:
            data = None
        scope = (data or {}).get("credentialScope", {}).get("region", region)
        url = (
            self._named
            or self._environ.get(f"AWS_ENDPOINT_URL_{operation.service_id}")
            or self._environ.get("AWS_ENDPOINT_URL")
            or self._configured
        )
        if url:
            # The account id travels in a header too, so a server at a fixed address needs no prefix.
            return url.rstrip("/"), scope, False
        if data is None:
            raise CallError(
                f"{operation.service}:{operation.name}", "NoEndpoint", "", GapReason.UNSUPPORTED, region
            )
        return f"https://{data['hostname']}", scope, True
