//! What must hold of a key before anything is done with it.

use crate::model::{AccountId, AwsRegion, KeyArn};
use crate::reconcile::{Blocker, Code};

/// A key that is named by its ARN can be asked for, and is there.
pub(crate) fn named_key(
    key: &KeyArn,
    region: &AwsRegion,
    account: &AccountId,
    is_there: bool,
) -> Result<(), Blocker> {
    if key.region() != region {
        return Err(Blocker::new(
            Code::KeyOfAnotherRegion,
            format!("{key} is in {}, and these AWS credentials speak to {region}", key.region()),
            "use a key and credentials of the add-on's region: Heroku takes no key of another",
        ));
    }
    if key.account() != account {
        return Err(Blocker::new(
            Code::KeyOfAnotherAccount,
            format!("{key} belongs to account {}, and the credentials to {account}", key.account()),
            "use credentials of the key's account: no other can read its policy",
        ));
    }
    if !is_there {
        return Err(Blocker::new(
            Code::UnknownKey,
            format!("{key} cannot be found"),
            "check the id, the region and the credentials",
        ));
    }
    Ok(())
}
