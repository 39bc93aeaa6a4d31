//! What people do to apps and add-ons beside links, by Heroku's API.

use std::time::SystemTime;

use heroku_data_link::model::{AddonId, AddonName, AppName, DataService, PlanName};

use super::config_vars::VariableChanges;
use super::{Refusal, Reply, State, known};

/// What the numbers at the end of names that Heroku chooses are counted from.
const FIRST: u64 = 10_001;

impl State {
    /// A name for an add-on that is given none: `redis-cubed-10001`. Never the same one twice.
    pub(crate) fn invent_addon_name(&mut self, plan: &PlanName) -> AddonName {
        let stem = match plan.service() {
            Some(DataService::KeyValueStore) => "redis",
            Some(DataService::Kafka) => "kafka",
            Some(DataService::Postgres) => "postgresql",
            None => "add-on",
        };
        let names = (FIRST + self.ids.invented_names..).map(|number| {
            let name: AddonName = known(format!("{stem}-cubed-{number}").parse());
            (number, name)
        });
        let free = { names }.find(|(_, name)| !self.heroku.names.contains_key(name));
        let (number, name) =
            free.unwrap_or_else(|| unreachable!("there are more names than add-ons"));
        self.ids.invented_names = number - FIRST + 1;
        name
    }

    /// Destroys an add-on, with its attachments and its endpoint service. It is shown as
    /// `deprovisioning` for a while.
    pub(crate) fn destroy_addon(&mut self, now: SystemTime, addon: AddonId) -> Reply<()> {
        let gone_at = now + self.timings.addon_deprovisioning;
        let record = self.heroku.addons.get(&addon).filter(|record| !self.has_ended(record, now));
        if record.is_none() {
            return Err(Refusal::not_found("Couldn't find that add on."));
        }
        let apps: Vec<AppName> = self.heroku.attachments.keys().cloned().collect();
        for app in apps {
            self.heroku.detach_where(&app, now, |attachment| attachment.addon == addon);
        }
        self.delete_link(now, addon);
        if let Some(record) = self.heroku.addons.get_mut(&addon) {
            record.life.destroyed_at = Some(now);
            record.life.gone_at = gone_at;
        }
        Ok(())
    }

    /// Detaches an add-on from an app, which restarts the app. It may be the last attachment.
    pub(crate) fn detach(&mut self, now: SystemTime, app: &AppName, number: u64) -> Reply<()> {
        if !self.attached(app, now).any(|attachment| attachment.number == number) {
            return Err(Refusal::not_found("Couldn't find that add on attachment."));
        }
        self.heroku.detach_where(app, now, |attachment| attachment.number == number);
        Ok(())
    }

    /// Sets and unsets config variables of an app that are its own, which restarts it.
    pub(crate) fn change_variables(
        &mut self,
        now: SystemTime,
        app: &AppName,
        changes: VariableChanges,
    ) -> Reply<()> {
        let of_addons = self.addon_variables(app, now);
        let taken = changes.keys().find(|name| of_addons.values().any(|it| it.contains(*name)));
        if let Some(name) = taken {
            return Err(Refusal::invalid(format!("Cannot overwrite attachment values {name}.")));
        }
        if changes.is_empty() {
            return Ok(());
        }
        let names = |set: bool| -> Vec<&str> {
            let names = changes.iter().filter(|(_, value)| value.is_some() == set);
            names.map(|(name, _)| name.as_str()).collect()
        };
        let verbs = [("Set", names(true)), ("Remove", names(false))];
        let parts = verbs.into_iter().filter(|(_, names)| !names.is_empty());
        let parts = parts.map(|(verb, names)| format!("{verb} {} config vars", names.join(", ")));
        let description = parts.collect::<Vec<_>>().join("; ");
        self.heroku.release(app, now, description);
        self.heroku.own_variables.entry(app.clone()).or_default().push((now, changes));
        Ok(())
    }
}
