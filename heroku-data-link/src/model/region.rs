//! Regions of both clouds, which name the same places differently.

use super::text::{Rule, is_lower_alnum};

text_type! {
    /// An AWS region: `us-east-1`, `us-gov-west-1`.
    AwsRegion, "AWS region", check_aws
}

text_type! {
    /// A Heroku region: `us`, `eu`, `virginia`, `frankfurt`.
    HerokuRegion, "Heroku region", check_heroku
}

/// Heroku's regions of the Common Runtime and of Private Spaces (Platform API, `GET /regions`).
const HEROKU_REGIONS: [&str; 15] = [
    "us",
    "eu",
    "virginia",
    "oregon",
    "dublin",
    "frankfurt",
    "sydney",
    "tokyo",
    "london",
    "montreal",
    "mumbai",
    "singapore",
    "paris",
    "ohio",
    "california",
];

fn check_aws(text: &str) -> Result<(), Rule> {
    const RULE: &str = "it must look like \"us-east-1\"";
    if is_aws_region(text) {
        return Ok(());
    }
    if HEROKU_REGIONS.contains(&text) {
        return Err(format!("{RULE}; this is a Heroku region").into());
    }
    let region = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    if region.len() + 1 == text.len() && is_aws_region(region) {
        return Err(format!("{RULE}; this is a zone of {region:?}").into());
    }
    Err(RULE.into())
}

fn check_heroku(text: &str) -> Result<(), Rule> {
    if is_aws_region(text) {
        return Err("this is an AWS region; Heroku has names of its own, such as \"virginia\" \
                    (heroku regions lists them)"
            .into());
    }
    let valid = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && text.split('-').all(|part| !part.is_empty() && is_lower_alnum(part));
    if !valid {
        return Err("it must have only lower-case letters, digits and single hyphens, and start \
                    with a letter"
            .into());
    }
    Ok(())
}

/// Two or three words and a number, with hyphens between.
pub(super) fn is_aws_region(text: &str) -> bool {
    let Some((place, number)) = text.rsplit_once('-') else {
        return false;
    };
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let mut words = 0;
    for word in place.split('-') {
        if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return false;
        }
        words += 1;
    }
    numbered && (2..=3).contains(&words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{accepts, refuses};

    #[test]
    fn aws_regions() {
        accepts::<AwsRegion>(&[
            "us-east-1",
            "us-gov-west-1",
            "us-isob-east-1",
            "ap-southeast-2",
            "il-central-1",
            "eusc-de-east-1",
            "xx-north-10",
        ]);
        for (text, rule) in [
            ("virginia", "it must look like \"us-east-1\"; this is a Heroku region"),
            ("eu", "it must look like \"us-east-1\"; this is a Heroku region"),
            ("us-east-1a", "it must look like \"us-east-1\"; this is a zone of \"us-east-1\""),
            ("us-east-1ab", "it must look like \"us-east-1\""),
            ("", "it must look like \"us-east-1\""),
            ("us-east", "it must look like \"us-east-1\""),
            ("us-1", "it must look like \"us-east-1\""),
            ("us-east-", "it must look like \"us-east-1\""),
            ("us--east-1", "it must look like \"us-east-1\""),
            ("US-EAST-1", "it must look like \"us-east-1\""),
            ("use1-az4", "it must look like \"us-east-1\""),
            ("us-east-1/..", "it must look like \"us-east-1\""),
        ] {
            refuses::<AwsRegion>(&[(text, &format!("{text:?} is not an AWS region: {rule}"))]);
        }
    }

    #[test]
    fn heroku_regions() {
        accepts::<HerokuRegion>(&HEROKU_REGIONS);
        accepts::<HerokuRegion>(&["new-place", "place2"]);
        let letters = "it must have only lower-case letters, digits and single hyphens, and \
                       start with a letter";
        for (text, rule) in [
            (
                "us-east-1",
                "this is an AWS region; Heroku has names of its own, such as \"virginia\" (heroku \
                 regions lists them)",
            ),
            ("", letters),
            ("Virginia", letters),
            ("2nd", letters),
            ("a--b", letters),
            ("a/b", letters),
        ] {
            refuses::<HerokuRegion>(&[(text, &format!("{text:?} is not a Heroku region: {rule}"))]);
        }
    }
}
