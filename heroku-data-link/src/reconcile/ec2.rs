//! Command lines of `aws ec2`.

use super::iam::Scope;
use super::ownership::Owner;
use super::plan::Command;
use crate::model::SecurityGroupId;
use crate::provider::{IngressRule, IngressSource, Protocol, Tags};

/// Writes what the AWS CLI would be told for a link.
#[derive(Debug)]
pub(crate) struct Ec2<'a> {
    owner: Owner,
    scope: &'a Scope,
}

/// The value of `--tag-specifications` for a new resource.
pub(crate) fn tag_specification(resource: &str, tags: &Tags) -> String {
    let tags: Vec<_> =
        tags.iter().map(|(key, value)| format!("{{Key={key},Value={value}}}")).collect();
    format!("ResourceType={resource},Tags=[{}]", tags.join(","))
}

impl<'a> Ec2<'a> {
    pub(crate) fn new(owner: Owner, scope: &'a Scope) -> Self {
        Self { owner, scope }
    }

    /// `aws ec2 VERB --region REGION WORDS`.
    pub(crate) fn command<const N: usize>(&self, verb: &str, words: [&str; N]) -> Command {
        let mut command =
            Command::new(["aws", "ec2", verb, "--region", self.scope.region.as_str()]);
        command.extend(words);
        command
    }

    /// Tags a resource as the link's own.
    pub(crate) fn own(&self, resource: impl AsRef<str>) -> Command {
        self.tag(resource, &self.owner.tags())
    }

    pub(crate) fn tag(&self, resource: impl AsRef<str>, tags: &Tags) -> Command {
        let mut command = self.command("create-tags", ["--resources", resource.as_ref(), "--tags"]);
        command.extend(tags.iter().map(|(key, value)| format!("Key={key},Value={value}")));
        command
    }

    /// The tags of a new resource of the link's own.
    pub(crate) fn tags(&self) -> Tags {
        self.owner.tags()
    }

    pub(crate) fn authorize(&self, group: Option<&SecurityGroupId>, rule: &IngressRule) -> Command {
        let group = group.map_or("$GROUP_ID", SecurityGroupId::as_str);
        let command = self.command("authorize-security-group-ingress", ["--group-id", group]);
        with_rule(command, rule)
    }

    pub(crate) fn revoke(&self, group: &SecurityGroupId, rule: &IngressRule) -> Command {
        let words = ["--group-id", group.as_str()];
        with_rule(self.command("revoke-security-group-ingress", words), rule)
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
        command.push_display(ports);
        command.extend([flag, &source]);
        return command;
    }
    command.push("--ip-permissions");
    command.push_display(format_args!("{},{range}", protocol_and_ports(rule)));
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
    use crate::model::AwsRegion;
    use crate::provider::CallerIdentity;

    #[test]
    fn every_rule_has_a_command_that_the_cli_takes() {
        let caller = CallerIdentity {
            account: "123456789101".parse().unwrap(),
            arn: "arn:aws:iam::123456789101:user/x".parse().unwrap(),
        };
        let region: AwsRegion = "us-east-1".parse().unwrap();
        let scope = Scope::new(&caller, &region, &"vpc-1".parse().unwrap());
        let owner = Owner::new(&"demo".parse().unwrap(), "privatelink", None, "redis-1");
        let ec2 = Ec2::new(owner, &scope);
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
            let command = ec2.revoke(&"sg-1".parse().unwrap(), &rule).to_string();
            assert_eq!(command, format!("{start}{expected}"));
        }
    }
}
