use async_trait::async_trait;
use heroku_data_link::model::{
    AccountId, AwsRegion, EndpointServiceName, SecurityGroupId, VpcEndpointId, VpcId,
};
use heroku_data_link::provider::{
    CallerIdentity, EndpointChange, EndpointQuery, EndpointService, EndpointServices, GroupQuery,
    Identity, IngressRule, NetworkAcl, NetworkAcls, NetworkInterface, NetworkInterfaces,
    NewEndpoint, NewSecurityGroup, ProviderResult, SecurityGroup, SecurityGroups, Subnet,
    SubnetQuery, Tags, Vpc, VpcEndpoint, VpcEndpoints, Vpcs, operation,
};

use crate::heroku::list;
use crate::journal::Request;
use crate::state::group_rules::{Direction, RuleList};
use crate::state::tags::TagChange;
use crate::state::{Absent, Caller, known};
use crate::world::World;

/// A world as the AWS APIs show it to a user of one account, in one region.
#[derive(Debug, Clone)]
pub struct AwsFace {
    pub(crate) world: World,
    pub(crate) caller: Caller,
}

impl AwsFace {
    pub(crate) fn new(world: World, caller: Caller) -> Self {
        Self { world, caller }
    }

    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    /// The account.
    pub fn account(&self) -> &AccountId {
        &self.caller.account
    }
}

#[async_trait]
impl Identity for AwsFace {
    async fn caller_identity(&self) -> ProviderResult<CallerIdentity> {
        let account = &self.caller.account;
        let request = Request::new(operation::GET_CALLER_IDENTITY, account.as_str());
        let identity =
            CallerIdentity { account: account.clone(), arn: known(self.caller.user().parse()) };
        self.world.read(request, |_, _| Ok(identity)).settle().await
    }
}

#[async_trait]
impl Vpcs for AwsFace {
    fn region(&self) -> &AwsRegion {
        &self.caller.region
    }

    async fn vpc(&self, id: &VpcId) -> ProviderResult<Option<Vpc>> {
        let request = Request::new(operation::DESCRIBE_VPCS, id.as_str());
        let vpc = self.world.read(request, |state, _| {
            Ok(state.aws.vpc(&self.caller, id).map(|record| record.vpc.clone()))
        });
        vpc.settle().await
    }

    async fn subnets(&self, query: &SubnetQuery) -> ProviderResult<Vec<Subnet>> {
        let detail = match query {
            SubnetQuery::InVpc(vpc) => format!("in {vpc}"),
            SubnetQuery::Ids(ids) => list(ids),
        };
        let request = Request::new(operation::DESCRIBE_SUBNETS, &detail);
        let subnets =
            self.world.read(request, |state, at| Ok(state.aws.subnets(&self.caller, query, at)));
        subnets.settle().await
    }
}

#[async_trait]
impl EndpointServices for AwsFace {
    async fn endpoint_service(
        &self,
        name: &EndpointServiceName,
    ) -> ProviderResult<Option<EndpointService>> {
        let request = Request::new(operation::DESCRIBE_VPC_ENDPOINT_SERVICES, name.as_str());
        let service = self
            .world
            .read(request, |state, at| Ok(state.endpoint_service(&self.caller, name, at)));
        service.settle().await
    }
}

#[async_trait]
impl SecurityGroups for AwsFace {
    async fn security_groups(&self, query: &GroupQuery) -> ProviderResult<Vec<SecurityGroup>> {
        let detail = match query {
            GroupQuery::Tagged(tag) => format!("tagged {}={}", tag.key, tag.value),
            GroupQuery::WithTag(key) => format!("with the tag {key}"),
            GroupQuery::Named { vpc, name } => format!("{name} in {vpc}"),
            GroupQuery::Ids(ids) => list(ids),
            GroupQuery::ReferringTo(id) => format!("referring to {id}"),
        };
        let request = Request::new(operation::DESCRIBE_SECURITY_GROUPS, &detail);
        let groups =
            self.world.read(request, |state, at| Ok(state.aws.groups(&self.caller, query, at)));
        groups.settle().await
    }

    async fn create_security_group(
        &self,
        group: &NewSecurityGroup,
    ) -> ProviderResult<SecurityGroupId> {
        let detail = format!("{} in {}", group.name, group.vpc);
        let request =
            Request::new(operation::CREATE_SECURITY_GROUP, &detail).tagging(!group.tags.is_empty());
        let create =
            self.world.mutate(request, |state, now| state.create_group(&self.caller, now, group));
        create.settle().await
    }

