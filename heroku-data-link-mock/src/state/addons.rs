use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::SystemTime;

use heroku_data_link::model::{
    AddonId, AddonName, AddonRef, AddonState, AppName, AwsRegion, DataService, EndpointServiceName,
    KeyArn, PlanName, Secret, SpaceName, VpcId, ZoneId,
};
use heroku_data_link::provider::{Addon, AddonList, App, Space, UnreadableAddon};

use super::addon_options::Copy;
use super::attachments::AttachmentRecord;
use super::config_vars::VariableChanges;
use super::links::LinkVersion;
use super::releases::ReleaseRecord;
use super::space_peerings::SpaceNetwork;
use super::{State, known};
use crate::history::History;
use crate::odd_rows::{KeyForm, OddRow};

/// All of Heroku.
#[derive(Debug, Default)]
pub(crate) struct HerokuState {
    pub(crate) spaces: BTreeMap<SpaceName, Space>,
    /// Of Cedar spaces.
    pub(crate) networks: BTreeMap<SpaceName, SpaceNetwork>,
    pub(crate) space_vpcs: BTreeSet<VpcId>,
    pub(crate) apps: BTreeMap<AppName, App>,
    pub(crate) addons: BTreeMap<AddonId, AddonRecord>,
    pub(crate) names: BTreeMap<AddonName, AddonId>,
    /// By app, in the order in which they were attached, those of the past among them.
    pub(crate) attachments: BTreeMap<AppName, Vec<AttachmentRecord>>,
    pub(crate) attachments_made: u64,
    /// By app: what every change of its own config variables set, or unset.
    pub(crate) own_variables: BTreeMap<AppName, Vec<(SystemTime, VariableChanges)>>,
    /// By app, in order.
    pub(crate) releases: BTreeMap<AppName, Vec<ReleaseRecord>>,
    pub(crate) links: BTreeMap<AddonId, History<LinkVersion>>,
    /// Whose endpoint service a name is, or was.
    pub(crate) services: BTreeMap<EndpointServiceName, AddonId>,
    /// What the next endpoint services come to instead of `Operational`.
    pub(crate) stuck_links: VecDeque<String>,
}

#[derive(Debug)]
pub(crate) struct AddonRecord {
    pub(crate) name: AddonName,
    pub(crate) app: AppName,
    pub(crate) plan: PlanName,
    pub(crate) provisioned_at: SystemTime,
    pub(crate) region: AwsRegion,
    /// The zones that its endpoint service is offered in.
    pub(crate) offered: BTreeSet<ZoneId>,
    /// Whether EC2 says so.
    pub(crate) zones_published: bool,
    pub(crate) password: Secret,
    pub(crate) life: Life,
    /// How it is listed among all add-ons, if not as it is.
    pub(crate) listed_as: Option<OddRow>,
    /// How its service writes its key, if not as its ARN.
    pub(crate) key_written_as: Option<KeyForm>,
}

/// How an add-on came to be, and what it is under.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    pub(crate) created_at: SystemTime,
    /// From when on its service knows it.
    pub(crate) listed_at: SystemTime,
    /// From when on its service is ready, if nothing is wrong with its key.
    pub(crate) ready_at: SystemTime,
    /// When somebody destroyed it.
    pub(crate) destroyed_at: Option<SystemTime>,
    /// When it is no longer shown, should it fail or once it is destroyed.
    pub(crate) gone_at: SystemTime,
    pub(crate) key: Option<KeyArn>,
    /// Whether it fails at the end of its provisioning if Heroku cannot use the key then.
    pub(crate) needs_key: bool,
    pub(crate) copy: Option<Copy>,
}

impl Life {
    pub(crate) fn is_destroyed(&self, at: SystemTime) -> bool {
        self.destroyed_at.is_some_and(|since| since <= at)
    }
}

impl AddonRecord {
    pub(crate) fn service(&self) -> Option<DataService> {
        self.plan.service()
    }
}

impl State {
    /// All add-ons that a reference may mean.
    pub(crate) fn resolve(
        &self,
        app: Option<&AppName>,
        reference: &AddonRef,
        at: SystemTime,
    ) -> Vec<Addon> {
        let ids: BTreeSet<AddonId> = match reference.app().or(app) {
            None => {
                let named = reference.name().parse().ok();
                let named = named.and_then(|name: AddonName| self.heroku.names.get(&name).copied());
                reference.id().into_iter().chain(named).collect()
            }
            Some(app) => self
                .attached(app, at)
                .filter(|attachment| self.heroku.means(reference, attachment))
                .map(|attachment| attachment.addon)
                .collect(),
        };
        ids.iter().filter_map(|id| self.addon(*id, at)).collect()
    }

