"""Instances, networks, functions, load balancers, APIs."""

from __future__ import annotations

from .case import EVERYONE, OWN, SUBNET, allow, group, place, row, table, whole
from .harness import ACCOUNT, OTHER, ago, record

ENCLAVE = {"EnclaveOptions": {"Enabled": True}, "State": {"Name": "running"}}
row(
    "ec2-confidential-workload-host-imdsv2-not-enforced",
    {**ENCLAVE, "MetadataOptions": {"HttpTokens": "required"}},
    {**ENCLAVE, "MetadataOptions": {"HttpTokens": "optional"}},
)


HOST = record("aws.ec2.instance", {**ENCLAVE, "SubnetId": "subnet-1", "NetworkInterfaces": []})
whole(
    "ec2-confidential-workload-host-public-ip", [HOST, SUBNET, table("local")], [HOST, SUBNET, table("igw-1")]
)


GUARDED = record("aws.ec2.instance", {**ENCLAVE, "SecurityGroups": [{"GroupId": "sg-1"}]})
whole("ec2-confidential-workload-host-unrestricted-ingress", [GUARDED, group(443)], [GUARDED, group(444)])
whole("ec2-confidential-workload-host-vsock-proxy-exposed", [GUARDED, group(4999)], [GUARDED, group(8080)])
whole(
    "ec2-securitygroup-allow-ingress-from-internet-to-tcp-port-22",
    [group(22, "198.51.100.0/24")],
    [group(22)],
)
whole(
    "ec2-securitygroup-allow-ingress-from-internet-to-remote-desktop-or-database", [group(443)], [group(3389)]
)
row("ec2-ebs-default-encryption", {"ebs_encryption_by_default": True}, {"ebs_encryption_by_default": False})
row("ec2-ebs-public-snapshot", {"public": False}, {"public": True})
row(
    "ec2-ebs-snapshot-shared",
    {"create_volume_permissions": []},
    {"create_volume_permissions": [{"UserId": OTHER}]},
)
row("ec2-ami-not-public", {"Public": False}, {"Public": True})
row("ec2-ebs-volume-encryption", {"Encrypted": True}, {"Encrypted": False})
RUNNING = {"State": {"Name": "running"}, "InstanceId": "i-1"}
NODE = record(
    "aws.ssm.instance", {"InstanceId": "i-1", "PingStatus": "Online"}, place("ssm", "managed-instance/i-1")
)
whole(
    "ec2-instance-managed-by-ssm",
    [record("aws.ec2.instance", RUNNING), NODE],
    [record("aws.ec2.instance", RUNNING)],
)
row(
    "ec2-instance-older-than-specific-days",
    {**RUNNING, "LaunchTime": ago(180)},
    {**RUNNING, "LaunchTime": ago(181)},
)
row(
    "ec2-instance-public-ip",
    {**RUNNING, "NetworkInterfaces": []},
    {**RUNNING, "NetworkInterfaces": [{"Ipv6Addresses": [{"Ipv6Address": "2a05::1"}]}]},
)
OPEN = {
    "RuleAction": "allow",
    "Egress": False,
    "CidrBlock": "0.0.0.0/0",
    "PortRange": {"From": 0, "To": 65535},
}
row(
    "ec2-networkacl-allow-ingress-any-port",
    {"Entries": [{**OPEN, "RuleNumber": 1, "Protocol": "6"}]},
    {"Entries": [{**OPEN, "RuleNumber": 1, "Protocol": "6"}, {**OPEN, "RuleNumber": 2, "Protocol": "17"}]},
)
VPC, CARD = record("aws.ec2.vpc", {"VpcId": "vpc-1"}), record("aws.ec2.network-interface", {"VpcId": "vpc-1"})
FLOW = {"ResourceId": "vpc-1", "FlowLogStatus": "ACTIVE", "TrafficType": "ALL"}
whole(
    "vpc-flow-logs-enabled",
    [VPC, CARD, record("aws.ec2.flow-log", FLOW)],
    [VPC, CARD, record("aws.ec2.flow-log", {**FLOW, "TrafficType": "ACCEPT"})],
)
row("vpc-flow-logs-delivered", {"DeliverLogsStatus": "SUCCESS"}, {"DeliverLogsStatus": "FAILED"})
row("ssm-document-not-public", {"shared_with": [OTHER]}, {"shared_with": ["all"]})
MANAGED_NODE = record("aws.ssm.instance", {"InstanceId": "i-1"})
PATCH = {"ComplianceType": "Patch", "ResourceId": "i-1"}
EC2_REGION = record("aws.ec2.region", {}, place("ec2", "region"))
whole(
    "ssm-managed-compliant-patching",
    [
        EC2_REGION,
        MANAGED_NODE,
        record("aws.ssm.compliance", {**PATCH, "Status": "COMPLIANT"}, place("ssm", "compliance/i-1/Patch")),
    ],
    [EC2_REGION, MANAGED_NODE],
)
row(
    "emr-cluster-master-nodes-no-public-ip",
    {"MasterPublicDnsName": "ip-10-0-0-1.eu-west-1.compute.internal"},
    {"MasterPublicDnsName": "ec2-54-1-2-3.eu-west-1.compute.amazonaws.com"},
)
row(
    "eks-cluster-kms-cmk-encryption-in-secrets-enabled",
    {"encryptionConfig": [{"resources": ["secrets"], "provider": {"keyArn": "k"}}]},
    {"encryptionConfig": []},
)
row("sagemaker-notebook-instance-encryption-enabled", {"KmsKeyId": "k"}, {"KmsKeyId": None})
row(
    "sagemaker-notebook-instance-without-direct-internet-access-configured",
    {"DirectInternetAccess": "Disabled"},
    {"DirectInternetAccess": "Enabled"},
)

