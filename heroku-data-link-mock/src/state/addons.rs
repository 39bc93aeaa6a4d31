use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use heroku_data_link::model::{
    AddonId, AddonName, AddonRef, AddonState, AppName, AttachmentName, AwsRegion, DataService,
    EndpointServiceName, PlanName, Secret, SpaceName, VpcId, ZoneId,
};
use heroku_data_link::provider::{Addon, App, Space};

use super::links::LinkVersion;
use super::space_peerings::SpaceNetwork;
use crate::history::History;

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
    /// By app, in the order in which they were attached.
    pub(crate) attachments: BTreeMap<AppName, Vec<(AttachmentName, AddonId)>>,
    pub(crate) links: BTreeMap<AddonId, History<LinkVersion>>,
    /// Whose endpoint service a name is, or was.
    pub(crate) services: BTreeMap<EndpointServiceName, AddonId>,
    /// What the next endpoint services come to instead of `Operational`.
    pub(crate) stuck_links: std::collections::VecDeque<String>,
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
}

impl AddonRecord {
    pub(crate) fn service(&self) -> Option<DataService> {
        self.plan.service()
    }
}

impl HerokuState {
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
                let named = named.and_then(|name: AddonName| self.names.get(&name).copied());
                reference.id().into_iter().chain(named).collect()
            }
            Some(app) => self
                .attached(app)
                .iter()
                .filter(|(attachment, id)| self.means(reference, attachment, *id))
                .map(|(_, id)| *id)
                .collect(),
        };
        ids.iter().filter_map(|id| self.addon(*id, at)).collect()
    }

    fn means(&self, reference: &AddonRef, attachment: &AttachmentName, id: AddonId) -> bool {
        let name = reference.name();
        let Some(record) = self.addons.get(&id) else { return false };
        reference.id() == Some(id)
            || name == record.name.as_str()
            || name == attachment.as_str()
            || name
                .strip_prefix(attachment.as_str())
                .is_some_and(|suffix| record.variables().contains(&suffix))
    }

    pub(crate) fn attached(&self, app: &AppName) -> &[(AttachmentName, AddonId)] {
        self.attachments.get(app).map_or(&[], Vec::as_slice)
    }

    fn addon(&self, id: AddonId, at: SystemTime) -> Option<Addon> {
        let record = self.addons.get(&id)?;
        let ready = record.provisioned_at <= at;
        Some(Addon {
            id,
            name: record.name.clone(),
            app: record.app.clone(),
            plan: record.plan.clone(),
            state: if ready { AddonState::Provisioned } else { AddonState::Provisioning },
        })
    }
}
