//! Rules of security groups, one by one.

use std::time::SystemTime;

use heroku_data_link::model::{AccountId, SecurityGroupId};
use heroku_data_link::provider::{IngressRule, Tags, operation};

use super::super::error::AwsError;
use super::super::params::Params;
use super::super::xml::Element;
use super::filters::{Table, Wanted};
use super::groups::MALFORMED;
use super::listing::{Ids, Resource};
use super::permissions::{self, Source, described, kind_fields};
use super::{Action, Answer, done, refused};
use crate::state::group_rules::{RuleList, rule_id};
use crate::state::{Absent, Caller, State, ids};

/// One rule of a group; without a rule of its own, that which lets everything out.
pub(super) struct Rule {
    id: String,
    group: SecurityGroupId,
    owner: AccountId,
    inbound: Option<permissions::Described>,
    tags: Tags,
}

impl Rule {
    fn inbound(group: &SecurityGroupId, owner: &AccountId, rule: permissions::Described) -> Self {
        Self {
            id: rule_id(group, &rule.0),
            group: group.clone(),
            owner: owner.clone(),
            inbound: Some(rule),
            tags: Tags::new(),
        }
    }
}

impl Resource for Rule {
    const OPERATION: &'static str = "ec2:DescribeSecurityGroupRules";
    const SET: &'static str = "securityGroupRuleSet";
    const IDS: Ids = Ids {
        parameters: &["SecurityGroupRuleId"],
        is_id: |text| text.starts_with("sgr-"),
        malformed: "InvalidSecurityGroupRuleId.Malformed",
        unknown: "InvalidSecurityGroupRuleId.NotFound",
        kind: "security group rule ID",
    };
    const FILTERS: Table<Self> = &[
        ("group-id", |it| vec![it.group.to_string()]),
        ("security-group-rule-id", |it| vec![it.id.clone()]),
    ];

    fn id(&self) -> &str {
        &self.id
    }

    fn tags(&self) -> &Tags {
        &self.tags
    }

    fn find(state: &State, caller: &Caller, at: SystemTime, wanted: &Wanted) -> Vec<Self> {
        let groups: Vec<SecurityGroupId> = match wanted.exact("group-id") {
            Some(ids) => ids,
            None => state.aws.groups.keys().cloned().collect(),
        };
        let mut found = Vec::new();
        for id in groups {
            let Some((record, version)) = state.aws.group(caller, &id, at) else { continue };
            found.extend(version.ingress.iter().map(|(rule, description)| {
                Self::inbound(&id, &record.owner, (rule.clone(), description.clone()))
            }));
            found.push(Self {
                id: ids::derived("sgr", &format!("{id} egress")),
                group: id,
                owner: record.owner.clone(),
                inbound: None,
                tags: Tags::new(),
            });
        }
        found
    }

    fn fields(&self) -> Vec<Element> {
        let mut fields = vec![
            Element::text("securityGroupRuleId", &self.id),
            Element::text("groupId", &self.group),
            Element::text("groupOwnerId", &self.owner),
            Element::text("isEgress", self.inbound.is_none()),
        ];
        let Some((rule, description)) = &self.inbound else {
            fields.extend(kind_fields(&("-1".to_owned(), Some((-1, -1)))));
            fields.push(Element::text("cidrIpv4", "0.0.0.0/0"));
            return fields;
        };
        let (protocol, ports) = permissions::kind(rule);
        fields.extend(kind_fields(&(protocol, ports.or(Some((-1, -1))))));
        fields.push(match permissions::source(rule, &self.owner) {
            Source::V4(block) => Element::text("cidrIpv4", block),
            Source::V6(block) => Element::text("cidrIpv6", block),
            Source::PrefixList(id) => Element::text("prefixListId", id),
            Source::Group(user, id) => Element::tree(
                "referencedGroupInfo",
                [Element::text("groupId", id), Element::text("userId", user)],
            ),
        });
        fields.extend(described(description));
        fields
    }
}

/// `AuthorizeSecurityGroupIngress`
pub(super) async fn authorize(action: &Action<'_>) -> Answer {
    let face = &action.call.face;
    let group = group(action.params)?;
    if action.params.inner("TagSpecification.1").is_some() {
        return Err(AwsError::unsupported("tags of rules"));
    }
    let rules = permissions::read(action.params, face.account())?;
    if rules.is_empty() {
        return Err(AwsError::missing("ipPermissions"));
    }
    action.check(operation::AUTHORIZE_SECURITY_GROUP_INGRESS).await?;
    face.authorize(&group, &rules).await.map_err(|error| refused(&error))?;
    let made = rules.into_iter().map(|rule| Rule::inbound(&group, face.account(), rule).fields());
    let mut answer = done();
    answer.push(Element::set("securityGroupRuleSet", made));
    Ok(answer)
}

/// `RevokeSecurityGroupIngress`
pub(super) async fn revoke(action: &Action<'_>) -> Answer {
    let face = &action.call.face;
    let group = group(action.params)?;
    let ids = action.params.list("SecurityGroupRuleId");
    let rules = permissions::read(action.params, face.account())?;
    let rules: Vec<IngressRule> = rules.into_iter().map(|(rule, _)| rule).collect();
    let rules = match (ids.is_empty(), rules.is_empty()) {
        (true, true) => return Err(AwsError::missing("ipPermissions")),
        (true, false) => RuleList::Rules(rules),
        (false, true) => RuleList::Ids(ids),
        (false, false) => {
            let message = "Rules are named by id or by permission, and not both.";
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
    };
    action.check(operation::REVOKE_SECURITY_GROUP_INGRESS).await?;
    let revoked = face.revoke(&group, &rules, Absent::Refused).await;
    revoked.map_err(|error| refused(&error))?;
    Ok(done())
}

/// The group that a call is about.
pub(super) fn group(params: &Params) -> Result<SecurityGroupId, AwsError> {
    if params.text("GroupName").is_some() {
        let message =
            "No default VPC for this user. GroupName is only supported for a default VPC.";
        return Err(AwsError::new("VPCIdNotSpecified", message));
    }
    let id = params.parsed("GroupId", MALFORMED)?;
    id.ok_or_else(|| AwsError::missing("groupName or groupId"))
}
