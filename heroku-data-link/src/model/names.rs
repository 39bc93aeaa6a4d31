//! Names that people give, safe to put in a URL path or a tag.

use super::text::Rule;
use super::uuid::is_uuid;

text_type! {
    /// The name of a link, given by the user: it marks what belongs to the link.
    ///
    /// 1–64 of ASCII letters, digits, `-`, `_` and `.`, starting with a letter or digit: it
    /// becomes a tag value and part of a security group's name.
    LinkId, "link id", check_link, "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
}
text_type! {
    /// The name that a fleet's document gives to an AWS account in a region. The rule is that of a
    /// [`LinkId`].
    TargetName, "target name", check_link, "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
}
text_type! {
    /// The name of a Heroku app, such as `my-app`.
    AppName, "app name", |text| check(text, u8::is_ascii_alphabetic, "a letter"),
    "^[A-Za-z][A-Za-z0-9_-]{0,255}$"
}
text_type! {
    /// The name of a Heroku add-on, such as `redis-haiku-12345`: unique on all of Heroku.
    AddonName, "add-on name", |text| check(text, u8::is_ascii_alphabetic, "a letter"),
    "^[A-Za-z][A-Za-z0-9_-]{0,255}$"
}
text_type! {
    /// The name of a Private or Shield Space.
    SpaceName, "space name", |text| check(text, u8::is_ascii_alphanumeric, "a letter or digit"),
    "^[A-Za-z0-9][A-Za-z0-9_-]{0,255}$"
}
text_type! {
    /// The name of an attachment, such as `REDIS`: unique within its app, and the first part of
    /// the add-on's config vars.
    AttachmentName, "attachment name", |text| check(text, u8::is_ascii_alphabetic, "a letter"),
    "^[A-Za-z][A-Za-z0-9_-]{0,255}$"
}

text_type! {
    /// The name of an option that an add-on is made with, such as `encryption-key`: lower-case
    /// letters, digits and hyphens. It becomes a key of JSON and a flag of a command.
    OptionName, "option name", check_option, "^[a-z][a-z0-9-]{0,63}$"
}

text_type! {
    /// The name of a security group that is to be made, unique in its VPC ignoring case.
    ///
    /// 1–255 of ASCII letters, digits, spaces and `. _ - : / ( ) # , @ [ ] + = & ; { } ! $ *`, with
    /// no space at either end; neither `default` nor beginning with `sg-`, in any case.
    SecurityGroupName, "security group name", check_group_name, GROUP_PATTERN
}
text_type! {
    /// The description of a security group that is to be made, which AWS never changes again.
    ///
    /// 1–255 of the characters of a [`SecurityGroupName`], with no space at either end.
    SecurityGroupDescription, "security group description", check_group_text, GROUP_PATTERN
}

text_type! {
    /// The name of an environment variable, or the beginning of one: `REDIS_URL`, `CACHE`.
    ///
    /// At most 128 ASCII letters, digits and `_`, and not a digit first.
    VariableName, "name of an environment variable", check_variable, VARIABLE_PATTERN
}

text_type! {
    /// The name under which a program offers a [sink](crate::provider::Sink), such as
    /// `secrets-manager`.
    ///
    /// At most 64 lower-case ASCII letters, digits and `-`; a letter first.
    SinkName, "name of a sink", check_option, OPTION_PATTERN
}

text_type! {
    /// What a copy is called at its sink: the name of a secret or parameter, or a path.
    ///
    /// 1–1024 characters without control characters, and no white space at either end. The sink may
    /// take fewer.
    CopyName, "name of a copy", check_copy
}

#[cfg(feature = "schemars")]
const VARIABLE_PATTERN: &str = "^[A-Za-z_][A-Za-z0-9_]{0,127}$";
#[cfg(feature = "schemars")]
const OPTION_PATTERN: &str = "^[a-z][a-z0-9-]{0,63}$";

/// What a name or description of a security group matches.
#[cfg(feature = "schemars")]
const GROUP_PATTERN: &str = r"^[A-Za-z0-9 ._:/()#,@\[\]+=&;{}!$*-]{1,255}$";

impl OptionName {
    /// The option with which Heroku takes a customer's key: what `--encryption-key` of the official
    /// CLI sends.
    pub fn encryption_key() -> Self {
        Self("encryption-key".into())
    }
}

/// Longest name of an option, in characters: more than any has.
const LONGEST_OPTION: usize = 64;

/// Longest name of an add-on, in characters; the others are shorter (SDK schema).
const LONGEST: usize = 256;

