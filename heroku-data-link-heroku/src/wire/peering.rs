use std::net::Ipv4Addr;

use heroku_data_link::model::{AccountId, AwsRegion, Cidr, CidrSet, PeeringConnectionId, VpcId};
use heroku_data_link::provider;
use serde::Deserialize;

use crate::decode::{readable, text, text_or_none, value_or_none};

#[derive(Debug, Deserialize)]
pub(crate) struct PeeringInfo {
    #[serde(default, deserialize_with = "value_or_none")]
    aws_account_id: Option<AccountId>,
    #[serde(default, deserialize_with = "value_or_none")]
    aws_region: Option<AwsRegion>,
    #[serde(default, deserialize_with = "value_or_none")]
    vpc_id: Option<VpcId>,
    #[serde(default, deserialize_with = "text")]
    vpc_cidr: String,
    #[serde(default, deserialize_with = "readable")]
    space_cidr_blocks: Vec<String>,
    /// The same under its older name.
    #[serde(default, deserialize_with = "readable")]
    dyno_cidr_blocks: Vec<String>,
    #[serde(default, deserialize_with = "readable")]
    unavailable_cidr_blocks: Vec<String>,
}

impl From<PeeringInfo> for provider::PeeringInfo {
    fn from(info: PeeringInfo) -> Self {
        let space = blocks(&info.space_cidr_blocks);
        let space = if space.is_empty() { blocks(&info.dyno_cidr_blocks) } else { space };
        Self {
            account: info.aws_account_id,
            region: info.aws_region,
            vpc: info.vpc_id,
            vpc_cidr: block(&info.vpc_cidr),
            space_cidrs: space,
            unavailable_cidrs: blocks(&info.unavailable_cidr_blocks),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Peering {
    /// Masked in rows of Heroku's own: `******`.
    #[serde(default, deserialize_with = "value_or_none")]
    pcx_id: Option<PeeringConnectionId>,
    #[serde(rename = "type", default, deserialize_with = "text")]
    kind: String,
    #[serde(default, deserialize_with = "text")]
    status: String,
    #[serde(default, deserialize_with = "readable")]
    cidr_blocks: Vec<String>,
    /// The older form, for one block.
    #[serde(default, deserialize_with = "text")]
    cidr_block: String,
    #[serde(default, deserialize_with = "value_or_none")]
    aws_vpc_id: Option<VpcId>,
    #[serde(default, deserialize_with = "value_or_none")]
    aws_region: Option<AwsRegion>,
    #[serde(default, deserialize_with = "value_or_none")]
    aws_account_id: Option<AccountId>,
    #[serde(default, deserialize_with = "text_or_none")]
    expires: Option<String>,
}

impl From<Peering> for provider::Peering {
    fn from(peering: Peering) -> Self {
        let mut cidrs = blocks(&peering.cidr_blocks);
        cidrs.extend(block(&peering.cidr_block));
        Self {
            id: peering.pcx_id,
            kind: peering.kind.into(),
            status: peering.status.into(),
            cidrs,
            vpc: peering.aws_vpc_id,
            region: peering.aws_region,
            account: peering.aws_account_id,
            expires: peering.expires,
        }
    }
}

fn blocks(texts: &[String]) -> CidrSet {
    texts.iter().filter_map(|text| block(text)).collect()
}

/// A block, in its canonical form: one that is left out would not be checked for overlaps.
fn block(text: &str) -> Option<Cidr> {
    if text.is_empty() {
        return None;
    }
    let read = || {
        let (address, length) = text.split_once('/').unwrap_or((text, "32"));
        let (address, length): (Ipv4Addr, u8) = (address.parse().ok()?, length.parse().ok()?);
        let mask = u32::MAX.checked_shl(32_u32.checked_sub(length.into())?).unwrap_or(0);
        Cidr::new(Ipv4Addr::from_bits(address.to_bits() & mask), length).ok()
    };
    let block = read();
    if block.is_none() {
        tracing::warn!("an address block is not understood, and left out");
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_in_canonical_form() {
        for (text, expected) in [
            ("10.0.0.0/16", Some("10.0.0.0/16")),
            ("10.1.2.3/16", Some("10.1.0.0/16")),
            ("1.2.3.4", Some("1.2.3.4/32")),
            ("1.2.3.4/0", Some("0.0.0.0/0")),
            ("10.0.0.0/33", None),
            ("10.0.0/8", None),
            ("fd00::/8", None),
            ("", None),
        ] {
            assert_eq!(block(text).map(|cidr| cidr.to_string()).as_deref(), expected, "{text}");
        }
    }
}
