//! The mutating calls to EC2.

use std::collections::BTreeSet;
use std::hash::Hasher;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128, SipHasher13};

use super::{Returned, Sent, known, shorthand, variable};
use crate::model::{
    AccountId, AwsRegion, Cidr, EndpointServiceName, LinkId, PeeringConnectionId, RouteTableId,
    SecurityGroupId, SubnetId, VpcEndpointId, VpcId,
};
use crate::provider::{
    AwsCloud, Command, EndpointChange, IngressRule, IngressSource, NewEndpoint,
    NewPeeringConnection, NewRoute, NewSecurityGroup, Protocol, ProviderResult, Tags, Word,
    operation as op,
};

/// A mutating call to EC2.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ec2Call {
    /// Make a security group.
    CreateSecurityGroup(NewSecurityGroup),
    /// Add an inbound rule to a security group.
    AuthorizeIngress {
        /// The group; `None` until it was made.
        group: Option<SecurityGroupId>,
        /// The rule.
        rule: IngressRule,
    },
    /// Remove an inbound rule from a security group.
    RevokeIngress {
        /// The group.
        group: SecurityGroupId,
        /// The rule.
        rule: IngressRule,
    },
    /// Delete a security group.
    DeleteSecurityGroup {
        /// The group.
        group: SecurityGroupId,
    },
    /// Make an interface endpoint.
    CreateEndpoint(EndpointRequest),
    /// Change an endpoint's subnets or security groups.
    ModifyEndpoint {
        /// The endpoint.
        endpoint: VpcEndpointId,
        /// What changes.
        change: EndpointChange,
        /// Whether it gets the link's own security group as well, which must be made before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        new_group: bool,
    },
    /// Delete an endpoint.
    DeleteEndpoint {
        /// The endpoint.
        endpoint: VpcEndpointId,
    },
    /// Ask for a peering connection.
    CreatePeering(PeeringRequest),
    /// Delete a peering connection.
    DeletePeering {
        /// The connection.
        peering: PeeringConnectionId,
    },
    /// Make a route.
    CreateRoute(RouteRequest),
    /// Delete a route.
    DeleteRoute {
        /// The table.
        table: RouteTableId,
        /// The route's block.
        destination: Cidr,
    },
    /// Add tags, replacing those of the same key.
    Tag {
        /// What gets them.
        resource: Ec2Resource,
        /// The tags.
        tags: Tags,
    },
}

/// A resource that can be tagged.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ec2Resource {
    /// A VPC endpoint.
    Endpoint(VpcEndpointId),
    /// A security group.
    SecurityGroup(SecurityGroupId),
    /// A peering connection.
    Peering(PeeringConnectionId),
}

/// An interface endpoint to be made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct EndpointRequest {
    /// The link that it is for: a part of the token.
    pub link: LinkId,
    /// The VPC.
    pub vpc: VpcId,
    /// The endpoint service; `None` until Heroku has told its name.
    pub service: Option<EndpointServiceName>,
    /// One for each zone; empty until the zones of the service are known.
    pub subnets: BTreeSet<SubnetId>,
    /// At least one security group; empty until the link's own was made.
    pub groups: BTreeSet<SecurityGroupId>,
    /// Set in the same call.
    pub tags: Tags,
    /// Endpoints of this link that are deleted and still described: a part of the token.
    pub tombstones: BTreeSet<VpcEndpointId>,
}

/// A request for a peering connection. What Heroku has not told yet is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PeeringRequest {
    /// The VPC that asks.
    pub vpc: VpcId,
    /// The VPC that is asked.
    pub peer_vpc: Option<VpcId>,
    /// The account that owns it.
    pub peer_account: Option<AccountId>,
    /// The region that it is in.
    pub peer_region: Option<AwsRegion>,
    /// Set in the same call.
    pub tags: Tags,
}

/// A route to a peering connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RouteRequest {
    /// The table that it is added to.
    pub table: RouteTableId,
    /// Its block.
    pub destination: Cidr,
    /// The peering connection; `None` until it was asked for.
    pub peering: Option<PeeringConnectionId>,
}

