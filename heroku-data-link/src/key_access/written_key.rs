//! What Heroku writes for the key of an add-on.

use std::fmt;

use crate::model::{KeyArn, KeyId};

/// How a multi-Region key's id begins.
const MULTI_REGION: &str = "mrk-";

/// Text that Heroku writes where the ARN of a key is expected.
pub(crate) enum WrittenKey {
    Arn(KeyArn),
    /// The id alone.
    Id(KeyId),
    /// An alias, a list, asterisks: it may mean any key.
    Unreadable,
}

impl WrittenKey {
    /// Reads it in any case, with blanks around it.
    pub(crate) fn read(written: &str) -> Self {
        let text = written.trim().to_ascii_lowercase();
        if let Ok(arn) = text.parse() {
            return Self::Arn(arn);
        }
        match text.parse::<KeyId>() {
            Ok(id) if has_shape_of_id(&text) => Self::Id(id),
            Ok(_) | Err(_) => Self::Unreadable,
        }
    }

    /// Whether it means this key; `None` when that cannot be known.
    fn is(&self, key: &KeyArn) -> Option<bool> {
        match self {
            Self::Arn(arn) => Some(arn == key),
            Self::Id(id) => Some(id == key.id()),
            Self::Unreadable => None,
        }
    }
}

impl fmt::Display for WrittenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arn(arn) => arn.fmt(f),
            Self::Id(id) => id.fmt(f),
            Self::Unreadable => f.write_str("a key in a form that is not understood"),
        }
    }
}

/// Whether what Heroku writes means this key; `None` when that cannot be known.
pub(crate) fn is(written: &str, key: &KeyArn) -> Option<bool> {
    if written.trim().eq_ignore_ascii_case(key.id().as_str()) {
        return Some(true);
    }
    WrittenKey::read(written).is(key)
}

/// A UUID, or `mrk-` and 32 hexadecimal digits (KMS, "Key identifiers"): a word such as `none` is
/// no id.
fn has_shape_of_id(text: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(digits) = text.strip_prefix(MULTI_REGION) {
        return digits.len() == 32 && is_hex(digits);
    }
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(|it| is_hex(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_a_form_that_is_not_understood_is_not_another_key() {
        let arn = "arn:aws:kms:us-east-1:123456789101:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let key: KeyArn = arn.parse().unwrap();
        let other = "11111111-2222-3333-4444-555555555555";
        for (written, same) in [
            (arn, Some(true)),
            ("1234abcd-12ab-34cd-56ef-1234567890ab", Some(true)),
            ("1234ABCD-12AB-34CD-56EF-1234567890AB", Some(true)),
            (&arn.to_ascii_uppercase(), Some(true)),
            (&format!("{arn} \n"), Some(true)),
            (other, Some(false)),
            (&format!("arn:aws:kms:us-east-1:123456789101:key/{other}"), Some(false)),
            (&arn.replace("us-east-1", "us-west-2"), Some(false)),
            (&arn.replace("123456789101", "111122223333"), Some(false)),
            ("mrk-1234abcd12ab34cd56ef1234567890ab", Some(false)),
            ("alias/mine", None),
            ("arn:aws:kms:us-east-1:123456789101:alias/mine", None),
            (&format!("[\"{arn}\"]"), None),
            (&format!("{arn},{other}"), None),
            ("***", None),
            ("none", None),
            ("1234abcd", None),
            ("", None),
        ] {
            assert_eq!(is(written, &key), same, "{written}");
        }
    }
}
