//! The thin part: reads, and nothing decided.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::FutureExt;
use futures_util::future::{join_all, try_join, try_join_all, try_join3, try_join4, try_join5};

use super::facts::Facts;
use super::run::PrivateLinkWorkflow;
use super::snapshot::{SeenCopy, Snapshot};
use super::spec::{EndpointChoice, GroupChoice, HerokuTeardown, SubnetChoice};
use super::{references, steps};
use crate::bundle::{self, CopyTeardown, Destination};
use crate::home::Home;
use crate::model::{AddonState, AppName, ConfigVarName, ConnectionUrl, EndpointState, Secret};
use crate::provider::{
    Addon, CallerIdentity, EndpointQuery, EndpointService, ErrorKind, GroupQuery, NetworkAcl,
    PrivateLink, ProviderResult, SecurityGroup, Subnet, SubnetQuery, Vpc, VpcEndpoint,
};
use crate::reconcile::{Fresh, Goal, Remembered, distinct, ownership};

/// What does not change, so that a pass need not read it again.
#[derive(Debug, Default)]
pub(super) struct Known {
    caller: Remembered<CallerIdentity>,
    /// Kept once there is exactly one, and provisioned.
    addons: Remembered<Vec<Addon>>,
    home: Remembered<Home>,
    service: Remembered<EndpointService>,
    /// For the time of a run: what is made from them, AWS compares with what is there.
    vpc: Remembered<Option<Vpc>>,
    subnets: Remembered<Vec<Subnet>>,
    acls: Remembered<Option<Vec<NetworkAcl>>>,
}

impl Known {
    /// Who acts on AWS, once that was asked.
    pub(super) fn caller(&self) -> Option<CallerIdentity> {
        self.caller.get()
    }

    /// What was kept for the time of a run is to be read anew; with `everything`, all.
    pub(super) fn forget(&self, everything: bool) {
        let Self { caller, addons, home, service, vpc, subnets, acls } = self;
        vpc.forget();
        subnets.forget();
        acls.forget();
        if everything {
            caller.forget();
            addons.forget();
            home.forget();
            service.forget();
        }
    }
}

impl PrivateLinkWorkflow {
    pub(super) async fn observe(
        &self,
        goal: Goal,
        fresh: &Fresh<'_, Snapshot>,
    ) -> ProviderResult<Snapshot> {
        let vpc = try_join3(self.vpc(goal), self.subnets(goal), self.acls(goal));
        let aws = try_join4(self.caller(), vpc, self.groups(goal), self.endpoints());
        let heroku = self.heroku_side(goal, fresh);
        let (aws, heroku, copies) = try_join3(aws, heroku, self.copies(goal).map(Ok)).await?;
        let (caller, (vpc, subnets, acls), groups, endpoints) = aws;
        let (addons, home, private_link) = heroku;
        let mut seen = Snapshot {
            caller,
            region: self.clouds.vpc_region().clone(),
            addons,
            home,
            private_link,
            vpc,
            subnets,
            service: None,
            groups,
            group_of_same_name: None,
            groups_of_endpoint: Vec::new(),
            acls,
            endpoints,
            neighbours: None,
            interfaces: Vec::new(),
            referring: Vec::new(),
            connections: Vec::new(),
            bundle_sources: BTreeMap::new(),
            copies,
        };
        self.look_closer(goal, &mut seen, fresh).await?;
        Ok(seen)
    }

