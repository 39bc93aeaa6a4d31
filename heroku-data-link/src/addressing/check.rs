use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use super::block::Role;
use super::plan::CidrPlan;
use crate::model::text_filter::holds_password;
use crate::model::{InvalidValue, TextFilter};

/// Why a plan says nothing useful.
///
/// `Display` does not print the source; walk [`source`](std::error::Error::source) for that.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCidrPlan {
    /// It is not JSON, or not that of a plan.
    #[error("the CIDR plan cannot be read")]
    Json(#[source] serde_json::Error),
    /// It breaks rules; at least one.
    #[error("the CIDR plan is refused: {}", list(.0))]
    Refused(Vec<Refusal>),
}

/// A part of a plan that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {reason}")]
#[non_exhaustive]
pub struct Refusal {
    /// The part, such as `new VPC reports`.
    pub part: String,
    /// The value and the rule that it breaks.
    pub reason: InvalidValue,
}

fn list(refusals: &[Refusal]) -> String {
    refusals.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl CidrPlan {
    /// Refuses a plan that nothing useful can be said of, with all that is wrong.
    pub(super) fn check(&self) -> Result<(), InvalidCidrPlan> {
        let mut refusals = Vec::new();
        let mut refuse = |part: fmt::Arguments<'_>, checked: Result<(), InvalidValue>| {
            let refusal = |reason| Refusal { part: part.to_string(), reason };
            refusals.extend(checked.err().map(refusal));
        };
        let spaces = self.spaces.iter().map(|space| &space.name);
        let spaces = spaces.chain(self.new_spaces.iter().map(|space| &space.name));
        let mut names = HashSet::new();
        for name in spaces {
            refuse(format_args!("space {name}"), unique(&mut names, name.as_str()));
        }
        let vpcs = self.vpcs.iter().map(|vpc| vpc.name.as_str());
        let vpcs = vpcs.chain(self.new_vpcs.iter().map(|vpc| vpc.name.as_str()));
        let mut names = HashSet::new();
        for name in vpcs {
            let checked = check_text(name).and_then(|()| unique(&mut names, name));
            refuse(format_args!("VPC {:?}", shown(name)), checked);
        }
        for vpc in self.vpcs.iter().filter(|vpc| vpc.cidrs.is_empty()) {
            let empty = InvalidValue::new("list of a VPC's blocks", "[]", "a VPC has at least one");
            refuse(format_args!("VPC {:?}", shown(&vpc.name)), Err(empty));
        }
        for reserved in &self.reserved {
            refuse(format_args!("reserved {}", reserved.cidr), check_text(&reserved.reason));
        }
        for space in &self.new_spaces {
            let size = Role::SpaceDataCidr.check_size(space.data_prefix_len);
            refuse(format_args!("new space {}", space.name), size);
        }
        for vpc in &self.new_vpcs {
            refuse(
                format_args!("new VPC {:?}", shown(&vpc.name)),
                Role::VpcCidr.check_size(vpc.prefix_len),
            );
        }
        for reason in self.check_pool() {
            refuse(format_args!("pool"), Err(reason));
        }
        if refusals.is_empty() { Ok(()) } else { Err(InvalidCidrPlan::Refused(refusals)) }
    }

    /// The parts of the pool that lie outside RFC 1918.
    pub(super) fn check_pool(&self) -> impl Iterator<Item = InvalidValue> {
        let outside = self.pool.iter().flatten().filter(|cidr| !cidr.is_rfc1918());
        outside.map(|cidr| {
            let rule = "it must be inside RFC 1918, as Heroku makes no space outside and peers \
                        with no VPC outside";
            InvalidValue::new("pool of addresses", cidr.to_string(), rule)
        })
    }
}

fn unique<'a>(names: &mut HashSet<&'a str>, name: &'a str) -> Result<(), InvalidValue> {
    if names.insert(name) {
        return Ok(());
    }
    Err(InvalidValue::new("name of its own", name, "the plan has another of that name"))
}

