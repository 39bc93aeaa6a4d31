//! Copies as parameters of the Parameter Store of AWS Systems Manager.

use async_trait::async_trait;
use aws_sdk_ssm::operation::put_parameter::builders::PutParameterFluentBuilder;
use aws_sdk_ssm::types::{ParameterTier, ParameterType, ResourceTypeForTagging, Tag as SdkTag};
use heroku_data_link::bundle::Destination;
use heroku_data_link::model::{AwsRegion, KeyArn, Stamp};
use heroku_data_link::provider::operation as op;
use heroku_data_link::provider::{Delivery, ProviderResult, Sink, StoredCopy, Tags};

use super::{check_key, check_owner, description, has_tags};
use crate::client::Client;
use crate::error::Failure;
use crate::reading::Reading;

/// The tag that says which text a parameter holds, and under which key of the customer's.
const STAMP_TAG: &str = "heroku-data-link:stamp";
/// The longest value of a standard parameter, in bytes (quotas of Systems Manager).
const LONGEST_STANDARD: usize = 4096;
/// The longest value of an advanced parameter, in bytes.
const LONGEST_ADVANCED: usize = 8192;
/// The most levels of a name (`PutParameter` of the API reference).
const MOST_LEVELS: usize = 15;
/// The longest ARN of a parameter whose name we choose, in characters.
const LONGEST_ARN: usize = 1011;

/// The Parameter Store of AWS Systems Manager as a [sink](Sink): each copy is a `SecureString`.
///
/// Whose a parameter is, the stamp of its text and the customer's key under which it was written stand
/// in its tags, which are all that is read of it. So a value or a key that somebody changes by hand
/// is not seen before the next rotation: where that matters, deliver to
/// [Secrets Manager](heroku_data_link::bundle::SECRETS_MANAGER). A parameter that is replaced gets its value first and its tags
/// after it: what is called current is.
///
/// A parameter is replaced only while it carries the link's tag, which is looked at once more before it
/// is written. Where the spec names no key, it is written under the key that AWS keeps for the
/// account's parameters. A deleted parameter cannot be restored.
#[derive(Debug, Clone)]
pub struct ParameterStore {
    client: Client,
    tier: ParameterTier,
}

impl ParameterStore {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, tier: ParameterTier::Standard }
    }

    /// Keeps parameters in the advanced tier, which takes 8,192 bytes and not 4,096, and which AWS bills
    /// [by the month and by the call](https://aws.amazon.com/systems-manager/pricing/).
    ///
    /// What is there is moved to it when it is written the next time. There is no way back: AWS refuses
    /// to write an advanced parameter as a standard one.
    #[must_use]
    pub fn advanced(self) -> Self {
        Self { tier: ParameterTier::Advanced, ..self }
    }

    /// The tags of the parameter, if there is one.
    async fn tags(&self, at: &Destination) -> ProviderResult<Option<Tags>> {
        let reading = self.client.reading(op::LIST_PARAMETER_TAGS);
        let call = self.client.ssm().list_tags_for_resource();
        let call = call.resource_type(ResourceTypeForTagging::Parameter);
        let call = call.resource_id(at.name.as_str());
        match call.send().await.map_err(|error| reading.failure(&error)) {
            Ok(answer) => Ok(Some(tags(&reading, answer.tag_list()))),
            Err(failure) if failure.is_not_found() => Ok(None),
            Err(failure) => Err(failure.error),
        }
    }

    async fn create(&self, delivery: &Delivery<'_>) -> ProviderResult<()> {
        let reading = self.client.reading(op::PUT_PARAMETER);
        let tags = sdk_tags(&reading, &marked(delivery))?;
        let call = self.put(delivery).overwrite(false).set_tags(Some(tags));
        let failure = |error| reading.without(delivery.text).failure(&error);
        call.send().await.map_err(failure)?;
        Ok(())
    }

    async fn renew(&self, delivery: &Delivery<'_>, there: &Tags) -> ProviderResult<()> {
        check_owner(op::PUT_PARAMETER, there, delivery)?;
        let is_current = Mark::read(there).is_some_and(|mark| mark.is_of(delivery));
        if !is_current {
            let reading = self.client.reading(op::PUT_PARAMETER);
            let failure = |error| reading.without(delivery.text).failure(&error);
            self.put(delivery).overwrite(true).send().await.map_err(failure)?;
            return self.tag(delivery, &marked(delivery)).await;
        }
        if has_tags(there, delivery) {
            return Ok(());
        }
        self.tag(delivery, delivery.tags).await
    }

    /// A request that writes the value. AWS takes tags of a new parameter alone.
    fn put(&self, delivery: &Delivery<'_>) -> PutParameterFluentBuilder {
        let key = delivery.at.kms_key.as_ref();
        self.client
            .ssm()
            .put_parameter()
            .name(delivery.at.name.as_str())
            .description(description(delivery.tags))
            .r#type(ParameterType::SecureString)
            .tier(self.tier.clone())
            .set_key_id(key.map(|key| key.as_str().to_owned()))
            .value(delivery.text.expose())
    }

    async fn tag(&self, delivery: &Delivery<'_>, tags: &Tags) -> ProviderResult<()> {
        let reading = self.client.reading(op::TAG_PARAMETER);
        let call = self.client.ssm().add_tags_to_resource();
        let call = call.resource_type(ResourceTypeForTagging::Parameter);
        let call = call.resource_id(delivery.at.name.as_str());
        let call = call.set_tags(Some(sdk_tags(&reading, tags)?));
        call.send().await.map_err(|error| reading.failure(&error))?;
        Ok(())
    }
}

