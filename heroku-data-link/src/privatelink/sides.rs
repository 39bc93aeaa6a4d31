use crate::provider::{
    Addons, ConfigVars, EndpointServices, Identity, NetworkInterfaces, PrivateLinks, Rehearsals,
    SecurityGroups, Spaces, VpcEndpoints, Vpcs,
};

/// What this workflow needs of Heroku. Implemented by everything that has the capabilities.
pub trait HerokuSide: Addons + Spaces + PrivateLinks + ConfigVars {}
impl<T: Addons + Spaces + PrivateLinks + ConfigVars> HerokuSide for T {}

/// What this workflow needs of AWS. Implemented by everything that has the capabilities.
pub trait AwsSide:
    Identity + Vpcs + EndpointServices + SecurityGroups + VpcEndpoints + NetworkInterfaces + Rehearsals
{
}
impl<T> AwsSide for T where
    T: Identity
        + Vpcs
        + EndpointServices
        + SecurityGroups
        + VpcEndpoints
        + NetworkInterfaces
        + Rehearsals
{
}
