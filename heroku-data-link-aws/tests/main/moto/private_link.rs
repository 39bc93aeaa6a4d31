//! A PrivateLink from nothing to nothing: the whole workflow on the adapter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use heroku_data_link::model::{
    AddonId, AddonName, AddonRef, AddonState, AllowedAccountStatus, AppName, AwsPrincipal,
    AwsRegion, ConfigVarName, ConnectionStatus, EndpointServiceName, EndpointState, HerokuRegion,
    PeeringConnectionId, PrivateLinkStatus, Secret, SpaceName,
};
use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkSpec, PrivateLinkWorkflow};
use heroku_data_link::provider::{
    Addon, AddonLifecycle, AddonList, Addons, AllAddons, AllowedAccount, App, Attachment,
    Attachments, ConfigVars, EndpointConnection, EndpointQuery, GroupQuery, NewAddon,
    NewAttachment, Peering, PeeringInfo, PrivateLink, PrivateLinks, ProviderResult, Readiness,
    SecurityGroups, ServiceInfo, Space, SpacePeerings, Spaces, VpcEndpoint, VpcEndpoints,
};
use heroku_data_link::reconcile::ownership::tag_of;
use heroku_data_link::reconcile::{Driver, Goal};
use heroku_data_link_aws::Client;
use heroku_data_link_mock::{HerokuFace, World};

use super::Account;
use crate::seconds::Seconds;

/// A Heroku with one add-on, which does at once what it is asked for, and accepts every endpoint.
#[derive(Debug)]
struct Heroku {
    region: AwsRegion,
    service: EndpointServiceName,
    /// Who sees the endpoints that lead to the service.
    aws: Client,
    spec: PrivateLinkSpec,
    exists: AtomicBool,
    allowed: Mutex<BTreeSet<AwsPrincipal>>,
    /// What else there is of Heroku: nothing.
    rest: Arc<HerokuFace>,
}

impl Heroku {
    async fn live_endpoints(&self) -> ProviderResult<Vec<VpcEndpoint>> {
        let mut found = self.aws.endpoints(&EndpointQuery::InVpc(self.spec.vpc.clone())).await?;
        found.retain(|endpoint| endpoint.state != EndpointState::Deleted);
        Ok(found)
    }
}

#[async_trait]
impl Addons for Heroku {
    async fn resolve(&self, _: Option<&AppName>, _: &AddonRef) -> ProviderResult<Vec<Addon>> {
        Ok(vec![Addon {
            id: "01234567-89ab-cdef-0123-456789abcdef".parse().unwrap(),
            name: "redis-concave-12345".parse().unwrap(),
            app: "shop".parse().unwrap(),
            plan: "heroku-redis:private-7".parse().unwrap(),
            state: AddonState::Provisioned,
        }])
    }
}

#[async_trait]
impl Spaces for Heroku {
    async fn app(&self, name: &AppName) -> ProviderResult<Option<App>> {
        Ok(Some(App { name: name.clone(), space: Some("shop-space".parse().unwrap()) }))
    }

    async fn space(&self, name: &SpaceName) -> ProviderResult<Option<Space>> {
        Ok(Some(Space {
            id: Some("01234567-89ab-cdef-0123-456789abcdef".parse().unwrap()),
            name: name.clone(),
            region: "virginia".parse().unwrap(),
            shield: false,
            generation: "cedar".into(),
        }))
    }

    async fn aws_region(&self, _: &HerokuRegion) -> ProviderResult<Option<AwsRegion>> {
        Ok(Some(self.region.clone()))
    }
}

#[async_trait]
impl PrivateLinks for Heroku {
    async fn private_link(&self, _: &AddonId) -> ProviderResult<Option<PrivateLink>> {
        if !self.exists.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let connections =
            self.live_endpoints().await?.into_iter().map(|endpoint| EndpointConnection {
                endpoint: Some(endpoint.id),
                hostname: None,
                owner: None,
                status: ConnectionStatus::Available,
            });
        let allowed = self.allowed.lock().unwrap().clone().into_iter().map(|principal| {
            AllowedAccount { principal: principal.into(), status: AllowedAccountStatus::Active }
        });
        Ok(Some(PrivateLink {
            status: PrivateLinkStatus::Operational,
            service_name: Some(self.service.clone()),
            allowed_accounts: allowed.collect(),
            connections: connections.collect(),
        }))
    }

    async fn create_private_link(
        &self,
        addon: &AddonId,
        principals: &BTreeSet<AwsPrincipal>,
    ) -> ProviderResult<()> {
        self.exists.store(true, Ordering::Relaxed);
        self.allow(addon, principals).await
    }

    async fn allow(&self, _: &AddonId, who: &BTreeSet<AwsPrincipal>) -> ProviderResult<()> {
        self.allowed.lock().unwrap().extend(who.iter().cloned());
        Ok(())
    }

    async fn disallow(&self, _: &AddonId, who: &BTreeSet<AwsPrincipal>) -> ProviderResult<()> {
        self.allowed.lock().unwrap().retain(|principal| !who.contains(principal));
        Ok(())
    }

    async fn delete_private_link(&self, _: &AddonId) -> ProviderResult<()> {
        self.exists.store(false, Ordering::Relaxed);
        Ok(())
    }
}

