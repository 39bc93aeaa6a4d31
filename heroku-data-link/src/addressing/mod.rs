//! Address planning: which CIDRs conflict, and which are free for a new space or VPC.
//!
//! Neither a space nor a VPC can change its CIDR later, so the time to look is before they are
//! made. Everything here is a pure function of a [`CidrPlan`], which is plain data; nothing asks
//! a cloud.
//!
//! ```
//! use heroku_data_link::addressing::CidrPlan;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let plan = CidrPlan::from_json(
//!     r#"{
//!         "spaces": [{ "name": "enablement-jp", "cidr": "10.0.0.0/16", "data-cidr": "10.1.0.0/16" }],
//!         "vpcs": [{ "name": "legacy", "cidrs": ["172.16.0.0/16", "10.1.4.0/24"] }],
//!         "new-vpcs": [{ "name": "reports", "prefix-len": 24 }]
//!     }"#,
//! )?;
//! let report = plan.report()?;
//! assert_eq!(
//!     report.conflicts[0].to_string(),
//!     "10.1.0.0/16 (data CIDR of space enablement-jp) overlaps 10.1.4.0/24 (CIDR of VPC legacy)"
//! );
//! assert_eq!(report.proposals[0].to_string(), "10.2.0.0/24 for the CIDR of VPC reports");
//! # Ok(())
//! # }
//! ```
//!
//! # What conflicts with what
//! A plan is one network: every VPC in it is to be peered with every space in it. Two spaces that
//! share no VPC belong into two plans, and may both have Heroku's default CIDR. Within a plan, two
//! blocks that have an address in common conflict, but for the pairs that never meet:
//!
//! | | CIDR of a space | its data CIDR | CIDR of a VPC | reserved |
//! | --- | --- | --- | --- | --- |
//! | **CIDR of a space** | conflict | only of the same space | conflict | conflict |
//! | **its data CIDR** | only of the same space | - | conflict | conflict |
//! | **CIDR of a VPC** | conflict | conflict | conflict | conflict |
//! | **reserved** | conflict | conflict | conflict | - |
//!
//! - Spaces' CIDRs must differ, for a VPC that is peered with both has one route to each address.
//!   For the same reason VPCs' must, and AWS has no two overlapping blocks in one VPC.
//! - A data CIDR is reached from its own space alone. It must not overlap the VPCs, or the space
//!   could not reach them; those of other spaces it never meets.
//! - [`HEROKU_RESERVED`] is reserved in every plan, with what the plan itself reserves.
//!
//! # What is proposed
//! The lowest block of the wanted size in the pool that overlaps nothing in the plan, of whatever
//! role, and no earlier proposal. A space gets its CIDR and its data CIDR. The pool is
//! [RFC 1918](crate::model::Cidr::RFC1918), or a part of it that the plan names: Heroku makes no
//! space outside, and peers with no VPC outside. A VPC that is there may also have secondary blocks
//! in 100.64.0.0/10 and 198.19.0.0/16, such as for pods, which nothing documents that Heroku routes.
//!
//! # Cost
//! With n blocks, sorting them is all that takes more than one pass. [`Conflicts`] is lazy, as n
//! blocks can have n²/2 conflicts; its `count` is exact and does not visit them one by one. A
//! [`CidrReport`] lists the first [`CidrReport::LISTED`] and counts the others.

mod block;
mod check;
mod conflicts;
mod free;
mod plan;
mod report;
mod vpc_block;

#[cfg(test)]
mod properties;

pub use block::{Block, Role};
pub use check::{InvalidCidrPlan, Refusal};
pub use conflicts::{Conflict, Conflicts};
pub use plan::{
    CidrPlan, DEFAULT_DATA_CIDR, DEFAULT_SPACE_CIDR, HEROKU_RESERVED, NewSpace, NewVpc, Reserved,
    SpaceCidrs, VpcCidrs,
};
pub use report::{CidrReport, Proposal, Violation};
pub(crate) use vpc_block::VpcBlock;
