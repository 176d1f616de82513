"""One audit with everything on it, to be verified."""

from __future__ import annotations

import json
from pathlib import Path

from lpo_secaudit.additions import add_timestamp, cosign, reply
from lpo_secaudit.verification import VerificationReport, verify
from tests.attest.tsa import make_authority, serving
from tests.audits import firm_key, make_audit


class World:
    """One audit with everything on it: two signers, two timestamps, a reply, a policy, a published ledger."""

    def __init__(self, base: Path) -> None:
        self.base, self.folder, self.ledger = base, base / "audit", base / "ledger.sqlite"
        self.auditor, self.reviewer, self.provider = firm_key(), firm_key(), firm_key()
        make_audit(base, signer=self.auditor)
        authority = make_authority(base / "tsa")
        with serving(authority) as url:
            cosign(self.folder, self.reviewer, self.ledger, tsa=url)
            for _ in range(2):
                add_timestamp(self.folder, url, signer=self.auditor, ledger=self.ledger)
        self.fingerprint = json.loads((self.folder / "audit.json").read_bytes())["findings"][0]["fingerprint"]
        self.reply = reply(
            self.folder,
            self.fingerprint,
            "rebuttal",
            "It is locked, naïvely.",
            self.provider,
            ledger=self.ledger,
        )
        for name in ("auditor", "reviewer", "provider"):
            (base / f"{name}.pub").write_bytes(getattr(self, name).public_key_pem)
        self.trust = self.policy()

    def policy(self, name: str = "trust.yaml", **more: str) -> Path:
        rows = "".join(
            f"  - {{id: {role}, owner: {role.title()} Roe, role: {role}, "
            f"public_key: {role}.pub{more.get(role, '')}}}\n"
            for role in ("auditor", "reviewer", "provider")
        )
        text = (
            f"trust: firm\nkeys:\n{rows}require: [{{role: auditor}}, {{role: reviewer}}]\n"
            "timestamp_authorities: [tsa/root.pem]\nrequire_timestamp: true\n"
        )
        (self.base / name).write_text(text)
        return self.base / name

    def verify(self, **more: object) -> VerificationReport:
        return verify(self.folder, **({"trust": self.trust} | more))  # type: ignore[arg-type]
