use std::fmt;

use serde::Serialize;

use super::block::{Block, Role, SPACE_PREFIX_LEN};
use super::check::InvalidCidrPlan;
use super::conflicts::Conflict;
use super::plan::CidrPlan;
use crate::model::{Cidr, CidrSet};

/// What there is to say about a [`CidrPlan`]. `Display` is for people, serde for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct CidrReport<'a> {
    /// How many conflicts there are in all.
    pub conflict_count: usize,
    /// The first [`LISTED`](Self::LISTED) of them, in the order of addresses.
    pub conflicts: Vec<Conflict<'a>>,
    /// The blocks that Heroku or AWS would not have, in the order of the plan.
    pub violations: Vec<Violation<'a>>,
    /// A block for each that is to be made, in the order of the plan.
    pub proposals: Vec<Proposal<'a>>,
    /// Where the proposals come from.
    pub pool: CidrSet,
}

/// A block that breaks the rule of its role, so that Heroku cannot have made or cannot peer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Violation<'a> {
    /// The block.
    pub block: Block<'a>,
    /// The rule.
    pub rule: &'static str,
}

/// A block for something that is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Proposal<'a> {
    /// What the block is for.
    pub role: Role,
    /// The space or VPC.
    pub name: &'a str,
    /// The wanted prefix length in bits.
    pub prefix_len: u8,
    /// The block; `None` if no such block is free in the pool.
    pub cidr: Option<Cidr>,
}

impl CidrReport<'_> {
    /// How many conflicts are listed at most; the others are only counted.
    pub const LISTED: usize = 100;

    /// Whether nothing conflicts, no rule is broken, and all that is to be made has its block.
    pub fn is_clean(&self) -> bool {
        self.conflict_count == 0
            && self.violations.is_empty()
            && self.proposals.iter().all(|proposal| proposal.cidr.is_some())
    }
}

impl CidrPlan {
    /// Says what conflicts, which rules are broken, and which blocks to take for what is to be
    /// made.
    ///
    /// # Errors
    /// When the plan asks for what cannot be, with all that is wrong: a size that Heroku or AWS
    /// does not have, a pool outside RFC 1918, a name that is there twice.
    pub fn report(&self) -> Result<CidrReport<'_>, InvalidCidrPlan> {
        self.check()?;
        let conflicts = self.conflicts();
        let violations = self
            .entries()
            .filter(|it| !it.block.role.allows(it.block.cidr, it.vpc))
            .map(|it| Violation { block: it.block, rule: it.block.role.rule() });
        Ok(CidrReport {
            conflict_count: conflicts.clone().count(),
            conflicts: conflicts.take(CidrReport::LISTED).collect(),
            violations: violations.collect(),
            proposals: self.proposals(),
            pool: self.pool(),
        })
    }

    fn proposals(&self) -> Vec<Proposal<'_>> {
        let mut free = self.free();
        let spaces = self.new_spaces.iter().flat_map(|space| {
            let name = space.name.as_str();
            [
                (Role::SpaceCidr, name, SPACE_PREFIX_LEN),
                (Role::SpaceDataCidr, name, space.data_prefix_len),
            ]
        });
        let vpcs =
            self.new_vpcs.iter().map(|vpc| (Role::VpcCidr, vpc.name.as_str(), vpc.prefix_len));
        let mut propose = |(role, name, prefix_len)| {
            let cidr = free.take(prefix_len);
            Proposal { role, name, prefix_len, cidr }
        };
        spaces.chain(vpcs).map(&mut propose).collect()
    }
}

impl fmt::Display for Violation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.block, self.rule)
    }
}

impl fmt::Display for Proposal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cidr {
            Some(cidr) => write!(f, "{cidr} for the ")?,
            None => write!(f, "no free /{} is left for the ", self.prefix_len)?,
        }
        self.role.write(self.name, f)
    }
}

impl fmt::Display for CidrReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.conflict_count {
            0 => writeln!(f, "No conflicts.")?,
            1 => writeln!(f, "1 conflict:")?,
            count => writeln!(f, "{count} conflicts:")?,
        }
        lines(f, &self.conflicts)?;
        let others = self.conflict_count.saturating_sub(self.conflicts.len());
        if others > 0 {
            writeln!(f, "  and {others} more")?;
        }
        if !self.violations.is_empty() {
            writeln!(f, "Rules broken:")?;
            lines(f, &self.violations)?;
        }
        if !self.proposals.is_empty() {
            writeln!(f, "Proposals, from {}:", self.pool)?;
            lines(f, &self.proposals)?;
        }
        Ok(())
    }
}