#[async_trait]
impl Sink for ParameterStore {
    fn check(&self, at: &Destination) -> Result<(), String> {
        check_name(at.name.as_str(), self.client.region())?;
        check_key(&self.client, at)
    }

    fn longest(&self) -> Option<usize> {
        Some(match self.tier {
            ParameterTier::Advanced => LONGEST_ADVANCED,
            _ => LONGEST_STANDARD,
        })
    }

    async fn stored(&self, at: &Destination) -> ProviderResult<Option<StoredCopy>> {
        let stored = |tags: Tags| {
            let (stamp, kms_key) = match Mark::read(&tags) {
                Some(Mark { stamp, key }) => (Some(stamp), key),
                None => (None, None),
            };
            StoredCopy { tags, stamp, kms_key, is_going: false }
        };
        Ok(self.tags(at).await?.map(stored))
    }

    async fn deliver(&self, delivery: &Delivery<'_>) -> ProviderResult<()> {
        let there = if delivery.replaces { self.tags(delivery.at).await? } else { None };
        match there {
            Some(there) => self.renew(delivery, &there).await,
            None => self.create(delivery).await,
        }
    }

    async fn remove(&self, at: &Destination) -> ProviderResult<()> {
        let reading = self.client.reading(op::DELETE_PARAMETER);
        let call = self.client.ssm().delete_parameter().name(at.name.as_str());
        let Err(error) = call.send().await else { return Ok(()) };
        reading.failure(&error).unless(Failure::is_not_found)
    }
}

/// What a parameter was written with. One tag says both, as they change together.
struct Mark {
    stamp: Stamp,
    /// `None` for the key that AWS keeps.
    key: Option<KeyArn>,
}

impl Mark {
    fn read(tags: &Tags) -> Option<Self> {
        let text = tags.get(STAMP_TAG)?;
        let (stamp, key) = match text.split_once(' ') {
            Some((stamp, key)) => (stamp, Some(key.parse().ok()?)),
            None => (text.as_str(), None),
        };
        Some(Self { stamp: stamp.parse().ok()?, key })
    }

    /// Whether a delivery would write the same. A key matters where the spec names one.
    fn is_of(&self, delivery: &Delivery<'_>) -> bool {
        let same_key = delivery.at.kms_key.is_none() || delivery.at.kms_key == self.key;
        self.stamp == delivery.stamp && same_key
    }
}

/// The delivery's tags, and what it writes.
fn marked(delivery: &Delivery<'_>) -> Tags {
    let mark = match &delivery.at.kms_key {
        Some(key) => format!("{} {}", delivery.stamp, key.as_str()),
        None => delivery.stamp.to_string(),
    };
    let mut tags = delivery.tags.clone();
    tags.insert(STAMP_TAG.to_owned(), mark);
    tags
}

