//! Spaces and peering connections that are there before the story begins, and what others do with
//! them later.

use std::fmt::Display;
use std::net::Ipv4Addr;
use std::time::SystemTime;

use heroku_data_link::model::{
    AccountId, Cidr, CidrSet, Generation, PeeringConnectionId, PeeringStatus, SpaceName, VpcId,
};
use heroku_data_link::provider::{NewPeeringConnection, Space};

use crate::setup::{ALWAYS, owned, owner, parse};
use crate::setup_error::SetupError;
use crate::space_spec::SpaceSpec;
use crate::state::named::{SPACE, id_of};
use crate::state::space_peerings::SpaceNetwork;
use crate::state::{Caller, State, known, zones};
use crate::world::World;

/// Heroku's account in the example of its API reference.
const SPACES_ACCOUNT: &str = "012345678900";
/// The size of the blocks that dynos live in.
const DYNO_PREFIX: u8 = 20;

impl World {
    /// A Private Space in one of Heroku's regions, such as `virginia`.
    ///
    /// # Errors
    /// When a text is malformed.
    pub fn add_space(&self, name: impl Display, region: impl Display) -> Result<(), SetupError> {
        self.add_space_of(&SpaceSpec::new(name, region)).map(|_| ())
    }

    /// A space of any kind.
    ///
    /// # Errors
    /// When a text is malformed, or Heroku has no such region.
    pub fn add_any_space(
        &self,
        name: impl Display,
        region: impl Display,
        shield: bool,
        generation: Generation,
    ) -> Result<(), SetupError> {
        let spec = SpaceSpec { shield, ..SpaceSpec::new(name, region).of_generation(generation) };
        self.add_space_of(&spec).map(|_| ())
    }

    /// A space with a network of its own.
    ///
    /// # Errors
    /// When a text is malformed, Heroku has no such region, or the id of the VPC is taken.
    pub fn add_space_of(&self, spec: &SpaceSpec) -> Result<SpaceName, SetupError> {
        let space = Space {
            id: Some(known(id_of(SPACE, &spec.name).parse())),
            name: parse(&spec.name)?,
            region: parse(&spec.region)?,
            shield: spec.shield,
            generation: spec.generation.clone(),
        };
        let name = space.name.clone();
        let region = zones::aws_region(&space.region)
            .ok_or_else(|| SetupError::unknown("region", &space.region))?;
        let account = spec.account.as_ref().map(parse::<AccountId>).transpose()?;
        let account = account.unwrap_or_else(|| known(SPACES_ACCOUNT.parse()));
        let fixed = spec.vpc.as_ref().map(parse::<VpcId>).transpose()?;
        let (cidr, data): (Cidr, Cidr) = (parse(&spec.cidr)?, parse(&spec.data_cidr)?);
        let mut dynos = blocks(&spec.dyno_cidrs)?;
        if dynos.is_empty() {
            dynos = dyno_blocks(cidr);
        }
        let mut unavailable = blocks(&spec.unavailable)?;
        unavailable.insert(data);
        let mut inner = self.lock();
        let state = &mut inner.state;
        if let Some(id) = fixed.as_ref().filter(|id| state.aws.vpcs.contains_key(*id)) {
            return Err(SetupError::taken("VPC id", id));
        }
        state.heroku.spaces.insert(name.clone(), space);
        if spec.generation != Generation::Fir {
            let vpc = fixed.unwrap_or_else(|| state.ids.space_vpc());
            let owner = Caller { account, region };
            state.plant_vpc(ALWAYS, &owner, &vpc, CidrSet::from_iter([cidr]), [].into());
            state.heroku.space_vpcs.insert(vpc.clone());
            let tells_vpc = spec.tells_vpc;
            let network = SpaceNetwork { vpc, dynos, unavailable, data, tells_vpc };
            state.heroku.networks.insert(name.clone(), network);
        }
        Ok(name)
    }

    /// The VPC of a space, in an account of Heroku's; `None` for a space of Fir, and without such
    /// a space.
    pub fn space_vpc(&self, space: &SpaceName) -> Option<VpcId> {
        self.lock().state.heroku.networks.get(space).map(|network| network.vpc.clone())
    }

    /// A peering connection of the first VPC to the second that has been active for long, and
    /// that its owner made by hand. Whatever the blocks of the two are.
    ///
    /// # Errors
    /// When there is no such VPC.
    pub fn add_peering(
        &self,
        vpc: &VpcId,
        peer: &VpcId,
        tags: &[(&str, &str)],
    ) -> Result<PeeringConnectionId, SetupError> {
        self.plant_peering(vpc, peer, tags, |state, caller, _, new| {
            state.plant_active_peering(caller, ALWAYS, new)
        })
    }

    /// A request of the first VPC to the second that its owner makes by hand, now.
    ///
    /// # Errors
    /// When there is no such VPC.
    pub fn add_peering_request(
        &self,
        vpc: &VpcId,
        peer: &VpcId,
        tags: &[(&str, &str)],
    ) -> Result<PeeringConnectionId, SetupError> {
        self.plant_peering(vpc, peer, tags, |state, caller, now, new| {
            state.plant_peering_request(caller, now, new)
        })
    }

    fn plant_peering(
        &self,
        vpc: &VpcId,
        peer: &VpcId,
        tags: &[(&str, &str)],
        plant: fn(&mut State, &Caller, SystemTime, &NewPeeringConnection) -> PeeringConnectionId,
    ) -> Result<PeeringConnectionId, SetupError> {
        let now = self.now();
        let mut inner = self.lock();
        let caller = owner(&inner.state.aws, vpc)?;
        let Caller { account, region } = owner(&inner.state.aws, peer)?;
        let new = NewPeeringConnection {
            vpc: vpc.clone(),
            peer_vpc: peer.clone(),
            peer_account: account,
            peer_region: region,
            tags: owned(tags),
        };
        Ok(plant(&mut inner.state, &caller, now, &new))
    }

    /// Whoever owns the VPC that is asked rejects a request that waits for it.
    ///
    /// # Errors
    /// When there is no such request.
    pub fn reject_peering(&self, peering: &PeeringConnectionId) -> Result<(), SetupError> {
        let now = self.now();
        let rejected = self.lock().state.reject(now, peering);
        rejected.map_err(|_| SetupError::unknown("pending request", peering))
    }

    /// Puts a peering connection in a status at both ends, for ever: what a cloud does without
    /// being asked. An end that sees nothing of it sees nothing of this.
    pub fn set_peering_status(&self, peering: &PeeringConnectionId, status: &PeeringStatus) {
        let now = self.now();
        self.lock().state.aws.force_peering(peering, status, now);
    }

    /// The id of the next peering connection; several calls queue up.
    pub fn fix_next_peering_id(&self, id: PeeringConnectionId) {
        self.lock().state.ids.fixed_peerings.push_back(id);
    }
}

fn blocks(texts: &[String]) -> Result<CidrSet, SetupError> {
    texts.iter().map(parse).collect()
}

/// Where dynos live in a space's block: its public and private subnets of two zones.
fn dyno_blocks(cidr: Cidr) -> CidrSet {
    let start = u32::from(cidr.first());
    let half = (u32::from(cidr.last()) - start) / 2 + 1;
    let size = 1 << (32 - DYNO_PREFIX);
    if half < 2 * size {
        return CidrSet::from_iter([cidr]);
    }
    let starts = [start, start + size, start + half, start + half + size];
    starts.into_iter().map(|at| known(Cidr::new(Ipv4Addr::from(at), DYNO_PREFIX))).collect()
}
