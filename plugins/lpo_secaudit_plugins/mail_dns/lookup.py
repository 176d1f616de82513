"""DNS questions with three kinds of answer: records, "there is none", and "could not be told"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lpo_secaudit.model.evidence import Gap, GapReason
from lpo_secaudit_plugins.web.failures import failure_in_words

if TYPE_CHECKING:
    import dns.resolver

__all__ = ["GapError", "Lookup"]

MAX_TXT = 8192


class GapError(Exception):
    """The question was asked and not answered; carries the gap to record."""

    def __init__(self, gap: Gap) -> None:
        super().__init__(gap.message)
        self.gap = gap


@dataclass(frozen=True)
class Lookup:
    """Asks one resolver.

    Attributes:
        resolver: dnspython's; holds servers and the time one question may take.
    """

    resolver: dns.resolver.Resolver

    @classmethod
    def at(cls, server: str | None, timeout_s: float) -> Lookup:
        """A lookup at `address` or `address:port`; None for the system's resolver.

        Raises:
            ValueError: not that form.
        """
        import dns.resolver

        resolver = dns.resolver.Resolver(configure=server is None)
        if server is not None:
            address, colon, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "")
            resolver.nameservers = [address if colon else server]
            resolver.port = int(port) if colon else 53
        resolver.lifetime = timeout_s
        resolver.timeout = min(timeout_s, 2.0)
        resolver.cache = dns.resolver.LRUCache(1000)
        return cls(resolver)

    def ask(self, name: str, type_: str) -> list[str]:
        """Records as text, sorted; empty where the zone says that there are none.

        Raises:
            GapError: refused, failing or silent servers.
        """
        import dns.exception
        import dns.resolver

        operation = f"dns:{type_} {name}"
        try:
            answer = self.resolver.resolve(name, type_, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return []
        except dns.resolver.LifetimeTimeout as error:
            raise GapError(
                Gap(GapReason.TIMEOUT, "the resolver did not answer in time", operation)
            ) from error
        except dns.resolver.NoNameservers as error:
            text = "the resolver found no server that answers (SERVFAIL or REFUSED)"
            raise GapError(Gap(GapReason.FAILED, text, operation, "SERVFAIL")) from error
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise GapError(Gap(GapReason.FAILED, failure_in_words(error), operation)) from error
        return sorted(rdata.to_text() for rdata in answer.rrset or ())

    def texts(self, name: str) -> list[str]:
        """TXT records with their strings joined (RFC 7208 section 3.3).

        Raises:
            GapError: as `ask`; or a record is longer than 8 KiB.
        """
        import shlex

        found = []
        for text in self.ask(name, "TXT"):
            try:
                joined = "".join(shlex.split(text.replace("\\;", ";")))
            except ValueError:
                joined = text
            if len(joined) > MAX_TXT:
                raise GapError(
                    Gap(GapReason.TRUNCATED, "a TXT record is longer than 8 KiB", f"dns:TXT {name}")
                )
            found.append(joined)
        return found