/// How long one client token is used.
///
/// A token that never changes forbids making an endpoint again after somebody deleted it, for as
/// long as EC2 remembers the token (24 hours are documented for instances). One that changes with
/// every call protects against nothing. So a token holds for one hour.
const TOKEN_LIFE: Duration = Duration::from_secs(3600);

/// For how long the client token of a call that is sent at `now` has been in use.
pub(crate) fn age_of_token(now: SystemTime) -> Duration {
    Duration::from_secs(since_epoch(now).as_secs() % TOKEN_LIFE.as_secs())
}

fn since_epoch(now: SystemTime) -> Duration {
    now.duration_since(UNIX_EPOCH).unwrap_or_default()
}

impl EndpointRequest {
    /// The client token of the request when it is sent at `now`: the same for everyone who asks for
    /// the same endpoint within the same hour. An endpoint that was seen deleted makes it another.
    pub fn token(&self, now: SystemTime) -> String {
        let mut hasher = SipHasher13::new();
        let mut add = |text: &str| {
            hasher.write(text.as_bytes());
            hasher.write_u8(0);
        };
        add(self.link.as_str());
        add(self.vpc.as_str());
        add(self.service.as_ref().map_or("", AsRef::as_ref));
        self.subnets.iter().for_each(|id| add(id.as_str()));
        self.groups.iter().for_each(|id| add(id.as_str()));
        self.tombstones.iter().for_each(|id| add(id.as_str()));
        hasher.write_u64(since_epoch(now).as_secs() / TOKEN_LIFE.as_secs());
        format!("{:032x}", hasher.finish128().as_u128())
    }

    /// The request as it is sent at `now`.
    ///
    /// # Errors
    /// `InvalidRequest` while the service is not known.
    pub fn bind(&self, now: SystemTime) -> ProviderResult<NewEndpoint> {
        let service =
            known(self.service.as_ref(), op::CREATE_VPC_ENDPOINT, "the endpoint service")?;
        Ok(NewEndpoint {
            vpc: self.vpc.clone(),
            service: service.clone(),
            subnets: self.subnets.clone(),
            groups: self.groups.clone(),
            tags: self.tags.clone(),
            client_token: self.token(now),
        })
    }
}

impl PeeringRequest {
    /// The request as it is sent.
    ///
    /// # Errors
    /// `InvalidRequest` while Heroku has not told whom to ask.
    pub fn bind(&self) -> ProviderResult<NewPeeringConnection> {
        let operation = op::CREATE_VPC_PEERING_CONNECTION;
        Ok(NewPeeringConnection {
            vpc: self.vpc.clone(),
            peer_vpc: known(self.peer_vpc.as_ref(), operation, "the VPC to ask")?.clone(),
            peer_account: known(self.peer_account.as_ref(), operation, "the account to ask")?
                .clone(),
            peer_region: known(self.peer_region.as_ref(), operation, "the region to ask")?.clone(),
            tags: self.tags.clone(),
        })
    }
}

impl RouteRequest {
    /// The request as it is sent.
    ///
    /// # Errors
    /// `InvalidRequest` while the connection is not known.
    pub fn bind(&self) -> ProviderResult<NewRoute> {
        let peering = known(self.peering.as_ref(), op::CREATE_ROUTE, "the peering connection")?;
        Ok(NewRoute {
            table: self.table.clone(),
            destination: self.destination,
            peering: peering.clone(),
        })
    }
}

impl Ec2Resource {
    /// Its id.
    pub fn id(&self) -> &str {
        match self {
            Self::Endpoint(id) => id.as_str(),
            Self::SecurityGroup(id) => id.as_str(),
            Self::Peering(id) => id.as_str(),
        }
    }
}