#[async_trait]
impl ConfigVars for Heroku {
    async fn config_vars(&self, _: &AppName) -> ProviderResult<BTreeMap<ConfigVarName, Secret>> {
        let variable = |endpoint: VpcEndpoint| {
            let name = format!("REDIS_ENDPOINT_{}_URL", endpoint.id.config_var_infix());
            (name.parse().unwrap(), Secret::new("rediss://:secret@redis.example.com:6379"))
        };
        Ok(self.live_endpoints().await?.into_iter().map(variable).collect())
    }
}

#[async_trait]
impl AllAddons for Heroku {
    async fn all_addons(&self) -> ProviderResult<AddonList> {
        self.rest.all_addons().await
    }

    async fn all_attachments(&self) -> ProviderResult<Vec<Attachment>> {
        self.rest.all_attachments().await
    }
}

#[async_trait]
impl AddonLifecycle for Heroku {
    async fn create_addon(&self, addon: &NewAddon) -> ProviderResult<()> {
        self.rest.create_addon(addon).await
    }

    async fn readiness(&self, addon: &Addon) -> ProviderResult<Option<Readiness>> {
        self.rest.readiness(addon).await
    }

    async fn service_info(&self, addon: &Addon) -> ProviderResult<Option<ServiceInfo>> {
        self.rest.service_info(addon).await
    }

    async fn unfollow(&self, addon: &Addon) -> ProviderResult<()> {
        self.rest.unfollow(addon).await
    }
}

#[async_trait]
impl Attachments for Heroku {
    async fn attachments(&self, app: &AppName) -> ProviderResult<Vec<Attachment>> {
        self.rest.attachments(app).await
    }

    async fn attach(&self, attachment: &NewAttachment) -> ProviderResult<()> {
        self.rest.attach(attachment).await
    }
}

#[async_trait]
impl SpacePeerings for Heroku {
    async fn peering_info(&self, space: &SpaceName) -> ProviderResult<Option<PeeringInfo>> {
        self.rest.peering_info(space).await
    }

    async fn peerings(&self, space: &SpaceName) -> ProviderResult<Vec<Peering>> {
        self.rest.peerings(space).await
    }

    async fn accept_peering(
        &self,
        space: &SpaceName,
        peering: &PeeringConnectionId,
    ) -> ProviderResult<()> {
        self.rest.accept_peering(space, peering).await
    }
}

#[tokio::test]
async fn a_private_link_is_established_once_and_torn_down_to_nothing() {
    let Some(account) = Account::fresh() else { return };
    let vpc = account.vpc("10.0.0.0/16");
    let zones = [("use1-az4", "10.0.0.0/24"), ("use1-az6", "10.0.1.0/24")];
    let subnets = zones.map(|(zone, block)| account.subnet(&vpc, zone, block));
    // The service is offered in one zone less than the VPC has subnets in.
    let service = account.endpoint_service(&[&subnets[0], &subnets[1]]);
    account.subnet(&vpc, "use1-az1", "10.0.2.0/24");

    let aws = account.client();
    let addon: AddonName = "redis-concave-12345".parse().unwrap();
    let mut spec = PrivateLinkSpec::new("orders".parse().unwrap(), addon, vpc);
    spec.heroku_teardown = HerokuTeardown::Delete;
    let heroku = Arc::new(Heroku {
        region: account.region.clone(),
        service: service.clone(),
        aws: aws.clone(),
        spec: spec.clone(),
        exists: AtomicBool::new(false),
        allowed: Mutex::default(),
        rest: World::new().heroku(),
    });
    let workflow = PrivateLinkWorkflow::new(spec.clone(), heroku.clone(), Arc::new(aws.clone()));
    let driver =
        Driver::new(workflow, Arc::new(Seconds::from(UNIX_EPOCH + Duration::from_hours(500_000))));

    let link = driver.establish().await.unwrap();
    assert_eq!(link.service_name, service);
    assert_eq!(link.subnets, BTreeSet::from(subnets));
    assert_eq!(driver.establish().await.unwrap(), link);
    assert!(driver.plan(Goal::Established).await.unwrap().is_settled());
    let principals = heroku.allowed.lock().unwrap().clone();
    assert_eq!(principals, BTreeSet::from([AwsPrincipal::root_of(account.id)]));

    let owned = tag_of(&spec.link);
    let endpoints = aws.endpoints(&EndpointQuery::Tagged(owned.clone())).await.unwrap();
    assert_eq!(endpoints.len(), 1);
    assert_eq!((&endpoints[0].id, &endpoints[0].groups), (&link.endpoint, &link.security_groups));
    let groups = aws.security_groups(&GroupQuery::Tagged(owned.clone())).await.unwrap();
    assert_eq!(groups.len(), 1);
    let rules: Vec<_> = groups[0].ingress.iter().map(ToString::to_string).collect();
    assert_eq!(rules, ["tcp 6379 from 10.0.0.0/16"]);

    driver.teardown().await.unwrap();
    assert!(!heroku.exists.load(Ordering::Relaxed));
    let endpoints = aws.endpoints(&EndpointQuery::Tagged(owned.clone())).await.unwrap();
    assert_eq!(endpoints.iter().map(|it| &it.state).collect::<Vec<_>>(), [&EndpointState::Deleted]);
    assert_eq!(aws.security_groups(&GroupQuery::Tagged(owned)).await.unwrap(), []);
}
