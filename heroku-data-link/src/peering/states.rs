//! What the states of a connection mean, on both clouds.

use super::facts::Facts;
use super::snapshot::Snapshot;
use crate::model::{AccountId, AwsRegion, PeeringStatus, PeeringType, VpcId};
use crate::provider::{Peering, PeeringConnection};
use crate::reconcile::{Blocker, Code, Progress, Usual, timestamp};

/// AWS passes a request on within seconds.
const REQUESTED_USUALLY: Usual = Usual::secs(2, 30);
/// Heroku lists a request 1 to 3 minutes after it was made (the Terraform provider for Heroku).
const LISTED_USUALLY: Usual = Usual::secs(60, 180);
/// An accepted connection is active within minutes; the Terraform provider for Heroku waits 20.
pub(super) const ACTIVE_USUALLY: Usual = Usual::secs(60, 300);

/// Where a connection is on its way, in the words of either cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Active,
    /// Accepted, and being made.
    Provisioning,
    /// Waits to be accepted.
    Pending,
    /// Not passed on yet.
    Initiating,
    /// A word that this version does not know.
    Unknown,
    /// It will never work, or never again.
    Ended(End),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Failed,
    Expired,
    Rejected,
    /// Gone, or going.
    Deleted,
}

impl End {
    /// The code of the blocker.
    fn code(self) -> Code {
        match self {
            Self::Failed => Code::PeeringFailed,
            Self::Expired => Code::PeeringExpired,
            Self::Rejected => Code::PeeringRejected,
            Self::Deleted => Code::PeeringDeleted,
        }
    }
}

pub(super) fn stage(status: &PeeringStatus) -> Stage {
    match status {
        PeeringStatus::InitiatingRequest => Stage::Initiating,
        PeeringStatus::PendingAcceptance => Stage::Pending,
        PeeringStatus::Pending | PeeringStatus::Provisioning => Stage::Provisioning,
        PeeringStatus::Active => Stage::Active,
        PeeringStatus::Failed => Stage::Ended(End::Failed),
        PeeringStatus::Expired => Stage::Ended(End::Expired),
        PeeringStatus::Rejected => Stage::Ended(End::Rejected),
        PeeringStatus::Deleting | PeeringStatus::Deleted => Stage::Ended(End::Deleted),
        PeeringStatus::Other(_) => Stage::Unknown,
    }
}

/// When a request lapses, where a cloud says so.
fn expiry(connection: &PeeringConnection, listed: Option<&Peering>) -> String {
    let told = connection.expires.map(timestamp).or_else(|| listed?.expires.clone());
    told.map(|time| format!("; the request expires at {time}")).unwrap_or_default()
}

/// Whether AWS has passed the request on.
pub(super) fn requested(connection: Option<&PeeringConnection>) -> Progress {
    match connection.map(|connection| (connection, stage(&connection.status))) {
        None => Progress::Later(REQUESTED_USUALLY),
        Some((connection, Stage::Initiating)) => Progress::waiting(
            format!("AWS to pass {} on, which is {}", connection.id, connection.status),
            REQUESTED_USUALLY,
        ),
        // How else it stands is told where AWS is to call it active.
        Some(_) => Progress::Done,
    }
}

/// Whether Heroku lists the connection, as one that a customer may have.
pub(super) fn listed(facts: &Facts<'_>, connection: Option<&PeeringConnection>) -> Progress {
    let Some(connection) = connection else {
        return Progress::NotStarted;
    };
    // Told where AWS is to call it active.
    if matches!(stage(&connection.status), Stage::Ended(_)) {
        return Progress::NotStarted;
    }
    let Some(peering) = facts.listed(&connection.id) else {
        return Progress::waiting(
            format!("Heroku to list {}{}", connection.id, expiry(connection, None)),
            LISTED_USUALLY,
        );
    };
    match &peering.kind {
        // A request that was not accepted yet has no type of its own.
        PeeringType::CustomerManaged | PeeringType::Unknown => Progress::Done,
        PeeringType::HerokuManaged | PeeringType::Other(_) => Progress::Blocked(Blocker::new(
            Code::PeeringOfHeroku,
            format!("{} is {}, and Heroku's own to manage", connection.id, peering.kind),
            "name a connection of your own, or let the link make one",
        )),
    }
}

