"""EC2 and its network, Lambda, EKS, EMR, SageMaker, SSM: what computes, and how it is reached."""

from __future__ import annotations

from lpo_secaudit_plugins.aws.table.model import Call, Facet, Type, call

__all__ = ["TYPES"]


def _ec2(name: str, what: str, kind: str, key: str, operation: str, items: str, **facets: Facet) -> Type:
    arn = f"arn:{{partition}}:ec2:{{region}}:{{account}}:{kind}/{{{key}}}"
    listing = Call("ec2", operation, {"MaxResults": 1000})
    return Type(f"aws.ec2.{name}", what, arn, list=listing, items=items, facets=facets)


TYPES = (
    Type(
        "aws.ec2.region",
        "EC2 and EBS settings of a region; one record a region",
        "arn:{partition}:ec2:{region}:{account}:region",
        facets={
            "ebs_encryption_by_default": Facet(
                call("ec2:GetEbsEncryptionByDefault", "EbsEncryptionByDefault"), "true or false"
            ),
            "snapshot_block_public_access": Facet(
                call("ec2:GetSnapshotBlockPublicAccessState", "State"),
                '"block-all-sharing", "block-new-sharing" or "unblocked"',
            ),
            "image_block_public_access": Facet(
                call("ec2:GetImageBlockPublicAccessState", "ImageBlockPublicAccessState"),
                '"block-new-sharing" or "unblocked"',
            ),
            "instance_metadata_defaults": Facet(
                call("ec2:GetInstanceMetadataDefaults", "AccountLevel"), "{HttpTokens ...}"
            ),
        },
    ),
    _ec2(
        "instance",
        "an EC2 instance (MetadataOptions, EnclaveOptions, NetworkInterfaces, State, LaunchTime ...)",
        "instance",
        "InstanceId",
        "DescribeInstances",
        "Reservations[].Instances[]",
        user_data=Facet(
            call(
                "ec2:DescribeInstanceAttribute",
                "UserData.Value",
                InstanceId="{InstanceId}",
                Attribute="userData",
            ),
            "{redacted, length, secrets[{line, kind}]}, or null; never the text itself",
            custom="user_data",
        ),
    ),
    _ec2(
        "security-group",
        "a security group (IpPermissions, IpPermissionsEgress, VpcId, GroupId)",
        "security-group",
        "GroupId",
        "DescribeSecurityGroups",
        "SecurityGroups[]",
        prefix_lists=Facet(
            call("ec2:GetManagedPrefixListEntries", "Entries[]", MaxResults=100),
            "{prefix list id: [CIDR]} for the lists that its ingress rules name",
            when="names_prefix_lists",
            otherwise={},
            needs=("IpPermissions",),
            custom="prefix_lists",
        ),
    ),
    _ec2(
        "network-interface",
        "a network interface (Groups, SubnetId, VpcId, Association, Ipv6Addresses, Attachment)",
        "network-interface",
        "NetworkInterfaceId",
        "DescribeNetworkInterfaces",
        "NetworkInterfaces[]",
    ),
    _ec2("vpc", "a VPC (IsDefault, CidrBlock)", "vpc", "VpcId", "DescribeVpcs", "Vpcs[]"),
    _ec2(
        "subnet",
        "a subnet (VpcId, CidrBlock, MapPublicIpOnLaunch)",
        "subnet",
        "SubnetId",
        "DescribeSubnets",
        "Subnets[]",
    ),
    Type(
        "aws.ec2.route-table",
        "a route table (Routes, Associations with Main and SubnetId, VpcId)",
        "arn:{partition}:ec2:{region}:{account}:route-table/{RouteTableId}",
        list=call("ec2:DescribeRouteTables", MaxResults=100),
        items="RouteTables[]",
    ),
    _ec2(
        "network-acl",
        "a network ACL (Entries, Associations, IsDefault, VpcId)",
        "network-acl",
        "NetworkAclId",
        "DescribeNetworkAcls",
        "NetworkAcls[]",
    ),
    _ec2(
        "internet-gateway",
        "an internet gateway (Attachments)",
        "internet-gateway",
        "InternetGatewayId",
        "DescribeInternetGateways",
        "InternetGateways[]",
    ),
    _ec2(
        "flow-log",
        "a flow log (ResourceId, FlowLogStatus, DeliverLogsStatus, TrafficType)",
        "vpc-flow-log",
        "FlowLogId",
        "DescribeFlowLogs",
        "FlowLogs[]",
    ),
    _ec2(
        "vpc-endpoint",
        "a VPC endpoint; PolicyDocument is parsed",
        "vpc-endpoint",
        "VpcEndpointId",
        "DescribeVpcEndpoints",
        "VpcEndpoints[]",
    ),
    _ec2(
        "vpc-peering-connection",
        "a VPC peering connection",
        "vpc-peering-connection",
        "VpcPeeringConnectionId",
        "DescribeVpcPeeringConnections",
        "VpcPeeringConnections[]",
    ),
    Type(
        "aws.ec2.address",
        "an Elastic IP address",
        "arn:{partition}:ec2:{region}:{account}:elastic-ip/{AllocationId}",
        list=call("ec2:DescribeAddresses"),
        items="Addresses[]",
    ),
    Type(
        "aws.ec2.image",
        "a machine image that the account owns (Public, BlockDeviceMappings)",
        "arn:{partition}:ec2:{region}:{account}:image/{ImageId}",
        list=call("ec2:DescribeImages", Owners=["self"]),
        items="Images[]",
    ),
    Type(
        "aws.autoscaling.group",
        "an Auto Scaling group",
        "{AutoScalingGroupARN}",
        list=call("autoscaling:DescribeAutoScalingGroups", MaxRecords=100),
        items="AutoScalingGroups[]",
    ),
    Type(
        "aws.lambda.function",
        "a Lambda function (Runtime, KMSKeyArn, VpcConfig, Environment with its values redacted)",
        "{FunctionArn}",
        list=call("lambda:ListFunctions", MaxItems=50),
        items="Functions[]",
        redact=("Environment.Variables",),
        facets={
            "policy": Facet(
                call(
                    "lambda:GetPolicy",
                    "Policy",
                    none_on=("ResourceNotFoundException",),
                    FunctionName="{FunctionArn}",
                ),
                "policy document of the unqualified function, or null",
                json=True,
            ),
            "urls": Facet(
                call(
                    "lambda:ListFunctionUrlConfigs",
                    "FunctionUrlConfigs[]",
                    none_on=("ResourceNotFoundException",),
                    none_value=[],
                    FunctionName="{FunctionName}",
                ),
                "[{FunctionUrl, FunctionArn, AuthType}], of the function and of its aliases",
                custom="function_urls",
            ),
        },
    ),
    Type(
        "aws.eks.cluster",
        "an EKS cluster; members of Cluster (encryptionConfig, resourcesVpcConfig, logging, version)",
        "arn:{partition}:eks:{region}:{account}:cluster/{name}",
        list=call("eks:ListClusters", maxResults=100),
        items="clusters[]",
        name_as="name",
        summary=("name",),
        detail=call("eks:DescribeCluster", "cluster", name="{name}"),
    ),
    Type(
        "aws.emr.cluster",
        "an EMR cluster that is not terminated; members of Cluster (MasterPublicDnsName ...)",
        "{ClusterArn}",
        list=call(
            "emr:ListClusters",
            ClusterStates=["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"],
        ),
        items="Clusters[]",
        summary=("Id", "Name", "Status", "ClusterArn"),
        detail=call("emr:DescribeCluster", "Cluster", ClusterId="{Id}"),
        redact=(
            "KerberosAttributes.KdcAdminPassword",
            "KerberosAttributes.CrossRealmTrustPrincipalPassword",
            "KerberosAttributes.ADDomainJoinPassword",
        ),
    ),
    Type(
        "aws.emr.region",
        "EMR settings of a region; one record a region",
        "arn:{partition}:elasticmapreduce:{region}:{account}:region",
        facets={
            "block_public_access": Facet(
                call("emr:GetBlockPublicAccessConfiguration", "BlockPublicAccessConfiguration"),
                "{BlockPublicSecurityGroupRules, PermittedPublicSecurityGroupRuleRanges}",
            ),
        },
    ),
    Type(
        "aws.sagemaker.notebook-instance",
        "a SageMaker notebook; members of its description (KmsKeyId, DirectInternetAccess, RootAccess)",
        "{NotebookInstanceArn}",
        list=call("sagemaker:ListNotebookInstances", MaxResults=100),
        items="NotebookInstances[]",
        summary=("NotebookInstanceName", "NotebookInstanceArn", "NotebookInstanceStatus"),
        detail=call("sagemaker:DescribeNotebookInstance", NotebookInstanceName="{NotebookInstanceName}"),
    ),
    Type(
        "aws.ssm.instance",
        "a node that Systems Manager knows (InstanceId, PingStatus)",
        "arn:{partition}:ssm:{region}:{account}:managed-instance/{InstanceId}",
        list=call("ssm:DescribeInstanceInformation", MaxResults=50),
        items="InstanceInformationList[]",
    ),
    Type(
        "aws.ssm.compliance",
        "the compliance of one node for one type (ComplianceType, ResourceId, ResourceType, Status)",
        "arn:{partition}:ssm:{region}:{account}:compliance/{ResourceId}/{ComplianceType}",
        list=call("ssm:ListResourceComplianceSummaries", MaxResults=50),
        items="ResourceComplianceSummaryItems[]",
    ),
    Type(
        "aws.ssm.document",
        "an SSM document of the account",
        "arn:{partition}:ssm:{region}:{account}:document/{Name}",
        list=call("ssm:ListDocuments", Filters=[{"Key": "Owner", "Values": ["Self"]}], MaxResults=50),
        items="DocumentIdentifiers[]",
        facets={
            "shared_with": Facet(
                call("ssm:DescribeDocumentPermission", "AccountIds", Name="{Name}", PermissionType="Share"),
                '[account id or "all"]',
            ),
        },
    ),
)
