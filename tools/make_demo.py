"""Make the files of examples/demo: contracts, questionnaire, and an AWS account recorded from a moto server.

    python tools/make_demo.py            everything (needs LibreOffice for the PDF)
    python tools/make_demo.py answers    only the parts named: contracts, answers, aws

All of it is fictional. The contracts' words stand in tools/demo_texts.py.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo_texts import DPA, MSA, Paragraph

DEMO = Path(__file__).resolve().parents[1] / "examples" / "demo"
RECORDED_AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
MOMENT = (2026, 11, 24, 9, 30, 0)
REGIONS = ("eu-central-1", "us-east-1")

ANSWERS = (
    (
        "AC-1",
        "Is multi-factor authentication enforced for all users with access to client data?",
        "Yes",
        "Enforced since 2024.",
    ),
    ("AC-2", "Are access rights reviewed at least once a year?", "Yes", ""),
    ("CR-1", "Are client data encrypted at rest?", "Yes", "AES-256 everywhere."),
    ("CR-2", "Are data encrypted in transit?", "Yes", ""),
    ("LO-1", "Are administrative actions logged and kept for at least one year?", "Yes", ""),
    ("LO-2", "Are security logs reviewed regularly?", "Partially", "Alerts only, no regular review."),
    ("IR-1", "Is there an incident response plan, and is it tested every year?", "No", "Planned for Q2."),
    ("BC-1", "Are backups made daily and is restoring tested?", "Yes", ""),
    ("PE-1", "Do background checks precede access to client data?", "Yes", ""),
    ("PE-2", "Do all staff receive security training every year?", "Yes", ""),
    ("SP-1", "Do you use sub-processors for client data?", "", ""),
    (
        "VM-1",
        "Is the infrastructure scanned for vulnerabilities at least monthly?",
        "N/A",
        "Managed by our hosting partner.",
    ),
)


def contracts() -> None:
    folder = DEMO / "contracts"
    folder.mkdir(parents=True, exist_ok=True)
    _docx(DPA, folder / "dpa.docx")
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "msa.docx"
        _docx(MSA, source)
        command = [
            "soffice",
            f"-env:UserInstallation=file://{name}/profile",
            "--headless",
            "--convert-to",
            "pdf",
        ]
        subprocess.run([*command, "--outdir", str(folder), str(source)], check=True, capture_output=True)


def _docx(paragraphs: tuple[Paragraph, ...], path: Path) -> None:
    from docx import Document

    document = Document()
    for level, words in paragraphs:
        if level == 2:
            document.add_paragraph(words)
        else:
            document.add_heading(words, level)
    document.core_properties.author = "Example Law LLP"
    document.core_properties.created = document.core_properties.modified = datetime(2026, 1, 12)  # noqa: DTZ001
    document.save(str(path))


def answers() -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Security"
    sheet.append(["No.", "Question", "Answer", "Comment"])
    for row in ANSWERS:
        sheet.append(list(row))
    for column, width in (("A", 8), ("B", 80), ("C", 12), ("D", 40)):
        sheet.column_dimensions[column].width = width
    book.properties.creator = "Harbour Document Review Inc."
    book.save(DEMO / "evidence" / "security-questionnaire.xlsx")


def aws() -> None:
    """Seed a moto server, collect what the demo's catalogs ask of an AWS account, keep the bundle."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGIONS[0],
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        os.environ.update(environment)
        _seed()
        _record()
    finally:
        server.terminate()
        server.wait(10)


def _seed() -> None:
    import boto3

    def client(service: str, region: str = REGIONS[0]) -> Any:
        return boto3.client(service, region_name=region)

    s3 = client("s3")
    for name, encrypted in (
        ("harbour-matters", True),
        ("harbour-exports", False),
        ("harbour-audit-logs", True),
    ):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGIONS[0]})
        if encrypted:
            rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
            s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        s3.put_public_access_block(
            Bucket=name,
            PublicAccessBlockConfiguration=dict.fromkeys(
                ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
            ),
        )
    iam = client("iam")
    iam.update_account_password_policy(
        MinimumPasswordLength=14,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
        MaxPasswordAge=90,
        PasswordReusePrevention=24,
    )
    for user, mfa in (("ana.reyes", True), ("ben.cruz", True), ("night.shift", False)):
        iam.create_user(UserName=user)
        iam.create_login_profile(UserName=user, Password="Demo-Passw0rd!-long")
        if mfa:
            device = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"][
                "SerialNumber"
            ]
            iam.enable_mfa_device(
                UserName=user, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
            )
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="review-hosts", Description="review hosts", VpcId=vpc)[
        "GroupId"
    ]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 3389, "ToPort": 3389, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        ],
    )
    ec2.create_volume(AvailabilityZone=f"{REGIONS[0]}a", Size=50, Encrypted=True)
    rds = client("rds")
    common = {
        "Engine": "postgres",
        "MasterUsername": "review",
        "MasterUserPassword": "Demo-Passw0rd",
        "AllocatedStorage": 20,
    }
    for name, encrypted in (("review-index", False), ("review-billing", True)):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t3.medium",
            StorageEncrypted=encrypted,
            BackupRetentionPeriod=7,
            PubliclyAccessible=False,
            **common,
        )
    us = client("s3", REGIONS[1])
    us.create_bucket(Bucket="harbour-overflow-us")
    trail = client("cloudtrail")
    trail.create_trail(
        Name="all", S3BucketName="harbour-audit-logs", IsMultiRegionTrail=True, EnableLogFileValidation=True
    )
    trail.start_logging(Name="all")


def _record() -> None:
    from lpo_secaudit.audit import run
    from lpo_secaudit.catalog import parse_engagement

    with tempfile.TemporaryDirectory() as name:
        frame = (
            "engagement: recording\nclient: {name: Example Law LLP}\nprovider: {name: Harbour Document Review Inc.}\n"
            "data: {classes: [eu-personal-data, phi, privileged]}\ncatalogs: [gdpr, hipaa, lpo-accountability]\n"
            f"sources: [{{id: account, collector: aws, with: {{regions: [{', '.join(REGIONS)}]}}}}]\n"
        )
        engagement = parse_engagement(frame.encode(), "engagement.yaml", Path(name))
        run(engagement, output=Path(name) / "audit", clock=lambda: RECORDED_AT)
        bundle = Path(name) / "audit" / "bundle"
        with zipfile.ZipFile(DEMO / "evidence" / "aws-recorded.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(p for p in bundle.rglob("*") if p.is_file()):
                entry = zipfile.ZipInfo(path.relative_to(bundle).as_posix(), MOMENT)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())


PARTS = {"contracts": contracts, "answers": answers, "aws": aws}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
