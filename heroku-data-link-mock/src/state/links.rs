//! Endpoint services on Heroku's side.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use heroku_data_link::model::{
    AccountId, AddonId, AllowedAccountStatus, AllowedPrincipal, AwsPrincipal, AwsRegion,
    ConnectionStatus, EndpointServiceName, PlanTier, PrivateLinkStatus,
};
use heroku_data_link::provider::{AllowedAccount, EndpointConnection, PrivateLink};

use super::{Refusal, Reply, State, known};
use crate::history::History;

#[derive(Debug, Clone)]
pub(crate) struct LinkVersion {
    pub(crate) status: PrivateLinkStatus,
    pub(crate) service_name: Option<EndpointServiceName>,
    /// When it is, was or will be `Operational`.
    operational_at: SystemTime,
    /// From when on EC2 knows it.
    visible_at: SystemTime,
    /// Principals, and when they become active.
    accounts: BTreeMap<AwsPrincipal, SystemTime>,
    /// What else is listed as a principal, such as `*`; always active.
    odd_accounts: BTreeSet<String>,
}

impl LinkVersion {
    /// Whether an account can see the service on the EC2 API.
    fn is_visible(&self, account: &AccountId, at: SystemTime) -> bool {
        self.status == PrivateLinkStatus::Operational
            && self.visible_at <= at
            && self
                .accounts
                .iter()
                .any(|(principal, active)| principal.account() == account && *active <= at)
    }

    /// Whom Heroku lists, whatever it may be.
    pub(crate) fn principals(&self) -> impl Iterator<Item = String> {
        self.accounts.keys().map(AwsPrincipal::to_string).chain(self.odd_accounts.iter().cloned())
    }
}

impl State {
    pub(crate) fn private_link(&self, addon: AddonId, at: SystemTime) -> Option<PrivateLink> {
        let link = self.heroku.links.get(&addon)?.at(at)?;
        let allowed_accounts = link.accounts.iter().map(|(principal, active)| AllowedAccount {
            principal: principal.clone().into(),
            status: if *active <= at {
                AllowedAccountStatus::Active
            } else {
                AllowedAccountStatus::Provisioning
            },
        });
        let odd_accounts = link.odd_accounts.iter().map(|text| AllowedAccount {
            principal: AllowedPrincipal::read(text),
            status: AllowedAccountStatus::Active,
        });
        let delay = self.timings.connection_listing;
        let listed = self.connected(addon, at).filter(|endpoint| {
            endpoint.connected_since(at).is_some_and(|since| since + delay <= at)
        });
        let connections = listed.map(|endpoint| EndpointConnection {
            endpoint: Some(endpoint.id.clone()),
            hostname: Some(endpoint.regional_name()),
            owner: Some(AwsPrincipal::root_of(endpoint.owner.clone())),
            status: if endpoint.is_live(at) {
                ConnectionStatus::Available
            } else {
                ConnectionStatus::Deleting
            },
        });
        Some(PrivateLink {
            status: link.status.clone(),
            service_name: link.service_name.clone(),
            allowed_accounts: allowed_accounts.chain(odd_accounts).collect(),
            connections: connections.collect(),
        })
    }

    pub(crate) fn create_link(
        &mut self,
        now: SystemTime,
        addon: AddonId,
        principals: &BTreeSet<AwsPrincipal>,
    ) -> Reply<()> {
        let record = self.heroku.addons.get(&addon).filter(|record| !self.has_ended(record, now));
        let record = record.ok_or_else(|| no_addon(addon))?;
        let tier = record.plan.tier();
        if record.service().is_none() || !matches!(tier, PlanTier::Private | PlanTier::Shield) {
            let plan = &record.plan;
            return Err(Refusal::invalid(format!("The plan {plan} has no PrivateLink.")));
        }
        if principals.is_empty() {
            return Err(Refusal::invalid("allowed_accounts must not be empty."));
        }
        if now < record.provisioned_at {
            return Err(Refusal::conflict(format!("{} is still provisioning.", record.name)));
        }
        if self.heroku.links.get(&addon).is_some_and(|link| link.at(now).is_some()) {
            return Err(Refusal::conflict(format!("{} has a PrivateLink.", record.name)));
        }
        let operational_at = now + self.timings.service_provisioning;
        let active_at = operational_at + self.timings.account_activation;
        let region = record.region.clone();
        let (first, later) = self.new_link(&region, operational_at, active_at, principals);
        let service = later.service_name.clone();
        let mut history = History::new(now, first);
        match self.heroku.stuck_links.pop_front() {
            None => history.schedule(operational_at, later),
            Some(status) => {
                let status = PrivateLinkStatus::from(status);
                history.schedule(operational_at, LinkVersion { status, ..later });
            }
        }
        self.heroku.services.extend(service.map(|service| (service, addon)));
        self.keep_link(addon, history);
        Ok(())
    }

