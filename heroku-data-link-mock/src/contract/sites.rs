//! What there is before a case begins.

use std::collections::BTreeSet;

use heroku_data_link::model::{
    AddonId, AppName, AwsPrincipal, EndpointServiceName, SubnetId, VpcId,
};

use super::Start;
use super::expect::{ok, value};
use crate::{AddonSpec, VpcSpec};

/// A space with an app and a Key-Value Store, attached as `REDIS`.
pub(super) struct Store {
    pub(super) app: AppName,
    pub(super) addon: AddonId,
}

impl Store {
    pub(super) fn new(start: &Start) -> Self {
        let world = &start.world;
        ok(world.add_space("acme", "virginia"));
        let app = ok(world.add_app("shop", Some("acme")));
        let spec = AddonSpec::new(&app, "redis-haiku-1", "heroku-redis:private-7");
        Self { addon: ok(world.add_addon(&spec)), app }
    }

    /// Its endpoint service, which the client's account can see.
    pub(super) fn service(&self, start: &Start) -> EndpointServiceName {
        ok(start.world.add_private_link(self.addon, &[start.account.as_str()]))
    }
}

/// A VPC of the client's account, `10.20.0.0/16` and `10.21.0.0/16`, with six subnets: in
/// us-east-1 each in another zone, and the service of a [`Store`] is offered in the first three.
pub(super) struct Network {
    pub(super) vpc: VpcId,
    pub(super) subnets: Vec<SubnetId>,
}

impl Network {
    pub(super) fn new(start: &Start) -> Self {
        let world = &start.world;
        let spec = VpcSpec::new(["10.20.0.0/16", "10.21.0.0/16"]);
        let spec = spec.in_account(&start.account).in_region(&start.region);
        let vpc = ok(world.add_vpc(&spec));
        // In us-east-1 as the account of `World::aws` calls the zones that Heroku calls a, b and c,
        // and others; most regions have three.
        let letters = if start.region.as_str() == "us-east-1" { "abfcde" } else { "abcabc" };
        let subnets = letters.chars().zip(1..).map(|(letter, number)| {
            let zone = format!("{}{letter}", start.region);
            ok(world.add_subnet(&vpc, zone, format!("10.20.{number}.0/24")))
        });
        Self { subnets: subnets.collect(), vpc }
    }
}

pub(super) fn principals<const N: usize>(texts: [&str; N]) -> BTreeSet<AwsPrincipal> {
    texts.into_iter().map(value).collect()
}
