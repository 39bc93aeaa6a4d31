//! Inbound rules of security groups.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use heroku_data_link::model::SecurityGroupId;
use heroku_data_link::provider::{IngressRule, IngressSource};

use super::aws::Caller;
use super::groups::GroupVersion;
use super::{Absent, Refusal, Reply, State, ids};
use crate::heroku::list;

/// Rules per group and direction.
const RULES: usize = 60;

/// Rules of a group.
#[derive(Debug)]
pub(crate) enum RuleList {
    /// These.
    Rules(Vec<IngressRule>),
    /// Those of these ids, `sgr-…`.
    Ids(Vec<String>),
}

impl RuleList {
    fn named(&self, group: &SecurityGroupId, version: &GroupVersion) -> Reply<Vec<IngressRule>> {
        let rule_of = |id: &String| {
            let found = version.ingress.keys().find(|rule| rule_id(group, rule) == *id);
            found.cloned().ok_or_else(|| {
                Refusal::not_found(format!(
                    "InvalidSecurityGroupRuleId.NotFound: The security group rule ID '{id}' does \
                     not exist"
                ))
            })
        };
        match self {
            Self::Rules(rules) => Ok(rules.clone()),
            Self::Ids(ids) => ids.iter().map(rule_of).collect(),
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

impl State {
    /// Adds rules, with their descriptions: all of them, or none.
    pub(crate) fn authorize(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        id: &SecurityGroupId,
        rules: &[(IngressRule, Arc<str>)],
    ) -> Reply<()> {
        let (_, version) = self.aws.known_group(caller, id, now)?;
        for (rule, _) in rules {
            if let IngressSource::Group(source) = &rule.source {
                self.aws.known_group(caller, source, now)?;
            }
            if version.ingress.contains_key(rule) {
                return Err(Refusal::conflict(format!(
                    "InvalidPermission.Duplicate: the specified rule \"{rule}\" already exists"
                )));
            }
        }
        if version.ingress.len() + rules.len() > RULES {
            return Err(Refusal::quota(
                "RulesPerSecurityGroupLimitExceeded: The maximum number of rules per security \
                 group has been reached.",
            ));
        }
        self.change_group(now, id, |version| version.ingress.extend(rules.iter().cloned()));
        Ok(())
    }

    /// Removes rules: all of them, or none where one that is absent is refused.
    pub(crate) fn revoke(
        &mut self,
        caller: &Caller,
        now: SystemTime,
        id: &SecurityGroupId,
        rules: &RuleList,
        absent: Absent,
    ) -> Reply<()> {
        let (_, version) = self.aws.known_group(caller, id, now)?;
        let rules = &rules.named(id, version)?;
        if let Some(rule) = rules.iter().find(|rule| !version.ingress.contains_key(rule)) {
            absent.reply(|| {
                Refusal::not_found(format!(
                    "InvalidPermission.NotFound: The specified rule \"{rule}\" does not exist in \
                     this security group."
                ))
            })?;
        }
        if rules.iter().any(|rule| version.ingress.contains_key(rule)) {
            self.change_group(now, id, |version| {
                version.ingress.retain(|rule, _| !rules.contains(rule));
            });
        }
        Ok(())
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
pub(crate) fn rule_id(group: &SecurityGroupId, rule: &IngressRule) -> String {
    ids::derived("sgr", &format!("{group}: {rule}"))
}
