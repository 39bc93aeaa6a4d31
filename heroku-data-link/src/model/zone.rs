//! Availability zones: ids, which mean one place to all, and names, which do not.

use super::region::is_aws_region;
use super::text::{Rule, is_lower_alnum};

text_type! {
    /// A zone id, such as `use1-az4`: the same place in every account.
    ///
    /// To match zones of two accounts, compare these.
    ZoneId, "zone id", check_id
}

text_type! {
    /// A zone name, such as `us-east-1a`: another account may mean another place by it.
    ZoneName, "zone name", check_name
}

fn check_id(text: &str) -> Result<(), Rule> {
    check_letters(text)?;
    if is_aws_region(text) {
        return Err("it must look like \"use1-az4\"; this is a region".into());
    }
    if looks_like_name(text) {
        return Err("it must look like \"use1-az4\"; this is a zone name, which means different \
                    zones in different accounts"
            .into());
    }
    Ok(())
}

fn check_name(text: &str) -> Result<(), Rule> {
    check_letters(text)?;
    if is_aws_region(text) {
        return Err("it must look like \"us-east-1a\"; this is a region".into());
    }
    if looks_like_id(text) {
        return Err("it must look like \"us-east-1a\"; this is a zone id".into());
    }
    Ok(())
}

fn check_letters(text: &str) -> Result<(), Rule> {
    if text.split('-').all(|part| !part.is_empty() && is_lower_alnum(part)) {
        return Ok(());
    }
    Err("it must have only lower-case letters, digits and single hyphens".into())
}

/// An id begins with a region written short, hence with a digit in its first word: `use1-az4`,
/// `use1-bos1-az1`, `use1-wl1-bos-wlz1`.
fn looks_like_id(text: &str) -> bool {
    let first = text.split('-').next().unwrap_or_default();
    first.ends_with(|c: char| c.is_ascii_digit()) || text.contains("-az")
}

/// A name begins with a region written in full: `us-east-1a`, `us-east-1-wl1-bos-wlz-1`.
fn looks_like_name(text: &str) -> bool {
    let starts_with_digit = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    !looks_like_id(text) && text.split('-').skip(2).any(starts_with_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{accepts, refuses};

    #[test]
    fn ids_and_names_are_kept_apart() {
        let ids = [
            "use1-az4",
            "usgw1-az1",
            "use1-bos1-az1",
            "use1-wl1-bos-wlz1",
            // None of these is on record; either sign of an id is enough.
            "use1-new-2a",
            "elsewhere-az1",
        ];
        let names = ["us-east-1a", "us-gov-west-1b", "us-east-1-bos-1a", "us-east-1-wl1-bos-wlz-1"];
        accepts::<ZoneId>(&ids);
        accepts::<ZoneName>(&names);
        for text in ids {
            let message = format!(
                "{text:?} is not a zone name: it must look like \"us-east-1a\"; this is a zone id"
            );
            refuses::<ZoneName>(&[(text, &message)]);
        }
        for text in names {
            let message = format!(
                "{text:?} is not a zone id: it must look like \"use1-az4\"; this is a zone name, \
                 which means different zones in different accounts"
            );
            refuses::<ZoneId>(&[(text, &message)]);
        }
    }

    #[test]
    fn what_cannot_be_told_is_taken_for_either() {
        accepts::<ZoneId>(&["new-1x"]);
        accepts::<ZoneName>(&["new-1x"]);
    }

    #[test]
    fn what_is_no_zone_at_all() {
        refuses::<ZoneId>(&[
            (
                "us-east-1",
                "\"us-east-1\" is not a zone id: it must look like \"use1-az4\"; this is a region",
            ),
            (
                "USE1-AZ4",
                "\"USE1-AZ4\" is not a zone id: it must have only lower-case letters, digits and \
                 single hyphens",
            ),
            (
                "",
                "\"\" is not a zone id: it must have only lower-case letters, digits and single \
                 hyphens",
            ),
        ]);
        refuses::<ZoneName>(&[
            (
                "us-east-1",
                "\"us-east-1\" is not a zone name: it must look like \"us-east-1a\"; this is a \
                 region",
            ),
            (
                "us-east-1a/",
                "\"us-east-1a/\" is not a zone name: it must have only lower-case letters, digits \
                 and single hyphens",
            ),
        ]);
    }
}