/// Whether AWS calls the connection active.
pub(super) fn active(facts: &Facts<'_>, connection: Option<&PeeringConnection>) -> Progress {
    let Some(connection) = connection else {
        return Progress::NotStarted;
    };
    let listed = facts.listed(&connection.id);
    match stage(&connection.status) {
        Stage::Active => Progress::Done,
        Stage::Initiating | Stage::Pending | Stage::Provisioning => Progress::waiting(
            format!(
                "AWS to call {} active, which is {}{}",
                connection.id,
                connection.status,
                expiry(connection, listed)
            ),
            ACTIVE_USUALLY,
        ),
        Stage::Unknown => Progress::Blocked(Blocker::new(
            Code::PeeringState,
            format!("AWS says that {} is {}", connection.id, connection.status),
            "look at the connection in the AWS console",
        )),
        Stage::Ended(_) => dead(facts, connection).map_or(Progress::NotStarted, Progress::Blocked),
    }
}

/// Whether Heroku calls the connection active.
pub(super) fn active_on_heroku(
    facts: &Facts<'_>,
    connection: Option<&PeeringConnection>,
) -> Progress {
    let Some((id, peering)) = connection.and_then(|it| Some((&it.id, facts.listed(&it.id)?)))
    else {
        return Progress::NotStarted;
    };
    match stage(&peering.status) {
        Stage::Active => Progress::Done,
        // A word that is not known yet gets its time, and is shown.
        Stage::Initiating | Stage::Pending | Stage::Provisioning | Stage::Unknown => {
            Progress::waiting(
                format!("Heroku to call {id} active, which is {}", peering.status),
                ACTIVE_USUALLY,
            )
        }
        Stage::Ended(end) => Progress::Blocked(Blocker::new(
            end.code(),
            format!("Heroku says that {id} is {}", peering.status),
            "tear the link down and establish it again; should it end so again, open a support \
             ticket with Heroku",
        )),
    }
}

/// Why a connection will never work, if it will not, and what can be done about it.
///
/// The link's own that was deleted is simply made again; another one that was deleted is not.
pub(super) fn dead(facts: &Facts<'_>, connection: &PeeringConnection) -> Option<Blocker> {
    let Facts { spec, seen, .. } = *facts;
    let Stage::Ended(end) = stage(&connection.status) else {
        return None;
    };
    let id = &connection.id;
    let again = if spec.owns_connection() {
        format!(
            "then add {id} to the spec's `replaces`, which lets a new request be made while AWS \
             still shows this one"
        )
    } else {
        "then make a new connection and name that in the spec".to_owned()
    };
    let reason = connection.message.as_deref().map(|m| format!(": {m}")).unwrap_or_default();
    let said = format!("AWS says that {id} is {}{reason}", connection.status);
    let (problem, remedy) = match end {
        End::Failed => {
            let problem = format!("{said}. {}", causes(seen, connection));
            (problem, format!("find out which it is and remove it; {again}"))
        }
        End::Expired => {
            let problem = format!("{said}: nobody accepted it within 7 days");
            (problem, format!("see why Heroku did not list or accept it; {again}"))
        }
        End::Rejected => {
            let problem = format!("{said}: whoever manages space {} refused it", spec.space);
            (problem, format!("ask them why; {again}"))
        }
        End::Deleted if spec.owns_connection() => return None,
        End::Deleted => (said, "make a new connection and name that in the spec".to_owned()),
    };
    Some(Blocker::new(end.code(), problem, remedy))
}

