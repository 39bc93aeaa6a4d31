//! Rules of security groups, one by one.

use std::time::SystemTime;

use heroku_data_link::model::{AccountId, SecurityGroupId};
use heroku_data_link::provider::{IngressRule, Tags};

use super::super::error::AwsError;
use super::super::params::Params;
use super::super::xml::Element;
use super::filters::{Table, Wanted};
use super::groups::MALFORMED;
use super::listing::{Ids, Resource};
use super::permissions::{self, Source, described, kind_fields};
use super::{Action, Answer, done, refused};
use crate::state::group_rules::{Direction, RuleList, rule_id};
use crate::state::{Absent, Caller, State};

/// One rule of a group.
pub(super) struct Rule {
    id: String,
    group: SecurityGroupId,
    owner: AccountId,
    way: Direction,
    described: permissions::Described,
    tags: Tags,
}

impl Rule {
    fn new(
        group: &SecurityGroupId,
        owner: &AccountId,
        way: Direction,
        described: permissions::Described,
    ) -> Self {
        Self {
            id: rule_id(group, way, &described.0),
            group: group.clone(),
            owner: owner.clone(),
            way,
            described,
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
            for way in [Direction::Inbound, Direction::Outbound] {
                found.extend(version.rules(way).iter().map(|(rule, description)| {
                    Self::new(&id, &record.owner, way, (rule.clone(), description.clone()))
                }));
            }
        }
        found
    }

    fn fields(&self) -> Vec<Element> {
        let mut fields = vec![
            Element::text("securityGroupRuleId", &self.id),
            Element::text("groupId", &self.group),
            Element::text("groupOwnerId", &self.owner),
            Element::text("isEgress", self.way == Direction::Outbound),
        ];
        let (rule, description) = &self.described;
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

/// `AuthorizeSecurityGroupIngress`, `AuthorizeSecurityGroupEgress`
pub(super) async fn authorize(action: &Action<'_>, way: Direction) -> Answer {
    let face = &action.call.face;
    let group = group(action.params)?;
    if action.params.inner("TagSpecification.1").is_some() {
        return Err(AwsError::unsupported("tags of rules"));
    }
    let rules = permissions::read(action.params, face.account())?;
    if rules.is_empty() {
        return Err(AwsError::missing("ipPermissions"));
    }
    action.check(way.addition()).await?;
    face.authorize(&group, way, &rules).await.map_err(|error| refused(&error))?;
    let made = rules.into_iter().map(|rule| Rule::new(&group, face.account(), way, rule).fields());
    let mut answer = done();
    answer.push(Element::set("securityGroupRuleSet", made));
    Ok(answer)
}

/// `RevokeSecurityGroupIngress`, `RevokeSecurityGroupEgress`
pub(super) async fn revoke(action: &Action<'_>, way: Direction) -> Answer {
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
    action.check(way.removal()).await?;
    let revoked = face.revoke(&group, way, &rules, Absent::Refused).await;
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
