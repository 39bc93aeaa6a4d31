//! Regions, and the zones of the one that is called.

use std::time::SystemTime;

use heroku_data_link::model::AwsRegion;
use heroku_data_link::provider::Tags;

use super::super::xml::Element;
use super::filters::{Table, Wanted};
use super::listing::{Ids, Pages, Resource, describe};
use super::{Action, Answer};
use crate::state::{Caller, State, zones};

/// Nothing here carries tags.
static NO_TAGS: Tags = Tags::new();

struct Region {
    name: AwsRegion,
}

impl Region {
    fn endpoint(&self) -> String {
        format!("ec2.{}.amazonaws.com", self.name)
    }
}

impl Resource for Region {
    const OPERATION: &'static str = "ec2:DescribeRegions";
    const SET: &'static str = "regionInfo";
    const IDS: Ids = Ids {
        parameters: &["RegionName"],
        is_id: |_| true,
        malformed: "InvalidParameterValue",
        unknown: "InvalidParameterValue",
        kind: "region",
    };
    const FILTERS: Table<Self> = &[
        ("region-name", |it| vec![it.name.to_string()]),
        ("endpoint", |it| vec![it.endpoint()]),
        ("opt-in-status", |_| vec![NO_OPT_IN.to_owned()]),
    ];
    const TAGGED: bool = false;
    const PAGES: Option<Pages> = None;

    fn id(&self) -> &str {
        self.name.as_str()
    }

    fn tags(&self) -> &Tags {
        &NO_TAGS
    }

    fn find(_: &State, _: &Caller, _: SystemTime, _: &Wanted) -> Vec<Self> {
        zones::regions().into_iter().map(|name| Self { name }).collect()
    }

    fn fields(&self) -> Vec<Element> {
        vec![
            Element::text("regionName", &self.name),
            Element::text("regionEndpoint", self.endpoint()),
            Element::text("optInStatus", NO_OPT_IN),
        ]
    }
}

/// Regions and zones that everybody has.
const NO_OPT_IN: &str = "opt-in-not-required";

/// `DescribeRegions`.
pub(super) async fn list(action: &Action<'_>) -> Answer {
    // There are no regions that one can opt in to.
    action.params.flag("AllRegions")?;
    describe::<Region>(action).await
}

/// `DescribeAvailabilityZones`.
pub(super) async fn zones(action: &Action<'_>) -> Answer {
    // There are no zones that one can opt in to.
    action.params.flag("AllAvailabilityZones")?;
    describe::<Zone>(action).await
}

struct Zone {
    region: AwsRegion,
    name: String,
    /// What every account calls it.
    everywhere: String,
}

impl Resource for Zone {
    const OPERATION: &'static str = "ec2:DescribeAvailabilityZones";
    const SET: &'static str = "availabilityZoneInfo";
    const IDS: Ids = Ids {
        parameters: &["ZoneName", "ZoneId"],
        is_id: |_| true,
        malformed: "InvalidParameterValue",
        unknown: "InvalidParameterValue",
        kind: "availability zone",
    };
    const FILTERS: Table<Self> = &[
        ("zone-name", |it| vec![it.name.clone()]),
        ("zone-id", |it| vec![it.everywhere.clone()]),
        ("region-name", |it| vec![it.region.to_string()]),
        ("zone-type", |_| vec!["availability-zone".to_owned()]),
        ("state", |_| vec!["available".to_owned()]),
        ("opt-in-status", |_| vec![NO_OPT_IN.to_owned()]),
    ];
    const TAGGED: bool = false;
    const PAGES: Option<Pages> = None;

    fn id(&self) -> &str {
        &self.name
    }

    fn is(&self, id: &str) -> bool {
        self.name == id || self.everywhere == id
    }

    fn tags(&self) -> &Tags {
        &NO_TAGS
    }

    fn find(_: &State, caller: &Caller, _: SystemTime, _: &Wanted) -> Vec<Self> {
        let zones = zones::all_of(&caller.region, &caller.account).into_iter();
        zones
            .map(|(name, id)| Self {
                region: caller.region.clone(),
                name: name.to_string(),
                everywhere: id.to_string(),
            })
            .collect()
    }

    fn fields(&self) -> Vec<Element> {
        vec![
            Element::text("zoneName", &self.name),
            Element::text("zoneId", &self.everywhere),
            Element::text("zoneState", "available"),
            Element::text("zoneType", "availability-zone"),
            Element::text("regionName", &self.region),
            Element::text("groupName", format!("{}-zg-1", self.region)),
            Element::text("networkBorderGroup", &self.region),
            Element::text("optInStatus", NO_OPT_IN),
            Element::texts("messageSet", Vec::<String>::new()),
        ]
    }
}