fn check_text(text: &str) -> Result<(), InvalidValue> {
    if text.is_empty() || text.chars().any(char::is_control) {
        let rule = "it must not be empty, or have control characters";
        return Err(InvalidValue::new("line of text", text, rule));
    }
    if holds_password(text) {
        // Names and reasons are repeated by every report.
        let rule = "it must hold no password, as reports repeat it";
        return Err(InvalidValue::new("line of text", text, rule));
    }
    Ok(())
}

/// A name without the password for which it is refused.
fn shown(name: &str) -> Cow<'_, str> {
    if holds_password(name) { TextFilter::new().show(name).into() } else { name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addressing::{NewVpc, Reserved, VpcCidrs};

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let plan = CidrPlan::from_json(
            r#"{
                "spaces": [{ "name": "jp" }],
                "vpcs": [{ "name": "a", "cidrs": [] }, { "name": "x\ny", "cidrs": ["10.9.0.0/16"] }],
                "reserved": [{ "cidr": "10.8.0.0/16", "reason": "" }],
                "pool": ["10.0.0.0/8", "100.64.0.0/10"],
                "new-spaces": [{ "name": "jp", "data-prefix-len": 21 }],
                "new-vpcs": [{ "name": "a", "prefix-len": 29 }]
            }"#,
        );
        let plan = plan.unwrap();
        let Err(InvalidCidrPlan::Refused(refusals)) = plan.report() else {
            panic!("it is refused");
        };
        let refusals: Vec<_> = refusals.iter().map(ToString::to_string).collect();
        let text = "it must not be empty, or have control characters";
        let vpc = Role::VpcCidr.rule();
        let data = Role::SpaceDataCidr.rule();
        assert_eq!(
            refusals,
            [
                "space jp: \"jp\" is not a name of its own: the plan has another of that name",
                &format!("VPC \"x\\ny\": \"x\\ny\" is not a line of text: {text}"),
                "VPC \"a\": \"a\" is not a name of its own: the plan has another of that name",
                "VPC \"a\": \"[]\" is not a list of a VPC's blocks: a VPC has at least one",
                &format!("reserved 10.8.0.0/16: \"\" is not a line of text: {text}"),
                &format!("new space jp: \"/21\" is not a size of a space's data CIDR: {data}"),
                &format!("new VPC \"a\": \"/29\" is not a size of a VPC's CIDR: {vpc}"),
                "pool: \"100.64.0.0/10\" is not a pool of addresses: it must be inside RFC 1918, as \
                 Heroku makes no space outside and peers with no VPC outside",
            ]
        );
        let error = plan.first_free(Role::VpcCidr, 29).unwrap_err();
        assert_eq!(error.input(), Some("/29"));
        let error = plan.first_free(Role::VpcCidr, 28).unwrap_err();
        assert_eq!(error.input(), Some("100.64.0.0/10"));
    }

    #[test]
    fn a_password_in_a_name_or_reason_is_refused_and_not_repeated() {
        let url = "redis://h:hunter2@host";
        let mut plan = CidrPlan::default();
        plan.vpcs.push(VpcCidrs::new(url, []));
        plan.reserved.push(Reserved::new("10.8.0.0/16".parse().unwrap(), format!("see {url}")));
        plan.new_vpcs.push(NewVpc::new(url, 29));
        let error = plan.report().unwrap_err();
        let printed = format!("{error} {error:?}");
        assert!(!printed.contains("hunter2"), "{printed}");
        assert_eq!(printed.matches("it must hold no password").count(), 6, "{printed}");
        // What is no password may stand there.
        plan = CidrPlan::default();
        let reason = "jane@example.com, see https://wiki.example/x";
        plan.reserved.push(Reserved::new("10.8.0.0/16".parse().unwrap(), reason));
        assert!(plan.report().is_ok());
    }
}
