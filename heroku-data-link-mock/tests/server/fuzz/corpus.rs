//! Requests that the clouds take, of each kind that official clients send.

use heroku_data_link_mock::TOKEN;

use crate::support::signed;

/// To whom a request goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Face {
    Heroku,
    /// EC2, with its action.
    Ec2(&'static str),
    Sts,
    /// KMS, with its action.
    Kms(&'static str),
    Control,
}

/// A request of `World::of_all_procedures`.
pub(super) struct Sample {
    pub(super) face: Face,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) body: &'static str,
}

const fn heroku(method: &'static str, path: &'static str, body: &'static str) -> Sample {
    Sample { face: Face::Heroku, method, path, body }
}

const fn ec2(action: &'static str, body: &'static str) -> Sample {
    Sample { face: Face::Ec2(action), method: "POST", path: "/", body }
}

const fn kms(action: &'static str, body: &'static str) -> Sample {
    Sample { face: Face::Kms(action), method: "POST", path: "/", body }
}

const fn control(method: &'static str, path: &'static str, body: &'static str) -> Sample {
    Sample { face: Face::Control, method, path, body }
}

impl Face {
    pub(super) fn headers(self) -> Vec<(String, String)> {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers = vec![header("host", "localhost"), header("connection", "close")];
        match self {
            Self::Heroku => headers.extend([
                header("authorization", &format!("Bearer {TOKEN}")),
                header("accept", "application/vnd.heroku+json; version=3"),
                header("content-type", "application/json"),
                header("range", "id ..; max=2"),
            ]),
            Self::Ec2(_) | Self::Sts => {
                let service = if matches!(self, Self::Sts) { "sts" } else { "ec2" };
                headers.extend([
                    header("authorization", &signed(service, "123456789101", "us-east-1")),
                    header("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
                ]);
            }
            Self::Kms(action) => headers.extend([
                header("authorization", &signed("kms", "123456789101", "us-east-1")),
                header("content-type", "application/x-amz-json-1.1"),
                header("x-amz-target", &format!("TrentService.{action}")),
            ]),
            Self::Control => {}
        }
        headers
    }
}

impl Sample {
    pub(super) fn body(&self) -> String {
        match self.face {
            Face::Ec2(action) => format!("Action={action}&Version=2016-11-15&{}", self.body),
            Face::Sts => format!("Version=2011-06-15&{}", self.body),
            Face::Heroku | Face::Kms(_) | Face::Control => self.body.to_owned(),
        }
    }
}

/// The path of the sample after which calls may fail by themselves.
pub(super) const FAULTS: &str = "/__world/faults";

pub(super) const SAMPLES: &[Sample] = &[
    control("GET", "/__world", ""),
    control("POST", "/__world/advance", r#"{"seconds":600}"#),
    control("POST", "/__world/speed", r#"{"speed":600}"#),
    control("GET", "/__world/journal", ""),
    control("GET", "/__world/requests", ""),
    control("GET", "/__world/state", ""),
    control(
        "POST",
        FAULTS,
        r#"{"on":"ec2:DescribeVpcs","error":"rate-limited","when":"after","nth":2,"times":3,
            "retry-after-seconds":5,"message":"slow down"}"#,
    ),
    control("DELETE", FAULTS, ""),
    control("POST", "/__world/read-lag", r#"{"seconds":30}"#),
    control("POST", "/__world/forbid", r#"{"action":"ec2:CreateTags"}"#),
    control("POST", "/__world/reset", ""),
    heroku("GET", "/account", ""),
    heroku("GET", "/account/rate-limits", ""),
    heroku("GET", "/apps", ""),
    heroku("GET", "/apps/your-app-name", ""),
    heroku("GET", "/apps/your-app-name/collaborators", ""),
    heroku("GET", "/apps/your-app-name/dynos", ""),
    heroku("GET", "/apps/your-app-name/releases", ""),
    heroku("GET", "/apps/your-app-name/config-vars", ""),
    heroku("PATCH", "/apps/your-app-name/config-vars", r#"{"A":"1","B":null}"#),
    heroku("GET", "/apps/your-app-name/addons", ""),
    heroku(
        "POST",
        "/apps/your-app-name/addons",
        r#"{"attachment":{"name":"NEW"},"config":{"version":"7"},"name":"redis-new",
            "plan":{"name":"heroku-redis:private-7"}}"#,
    ),
    heroku("GET", "/apps/your-app-name/addons/redis-old-12345", ""),
    heroku("DELETE", "/apps/your-app-name/addons/redis-old-12345", r#"{"force":false}"#),
    heroku("GET", "/apps/your-app-name/addon-attachments", ""),
    heroku("GET", "/apps/your-app-name/addon-attachments/REDIS", ""),
    heroku("GET", "/addons", ""),
    heroku("GET", "/addons/redis-old-12345", ""),
    heroku("GET", "/addons/redis-old-12345/addon-attachments", ""),
    heroku("GET", "/addon-attachments", ""),
    heroku(
        "POST",
        "/addon-attachments",
        r#"{"addon":{"name":"redis-old-12345"},"app":{"name":"your-app-name"},"name":"OLD",
            "confirm":"your-app-name"}"#,
    ),
    heroku("POST", "/actions/addons/resolve", r#"{"addon":"redis-old-12345","app":null}"#),
    heroku(
        "POST",
        "/actions/addon-attachments/resolve",
        r#"{"addon_attachment":"REDIS","app":"your-app-name"}"#,
    ),
    heroku("GET", "/addon-services/heroku-redis/plans", ""),
    heroku("GET", "/plans/heroku-redis:private-7", ""),
    heroku("GET", "/regions/virginia", ""),
    heroku("GET", "/spaces", ""),
    heroku("GET", "/spaces/procedures", ""),
    heroku("GET", "/spaces/procedures/nat", ""),
    heroku("GET", "/spaces/enablement-jp/peering-info", ""),
    heroku("GET", "/spaces/enablement-jp/peerings", ""),
    heroku(
        "POST",
        "/private-link/v0/databases/redis-kvs-12345",
        r#"{"allowed_accounts":["123456789101","arn:aws:iam::123456789101:user/abc"]}"#,
    ),
    heroku("GET", "/redis/v0/databases/redis-kvs-12345", ""),
    heroku("GET", "/redis/v0/databases/redis-kvs-12345/wait", ""),
    heroku("GET", "/client/v11/databases/postgresql-cubed-12345", ""),
    heroku("GET", "/client/v11/databases/postgresql-cubed-12345/wait_status", ""),
    heroku("GET", "/data/kafka/v0/clusters/kafka-sushi-12345", ""),
    ec2("DescribeRegions", "RegionName.1=eu-west-1"),
    ec2("DescribeAvailabilityZones", "Filter.1.Name=zone-type&Filter.1.Value.1=availability-zone"),
    ec2("DescribeVpcs", "VpcId.1=vpc-0a1b2c3d4e5f60718"),
    ec2("DescribeVpcs", "MaxResults=5&Filter.1.Name=cidr&Filter.1.Value.1=10.*"),
    ec2("DescribeVpcAttribute", "VpcId=vpc-0a1b2c3d4e5f60718&Attribute=enableDnsSupport"),
    ec2("DescribeSubnets", "SubnetId.1=subnet-00000000000000001"),
    ec2(
        "DescribeSubnets",
        "Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-0a1b2c3d4e5f60718&Filter.2.Name=cidr-block\
         &Filter.2.Value.1=10.20.%3F.0%2F24&Filter.2.Value.2=*",
    ),
    ec2("DescribeSecurityGroups", "Filter.1.Name=group-name&Filter.1.Value.1=*a*"),
    ec2(
        "CreateSecurityGroup",
        "GroupName=g&GroupDescription=d&VpcId=vpc-0a1b2c3d4e5f60718\
         &TagSpecification.1.ResourceType=security-group&TagSpecification.1.Tag.1.Key=k\
         &TagSpecification.1.Tag.1.Value=v",
    ),
    ec2("DescribeSecurityGroupRules", "Filter.1.Name=group-id&Filter.1.Value.1=sg-1"),
    ec2("DescribeVpcEndpointServices", "Filter.1.Name=owner&Filter.1.Value.1=amazon"),
    ec2("DescribeVpcEndpoints", "Filter.1.Name=vpc-endpoint-state&Filter.1.Value.1=available"),
    ec2("DeleteVpcEndpoints", "VpcEndpointId.1=vpce-0123456789abcdef0"),
    ec2("DescribeNetworkInterfaces", "Filter.1.Name=group-id&Filter.1.Value.1=sg-1"),
    ec2("DescribeNetworkAcls", "Filter.1.Name=default&Filter.1.Value.1=true"),
    ec2("DescribeTags", "Filter.1.Name=key&Filter.1.Value.1=k*"),
    ec2("DescribeVpcPeeringConnections", "Filter.1.Name=status-code&Filter.1.Value.1=active"),
    ec2(
        "CreateVpcPeeringConnection",
        "VpcId=vpc-0a1b2c3d4e5f60718&PeerVpcId=vpc-b39527d4&PeerOwnerId=111122223333\
         &PeerRegion=ap-northeast-1",
    ),
    ec2("DescribeRouteTables", "Filter.1.Name=association.main&Filter.1.Value.1=true"),
    Sample { face: Face::Sts, method: "POST", path: "/", body: "Action=GetCallerIdentity" },
    kms("CreateKey", r#"{"Description":"d","Tags":[{"TagKey":"a","TagValue":"b"}]}"#),
    kms("ListKeys", r#"{"Limit":2}"#),
    kms("ListAliases", "{}"),
];

/// Requests about what is not there, each refused for that alone.
pub(super) const REFUSED: &[Sample] = &[
    ec2("DeleteSecurityGroup", "GroupId=sg-0123456789abcdef0"),
    ec2(
        "AuthorizeSecurityGroupIngress",
        "GroupId=sg-0123456789abcdef0&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=6379\
         &IpPermissions.1.ToPort=6379&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0%2F8",
    ),
    ec2(
        "RevokeSecurityGroupIngress",
        "GroupId=sg-0123456789abcdef0&SecurityGroupRuleId.1=sgr-0123456789abcdef0",
    ),
    ec2(
        "AuthorizeSecurityGroupEgress",
        "GroupId=sg-0123456789abcdef0&IpPermissions.1.IpProtocol=-1\
         &IpPermissions.1.PrefixListIds.1.PrefixListId=pl-63a5400a",
    ),
    ec2(
        "RevokeSecurityGroupEgress",
        "GroupId=sg-0123456789abcdef0&SecurityGroupRuleId.1=sgr-0123456789abcdef0",
    ),
    ec2("DescribeVpcEndpointServices", "ServiceName.1=com.amazonaws.vpce.us-east-1.vpce-svc-0"),
    ec2(
        "CreateVpcEndpoint",
        "VpcEndpointType=Interface&VpcId=vpc-0a1b2c3d4e5f60718&PrivateDnsEnabled=false\
         &ServiceName=com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0&ClientToken=t\
         &SubnetId.1=subnet-00000000000000001&SecurityGroupId.1=sg-0123456789abcdef0\
         &IpAddressType=ipv4&DnsOptions.DnsRecordIpType=ipv4",
    ),
    ec2(
        "ModifyVpcEndpoint",
        "VpcEndpointId=vpce-0123456789abcdef0&AddSubnetId.1=subnet-00000000000000001",
    ),
    ec2("CreateTags", "ResourceId.1=sg-0123456789abcdef0&Tag.1.Key=k&Tag.1.Value=v"),
    ec2("DeleteTags", "ResourceId.1=sg-0123456789abcdef0&Tag.1.Key=k"),
    ec2("AcceptVpcPeeringConnection", "VpcPeeringConnectionId=pcx-0123456789abcdef0"),
    ec2("RejectVpcPeeringConnection", "VpcPeeringConnectionId=pcx-0123456789abcdef0"),
    ec2("DeleteVpcPeeringConnection", "VpcPeeringConnectionId=pcx-0123456789abcdef0"),
    ec2(
        "ModifyVpcPeeringConnectionOptions",
        "VpcPeeringConnectionId=pcx-0123456789abcdef0\
         &RequesterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc=true",
    ),
    ec2(
        "CreateRoute",
        "RouteTableId=rtb-0123456789abcdef0&DestinationCidrBlock=10.1.128.0%2F20\
         &VpcPeeringConnectionId=pcx-0123456789abcdef0",
    ),
    ec2(
        "ReplaceRoute",
        "RouteTableId=rtb-0123456789abcdef0&DestinationCidrBlock=10.1.128.0%2F20\
         &VpcPeeringConnectionId=pcx-0123456789abcdef0",
    ),
    ec2("DeleteRoute", "RouteTableId=rtb-0123456789abcdef0&DestinationCidrBlock=10.1.128.0%2F20"),
    kms("DescribeKey", r#"{"KeyId":"alias/heroku"}"#),
    kms("EnableKey", r#"{"KeyId":"1234abcd-12ab-34cd-56ef-1234567890ab"}"#),
    kms("DisableKey", r#"{"KeyId":"arn:aws:kms:us-east-1:123456789101:key/1234abcd"}"#),
    kms("ScheduleKeyDeletion", r#"{"KeyId":"1234abcd","PendingWindowInDays":7}"#),
    kms("CancelKeyDeletion", r#"{"KeyId":"1234abcd"}"#),
    kms("GetKeyPolicy", r#"{"KeyId":"1234abcd","PolicyName":"default"}"#),
    kms(
        "PutKeyPolicy",
        r#"{"KeyId":"1234abcd","PolicyName":"default",
            "Policy":"{\"Version\":\"2012-10-17\",\"Statement\":[]}"}"#,
    ),
    kms("ListKeyPolicies", r#"{"KeyId":"1234abcd"}"#),
    kms("CreateAlias", r#"{"AliasName":"alias/heroku","TargetKeyId":"1234abcd"}"#),
    kms("UpdateAlias", r#"{"AliasName":"alias/heroku","TargetKeyId":"1234abcd"}"#),
    kms("DeleteAlias", r#"{"AliasName":"alias/heroku"}"#),
    kms("ListResourceTags", r#"{"KeyId":"1234abcd","Limit":2,"Marker":"61"}"#),
    kms("TagResource", r#"{"KeyId":"1234abcd","Tags":[{"TagKey":"a","TagValue":"b"}]}"#),
    kms("UntagResource", r#"{"KeyId":"1234abcd","TagKeys":["a"]}"#),
    kms("GetKeyRotationStatus", r#"{"KeyId":"1234abcd"}"#),
    kms("EnableKeyRotation", r#"{"KeyId":"1234abcd","RotationPeriodInDays":90}"#),
    kms("DisableKeyRotation", r#"{"KeyId":"1234abcd"}"#),
    heroku("GET", "/private-link/v0/databases/redis-kvs-12345", ""),
    heroku("DELETE", "/private-link/v0/databases/redis-kvs-12345", ""),
    heroku(
        "PUT",
        "/private-link/v0/databases/redis-kvs-12345/allowed_accounts",
        r#"{"allowed_accounts":["123456789101:role/x"]}"#,
    ),
    heroku("POST", "/spaces/enablement-jp/peerings", r#"{"pcx_id":"pcx-0123456789abcdef0"}"#),
    heroku("DELETE", "/spaces/enablement-jp/peerings/pcx-0123456789abcdef0", ""),
    heroku("PUT", "/client/v11/databases/postgresql-cubed-12345/unfollow", ""),
];

/// Any of all these.
pub(super) fn sample(index: usize) -> &'static Sample {
    SAMPLES.get(index).unwrap_or_else(|| &REFUSED[index - SAMPLES.len()])
}

/// How many there are.
pub(super) const COUNT: usize = SAMPLES.len() + REFUSED.len();
