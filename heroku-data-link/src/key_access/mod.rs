//! Key access: ending the use of a key of the customer's, and giving it back; and who uses which key.
//!
//! # Expected flow
//! 1. [`KeyAccessWorkflow::consequences`] says which add-ons stop; somebody [confirms](Consequences::confirm)
//!    them by naming the key.
//! 2. A teardown disables the key, or has it deleted, and waits until its services have stopped.
//! 3. Establishing cancels a deletion, enables the key, and waits until they run again.
//!
//! [`Inventory`] lists all keys with their add-ons.
//!
//! # Guarantees
//! A key is disabled, or its deletion scheduled, only with a [`Confirmation`] of what was shown. An
//! add-on that cannot be read or asked counts as one that may use the key.

pub(crate) mod checks;
mod consequences;
mod facts;
mod observe;
mod output;
mod phase;
mod plan;
mod run;
mod snapshot;
mod spec;
mod steps;
mod unknown_user;
mod usage;
pub(crate) mod written_key;

pub use consequences::{Confirmation, Consequences, NotConfirmed};
pub use output::KeyAccessOutput;
pub use phase::Phase;
pub use run::KeyAccessWorkflow;
pub use spec::{Ending, KeyAccessSpec};
pub use unknown_user::{UnknownUser, WhyUnknown};
pub use usage::{Inventory, KeyUse, KeyUser};
