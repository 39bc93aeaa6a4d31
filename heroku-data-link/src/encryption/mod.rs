//! Encryption: data add-ons under the customer's own KMS key.

mod access;
mod action;
mod checks;
mod commands;
mod home;
mod observe;
mod output;
mod plan;
mod policy;
mod run;
mod snapshot;
mod spec;
mod steps;
mod usage;

pub use access::{
    Confirmation, Consequences, Ending, KeyAccessAction, KeyAccessOutput, KeyAccessSnapshot,
    KeyAccessSpec, KeyAccessWorkflow, NotConfirmed, Phase,
};
pub use action::{Action, Data};
pub use output::{EncryptionOutput, Replaced};
pub use policy::{
    KeyPolicy, LONGEST_KEY_POLICY, MissingPermission, Parties, PolicyError, PolicyRequest, Refusal,
    StatementName,
};
pub use run::{AwsSide, EncryptionWorkflow, HerokuSide};
pub use snapshot::Snapshot;
pub use spec::{CopyBy, Deadlines, EncryptionSpec, KEY_OPTION, KeyChoice, Migration};
pub use usage::{Inventory, KeyUse, KeyUser, UsageSide};
