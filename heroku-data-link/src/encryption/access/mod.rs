mod consequences;
mod phase;
mod plan;
mod run;
mod spec;
mod steps;

pub use consequences::{Confirmation, Consequences, NotConfirmed};
pub use phase::Phase;
pub use run::{KeyAccessOutput, KeyAccessWorkflow, Snapshot as KeyAccessSnapshot};
pub use spec::{Ending, KeyAccessSpec};