impl Ec2Call {
    /// The call's name, which is the IAM action that permits it.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::CreateSecurityGroup(_) => op::CREATE_SECURITY_GROUP,
            Self::AuthorizeIngress { .. } => op::AUTHORIZE_SECURITY_GROUP_INGRESS,
            Self::RevokeIngress { .. } => op::REVOKE_SECURITY_GROUP_INGRESS,
            Self::DeleteSecurityGroup { .. } => op::DELETE_SECURITY_GROUP,
            Self::CreateEndpoint(_) => op::CREATE_VPC_ENDPOINT,
            Self::ModifyEndpoint { .. } => op::MODIFY_VPC_ENDPOINT,
            Self::DeleteEndpoint { .. } => op::DELETE_VPC_ENDPOINTS,
            Self::CreatePeering(_) => op::CREATE_VPC_PEERING_CONNECTION,
            Self::DeletePeering { .. } => op::DELETE_VPC_PEERING_CONNECTION,
            Self::CreateRoute(_) => op::CREATE_ROUTE,
            Self::DeleteRoute { .. } => op::DELETE_ROUTE,
            Self::Tag { .. } => op::CREATE_TAGS,
        }
    }

    pub(super) async fn send(&self, aws: &dyn AwsCloud, now: SystemTime) -> ProviderResult<Sent> {
        match self {
            Self::CreateSecurityGroup(group) => {
                return Ok(Sent::made(aws.create_security_group(group).await?));
            }
            Self::AuthorizeIngress { group, rule } => {
                let group = known(group.as_ref(), self.operation(), "the security group")?;
                aws.authorize_ingress(group, rule).await
            }
            Self::RevokeIngress { group, rule } => aws.revoke_ingress(group, rule).await,
            Self::DeleteSecurityGroup { group } => aws.delete_security_group(group).await,
            Self::CreateEndpoint(request) => {
                return Ok(Sent::made(aws.create_endpoint(&request.bind(now)?).await?));
            }
            Self::ModifyEndpoint { endpoint, change, new_group } => {
                known((!new_group).then_some(&()), self.operation(), "the security group")?;
                aws.modify_endpoint(endpoint, change).await
            }
            Self::DeleteEndpoint { endpoint } => aws.delete_endpoint(endpoint).await,
            Self::CreatePeering(request) => {
                return Ok(Sent::made(aws.create_peering_connection(&request.bind()?).await?));
            }
            Self::DeletePeering { peering } => aws.delete_peering_connection(peering).await,
            Self::CreateRoute(route) => aws.create_route(&route.bind()?).await,
            Self::DeleteRoute { table, destination } => aws.delete_route(table, destination).await,
            Self::Tag { resource, tags } => match resource {
                Ec2Resource::Endpoint(id) => aws.tag_endpoint(id, tags).await,
                Ec2Resource::SecurityGroup(id) => aws.tag_security_group(id, tags).await,
                Ec2Resource::Peering(id) => aws.tag_peering_connection(id, tags).await,
            },
        }?;
        Ok(Sent::default())
    }

    pub(super) fn returned(&self) -> Option<Returned> {
        match self {
            Self::CreateSecurityGroup(_) => {
                Some(Returned { variable: variable::GROUP, query: "GroupId" })
            }
            Self::CreateEndpoint(_) => {
                let query = "VpcEndpoint.VpcEndpointId";
                Some(Returned { variable: variable::ENDPOINT, query })
            }
            Self::CreatePeering(_) => {
                let query = "VpcPeeringConnection.VpcPeeringConnectionId";
                Some(Returned { variable: variable::PEERING, query })
            }
            Self::AuthorizeIngress { .. }
            | Self::RevokeIngress { .. }
            | Self::DeleteSecurityGroup { .. }
            | Self::ModifyEndpoint { .. }
            | Self::DeleteEndpoint { .. }
            | Self::DeletePeering { .. }
            | Self::CreateRoute(_)
            | Self::DeleteRoute { .. }
            | Self::Tag { .. } => None,
        }
    }

    pub(super) fn command(&self, region: &AwsRegion) -> Command {
        match self {
            Self::CreateSecurityGroup(group) => {
                let words = ["--vpc-id", group.vpc.as_str(), "--group-name", &group.name];
                let mut command = Command::aws("ec2", "create-security-group", region, words);
                command.extend(["--description", &group.description]);
                with_tags(command, "security-group", &group.tags)
            }
            Self::AuthorizeIngress { group, rule } => {
                let command = Command::aws("ec2", "authorize-security-group-ingress", region, []);
                let group = Word::known_or(group.as_ref(), variable::GROUP);
                with_rule(command.with("--group-id", group), rule)
            }
            Self::RevokeIngress { group, rule } => {
                let words = ["--group-id", group.as_str()];
                with_rule(Command::aws("ec2", "revoke-security-group-ingress", region, words), rule)
            }
            Self::DeleteSecurityGroup { group } => {
                Command::aws("ec2", "delete-security-group", region, ["--group-id", group.as_str()])
            }
            Self::CreateEndpoint(request) => request.command(region),
            Self::ModifyEndpoint { endpoint, change, new_group } => {
                let words = ["--vpc-endpoint-id", endpoint.as_str()];
                let mut command = Command::aws("ec2", "modify-vpc-endpoint", region, words);
                add_ids(&mut command, "--add-subnet-ids", &change.add_subnets);
                add_ids(&mut command, "--remove-subnet-ids", &change.remove_subnets);
                add_ids(&mut command, "--add-security-group-ids", &change.add_groups);
                if *new_group {
                    // Nothing else is added to it, or the group would be known.
                    command =
                        command.with("--add-security-group-ids", Word::variable(variable::GROUP));
                }
                add_ids(&mut command, "--remove-security-group-ids", &change.remove_groups);
                command
            }
            Self::DeleteEndpoint { endpoint } => {
                let words = ["--vpc-endpoint-ids", endpoint.as_str()];
                Command::aws("ec2", "delete-vpc-endpoints", region, words)
            }
            Self::CreatePeering(request) => request.command(region),
            Self::DeletePeering { peering } => {
                let words = ["--vpc-peering-connection-id", peering.as_str()];
                Command::aws("ec2", "delete-vpc-peering-connection", region, words)
            }
            Self::CreateRoute(RouteRequest { table, destination, peering }) => {
                let peering = Word::known_or(peering.as_ref(), variable::PEERING);
                route("create-route", region, table, *destination)
                    .with("--vpc-peering-connection-id", peering)
            }
            Self::DeleteRoute { table, destination } => {
                route("delete-route", region, table, *destination)
            }
            Self::Tag { resource, tags } => {
                let words = ["--resources", resource.id(), "--tags"];
                let mut command = Command::aws("ec2", "create-tags", region, words);
                command.extend(tags.iter().map(tag));
                command
            }
        }
    }
}

