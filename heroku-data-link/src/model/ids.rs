//! Ids of EC2 resources: a prefix that names the kind, and letters and digits.

use super::error::with_article;
use super::text::{Rule, is_lower_alnum};

/// Which kind of thing an id is, longest prefix first.
const KINDS: [(&str, &str); 15] = [
    ("vpce-svc-", "VPC endpoint service id"),
    ("vpce-", "VPC endpoint id"),
    ("vpc-", "VPC id"),
    ("subnet-", "subnet id"),
    ("sgr-", "security group rule id"),
    ("sg-", "security group id"),
    ("rtb-", "route table id"),
    ("acl-", "network ACL id"),
    ("pl-", "prefix list id"),
    ("pcx-", "VPC peering connection id"),
    ("eni-", "network interface id"),
    ("igw-", "internet gateway id"),
    ("nat-", "NAT gateway id"),
    ("arn:", "ARN"),
    ("com.amazonaws.", "VPC endpoint service name"),
];

macro_rules! resource_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $what:literal) => {
        text_type! {
            $(#[$doc])* $name, $what, |text| check(text, $prefix),
            concat!("^", $prefix, "[0-9a-z]+$")
        }
    };
}

resource_id! {
    /// A VPC: `vpc-0123456789abcdef0`.
    VpcId, "vpc-", "VPC id"
}
resource_id! {
    /// A subnet: `subnet-0123456789abcdef0`.
    SubnetId, "subnet-", "subnet id"
}
resource_id! {
    /// A security group: `sg-0123456789abcdef0`.
    SecurityGroupId, "sg-", "security group id"
}
resource_id! {
    /// A prefix list, a set of address blocks under one id: `pl-0123456789abcdef0`.
    PrefixListId, "pl-", "prefix list id"
}
resource_id! {
    /// A route table: `rtb-0123456789abcdef0`.
    RouteTableId, "rtb-", "route table id"
}
resource_id! {
    /// A network ACL: `acl-0123456789abcdef0`.
    NetworkAclId, "acl-", "network ACL id"
}
resource_id! {
    /// A VPC endpoint, the consumer's end of a PrivateLink: `vpce-0123456789abcdef0`.
    VpcEndpointId, "vpce-", "VPC endpoint id"
}
resource_id! {
    /// A VPC peering connection: `pcx-0123456789abcdef0`.
    PeeringConnectionId, "pcx-", "VPC peering connection id"
}
resource_id! {
    /// A network interface: `eni-0123456789abcdef0`.
    NetworkInterfaceId, "eni-", "network interface id"
}

impl VpcEndpointId {
    /// How the endpoint is called within the name of a config var: `vpce-01c87ae3c05563935` is
    /// `01C87AE3C05563935` in `REDIS_ENDPOINT_01C87AE3C05563935_URL`.
    pub fn config_var_infix(&self) -> String {
        self.digits().to_ascii_uppercase()
    }

    /// What comes after the prefix.
    pub(super) fn digits(&self) -> &str {
        &self.as_str()["vpce-".len()..]
    }
}

fn check(text: &str, prefix: &str) -> Result<(), Rule> {
    let body = text.strip_prefix(prefix);
    if body.is_some_and(|body| !body.is_empty() && is_lower_alnum(body)) {
        return Ok(());
    }
    let kind = KINDS.iter().find(|(other, _)| text.starts_with(other));
    if let Some((_, kind)) = kind.filter(|(other, _)| *other != prefix) {
        return Err(format!("it must start with {prefix:?}; this is {}", with_article(kind)).into());
    }
    let lower = text.to_ascii_lowercase();
    if lower != text && check(&lower, prefix).is_ok() {
        return Err(format!("it must be in lower case: {lower}").into());
    }
    Err(match body {
        None => format!("it must start with {prefix:?}"),
        Some(_) => format!("after {prefix:?} come lower-case letters and digits only"),
    }
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{accepts, refuses};

    #[test]
    fn each_kind_has_its_prefix() {
        accepts::<VpcId>(&["vpc-0123456789abcdef0", "vpc-1a2b3c4d", "vpc-x"]);
        accepts::<SubnetId>(&["subnet-0123456789abcdef0"]);
        accepts::<SecurityGroupId>(&["sg-0123456789abcdef0"]);
        accepts::<PrefixListId>(&["pl-0123456789abcdef0", "pl-63a5400a"]);
        accepts::<RouteTableId>(&["rtb-0123456789abcdef0"]);
        accepts::<NetworkAclId>(&["acl-0123456789abcdef0"]);
        accepts::<VpcEndpointId>(&["vpce-0123456789abcdef0"]);
        accepts::<PeeringConnectionId>(&["pcx-0123456789abcdef0"]);
        accepts::<NetworkInterfaceId>(&["eni-0123456789abcdef0"]);
    }

    #[test]
    fn a_vpc_id() {
        for (text, rule) in [
            ("vpce-1", "it must start with \"vpc-\"; this is a VPC endpoint id"),
            ("vpce-svc-1", "it must start with \"vpc-\"; this is a VPC endpoint service id"),
            ("subnet-1", "it must start with \"vpc-\"; this is a subnet id"),
            ("sg-1", "it must start with \"vpc-\"; this is a security group id"),
            ("eni-1", "it must start with \"vpc-\"; this is a network interface id"),
            ("igw-1", "it must start with \"vpc-\"; this is an internet gateway id"),
            ("arn:aws:x", "it must start with \"vpc-\"; this is an ARN"),
            ("VPC-0AB", "it must be in lower case: vpc-0ab"),
            ("vpc-0AB", "it must be in lower case: vpc-0ab"),
            ("vpc-", "after \"vpc-\" come lower-case letters and digits only"),
            ("vpc-0/b", "after \"vpc-\" come lower-case letters and digits only"),
            ("vpc-0a ", "after \"vpc-\" come lower-case letters and digits only"),
            ("vpc-é", "after \"vpc-\" come lower-case letters and digits only"),
            ("", "it must start with \"vpc-\""),
            ("0123", "it must start with \"vpc-\""),
        ] {
            refuses::<VpcId>(&[(text, &format!("{text:?} is not a VPC id: {rule}"))]);
        }
    }

    #[test]
    fn a_service_is_no_endpoint() {
        refuses::<VpcEndpointId>(&[
            (
                "vpce-svc-0ab",
                "\"vpce-svc-0ab\" is not a VPC endpoint id: it must start with \"vpce-\"; this is \
                 a VPC endpoint service id",
            ),
            (
                "vpc-0ab",
                "\"vpc-0ab\" is not a VPC endpoint id: it must start with \"vpce-\"; this is a \
                 VPC id",
            ),
        ]);
    }

    #[test]
    fn an_endpoint_knows_its_infix() {
        let id: VpcEndpointId = "vpce-01c87ae3c05563935".parse().unwrap();
        assert_eq!(id.config_var_infix(), "01C87AE3C05563935");
    }
}
