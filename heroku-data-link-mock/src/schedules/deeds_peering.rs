//! What people do to peering connections and routes.

use heroku_data_link::model::{Cidr, PeeringConnectionId, RouteTableId, VpcId};
use heroku_data_link::provider::Tags;
use heroku_data_link::reconcile::ownership::owner;

use super::deed::{Deed, Scene};
use crate::specs::VpcSpec;

/// Where people lead what the link needs.
const GATEWAY: &str = "tgw-0b1e5a7d3c9f2e481";

impl Scene<'_> {
    pub(super) fn delete_peering(&mut self) -> Option<Deed> {
        let (id, _) = self.peering()?;
        self.world.delete_peering(&id).ok()?;
        Some(Deed::new(format!("deletes {id}"), [id]))
    }

    pub(super) fn make_peering_alike(&mut self) -> Option<Deed> {
        let (vpc, peer) = self.dice.pick(&self.blueprint.peers)?;
        self.make_peering(&vpc, &peer, &Tags::new())
    }

    pub(super) fn make_peering_elsewhere(&mut self) -> Option<Deed> {
        let (vpc, _) = self.dice.pick(&self.blueprint.peers)?;
        let other = self.world.add_vpc(&VpcSpec::new(["192.168.0.0/16"])).ok()?;
        self.make_peering(&vpc, &other, &self.blueprint.tags)
    }

    pub(super) fn remove_route(&mut self) -> Option<Deed> {
        let (table, to, target) = self.route()?;
        self.world.set_route(&table, to, None).ok()?;
        let told = format!("deletes the route of {table} that leads {to} to {target}");
        Some(Deed::new(told, [table]))
    }

    pub(super) fn lead_elsewhere(&mut self) -> Option<Deed> {
        let (table, to) = self.dice.pick(&self.blueprint.routes)?;
        self.world.set_route(&table, to, Some(GATEWAY)).ok()?;
        let told = format!("lets {table} lead {to} to {GATEWAY}");
        let deed = Deed::new(told, [table.as_str(), GATEWAY]);
        Some(deed.undone_by(move |world| world.set_route(&table, to, None)))
    }

    /// The link's own connection, and its tags.
    pub(super) fn peering(&mut self) -> Option<(PeeringConnectionId, Tags)> {
        let now = self.world.now();
        let inner = self.world.lock();
        let watch = inner.control.watch.as_ref()?;
        let own = inner.state.aws.peerings.iter().filter_map(|(id, peering)| {
            let tags = peering.requester.tags.at(now)?;
            let is_own = owner(tags) == Some(self.link.as_str())
                && peering.is_live(now)
                && watch.is_own(format_args!("peering {id}"));
            is_own.then(|| (id.clone(), tags.clone()))
        });
        self.dice.pick(&own.collect::<Vec<_>>())
    }

    /// A route that the link made.
    fn route(&mut self) -> Option<(RouteTableId, Cidr, String)> {
        let now = self.world.now();
        let inner = self.world.lock();
        let watch = inner.control.watch.as_ref()?;
        let own = inner.state.aws.route_tables.iter().flat_map(|(id, table)| {
            let routes = table
                .routes(now)
                .filter(move |(to, _)| watch.is_own(format_args!("route to {to} in {id}")));
            routes.map(move |(to, target)| (id.clone(), *to, target.to_string()))
        });
        self.dice.pick(&own.collect::<Vec<_>>())
    }

    fn make_peering(&self, vpc: &VpcId, peer: &VpcId, tags: &Tags) -> Option<Deed> {
        let pairs: Vec<(&str, &str)> =
            tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let made = self.world.add_peering_request(vpc, peer, &pairs).ok()?;
        let told = format!("asks for {made} from {vpc} to {peer} with the tags {tags:?}");
        let id = made.clone();
        Some(Deed::new(told, [made]).undone_by(move |world| world.delete_peering(&id)))
    }
}
