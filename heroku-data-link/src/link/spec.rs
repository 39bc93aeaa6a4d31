//! The spec of a link of any kind.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Link, LinkOutput, Options};
use crate::encryption::{EncryptionSpec, EncryptionWorkflow};
use crate::key_access::{KeyAccessSpec, KeyAccessWorkflow};
use crate::model::{AwsRegion, LinkId, LinkKind};
use crate::peering::{PeeringSpec, PeeringWorkflow};
use crate::privatelink::{PrivateLinkSpec, PrivateLinkWorkflow};
use crate::provider::{CallerIdentity, Clouds};
use crate::reconcile::{Clock, Driver, IamPolicy, Memory, MemoryError, Workflow};

/// The spec of a link. As JSON it is the kind's own spec with a field `kind`: `privatelink`,
/// `peering`, `encryption` or `key-access`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LinkSpec {
    /// A VPC with a data add-on.
    #[serde(rename = "privatelink")]
    PrivateLink(PrivateLinkSpec),
    /// A VPC with a Private Space.
    Peering(PeeringSpec),
    /// A data add-on under a key of the customer's.
    Encryption(EncryptionSpec),
    /// The use of such a key.
    KeyAccess(KeyAccessSpec),
}

impl LinkSpec {
    /// The link's id.
    pub fn link(&self) -> &LinkId {
        match self {
            Self::PrivateLink(spec) => &spec.link,
            Self::Peering(spec) => &spec.link,
            Self::Encryption(spec) => &spec.link,
            Self::KeyAccess(spec) => &spec.link,
        }
    }

    /// The least policy with which the link can be established, kept and torn down by a caller of
    /// this account, with credentials for this region.
    pub fn iam_policy(&self, caller: &CallerIdentity, region: &AwsRegion) -> IamPolicy {
        match self {
            Self::PrivateLink(spec) => spec.iam_policy(caller, region),
            Self::Peering(spec) => spec.iam_policy(caller, region),
            Self::Encryption(spec) => spec.iam_policy(caller, region),
            Self::KeyAccess(spec) => spec.iam_policy(caller, region),
        }
    }

    /// The link on these clouds. AWS must be that of the link's account and region.
    ///
    /// # Errors
    /// When the memory among the options is of another link or another version.
    pub fn open(
        self,
        clouds: &Clouds,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> Result<Box<dyn Link>, MemoryError> {
        let Clouds { heroku, aws, .. } = clouds.clone();
        match self {
            Self::PrivateLink(spec) => {
                drive(PrivateLinkWorkflow::on(spec, clouds.clone()), clock, options)
            }
            Self::Peering(spec) => drive(PeeringWorkflow::new(spec, heroku, aws), clock, options),
            Self::Encryption(spec) => {
                drive(EncryptionWorkflow::new(spec, heroku, aws), clock, options)
            }
            Self::KeyAccess(spec) => {
                drive(KeyAccessWorkflow::new(spec, heroku, aws), clock, options)
            }
        }
    }

    /// The memory of a link on which nobody has worked before; see
    /// [`Memory::begin`].
    pub fn begin_memory(&self, clouds: &Clouds) -> Memory {
        let Clouds { heroku, aws, .. } = clouds.clone();
        match self.clone() {
            Self::PrivateLink(spec) => {
                Memory::begin(&PrivateLinkWorkflow::on(spec, clouds.clone()))
            }
            Self::Peering(spec) => Memory::begin(&PeeringWorkflow::new(spec, heroku, aws)),
            Self::Encryption(spec) => Memory::begin(&EncryptionWorkflow::new(spec, heroku, aws)),
            Self::KeyAccess(spec) => Memory::begin(&KeyAccessWorkflow::new(spec, heroku, aws)),
        }
    }
}

fn drive<W>(
    workflow: W,
    clock: Arc<dyn Clock>,
    options: Options,
) -> Result<Box<dyn Link>, MemoryError>
where
    W: Workflow + 'static,
    LinkOutput: From<W::Output>,
{
    let Options { settings, observer, hooks, memory, store } = options;
    let mut driver = Driver::new(workflow, clock).with_settings(settings);
    if let Some(observer) = observer {
        driver = driver.with_observer(observer);
    }
    for hook in hooks {
        driver = driver.with_hook(hook);
    }
    if let Some(store) = store {
        driver = driver.with_store(store);
    }
    if let Some(memory) = memory {
        driver = driver.with_memory(memory)?;
    }
    Ok(Box::new(driver))
}

of_every_kind!(LinkSpec {
    PrivateLink(PrivateLinkSpec),
    Peering(PeeringSpec),
    Encryption(EncryptionSpec),
    KeyAccess(KeyAccessSpec),
});
