//! The provider's end of a PrivateLink.

use super::AwsRegion;
use super::text::Rule;

const PREFIX: &str = "com.amazonaws.vpce.";

text_type! {
    /// The name under which EC2 knows the service behind a PrivateLink:
    /// `com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0`.
    EndpointServiceName, "VPC endpoint service name", check
}

impl EndpointServiceName {
    /// The AWS region of the service; an endpoint elsewhere has to name it.
    pub fn region(&self) -> Option<AwsRegion> {
        self.as_str()[PREFIX.len()..].split('.').next()?.parse().ok()
    }

    /// The id of the service: `vpce-svc-…`.
    pub fn service_id(&self) -> Option<&str> {
        let last = self.as_str().rsplit('.').next()?;
        last.strip_prefix("vpce-svc-").filter(|id| !id.is_empty()).map(|_| last)
    }
}

fn check(text: &str) -> Result<(), Rule> {
    let Some(rest) = text.strip_prefix(PREFIX) else {
        let hint = if text.starts_with("vpce-svc-") {
            "; this is the id of a service, which its name ends with"
        } else {
            ""
        };
        return Err(format!("it must start with {PREFIX:?}{hint}").into());
    };
    let valid = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-')
    };
    if rest.is_empty() || !rest.bytes().all(valid) {
        return Err(format!(
            "after {PREFIX:?} come only lower-case letters, digits, \".\" and \"-\""
        )
        .into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{accepts, refuses};

    #[test]
    fn a_name_tells_region_and_id() {
        for (text, region, id) in [
            (
                "com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0",
                Some("us-east-1"),
                Some("vpce-svc-0123456789abcdef0"),
            ),
            // A fixture of the official plugin.
            ("com.amazonaws.vpce.testvpc", None, None),
            ("com.amazonaws.vpce.eu-west-1", Some("eu-west-1"), None),
            ("com.amazonaws.vpce.x.vpce-svc-", None, None),
        ] {
            accepts::<EndpointServiceName>(&[text]);
            let name: EndpointServiceName = text.parse().unwrap();
            assert_eq!(name.region().as_ref().map(AwsRegion::as_str), region);
            assert_eq!(name.service_id(), id);
        }
    }

    #[test]
    fn refusals() {
        let start = "it must start with \"com.amazonaws.vpce.\"";
        let rest = "after \"com.amazonaws.vpce.\" come only lower-case letters, digits, \".\" and \
                    \"-\"";
        let id = format!("{start}; this is the id of a service, which its name ends with");
        for (text, rule) in [
            ("", start),
            // What Heroku's client prints before there is a name.
            ("Provisioning", start),
            ("com.amazonaws.us-east-1.s3", start),
            ("vpce-svc-0123456789abcdef0", &*id),
            ("com.amazonaws.vpce.", rest),
            ("com.amazonaws.vpce.US-EAST-1.x", rest),
            ("com.amazonaws.vpce.a/b", rest),
            ("com.amazonaws.vpce.a b", rest),
        ] {
            let message = format!("{text:?} is not a VPC endpoint service name: {rule}");
            refuses::<EndpointServiceName>(&[(text, &message)]);
        }
    }
}
