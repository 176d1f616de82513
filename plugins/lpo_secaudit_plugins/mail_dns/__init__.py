"""Mail and DNS policy of domains: SPF, DKIM, DMARC, MTA-STS, TLS-RPT, CAA, DNSSEC."""

from __future__ import annotations

from importlib.resources import files

from lpo_secaudit.check import load_checks
from lpo_secaudit.plugins import Plugin
from lpo_secaudit_plugins.mail_dns.checks import FUNCTIONS
from lpo_secaudit_plugins.mail_dns.collector import MailDnsCollector

__all__ = ["plugin"]


def plugin() -> Plugin:
    """The collector `mail-dns` and its checks."""
    definitions = [files("lpo_secaudit_plugins.mail_dns") / "checks.yaml"]
    return Plugin("mail-dns", "1", (MailDnsCollector(),), load_checks("mail-dns", definitions, FUNCTIONS))
