//! AWS account ids.

use super::text::Rule;

/// The account from which Heroku Data uses its customers' KMS keys (Heroku Dev Center, "Encrypting
/// Heroku Data with Your Encryption Key").
pub const HEROKU_DATA_ACCOUNT: &str = "021876802972";

text_type! {
    /// An AWS account id: 12 digits, kept as text because leading zeros are real
    /// (`021876802972`).
    AccountId, "AWS account id", check, "^[0-9]{12}$"
}

impl AccountId {
    /// [`HEROKU_DATA_ACCOUNT`].
    pub fn heroku_data() -> Self {
        Self(HEROKU_DATA_ACCOUNT.into())
    }
}

fn check(text: &str) -> Result<(), Rule> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits == text.len() {
        return match digits {
            12 => Ok(()),
            // A spreadsheet or a YAML number drops it.
            11 => Err(format!(
                "it must have 12 digits; 11 are given, so a leading zero may be missing: 0{text}"
            )
            .into()),
            _ => Err(format!("it must have 12 digits; {digits} are given").into()),
        };
    }
    // The console shows ids in groups: 1234-5678-9012.
    if digits == 12 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Err("it must have 12 digits; write it without hyphens".into());
    }
    Err("it must have 12 digits and nothing else".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{accepts, refuses};

    #[test]
    fn the_account_of_heroku_data_is_one() {
        assert_eq!(HEROKU_DATA_ACCOUNT.parse(), Ok(AccountId::heroku_data()));
    }

    #[test]
    fn twelve_digits() {
        accepts::<AccountId>(&["123456789012", "021876802972", "000000000000"]);
        refuses::<AccountId>(&[
            (
                "21876802972",
                "\"21876802972\" is not an AWS account id: it must have 12 digits; 11 are given, \
                 so a leading zero may be missing: 021876802972",
            ),
            (
                "1234-5678-9012",
                "\"1234-5678-9012\" is not an AWS account id: it must have 12 digits; write it \
                 without hyphens",
            ),
            ("", "\"\" is not an AWS account id: it must have 12 digits; 0 are given"),
            (
                "1234567890123",
                "\"1234567890123\" is not an AWS account id: it must have 12 digits; 13 are given",
            ),
            (
                "12345678901a",
                "\"12345678901a\" is not an AWS account id: it must have 12 digits and nothing \
                 else",
            ),
            (
                " 123456789012",
                "\" 123456789012\" is not an AWS account id: it must have 12 digits and nothing \
                 else",
            ),
        ]);
    }
}
