"""Make the evidence of examples/reconciliation that is not written by hand.

    python tools/make_reconciliation.py

A scanner's results in OCSF, and a bundle with what was seen of mail, of trusted accounts and of a
report handed over. All of it is fictional; running the script again gives the same bytes.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lpo_secaudit.collect.bundle import BundleWriter, SourceNote
from lpo_secaudit.model.evidence import Evidence, Listing, ListingStatus, Subject

HERE = Path(__file__).resolve().parents[1] / "examples" / "reconciliation" / "evidence"
SEEN_AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
MOMENT = (2026, 11, 24, 9, 30, 0)
ACCOUNT = "111122223333"

# rule, title, verdict, severity, resource, region, what was seen
RESULTS = (
    ("s3_bucket_default_encryption", "Bucket is encrypted", "PASS", "Medium", "arn:aws:s3:::lantern-matters",
     "eu-central-1", "Bucket lantern-matters is encrypted with aws:kms."),
    ("ec2_ebs_volume_encryption", "Volume is encrypted", "FAIL", "High",
     f"arn:aws:ec2:eu-central-1:{ACCOUNT}:volume/vol-0review", "eu-central-1", "Volume vol-0review is not encrypted."),
    ("s3_bucket_default_encryption", "Bucket is encrypted", "PASS", "Medium", "arn:aws:s3:::lantern-archive",
     "us-east-1", "Bucket lantern-archive is encrypted with AES256."),
    ("iam_user_mfa_enabled_console_access", "Console users have MFA", "FAIL", "High",
     f"arn:aws:iam::{ACCOUNT}:user/m.kerr", "eu-central-1", "User m.kerr signs in to the console without MFA."),
    ("iam_user_mfa_enabled_console_access", "Console users have MFA", "PASS", "High",
     f"arn:aws:iam::{ACCOUNT}:user/a.jones", "eu-central-1", "User a.jones has MFA."),
    ("rds_instance_backup_enabled", "Database is backed up", "MANUAL", "Medium",
     f"arn:aws:rds:eu-central-1:{ACCOUNT}:db:matters", "eu-central-1", "Access to the settings was denied."),
    ("ec2_securitygroup_allow_ingress_from_internet_to_tcp_port_22", "SSH is closed to the internet", "FAIL", "High",
     f"arn:aws:ec2:eu-central-1:{ACCOUNT}:security-group/sg-0jump", "eu-central-1", "sg-0jump lets 0.0.0.0/0 reach port 22."),
    ("elb_ssl_listeners", "Listeners use TLS", "PASS", "Medium",
     f"arn:aws:elasticloadbalancing:eu-central-1:{ACCOUNT}:loadbalancer/portal", "eu-central-1", "Listener 443 uses TLS."),
    ("cloudtrail_multi_region_enabled", "Trail covers every region", "PASS", "High",
     f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/all", "eu-central-1", "Trail all logs every region."),
    ("iam_password_policy_minimum_length_14", "Passwords are long", "PASS", "Medium",
     f"arn:aws:iam::{ACCOUNT}:password-policy", "eu-central-1", "Passwords have 14 characters or more."),
)  # fmt: skip


def findings() -> list[dict[str, Any]]:
    return [
        {
            "class_uid": 2004,
            "category_uid": 2,
            "metadata": {
                "event_code": rule,
                "product": {"name": "Prowler", "version": "5.0.0"},
                "version": "1.3.0",
            },
            "finding_info": {"title": title, "uid": f"example-{number}"},
            "severity": severity,
            "status": "New",
            "status_code": verdict,
            "status_detail": detail,
            "time_dt": "2026-11-24T09:00:00",
            "resources": [
                {"uid": resource, "name": resource.rsplit("/", 1)[-1], "region": region, "type": "example"}
            ],
        }
        for number, (rule, title, verdict, severity, resource, region, detail) in enumerate(RESULTS)
    ]


def records() -> list[Evidence]:
    def seen(type_: str, id_: str, source: str, data: dict[str, Any]) -> Evidence:
        return Evidence(Subject(type_, id_, source), data, source, SEEN_AT)

    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ],
    }
    mail = {
        "mx": ["10 mxa.mailgun.org.", "20 mxb.mailgun.org."],
        "spf": {
            "records": [
                "v=spf1 include:mailgun.org include:mail.zendesk.com include:spf.sendalot.example -all"
            ],
            "all": "-",
            "lookups": 3,
            "problems": [],
        },
    }
    pentest = {
        "file": "pentest-summary-2024.pdf",
        "kind": "penetration-test",
        "title": "penetration test",
        "topics": ["penetration-testing"],
        "recognised": "text",
        "issuer": "Example Testers",
        "issued": "2024-06-14",
        "findings": {"critical": 0, "high": 0, "medium": 2, "low": 5},
        "stands_until": "2025-06-14",
        "services": [],
        "confirmed_by": "J. Roe",
        "confirmed_on": "2024-07-01",
        "unsure": [],
        "quotes": {"issued": {"text": "Date of report: 14 June 2024", "page": 1}},
    }
    return [
        seen("certificate.document", "pentest-summary-2024.pdf", "papers", pentest),
        seen("mail.domain", "lantern.example", "mail-dns", mail),
        seen("aws.iam.role", f"arn:aws:iam::{ACCOUNT}:role/app", "aws", {"AssumeRolePolicyDocument": trust}),
    ]


def bundle(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bundle"
        with BundleWriter(path) as writer:
            notes = []
            for record in records():
                writer.record(record)
                type_, source = record.subject.type, record.subject.source
                writer.listing(Listing(type_, source, "", ListingStatus.COMPLETE, 1))
                notes.append(SourceNote(source, source, "1", {type_: tuple(sorted(record.data))}))
            writer.close(tuple(notes), SEEN_AT, SEEN_AT)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(p for p in path.rglob("*") if p.is_file()):
                archive.writestr(
                    zipfile.ZipInfo(file.relative_to(path).as_posix(), MOMENT), file.read_bytes()
                )


def main() -> None:
    text = json.dumps(findings(), indent=1, ensure_ascii=False) + "\n"
    (HERE / "prowler.ocsf.json").write_text(text, encoding="utf-8")
    bundle(HERE / "handed-over.zip")


if __name__ == "__main__":
    main()
