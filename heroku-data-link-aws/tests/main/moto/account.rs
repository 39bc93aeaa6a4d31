//! Accounts, and what tests find in them.

use std::fmt::{Display, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use heroku_data_link::model::{
    AccountId, AwsRegion, EndpointServiceName, PeeringConnectionId, RouteTableId, SecurityGroupId,
    SubnetId, VpcId,
};
use heroku_data_link_aws::{Client, Credentials};

use super::server::Server;

/// An account that no other test knows, seen in one region.
#[derive(Debug, Clone)]
pub(super) struct Account {
    server: Arc<Server>,
    pub(super) id: AccountId,
    pub(super) region: AwsRegion,
}

impl Account {
    /// An account in `us-east-1` of the server that all tests share; `None` skips the test.
    pub(super) fn fresh() -> Option<Self> {
        Some(Self::on(Server::shared()?))
    }

    pub(super) fn on(server: Arc<Server>) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(100_000_000_000);
        let id = LAST.fetch_add(1, Ordering::Relaxed).to_string();
        Self { server, id: id.parse().unwrap(), region: "us-east-1".parse().unwrap() }
    }

    /// Another account, in the same region.
    pub(super) fn another(&self) -> Self {
        Self { region: self.region.clone(), ..Self::on(Arc::clone(&self.server)) }
    }

    pub(super) fn in_region(&self, region: &str) -> Self {
        Self { region: region.parse().unwrap(), ..self.clone() }
    }

    /// The adapter, with credentials of a role of this account.
    pub(super) fn client(&self) -> Client {
        // moto lets everybody be everybody, in roles that do not exist.
        let role = format!("arn:aws:iam::{}:role/tester", self.id);
        let answer = self.call(
            ("sts", "2011-06-15"),
            "AssumeRole",
            &[("RoleArn", &role), ("RoleSessionName", &"tester")],
        );
        self.client_with(Credentials::new(
            text(&answer, "AccessKeyId"),
            text(&answer, "SecretAccessKey"),
            Some(text(&answer, "SessionToken")),
            None,
            "moto",
        ))
    }

    pub(super) fn client_with(&self, credentials: Credentials) -> Client {
        Client::builder(self.region.clone(), credentials).endpoint_url(self.server.url()).build()
    }

    /// A call of EC2 that the adapter has no need of.
    pub(super) fn ec2(&self, action: &str, parameters: &[(&str, &dyn Display)]) -> String {
        self.call(("ec2", "2016-11-15"), action, parameters)
    }

    /// The XML that a call of a service, by name and version, is answered with.
    pub(super) fn call(
        &self,
        (service, version): (&str, &str),
        action: &str,
        parameters: &[(&str, &dyn Display)],
    ) -> String {
        let mut form = format!("Action={action}&Version={version}");
        for (name, value) in parameters {
            write!(form, "&{name}={}", encoded(&value.to_string())).unwrap();
        }
        // Region and service are read from the signature, which is checked only on demand.
        let signature = format!(
            "AWS4-HMAC-SHA256 Credential=AKIATESTER/20250101/{}/{service}/aws4_request, \
             SignedHeaders=host, Signature=0",
            self.region
        );
        let headers = [
            ("Authorization", signature.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("X-Moto-Account-Id", self.id.as_str()),
        ];
        let (status, body) = self.server.request("POST", "/", &headers, &form).unwrap();
        assert_eq!(status, 200, "{service}:{action}: {body}");
        body
    }

    pub(super) fn vpc(&self, block: &str) -> VpcId {
        id(&self.ec2("CreateVpc", &[("CidrBlock", &block)]), "vpcId")
    }

    pub(super) fn subnet(&self, vpc: &VpcId, zone: &str, block: &str) -> SubnetId {
        let parameters: [(&str, &dyn Display); 3] =
            [("VpcId", vpc), ("AvailabilityZoneId", &zone), ("CidrBlock", &block)];
        id(&self.ec2("CreateSubnet", &parameters), "subnetId")
    }

    pub(super) fn security_group(&self, vpc: &VpcId, name: &str) -> SecurityGroupId {
        let parameters: [(&str, &dyn Display); 3] =
            [("VpcId", vpc), ("GroupName", &name), ("GroupDescription", &"of a test")];
        id(&self.ec2("CreateSecurityGroup", &parameters), "groupId")
    }

    /// A route table with the tag `role=name`, for these subnets.
    pub(super) fn route_table(
        &self,
        vpc: &VpcId,
        name: &str,
        subnets: &[&SubnetId],
    ) -> RouteTableId {
        let table = id(&self.ec2("CreateRouteTable", &[("VpcId", vpc)]), "routeTableId");
        self.ec2(
            "CreateTags",
            &[("ResourceId.1", &table), ("Tag.1.Key", &"role"), ("Tag.1.Value", &name)],
        );
        for subnet in subnets {
            self.ec2("AssociateRouteTable", &[("RouteTableId", &table), ("SubnetId", subnet)]);
        }
        table
    }

    /// An endpoint service behind a load balancer in these subnets. Only the account that it
    /// belongs to can see it, other than on AWS, where the provider lets others see it.
    pub(super) fn endpoint_service(&self, subnets: &[&SubnetId]) -> EndpointServiceName {
        let names: Vec<_> =
            (1..).map(|n| format!("Subnets.member.{n}")).take(subnets.len()).collect();
        let mut parameters: Vec<(&str, &dyn Display)> =
            vec![("Name", &"provider"), ("Type", &"network")];
        for (name, subnet) in names.iter().zip(subnets) {
            parameters.push((name, subnet));
        }
        let made =
            self.call(("elasticloadbalancing", "2015-12-01"), "CreateLoadBalancer", &parameters);
        let balancer = text(&made, "LoadBalancerArn");
        let made = self.ec2(
            "CreateVpcEndpointServiceConfiguration",
            &[("NetworkLoadBalancerArn.1", &balancer)],
        );
        id(&made, "serviceName")
    }

    /// Accepts a peering connection, as the account and in the region that was asked.
    pub(super) fn accept(&self, connection: &PeeringConnectionId) {
        self.ec2("AcceptVpcPeeringConnection", &[("VpcPeeringConnectionId", connection)]);
    }

    /// Whether the server checks signatures and permissions from now on, those of all accounts.
    pub(super) fn enforce_permissions(&self, on: bool) {
        // How many requests it lets pass before.
        let unchecked = if on { "0" } else { "inf" };
        let headers = [("Content-Type", "text/plain")];
        let answer = self.server.request("POST", "/moto-api/reset-auth", &headers, unchecked);
        assert_eq!(answer.unwrap().0, 200);
    }
}

/// The text of the first element of that name.
pub(super) fn text(xml: &str, name: &str) -> String {
    let open = format!("<{name}>");
    let inside = xml.split_once(&open).and_then(|(_, rest)| rest.split_once('<'));
    inside.unwrap_or_else(|| panic!("no {open} in {xml}")).0.to_owned()
}

fn id<T>(xml: &str, name: &str) -> T
where
    T: std::str::FromStr<Err = heroku_data_link::model::InvalidValue>,
{
    text(xml, name).parse().unwrap()
}

/// A value of a form.
fn encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            _ => write!(text, "%{byte:02X}").unwrap(),
        }
        text
    })
}