    pub(crate) fn addon(&self, id: AddonId, at: SystemTime) -> Option<Addon> {
        let record = self.heroku.addons.get(&id)?;
        Some(Addon {
            id,
            name: record.name.clone(),
            app: record.app.clone(),
            plan: record.plan.clone(),
            state: self.addon_state(record, at)?,
        })
    }

    /// The add-on of a name, with its state.
    pub(crate) fn addon_named(
        &self,
        name: &AddonName,
        at: SystemTime,
    ) -> Option<(AddonId, &AddonRecord)> {
        let id = *self.heroku.names.get(name)?;
        let record = self.heroku.addons.get(&id)?;
        self.addon_state(record, at).is_some().then_some((id, record))
    }

    /// All add-ons that an app owns or is attached to.
    pub(crate) fn addons_of(&self, app: &AppName, at: SystemTime) -> Vec<Addon> {
        let attached = self.attached(app, at).map(|attachment| attachment.addon);
        let mut ids: BTreeSet<AddonId> = attached.collect();
        let owned = self.heroku.addons.iter().filter(|(_, record)| record.app == *app);
        ids.extend(owned.map(|(id, _)| *id));
        ids.into_iter().filter_map(|id| self.addon(id, at)).collect()
    }

    /// As they are, with what is odd about the rows of some.
    pub(crate) fn all_addons(
        &self,
        at: SystemTime,
    ) -> impl Iterator<Item = (Addon, Option<OddRow>)> {
        let all = self.heroku.addons.iter();
        all.filter_map(move |(id, record)| Some((self.addon(*id, at)?, record.listed_as)))
    }

    /// As a client that leaves nothing out reads them.
    pub(crate) fn addon_list(&self, at: SystemTime) -> AddonList {
        let mut list = AddonList::default();
        for (addon, row) in self.all_addons(at) {
            let Addon { id, name, app, plan, state } = addon;
            let whole = UnreadableAddon {
                id: Some(id),
                name: Some(name.clone()),
                app: Some(app.clone()),
                plan: Some(plan.clone()),
            };
            match row {
                None => list.addons.push(Addon { id, name, app, plan, state }),
                Some(OddRow::UpperCasePlan) => {
                    let plan = known(plan.as_str().to_ascii_uppercase().parse());
                    list.addons.push(Addon { id, name, app, plan, state });
                }
                Some(OddRow::NoPlan | OddRow::PlanWithoutService) => {
                    list.unreadable.push(UnreadableAddon { plan: None, ..whole });
                }
                Some(OddRow::NoApp) => {
                    list.unreadable.push(UnreadableAddon { app: None, ..whole });
                }
                Some(OddRow::OnlyId) => {
                    let unreadable = UnreadableAddon { id: Some(id), ..Default::default() };
                    list.unreadable.push(unreadable);
                }
            }
        }
        list
    }

    /// `None` before it is made, and when it failed or was destroyed long ago.
    fn addon_state(&self, record: &AddonRecord, at: SystemTime) -> Option<AddonState> {
        if at < record.life.created_at {
            return None;
        }
        if record.life.is_destroyed(at) {
            return (at < record.life.gone_at).then_some(AddonState::Deprovisioning);
        }
        if at < record.provisioned_at {
            return Some(AddonState::Provisioning);
        }
        if !self.has_ended(record, at) {
            return Some(AddonState::Provisioned);
        }
        (at < record.life.gone_at).then_some(AddonState::Deprovisioned)
    }
}

impl HerokuState {
    fn means(&self, reference: &AddonRef, attachment: &AttachmentRecord) -> bool {
        let name = reference.name();
        let Some(record) = self.addons.get(&attachment.addon) else { return false };
        reference.id() == Some(attachment.addon)
            || name == record.name.as_str()
            || name == attachment.name.as_str()
            || name
                .strip_prefix(attachment.name.as_str())
                .is_some_and(|suffix| record.variables().contains(&suffix))
    }
}
