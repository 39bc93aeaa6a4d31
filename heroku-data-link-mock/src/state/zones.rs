//! Regions and zones.

use std::collections::BTreeSet;

use heroku_data_link::model::{AccountId, AwsRegion, HerokuRegion, ZoneId, ZoneName};

use super::known;

/// Heroku's regions and the AWS regions behind them.
const REGIONS: [(&str, &str); 15] = [
    ("us", "us-east-1"),
    ("eu", "eu-west-1"),
    ("virginia", "us-east-1"),
    ("oregon", "us-west-2"),
    ("dublin", "eu-west-1"),
    ("frankfurt", "eu-central-1"),
    ("sydney", "ap-southeast-2"),
    ("tokyo", "ap-northeast-1"),
    ("london", "eu-west-2"),
    ("montreal", "ca-central-1"),
    ("mumbai", "ap-south-1"),
    ("singapore", "ap-southeast-1"),
    ("paris", "eu-west-3"),
    ("ohio", "us-east-2"),
    ("california", "us-west-1"),
];

/// In how many zones an endpoint service is offered, if nothing else is said.
const OFFERED: u8 = 3;

pub(crate) fn aws_region(region: &HerokuRegion) -> Option<AwsRegion> {
    let (_, aws) = REGIONS.iter().find(|(heroku, _)| *heroku == region.as_str())?;
    aws.parse().ok()
}

/// Heroku's names of all regions.
#[cfg(feature = "server")]
pub(crate) fn heroku_regions() -> impl Iterator<Item = HerokuRegion> {
    REGIONS.iter().map(|(heroku, _)| known(heroku.parse()))
}

/// The zones that an endpoint service is offered in: those that Heroku's account calls a, b and c.
pub(crate) fn offered(region: &AwsRegion) -> BTreeSet<ZoneId> {
    let heroku = AccountId::heroku_data();
    (0..OFFERED).map(|letter| id_of_letter(region, &heroku, letter)).collect()
}

/// The zone that an account means by a name; `None` when the region has no such zone.
pub(crate) fn id_of(region: &AwsRegion, account: &AccountId, name: &ZoneName) -> Option<ZoneId> {
    let letter = name.as_str().strip_prefix(region.as_str())?;
    let [letter @ b'a'..=b'z'] = *letter.as_bytes() else { return None };
    let letter = letter - b'a';
    (letter < count(region)).then(|| id_of_letter(region, account, letter))
}

/// What an account calls a zone.
pub(crate) fn name_of(region: &AwsRegion, account: &AccountId, id: &ZoneId) -> ZoneName {
    let number = id.as_str().rsplit("az").next().and_then(|number| number.parse::<u8>().ok());
    let count = count(region);
    let index = number.unwrap_or(1).saturating_sub(1) % count;
    let letter = char::from(b'a' + (index + count - rotation(account) % count) % count);
    known(format!("{region}{letter}").parse())
}

/// The AWS regions that Heroku is in.
pub(crate) fn regions() -> BTreeSet<AwsRegion> {
    REGIONS.iter().filter_map(|(_, aws)| aws.parse().ok()).collect()
}

/// The zones of a region: what an account calls them, and what everybody does.
pub(crate) fn all_of(region: &AwsRegion, account: &AccountId) -> Vec<(ZoneName, ZoneId)> {
    let ids = (0..count(region)).map(|letter| id_of_letter(region, account, letter));
    ids.map(|id| (name_of(region, account, &id), id)).collect()
}

/// How many zones a region has.
fn count(region: &AwsRegion) -> u8 {
    match region.as_str() {
        "us-east-1" => 6,
        "us-west-2" => 4,
        _ => 3,
    }
}

/// Every account counts the zones from another one.
fn id_of_letter(region: &AwsRegion, account: &AccountId, letter: u8) -> ZoneId {
    let number = (letter + rotation(account)) % count(region) + 1;
    known(format!("{}-az{number}", short(region)).parse())
}

fn rotation(account: &AccountId) -> u8 {
    account.as_str().bytes().map(|digit| digit - b'0').sum()
}

/// `use1` for `us-east-1`, `apse2` for `ap-southeast-2`.
fn short(region: &AwsRegion) -> String {
    region
        .as_str()
        .split('-')
        .map(|word| match word {
            "east" => "e",
            "west" => "w",
            "north" => "n",
            "south" => "s",
            "central" => "c",
            "northeast" => "ne",
            "northwest" => "nw",
            "southeast" => "se",
            "southwest" => "sw",
            "gov" => "g",
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_of_zones_convert_both_ways() {
        let account: AccountId = "123456789101".parse().unwrap();
        for (_, region) in REGIONS {
            let region: AwsRegion = region.parse().unwrap();
            let mut ids = BTreeSet::new();
            for letter in 0..count(&region) {
                let name: ZoneName =
                    format!("{region}{}", char::from(b'a' + letter)).parse().unwrap();
                let id = id_of(&region, &account, &name).unwrap();
                assert_eq!(name_of(&region, &account, &id), name);
                ids.insert(id);
            }
            assert_eq!(ids.len(), usize::from(count(&region)));
        }
    }

    #[test]
    fn regions_are_shortened_as_aws_does() {
        let cases = [("us-east-1", "use1"), ("ap-southeast-2", "apse2"), ("eu-central-1", "euc1")];
        for (region, expected) in cases {
            assert_eq!(short(&region.parse().unwrap()), expected);
        }
    }
}
