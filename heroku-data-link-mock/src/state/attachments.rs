//! What ties add-ons to apps.

use std::collections::BTreeSet;
use std::time::SystemTime;

use heroku_data_link::model::{AddonId, AppName, AttachmentName, DataService};
use heroku_data_link::provider::{Attachment, NewAttachment};

use super::addons::HerokuState;
use super::{Refusal, Reply, State, known};

/// What Heroku calls an attachment that nobody names, after the service.
const COLOURS: [&str; 12] = [
    "AQUA", "BLACK", "BLUE", "BRONZE", "CYAN", "GOLD", "GREEN", "IVORY", "NAVY", "PINK", "RED",
    "WHITE",
];

#[derive(Debug, Clone)]
pub(crate) struct AttachmentRecord {
    /// How many attachments of any app there had been with it.
    #[cfg_attr(not(feature = "server"), allow(dead_code))]
    pub(crate) number: u64,
    pub(crate) name: AttachmentName,
    pub(crate) addon: AddonId,
    pub(crate) namespace: Option<String>,
    pub(crate) from: SystemTime,
    /// When it was detached, or another add-on took its name.
    pub(crate) until: Option<SystemTime>,
}

impl AttachmentRecord {
    pub(crate) fn is_there(&self, at: SystemTime) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

impl HerokuState {
    /// Attaches an add-on to an app, in the place of what has that name, if anything has.
    pub(crate) fn put_attachment(
        &mut self,
        app: &AppName,
        name: AttachmentName,
        addon: AddonId,
        namespace: Option<String>,
        from: SystemTime,
    ) {
        self.detach_where(app, from, |it| it.name == name);
        self.release(app, from, format!("Attach {name}{}", self.named(addon)));
        self.attachments_made += 1;
        let number = self.attachments_made;
        let new = AttachmentRecord { number, name, addon, namespace, from, until: None };
        self.attachments.entry(app.clone()).or_default().push(new);
    }

    /// Ends attachments of an app, each in a release.
    pub(crate) fn detach_where(
        &mut self,
        app: &AppName,
        now: SystemTime,
        is_meant: impl Fn(&AttachmentRecord) -> bool,
    ) {
        let attachments = self.attachments.get_mut(app).map_or(&mut [][..], Vec::as_mut_slice);
        let meant = attachments.iter_mut().filter(|it| it.is_there(now) && is_meant(it));
        let ended = meant.map(|it| {
            it.until = Some(now);
            (it.name.clone(), it.addon)
        });
        for (name, addon) in ended.collect::<Vec<_>>() {
            self.release(app, now, format!("Detach {name}{}", self.named(addon)));
        }
    }

    /// How a release refers to an add-on.
    fn named(&self, addon: AddonId) -> String {
        let record = self.addons.get(&addon);
        record.map_or_else(String::new, |record| format!(" (@ref:{})", record.name))
    }
}

impl State {
    /// The attachments of an app, in the order in which they were made. Those of an add-on that
    /// could not be made are gone with it.
    pub(crate) fn attached(
        &self,
        app: &AppName,
        at: SystemTime,
    ) -> impl Iterator<Item = &AttachmentRecord> {
        let attachments = self.heroku.attachments.get(app).map_or(&[][..], Vec::as_slice);
        attachments.iter().filter(move |attachment| {
            let addon = self.heroku.addons.get(&attachment.addon);
            attachment.is_there(at) && addon.is_some_and(|record| !self.has_ended(record, at))
        })
    }

    /// The add-ons that are attached to any app.
    pub(crate) fn attached_addons(&self, at: SystemTime) -> BTreeSet<AddonId> {
        let apps = self.heroku.attachments.keys();
        apps.flat_map(|app| self.attached(app, at)).map(|attachment| attachment.addon).collect()
    }

    /// The usual name where it is free, and one with a colour where it is not.
    pub(crate) fn free_name(
        &self,
        app: &AppName,
        service: Option<DataService>,
        now: SystemTime,
    ) -> AttachmentName {
        let usual = default_attachment(service);
        if self.is_free(app, &usual, now) {
            return usual;
        }
        self.colour(app, service, now)
    }

    fn colour(
        &self,
        app: &AppName,
        service: Option<DataService>,
        now: SystemTime,
    ) -> AttachmentName {
        let word = match service {
            Some(DataService::KeyValueStore) => "HEROKU_REDIS",
            Some(DataService::Kafka) => "HEROKU_KAFKA",
            Some(DataService::Postgres) => "HEROKU_POSTGRESQL",
            None => "ADDON",
        };
        let colours = COLOURS.iter().map(|colour| known(format!("{word}_{colour}").parse()));
        let numbers = (1_u32..).map(|number| known(format!("{word}_{number}").parse()));
        let free = colours.chain(numbers).find(|name| self.is_free(app, name, now));
        free.unwrap_or_else(|| unreachable!("there are more names than attachments"))
    }

    pub(crate) fn is_free(&self, app: &AppName, name: &AttachmentName, now: SystemTime) -> bool {
        self.attached(app, now).all(|attachment| attachment.name != *name)
    }

    /// The attachments of an app as Heroku shows them.
    pub(crate) fn attachments(&self, app: &AppName, at: SystemTime) -> Vec<Attachment> {
        let attached = self.attached(app, at).filter_map(|attachment| {
            let addon = self.heroku.addons.get(&attachment.addon)?;
            Some(Attachment {
                name: attachment.name.clone(),
                addon: attachment.addon,
                addon_name: addon.name.clone(),
                app: app.clone(),
                namespace: attachment.namespace.clone(),
                config_vars: BTreeSet::new(),
            })
        });
        let mut shown: Vec<Attachment> = attached.collect();
        self.name_variables(app, at, &mut shown);
        shown
    }

    /// The attachments of all apps, without their variables.
    pub(crate) fn all_attachments(&self, at: SystemTime) -> Vec<Attachment> {
        let all = self.heroku.attachments.keys().flat_map(|app| self.attachments(app, at));
        all.map(|attachment| Attachment { config_vars: BTreeSet::new(), ..attachment }).collect()
    }

    pub(crate) fn attach(&mut self, now: SystemTime, new: &NewAttachment) -> Reply<()> {
        let app = &new.app;
        if !self.heroku.apps.contains_key(app) {
            return Err(Refusal::not_found(format!("Couldn't find that app: {app}")));
        }
        let (id, service) = self
            .addon_named(&new.addon, now)
            .filter(|(_, record)| !self.has_ended(record, now))
            .map(|(id, record)| (id, record.service()))
            .ok_or_else(|| {
                Refusal::not_found(format!("Couldn't find that add-on: {}", new.addon))
            })?;
        let name = new.name.clone().unwrap_or_else(|| self.colour(app, service, now));
        if let Some(old) = self.attached(app, now).find(|it| it.name == name) {
            if !new.replace {
                return Err(Refusal::conflict(format!(
                    "confirmation_required: {name} is attached to {app} already."
                )));
            }
            if old.addon == id && old.namespace == new.namespace {
                return Ok(());
            }
        }
        let namespace = new.namespace.clone();
        self.heroku.put_attachment(app, name, id, namespace, now);
        Ok(())
    }
}

fn default_attachment(service: Option<DataService>) -> AttachmentName {
    known(
        match service {
            Some(DataService::KeyValueStore) => "REDIS",
            Some(DataService::Kafka) => "KAFKA",
            Some(DataService::Postgres) => "DATABASE",
            None => "ADDON",
        }
        .parse(),
    )
}
