//! How VPC peering connections come into being.

use std::time::SystemTime;

use heroku_data_link::model::{PeeringConnectionId, PeeringStatus};
use heroku_data_link::provider::{NewPeeringConnection, Tags};

use super::aws::{Caller, VpcRecord, index};
use super::peering::{End, PeeringRecord, Side};
use super::tags::check_tags;
use super::{Refusal, Reply, State};
use crate::history::History;

impl State {
    pub(crate) fn create_peering(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        new: &NewPeeringConnection,
    ) -> Reply<PeeringConnectionId> {
        check_tags(&new.tags)?;
        self.aws.known_vpc(caller, &new.vpc)?.check_owner(caller)?;
        self.check_pair(new, now)?;
        self.check_peering_limits(caller, new, now)?;
        Ok(self.plant_peering_request(caller, now, new))
    }

    fn check_pair(&self, new: &NewPeeringConnection, now: SystemTime) -> Reply<()> {
        let mut same = self
            .aws
            .peerings_of(&new.vpc)
            .filter(|other| other.is_live(now) && other.joins(&new.vpc, &new.peer_vpc));
        let Some(taken) = same.next() else { return Ok(()) };
        Err(Refusal::conflict(format!(
            "VpcPeeringConnectionAlreadyExists: {} joins {} and {}",
            taken.id, new.vpc, new.peer_vpc
        )))
    }

    fn check_peering_limits(
        &self,
        caller: &Caller,
        new: &NewPeeringConnection,
        now: SystemTime,
    ) -> Reply<()> {
        let live = self.aws.peerings_of(&new.vpc).filter(|peering| peering.is_live(now)).count();
        if live >= self.limits.peerings_per_vpc {
            return Err(Refusal::quota(format!(
                "VpcPeeringConnectionsPerVpcLimitExceeded: VPC {} has {live} peering connections",
                new.vpc
            )));
        }
        let own = |peering: &&PeeringRecord| peering.side_of(caller) == Some(Side::Requester);
        let requests = self.aws.peerings.values().filter(own);
        let open = requests.filter(|peering| peering.is_request(now)).count();
        if open >= self.limits.peering_requests {
            return Err(Refusal::quota(format!(
                "OutstandingVpcPeeringConnectionLimitExceeded: {open} requests are not accepted yet"
            )));
        }
        Ok(())
    }

    /// The VPC that is asked, if there is one of this id, account and region.
    fn peer(&self, new: &NewPeeringConnection) -> Option<&VpcRecord> {
        let record = self.aws.vpcs.get(&new.peer_vpc)?;
        let meant = record.vpc.owner == new.peer_account && record.region == new.peer_region;
        meant.then_some(record)
    }

    /// A request, without checks.
    pub(crate) fn plant_peering_request(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        new: &NewPeeringConnection,
    ) -> PeeringConnectionId {
        let timings = self.timings;
        let mut record = self.new_peering(caller, now, new);
        let own = self.aws.vpcs.get(&new.vpc);
        let peer = self
            .peer(new)
            .filter(|peer| own.is_some_and(|own| !own.vpc.cidrs.overlaps(&peer.vpc.cidrs)));
        let looked_at = now + timings.peering_initiation;
        let mut way = vec![(now, PeeringStatus::InitiatingRequest)];
        if peer.is_some() {
            way.push((looked_at, PeeringStatus::PendingAcceptance));
            way.push((record.expires, PeeringStatus::Expired));
        } else {
            way.push((looked_at, PeeringStatus::Failed));
        }
        record.go(now, &way, Side::Requester, &timings);
        self.keep_peering(record, &new.tags)
    }

    /// A connection that has been active since `from`, without checks.
    pub(crate) fn plant_active_peering(
        &mut self,
        caller: &Caller,
        from: SystemTime,
        new: &NewPeeringConnection,
    ) -> PeeringConnectionId {
        let timings = self.timings;
        let mut record = self.new_peering(caller, from, new);
        record.go(from, &[(from, PeeringStatus::Active)], Side::Requester, &timings);
        self.keep_peering(record, &new.tags)
    }

    fn new_peering(
        &mut self,
        caller: &Caller,
        from: SystemTime,
        new: &NewPeeringConnection,
    ) -> PeeringRecord {
        let Caller { account, region } = caller;
        PeeringRecord {
            id: self.ids.peering(),
            requester: End::new(&new.vpc, account, region, from, &new.tags),
            accepter: End::new(
                &new.peer_vpc,
                &new.peer_account,
                &new.peer_region,
                from,
                &Tags::new(),
            ),
            of_space: self.heroku.is_space_vpc(&new.peer_vpc),
            expires: from + self.timings.peering_request_life,
            truth: History::empty(),
        }
    }

    fn keep_peering(&mut self, record: PeeringRecord, tags: &Tags) -> PeeringConnectionId {
        let id = record.id.clone();
        index(&mut self.aws.tagged_peerings, tags, &id);
        for side in Side::BOTH {
            if let Some(vpc) = self.aws.vpcs.get_mut(&record.end(side).vpc) {
                vpc.peerings.push(id.clone());
            }
        }
        self.aws.peerings.insert(id.clone(), record);
        id
    }
}