    /// A link that is operational, and has been since `from`.
    pub(crate) fn plant_link(
        &mut self,
        from: SystemTime,
        addon: AddonId,
        region: &AwsRegion,
        principals: &BTreeSet<AwsPrincipal>,
    ) -> EndpointServiceName {
        let (_, link) = self.new_link(region, from, from, principals);
        let link = LinkVersion { visible_at: from, ..link };
        let name = link.service_name.clone();
        let name = name.unwrap_or_else(|| unreachable!("an operational link has a name"));
        self.heroku.services.insert(name.clone(), addon);
        self.heroku.links.insert(addon, History::new(from, link));
        name
    }

    /// How a link begins, and how it is once it is operational.
    fn new_link(
        &mut self,
        region: &AwsRegion,
        operational_at: SystemTime,
        active_at: SystemTime,
        principals: &BTreeSet<AwsPrincipal>,
    ) -> (LinkVersion, LinkVersion) {
        let id = self.ids.service();
        let first = LinkVersion {
            status: PrivateLinkStatus::Provisioning,
            service_name: None,
            operational_at,
            visible_at: operational_at + self.timings.service_visibility,
            accounts: principals.iter().map(|it| (it.clone(), active_at)).collect(),
            odd_accounts: BTreeSet::new(),
        };
        let later = LinkVersion {
            status: PrivateLinkStatus::Operational,
            service_name: Some(known(format!("com.amazonaws.vpce.{region}.{id}").parse())),
            ..first.clone()
        };
        (first, later)
    }

    /// Puts the history of a new link after that of the last one of the add-on, so that stale
    /// reads still see the last one.
    fn keep_link(&mut self, addon: AddonId, history: History<LinkVersion>) {
        match self.heroku.links.get_mut(&addon) {
            Some(before) => before.append(history),
            None => {
                self.heroku.links.insert(addon, history);
            }
        }
    }

    pub(crate) fn allow(
        &mut self,
        now: SystemTime,
        addon: AddonId,
        principals: &BTreeSet<AwsPrincipal>,
    ) -> Reply<()> {
        let delay = self.timings.account_activation;
        self.change_link(now, addon, |link| {
            let active = link.operational_at.max(now) + delay;
            for principal in principals {
                link.accounts.entry(principal.clone()).or_insert(active);
            }
        })
    }

    pub(crate) fn disallow(
        &mut self,
        now: SystemTime,
        addon: AddonId,
        principals: &BTreeSet<AwsPrincipal>,
    ) -> Reply<()> {
        self.change_link(now, addon, |link| {
            link.accounts.retain(|principal, _| !principals.contains(principal));
        })
    }

    /// Lists these as principals beside the others, and what was listed so before no more.
    pub(crate) fn set_odd_principals(
        &mut self,
        now: SystemTime,
        addon: AddonId,
        texts: &BTreeSet<String>,
    ) -> Reply<()> {
        self.change_link(now, addon, |link| link.odd_accounts.clone_from(texts))
    }

    fn change_link(
        &mut self,
        now: SystemTime,
        addon: AddonId,
        change: impl FnMut(&mut LinkVersion),
    ) -> Reply<()> {
        if !self.heroku.addons.contains_key(&addon) {
            return Err(no_addon(addon));
        }
        let link = self.heroku.links.get_mut(&addon);
        let link = link.filter(|link| link.at(now).is_some_and(LinkVersion::is_there));
        let link = link.ok_or_else(|| Refusal::not_found("There is no PrivateLink."))?;
        link.update(now, change);
        Ok(())
    }

    /// Endpoints that were connected stay, and are rejected.
    pub(crate) fn delete_link(&mut self, now: SystemTime, addon: AddonId) {
        let until = now + self.timings.deprovisioning;
        let Some(link) = self.heroku.links.get_mut(&addon) else { return };
        let Some(current) = link.at(now).filter(|link| link.is_there()).cloned() else { return };
        link.set(now, LinkVersion { status: PrivateLinkStatus::Deprovisioned, ..current.clone() });
        link.end(until);
        if let Some(service) = &current.service_name {
            self.aws.reject_all(service, now);
        }
    }

    /// The add-on whose endpoint service an account can see under a name.
    pub(crate) fn visible_service(
        &self,
        name: &EndpointServiceName,
        account: &AccountId,
        at: SystemTime,
    ) -> Option<AddonId> {
        let addon = *self.heroku.services.get(name)?;
        let link = self.heroku.links.get(&addon)?.at(at)?;
        let same = link.service_name.as_ref() == Some(name);
        (same && link.is_visible(account, at)).then_some(addon)
    }

    /// Whether an endpoint service is there, or will be.
    pub(crate) fn has_service(&self, name: &EndpointServiceName) -> bool {
        self.heroku
            .services
            .get(name)
            .and_then(|addon| self.heroku.links.get(addon)?.last())
            .is_some_and(|link| link.service_name.as_ref() == Some(name))
    }
}

impl LinkVersion {
    fn is_there(&self) -> bool {
        self.status != PrivateLinkStatus::Deprovisioned
    }
}

fn no_addon(addon: AddonId) -> Refusal {
    Refusal::not_found(format!("Couldn't find that add-on: {addon}"))
}