impl EndpointRequest {
    fn command(&self, region: &AwsRegion) -> Command {
        let words = ["--vpc-endpoint-type", "Interface", "--vpc-id", self.vpc.as_str()];
        let service = Word::known_or(self.service.as_ref(), variable::SERVICE);
        let mut command = Command::aws("ec2", "create-vpc-endpoint", region, words)
            .with("--service-name", service);
        command.push("--subnet-ids");
        if self.subnets.is_empty() {
            command.push(Word::variable(variable::SUBNETS));
        }
        command.extend(self.subnets.iter().map(SubnetId::as_str));
        command.push("--security-group-ids");
        if self.groups.is_empty() {
            command.push(Word::variable(variable::GROUP));
        }
        command.extend(self.groups.iter().map(SecurityGroupId::as_str));
        command.push("--no-private-dns-enabled");
        with_tags(command, "vpc-endpoint", &self.tags)
    }
}

impl PeeringRequest {
    fn command(&self, region: &AwsRegion) -> Command {
        let words = ["--vpc-id", self.vpc.as_str()];
        let command = Command::aws("ec2", "create-vpc-peering-connection", region, words)
            .with("--peer-vpc-id", Word::known_or(self.peer_vpc.as_ref(), variable::PEER_VPC))
            .with("--peer-owner-id", Word::known_or(self.peer_account.as_ref(), variable::PEER))
            .with(
                "--peer-region",
                Word::known_or(self.peer_region.as_ref(), variable::PEER_REGION),
            );
        with_tags(command, "vpc-peering-connection", &self.tags)
    }
}

