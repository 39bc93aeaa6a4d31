use async_trait::async_trait;
use aws_sdk_ec2::operation::authorize_security_group_ingress::builders::AuthorizeSecurityGroupIngressFluentBuilder;
use aws_sdk_ec2::operation::create_security_group::builders::CreateSecurityGroupFluentBuilder;
use aws_sdk_ec2::operation::revoke_security_group_ingress::builders::RevokeSecurityGroupIngressFluentBuilder;
use aws_sdk_ec2::types::{self, ResourceType};
use heroku_data_link::model::SecurityGroupId;
use heroku_data_link::provider::operation::{
    AUTHORIZE_SECURITY_GROUP_INGRESS, CREATE_SECURITY_GROUP, DELETE_SECURITY_GROUP,
    DESCRIBE_SECURITY_GROUPS, REVOKE_SECURITY_GROUP_INGRESS,
};
use heroku_data_link::provider::{
    GroupQuery, IngressRule, NewSecurityGroup, ProviderResult, SecurityGroup, SecurityGroups,
};

use super::rules::{permission, rules};
use super::{PAGE, filter, is_tagged, on_creation, tag_filter, tags};
use crate::client::Client;
use crate::error::Failure;
use crate::pages::all;
use crate::reading::Reading;

#[async_trait]
impl SecurityGroups for Client {
    async fn security_groups(&self, query: &GroupQuery) -> ProviderResult<Vec<SecurityGroup>> {
        let reading = self.reading(DESCRIBE_SECURITY_GROUPS);
        let wanted = match query {
            GroupQuery::Ids(ids) if ids.is_empty() => return Ok(Vec::new()),
            GroupQuery::Tagged(tag) => tag_filter(tag),
            // Names are unique ignoring case, and filters are not: so all of the VPC are read.
            GroupQuery::Named { vpc, .. } => filter("vpc-id", [vpc]),
            GroupQuery::Ids(ids) => filter("group-id", ids),
        };
        let call = self.ec2().describe_security_groups().filters(wanted);
        let call = call.max_results(PAGE);
        let ask =
            |next, meter| call.clone().set_next_token(next).customize().interceptor(meter).send();
        let found = all(&reading, ask, |page| (page.security_groups, page.next_token)).await?;
        found
            .iter()
            .filter(|it| match query {
                GroupQuery::Tagged(tag) => is_tagged(it.tags(), tag),
                GroupQuery::Named { vpc, name } => {
                    it.vpc_id() == Some(vpc.as_str())
                        && it.group_name().is_some_and(|own| own.eq_ignore_ascii_case(name))
                }
                GroupQuery::Ids(ids) => {
                    it.group_id().is_some_and(|own| ids.iter().any(|id| id.as_str() == own))
                }
            })
            .map(|it| group(&reading, it))
            .collect()
    }

    async fn create_security_group(
        &self,
        group: &NewSecurityGroup,
    ) -> ProviderResult<SecurityGroupId> {
        let reading = self.reading(CREATE_SECURITY_GROUP);
        let call = self.creation_of_group(group);
        let answer = call.send().await.map_err(|error| reading.failure(&error))?;
        reading.needed("groupId", answer.group_id())
    }

    async fn authorize_ingress(
        &self,
        group: &SecurityGroupId,
        rule: &IngressRule,
    ) -> ProviderResult<()> {
        let reading = self.reading(AUTHORIZE_SECURITY_GROUP_INGRESS);
        let call = self.addition_of_rule(group, rule);
        let answer = call.send().await.map_err(|error| reading.failure(&error))?;
        reading.done(answer.r#return())
    }

    async fn revoke_ingress(
        &self,
        group: &SecurityGroupId,
        rule: &IngressRule,
    ) -> ProviderResult<()> {
        let reading = self.reading(REVOKE_SECURITY_GROUP_INGRESS);
        let call = self.removal_of_rule(group, rule);
        match call.send().await {
            Ok(answer) => reading.done(answer.r#return()),
            Err(error) => {
                reading.failure(&error).unless(|it| it.is(&["InvalidPermission.NotFound"]))
            }
        }
    }

    async fn delete_security_group(&self, group: &SecurityGroupId) -> ProviderResult<()> {
        let reading = self.reading(DELETE_SECURITY_GROUP);
        match self.ec2().delete_security_group().group_id(group.as_str()).send().await {
            Ok(answer) => reading.done(answer.r#return()),
            Err(error) => reading.failure(&error).unless(Failure::is_not_found),
        }
    }
}

impl Client {
    pub(super) fn creation_of_group(
        &self,
        group: &NewSecurityGroup,
    ) -> CreateSecurityGroupFluentBuilder {
        self.ec2()
            .create_security_group()
            .vpc_id(group.vpc.as_str())
            .group_name(&group.name)
            .description(&group.description)
            .set_tag_specifications(on_creation(ResourceType::SecurityGroup, &group.tags))
    }

    /// One rule a call: one that is there already would make EC2 refuse all of them.
    pub(super) fn addition_of_rule(
        &self,
        group: &SecurityGroupId,
        rule: &IngressRule,
    ) -> AuthorizeSecurityGroupIngressFluentBuilder {
        self.ec2()
            .authorize_security_group_ingress()
            .group_id(group.as_str())
            .ip_permissions(permission(rule))
    }

    pub(super) fn removal_of_rule(
        &self,
        group: &SecurityGroupId,
        rule: &IngressRule,
    ) -> RevokeSecurityGroupIngressFluentBuilder {
        self.ec2()
            .revoke_security_group_ingress()
            .group_id(group.as_str())
            .ip_permissions(permission(rule))
    }
}

fn group(reading: &Reading, it: &types::SecurityGroup) -> ProviderResult<SecurityGroup> {
    let ingress = it.ip_permissions().iter();
    Ok(SecurityGroup {
        id: reading.needed("groupId", it.group_id())?,
        name: reading.name(it.group_name()),
        vpc: reading.needed("vpcId", it.vpc_id())?,
        tags: tags(reading, it.tags()),
        ingress: ingress.flat_map(|permission| rules(permission, it.owner_id())).collect(),
    })
}
