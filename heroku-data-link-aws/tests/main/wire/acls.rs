//! Network ACLs.

use heroku_data_link::provider::{AclAction, AclBlock, NetworkAcls};

use crate::wire::support::{Aws, VPC, assert_form};

const DESCRIBE: &str = "DescribeNetworkAcls";
const SET: &str = "networkAclSet";

fn item(id: &str, vpc: &str, rest: &str) -> String {
    format!("<networkAclId>{id}</networkAclId><vpcId>{vpc}</vpcId>{rest}")
}

fn entry(number: &str, direction: &str, rest: &str) -> String {
    format!("<item><ruleNumber>{number}</ruleNumber><egress>{direction}</egress>{rest}</item>")
}

#[tokio::test]
async fn an_acl_with_its_entries() {
    let tcp = "<protocol>6</protocol><ruleAction>allow</ruleAction>";
    let all =
        "<protocol>-1</protocol><ruleAction>deny</ruleAction><cidrBlock>0.0.0.0/0</cidrBlock>";
    let ports = |from, to| format!("<portRange><from>{from}</from><to>{to}</to></portRange>");
    let block = "<cidrBlock>10.0.0.0/16</cidrBlock>";
    let entries = [
        entry("32767", "true", all),
        entry("32767", "false", all),
        entry("200", "false", &format!("{tcp}{block}{}", ports(0, 65535))),
        entry("100", "false", &format!("{tcp}{block}{}", ports(6379, 6379))),
        entry("150", "false", &format!("{tcp}{block}{}", ports(0, 1023))),
        entry("160", "false", &format!("{tcp}<ipv6CidrBlock>::/0</ipv6CidrBlock>{}", ports(1, 9))),
        entry("170", "false", "<protocol>1</protocol><ruleAction>allow</ruleAction>\
            <cidrBlock>0.0.0.0/0</cidrBlock><icmpTypeCode><type>-1</type><code>-1</code></icmpTypeCode>"),
    ]
    .concat();
    let rest = format!(
        "<default>true</default><entrySet>{entries}</entrySet><associationSet>\
         <item><subnetId>subnet-1</subnetId></item><item><subnetId>subnet-2</subnetId></item>\
         </associationSet>"
    );
    let aws = Aws::start().await;
    let items = [item("acl-1", VPC, &rest), item("acl-2", "vpc-2", "")];
    aws.list(DESCRIBE, SET, &items, "").await;
    let [found] = aws.client.network_acls(&VPC.parse().unwrap()).await.unwrap().try_into().unwrap();
    assert!(found.is_default);
    assert_eq!(found.subnets, ["subnet-1", "subnet-2"].map(|id| id.parse().unwrap()).into());
    let shown: Vec<_> = found
        .ingress
        .iter()
        .map(|it| {
            let ports = it.ports.map(|ports| format!(" {ports}")).unwrap_or_default();
            format!("{}: {} {:?}{ports} {}", it.number, it.action, it.protocol, it.block)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "100: allow Tcp 6379 10.0.0.0/16",
            "150: allow Other(\"6:0:1023\") 10.0.0.0/16",
            "160: allow Tcp 1-9 ::/0",
            "170: allow Other(\"1\") 0.0.0.0/0",
            "200: allow Tcp 10.0.0.0/16",
            "32767: deny Other(\"-1\") 0.0.0.0/0",
        ]
    );
    assert_eq!(found.egress.len(), 1);
    assert_form(
        &aws.request().await,
        DESCRIBE,
        &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", VPC), ("MaxResults", "1000")],
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_listed_as_unknown() {
    let known = "<protocol>6</protocol><cidrBlock>10.0.0.0/16</cidrBlock>";
    let entries = [
        entry("100", "false", &format!("{known}<ruleAction>count</ruleAction>")),
        entry("110", "false", known),
        entry("120", "false", "<protocol>6</protocol><ruleAction>allow</ruleAction>"),
        entry("130", "false", "<ruleAction>deny</ruleAction><cidrBlock>10.0.0.1/8</cidrBlock>"),
        format!("<item><egress>false</egress><ruleAction>allow</ruleAction>{known}</item>"),
        format!("<item><ruleNumber>140</ruleNumber><ruleAction>deny</ruleAction>{known}</item>"),
    ]
    .concat();
    let aws = Aws::start().await;
    let rest = format!("<entrySet>{entries}</entrySet>");
    aws.list(DESCRIBE, SET, &[item("acl-1", VPC, &rest)], "").await;
    let [found] = aws.client.network_acls(&VPC.parse().unwrap()).await.unwrap().try_into().unwrap();
    let other = |text: &str| AclAction::Other(text.to_owned());
    let actions: Vec<_> = found.ingress.iter().map(|it| (it.number, it.action.clone())).collect();
    assert_eq!(
        actions,
        [
            // Without a number it may come before all others.
            (0, other("allow")),
            (100, other("count")),
            (110, other("")),
            (120, AclAction::Allow),
            (130, AclAction::Deny),
            (140, AclAction::Deny),
        ]
    );
    let blocks: Vec<_> = found.ingress[3..5].iter().map(|it| it.block.clone()).collect();
    let unread = |text: &str| AclBlock::Other(text.to_owned());
    assert_eq!(blocks, [unread(""), unread("10.0.0.1/8")]);
    // One that does not say its direction is listed in both.
    assert_eq!(found.egress.len(), 1);
}
