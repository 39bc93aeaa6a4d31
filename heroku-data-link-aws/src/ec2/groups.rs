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
    GroupQuery, IngressRule, NewSecurityGroup, ProviderResult, SecurityGroup, SecurityGroups, Tags,
};

use super::rules::{groups_of, permission, rules};
use super::{PAGE, done, filter, has_tag, on_creation, tag_filter, tags};
use crate::client::Client;
use crate::error::{Failure, failure};
use crate::pages::all;
use crate::reading::needed;

#[async_trait]
impl SecurityGroups for Client {
    async fn security_groups(&self, query: &GroupQuery) -> ProviderResult<Vec<SecurityGroup>> {
        let operation = DESCRIBE_SECURITY_GROUPS;
        let filters = match query {
            GroupQuery::Ids(ids) if ids.is_empty() => return Ok(Vec::new()),
            GroupQuery::Tagged(tag) => vec![tag_filter(tag)],
            // Names are unique ignoring case, and filters are not: so all of the VPC are read.
            GroupQuery::Named { vpc, .. } => vec![filter("vpc-id", [vpc])],
            GroupQuery::Ids(ids) => vec![filter("group-id", ids)],
            // Filters are all met by what they select, so either direction needs its own request.
            GroupQuery::ReferringTo(id) => vec![
                filter("ip-permission.group-id", [id]),
                filter("egress.ip-permission.group-id", [id]),
            ],
        };
        let mut found = Vec::new();
        for wanted in filters {
            let call = self.ec2().describe_security_groups().filters(wanted);
            let pages = call.into_paginator().page_size(PAGE).send();
            let of_filter = all(operation, pages, |page| (page.security_groups, page.next_token));
            found.extend(of_filter.await?);
        }
        found.retain(|it| selects(query, it));
        found.sort_by(|a, b| a.group_id().cmp(&b.group_id()));
        found.dedup_by(|a, b| a.group_id() == b.group_id());
        found.iter().map(group).collect()
    }

    async fn create_security_group(
        &self,
        group: &NewSecurityGroup,
    ) -> ProviderResult<SecurityGroupId> {
        let operation = CREATE_SECURITY_GROUP;
        let call = self.creation_of_group(group);
        let answer = call.send().await.map_err(|error| failure(operation, &error))?;
        needed(operation, "groupId", answer.group_id())
    }

    async fn tag_security_group(&self, group: &SecurityGroupId, tags: &Tags) -> ProviderResult<()> {
        self.tag(group.as_str(), tags).await
    }

    async fn authorize_ingress(
        &self,
        group: &SecurityGroupId,
        rule: &IngressRule,
    ) -> ProviderResult<()> {
        let operation = AUTHORIZE_SECURITY_GROUP_INGRESS;
        let call = self.addition_of_rule(group, rule);
        let answer = call.send().await.map_err(|error| failure(operation, &error))?;
        done(operation, answer.r#return())
    }

    async fn revoke_ingress(
        &self,
        group: &SecurityGroupId,
        rule: &IngressRule,
    ) -> ProviderResult<()> {
        let operation = REVOKE_SECURITY_GROUP_INGRESS;
        let call = self.removal_of_rule(group, rule);
        match call.send().await {
            Ok(answer) => done(operation, answer.r#return()),
            Err(error) => {
                failure(operation, &error).unless(|it| it.is(&["InvalidPermission.NotFound"]))
            }
        }
    }

    async fn delete_security_group(&self, group: &SecurityGroupId) -> ProviderResult<()> {
        let operation = DELETE_SECURITY_GROUP;
        match self.ec2().delete_security_group().group_id(group.as_str()).send().await {
            Ok(answer) => done(operation, answer.r#return()),
            Err(error) => failure(operation, &error).unless(Failure::is_not_found),
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

/// What EC2 does not filter as we mean it.
fn selects(query: &GroupQuery, it: &types::SecurityGroup) -> bool {
    match query {
        GroupQuery::Tagged(tag) => has_tag(&tags(it.tags()), tag),
        GroupQuery::Named { vpc, name } => {
            it.vpc_id() == Some(vpc.as_str())
                && it.group_name().is_some_and(|own| own.eq_ignore_ascii_case(name))
        }
        GroupQuery::Ids(ids) => {
            it.group_id().is_some_and(|own| ids.iter().any(|id| id.as_str() == own))
        }
        GroupQuery::ReferringTo(id) => {
            let mut rules = it.ip_permissions().iter().chain(it.ip_permissions_egress());
            it.group_id() != Some(id.as_str())
                && rules.any(|rule| groups_of(rule).any(|group| group == id.as_str()))
        }
    }
}

fn group(it: &types::SecurityGroup) -> ProviderResult<SecurityGroup> {
    let operation = DESCRIBE_SECURITY_GROUPS;
    let ingress = it.ip_permissions().iter();
    Ok(SecurityGroup {
        id: needed(operation, "groupId", it.group_id())?,
        name: it.group_name().unwrap_or_default().to_owned(),
        vpc: needed(operation, "vpcId", it.vpc_id())?,
        tags: tags(it.tags()),
        ingress: ingress.flat_map(|permission| rules(permission, it.owner_id())).collect(),
        egress_groups: it
            .ip_permissions_egress()
            .iter()
            .flat_map(groups_of)
            .filter_map(|id| id.parse().ok())
            .collect(),
    })
}