    pub(super) async fn refresh(
        &self,
        goal: Goal,
        seen: &Snapshot,
        sources: &BTreeSet<&'static str>,
    ) -> ProviderResult<Snapshot> {
        let mut now = seen.clone();
        let (heroku, aws) = (&self.clouds.heroku, &self.clouds.aws);
        for source in sources {
            match *source {
                steps::ADDON => now.addons = self.addons().await?,
                steps::ENDPOINT_SERVICE => {
                    if let Some(addon) = Facts::of(&self.spec, seen).addon {
                        now.private_link = heroku.private_link(&addon.id).await?;
                    }
                }
                steps::VISIBLE_SERVICE => {
                    now.service = self.service(&Facts::of(&self.spec, &now)).await?;
                }
                steps::OWN_ENDPOINTS => now.endpoints = self.endpoints().await?,
                steps::OWN_GROUPS => now.groups = self.groups(goal).await?,
                steps::INTERFACES => {
                    if let Some(group) = Facts::of(&self.spec, seen).own_group {
                        now.interfaces = aws.interfaces_using(&group.id).await?;
                    }
                }
                steps::CONFIG_VARS => {
                    let connections = self.connections(&Facts::of(&self.spec, &now)).await?;
                    connections.take_into(&mut now);
                }
                steps::COPIES => now.copies = self.copies(goal).await,
                _ => {}
            }
        }
        Ok(now)
    }

    async fn caller(&self) -> ProviderResult<CallerIdentity> {
        self.known.caller.get_or_read(self.clouds.aws.caller_identity()).await
    }

    async fn addons(&self) -> ProviderResult<Vec<Addon>> {
        let is_final = |addons: &Vec<Addon>| match addons.as_slice() {
            [addon] => addon.state == AddonState::Provisioned,
            _ => false,
        };
        let read = self.clouds.heroku.resolve(self.spec.app.as_ref(), &self.spec.addon);
        self.known.addons.get_or_read_until(is_final, read).await
    }

    async fn home(&self, app: &AppName) -> ProviderResult<Home> {
        let read = Home::read(&*self.clouds.heroku, app);
        self.known.home.get_or_read_until(Home::is_complete, read).await
    }

    async fn heroku_side(
        &self,
        goal: Goal,
        fresh: &Fresh<'_, Snapshot>,
    ) -> ProviderResult<(Vec<Addon>, Home, Option<PrivateLink>)> {
        let addons = self.addons().await?;
        let [addon] = addons.as_slice() else {
            return Ok((addons, Home::default(), None));
        };
        let home = async {
            match goal {
                Goal::Established => self.home(&addon.app).await,
                Goal::TornDown => Ok(Home::default()),
            }
        };
        let link = async {
            match fresh.of(steps::ENDPOINT_SERVICE) {
                Some(seen) => Ok(seen.private_link.clone()),
                None => self.clouds.heroku.private_link(&addon.id).await,
            }
        };
        let (home, link) = try_join(home, link).await?;
        Ok((addons, home, link))
    }

    async fn vpc(&self, goal: Goal) -> ProviderResult<Option<Vpc>> {
        match goal {
            Goal::Established => {
                let read = self.clouds.aws.vpc(&self.spec.vpc);
                self.known.vpc.get_or_read_until(Option::is_some, read).await
            }
            Goal::TornDown => Ok(None),
        }
    }

    async fn subnets(&self, goal: Goal) -> ProviderResult<Vec<Subnet>> {
        let query = match (goal, &self.spec.endpoint, &self.spec.subnets) {
            (Goal::TornDown, _, _) | (_, EndpointChoice::Existing(_), _) => return Ok(Vec::new()),
            (_, _, SubnetChoice::EveryZone) => SubnetQuery::InVpc(self.spec.vpc.clone()),
            (_, _, SubnetChoice::Among(ids)) => SubnetQuery::Ids(ids.as_set().clone()),
        };
        self.known.subnets.get_or_read(self.clouds.aws.subnets(&query)).await
    }

    /// Who may not read them is told so in the plan, and everything else goes on.
    async fn acls(&self, goal: Goal) -> ProviderResult<Option<Vec<NetworkAcl>>> {
        if goal == Goal::TornDown {
            return Ok(None);
        }
        let read = async {
            match self.clouds.aws.network_acls(&self.spec.vpc).await {
                Ok(acls) => Ok(Some(acls)),
                Err(error) if *error.kind() == ErrorKind::Forbidden => Ok(None),
                Err(error) => Err(error),
            }
        };
        self.known.acls.get_or_read(read).await
    }