fn lines<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    items.iter().try_for_each(|item| writeln!(f, "  {item}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{NonEmptySet, SpaceName};

    fn plan(json: &str) -> CidrPlan {
        CidrPlan::from_json(json).unwrap()
    }

    #[test]
    fn a_report_for_people() {
        let plan = plan(
            r#"{
                "spaces": [{ "name": "jp" }, { "name": "eu", "cidr": "10.2.0.0/16" }],
                "vpcs": [
                    { "name": "main", "cidrs": ["172.16.0.0/15"] },
                    { "name": "pods", "cidrs": ["10.1.4.0/24", "100.64.0.0/16"] },
                    { "name": "shared", "cidrs": ["100.65.0.0/16"] }
                ],
                "reserved": [{ "cidr": "10.3.0.0/16", "reason": "the office" }],
                "pool": ["10.0.0.0/13"],
                "new-spaces": [{ "name": "us", "data-prefix-len": 20 }],
                "new-vpcs": [{ "name": "a", "prefix-len": 28 }, { "name": "b", "prefix-len": 16 },
                             { "name": "c", "prefix-len": 16 }]
            }"#,
        );
        let report = plan.report().unwrap();
        assert_eq!(
            report.to_string(),
            "\
3 conflicts:
  10.1.0.0/16 (data CIDR of space jp) overlaps 10.1.4.0/24 (CIDR of VPC pods)
  10.1.0.0/16 (data CIDR of space eu) overlaps 10.1.4.0/24 (CIDR of VPC pods)
  172.16.0.0/15 (CIDR of VPC main) overlaps 172.17.0.0/16 (reserved: Heroku uses it inside every space)
Rules broken:
  172.16.0.0/15 (CIDR of VPC main): it must be a /16 to /28, as AWS has no other, inside RFC 1918, as Heroku peers with no other
  100.65.0.0/16 (CIDR of VPC shared): it must be a /16 to /28, as AWS has no other, inside RFC 1918, as Heroku peers with no other
Proposals, from 10.0.0.0/13:
  10.4.0.0/16 for the CIDR of space us
  10.5.0.0/20 for the data CIDR of space us
  10.5.16.0/28 for the CIDR of VPC a
  10.6.0.0/16 for the CIDR of VPC b
  10.7.0.0/16 for the CIDR of VPC c
"
        );
        assert!(!report.is_clean());
    }

    #[test]
    fn a_secondary_block_for_pods_breaks_a_rule_by_its_size_alone() {
        for (cidrs, violations) in [
            (&["172.16.0.0/16", "100.64.0.0/16"][..], 0),
            (&["172.16.0.0/16", "198.19.0.0/16"], 0),
            (&["172.16.0.0/16", "100.64.0.0/10"], 1),
            (&["172.16.0.0/16", "100.128.0.0/16"], 1),
            (&["100.64.0.0/16", "100.65.0.0/16"], 2),
        ] {
            let mut plan = CidrPlan::new();
            let blocks = cidrs.iter().map(|cidr| cidr.parse().unwrap());
            plan.vpcs.push(super::super::VpcCidrs::new("pods", blocks));
            assert_eq!(plan.report().unwrap().violations.len(), violations, "{cidrs:?}");
        }
    }

    #[test]
    fn a_report_for_programs() {
        let plan = plan(
            r#"{ "spaces": [{ "name": "jp" }], "vpcs": [{ "name": "old", "cidrs": ["10.0.0.0/24"] }],
                 "pool": ["10.0.0.0/15"], "new-vpcs": [{ "name": "new", "prefix-len": 16 }] }"#,
        );
        let expected = serde_json::json!({
            "conflict-count": 1,
            "conflicts": [{
                "outer": { "cidr": "10.0.0.0/16", "role": "space-cidr", "name": "jp" },
                "inner": { "cidr": "10.0.0.0/24", "role": "vpc-cidr", "name": "old" },
            }],
            "violations": [],
            "proposals": [
                { "role": "vpc-cidr", "name": "new", "prefix-len": 16, "cidr": null },
            ],
            "pool": ["10.0.0.0/15"],
        });
        let report = plan.report().unwrap();
        assert_eq!(serde_json::to_value(&report).unwrap(), expected);
        let last = report.to_string();
        let last = last.lines().last().unwrap();
        assert_eq!(last, "  no free /16 is left for the CIDR of VPC new");
    }

    #[test]
    fn the_published_procedure_has_no_conflict() {
        let plan = plan(
            r#"{ "spaces": [{ "name": "enablement-jp" }],
                 "vpcs": [{ "name": "vpc-0cb1a66017eed9372", "cidrs": ["172.16.0.0/16"] }] }"#,
        );
        let report = plan.report().unwrap();
        assert!(report.is_clean());
        assert_eq!(report.to_string(), "No conflicts.\n");
    }

    #[test]
    fn however_many_conflict_a_hundred_are_listed() {
        let mut plan = CidrPlan::new();
        for number in 0..200 {
            let name: SpaceName = format!("space-{number}").parse().unwrap();
            plan.spaces.push(super::super::SpaceCidrs::new(name));
        }
        let report = plan.report().unwrap();
        assert_eq!((report.conflict_count, report.conflicts.len()), (200 * 199 / 2, 100));
        assert!(report.to_string().ends_with("\n  and 19800 more\n"));
    }

    #[test]
    fn a_clean_report_leaves_nothing_without_a_block() {
        let mut plan = plan(r#"{ "new-vpcs": [{ "name": "a", "prefix-len": 16 }] }"#);
        assert!(plan.report().unwrap().is_clean());
        plan.pool = Some(NonEmptySet::of("10.0.0.0/17".parse().unwrap()));
        assert!(!plan.report().unwrap().is_clean());
    }
}
