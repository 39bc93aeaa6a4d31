use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use heroku_data_link::model::{
    AddonId, AwsPrincipal, DataService, EndpointServiceName, EndpointState, SecurityGroupId,
    SubnetId, VpcEndpointId, VpcId,
};
use heroku_data_link::provider::{
    EndpointQuery, ErrorKind, NewEndpoint, NewSecurityGroup, PrivateLinks, ProviderResult,
    SecurityGroups, VpcEndpoint, VpcEndpoints,
};
use heroku_data_link_mock::{Procedure, World};

pub(crate) const ACCOUNT: &str = "123456789101";

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn principals(texts: &[&str]) -> BTreeSet<AwsPrincipal> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

pub(crate) fn kind<T: std::fmt::Debug>(result: ProviderResult<T>) -> ErrorKind {
    result.unwrap_err().kind().clone()
}

/// The world of the article on Key-Value Store, some way into its procedure.
pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) addon: AddonId,
    pub(crate) vpc: VpcId,
    pub(crate) subnets: Vec<SubnetId>,
    pub(crate) procedure: Procedure,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::of(DataService::KeyValueStore)
    }

    pub(crate) fn of(service: DataService) -> Self {
        let (world, procedure) = World::of_the_procedures(service);
        Self {
            world,
            addon: procedure.addon_id,
            vpc: procedure.vpc.clone(),
            subnets: procedure.subnets.clone(),
            procedure,
        }
    }

    /// The endpoint service, operational and visible.
    pub(crate) async fn service(&self) -> EndpointServiceName {
        let heroku = self.world.heroku();
        heroku.create_private_link(&self.addon, &principals(&[ACCOUNT])).await.unwrap();
        self.world.advance(secs(8 * 60));
        heroku.private_link(&self.addon).await.unwrap().unwrap().service_name.unwrap()
    }

    pub(crate) async fn group(&self, name: &str) -> SecurityGroupId {
        let group = NewSecurityGroup {
            vpc: self.vpc.clone(),
            name: name.to_owned(),
            description: "a group".to_owned(),
            tags: BTreeMap::new(),
        };
        self.world.aws().create_security_group(&group).await.unwrap()
    }

    /// An endpoint to be made, in two zones.
    pub(crate) async fn new_endpoint(&self) -> NewEndpoint {
        self.new_endpoint_for(self.service().await).await
    }

    pub(crate) async fn new_endpoint_for(&self, service: EndpointServiceName) -> NewEndpoint {
        NewEndpoint {
            service,
            vpc: self.vpc.clone(),
            subnets: BTreeSet::from([self.subnets[0].clone(), self.subnets[2].clone()]),
            groups: BTreeSet::from([self.group("clients").await]),
            tags: BTreeMap::from([("heroku-data-link:link".to_owned(), "a".to_owned())]),
            client_token: "token-1".to_owned(),
        }
    }

    pub(crate) async fn endpoint(&self) -> VpcEndpointId {
        let new = self.new_endpoint().await;
        self.world.aws().create_endpoint(&new).await.unwrap()
    }

    pub(crate) async fn available_endpoint(&self) -> VpcEndpointId {
        let id = self.endpoint().await;
        self.world.advance(secs(6 * 60));
        assert_eq!(self.state(&id).await, EndpointState::Available);
        id
    }

    pub(crate) async fn describe(&self, id: &VpcEndpointId) -> Option<VpcEndpoint> {
        let query = EndpointQuery::Id(id.clone());
        self.world.aws().endpoints(&query).await.unwrap().into_iter().next()
    }

    pub(crate) async fn state(&self, id: &VpcEndpointId) -> EndpointState {
        self.describe(id).await.unwrap().state
    }
}