    async fn tag_security_group(&self, group: &SecurityGroupId, tags: &Tags) -> ProviderResult<()> {
        self.change_tags(&[group.to_string()], &TagChange::Set(tags.clone())).await
    }

    async fn authorize_ingress(
        &self,
        group: &SecurityGroupId,
        rule: &IngressRule,
    ) -> ProviderResult<()> {
        self.authorize(group, Direction::Inbound, &[(rule.clone(), "".into())]).await
    }

    async fn revoke_ingress(
        &self,
        group: &SecurityGroupId,
        rule: &IngressRule,
    ) -> ProviderResult<()> {
        let rules = RuleList::Rules(vec![rule.clone()]);
        self.revoke(group, Direction::Inbound, &rules, Absent::Fine).await
    }

    async fn delete_security_group(&self, group: &SecurityGroupId) -> ProviderResult<()> {
        self.delete_group(group, Absent::Fine).await
    }
}

#[async_trait]
impl VpcEndpoints for AwsFace {
    async fn endpoints(&self, query: &EndpointQuery) -> ProviderResult<Vec<VpcEndpoint>> {
        let detail = match query {
            EndpointQuery::Tagged(tag) => format!("tagged {}={}", tag.key, tag.value),
            EndpointQuery::WithTag(key) => format!("with the tag {key}"),
            EndpointQuery::InVpc(vpc) => format!("in {vpc}"),
            EndpointQuery::Id(id) => id.to_string(),
        };
        let request = Request::new(operation::DESCRIBE_VPC_ENDPOINTS, &detail);
        let endpoints =
            self.world.read(request, |state, at| Ok(state.aws.endpoints(&self.caller, query, at)));
        endpoints.settle().await
    }

    async fn create_endpoint(&self, endpoint: &NewEndpoint) -> ProviderResult<VpcEndpointId> {
        self.create_endpoint_as(endpoint, |_, id, _| id).await
    }

    async fn modify_endpoint(
        &self,
        endpoint: &VpcEndpointId,
        change: &EndpointChange,
    ) -> ProviderResult<()> {
        let added = list(change.add_subnets.iter().map(|id| format!("+{id}")));
        let removed = list(change.remove_subnets.iter().map(|id| format!("-{id}")));
        let groups = list(change.add_groups.iter().map(|id| format!("+{id}")));
        let without = list(change.remove_groups.iter().map(|id| format!("-{id}")));
        let changes = [added, removed, groups, without];
        let detail = format!("{endpoint}: {}", list(changes.iter().filter(|ids| !ids.is_empty())));
        let request = Request::new(operation::MODIFY_VPC_ENDPOINT, &detail);
        let modify = self.world.mutate(request, |state, now| {
            state.modify_endpoint(&self.caller, now, endpoint, change)
        });
        modify.settle().await
    }

    async fn tag_endpoint(&self, endpoint: &VpcEndpointId, tags: &Tags) -> ProviderResult<()> {
        self.change_tags(&[endpoint.to_string()], &TagChange::Set(tags.clone())).await
    }

    async fn delete_endpoint(&self, endpoint: &VpcEndpointId) -> ProviderResult<()> {
        self.delete_endpoints(std::slice::from_ref(endpoint), Absent::Fine).await?;
        Ok(())
    }
}

#[async_trait]
impl NetworkInterfaces for AwsFace {
    async fn interfaces_using(
        &self,
        group: &SecurityGroupId,
    ) -> ProviderResult<Vec<NetworkInterface>> {
        let request = Request::new(operation::DESCRIBE_NETWORK_INTERFACES, group.as_str());
        let interfaces = self
            .world
            .read(request, |state, at| Ok(state.aws.interfaces_using(&self.caller, group, at)));
        interfaces.settle().await
    }
}

#[async_trait]
impl NetworkAcls for AwsFace {
    async fn network_acls(&self, vpc: &VpcId) -> ProviderResult<Vec<NetworkAcl>> {
        let request = Request::new(operation::DESCRIBE_NETWORK_ACLS, vpc.as_str());
        let acls =
            self.world.read(request, |state, at| Ok(state.aws.network_acls(&self.caller, vpc, at)));
        acls.settle().await
    }
}
