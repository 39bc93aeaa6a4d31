//! Encryption: data add-ons under the customer's own KMS key.

mod policy;

pub use policy::{
    KeyPolicy, LONGEST_KEY_POLICY, MissingPermission, Parties, PolicyError, PolicyRequest, Refusal,
    StatementName,
};