fn check(text: &str, may_start: fn(&u8) -> bool, start: &str) -> Result<(), Rule> {
    let Some(first) = text.as_bytes().first() else {
        return Err("it must not be empty".into());
    };
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Err("it must have only ASCII letters, digits, \"-\" and \"_\"".into());
    }
    if is_uuid(text) {
        return Err("it must be a name; this is an id".into());
    }
    if !may_start(first) {
        return Err(format!("it must start with {start}").into());
    }
    if text.len() > LONGEST {
        return Err(format!("it must not be longer than {LONGEST} characters").into());
    }
    Ok(())
}

fn check_option(text: &str) -> Result<(), Rule> {
    let valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !text.bytes().all(valid) {
        return Err("it must have only lower-case ASCII letters, digits and \"-\"".into());
    }
    if !text.bytes().next().is_some_and(|first| first.is_ascii_lowercase()) {
        return Err("it must start with a letter".into());
    }
    if text.len() > LONGEST_OPTION {
        return Err(format!("it must not be longer than {LONGEST_OPTION} characters").into());
    }
    Ok(())
}

fn check_variable(text: &str) -> Result<(), Rule> {
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err("it must have only ASCII letters, digits and \"_\"".into());
    }
    if text.bytes().next().is_none_or(|first| first.is_ascii_digit()) {
        return Err("it must start with a letter or \"_\"".into());
    }
    if text.len() > 128 {
        return Err("it must not be longer than 128 characters".into());
    }
    Ok(())
}

fn check_copy(text: &str) -> Result<(), Rule> {
    if text.is_empty() {
        return Err("it must not be empty".into());
    }
    if text.chars().any(char::is_control) {
        return Err("it must have no control characters".into());
    }
    if text.trim() != text {
        return Err("it must not begin or end with white space".into());
    }
    if text.chars().count() > 1024 {
        return Err("it must not be longer than 1024 characters".into());
    }
    Ok(())
}

fn check_link(text: &str) -> Result<(), Rule> {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !text.bytes().all(valid) {
        return Err("it must have only ASCII letters, digits, \"-\", \"_\" and \".\"; a slash or \
                    colon has a meaning in tags and names"
            .into());
    }
    if !text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric()) {
        return Err("it must start with a letter or digit".into());
    }
    if text.len() > 64 {
        return Err("it must not be longer than 64 characters".into());
    }
    Ok(())
}

/// Longest name and description of a security group ([EC2]).
///
/// [EC2]: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
const LONGEST_OF_GROUP: usize = 255;

fn check_group_name(text: &str) -> Result<(), Rule> {
    let start = text.as_bytes().get(..3);
    if start.is_some_and(|start| start.eq_ignore_ascii_case(b"sg-")) {
        return Err("it must not begin with \"sg-\", as ids do".into());
    }
    if text.eq_ignore_ascii_case("default") {
        return Err("it must be another name: AWS keeps this one for itself".into());
    }
    check_group_text(text)
}

