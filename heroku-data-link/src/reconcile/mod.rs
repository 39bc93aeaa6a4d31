//! The engine: observe, plan, apply, come again.
//!
//! A [`Workflow`] looks at the world and says what it would do; the [`Driver`] does it, waits,
//! and looks again. The two clouds are the only state, so a driver that dies can be replaced by a
//! new one at any moment.
//!
//! - [`Driver::plan`] and [`Driver::verify`] change nothing.
//! - [`Driver::reconcile_once`] makes one pass and never sleeps: for job engines.
//! - [`Driver::establish`] and [`Driver::teardown`] loop until done, with a clock and a deadline.

mod blocker;
mod builder;
pub(crate) mod checks;
mod clock;
mod code;
mod cost;
mod driver;
mod error;
mod event;
mod hook;
mod iam;
mod look;
mod memory;
pub mod ownership;
mod pacing;
mod pass;
mod plan;
mod preflight;
mod remembered;
pub(crate) mod rules;
mod script;
mod seconds;
mod text;
mod until;
mod workflow;

pub use crate::provider::Command;
pub use blocker::Blocker;
pub(crate) use builder::{Builder, Need, Progress, StepKind, step_kinds};
#[cfg(feature = "tokio")]
pub use clock::SystemClock;
pub use clock::{Clock, Moment};
pub use code::Code;
pub use cost::{Charge, Cost, ListPrice, Per};
pub use driver::Driver;
pub use error::ReconcileError;
pub use event::{Event, Observer};
pub use hook::{AuditLog, CallHook, Outcome, Refused, Sending};
pub use iam::{IamPolicy, Only, Permission, Resource, Scope};
pub(crate) use memory::Matter;
pub use memory::{Memory, MemoryError, MemoryStore};
pub use pacing::{Pace, Usual};
pub use pass::{Because, Pass, Settings, Verified};
pub use plan::{Cloud, Effect, Goal, Plan, Status, Step, StepName, Wait};
pub use preflight::Preflight;
pub(crate) use remembered::Remembered;
pub use script::{Script, ScriptError};
pub(crate) use seconds::Seconds;
pub use text::timestamp;
pub(crate) use text::{causes, distinct, list, shortened};
pub(crate) use until::{Answer, Sign, Until};
pub(crate) use workflow::sealed;
pub use workflow::{Fresh, Workflow};