fn route(verb: &str, region: &AwsRegion, table: &RouteTableId, destination: Cidr) -> Command {
    let block = destination.to_string();
    let words = ["--route-table-id", table.as_str(), "--destination-cidr-block", &block];
    Command::aws("ec2", verb, region, words)
}

/// With the tags of what is made.
fn with_tags(mut command: Command, resource: &str, tags: &Tags) -> Command {
    let tags: Vec<_> = tags.iter().map(|it| format!("{{{}}}", tag(it))).collect();
    command.push("--tag-specifications");
    command.push(format!("ResourceType={resource},Tags=[{}]", tags.join(",")));
    command
}

fn tag((key, value): (&String, &String)) -> String {
    format!("Key={},Value={}", shorthand(key), shorthand(value))
}

/// The flag with the ids, if there are any.
fn add_ids<T: AsRef<str>>(command: &mut Command, flag: &str, ids: &BTreeSet<T>) {
    if !ids.is_empty() {
        command.push(flag);
        command.extend(ids.iter().map(AsRef::as_ref));
    }
}

/// In the short form where the CLI has one; `--ip-permissions` takes every rule.
fn with_rule(mut command: Command, rule: &IngressRule) -> Command {
    let (short, range) = match &rule.source {
        IngressSource::Cidr(cidr) => {
            (Some(("--cidr", cidr.to_string())), format!("IpRanges=[{{CidrIp={cidr}}}]"))
        }
        IngressSource::Group(id) => (
            Some(("--source-group", id.to_string())),
            format!("UserIdGroupPairs=[{{GroupId={id}}}]"),
        ),
        IngressSource::GroupOf(account, id) => {
            (None, format!("UserIdGroupPairs=[{{UserId={account},GroupId={id}}}]"))
        }
        IngressSource::PrefixList(id) => (None, format!("PrefixListIds=[{{PrefixListId={id}}}]")),
        IngressSource::Other(text) if rule.is_ipv6() => {
            (None, format!("Ipv6Ranges=[{{CidrIpv6={text}}}]"))
        }
        IngressSource::Other(text) => match text.split_once("/sg-") {
            Some((owner, id)) => {
                (None, format!("UserIdGroupPairs=[{{UserId={owner},GroupId=sg-{id}}}]"))
            }
            None => (None, format!("IpRanges=[{{CidrIp={text}}}]")),
        },
    };
    if let (Some((flag, source)), Protocol::Tcp, Some(ports)) = (short, &rule.protocol, rule.ports)
    {
        command.extend(["--protocol", "tcp", "--port"]);
        command.push(ports.to_string());
        command.extend([flag, &source]);
        return command;
    }
    command.push("--ip-permissions");
    command.push(format!("{},{range}", protocol_and_ports(rule)));
    command
}

