//! VPC peering connections: what they are, and how EC2 describes them.

use std::fmt;
use std::time::{Duration, SystemTime};

use heroku_data_link::model::{AccountId, AwsRegion, PeeringConnectionId, PeeringStatus, VpcId};
use heroku_data_link::provider::{PeeringConnection, PeeringEnd, PeeringQuery, Tags};
use heroku_data_link::reconcile::ownership::owner;

use super::aws::{AwsState, Caller, carries};
use crate::Timings;
use crate::history::History;

/// EC2's one text for a wrong VPC, account or region and for overlapping blocks.
pub(crate) const FAILURE: &str =
    "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range";

/// An end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The end that asked.
    Requester,
    /// The end that accepts.
    Accepter,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Requester, Self::Accepter];
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Requester => "requester",
            Self::Accepter => "accepter",
        })
    }
}

#[derive(Debug)]
pub(crate) struct PeeringRecord {
    pub(crate) id: PeeringConnectionId,
    pub(crate) requester: End,
    pub(crate) accepter: End,
    /// Whether the accepter's VPC is a space's: then its owner sees it through Heroku.
    pub(crate) of_space: bool,
    pub(crate) expires: SystemTime,
    /// What is so, whatever is shown.
    pub(crate) truth: History<PeeringStatus>,
}

/// One end: what it is, and what its owner sees.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) vpc: VpcId,
    pub(crate) account: AccountId,
    pub(crate) region: AwsRegion,
    pub(crate) shown: History<Shown>,
    /// Its own: the other end does not see them.
    pub(crate) tags: History<Tags>,
    pub(crate) resolves_dns: History<bool>,
}

/// What an end is told of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) status: PeeringStatus,
    pub(crate) message: String,
    /// Whether it was ever accepted: from then on each end knows the other.
    pub(crate) accepted: bool,
}

impl End {
    pub(crate) fn new(
        vpc: &VpcId,
        account: &AccountId,
        region: &AwsRegion,
        from: SystemTime,
        tags: &Tags,
    ) -> Self {
        Self {
            vpc: vpc.clone(),
            account: account.clone(),
            region: region.clone(),
            shown: History::empty(),
            tags: History::new(from, tags.clone()),
            resolves_dns: History::new(from, false),
        }
    }

    pub(crate) fn is_of(&self, caller: &Caller) -> bool {
        self.account == caller.account && self.region == caller.region
    }

    fn describe(&self, aws: &AwsState, known: bool) -> PeeringEnd {
        let vpc = aws.vpcs.get(&self.vpc).filter(|_| known);
        PeeringEnd {
            vpc: Some(self.vpc.clone()),
            account: Some(self.account.clone()),
            region: Some(self.region.clone()),
            cidrs: vpc.map(|record| record.vpc.cidrs.clone()).unwrap_or_default(),
        }
    }
}

impl PeeringRecord {
    /// How it comes to be, in one line, unless it comes to an end.
    pub(crate) fn fingerprint(&self, now: SystemTime) -> Option<String> {
        let status = self.comes_to(now).filter(|status| status.is_live())?;
        let (requester, accepter) = (&self.requester, &self.accepter);
        Some(format!(
            "of {} with {}, {status}, tags {:?} and {:?}, DNS {:?}",
            requester.vpc,
            accepter.vpc,
            requester.tags.last(),
            accepter.tags.last(),
            requester.resolves_dns.last()
        ))
    }

    pub(crate) fn end(&self, side: Side) -> &End {
        match side {
            Side::Requester => &self.requester,
            Side::Accepter => &self.accepter,
        }
    }

    pub(crate) fn end_mut(&mut self, side: Side) -> &mut End {
        match side {
            Side::Requester => &mut self.requester,
            Side::Accepter => &mut self.accepter,
        }
    }