fn tags(reading: &Reading, tags: &[SdkTag]) -> Tags {
    let tag = |tag: &SdkTag| (reading.name(Some(tag.key())), reading.name(Some(tag.value())));
    tags.iter().map(tag).collect()
}

fn sdk_tags(reading: &Reading, tags: &Tags) -> ProviderResult<Vec<SdkTag>> {
    let tags = tags.iter().map(|(key, value)| {
        let tag = SdkTag::builder().key(key).value(value).build();
        tag.map_err(|error| reading.refusal(&error.to_string()))
    });
    tags.collect()
}

fn check_name(name: &str, region: &AwsRegion) -> Result<(), String> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte);
    if !name.bytes().all(fits) {
        return Err("it must have a name of ASCII letters, digits and _.-/ alone".to_owned());
    }
    let path = name.strip_prefix('/').unwrap_or(name);
    if path.contains('/') && path.len() == name.len() {
        return Err("it must have a name that begins with a slash, as it is a path".to_owned());
    }
    let levels: Vec<_> = path.split('/').collect();
    if levels.iter().any(|level| level.is_empty()) {
        return Err("it must have a name without an empty level".to_owned());
    }
    if levels.len() > MOST_LEVELS {
        return Err(format!("it must have a name of at most {MOST_LEVELS} levels"));
    }
    let start = path.get(..3).unwrap_or_default().to_ascii_lowercase();
    if start == "aws" || start == "ssm" {
        return Err("it must have a name that does not begin with aws or ssm".to_owned());
    }
    // AWS counts what comes before the name in the parameter's ARN.
    let partition = match region.as_str() {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let before = format!("arn:{partition}:ssm:{region}:111122223333:parameter/").len();
    if before + path.len() > LONGEST_ARN {
        let longest = LONGEST_ARN - before;
        return Err(format!("it must have a name of at most {longest} characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_are_those_that_aws_takes() {
        let region = "us-east-2".parse().unwrap();
        let levels = |count: usize| "/x".repeat(count);
        for name in ["a", "/a", "/prod/cache/REDIS_URL", "a.b-c_d", "/xaws/ssm", &levels(15)] {
            assert_eq!(check_name(name, &region), Ok(()), "{name}");
        }
        // 45 characters come before it, as AWS's own example counts them.
        let (longest, longer) = ("x".repeat(966), format!("/{}", "x".repeat(967)));
        assert_eq!(check_name(&longest, &region), Ok(()));
        for (name, rule) in [
            ("a b", "letters"),
            ("a:b", "letters"),
            ("prod/cache", "begins with a slash"),
            ("/prod//cache", "empty level"),
            ("/prod/", "empty level"),
            ("/", "empty level"),
            (levels(16).as_str(), "at most 15 levels"),
            ("awsome", "aws or ssm"),
            ("/AWS/reference", "aws or ssm"),
            ("SSM-1", "aws or ssm"),
            (longer.as_str(), "at most 966 characters"),
        ] {
            let broken = check_name(name, &region).unwrap_err();
            assert!(broken.starts_with("it must ") && broken.contains(rule), "{name}: {broken}");
        }
    }

    #[test]
    fn a_mark_that_is_not_ours_is_none() {
        let stamp = "104225db9882d13b4c77e016248b6903";
        let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let read = |text: &str| Mark::read(&Tags::from([(STAMP_TAG.to_owned(), text.to_owned())]));
        let plain = read(stamp).unwrap();
        assert_eq!((plain.stamp.to_string().as_str(), plain.key), (stamp, None));
        let keyed = read(&format!("{stamp} {key}")).unwrap();
        assert_eq!(keyed.key.as_ref().map(KeyArn::as_str), Some(key));
        for text in ["", "1", &format!("{stamp} "), &format!("{stamp} alias/data")] {
            assert!(read(text).is_none(), "{text}");
        }
        assert!(Mark::read(&Tags::new()).is_none());
    }
}
