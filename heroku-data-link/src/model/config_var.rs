//! Config vars, and those that appear for a VPC endpoint.

use super::text::Rule;
use super::{AttachmentName, InvalidValue, VpcEndpointId};

const MARK: &str = "_ENDPOINT_";

text_type! {
    /// The name of a config var: ASCII letters, digits and `_`.
    ConfigVarName, "config var name", check
}

/// The parts of `<ATTACHMENT>_ENDPOINT_<INFIX>_<SUFFIX>`, the name of a config var that Heroku
/// sets when a VPC endpoint has connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointVariable<'a> {
    attachment: &'a str,
    infix: &'a str,
    suffix: &'a str,
}

impl<'a> EndpointVariable<'a> {
    /// The attachment: `REDIS`.
    pub fn attachment(&self) -> &'a str {
        self.attachment
    }

    /// The endpoint's id without `vpce-`, in upper case: `01C87AE3C05563935`.
    pub fn infix(&self) -> &'a str {
        self.infix
    }

    /// What the value is: `URL`, `PGBOUNCER_URL`.
    pub fn suffix(&self) -> &'a str {
        self.suffix
    }
}

impl ConfigVarName {
    /// The variable of an attachment for an endpoint; `suffix` is `URL` or `PGBOUNCER_URL`.
    ///
    /// # Errors
    ///
    /// When attachment or suffix have characters that no config var has.
    pub fn for_endpoint(
        attachment: &AttachmentName,
        endpoint: &VpcEndpointId,
        suffix: &str,
    ) -> Result<Self, InvalidValue> {
        format!("{attachment}{MARK}{}_{suffix}", endpoint.config_var_infix()).parse()
    }

    /// Whether this is a variable for the endpoint, of whatever attachment.
    pub fn belongs_to(&self, endpoint: &VpcEndpointId) -> bool {
        self.endpoint_parts().is_some_and(|it| it.infix.eq_ignore_ascii_case(endpoint.digits()))
    }

    /// The parts, if the name has the form of an endpoint's variable.
    ///
    /// Read from the end, for an attachment may itself be called `X_ENDPOINT_Y`. So a variable
    /// of such an attachment has the form, too: only the infix tells.
    pub fn endpoint_parts(&self) -> Option<EndpointVariable<'_>> {
        let (attachment, rest) = self.as_str().rsplit_once(MARK)?;
        let (infix, suffix) = rest.split_once('_')?;
        let complete = !attachment.is_empty() && !infix.is_empty() && !suffix.is_empty();
        complete.then_some(EndpointVariable { attachment, infix, suffix })
    }
}

fn check(text: &str) -> Result<(), Rule> {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if text.is_empty() || !text.bytes().all(valid) {
        return Err("it must have ASCII letters, digits and \"_\" only, and at least one".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{accepts, refuses};

    fn endpoint() -> VpcEndpointId {
        "vpce-01c87ae3c05563935".parse().unwrap()
    }

    #[test]
    fn letters_digits_underscores() {
        accepts::<ConfigVarName>(&["REDIS_URL", "_", "1", "lower_case"]);
        for text in ["", "A-B", "A B", "A.B", "É", "A=B", "A\n"] {
            let rule = "it must have ASCII letters, digits and \"_\" only, and at least one";
            let message = format!("{text:?} is not a config var name: {rule}");
            refuses::<ConfigVarName>(&[(text, &message)]);
        }
    }

    #[test]
    fn variables_are_matched_by_endpoint() {
        for (name, parts, ours) in [
            (
                "REDIS_ENDPOINT_01C87AE3C05563935_URL",
                Some(("REDIS", "01C87AE3C05563935", "URL")),
                true,
            ),
            (
                "DATABASE_ENDPOINT_01C87AE3C05563935_PGBOUNCER_URL",
                Some(("DATABASE", "01C87AE3C05563935", "PGBOUNCER_URL")),
                true,
            ),
            (
                "REDIS_ENDPOINT_01c87ae3c05563935_URL",
                Some(("REDIS", "01c87ae3c05563935", "URL")),
                true,
            ),
            (
                "REDIS_ENDPOINT_01C87AE3C05563936_URL",
                Some(("REDIS", "01C87AE3C05563936", "URL")),
                false,
            ),
            // The attachment may have any name.
            (
                "X_ENDPOINT_Y_ENDPOINT_01C87AE3C05563935_URL",
                Some(("X_ENDPOINT_Y", "01C87AE3C05563935", "URL")),
                true,
            ),
            (
                "X_ENDPOINT_ENDPOINT_01C87AE3C05563935_URL",
                Some(("X_ENDPOINT", "01C87AE3C05563935", "URL")),
                true,
            ),
            // The last word of such an attachment cannot be told from an infix.
            ("X_ENDPOINT_Y_URL", Some(("X", "Y", "URL")), false),
            (
                "X_ENDPOINT_01C87AE3C05563935_ENDPOINT_AB_URL",
                Some(("X_ENDPOINT_01C87AE3C05563935", "AB", "URL")),
                false,
            ),
            ("REDIS_URL", None, false),
            ("REDIS_ENDPOINT_01C87AE3C05563935", None, false),
            ("REDIS_ENDPOINT_01C87AE3C05563935_", None, false),
            ("_ENDPOINT_01C87AE3C05563935_URL", None, false),
            ("REDIS_ENDPOINT__URL", None, false),
            (
                "REDIS_ENDPOINT_001C87AE3C05563935_URL",
                Some(("REDIS", "001C87AE3C05563935", "URL")),
                false,
            ),
        ] {
            let var: ConfigVarName = name.parse().unwrap();
            let found = var.endpoint_parts().map(|it| (it.attachment(), it.infix(), it.suffix()));
            assert_eq!(found, parts, "{name}");
            assert_eq!(var.belongs_to(&endpoint()), ours, "{name}");
        }
    }

    #[test]
    fn a_name_is_made_from_its_parts() {
        let attachment: AttachmentName = "X_ENDPOINT_Y".parse().unwrap();
        let name = ConfigVarName::for_endpoint(&attachment, &endpoint(), "PGBOUNCER_URL").unwrap();
        assert_eq!(name.as_str(), "X_ENDPOINT_Y_ENDPOINT_01C87AE3C05563935_PGBOUNCER_URL");
        assert!(name.belongs_to(&endpoint()));
        let parts = name.endpoint_parts().unwrap();
        assert_eq!(
            (parts.attachment(), parts.infix(), parts.suffix()),
            ("X_ENDPOINT_Y", "01C87AE3C05563935", "PGBOUNCER_URL")
        );
        let hyphen: AttachmentName = "my-redis".parse().unwrap();
        let error = ConfigVarName::for_endpoint(&hyphen, &endpoint(), "URL").unwrap_err();
        assert_eq!(error.input(), Some("my-redis_ENDPOINT_01C87AE3C05563935_URL"));
    }
}
