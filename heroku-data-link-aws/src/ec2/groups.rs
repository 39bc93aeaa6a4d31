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
    GroupQuery, IngressRule, IngressSource, NewSecurityGroup, Protocol, ProviderResult,
    SecurityGroup, SecurityGroups, Tags,
};

use super::rules::{groups_of, permission, rules};
use super::{PAGE, filter, has_tag_key, is_tagged, on_creation, tag_filter, tag_key_filter, tags};
use crate::client::Client;
use crate::error::Failure;
use crate::pages::all;
use crate::reading::Reading;

#[async_trait]
impl SecurityGroups for Client {
    async fn security_groups(&self, query: &GroupQuery) -> ProviderResult<Vec<SecurityGroup>> {
        let reading = self.reading(DESCRIBE_SECURITY_GROUPS);
        let filters = match query {
            GroupQuery::Ids(ids) if ids.is_empty() => return Ok(Vec::new()),
            GroupQuery::Tagged(tag) => vec![tag_filter(tag)],
            GroupQuery::WithTag(key) => vec![tag_key_filter(key)],
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
            let call = self.ec2().describe_security_groups().filters(wanted).max_results(PAGE);
            let ask = |next, meter| {
                call.clone().set_next_token(next).customize().interceptor(meter).send()
            };
            let of_filter = all(&reading, ask, |page| (page.security_groups, page.next_token));
            found.extend(of_filter.await?);
        }
        found.retain(|it| selects(query, it));
        found.sort_by(|a, b| a.group_id().cmp(&b.group_id()));
        found.dedup_by(|a, b| a.group_id() == b.group_id());
        found.iter().map(|it| group(&reading, it)).collect()
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

    async fn tag_security_group(&self, group: &SecurityGroupId, tags: &Tags) -> ProviderResult<()> {
        self.tag(group.as_str(), tags).await
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

/// What EC2 does not filter as we mean it.
fn selects(query: &GroupQuery, it: &types::SecurityGroup) -> bool {
    match query {
        GroupQuery::Tagged(tag) => is_tagged(it.tags(), tag),
        GroupQuery::WithTag(key) => has_tag_key(it.tags(), key),
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

fn group(reading: &Reading, it: &types::SecurityGroup) -> ProviderResult<SecurityGroup> {
    let ingress = it.ip_permissions().iter();
    Ok(SecurityGroup {
        id: reading.needed("groupId", it.group_id())?,
        name: reading.name(it.group_name()),
        vpc: reading.needed("vpcId", it.vpc_id())?,
        tags: tags(reading, it.tags()),
        ingress: ingress
            .flat_map(|permission| rules(permission, it.owner_id()))
            .map(|rule| shown(reading, rule))
            .collect(),
        egress_groups: it
            .ip_permissions_egress()
            .iter()
            .flat_map(groups_of)
            .filter_map(|id| id.parse().ok())
            .collect(),
    })
}

/// The rule without secrets and what cannot be seen, where it is text of AWS's.
fn shown(reading: &Reading, rule: IngressRule) -> IngressRule {
    let protocol = match rule.protocol {
        Protocol::Tcp => Protocol::Tcp,
        Protocol::Other(text) => Protocol::Other(reading.name(Some(&text))),
    };
    let source = match rule.source {
        IngressSource::Other(text) => IngressSource::Other(reading.name(Some(&text))),
        source @ (IngressSource::Cidr(_)
        | IngressSource::Group(_)
        | IngressSource::GroupOf(..)
        | IngressSource::PrefixList(_)) => source,
    };
    IngressRule { protocol, ports: rule.ports, source }
}