    /// The side that a caller is on; the one that asked, if it is on both.
    pub(crate) fn side_of(&self, caller: &Caller) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| self.end(*side).is_of(caller))
    }

    pub(crate) fn is_between_regions(&self) -> bool {
        self.requester.region != self.accepter.region
    }

    pub(crate) fn joins(&self, one: &VpcId, other: &VpcId) -> bool {
        let (requester, accepter) = (&self.requester.vpc, &self.accepter.vpc);
        (requester == one && accepter == other) || (requester == other && accepter == one)
    }

    pub(crate) fn is_live(&self, at: SystemTime) -> bool {
        self.truth.at(at).is_some_and(PeeringStatus::is_live)
    }

    /// Whether it waits for somebody.
    pub(crate) fn is_request(&self, at: SystemTime) -> bool {
        let status = self.truth.at(at);
        let waits = [PeeringStatus::InitiatingRequest, PeeringStatus::PendingAcceptance];
        status.is_some_and(|status| waits.contains(status))
    }

    /// What it comes to if nobody touches it; a request is waited for, though it will expire.
    pub(crate) fn comes_to(&self, now: SystemTime) -> Option<&PeeringStatus> {
        match self.truth.last() {
            Some(PeeringStatus::Expired) if now < self.expires => {
                Some(&PeeringStatus::PendingAcceptance)
            }
            last => last,
        }
    }

    /// The link that made it.
    pub(crate) fn link(&self) -> Option<&str> {
        owner(self.requester.tags.last()?)
    }

    /// From now on it goes this way. Each end sees what the other one did, and what AWS did,
    /// later; and what has come to its end only for some time.
    pub(crate) fn go(
        &mut self,
        now: SystemTime,
        way: &[(SystemTime, PeeringStatus)],
        actor: Side,
        timings: &Timings,
    ) {
        let began = self.truth.at(now).is_some();
        self.truth.stay(now);
        for (time, status) in way {
            self.truth.schedule(*time, status.clone());
        }
        let accepted = self.requester.shown.last().is_some_and(|shown| shown.accepted);
        for side in Side::BOTH {
            let lags = Lags { side, actor, of_space: self.of_space, timings };
            let shown: Vec<(SystemTime, Shown)> = way
                .iter()
                .filter(|(_, status)| side == Side::Requester || !is_hidden(status))
                .map(|(time, status)| {
                    let accepted = accepted || is_accepted(status);
                    let message = self.message(status, actor);
                    let shown = Shown { status: status.clone(), message, accepted };
                    (*time + lags.of(status), shown)
                })
                .collect();
            let history = &mut self.end_mut(side).shown;
            history.stay(now);
            if began && history.at(now).is_none() {
                // It never hears of what ended before it was told.
                continue;
            }
            for (time, shown) in shown {
                let described = lags.described(&shown.status);
                history.schedule(time, shown);
                if let Some(described) = described {
                    history.end(time + described);
                }
            }
        }
    }

    fn message(&self, status: &PeeringStatus, actor: Side) -> String {
        let accepter = &self.accepter.account;
        match status {
            PeeringStatus::InitiatingRequest => format!("Initiating Request to {accepter}"),
            PeeringStatus::PendingAcceptance => format!("Pending Acceptance by {accepter}"),
            PeeringStatus::Failed => FAILURE.to_owned(),
            PeeringStatus::Deleted => format!("Deleted by {}", self.end(actor).account),
            PeeringStatus::Provisioning => "Provisioning".to_owned(),
            PeeringStatus::Active => "Active".to_owned(),
            PeeringStatus::Expired => "Expired".to_owned(),
            PeeringStatus::Rejected => "Rejected".to_owned(),
            PeeringStatus::Deleting => "Deleting".to_owned(),
            PeeringStatus::Pending | PeeringStatus::Other(_) => status.to_string(),
        }
    }

    fn matches(&self, query: &PeeringQuery, side: Side, at: SystemTime) -> bool {
        let (asked, accepts) = (&self.requester.vpc, &self.accepter.vpc);
        match query {
            PeeringQuery::Tagged(tag) => {
                self.end(side).tags.at(at).is_some_and(|tags| carries(tags, tag))
            }
            PeeringQuery::WithTag(key) => {
                self.end(side).tags.at(at).is_some_and(|tags| tags.contains_key(key))
            }
            PeeringQuery::OfVpc(vpc) => asked == vpc || accepts == vpc,
            PeeringQuery::Id(id) => self.id == *id,
        }
    }

    /// Whether the requester's and the accepter's end resolve names; nothing before it was accepted.
    pub(crate) fn resolves_dns(&self, side: Side, at: SystemTime) -> [Option<bool>; 2] {
        let accepted = self.end(side).shown.at(at).is_some_and(|shown| shown.accepted);
        Side::BOTH.map(|side| self.end(side).resolves_dns.at(at).copied().filter(|_| accepted))
    }

    pub(crate) fn describe(
        &self,
        aws: &AwsState,
        side: Side,
        at: SystemTime,
    ) -> Option<PeeringConnection> {
        let end = self.end(side);
        let Shown { status, message, accepted } = end.shown.at(at)?.clone();
        let knows_accepter = accepted || side == Side::Accepter;
        Some(PeeringConnection {
            id: self.id.clone(),
            status,
            message: Some(message),
            expires: (!accepted).then_some(self.expires),
            requester: self.requester.describe(aws, true),
            accepter: self.accepter.describe(aws, knows_accepter),
            tags: end.tags.at(at).cloned().unwrap_or_default(),
        })
    }
}

