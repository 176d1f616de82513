"""Load balancers, APIs, distributions, firewalls: where the world comes in."""

from __future__ import annotations

from lpo_secaudit_plugins.aws.table.model import Facet, Scope, Type, call

__all__ = ["TYPES"]

TYPES = (
    Type(
        "aws.elb.load-balancer",
        "a classic load balancer (ListenerDescriptions, Scheme, Policies)",
        "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{LoadBalancerName}",
        list=call("elb:DescribeLoadBalancers", PageSize=400),
        items="LoadBalancerDescriptions[]",
        facets={
            "attributes": Facet(
                call(
                    "elb:DescribeLoadBalancerAttributes",
                    "LoadBalancerAttributes",
                    LoadBalancerName="{LoadBalancerName}",
                ),
                "{AccessLog{Enabled, S3BucketName}, ConnectionDraining, CrossZoneLoadBalancing}",
            ),
            "policies": Facet(
                call(
                    "elb:DescribeLoadBalancerPolicies",
                    "PolicyDescriptions",
                    LoadBalancerName="{LoadBalancerName}",
                ),
                "[{PolicyName, PolicyTypeName, PolicyAttributeDescriptions}]: TLS settings",
            ),
        },
    ),
    Type(
        "aws.elbv2.load-balancer",
        "an application, network or gateway load balancer (Type, Scheme, SecurityGroups)",
        "{LoadBalancerArn}",
        list=call("elbv2:DescribeLoadBalancers", PageSize=400),
        items="LoadBalancers[]",
        facets={
            "attributes": Facet(
                call(
                    "elbv2:DescribeLoadBalancerAttributes",
                    "Attributes",
                    LoadBalancerArn="{LoadBalancerArn}",
                ),
                '{"deletion_protection.enabled": "true", "access_logs.s3.enabled": ...}; values are text',
                pairs=True,
            ),
            "listeners": Facet(
                call(
                    "elbv2:DescribeListeners",
                    "Listeners[]",
                    LoadBalancerArn="{LoadBalancerArn}",
                    PageSize=400,
                ),
                "[{ListenerArn, Port, Protocol, SslPolicy, Certificates, DefaultActions}]",
                redact=("DefaultActions.AuthenticateOidcConfig.ClientSecret",),
            ),
        },
    ),
    Type(
        "aws.cloudfront.distribution",
        "a distribution (DefaultCacheBehavior, CacheBehaviors, ViewerCertificate, Origins, WebACLId)",
        "{ARN}",
        scope=Scope.ACCOUNT,
        list=call("cloudfront:ListDistributions", MaxItems="100"),
        items="DistributionList.Items[]",
        facets={
            "config": Facet(
                call("cloudfront:GetDistributionConfig", "DistributionConfig", Id="{Id}"),
                "the whole configuration, with Logging; values of origins' custom headers redacted",
                redact=("Origins.Items.CustomHeaders.Items.HeaderValue",),
            ),
        },
        redact=("Origins.Items.CustomHeaders.Items.HeaderValue",),
    ),
    Type(
        "aws.apigateway.rest-api",
        "a REST API (endpointConfiguration, disableExecuteApiEndpoint, policy parsed)",
        "arn:{partition}:apigateway:{region}::/restapis/{id}",
        list=call("apigateway:GetRestApis", limit=500),
        items="items[]",
        json=("policy",),
    ),
    Type(
        "aws.apigateway.stage",
        "a stage of a REST API (stageName, methodSettings, accessLogSettings, tracingEnabled, webAclArn); "
        "`restApiId` names the API; stage variables redacted",
        "arn:{partition}:apigateway:{region}::/restapis/{restApiId}/stages/{stageName}",
        list=call("apigateway:GetStages", restApiId="{id}"),
        items="item[]",
        parent="aws.apigateway.rest-api",
        extra={"restApiId": "the API's id", "restApiName": "the API's name"},
        redact=("variables", "canarySettings.stageVariableOverrides"),
    ),
    Type(
        "aws.apigatewayv2.api",
        "an HTTP or WebSocket API",
        "arn:{partition}:apigateway:{region}::/apis/{ApiId}",
        list=call("apigatewayv2:GetApis", MaxResults="500"),
        items="Items[]",
        facets={
            "stages": Facet(
                call("apigatewayv2:GetStages", "Items[]", ApiId="{ApiId}"),
                "[{StageName, AccessLogSettings, DefaultRouteSettings}]; stage variables redacted",
                redact=("StageVariables",),
            ),
            "routes": Facet(
                call("apigatewayv2:GetRoutes", "Items[]", ApiId="{ApiId}"), "[{RouteKey, AuthorizationType}]"
            ),
        },
    ),
    Type(
        "aws.wafv2.web-acl",
        "a regional web ACL",
        "{ARN}",
        list=call("wafv2:ListWebACLs", Scope="REGIONAL", Limit=100),
        items="WebACLs[]",
    ),
)