row(
    "awslambda-function-not-publicly-accessible",
    {"policy": allow("lambda:InvokeFunction", **OWN)},
    {"policy": allow("lambda:Invoke*", **EVERYONE)},
)
row(
    "awslambda-function-url-public",
    {"urls": [{"AuthType": "AWS_IAM"}]},
    {"urls": [{"AuthType": "NONE", "FunctionUrl": "https://x"}]},
)
DEPUTY = {"Principal": {"Service": "s3.amazonaws.com"}}
row(
    "lambda-confused-deputy",
    {
        "policy": allow(
            "lambda:InvokeFunction", **DEPUTY, Condition={"StringEquals": {"AWS:SourceAccount": ACCOUNT}}
        )
    },
    {"policy": allow("lambda:InvokeFunction", **DEPUTY)},
)

row(
    "elb-logging-enabled",
    {"attributes": {"AccessLog": {"Enabled": True}}},
    {"attributes": {"AccessLog": {"Enabled": False}}},
)
row(
    "elb-ssl-listeners",
    {"ListenerDescriptions": [{"Listener": {"Protocol": "HTTPS"}}]},
    {"ListenerDescriptions": [{"Listener": {"Protocol": "HTTPS"}}, {"Listener": {"Protocol": "TCP"}}]},
)
row(
    "elbv2-logging-enabled",
    {"Type": "network", "attributes": {"access_logs.s3.enabled": "true"}},
    {"Type": "network", "attributes": {"access_logs.s3.enabled": "false"}},
)
row("elbv2-deletion-protection", {"attributes": {"deletion_protection.enabled": "true"}}, {"attributes": {}})
SECURE = {"Protocol": "HTTPS", "Port": 443, "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}
row(
    "elbv2-listeners-tls",
    {"Type": "application", "listeners": [SECURE]},
    {"Type": "application", "listeners": [SECURE, {"Protocol": "HTTP", "Port": 80}]},
)
PATHS = {"Items": [{"PathPattern": "/portal/*", "ViewerProtocolPolicy": "allow-all"}]}
row(
    "cloudfront-distributions-https-enabled",
    {"DefaultCacheBehavior": {"ViewerProtocolPolicy": "https-only"}, "CacheBehaviors": {"Items": []}},
    {"DefaultCacheBehavior": {"ViewerProtocolPolicy": "https-only"}, "CacheBehaviors": PATHS},
)
row(
    "cloudfront-distributions-tls-version",
    {"ViewerCertificate": {"MinimumProtocolVersion": "TLSv1.2_2021"}},
    {"ViewerCertificate": {"MinimumProtocolVersion": "TLSv1"}},
)
row(
    "apigateway-restapi-logging-enabled",
    {"methodSettings": {"*/*": {"loggingLevel": "INFO"}}},
    {"methodSettings": {"a/GET": {"loggingLevel": "INFO"}}},
)
row(
    "apigateway-restapi-policy-not-public",
    {"policy": allow("execute-api:Invoke", **OWN)},
    {"policy": allow("execute-api:Invoke", **EVERYONE)},
)
row(
    "apigatewayv2-routes-authorized",
    {"routes": [{"AuthorizationType": "JWT"}]},
    {"routes": [{"AuthorizationType": "NONE"}]},
)
