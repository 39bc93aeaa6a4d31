use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_sdk_ec2::types::{self, RuleAction};
use heroku_data_link::model::VpcId;
use heroku_data_link::provider::operation::DESCRIBE_NETWORK_ACLS;
use heroku_data_link::provider::{
    AclAction, AclBlock, AclEntry, NetworkAcl, NetworkAcls, ProviderResult,
};

use super::rules::protocol_and_ports;
use super::{PAGE, filter};
use crate::client::Client;
use crate::pages::all;
use crate::reading::Reading;

#[async_trait]
impl NetworkAcls for Client {
    async fn network_acls(&self, vpc: &VpcId) -> ProviderResult<Vec<NetworkAcl>> {
        let call = self.ec2().describe_network_acls().filters(filter("vpc-id", [vpc]));
        let call = call.max_results(PAGE);
        let ask =
            |next, meter| call.clone().set_next_token(next).customize().interceptor(meter).send();
        let reading = self.reading(DESCRIBE_NETWORK_ACLS);
        let found = all(&reading, ask, |page| (page.network_acls, page.next_token)).await?;
        let acls: Vec<_> = found.iter().map(|it| acl(&reading, it)).collect::<Result<_, _>>()?;
        Ok(acls.into_iter().filter(|it| it.vpc == *vpc).collect())
    }
}

fn acl(reading: &Reading, it: &types::NetworkAcl) -> ProviderResult<NetworkAcl> {
    let subnets: BTreeSet<_> = it
        .associations()
        .iter()
        .filter_map(|association| association.subnet_id())
        .map(|id| reading.needed("subnetId", Some(id)))
        .collect::<Result<_, _>>()?;
    let entries = |egress: bool| {
        // What does not say its direction may be of either.
        let of_direction =
            it.entries().iter().filter(|it| it.egress().is_none_or(|it| it == egress));
        let mut entries: Vec<_> = of_direction.map(|it| entry(reading, it)).collect();
        entries.sort_by_key(|entry| entry.number);
        entries
    };
    Ok(NetworkAcl {
        id: reading.needed("networkAclId", it.network_acl_id())?,
        vpc: reading.needed("vpcId", it.vpc_id())?,
        is_default: it.is_default() == Some(true),
        subnets,
        ingress: entries(false),
        egress: entries(true),
    })
}

fn entry(reading: &Reading, it: &types::NetworkAclEntry) -> AclEntry {
    let ports = it.port_range();
    let (from, to) = (ports.and_then(types::PortRange::from), ports.and_then(types::PortRange::to));
    let name = reading.text(it.protocol());
    let (protocol, ports) = protocol_and_ports(&name, from, to);
    let number = it.rule_number().and_then(|number| u16::try_from(number).ok());
    let action = match it.rule_action() {
        // Which of the entries that match decides cannot be told without a number.
        Some(RuleAction::Allow) if number.is_some() => AclAction::Allow,
        Some(RuleAction::Deny) if number.is_some() => AclAction::Deny,
        other => AclAction::Other(reading.text(other.map(RuleAction::as_str))),
    };
    let block = match (it.cidr_block(), it.ipv6_cidr_block()) {
        (None, Some(block)) => AclBlock::V6(reading.text(Some(block))),
        (block, _) => block
            .and_then(|block| block.parse().ok())
            .map_or_else(|| AclBlock::Other(reading.text(block)), AclBlock::V4),
    };
    AclEntry { number: number.unwrap_or_default(), action, protocol, ports, block }
}