/// For TCP and UDP all ports are written out, and two numbers that are no range of ports stand in
/// the protocol's name, as in `icmp:8:-1`.
fn protocol_and_ports(rule: &IngressRule) -> String {
    let name = match &rule.protocol {
        Protocol::Tcp => "tcp",
        Protocol::Other(name) => name,
    };
    if let Some(ports) = rule.ports {
        return format!("IpProtocol={name},FromPort={},ToPort={}", ports.from(), ports.to());
    }
    match name.split(':').collect::<Vec<_>>().as_slice() {
        [name, from, to] => format!("IpProtocol={name},FromPort={from},ToPort={to}"),
        ["tcp" | "udp" | "17"] => format!("IpProtocol={name},FromPort=0,ToPort=65535"),
        _ => format!("IpProtocol={name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> EndpointRequest {
        EndpointRequest {
            link: "a".parse().unwrap(),
            vpc: "vpc-1".parse().unwrap(),
            service: "com.amazonaws.vpce.us-east-1.vpce-svc-1".parse().ok(),
            subnets: BTreeSet::from(["subnet-1".parse().unwrap()]),
            groups: BTreeSet::from(["sg-1".parse().unwrap()]),
            tags: Tags::new(),
            tombstones: BTreeSet::new(),
        }
    }

    fn token(request: &EndpointRequest, seconds: u64) -> String {
        request.token(UNIX_EPOCH + Duration::from_secs(seconds))
    }

    #[test]
    fn a_token_holds_for_an_hour_and_not_for_ever() {
        assert_eq!(token(&request(), 3600), token(&request(), 7199));
        assert_ne!(token(&request(), 7199), token(&request(), 7200));
        assert!(token(&request(), 0).len() <= 64);
    }

    #[test]
    fn a_token_changes_with_what_is_made_and_with_what_was_deleted() {
        let mut other = request();
        other.subnets.insert("subnet-2".parse().unwrap());
        assert_ne!(token(&request(), 0), token(&other, 0));
        let mut after_deletion = request();
        after_deletion.tombstones.insert("vpce-1".parse().unwrap());
        assert_ne!(token(&request(), 0), token(&after_deletion, 0));
    }

    #[test]
    fn every_rule_has_a_command_that_the_cli_takes() {
        let region: AwsRegion = "us-east-1".parse().unwrap();
        let start = "aws ec2 revoke-security-group-ingress --region us-east-1 --group-id sg-1 ";
        let cidr = IngressSource::Cidr("10.0.0.0/8".parse().unwrap());
        let tcp = |source: &IngressSource| {
            IngressRule::tcp("10000-11000".parse().unwrap(), source.clone())
        };
        let of = |protocol: &str, source: &IngressSource| IngressRule {
            protocol: Protocol::Other(protocol.to_owned()),
            ports: None,
            source: source.clone(),
        };
        let foreign =
            IngressSource::GroupOf("999988887777".parse().unwrap(), "sg-8".parse().unwrap());
        let list = IngressSource::PrefixList("pl-1".parse().unwrap());
        let v6 = IngressSource::Other("2001:db8::/32".to_owned());
        let of_aws = IngressSource::Other("amazon-elb/sg-843f59ed".to_owned());
        let range = "IpProtocol=tcp,FromPort=10000,ToPort=11000";
        for (rule, expected) in [
            (tcp(&cidr), "--protocol tcp --port 10000-11000 --cidr 10.0.0.0/8".to_owned()),
            (
                tcp(&IngressSource::Group("sg-9".parse().unwrap())),
                "--protocol tcp --port 10000-11000 --source-group sg-9".to_owned(),
            ),
            (
                tcp(&foreign),
                format!(
                    "--ip-permissions \
                     '{range},UserIdGroupPairs=[{{UserId=999988887777,GroupId=sg-8}}]'"
                ),
            ),
            (
                tcp(&of_aws),
                format!(
                    "--ip-permissions \
                     '{range},UserIdGroupPairs=[{{UserId=amazon-elb,GroupId=sg-843f59ed}}]'"
                ),
            ),
            (
                tcp(&list),
                format!("--ip-permissions '{range},PrefixListIds=[{{PrefixListId=pl-1}}]'"),
            ),
            (
                tcp(&v6),
                format!("--ip-permissions '{range},Ipv6Ranges=[{{CidrIpv6=2001:db8::/32}}]'"),
            ),
            (
                of("icmp:8:-1", &cidr),
                "--ip-permissions \
                 'IpProtocol=icmp,FromPort=8,ToPort=-1,IpRanges=[{CidrIp=10.0.0.0/8}]'"
                    .to_owned(),
            ),
            (
                of("udp", &cidr),
                "--ip-permissions \
                 'IpProtocol=udp,FromPort=0,ToPort=65535,IpRanges=[{CidrIp=10.0.0.0/8}]'"
                    .to_owned(),
            ),
            (
                of("-1", &cidr),
                "--ip-permissions 'IpProtocol=-1,IpRanges=[{CidrIp=10.0.0.0/8}]'".to_owned(),
            ),
        ] {
            let call = Ec2Call::RevokeIngress { group: "sg-1".parse().unwrap(), rule };
            let command = call.command(&region).to_string();
            assert_eq!(command, format!("{start}{expected}"));
        }
    }
}