fn check_group_text(text: &str) -> Result<(), Rule> {
    if text.is_empty() {
        return Err("it must not be empty; leave it out to have the default".into());
    }
    let valid =
        |byte: u8| byte.is_ascii_alphanumeric() || b" ._-:/()#,@[]+=&;{}!$*".contains(&byte);
    if !text.bytes().all(valid) {
        return Err("it must have only ASCII letters, digits, spaces and \
                    . _ - : / ( ) # , @ [ ] + = & ; { } ! $ *"
            .into());
    }
    if text.trim() != text {
        return Err("it must not begin or end with a space".into());
    }
    if text.len() > LONGEST_OF_GROUP {
        return Err(format!("it must not be longer than {LONGEST_OF_GROUP} characters").into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{accepts, refuses};

    const UUID: &str = "a1234567-89ab-cdef-0123-456789abcdef";

    #[test]
    fn names_are_safe_in_a_path() {
        let longest = "a".repeat(256);
        accepts::<AppName>(&["my-app", "a", &longest]);
        accepts::<AddonName>(&["redis-haiku-12345", "Legacy_name"]);
        accepts::<AttachmentName>(&["REDIS", "HEROKU_REDIS_BLUE", "X_ENDPOINT_Y"]);
        accepts::<SpaceName>(&["3-blue-spaces", "space"]);
        let characters = "it must have only ASCII letters, digits, \"-\" and \"_\"";
        let too_long = "a".repeat(257);
        for (text, rule) in [
            ("", "it must not be empty"),
            ("a/b", characters),
            ("..", characters),
            ("a.b", characters),
            ("a%2Fb", characters),
            ("a?b", characters),
            ("a b", characters),
            ("é", characters),
            ("1a", "it must start with a letter"),
            ("-a", "it must start with a letter"),
            ("_a", "it must start with a letter"),
            (UUID, "it must be a name; this is an id"),
        ] {
            refuses::<AppName>(&[(text, &format!("{text:?} is not an app name: {rule}"))]);
            refuses::<AddonName>(&[(text, &format!("{text:?} is not an add-on name: {rule}"))]);
            refuses::<AttachmentName>(&[(
                text,
                &format!("{text:?} is not an attachment name: {rule}"),
            )]);
        }
        let error = too_long.parse::<AppName>().unwrap_err();
        assert_eq!(error.rule(), "it must not be longer than 256 characters");
        let start = "\"-a\" is not a space name: it must start with a letter or digit";
        refuses::<SpaceName>(&[("-a", start)]);
    }

    #[test]
    fn link_ids_fit_in_tags() {
        let longest = "x".repeat(64);
        accepts::<LinkId>(&["a", "1", "orders.kvs_1-A", UUID, &longest]);
        let characters = "it must have only ASCII letters, digits, \"-\", \"_\" and \".\"; a slash \
                          or colon has a meaning in tags and names";
        let start = "it must start with a letter or digit";
        let too_long = "x".repeat(65);
        for (text, rule) in [
            ("a/b", characters),
            ("a:b", characters),
            ("a b", characters),
            ("", start),
            ("-a", start),
            (".a", start),
            ("_a", start),
            (too_long.as_str(), "it must not be longer than 64 characters"),
        ] {
            refuses::<LinkId>(&[(text, &format!("{text:?} is not a link id: {rule}"))]);
        }
    }

    #[test]
    fn options_have_no_control_characters() {
        accepts::<OptionName>(&["encryption-key", "fork", "a1"]);
        assert_eq!(OptionName::encryption_key(), "encryption-key".parse().unwrap());
        let letters = "it must have only lower-case ASCII letters, digits and \"-\"";
        for (text, rule) in [
            ("", "it must start with a letter"),
            ("-key", "it must start with a letter"),
            ("key\0", letters),
            ("key\nfork", letters),
            ("key=", letters),
            ("Encryption-Key", letters),
            ("encryption_key", letters),
            ("schlüssel", letters),
        ] {
            refuses::<OptionName>(&[(text, &format!("{text:?} is not an option name: {rule}"))]);
        }
    }

    #[test]
    fn variables_and_copies_have_names_that_are_safe_to_write_down() {
        for text in ["REDIS_URL", "_", "cache9", "A".repeat(128).as_str()] {
            assert_eq!(text.parse::<VariableName>().unwrap().as_str(), text);
        }
        for text in ["", "9A", "A-B", "A B", "A=B", "Ä", "A\n", "A".repeat(129).as_str()] {
            text.parse::<VariableName>().unwrap_err();
        }
        for text in ["/prod/cache", "prod cache", "./cache.env", "ключ"] {
            assert_eq!(text.parse::<CopyName>().unwrap().as_str(), text);
        }
        for text in ["", " a", "a ", "a\nb", "a\0", "a".repeat(1025).as_str()] {
            text.parse::<CopyName>().unwrap_err();
        }
        "secrets-manager".parse::<SinkName>().unwrap();
        for text in ["", "Secrets", "a_b", "-a"] {
            text.parse::<SinkName>().unwrap_err();
        }
    }

    #[test]
    fn a_group_is_called_what_ec2_takes() {
        let longest = "x".repeat(255);
        let all = "aZ0 ._-:/()#,@[]+=&;{}!$*";
        accepts::<SecurityGroupName>(&["a", all, "sgx", "defaults", &longest]);
        accepts::<SecurityGroupDescription>(&["sg-1", "default", all, &longest]);
        let characters = "it must have only ASCII letters, digits, spaces and \
                          . _ - : / ( ) # , @ [ ] + = & ; { } ! $ *";
        let too_long = "x".repeat(256);
        for (text, rule) in [
            ("", "it must not be empty; leave it out to have the default"),
            ("a\"b", characters),
            ("é", characters),
            (" a", "it must not begin or end with a space"),
            ("a ", "it must not begin or end with a space"),
        ] {
            for (what, error) in [
                ("name", text.parse::<SecurityGroupName>().unwrap_err()),
                ("description", text.parse::<SecurityGroupDescription>().unwrap_err()),
            ] {
                let expected = format!("{text:?} is not a security group {what}: {rule}");
                assert_eq!(error.to_string(), expected);
            }
        }
        for (text, rule) in [
            ("SG-1", "it must not begin with \"sg-\", as ids do"),
            ("Default", "it must be another name: AWS keeps this one for itself"),
            (too_long.as_str(), "it must not be longer than 255 characters"),
        ] {
            assert_eq!(text.parse::<SecurityGroupName>().unwrap_err().rule(), rule);
        }
    }
}
