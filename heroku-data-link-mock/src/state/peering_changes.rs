//! What happens to VPC peering connections that are there.

use std::time::SystemTime;

use heroku_data_link::model::{PeeringConnectionId, PeeringStatus};

use super::aws::{AwsState, Caller};
use super::peering::{PeeringRecord, Side};
use super::{Absent, Refusal, Reply, State};

impl AwsState {
    /// A connection that is described to the caller, and the side that it is on.
    pub(crate) fn peering(
        &self,
        caller: &Caller,
        id: &PeeringConnectionId,
        now: SystemTime,
    ) -> Reply<(&PeeringRecord, Side)> {
        self.peerings
            .get(id)
            .and_then(|record| Some((record, record.side_of(caller)?)))
            .filter(|(record, side)| record.end(*side).shown.at(now).is_some())
            .ok_or_else(|| no_peering(id))
    }

    /// Puts a connection in a status for ever, at both ends.
    pub(crate) fn force_peering(
        &mut self,
        id: &PeeringConnectionId,
        status: &PeeringStatus,
        now: SystemTime,
    ) {
        let Some(record) = self.peerings.get_mut(id) else { return };
        record.truth.set(now, status.clone());
        for side in Side::BOTH {
            let shown = &mut record.end_mut(side).shown;
            if let Some(mut forced) = shown.at(now).cloned() {
                forced.status = status.clone();
                forced.message = status.to_string();
                shown.set(now, forced);
            }
        }
    }
}

impl State {
    /// The accepter accepts what waits for it.
    pub(crate) fn accept(&mut self, now: SystemTime, id: &PeeringConnectionId) -> Reply<()> {
        let timings = self.timings;
        let record = self.aws.peerings.get_mut(id).ok_or_else(|| no_peering(id))?;
        check_pending(record, now)?;
        let active_at = now + timings.peering_provisioning;
        let way = [(now, PeeringStatus::Provisioning), (active_at, PeeringStatus::Active)];
        record.go(now, &way, Side::Accepter, &timings);
        Ok(())
    }

    /// The accepter rejects what waits for it.
    pub(crate) fn reject(&mut self, now: SystemTime, id: &PeeringConnectionId) -> Reply<()> {
        let timings = self.timings;
        let record = self.aws.peerings.get_mut(id).ok_or_else(|| no_peering(id))?;
        check_pending(record, now)?;
        record.go(now, &[(now, PeeringStatus::Rejected)], Side::Accepter, &timings);
        Ok(())
    }

    /// Switches the resolution of names at ends, each of which only its owner may.
    pub(crate) fn set_peering_dns(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        id: &PeeringConnectionId,
        ends: &[(Side, bool)],
    ) -> Reply<()> {
        let (record, _) = self.aws.peering(caller, id, now)?;
        for (side, on) in ends {
            let end = record.end(*side);
            if !end.is_of(caller) {
                return Err(Refusal::forbidden(format!(
                    "OperationNotPermitted: User ({}) cannot modify the {side} options of {id}",
                    caller.account
                )));
            }
            check_status(record, now, &[PeeringStatus::Active])?;
            let vpc = self.aws.vpcs.get(&end.vpc);
            if *on && vpc.is_some_and(|vpc| !vpc.dns_hostnames) {
                return Err(Refusal::conflict(format!(
                    "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled: of {}",
                    end.vpc
                )));
            }
        }
        if let Some(record) = self.aws.peerings.get_mut(id) {
            for (side, on) in ends {
                record.end_mut(*side).resolves_dns.set(now, *on);
            }
        }
        Ok(())
    }

    /// Accepts or rejects a request for a user of AWS, who has to own the VPC that is asked.
    pub(crate) fn answer_peering(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        id: &PeeringConnectionId,
        accept: bool,
    ) -> Reply<()> {
        let (record, _) = self.aws.peering(caller, id, now)?;
        let verb = if accept { "accept" } else { "reject" };
        if !record.accepter.is_of(caller) {
            return Err(Refusal::forbidden(format!(
                "OperationNotPermitted: User ({}) cannot {verb} peering {id}",
                caller.account
            )));
        }
        if accept { self.accept(now, id) } else { self.reject(now, id) }
    }

    /// Deletes a connection as EC2 does.
    pub(crate) fn delete_peering(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        id: &PeeringConnectionId,
        absent: Absent,
    ) -> Reply<()> {
        let Ok((record, side)) = self.aws.peering(caller, id, now) else {
            return absent.reply(|| no_peering(id));
        };
        if !record.is_live(now) {
            return absent.reply(|| wrong_status(record, now));
        }
        if side == Side::Accepter && record.is_request(now) {
            return Err(Refusal::forbidden(format!(
                "OperationNotPermitted: {} cannot delete {id} before it has accepted it",
                caller.account
            )));
        }
        self.end_peering(now, id, side)
    }

    /// Ends a live connection for one of its sides.
    pub(crate) fn end_peering(
        &mut self,
        now: SystemTime,
        id: &PeeringConnectionId,
        side: Side,
    ) -> Reply<()> {
        let timings = self.timings;
        let record = self.aws.peerings.get_mut(id).ok_or_else(|| no_peering(id))?;
        check_status(record, now, &[PeeringStatus::PendingAcceptance, PeeringStatus::Active])?;
        let was_active = record.truth.at(now) == Some(&PeeringStatus::Active);
        let mut way = Vec::new();
        let mut deleted_at = now;
        if was_active && record.is_between_regions() {
            way.push((now, PeeringStatus::Deleting));
            deleted_at = now + timings.peering_deletion;
        }
        way.push((deleted_at, PeeringStatus::Deleted));
        record.go(now, &way, side, &timings);
        Ok(())
    }
}

fn check_pending(record: &PeeringRecord, now: SystemTime) -> Reply<()> {
    check_status(record, now, &[PeeringStatus::PendingAcceptance])
}

fn check_status(record: &PeeringRecord, now: SystemTime, expected: &[PeeringStatus]) -> Reply<()> {
    let status = record.truth.at(now);
    if status.is_some_and(|status| expected.contains(status)) {
        return Ok(());
    }
    Err(wrong_status(record, now))
}

fn wrong_status(record: &PeeringRecord, now: SystemTime) -> Refusal {
    let status = record.truth.at(now).map_or("unknown", PeeringStatus::as_str);
    Refusal::conflict(format!(
        "InvalidStateTransition: Invalid state transition for {}, it is {status}",
        record.id
    ))
}

pub(crate) fn no_peering(id: &PeeringConnectionId) -> Refusal {
    Refusal::not_found(format!(
        "InvalidVpcPeeringConnectionID.NotFound: The vpcPeeringConnection ID '{id}' does not exist"
    ))
}