    async fn groups(&self, goal: Goal) -> ProviderResult<Vec<SecurityGroup>> {
        let query = match (goal, &self.spec.endpoint, &self.spec.security_groups) {
            (Goal::Established, EndpointChoice::Existing(_), _) => return Ok(Vec::new()),
            (Goal::Established, _, GroupChoice::Existing(ids)) => {
                GroupQuery::Ids(ids.as_set().clone())
            }
            (Goal::Established, _, GroupChoice::Owned { .. }) | (Goal::TornDown, _, _) => {
                GroupQuery::Tagged(ownership::tag_of(&self.spec.link))
            }
        };
        self.clouds.aws.security_groups(&query).await
    }

    async fn endpoints(&self) -> ProviderResult<Vec<VpcEndpoint>> {
        let mut queries = vec![EndpointQuery::Tagged(ownership::tag_of(&self.spec.link))];
        if let EndpointChoice::Existing(id) = &self.spec.endpoint {
            queries.push(EndpointQuery::Id(id.clone()));
        }
        let found =
            try_join_all(queries.iter().map(|query| self.clouds.aws.endpoints(query))).await?;
        Ok(distinct(found.into_iter().flatten(), |endpoint| endpoint.id.clone()))
    }

    /// What only the first reads can tell the need of.
    async fn look_closer(
        &self,
        goal: Goal,
        seen: &mut Snapshot,
        fresh: &Fresh<'_, Snapshot>,
    ) -> ProviderResult<()> {
        if goal == Goal::TornDown {
            let facts = Facts::of(&self.spec, seen);
            // An endpoint of somebody else's may carry the group, and lead to the endpoint service
            // before Heroku lists it.
            let changes_heroku = self.spec.heroku_teardown != HerokuTeardown::Keep;
            let is_at_stake =
                facts.own_group.is_some() || (changes_heroku && facts.service_name.is_some());
            let neighbours = match facts.own_endpoints.as_slice() {
                [] if is_at_stake => Some(self.endpoints_of_vpc().await?),
                _ => None,
            };
            if let Some(group) = facts.own_group {
                let interfaces = self.clouds.aws.interfaces_using(&group.id);
                let referring = references::read(&*self.clouds.aws, group);
                let (interfaces, referring) = try_join(interfaces, referring).await?;
                seen.interfaces = interfaces;
                seen.referring = referring;
            }
            seen.neighbours = neighbours;
            return Ok(());
        }
        let facts = Facts::of(&self.spec, seen);
        let connections = async {
            match fresh.of(steps::CONFIG_VARS) {
                Some(fresh) => Ok(Connections::of(fresh)),
                None => self.connections(&facts).await,
            }
        };
        let (service, group_of_same_name, of_endpoint, neighbours, connections) = try_join5(
            self.service(&facts),
            self.group_of_same_name(&facts),
            self.groups_of_endpoint(&facts),
            self.neighbours(&facts),
            connections,
        )
        .await?;
        seen.service = service;
        seen.group_of_same_name = group_of_same_name;
        seen.groups_of_endpoint = of_endpoint;
        seen.neighbours = neighbours;
        connections.take_into(seen);
        Ok(())
    }

    async fn service(&self, facts: &Facts<'_>) -> ProviderResult<Option<EndpointService>> {
        let Some(name) = facts.service_name else { return Ok(None) };
        if let Some(service) = self.known.service.get().filter(|service| service.name == *name) {
            return Ok(Some(service));
        }
        let service = self.clouds.aws.endpoint_service(name).await?;
        if let Some(service) = &service {
            self.known.service.set(service);
        }
        Ok(service)
    }

