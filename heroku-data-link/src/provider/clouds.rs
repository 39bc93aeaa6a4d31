//! Both clouds, as a link needs them.

use std::sync::Arc;

use super::{
    AddonLifecycle, Addons, AllAddons, Attachments, ConfigVars, EndpointServices, Identity, Keys,
    NetworkAcls, NetworkInterfaces, PrivateLinks, Rehearsals, RouteTables, SecurityGroups, Sink,
    Sinks, SpacePeerings, Spaces, VpcEndpoints, VpcPeerings, Vpcs,
};
use crate::model::{AwsRegion, SinkName};

/// Everything that links need of Heroku. Implemented by everything that has the capabilities.
pub trait HerokuCloud:
    Addons
    + AllAddons
    + AddonLifecycle
    + Attachments
    + ConfigVars
    + PrivateLinks
    + SpacePeerings
    + Spaces
{
}

impl<T> HerokuCloud for T where
    T: Addons
        + AllAddons
        + AddonLifecycle
        + Attachments
        + ConfigVars
        + PrivateLinks
        + SpacePeerings
        + Spaces
{
}

/// Everything that links need of AWS, in one region. Implemented by everything that has the
/// capabilities.
pub trait AwsCloud:
    Identity
    + Vpcs
    + EndpointServices
    + VpcEndpoints
    + NetworkInterfaces
    + NetworkAcls
    + SecurityGroups
    + VpcPeerings
    + RouteTables
    + Keys
    + Rehearsals
{
}

impl<T> AwsCloud for T where
    T: Identity
        + Vpcs
        + EndpointServices
        + VpcEndpoints
        + NetworkInterfaces
        + NetworkAcls
        + SecurityGroups
        + VpcPeerings
        + RouteTables
        + Keys
        + Rehearsals
{
}

/// The two clouds of a link, and the sinks of its connection.
#[derive(Debug, Clone)]
pub struct Clouds {
    /// Heroku, with a token that can see the link's add-on or space.
    pub heroku: Arc<dyn HerokuCloud>,
    /// AWS, with credentials of the link's account and for its region.
    pub aws: Arc<dyn AwsCloud>,
    /// Where copies of connections can be delivered. None to begin with.
    pub sinks: Sinks,
}

impl Clouds {
    /// These two.
    pub fn new(heroku: Arc<dyn HerokuCloud>, aws: Arc<dyn AwsCloud>) -> Self {
        Self { heroku, aws, sinks: Sinks::new() }
    }

    /// With a sink that specs can name, in the place of a former one of this name.
    #[must_use]
    pub fn with_sink(mut self, name: SinkName, sink: Arc<dyn Sink>) -> Self {
        self.sinks.insert(name, sink);
        self
    }

    /// The region of what is found on EC2.
    pub(crate) fn vpc_region(&self) -> &AwsRegion {
        Vpcs::region(&*self.aws)
    }

    /// The region of what is found on KMS.
    pub(crate) fn key_region(&self) -> &AwsRegion {
        Keys::region(&*self.aws)
    }
}