/// AWS has one message for four causes; here are the values that each of them is about.
fn causes(seen: &Snapshot, connection: &PeeringConnection) -> String {
    let end = &connection.accepter;
    let info = seen.info.as_ref();
    let unknown = "unknown";
    let account = end.account.as_ref().or_else(|| info?.account.as_ref());
    let vpc = end.vpc.as_ref().or_else(|| info?.vpc.as_ref());
    let region = end.region.as_ref().or_else(|| info?.region.as_ref());
    let theirs = if end.cidrs.is_empty() {
        info.and_then(|info| info.vpc_cidr).into_iter().collect()
    } else {
        end.cidrs.clone()
    };
    let ours = match &seen.vpc {
        Some(vpc) => vpc.cidrs.clone(),
        None => connection.requester.cidrs.clone(),
    };
    format!(
        "That one message stands for four causes: {} is not the account of the peer, {} is not \
         its VPC, {} is not its region, or the addresses {ours} overlap {theirs}",
        account.map_or(unknown, AccountId::as_str),
        vpc.map_or(unknown, VpcId::as_str),
        region.map_or(unknown, AwsRegion::as_str),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PeeringConnectionId;
    use crate::peering::spec::PeeringChoice;
    use crate::peering::spec::PeeringSpec;
    use crate::provider::{CallerIdentity, PeeringEnd, Tags};

    fn spec() -> PeeringSpec {
        PeeringSpec::new("demo".parse().unwrap(), "acme".parse().unwrap(), "vpc-1".parse().unwrap())
    }

    fn id() -> PeeringConnectionId {
        "pcx-1".parse().unwrap()
    }

    fn connection(status: &str) -> PeeringConnection {
        PeeringConnection {
            id: id(),
            status: status.into(),
            message: None,
            expires: None,
            requester: PeeringEnd::default(),
            accepter: PeeringEnd::default(),
            tags: Tags::new(),
        }
    }

    /// A world in which there is nothing but what Heroku lists.
    fn seen(kind: &str, status: &str) -> Snapshot {
        Snapshot {
            caller: CallerIdentity {
                account: "123456789101".parse().unwrap(),
                arn: "arn:aws:iam::123456789101:user/x".parse().unwrap(),
            },
            region: "us-east-1".parse().unwrap(),
            space: None,
            info: None,
            vpc: None,
            connections: Vec::new(),
            neighbours_read: false,
            peerings: vec![Peering {
                id: Some(id()),
                kind: kind.into(),
                status: status.into(),
                cidrs: [].into_iter().collect(),
                vpc: None,
                region: None,
                account: None,
                expires: Some("2019-02-11T05:46:14Z".to_owned()),
            }],
            tables: Vec::new(),
            subnets: Vec::new(),
            groups: Vec::new(),
        }
    }

    /// `done`, `later`, a blocker's code, or what is awaited.
    fn told(progress: Progress) -> String {
        match progress {
            Progress::Done => "done".to_owned(),
            Progress::NotStarted | Progress::Later(_) => "later".to_owned(),
            Progress::Blocked(blocker) => blocker.code.to_string(),
            Progress::Waiting(what, _) => what,
        }
    }

    #[test]
    fn what_is_herokus_own_is_never_touched() {
        for (kind, expected) in [
            ("unknown", "done"),
            ("customer-managed", "done"),
            ("heroku-managed", "peering-of-heroku"),
            ("heroku-redis", "peering-of-heroku"),
        ] {
            let seen = seen(kind, "pending-acceptance");
            let waiting = connection("pending-acceptance");
            assert_eq!(
                told(listed(&Facts::of(&spec(), &seen), Some(&waiting))),
                expected,
                "{kind}"
            );
        }
    }

    #[test]
    fn both_clouds_must_call_it_active_and_every_other_end_has_a_name() {
        let wait = "to call pcx-1 active, which is ";
        for (status, aws, heroku) in [
            ("active", "done", "done"),
            ("provisioning", wait, wait),
            ("pending-acceptance", wait, wait),
            ("failed", "peering-failed", "peering-failed"),
            ("expired", "peering-expired", "peering-expired"),
            ("rejected", "peering-rejected", "peering-rejected"),
            // The link's own that was deleted is made again.
            ("deleted", "later", "peering-deleted"),
            ("hibernating", "peering-state", wait),
        ] {
            let seen = seen("customer-managed", status);
            let connection = connection(status);
            let found = told(active(&Facts::of(&spec(), &seen), Some(&connection)));
            assert!(found.contains(aws), "{status}: {found}");
            let found = told(active_on_heroku(&Facts::of(&spec(), &seen), Some(&connection)));
            assert!(found.contains(heroku), "{status}: {found}");
        }
        let found = told(active(
            &Facts::of(&spec(), &seen("unknown", "pending-acceptance")),
            Some(&connection("pending-acceptance")),
        ));
        assert!(found.ends_with("expires at 2019-02-11T05:46:14Z"), "{found}");
    }

    #[test]
    fn a_named_connection_that_was_deleted_is_not_made_again() {
        let mut spec = spec();
        spec.peering = PeeringChoice::Existing(id());
        let seen = seen("customer-managed", "deleted");
        let blocker = dead(&Facts::of(&spec, &seen), &connection("deleted")).unwrap();
        assert_eq!(blocker.code, "peering-deleted");
        let blocker = dead(&Facts::of(&spec, &seen), &connection("failed")).unwrap();
        assert!(!blocker.remedy.contains("replaces"), "{blocker}");
    }
}
