//! Spaces' VPCs and their peerings, as Heroku shows them.

use std::time::{Duration, SystemTime};

use heroku_data_link::model::{
    Cidr, CidrSet, Generation, PeeringConnectionId, PeeringStatus, PeeringType, SpaceName, VpcId,
};
use heroku_data_link::provider::{Peering, PeeringInfo};

use super::addons::HerokuState;
use super::peering::{PeeringRecord, Side};
use super::peering_changes::no_peering;
use super::{Refusal, Reply, State};

/// The VPC of a space, in an AWS account of Heroku's.
#[derive(Debug)]
pub(crate) struct SpaceNetwork {
    pub(crate) vpc: VpcId,
    /// Where dynos live.
    pub(crate) dynos: CidrSet,
    pub(crate) unavailable: CidrSet,
    /// The block of the data services, to which Heroku has a peering of its own.
    pub(crate) data: Cidr,
    /// Whether peering info says whose VPC it is and where.
    pub(crate) tells_vpc: bool,
}

impl HerokuState {
    pub(crate) fn is_space_vpc(&self, vpc: &VpcId) -> bool {
        self.space_vpcs.contains(vpc)
    }
}

impl State {
    /// `None` for an unknown space, and for a Fir space, which has no VPC to peer with.
    pub(crate) fn peering_info(&self, space: &SpaceName) -> Option<PeeringInfo> {
        let network = self.heroku.networks.get(space)?;
        let record = self.aws.vpcs.get(&network.vpc)?;
        let told = Some(record).filter(|_| network.tells_vpc);
        Some(PeeringInfo {
            account: told.map(|record| record.vpc.owner.clone()),
            region: told.map(|record| record.region.clone()),
            vpc: told.map(|record| record.vpc.id.clone()),
            vpc_cidr: record.vpc.cidrs.iter().next().copied(),
            space_cidrs: network.dynos.clone(),
            unavailable_cidrs: network.unavailable.clone(),
        })
    }

    pub(crate) fn space_peerings(&self, space: &SpaceName, at: SystemTime) -> Vec<Peering> {
        let Some(network) = self.heroku.networks.get(space) else { return Vec::new() };
        let managed = Peering {
            // Heroku masks it, and what follows the blocks.
            id: None,
            kind: PeeringType::HerokuManaged,
            status: PeeringStatus::Active,
            cidrs: CidrSet::from_iter([network.data]),
            vpc: None,
            region: None,
            account: None,
            expires: None,
        };
        let customers = self.aws.peerings_of(&network.vpc);
        let customers = customers.filter(|record| record.accepter.vpc == network.vpc);
        customers.filter_map(|record| self.space_peering(record, at)).chain([managed]).collect()
    }

    fn space_peering(&self, record: &PeeringRecord, at: SystemTime) -> Option<Peering> {
        let shown = record.accepter.shown.at(at)?;
        let requester = &record.requester;
        let kind = if shown.accepted { PeeringType::CustomerManaged } else { PeeringType::Unknown };
        let vpc = self.aws.vpcs.get(&requester.vpc);
        let pending = shown.status == PeeringStatus::PendingAcceptance;
        Some(Peering {
            id: Some(record.id.clone()),
            kind,
            status: shown.status.clone(),
            cidrs: vpc.map(|record| record.vpc.cidrs.clone()).unwrap_or_default(),
            vpc: Some(requester.vpc.clone()),
            region: Some(requester.region.clone()),
            account: shown.accepted.then(|| requester.account.clone()),
            expires: pending.then(|| date_time(record.expires)),
        })
    }

    pub(crate) fn accept_peering(
        &mut self,
        now: SystemTime,
        space: &SpaceName,
        id: &PeeringConnectionId,
    ) -> Reply<()> {
        self.check_has_peerings(space)?;
        if self.listed(space, id, now).is_none() {
            return Err(no_peering(id));
        }
        self.accept(now, id)
    }

    /// Deletes a customer's peering. One that is dead already is no error.
    pub(crate) fn delete_space_peering(
        &mut self,
        now: SystemTime,
        space: &SpaceName,
        id: &PeeringConnectionId,
    ) -> Reply<()> {
        self.check_has_peerings(space)?;
        let record = self.listed(space, id, now).ok_or_else(|| no_peering(id))?;
        if !record.is_live(now) {
            return Ok(());
        }
        if record.is_request(now) {
            // AWS lets only the requester delete it.
            return self.reject(now, id);
        }
        self.end_peering(now, id, Side::Accepter)
    }

    /// A customer's peering of a space that Heroku knows of.
    fn listed(
        &self,
        space: &SpaceName,
        id: &PeeringConnectionId,
        now: SystemTime,
    ) -> Option<&PeeringRecord> {
        let network = self.heroku.networks.get(space)?;
        let record = self.aws.peerings.get(id)?;
        let here = record.accepter.vpc == network.vpc && record.accepter.shown.at(now).is_some();
        here.then_some(record)
    }

    fn check_has_peerings(&self, space: &SpaceName) -> Reply<()> {
        match self.heroku.spaces.get(space) {
            Some(found) if found.generation == Generation::Fir => {
                Err(Refusal::invalid(format!("space {space} is of Fir, which has no peerings")))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// As Heroku writes it: `2026-01-08T00:00:00Z`.
pub(crate) fn date_time(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (mut days, second) = (since / 86_400, since % 86_400);
    let mut year = 1970;
    while days >= days_of(year) {
        days -= days_of(year);
        year += 1;
    }
    let february = days_of(year) - 337;
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (day, hour, minute, second) = (days + 1, second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn days_of(year: u64) -> u64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if leap { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_heroku_does() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_799, "2000-02-29T23:59:59Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_549_863_974, "2019-02-11T05:46:14Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(date_time(time), expected);
        }
    }
}
