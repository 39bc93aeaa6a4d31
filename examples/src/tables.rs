//! The tables that the official Heroku CLI prints.

use heroku_data_link::model::{PeeringType, SpaceName, TextFilter};
use heroku_data_link::provider::{Peering, PeeringInfo};

/// What Heroku does not tell of peerings that it manages for itself.
const MASKED: &str = "******";

/// As `heroku spaces:peering:info` prints it.
pub fn peering_info(space: &SpaceName, info: &PeeringInfo) -> String {
    let rows = [
        ("AWS Account ID", shown(info.account.as_ref())),
        ("AWS Region", shown(info.region.as_ref())),
        ("AWS VPC ID", shown(info.vpc.as_ref())),
        ("AWS VPC CIDR", shown(info.vpc_cidr)),
        ("Space CIDRs", info.space_cidrs.to_string()),
        ("Unavailable CIDRs", info.unavailable_cidrs.to_string()),
    ];
    let mut text = format!("=== {space} Peering Info\n");
    for (name, value) in rows {
        text.push_str(format!("{:<19}{value}", format!("{name}:")).trim_end());
        text.push('\n');
    }
    text
}

/// As `heroku spaces:peerings` prints it, what customers manage first.
pub fn peerings(space: &SpaceName, peerings: &[Peering]) -> String {
    const HEADER: [&str; 8] = [
        "PCX ID",
        "Type",
        "CIDR Blocks",
        "Status",
        "VPC ID",
        "AWS Region",
        "AWS Account ID",
        "Expires",
    ];
    let mut peerings: Vec<_> = peerings.iter().collect();
    peerings.sort_by_key(|peering| (is_herokus(peering), &peering.id));
    let rows: Vec<_> = peerings.into_iter().map(row).collect();
    let header = HEADER.map(ToOwned::to_owned);
    let width = |column: usize| {
        rows.iter().chain([&header]).map(|row| row[column].chars().count()).max().unwrap_or(0)
    };
    let widths: [usize; 8] = std::array::from_fn(width);
    let rule = widths.map(|width| "─".repeat(width));
    let mut text = format!("=== {space} Peerings\n");
    for row in [&header, &rule].into_iter().chain(&rows) {
        let cells: Vec<_> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join(" ").trim_end());
        text.push('\n');
    }
    text
}

fn is_herokus(peering: &Peering) -> bool {
    match peering.kind {
        PeeringType::HerokuManaged | PeeringType::Other(_) => true,
        PeeringType::CustomerManaged | PeeringType::Unknown => false,
    }
}

fn row(peering: &Peering) -> [String; 8] {
    let hidden = is_herokus(peering);
    let told = |text: String| if hidden { MASKED.to_owned() } else { text };
    [
        told(shown(peering.id.as_ref())),
        filtered(peering.kind.as_str()),
        peering.cidrs.to_string(),
        filtered(peering.status.as_str()),
        told(shown(peering.vpc.as_ref())),
        told(shown(peering.region.as_ref())),
        told(shown(peering.account.as_ref())),
        peering.expires.as_deref().map(filtered).unwrap_or_default(),
    ]
}

/// What a cloud said in its own words.
fn filtered(text: &str) -> String {
    TextFilter::new().show(text)
}

fn shown(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peering(id: &str, kind: &str, status: &str, cidr: &str) -> Peering {
        Peering {
            id: id.parse().ok(),
            kind: kind.into(),
            status: status.into(),
            cidrs: [cidr.parse().unwrap()].into_iter().collect(),
            vpc: None,
            region: None,
            account: None,
            expires: None,
        }
    }

    #[test]
    fn tables_read_as_in_the_procedure() {
        let space = "enablement-jp".parse().unwrap();
        let info = PeeringInfo {
            account: "012345678900".parse().ok(),
            region: "ap-northeast-1".parse().ok(),
            vpc: "vpc-b39527d4".parse().ok(),
            vpc_cidr: "10.0.0.0/16".parse().ok(),
            space_cidrs: ["10.0.0.0/20", "10.0.16.0/20"]
                .map(|it| it.parse().unwrap())
                .into_iter()
                .collect(),
            unavailable_cidrs: ["10.1.0.0/16".parse().unwrap()].into_iter().collect(),
        };
        assert_eq!(
            peering_info(&space, &info),
            "=== enablement-jp Peering Info\n\
             AWS Account ID:    012345678900\n\
             AWS Region:        ap-northeast-1\n\
             AWS VPC ID:        vpc-b39527d4\n\
             AWS VPC CIDR:      10.0.0.0/16\n\
             Space CIDRs:       10.0.0.0/20, 10.0.16.0/20\n\
             Unavailable CIDRs: 10.1.0.0/16\n"
        );
        let odd = Peering {
            expires: Some("\u{1b}[2J".to_owned()),
            ..peering("", "odd", "a\u{202e}b", "10.1.0.0/16")
        };
        let text = peerings(&space, &[odd]);
        assert!(text.contains("odd") && text.contains("a\\u{202e}b"), "{text}");
        assert!(text.contains("\\u{1b}[2J") && !text.contains('\u{1b}'), "{text}");
        let own = peering("******", "heroku-managed", "active", "10.1.0.0/16");
        let mut ours =
            peering("pcx-01f31cfb89521de9c", "unknown", "pending-acceptance", "172.16.0.0/16");
        ours.vpc = "vpc-0cb1a66017eed9372".parse().ok();
        ours.region = "us-east-1".parse().ok();
        ours.expires = Some("2019-02-11T05:46:14Z".to_owned());
        assert_eq!(
            peerings(&space, &[own, ours]),
            "\
=== enablement-jp Peerings
PCX ID                Type           CIDR Blocks   Status             VPC ID                AWS Region AWS Account ID Expires
───────────────────── ────────────── ───────────── ────────────────── ───────────────────── ────────── ────────────── ────────────────────
pcx-01f31cfb89521de9c unknown        172.16.0.0/16 pending-acceptance vpc-0cb1a66017eed9372 us-east-1                 2019-02-11T05:46:14Z
******                heroku-managed 10.1.0.0/16   active             ******                ******     ******
"
        );
    }
}
