//! People at work.

use std::fmt::Display;

use heroku_data_link::model::{KeyState, LinkId, SecurityGroupId, VpcEndpointId};
use heroku_data_link::provider::Tags;
use heroku_data_link::reconcile::ownership::{LINK_TAG, owner};

use super::act::Act;
use super::blueprint::Blueprint;
use super::dice::Dice;
use super::watch::Touched;
use crate::setup_error::SetupError;
use crate::world::World;

/// How an act is taken back.
pub(crate) type Undo = Box<dyn Fn(&World) -> Result<(), SetupError> + Send + Sync>;

/// What a person has done.
pub(crate) struct Deed {
    /// As a sentence.
    pub(crate) told: String,
    /// What it was about: a blocker on its account names one of these.
    pub(crate) names: Vec<String>,
    pub(crate) undo: Option<Undo>,
    pub(crate) touched: Touched,
}

impl Deed {
    pub(super) fn new(told: impl Display, names: impl IntoIterator<Item = impl Display>) -> Self {
        Self {
            told: told.to_string(),
            names: names.into_iter().map(|name| name.to_string()).collect(),
            undo: None,
            touched: Touched::default(),
        }
    }

    pub(super) fn undone_by(
        self,
        undo: impl Fn(&World) -> Result<(), SetupError> + Send + Sync + 'static,
    ) -> Self {
        Self { undo: Some(Box::new(undo)), ..self }
    }
}

/// What a person knows who does something.
pub(crate) struct Scene<'a> {
    pub(super) world: &'a World,
    pub(super) link: &'a LinkId,
    pub(super) blueprint: &'a Blueprint,
    pub(super) dice: &'a mut Dice,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(
        world: &'a World,
        link: &'a LinkId,
        blueprint: &'a Blueprint,
        dice: &'a mut Dice,
    ) -> Self {
        Self { world, link, blueprint, dice }
    }

    /// Lets a person act, unless there is nothing to do it to.
    pub(crate) fn play(&mut self, act: Act) -> Option<Deed> {
        let now = self.world.now();
        let before = self.world.lock().state.ledger(now);
        let mut deed = self.perform(act)?;
        let mut inner = self.world.lock();
        let after = inner.state.ledger(now);
        if let Some(watch) = &mut inner.control.watch {
            deed.touched = watch.person_did((&before, &after), now);
        }
        Some(deed)
    }

    fn perform(&mut self, act: Act) -> Option<Deed> {
        match act {
            Act::DeleteEndpoint => self.delete_endpoint(),
            Act::StripEndpoint => self.endpoint().and_then(|it| self.strip(it)),
            Act::RetagEndpoint => self.endpoint().and_then(|it| self.give_away(it)),
            Act::MakeEndpoint => self.make_endpoint_alike(),
            Act::CopyTagsToEndpoint => self.make_endpoint_elsewhere(),
            Act::DeleteService => self.delete_service(),
            Act::StripGroup => self.group().and_then(|it| self.strip(it)),
            Act::RetagGroup => self.group().and_then(|it| self.give_away(it)),
            Act::MakeGroup => self.make_group_alike(),
            Act::CopyTagsToGroup => self.make_group_with_our_tags(),
            Act::ReferToGroup => self.refer_to_group(),
            Act::RemoveGroupRule => self.remove_rule_of_ours(),
            Act::RemoveRule => self.remove_rule_of_theirs(),
            Act::MakeRule => self.make_rule(),
            Act::DeletePeering => self.delete_peering(),
            Act::StripPeering => self.peering().and_then(|it| self.strip(it)),
            Act::RetagPeering => self.peering().and_then(|it| self.give_away(it)),
            Act::MakePeering => self.make_peering_alike(),
            Act::CopyTagsToPeering => self.make_peering_elsewhere(),
            Act::RemoveRoute => self.remove_route(),
            Act::LeadElsewhere => self.lead_elsewhere(),
            Act::RemoveAlias => self.remove_alias(),
            Act::PointAlias => self.point_alias(),
            Act::StripKey => self.key().and_then(|it| self.strip(it)),
            Act::RetagKey => self.key().and_then(|it| self.give_away(it)),
            Act::CopyTagsToKey => Some(self.make_key_with_our_tags()),
            Act::DisableKey => self.switch(&KeyState::Disabled),
            Act::EnableKey => self.switch(&KeyState::Enabled),
            Act::DeleteKey => self.switch(&KeyState::PendingDeletion),
            Act::StopRotation => self.stop_rotation(),
            Act::NarrowPolicy => self.narrow_policy(),
            Act::MakeAddon => self.make_addon_alike(),
            Act::UseKey => self.use_key(),
        }
    }

    /// The link's own endpoint, and its tags.
    pub(super) fn endpoint(&mut self) -> Option<(VpcEndpointId, Tags)> {
        let now = self.world.now();
        let inner = self.world.lock();
        let watch = inner.control.watch.as_ref()?;
        let own = inner.state.aws.endpoints.iter().filter_map(|(id, endpoint)| {
            let version = endpoint.history.at(now).filter(|version| version.is_live())?;
            let tags = &version.shape.tags;
            let is_own = owner(tags) == Some(self.link.as_str())
                && watch.is_own(format_args!("endpoint {id}"));
            is_own.then(|| (id.clone(), tags.clone()))
        });
        self.dice.pick(&own.collect::<Vec<_>>())
    }

    /// The link's own security group, and its tags.
    pub(super) fn group(&mut self) -> Option<(SecurityGroupId, Tags)> {
        let now = self.world.now();
        let inner = self.world.lock();
        let watch = inner.control.watch.as_ref()?;
        let own = inner.state.aws.groups.iter().filter_map(|(id, group)| {
            let tags = &group.history.at(now)?.tags;
            let is_own = owner(tags) == Some(self.link.as_str())
                && watch.is_own(format_args!("security group {id}"));
            is_own.then(|| (id.clone(), tags.as_ref().clone()))
        });
        self.dice.pick(&own.collect::<Vec<_>>())
    }

    /// Takes all tags away.
    fn strip(&self, (resource, former): (impl Display, Tags)) -> Option<Deed> {
        self.retag(&resource.to_string(), former, &Tags::new())
    }

    /// Puts the tag of another link in the place of ours.
    fn give_away(&self, (resource, former): (impl Display, Tags)) -> Option<Deed> {
        let mut tags = former.clone();
        tags.insert(LINK_TAG.to_owned(), "somebody-elses".to_owned());
        self.retag(&resource.to_string(), former, &tags)
    }

    fn retag(&self, resource: &str, former: Tags, tags: &Tags) -> Option<Deed> {
        self.world.replace_tags(resource, tags).ok()?;
        let deed = Deed::new(format!("gives {resource} the tags {tags:?}"), [resource]);
        let resource = resource.to_owned();
        Some(deed.undone_by(move |world| world.replace_tags(&resource, &former)))
    }
}
