//! Amazon resource names.

use std::str::FromStr;

use super::InvalidValue;
use super::text::Rule;

/// The longest ARN that AWS makes, in characters (IAM and KMS: 2048).
const LONGEST: usize = 2048;

/// An Amazon resource name: `arn:partition:service:region:account:resource`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    text: Box<str>,
    /// Where the parts after `arn:` and partition begin: service, region, account, resource.
    starts: [u16; 4],
}

impl Arn {
    /// The text, as it parses.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The partition, such as `aws` or `aws-us-gov`.
    pub fn partition(&self) -> &str {
        self.part("arn:".len(), self.starts[0])
    }

    /// The service, such as `iam` or `kms`.
    pub fn service(&self) -> &str {
        self.part(self.starts[0].into(), self.starts[1])
    }

    /// The AWS region, such as `us-east-1`; `None` for a global service such as `iam`.
    pub fn region(&self) -> Option<&str> {
        Some(self.part(self.starts[1].into(), self.starts[2])).filter(|part| !part.is_empty())
    }

    /// The account; `None` where the service names none, as `s3` does.
    ///
    /// Mostly 12 digits, but policies of AWS itself have `aws` here.
    pub fn account(&self) -> Option<&str> {
        Some(self.part(self.starts[2].into(), self.starts[3])).filter(|part| !part.is_empty())
    }

    /// The rest, which may hold colons and slashes: `key/1234abcd-…`.
    pub fn resource(&self) -> &str {
        &self.text[usize::from(self.starts[3])..]
    }

    /// The ARN itself if it belongs to `service` (such as `kms`).
    ///
    /// # Errors
    ///
    /// When it belongs to another service; the message names both.
    pub fn require_service(&self, service: &str) -> Result<&Self, InvalidValue> {
        if self.service() == service {
            return Ok(self);
        }
        let rule =
            format!("it must name a resource of {service:?}; this one is of {:?}", self.service());
        Err(InvalidValue::new("ARN of the right service", self.as_str(), rule))
    }

    /// The part from `start` up to the colon before `next`.
    fn part(&self, start: usize, next: u16) -> &str {
        &self.text[start..usize::from(next) - 1]
    }
}

impl FromStr for Arn {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match starts(text) {
            Ok(starts) => Ok(Self { text: text.into(), starts }),
            Err(rule) => Err(InvalidValue::new("ARN", text, rule)),
        }
    }
}

text_traits!(Arn);

fn starts(text: &str) -> Result<[u16; 4], Rule> {
    const SHAPE: &str = "it must read arn:partition:service:region:account:resource";
    if !text.starts_with("arn:") {
        return Err(SHAPE.into());
    }
    if text.len() > LONGEST {
        return Err(format!("it must not be longer than {LONGEST} characters").into());
    }
    let mut starts = [0_u16; 4];
    let mut found = 0;
    let mut start = 4_u16;
    let mut at = 4_u16;
    for byte in text.bytes().skip(4) {
        at += 1;
        if found == starts.len() {
            if byte <= b' ' || byte == 0x7f {
                return Err("it must not hold white space or control characters".into());
            }
        } else if byte == b':' {
            // Partition and service are always there; region and account may be empty.
            if found < 2 && at == start + 1 {
                return Err(SHAPE.into());
            }
            starts[found] = at;
            found += 1;
            start = at;
        } else if !(byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
            return Err("up to the resource it must have only lower-case letters, digits and \
                        hyphens between its colons"
                .into());
        }
    }
    if found < starts.len() || at == start {
        return Err(SHAPE.into());
    }
    Ok(starts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{accepts, refuses};

    const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    #[test]
    fn six_parts() {
        accepts::<Arn>(&[
            KEY,
            "arn:aws:s3:::bucket",
            "arn:aws-us-gov:iam::aws:policy/x",
            "arn:aws:sns:us-east-1:123456789012:topic:sub:part",
        ]);
        let shape = "it must read arn:partition:service:region:account:resource";
        let letters = "up to the resource it must have only lower-case letters, digits and \
                       hyphens between its colons";
        for (text, rule) in [
            ("", shape),
            ("arn:", shape),
            ("aws:kms", shape),
            ("arn::kms:r:a:x", shape),
            ("arn:aws::r:a:x", shape),
            ("arn:aws:kms:r:a:", shape),
            ("arn:aws:kms:r:a", shape),
            ("ARN:aws:kms:r:a:x", shape),
            ("arn:AWS:kms:r:a:x", letters),
            ("arn:aws:kms:us/east:a:x", letters),
            ("arn:aws:kms:r:a:x y", "it must not hold white space or control characters"),
            ("arn:aws:kms:r:a:x\n", "it must not hold white space or control characters"),
        ] {
            refuses::<Arn>(&[(text, &format!("{text:?} is not an ARN: {rule}"))]);
        }
    }

    #[test]
    fn parts_are_what_stands_between_the_colons() {
        let arn: Arn = KEY.parse().unwrap();
        assert_eq!((arn.partition(), arn.service()), ("aws", "kms"));
        assert_eq!((arn.region(), arn.account()), (Some("us-east-1"), Some("123456789012")));
        assert_eq!(arn.resource(), "key/1234abcd-12ab-34cd-56ef-1234567890ab");

        let arn: Arn = "arn:aws-cn:s3:::a:b/c".parse().unwrap();
        assert_eq!((arn.partition(), arn.service()), ("aws-cn", "s3"));
        assert_eq!((arn.region(), arn.account(), arn.resource()), (None, None, "a:b/c"));
    }

    #[test]
    fn length_has_a_limit() {
        let longest = format!("arn:aws:s3:::{}", "x".repeat(LONGEST - 13));
        accepts::<Arn>(&[&longest]);
        let error = format!("{longest}x").parse::<Arn>().unwrap_err();
        assert_eq!(error.rule(), "it must not be longer than 2048 characters");
    }

    #[test]
    fn another_service_is_named() {
        let arn: Arn = "arn:aws:s3:::bucket".parse().unwrap();
        assert_eq!(arn.require_service("s3"), Ok(&arn));
        assert_eq!(
            arn.require_service("kms").unwrap_err().to_string(),
            "\"arn:aws:s3:::bucket\" is not an ARN of the right service: it must name a resource \
             of \"kms\"; this one is of \"s3\""
        );
    }
}
