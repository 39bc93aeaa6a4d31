//! Network ACLs.

use std::collections::BTreeSet;
use std::time::SystemTime;

use heroku_data_link::model::{AccountId, NetworkAclId, SubnetId, VpcId};
use heroku_data_link::provider::{self, AclBlock, AclEntry, Protocol, Tags, operation};

use super::super::xml::Element;
use super::filters::{Table, Wanted};
use super::listing::{Ids, Resource};
use super::tags::tag_set;
use crate::state::{Caller, State, ids};

pub(super) struct NetworkAcl {
    acl: provider::NetworkAcl,
    owner: AccountId,
    tags: Tags,
}

impl NetworkAcl {
    fn association(&self, subnet: &SubnetId) -> String {
        ids::derived("aclassoc", &format!("{} {subnet}", self.acl.id))
    }

    fn entries(&self) -> impl Iterator<Item = (&AclEntry, bool)> {
        let ingress = self.acl.ingress.iter().map(|entry| (entry, false));
        ingress.chain(self.acl.egress.iter().map(|entry| (entry, true)))
    }

    fn of_entries(&self, text: impl Fn(&AclEntry) -> Option<String>) -> Vec<String> {
        self.entries().filter_map(|(entry, _)| text(entry)).collect()
    }

    fn of_subnets(&self, text: impl Fn(&SubnetId) -> String) -> Vec<String> {
        self.acl.subnets.iter().map(text).collect()
    }
}

/// EC2 writes the protocols of network ACLs as numbers.
fn protocol(entry: &AclEntry) -> &str {
    match &entry.protocol {
        Protocol::Tcp => "6",
        Protocol::Other(name) => name.split(':').next().unwrap_or_default(),
    }
}

/// The first and the last port, of a protocol that has ports.
fn ports(entry: &AclEntry) -> Option<(String, String)> {
    let spelled_out = match &entry.protocol {
        Protocol::Tcp => Some((0.to_string(), u16::MAX.to_string())),
        Protocol::Other(name) => name.split_once(':').and_then(|(_, ports)| {
            let (from, to) = ports.split_once(':')?;
            Some((from.to_owned(), to.to_owned()))
        }),
    };
    let ports = entry.ports.map(|ports| (ports.from().to_string(), ports.to().to_string()));
    ports.or(spelled_out)
}

fn entry((entry, egress): (&AclEntry, bool)) -> Vec<Element> {
    let mut fields = vec![
        Element::text("ruleNumber", entry.number),
        Element::text("protocol", protocol(entry)),
        Element::text("ruleAction", &entry.action),
        Element::text("egress", egress),
    ];
    fields.push(match &entry.block {
        AclBlock::V4(block) => Element::text("cidrBlock", block),
        AclBlock::V6(text) => Element::text("ipv6CidrBlock", text),
        AclBlock::Other(text) => Element::text("cidrBlock", text),
    });
    fields.extend(ports(entry).map(|(from, to)| {
        Element::tree("portRange", [Element::text("from", from), Element::text("to", to)])
    }));
    fields
}

impl Resource for NetworkAcl {
    const OPERATION: &'static str = operation::DESCRIBE_NETWORK_ACLS;
    const SET: &'static str = "networkAclSet";
    const IDS: Ids = Ids {
        parameters: &["NetworkAclId"],
        is_id: |text| text.parse::<NetworkAclId>().is_ok(),
        malformed: "InvalidNetworkAclId.Malformed",
        unknown: "InvalidNetworkAclID.NotFound",
        kind: "networkAcl ID",
    };
    const FILTERS: Table<Self> = &[
        ("network-acl-id", |it| vec![it.acl.id.to_string()]),
        ("vpc-id", |it| vec![it.acl.vpc.to_string()]),
        ("owner-id", |it| vec![it.owner.to_string()]),
        ("default", |it| vec![it.acl.is_default.to_string()]),
        ("association.subnet-id", |it| it.of_subnets(ToString::to_string)),
        ("association.association-id", |it| it.of_subnets(|subnet| it.association(subnet))),
        ("association.network-acl-id", |it| it.of_subnets(|_| it.acl.id.to_string())),
        ("entry.cidr", |it| {
            it.of_entries(|entry| match &entry.block {
                AclBlock::V4(_) | AclBlock::Other(_) => Some(entry.block.to_string()),
                AclBlock::V6(_) => None,
            })
        }),
        ("entry.ipv6-cidr", |it| {
            it.of_entries(|entry| match &entry.block {
                AclBlock::V6(block) => Some(block.clone()),
                AclBlock::V4(_) | AclBlock::Other(_) => None,
            })
        }),
        ("entry.egress", |it| it.entries().map(|(_, egress)| egress.to_string()).collect()),
        ("entry.port-range.from", |it| it.of_entries(|entry| ports(entry).map(|(from, _)| from))),
        ("entry.port-range.to", |it| it.of_entries(|entry| ports(entry).map(|(_, to)| to))),
        ("entry.protocol", |it| it.of_entries(|entry| Some(protocol(entry).to_owned()))),
        ("entry.rule-action", |it| it.of_entries(|entry| Some(entry.action.to_string()))),
        ("entry.rule-number", |it| it.of_entries(|entry| Some(entry.number.to_string()))),
    ];

    fn id(&self) -> &str {
        self.acl.id.as_str()
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn find(state: &State, caller: &Caller, at: SystemTime, wanted: &Wanted) -> Vec<Self> {
        let aws = &state.aws;
        let ids: BTreeSet<&NetworkAclId> = match wanted.exact::<VpcId>("vpc-id") {
            Some(vpcs) => {
                let vpcs = vpcs.iter().filter_map(|id| aws.vpcs.get(id));
                vpcs.flat_map(|vpc| &vpc.network_acls).collect()
            }
            None => wanted.keys(&aws.network_acls, "network-acl-id").into_iter().collect(),
        };
        let found = ids.into_iter().filter_map(|id| aws.network_acl(caller, id, at));
        found.map(|(acl, owner)| Self { acl, owner: owner.clone(), tags: Tags::new() }).collect()
    }

    fn fields(&self) -> Vec<Element> {
        let associations = self.acl.subnets.iter().map(|subnet| {
            vec![
                Element::text("networkAclAssociationId", self.association(subnet)),
                Element::text("networkAclId", &self.acl.id),
                Element::text("subnetId", subnet),
            ]
        });
        vec![
            Element::text("networkAclId", &self.acl.id),
            Element::text("vpcId", &self.acl.vpc),
            Element::text("ownerId", &self.owner),
            Element::text("default", self.acl.is_default),
            Element::set("entrySet", self.entries().map(entry)),
            Element::set("associationSet", associations),
            tag_set(&self.tags),
        ]
    }
}