    async fn group_of_same_name(&self, facts: &Facts<'_>) -> ProviderResult<Option<SecurityGroup>> {
        if !self.spec.owns_group() || facts.own_group.is_some() {
            return Ok(None);
        }
        let (vpc, name) = (self.spec.vpc.clone(), facts.group_name.clone());
        let query = GroupQuery::Named { vpc, name };
        Ok(self.clouds.aws.security_groups(&query).await?.into_iter().next())
    }

    /// Those of an endpoint that is used as it is: they let clients in or not.
    async fn groups_of_endpoint(&self, facts: &Facts<'_>) -> ProviderResult<Vec<SecurityGroup>> {
        match facts.endpoint {
            Some(endpoint) if !self.spec.owns_endpoint() => {
                let query = GroupQuery::Ids(endpoint.groups.clone());
                self.clouds.aws.security_groups(&query).await
            }
            Some(_) | None => Ok(Vec::new()),
        }
    }

    /// While the link has no endpoint: one of these may do its job, and all count for the quota.
    async fn neighbours(&self, facts: &Facts<'_>) -> ProviderResult<Option<Vec<VpcEndpoint>>> {
        if !self.spec.owns_endpoint() || facts.endpoint.is_some() {
            return Ok(None);
        }
        self.endpoints_of_vpc().await.map(Some)
    }

    async fn endpoints_of_vpc(&self) -> ProviderResult<Vec<VpcEndpoint>> {
        let query = EndpointQuery::InVpc(self.spec.vpc.clone());
        self.clouds.aws.endpoints(&query).await
    }

    /// Config variables hold secrets, so they are not read before there is one of the endpoint's.
    async fn connections(&self, facts: &Facts<'_>) -> ProviderResult<Connections> {
        let (Some(_), Some(app), Some(endpoint)) = (facts.addon, &facts.handle.app, facts.endpoint)
        else {
            return Ok(Connections::default());
        };
        if endpoint.state != EndpointState::Available {
            return Ok(Connections::default());
        }
        let vars = self.clouds.heroku.config_vars(app).await?;
        let urls = vars.iter().filter(|(name, _)| bundle::is_url_of(name, &endpoint.id));
        let urls = urls.map(|(name, value)| (name.clone(), value.expose().parse().ok())).collect();
        // What nothing is made of is not kept.
        let sources = if self.spec.delivers() {
            bundle::sources(&endpoint.id, &vars)
        } else {
            BTreeMap::new()
        };
        Ok(Connections { urls, sources })
    }

    /// Whatever a sink answers is told as it is: it is no reason not to see the rest.
    async fn copies(&self, goal: Goal) -> Vec<Option<SeenCopy>> {
        let looks = self.spec.deliver.iter().map(|at| async move {
            match (goal, at.on_teardown) {
                (Goal::TornDown, CopyTeardown::Keep) => None,
                (Goal::TornDown, CopyTeardown::Delete) | (Goal::Established, _) => {
                    Some(self.copy(at).await)
                }
            }
        });
        join_all(looks).await
    }

    async fn copy(&self, at: &Destination) -> SeenCopy {
        let Some(sink) = self.clouds.sinks.get(&at.to) else { return SeenCopy::NoSink };
        if let Err(rule) = sink.check(at) {
            return SeenCopy::Refused(rule);
        }
        match sink.stored(at).await {
            Ok(stored) => SeenCopy::Read { stored, longest: sink.longest() },
            Err(error) => SeenCopy::Unreadable(error),
        }
    }
}

/// What the app's config variables say of the endpoint.
#[derive(Default)]
struct Connections {
    urls: Vec<(ConfigVarName, Option<ConnectionUrl>)>,
    sources: BTreeMap<ConfigVarName, Secret>,
}

impl Connections {
    fn of(seen: &Snapshot) -> Self {
        Self { urls: seen.connections.clone(), sources: seen.bundle_sources.clone() }
    }

    fn take_into(self, seen: &mut Snapshot) {
        seen.connections = self.urls;
        seen.bundle_sources = self.sources;
    }
}
