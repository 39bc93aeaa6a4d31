//! What people do to peering connections and routes.

use heroku_data_link::model::{Cidr, PeeringConnectionId, RouteTableId};
use heroku_data_link::provider::Tags;
use heroku_data_link::reconcile::ownership::owner;

use super::act::Act;
use super::deed::{Deed, Scene};

/// Where people lead what the link needs.
const GATEWAY: &str = "tgw-0b1e5a7d3c9f2e481";

impl Scene<'_> {
    pub(super) fn around_peerings(&mut self, act: Act) -> Option<Deed> {
        match act {
            Act::DeletePeering => {
                let (id, _) = self.peering()?;
                self.world.delete_peering(&id).ok()?;
                Some(Deed::new(format!("deletes {id}"), [id]))
            }
            Act::StripPeering => {
                let (id, former) = self.peering()?;
                self.retag(id.as_str(), former, &Tags::new())
            }
            Act::RetagPeering => {
                let (id, former) = self.peering()?;
                let tags = self.tags_of_another(&former);
                self.retag(id.as_str(), former, &tags)
            }
            Act::MakePeering => {
                let (vpc, peer) = self.dice.pick(&self.blueprint.peers)?;
                self.make_peering(&vpc, &peer, &Tags::new())
            }
            Act::CopyTagsToPeering => {
                let (vpc, peer) = self.dice.pick(&self.blueprint.peers)?;
                // The other way round: the space's own request would be to another VPC.
                let other = self.world.add_vpc(&crate::VpcSpec::new(["192.168.0.0/16"])).ok()?;
                let _ = peer;
                self.make_peering(&vpc, &other, &self.tags_of_ours())
            }
            Act::RemoveRoute => {
                let (table, to, target) = self.route()?;
                self.world.set_route(&table, to, None).ok()?;
                let told = format!("deletes the route of {table} that leads {to} to {target}");
                Some(Deed::new(told, [table]))
            }
            Act::LeadElsewhere => {
                let (table, to) = self.dice.pick(&self.blueprint.routes)?;
                self.world.set_route(&table, to, Some(GATEWAY)).ok()?;
                let told = format!("lets {table} lead {to} to {GATEWAY}");
                let deed = Deed::new(told, [table.to_string(), GATEWAY.to_owned()]);
                Some(deed.undone_by(move |world| world.set_route(&table, to, None)))
            }
            _ => None,
        }
    }

    /// The link's own connection, and its tags.
    fn peering(&mut self) -> Option<(PeeringConnectionId, Tags)> {
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
            let routes = table.routes(now).filter(move |(to, _)| {
                watch.is_own(format_args!("route to {to} in {id}"))
            });
            routes.map(move |(to, target)| (id.clone(), *to, target.to_string()))
        });
        self.dice.pick(&own.collect::<Vec<_>>())
    }

    fn make_peering(
        &mut self,
        vpc: &heroku_data_link::model::VpcId,
        peer: &heroku_data_link::model::VpcId,
        tags: &Tags,
    ) -> Option<Deed> {
        let pairs: Vec<(&str, &str)> =
            tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let made = self.world.add_peering_request(vpc, peer, &pairs).ok()?;
        let told = format!("asks for {made} from {vpc} to {peer} with the tags {tags:?}");
        let id = made.clone();
        Some(Deed::new(told, [made]).undone_by(move |world| world.delete_peering(&id)))
    }
}
