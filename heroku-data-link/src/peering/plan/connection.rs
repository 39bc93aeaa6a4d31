//! The connection, up to where both clouds call it active.

use super::traffic::wanted_record;
use super::{Planner, peer};
use crate::model::PeeringConnectionId;
use crate::peering::commands;
use crate::peering::facts::Facts;
use crate::peering::spec::{PeeringChoice, PeeringSpec};
use crate::peering::states::{self, Stage, stage};
use crate::peering::steps;
use crate::provider::{Ec2Call, Ec2Resource, HerokuCall, PeeringRequest, Tags};
use crate::reconcile::ownership::{self, Claim};
use crate::reconcile::{Need, Progress, StepKind, Usual};

/// What AWS calls a connection that is gone.
pub(in crate::peering) const GONE: [&str; 1] = ["deleted"];
/// A deleted connection is gone at once, one between two regions after a minute or more.
pub(in crate::peering) const GONE_USUALLY: Usual = Usual::secs(5, 120);

impl Planner<'_> {
    pub(super) fn connection(&mut self) {
        let facts = self.facts;
        let Facts { spec, seen, connection, .. } = *facts;
        self.make();
        // What follows an adoption is shown before it.
        let known = connection.or(facts.adoptable).map(|it| &it.id);
        let deadlines = &spec.deadlines;
        let id = connection.map_or_else(|| "the request".to_owned(), |it| it.id.to_string());
        self.plan.wait(
            steps::AWAIT_REQUESTED,
            format!("AWS passes {id} on"),
            None,
            commands::called(
                &seen.region,
                known,
                ["pending-acceptance", "provisioning", "active"],
                deadlines.request,
            ),
            states::requested(connection),
        );
        self.plan.wait(
            steps::AWAIT_LISTED,
            format!("Heroku lists {id}"),
            Some(commands::peerings(&spec.space)),
            commands::listed(
                &spec.space,
                known,
                ["pending-acceptance", "pending", "provisioning", "active"],
                deadlines.listing,
            ),
            states::listed(facts, connection),
        );
        let sentence = format!("accept {id} for space {}", spec.space);
        self.plan.act(steps::ACCEPT, sentence, self.acceptance());
        let id = connection.map_or_else(|| "the connection".to_owned(), |it| it.id.to_string());
        self.plan.wait(
            steps::AWAIT_ACTIVE,
            format!("AWS calls {id} active"),
            Some(commands::connection(&seen.region, connection.map(|it| &it.id))),
            commands::called(&seen.region, known, ["active"], deadlines.activation),
            states::active(facts, connection),
        );
        self.plan.wait(
            steps::AWAIT_ACTIVE_ON_HEROKU,
            format!("Heroku calls {id} active"),
            Some(commands::peerings(&spec.space)),
            commands::listed(&spec.space, known, ["active"], deadlines.activation),
            states::active_on_heroku(facts, connection),
        );
    }

    /// One connection of the link's own, where the spec names none.
    fn make(&mut self) {
        let facts = self.facts;
        let Facts { spec, seen, connection, .. } = *facts;
        if let PeeringChoice::Existing(id) = &spec.peering {
            self.plan.note(format!("{id} is used as it is, and never deleted"));
            return;
        }
        if let Some(adoptable) = facts.adoptable {
            let id = &adoptable.id;
            let sentence = format!("tag {id} as the link's own, which a teardown deletes");
            let tags = with_record(facts, facts.owner.tags());
            self.tag(steps::ADOPT, id, sentence, tags);
            return;
        }
        if let Some(own) = connection.filter(|it| facts.claim(it) == Claim::Unmarked) {
            let owner = &facts.owner;
            let sentence = format!("tag {} as made for space {}", own.id, owner.leads_to());
            self.tag(steps::TAG, &own.id, sentence, owner.tags());
        }
        if connection.is_none() && !facts.going.is_empty() {
            self.plan.wait(
                steps::FORMER_GONE,
                "the former connection is gone".to_owned(),
                None,
                commands::none_but(&seen.region, &facts.going, GONE, spec.deadlines.deletion),
                Progress::gone(&facts.going, GONE_USUALLY),
            );
        }
        let request = request(facts);
        let is_known = request.bind().is_ok();
        let call = self.plan.ec2(Ec2Call::CreatePeering(request));
        let need = match connection {
            Some(_) => Need::Nothing,
            None if is_known => Need::Call(call),
            None => Need::Incomplete(call),
        };
        let peer = peer(seen.info.as_ref());
        let sentence = format!("peering connection of {} with {peer}", spec.vpc);
        self.plan.act(steps::REQUEST, sentence, need);
        // Never two of our own: AWS allows one, but promises so nowhere for requests.
        let gate = self.plan.is_open();
        for surplus in facts.own_connections.iter().skip(1) {
            let id = &surplus.id;
            let call = self.plan.ec2(Ec2Call::DeletePeering { peering: id.clone() });
            self.plan.act_one(
                gate,
                steps::DELETE_CONNECTION,
                id.as_str(),
                format!("{id} is one connection too many"),
                Need::Call(call),
            );
        }
    }

    /// The spec's own tags, on a connection without them. Last, as nothing else needs them; one that
    /// is not marked as the link's own yet gets them with that.
    pub(super) fn tags(&mut self) {
        let facts = self.facts;
        let own = facts.connection.filter(|_| facts.spec.owns_connection());
        let Some(own) = own.filter(|it| facts.claim(it) == Claim::Own) else { return };
        let missing = facts.owner.missing_tags(&own.tags);
        if missing.is_empty() {
            return;
        }
        let sentence = ownership::as_specified(own.id.as_str(), &missing);
        match ownership::room_for(own.id.as_str(), &own.tags, &missing) {
            Err(blocker) => self.plan.check(steps::TAG, sentence, Err(blocker)),
            Ok(()) => self.tag(steps::TAG, &own.id, sentence, missing),
        }
    }

    /// Tags a connection, once everything before it is done.
    pub(super) fn tag(
        &mut self,
        kind: &StepKind<PeeringSpec>,
        id: &PeeringConnectionId,
        sentence: String,
        tags: Tags,
    ) {
        let resource = Ec2Resource::Peering(id.clone());
        let call = self.plan.ec2(Ec2Call::Tag { resource, tags });
        self.plan.act(kind, sentence, Need::Call(call));
    }

    /// Accepted once both clouds wait for it. One that is past that was accepted, though Heroku's
    /// list may lag behind.
    fn acceptance(&self) -> Need {
        let Facts { spec, connection, .. } = *self.facts;
        let call = HerokuCall::AcceptPeering {
            space: spec.space.clone(),
            peering: connection.map(|it| it.id.clone()),
        };
        let Some(connection) = connection else {
            return Need::Incomplete(call.into());
        };
        let listed = self.facts.listed(&connection.id).map(|peering| stage(&peering.status));
        match (stage(&connection.status), listed) {
            (Stage::Pending, Some(Stage::Pending)) => Need::Call(call.into()),
            (Stage::Initiating, _) | (Stage::Pending, None | Some(Stage::Initiating)) => {
                Need::Incomplete(call.into())
            }
            (
                Stage::Pending
                | Stage::Provisioning
                | Stage::Active
                | Stage::Unknown
                | Stage::Ended(_),
                _,
            ) => Need::Nothing,
        }
    }
}

/// The request for a connection, as far as Heroku has told whom to ask.
pub(in crate::peering) fn request(facts: &Facts<'_>) -> PeeringRequest {
    let info = facts.seen.info.as_ref();
    PeeringRequest {
        vpc: facts.spec.vpc.clone(),
        peer_vpc: info.and_then(|info| info.vpc.clone()),
        peer_account: info.and_then(|info| info.account.clone()),
        peer_region: info.and_then(|info| info.region.clone()),
        tags: with_record(facts, facts.owner.tags_of_new()),
    }
}

/// The tags, and those that say what of the routes and rules will be the link's: a connection of the
/// link's own begins with them.
fn with_record(facts: &Facts<'_>, mut tags: Tags) -> Tags {
    tags.extend(wanted_record(facts).tags());
    tags
}
