//! The connection, up to where both clouds call it active.

use super::Planner;
use crate::peering::action::{Action, request};
use crate::peering::commands;
use crate::peering::spec::PeeringChoice;
use crate::peering::states::{self, Stage, stage};
use crate::peering::steps::Kind;
use crate::provider::PeeringConnection;
use crate::reconcile::ownership::Claim;
use crate::reconcile::{Need, Progress, Usual};

/// A deleted connection is gone at once, one between two regions after a minute or more.
pub(in crate::peering) const GONE_USUALLY: Usual = Usual::secs(5, 120);

impl Planner<'_> {
    pub(super) fn connection(&mut self) {
        let (spec, seen) = (self.spec, self.seen);
        let connection = seen.connection(spec);
        self.make(connection);
        let id = connection.map_or_else(|| "the request".to_owned(), |it| it.id.to_string());
        self.plan.wait(
            Kind::AwaitRequested,
            format!("AWS passes {id} on"),
            None,
            states::requested(spec, connection),
        );
        self.plan.wait(
            Kind::AwaitListed,
            format!("Heroku lists {id}"),
            Some(self.cli.peerings()),
            states::listed(spec, seen, connection),
        );
        let gate = self.plan.is_open();
        self.plan.act(
            gate,
            Kind::Accept,
            "",
            format!("accept {id} for space {}", spec.space),
            Some(self.cli.accept()),
            self.acceptance(connection),
        );
        let id = connection.map_or_else(|| "the connection".to_owned(), |it| it.id.to_string());
        self.plan.wait(
            Kind::AwaitActive,
            format!("AWS calls {id} active"),
            Some(self.cli.describe()),
            states::active(spec, seen, connection),
        );
        self.plan.wait(
            Kind::AwaitActiveOnHeroku,
            format!("Heroku calls {id} active"),
            Some(self.cli.peerings()),
            states::active_on_heroku(spec, seen, connection),
        );
    }

    /// One connection of the link's own, where the spec names none.
    fn make(&mut self, connection: Option<&PeeringConnection>) {
        let (spec, seen) = (self.spec, self.seen);
        if let PeeringChoice::Existing(id) = &spec.peering {
            self.plan.note(format!("{id} is used as it is, and never deleted"));
            return;
        }
        if let Some(stranger) = seen.adoptable(spec) {
            let gate = self.plan.is_open();
            self.plan.act(
                gate,
                Kind::Adopt,
                "",
                format!("tag {} as the link's own, which a teardown deletes", stranger.id),
                Some(self.cli.ec2.tag(&stranger.id, &seen.tags(spec))),
                Need::Call(Action::Tag(stranger.id.clone(), seen.tags(spec))),
            );
            return;
        }
        if let Some(own) = connection.filter(|it| seen.claim(spec, it) == Claim::Unmarked) {
            let gate = self.plan.is_open();
            let owner = seen.owner(spec);
            self.plan.act(
                gate,
                Kind::Tag,
                "",
                format!("tag {} as made for space {}", own.id, owner.leads_to()),
                Some(self.cli.ec2.own(&own.id)),
                Need::Call(Action::Tag(own.id.clone(), owner.tags())),
            );
        }
        let going = seen.going(spec);
        if connection.is_none() && !going.is_empty() {
            self.plan.wait(
                Kind::FormerGone,
                "the former connection is gone".to_owned(),
                None,
                Progress::gone(&going, GONE_USUALLY, spec.deadlines.deletion),
            );
        }
        let request = request(spec, seen);
        let command = self.cli.request(request.as_ref());
        let need = match (connection, request) {
            (Some(_), _) => Need::Nothing,
            (None, Some(request)) => Need::Call(Action::Request(request)),
            (None, None) => Need::Unknown,
        };
        let gate = self.plan.is_open();
        let peer = commands::peer(seen.info.as_ref());
        self.plan.act(
            gate,
            Kind::Request,
            "",
            format!("peering connection of {} with {peer}", spec.vpc),
            Some(command),
            need,
        );
        // Never two of our own: AWS allows one, but promises so nowhere for requests.
        let gate = self.plan.is_open();
        for surplus in seen.owned(spec).into_iter().skip(1) {
            self.plan.act(
                gate,
                Kind::DeleteConnection,
                surplus.id.as_str(),
                format!("{} is one connection too many", surplus.id),
                Some(self.cli.delete(&surplus.id)),
                Need::Call(Action::DeleteConnection(surplus.id.clone())),
            );
        }
    }

    /// Accepted once both clouds wait for it. One that is past that was accepted, though Heroku's
    /// list may lag behind.
    fn acceptance(&self, connection: Option<&PeeringConnection>) -> Need<Action> {
        let Some(connection) = connection else {
            return Need::Unknown;
        };
        let listed = self.seen.listed(&connection.id).map(|peering| stage(&peering.status));
        match (stage(&connection.status), listed) {
            (Stage::Pending, Some(Stage::Pending)) => {
                Need::Call(Action::Accept(connection.id.clone()))
            }
            (Stage::Initiating, _) | (Stage::Pending, None | Some(Stage::Initiating)) => {
                Need::Unknown
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