/// An accepter never hears of these.
fn is_hidden(status: &PeeringStatus) -> bool {
    matches!(status, PeeringStatus::InitiatingRequest | PeeringStatus::Failed)
}

fn is_accepted(status: &PeeringStatus) -> bool {
    matches!(status, PeeringStatus::Provisioning | PeeringStatus::Active)
}

/// How late, and for how long, one end sees what somebody did.
struct Lags<'a> {
    side: Side,
    actor: Side,
    of_space: bool,
    timings: &'a Timings,
}

impl Lags<'_> {
    fn of(&self, status: &PeeringStatus) -> Duration {
        // Nobody makes it active, and so nobody knows at once.
        if self.actor == self.side && *status != PeeringStatus::Active {
            return Duration::ZERO;
        }
        match (self.side, status) {
            (Side::Requester, _) => self.timings.peering_shown_by_aws,
            (Side::Accepter, _) if !self.of_space => Duration::ZERO,
            (Side::Accepter, PeeringStatus::PendingAcceptance) => self.timings.peering_listing,
            (Side::Accepter, _) => self.timings.peering_shown_by_heroku,
        }
    }

    fn described(&self, status: &PeeringStatus) -> Option<Duration> {
        let own = self.actor == self.side;
        match status {
            PeeringStatus::Failed => Some(self.timings.peering_failed_described),
            PeeringStatus::Rejected | PeeringStatus::Deleted if own => {
                Some(self.timings.peering_deleted_described)
            }
            PeeringStatus::Rejected | PeeringStatus::Deleted | PeeringStatus::Expired => {
                Some(self.timings.peering_ended_described)
            }
            PeeringStatus::InitiatingRequest
            | PeeringStatus::PendingAcceptance
            | PeeringStatus::Pending
            | PeeringStatus::Provisioning
            | PeeringStatus::Active
            | PeeringStatus::Deleting
            | PeeringStatus::Other(_) => None,
        }
    }
}

impl AwsState {
    pub(crate) fn peerings_of<'a>(
        &'a self,
        vpc: &VpcId,
    ) -> impl Iterator<Item = &'a PeeringRecord> + use<'a> {
        let ids = self.vpcs.get(vpc).map_or(&[][..], |record| &record.peerings);
        ids.iter().filter_map(|id| self.peerings.get(id))
    }

    pub(crate) fn peering_connections(
        &self,
        caller: &Caller,
        query: &PeeringQuery,
        at: SystemTime,
    ) -> Vec<PeeringConnection> {
        let get = |id| self.peerings.get(id);
        let found: Vec<&PeeringRecord> = match query {
            PeeringQuery::Tagged(tag) => {
                self.tagged_peerings.get(tag).into_iter().flatten().filter_map(get).collect()
            }
            PeeringQuery::WithTag(_) => self.peerings.values().collect(),
            PeeringQuery::OfVpc(vpc) => self.peerings_of(vpc).collect(),
            PeeringQuery::Id(id) => get(id).into_iter().collect(),
        };
        let describe = |record: &PeeringRecord| {
            let side = record.side_of(caller).filter(|side| record.matches(query, *side, at))?;
            record.describe(self, side, at)
        };
        found.into_iter().filter_map(describe).collect()
    }
}
