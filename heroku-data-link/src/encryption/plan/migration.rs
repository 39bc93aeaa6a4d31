//! The data of another add-on, and its place in the app.

use super::Planner;
use crate::encryption::spec::{CopyBy, Migration};
use crate::encryption::steps;
use crate::model::{AddonName, AddonState, AttachmentName, DataService};
use crate::provider::{Addon, AddonSource, AttachmentRequest, Call, HerokuCall};
use crate::reconcile::{Blocker, Code, Need, list};

impl Planner<'_> {
    /// What the add-on is made from; `None` while that is not known.
    pub(super) fn data(&self) -> Option<AddonSource> {
        let facts = self.facts;
        let Some(migration) = &facts.spec.migration else { return Some(AddonSource::Empty) };
        let source = facts.source?;
        match (facts.spec.plan.service()?, migration.copy) {
            (DataService::KeyValueStore, _) => {
                let attachment = facts.seen.attached(source).next()?;
                Some(AddonSource::ForkOfUrl(attachment.name.clone()))
            }
            (DataService::Postgres, CopyBy::Fork) => Some(AddonSource::ForkOf(source.name.clone())),
            (DataService::Postgres, CopyBy::Follower) => {
                Some(AddonSource::FollowerOf(source.name.clone()))
            }
            (DataService::Kafka, _) => None,
        }
    }

    pub(super) fn check_source(&mut self, migration: &Migration) {
        let sentence = match self.facts.source {
            Some(source) => format!("{} is {}, and can be copied", source.name, source.plan),
            None => format!("{} can be copied", migration.source),
        };
        let result = if self.facts.is_promoted {
            // The old add-on has had its use, and may be gone by now.
            Ok(())
        } else {
            self.source(migration).and_then(|source| self.place(source))
        };
        self.plan.check(steps::CHECK_SOURCE, sentence, result);
    }

    /// The one add-on that the data comes from.
    fn source(&self, migration: &Migration) -> Result<&Addon, Blocker> {
        let (spec, seen) = (self.facts.spec, self.facts.seen);
        let source = match seen.sources.as_slice() {
            [source] => source,
            [] => {
                return Err(Blocker::new(
                    Code::UnknownSource,
                    format!("{} is no add-on that these credentials can see", migration.source),
                    "check the name with `heroku addons --all`",
                ));
            }
            several => {
                let names = several.iter().map(|addon| format!("{} of {}", addon.name, addon.app));
                return Err(Blocker::new(
                    Code::AmbiguousSource,
                    format!("{} may mean {}", migration.source, list(names)),
                    "name the add-on by its own name or id",
                ));
            }
        };
        let name = &source.name;
        if *name == spec.addon {
            return Err(Blocker::new(
                Code::SourceIsTarget,
                format!("{name} cannot be a copy of itself"),
                "choose another name for the new add-on",
            ));
        }
        if source.plan.service() != spec.plan.service() {
            return Err(Blocker::new(
                Code::SourceOfAnotherService,
                format!(
                    "{name} is {}, which cannot become {}",
                    source.plan.service_slug(),
                    spec.plan.service_slug()
                ),
                "name an add-on of the same service",
            ));
        }
        match (spec.plan.service(), migration.copy) {
            (Some(DataService::Kafka), _) => {
                return Err(Blocker::new(
                    Code::NoForkOfKafka,
                    "Apache Kafka on Heroku can be neither forked nor followed",
                    "leave `migration` out to make an empty cluster under the key, copy the \
                     topics with a mirroring tool such as MirrorMaker 2, move consumers, then \
                     producers, and attach the new cluster as KAFKA",
                ));
            }
            (Some(DataService::KeyValueStore), CopyBy::Follower) => {
                return Err(Blocker::new(
                    Code::NoFollowerOfKeyValueStore,
                    "Key-Value Store has no followers",
                    "copy it by a fork",
                ));
            }
            (Some(DataService::KeyValueStore | DataService::Postgres) | None, _) => {}
        }
        if source.state != AddonState::Provisioned {
            return Err(Blocker::new(
                Code::SourceNotProvisioned,
                format!("{name} is {}", source.state),
                "wait until it is provisioned, or name another",
            ));
        }
        Ok(source)
    }

    /// The attachment to take over is the old add-on's, or the new one's already, or nobody's.
    fn place(&self, source: &Addon) -> Result<(), Blocker> {
        let (spec, seen) = (self.facts.spec, self.facts.seen);
        if seen.attached(source).next().is_none() {
            return Err(Blocker::new(
                Code::SourceNotAttached,
                format!("{} is not attached to app {}", source.name, spec.app),
                "name the app that uses it, or attach it there",
            ));
        }
        let Some((target, kept)) = &self.facts.places else { return Ok(()) };
        let holder = seen.attachment(target);
        if let Some(holder) = holder {
            let is_new = seen.addon.as_ref().is_some_and(|addon| addon.id == holder.addon);
            if !is_new && holder.addon != source.id {
                return Err(Blocker::new(
                    Code::AttachmentOfAnotherAddon,
                    format!("{target} of app {} is {}", spec.app, holder.addon_name),
                    "name the attachment to take over, with `promote-as`",
                ));
            }
            if let Some(namespace) = &holder.namespace {
                return Err(Blocker::new(
                    Code::AttachmentOfACredential,
                    format!("{target} of app {} is {namespace} of {}", spec.app, holder.addon_name),
                    "promote by hand: the new add-on has no such credential yet",
                ));
            }
        }
        match seen.attachment(kept) {
            Some(other) if other.addon != source.id => Err(Blocker::new(
                Code::AttachmentNameTaken,
                format!("{kept} of app {} is {}", spec.app, other.addon_name),
                format!(
                    "name another attachment for {}, with `keep-as`, so that it keeps one",
                    source.name
                ),
            )),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn migration(&mut self) {
        let facts = self.facts;
        let (spec, seen) = (facts.spec, facts.seen);
        let Some(migration) = &spec.migration else { return };
        if spec.plan.service() == Some(DataService::Kafka) {
            // Refused by the checks, and done by hand.
            return;
        }
        let Some((target, kept)) = &facts.places else { return };
        if migration.hold {
            self.plan.note(format!(
                "{target} stays with the old add-on: run again without `hold` to promote {}",
                spec.addon
            ));
            return;
        }
        if migration.copy == CopyBy::Follower {
            self.unfollow();
        }
        self.keep(target, kept);
        self.promote(target);
        let source =
            facts.source.map_or_else(|| migration.source.to_string(), |s| s.name.to_string());
        self.plan.note(format!(
            "what is written to {source} after it was copied and before {target} changes hands may \
             not be in {}: put the app into maintenance mode for that time",
            spec.addon
        ));
        self.plan.note(format!("{source} stays as it is, and costs money until it is destroyed"));
        let others: Vec<_> = seen
            .attachments
            .iter()
            .filter(|it| facts.source.is_some_and(|source| source.id == it.addon))
            .filter(|it| it.name != *target && it.name != *kept)
            .map(|it| &it.name)
            .collect();
        if !others.is_empty() {
            self.plan.note(format!("{} stay with {source}", list(others)));
        }
    }

    fn unfollow(&mut self) {
        let (spec, seen) = (self.facts.spec, self.facts.seen);
        let (app, name, addon) = (spec.app.clone(), spec.addon.clone(), seen.addon.clone());
        let call = HerokuCall::Unfollow { app, name, addon }.into();
        let need = match self.facts.service {
            Some(info) if info.following.is_some() => Need::Call(call),
            Some(_) => Need::Nothing,
            None => Need::Incomplete(call),
        };
        let sentence = format!("{} follows nothing any more, and can be written to", spec.addon);
        self.plan.act(steps::UNFOLLOW, sentence, need);
    }

    /// An add-on that loses its last attachment is lost from sight, and its data with it. So the
    /// old one gets another before the promoted one changes hands; what PrivateLink adds to the
    /// app's config variables has no part in this.
    fn keep(&mut self, target: &AttachmentName, kept: &AttachmentName) {
        let facts = self.facts;
        let source = facts.source.map(|source| source.name.clone());
        let name = source.as_ref().map_or("the old add-on", AsRef::as_ref);
        let sentence = format!("{name} has an attachment besides {target}");
        let call = self.attach(source, kept, false);
        let need = match facts.source {
            _ if facts.is_promoted => Need::Nothing,
            None => Need::Incomplete(call),
            Some(source) if facts.seen.attached(source).any(|it| it.name != *target) => {
                Need::Nothing
            }
            Some(_) => Need::Call(call),
        };
        self.plan.act(steps::KEEP, sentence, need);
    }

    fn promote(&mut self, target: &AttachmentName) {
        let spec = self.facts.spec;
        let call = self.attach(Some(spec.addon.clone()), target, true);
        let need = match self.facts.living_addon {
            _ if self.facts.is_promoted => Need::Nothing,
            Some(_) => Need::Call(call),
            None => Need::Incomplete(call),
        };
        let sentence =
            format!("{target} of app {} is {}, and the app restarts", spec.app, spec.addon);
        self.plan.act(steps::PROMOTE, sentence, need);
    }

    fn attach(&self, addon: Option<AddonName>, name: &AttachmentName, replace: bool) -> Call {
        let (app, name) = (self.facts.spec.app.clone(), name.clone());
        HerokuCall::Attach(AttachmentRequest { app, addon, name, replace }).into()
    }
}
