"""What verification says: problems, signatures, the report; and what is known while it works."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lpo_secaudit.errors import IntegrityError, UndecidableError

if TYPE_CHECKING:
    from lpo_secaudit.attest.check import Envelope, VerifyingKey
    from lpo_secaudit.ledger.proofs import ParsedCheckpoint
    from lpo_secaudit.replay import Replay

__all__ = ["Case", "Problem", "Signature", "VerificationReport"]

MAX_SMALL_FILE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or could not be decided.

    Attributes:
        kind: "wrong" or "undecidable".
        file: name within the folder; "" where it is about none.
        message: what and why, one sentence without a full stop.
    """

    kind: Literal["wrong", "undecidable"]
    file: str
    message: str


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature found on the audit.

    Attributes:
        keyid: of the key.
        file: where it stands.
        one_time: the key was made for this audit alone, and names nobody.
        claimed_at: the signer's own word on when.
        proven_at: an instant at which it existed already, by a trusted timestamp; None without one.
        owner, role: from the trust policy; "" without one.
        state: "valid", or why not.
    """

    keyid: str
    file: str
    one_time: bool
    claimed_at: datetime | None
    proven_at: datetime | None = None
    owner: str = ""
    role: str = ""
    state: str = "valid"

    @property
    def time(self) -> Literal["trusted", "claimed", "none"]:
        """What the judgement on its key's validity rests on."""
        return "trusted" if self.proven_at else "claimed" if self.claimed_at else "none"


@dataclass
class VerificationReport:
    """What verification found. It is true in a condition only where everything asked was shown.

    Attributes:
        folder: the audit folder.
        checked: what was shown, one line each.
        problems: what is wrong or undecidable.
        signatures: who signed.
        notices: what a reader should know beyond right and wrong: outdated, superseded, disputed.
        disputes: finding fingerprint to the states that replies have given it.
        replay: the outcome of replay; None where it was not asked for.
    """

    folder: Path
    engagement: str = ""
    checked: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    signatures: list[Signature] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    disputes: dict[str, list[str]] = field(default_factory=dict)
    replay: Replay | None = None

    @property
    def wrong(self) -> tuple[Problem, ...]:
        """What is not what it claims to be."""
        return tuple(p for p in self.problems if p.kind == "wrong")

    @property
    def undecidable(self) -> tuple[Problem, ...]:
        """What could not be found out."""
        return tuple(p for p in self.problems if p.kind == "undecidable")

    @property
    def verdict(self) -> Literal["verified", "wrong", "undecidable"]:
        """The worst of all."""
        return "wrong" if self.wrong else "undecidable" if self.problems else "verified"

    def __bool__(self) -> bool:
        return not self.problems

    def raise_for_problems(self) -> None:
        """Turn the first problem into an exception.

        Raises:
            IntegrityError: something is wrong.
            UndecidableError: nothing is wrong, and something could not be decided.
        """
        for problems, error in ((self.wrong, IntegrityError), (self.undecidable, UndecidableError)):
            if problems:
                raise error(problems[0].message, where=str(self.folder / problems[0].file))

    def to_json(self) -> dict[str, Any]:
        """The report for a program."""
        return {
            "folder": str(self.folder),
            "engagement": self.engagement,
            "verdict": self.verdict,
            "checked": list(self.checked),
            "problems": [{"kind": p.kind, "file": p.file, "message": p.message} for p in self.problems],
            "signatures": [
                {
                    "keyid": s.keyid,
                    "file": s.file,
                    "one_time": s.one_time,
                    "claimed_at": _instant(s.claimed_at),
                    "proven_at": _instant(s.proven_at),
                    "time": s.time,
                    "owner": s.owner,
                    "role": s.role,
                    "state": s.state,
                }
                for s in self.signatures
            ],
            "notices": list(self.notices),
            "disputes": {fingerprint: list(states) for fingerprint, states in self.disputes.items()},
            "replay": self.replay.to_json() if self.replay else None,
        }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


@dataclass
class Case:
    """What is known while the steps are taken.

    Attributes:
        proven: signed file to the earliest trusted time at which it existed.
        revoked: key id to the instant from which the ledger revokes it.
        unfinished: file of an addition that was not finished to where it lies meanwhile.
        witnessed: witness's key id to the times, by its own word, at which it saw this audit's entry
            in the log.
    """

    root: Path
    report: VerificationReport
    raw: bytes = b""
    envelope: Envelope | None = None
    key: VerifyingKey | None = None
    subjects: dict[str, str] = field(default_factory=dict)
    predicate: dict[str, Any] = field(default_factory=dict)
    entry_raw: bytes = b""
    index: int = -1
    checkpoint: ParsedCheckpoint | None = None
    proven: dict[str, datetime] = field(default_factory=dict)
    replies: dict[str, dict[str, Any]] = field(default_factory=dict)
    revoked: dict[str, datetime] = field(default_factory=dict)
    unfinished: dict[str, str] = field(default_factory=dict)
    witnessed: dict[str, list[datetime]] = field(default_factory=dict)

    def wrong(self, file: str, message: str) -> None:
        self.report.problems.append(Problem("wrong", file, message))

    def undecidable(self, file: str, message: str) -> None:
        self.report.problems.append(Problem("undecidable", file, message))

    def read(self, name: str) -> bytes:
        path = self.root / name
        try:
            # A link could lead out of the folder, to a file that changes after verification.
            if not stat.S_ISREG(path.lstat().st_mode):
                raise IntegrityError("not a plain file", where=name)
            if path.stat().st_size > MAX_SMALL_FILE:
                raise IntegrityError("too large", where=name)
            return path.read_bytes()
        except FileNotFoundError:
            raise IntegrityError("is missing", where=name) from None
        except OSError as error:
            raise UndecidableError(f"cannot be read: {error.strerror}", where=name) from error
