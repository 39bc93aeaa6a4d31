//! Rules of security groups.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use heroku_data_link::model::SecurityGroupId;
use heroku_data_link::provider::{IngressRule, IngressSource, operation};

use super::aws::{AwsState, Caller};
use super::groups::{GroupVersion, no_group};
use super::{Absent, Refusal, Reply, State, ids};
use crate::heroku::list;

/// Rules per group and direction, those for IPv6 addresses counted by themselves.
const RULES: usize = 60;

/// Which way the traffic of a rule flows. An outbound rule is one whose source is where to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Inbound,
    Outbound,
}

impl Direction {
    /// The action that adds rules.
    pub(crate) fn addition(self) -> &'static str {
        match self {
            Self::Inbound => operation::AUTHORIZE_SECURITY_GROUP_INGRESS,
            Self::Outbound => "ec2:AuthorizeSecurityGroupEgress",
        }
    }

    /// The action that removes rules.
    pub(crate) fn removal(self) -> &'static str {
        match self {
            Self::Inbound => operation::REVOKE_SECURITY_GROUP_INGRESS,
            Self::Outbound => "ec2:RevokeSecurityGroupEgress",
        }
    }
}

/// Rules of a group.
#[derive(Debug)]
pub(crate) enum RuleList {
    /// These.
    Rules(Vec<IngressRule>),
    /// Those of these ids, `sgr-…`.
    Ids(Vec<String>),
}

impl RuleList {
    /// The rules of the group that are meant, and the first that it does not have.
    fn named(
        &self,
        group: &SecurityGroupId,
        way: Direction,
        version: &GroupVersion,
    ) -> Reply<(Vec<IngressRule>, Option<&IngressRule>)> {
        let there = || version.rules(way).keys();
        match self {
            Self::Rules(rules) => {
                let is_meant = |rule: &&IngressRule| rules.iter().any(|it| it.is_same(rule));
                let absent = rules.iter().find(|rule| !there().any(|it| it.is_same(rule)));
                Ok((there().filter(is_meant).cloned().collect(), absent))
            }
            Self::Ids(ids) => {
                let rule_of = |id: &String| {
                    let found = there().find(|rule| rule_id(group, way, rule) == *id);
                    found.cloned().ok_or_else(|| {
                        Refusal::not_found(format!(
                            "InvalidSecurityGroupRuleId.NotFound: The security group rule ID \
                             '{id}' does not exist"
                        ))
                    })
                };
                Ok((ids.iter().map(rule_of).collect::<Reply<_>>()?, None))
            }
        }
    }
}

impl fmt::Display for RuleList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Rules(rules) => list(rules),
            Self::Ids(ids) => list(ids),
        })
    }
}

impl AwsState {
    /// A rule as it will be given back: the account stands beside a group of another one, and of
    /// no other. Whether the VPCs of the two are peered is not looked at.
    fn as_given_back(
        &self,
        caller: &Caller,
        now: SystemTime,
        rule: &IngressRule,
    ) -> Reply<IngressRule> {
        let Some(id) = rule.source.group() else { return Ok(rule.clone()) };
        let group = self.groups.get(id).filter(|group| group.region == caller.region);
        let group = group.filter(|group| group.history.at(now).is_some());
        let owner = group.map(|group| &group.owner).ok_or_else(|| no_group(id))?;
        if matches!(&rule.source, IngressSource::GroupOf(account, _) if account != owner) {
            return Err(no_group(id));
        }
        let source = if *owner == caller.account {
            IngressSource::Group(id.clone())
        } else {
            IngressSource::GroupOf(owner.clone(), id.clone())
        };
        Ok(IngressRule { source, ..rule.clone() })
    }
}

impl State {
    /// Adds rules, with their descriptions: all of them, or none.
    pub(crate) fn authorize(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        id: &SecurityGroupId,
        way: Direction,
        rules: &[(IngressRule, Arc<str>)],
    ) -> Reply<()> {
        let (_, version) = self.aws.known_group(caller, id, now)?;
        let there = version.rules(way);
        let mut new = Vec::new();
        for (rule, description) in rules {
            let rule = self.aws.as_given_back(caller, now, rule)?;
            if there.keys().any(|it| it.is_same(&rule)) {
                return Err(Refusal::conflict(format!(
                    "InvalidPermission.Duplicate: the specified rule \"{rule}\" already exists"
                )));
            }
            new.push((rule, Arc::clone(description)));
        }
        let all = || there.keys().chain(new.iter().map(|(rule, _)| rule));
        let v6 = all().filter(|rule| rule.is_ipv6()).count();
        if v6.max(all().count() - v6) > RULES {
            return Err(Refusal::quota(
                "RulesPerSecurityGroupLimitExceeded: The maximum number of rules per security \
                 group has been reached.",
            ));
        }
        self.change_group(now, id, |version| version.rules_mut(way).extend(new.iter().cloned()));
        Ok(())
    }

    /// Removes rules: all of them, or none where one that is absent is refused.
    pub(crate) fn revoke(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        id: &SecurityGroupId,
        way: Direction,
        rules: &RuleList,
        absent: Absent,
    ) -> Reply<()> {
        let (_, version) = self.aws.known_group(caller, id, now)?;
        let (meant, missing) = rules.named(id, way, version)?;
        if let Some(rule) = missing {
            absent.reply(|| {
                Refusal::not_found(format!(
                    "InvalidPermission.NotFound: The specified rule \"{rule}\" does not exist in \
                     this security group."
                ))
            })?;
        }
        if !meant.is_empty() {
            self.change_group(now, id, |version| {
                version.rules_mut(way).retain(|rule, _| !meant.contains(rule));
            });
        }
        Ok(())
    }

    /// Adds a rule without checks.
    pub(crate) fn plant_rule(
        &mut self,
        from: SystemTime,
        id: &SecurityGroupId,
        way: Direction,
        rule: &IngressRule,
    ) {
        self.change_group(from, id, |version| {
            version.rules_mut(way).insert(rule.clone(), "".into());
        });
    }

    fn change_group(
        &mut self,
        now: SystemTime,
        id: &SecurityGroupId,
        change: impl FnMut(&mut GroupVersion),
    ) {
        if let Some(group) = self.aws.groups.get_mut(id) {
            group.history.update(now, change);
        }
    }
}

/// The id of a rule, `sgr-…`.
pub(crate) fn rule_id(group: &SecurityGroupId, way: Direction, rule: &IngressRule) -> String {
    let way = match way {
        Direction::Inbound => "",
        Direction::Outbound => " outbound",
    };
    ids::derived("sgr", &format!("{group}{way}: {rule}"))
}
