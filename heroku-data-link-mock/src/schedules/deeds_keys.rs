//! What people do to keys, and to add-ons under them.

use std::sync::Arc;

use heroku_data_link::model::{AddonName, KeyAlias, KeyArn, KeyState};
use heroku_data_link::provider::Tags;
use heroku_data_link::reconcile::ownership::owner;

use super::deed::{Deed, Scene};
use crate::key_spec::console_policy;

impl Scene<'_> {
    pub(super) fn remove_alias(&mut self) -> Option<Deed> {
        let alias = self.dice.pick(&self.blueprint.aliases)?;
        let key = self.target_of(&alias)?;
        self.world.set_key_alias(&alias, None);
        let told = format!("deletes {alias}, which named {key}");
        let deed = Deed::new(told, [alias.as_str(), key.as_str()]);
        Some(deed.undone_by(move |world| {
            world.set_key_alias(&alias, Some(&key));
            Ok(())
        }))
    }

    pub(super) fn point_alias(&mut self) -> Option<Deed> {
        let alias = self.dice.pick(&self.blueprint.aliases)?;
        let former = self.target_of(&alias);
        let key = self.world.make_key(&Tags::new());
        self.world.set_key_alias(&alias, Some(&key));
        let told = format!("makes {key}, and lets {alias} name it");
        let deed = Deed::new(told, [alias.as_str(), key.as_str()]);
        Some(deed.undone_by(move |world| {
            world.set_key_alias(&alias, former.as_ref());
            Ok(())
        }))
    }

    pub(super) fn make_key_with_our_tags(&self) -> Deed {
        let key = self.world.make_key(&self.blueprint.tags);
        let deed = Deed::new(format!("makes {key} with the link's tags"), [&key]);
        deed.undone_by(move |world| world.replace_tags(key.as_str(), &Tags::new()))
    }

    pub(super) fn stop_rotation(&mut self) -> Option<Deed> {
        let (key, _) = self.key()?;
        self.world.set_key_rotation(&key, None).ok()?;
        Some(Deed::new(format!("switches the rotation of {key} off"), [key]))
    }

    pub(super) fn narrow_policy(&mut self) -> Option<Deed> {
        let key = self.any_key()?;
        let former = {
            let inner = self.world.lock();
            let record = inner.state.aws.kms.keys.get(&key)?;
            Arc::clone(&record.history.at(self.world.now())?.policy)
        };
        self.world.set_key_policy(&key, &console_policy(key.account(), None)).ok()?;
        let told = format!("takes Heroku out of the policy of {key}");
        let deed = Deed::new(told, self.key_and_addons(&key));
        Some(deed.undone_by(move |world| world.set_key_policy(&key, &former)))
    }

    pub(super) fn make_addon_alike(&mut self) -> Option<Deed> {
        let (app, name, plan) = self.dice.pick(&self.blueprint.addons)?;
        let made = self.world.make_addon(&app, &name, &plan, None).ok()?;
        let deed = Deed::new(format!("makes add-on {name} without a key"), [name]);
        Some(deed.undone_by(move |world| world.destroy_addon(made)))
    }

    pub(super) fn use_key(&mut self) -> Option<Deed> {
        let key = self.any_key()?;
        let (app, plan) = {
            let inner = self.world.lock();
            let mut addons = inner.state.heroku.addons.values();
            let under = addons.find(|addon| addon.life.key.as_ref() == Some(&key))?;
            (under.app.clone(), under.plan.clone())
        };
        let name: AddonName = format!("by-hand-{}", self.dice.below(1000)).parse().ok()?;
        let made = self.world.make_addon(&app, &name, &plan, Some(&key)).ok()?;
        let deed = Deed::new(format!("makes add-on {name} under {key}"), [name]);
        Some(deed.undone_by(move |world| world.destroy_addon(made)))
    }

    fn target_of(&self, alias: &KeyAlias) -> Option<KeyArn> {
        let now = self.world.now();
        let inner = self.world.lock();
        let caller = crate::world::default_caller();
        inner.state.aws.key_by_alias(&caller, alias, now).map(|key| key.arn)
    }

    /// The link's own key, and its tags.
    pub(super) fn key(&mut self) -> Option<(KeyArn, Tags)> {
        let now = self.world.now();
        let inner = self.world.lock();
        let watch = inner.control.watch.as_ref()?;
        let own = inner.state.aws.kms.keys.iter().filter_map(|(arn, key)| {
            let tags = &key.history.at(now)?.tags;
            let is_own =
                owner(tags) == Some(self.link.as_str()) && watch.is_own(format_args!("key {arn}"));
            is_own.then(|| (arn.clone(), tags.as_ref().clone()))
        });
        self.dice.pick(&own.collect::<Vec<_>>())
    }

    /// The link's own key, or one that an add-on is under.
    fn any_key(&mut self) -> Option<KeyArn> {
        let own = self.key().map(|(key, _)| key);
        own.or_else(|| {
            let inner = self.world.lock();
            let used = inner.state.heroku.addons.values().filter_map(|it| it.life.key.clone());
            self.dice.pick(&used.collect::<Vec<_>>())
        })
    }

    /// Without the key, Heroku gives up the add-on that it makes.
    fn key_and_addons(&self, key: &KeyArn) -> Vec<String> {
        let addons = self.blueprint.addons.iter().map(|(_, name, _)| name.to_string());
        addons.chain([key.to_string()]).collect()
    }

    pub(super) fn switch(&mut self, state: &KeyState) -> Option<Deed> {
        let key = self.any_key()?;
        let former = {
            let inner = self.world.lock();
            inner.state.aws.kms.keys.get(&key)?.history.at(self.world.now())?.state.clone()
        };
        if former == *state {
            return None;
        }
        self.world.set_key_state(&key, state).ok()?;
        let told = format!("puts {key} into the state {state}");
        let deed = Deed::new(told, self.key_and_addons(&key));
        Some(deed.undone_by(move |world| world.set_key_state(&key, &former)))
    }
}
