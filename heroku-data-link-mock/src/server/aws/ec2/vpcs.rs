//! VPCs.

use std::time::SystemTime;

use heroku_data_link::model::VpcId;
use heroku_data_link::provider::{self, Tags, operation};

use super::super::error::AwsError;
use super::super::operation::DESCRIBE_VPC_ATTRIBUTE;
use super::super::params::invalid_value;
use super::super::xml::Element;
use super::filters::{Table, Wanted};
use super::listing::{Ids, Resource};
use super::{Action, Answer, refused};
use crate::journal::Request;
use crate::state::{Caller, State, ids};

/// What AWS calls a text that is no id of a VPC.
pub(super) const MALFORMED: &str = "InvalidVpcID.Malformed";

pub(super) struct Vpc {
    vpc: provider::Vpc,
    tags: Tags,
}

impl Vpc {
    fn blocks(&self) -> Vec<String> {
        self.vpc.cidrs.iter().map(ToString::to_string).collect()
    }

    fn association(&self, block: &str) -> String {
        ids::derived("vpc-cidr-assoc", &format!("{} {block}", self.vpc.id))
    }

    fn dhcp_options(&self) -> String {
        ids::derived("dopt", self.vpc.id.as_str())
    }
}

impl Resource for Vpc {
    const OPERATION: &'static str = operation::DESCRIBE_VPCS;
    const SET: &'static str = "vpcSet";
    const IDS: Ids = Ids {
        parameters: &["VpcId"],
        is_id: |text| text.parse::<VpcId>().is_ok(),
        malformed: MALFORMED,
        unknown: "InvalidVpcID.NotFound",
        kind: "vpc ID",
    };
    const FILTERS: Table<Self> = &[
        ("vpc-id", |it| vec![it.vpc.id.to_string()]),
        ("owner-id", |it| vec![it.vpc.owner.to_string()]),
        ("cidr", |it| it.blocks().into_iter().take(1).collect()),
        ("cidr-block-association.cidr-block", Self::blocks),
        ("cidr-block-association.association-id", |it| {
            it.blocks().iter().map(|block| it.association(block)).collect()
        }),
        ("cidr-block-association.state", |_| vec!["associated".to_owned()]),
        ("dhcp-options-id", |it| vec![it.dhcp_options()]),
        ("is-default", |_| vec!["false".to_owned()]),
        ("state", |_| vec!["available".to_owned()]),
    ];

    fn id(&self) -> &str {
        self.vpc.id.as_str()
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn find(state: &State, caller: &Caller, _: SystemTime, wanted: &Wanted) -> Vec<Self> {
        let ids = wanted.keys(&state.aws.vpcs, "vpc-id").into_iter();
        ids.filter_map(|id| state.aws.vpc(caller, id))
            .map(|record| Self { vpc: record.vpc.clone(), tags: Tags::new() })
            .collect()
    }

    fn fields(&self) -> Vec<Element> {
        let blocks = self.blocks();
        let associations = blocks.iter().map(|block| {
            [
                Element::text("associationId", self.association(block)),
                Element::text("cidrBlock", block),
                Element::tree("cidrBlockState", [Element::text("state", "associated")]),
            ]
        });
        vec![
            Element::text("vpcId", &self.vpc.id),
            Element::text("ownerId", &self.vpc.owner),
            Element::text("state", "available"),
            Element::text("cidrBlock", blocks.first().map_or("", String::as_str)),
            Element::set("cidrBlockAssociationSet", associations),
            Element::text("dhcpOptionsId", self.dhcp_options()),
            Element::text("instanceTenancy", "default"),
            Element::text("isDefault", false),
        ]
    }
}

/// `DescribeVpcAttribute`: one attribute a call.
pub(super) async fn attribute(action: &Action<'_>) -> Answer {
    let params = action.params;
    let id: Option<VpcId> = params.parsed("VpcId", MALFORMED)?;
    let id = id.ok_or_else(|| AwsError::missing("VpcId"))?;
    let name = params.required("Attribute")?;
    let of_hostnames = match name.as_str() {
        "enableDnsHostnames" => true,
        "enableDnsSupport" => false,
        _ => return Err(invalid_value(&name, "it is no attribute of a VPC")),
    };
    action.check(DESCRIBE_VPC_ATTRIBUTE).await?;
    let face = &action.call.face;
    let detail = format!("{name} of {id}");
    let on = face.world.read(Request::new(DESCRIBE_VPC_ATTRIBUTE, &detail), |state, _| {
        // Nothing can switch DNS itself off here.
        Ok(!of_hostnames || state.aws.known_vpc(&face.caller, &id)?.dns_hostnames)
    });
    let on = on.settle().await.map_err(|error| refused(&error))?;
    Ok(vec![Element::text("vpcId", &id), Element::tree(&name, [Element::text("value", on)])])
}
