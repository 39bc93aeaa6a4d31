use std::fmt;

/// What a person does beside a link, to what it made or to something alike.
///
/// Whom it happens to is drawn when it happens; where there is nobody, nothing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Act {
    /// Deletes the link's VPC endpoint.
    DeleteEndpoint,
    /// Takes all tags from the link's VPC endpoint, as a tag cleaner does.
    StripEndpoint,
    /// Gives the link's VPC endpoint to another link, by its tag.
    RetagEndpoint,
    /// Makes an endpoint for the same VPC and endpoint service.
    MakeEndpoint,
    /// Gives the link's tags to an endpoint that leads elsewhere.
    CopyTagsToEndpoint,
    /// Takes all tags from the link's security group.
    StripGroup,
    /// Gives the link's security group to another link, by its tag.
    RetagGroup,
    /// Makes a security group of the name that the link's own has.
    MakeGroup,
    /// Gives the link's tags to a security group of another name.
    CopyTagsToGroup,
    /// Lets a rule of another group refer to the link's group, which cannot be deleted then.
    ReferToGroup,
    /// Takes a rule out of the link's security group.
    RemoveGroupRule,
    /// Deletes the endpoint service.
    DeleteService,
    /// Deletes the link's peering connection.
    DeletePeering,
    /// Takes all tags from the link's peering connection.
    StripPeering,
    /// Gives the link's peering connection to another link, by its tag.
    RetagPeering,
    /// Asks for a peering connection between the same VPCs.
    MakePeering,
    /// Gives the link's tags to a peering connection of other VPCs.
    CopyTagsToPeering,
    /// Deletes a route that the link made.
    RemoveRoute,
    /// Leads a destination that the link needs elsewhere.
    LeadElsewhere,
    /// Takes a rule that the link made out of a group that is not its own.
    RemoveRule,
    /// Makes a rule by hand that the link needs in a group that is not its own.
    MakeRule,
    /// Deletes the alias of the link's key.
    RemoveAlias,
    /// Lets the link's alias name another key.
    PointAlias,
    /// Takes all tags from the link's key.
    StripKey,
    /// Gives the link's key to another link, by its tag.
    RetagKey,
    /// Gives the link's tags to another key.
    CopyTagsToKey,
    /// Disables a key that an add-on is under, or the link's own.
    DisableKey,
    /// Enables it.
    EnableKey,
    /// Schedules its deletion.
    DeleteKey,
    /// Switches its rotation off.
    StopRotation,
    /// Takes Heroku out of its policy.
    NarrowPolicy,
    /// Makes an add-on of the name that the link's has, without the key.
    MakeAddon,
    /// Makes one more add-on under a key that others are under.
    UseKey,
}

impl Act {
    /// What people do beside a PrivateLink.
    pub const PRIVATE_LINK: [Self; 12] = [
        Self::DeleteEndpoint,
        Self::StripEndpoint,
        Self::RetagEndpoint,
        Self::MakeEndpoint,
        Self::CopyTagsToEndpoint,
        Self::StripGroup,
        Self::RetagGroup,
        Self::MakeGroup,
        Self::CopyTagsToGroup,
        Self::ReferToGroup,
        Self::RemoveGroupRule,
        Self::DeleteService,
    ];

    /// What people do beside a peering.
    pub const PEERING: [Self; 9] = [
        Self::DeletePeering,
        Self::StripPeering,
        Self::RetagPeering,
        Self::MakePeering,
        Self::CopyTagsToPeering,
        Self::RemoveRoute,
        Self::LeadElsewhere,
        Self::RemoveRule,
        Self::MakeRule,
    ];

    /// What people do beside an add-on under the customer's own key.
    pub const ENCRYPTION: [Self; 10] = [
        Self::RemoveAlias,
        Self::PointAlias,
        Self::StripKey,
        Self::RetagKey,
        Self::CopyTagsToKey,
        Self::DisableKey,
        Self::DeleteKey,
        Self::StopRotation,
        Self::NarrowPolicy,
        Self::MakeAddon,
    ];

    /// What people do while the use of a key ends and begins again.
    pub const KEY_ACCESS: [Self; 5] =
        [Self::UseKey, Self::DisableKey, Self::EnableKey, Self::DeleteKey, Self::NarrowPolicy];
}

impl fmt::Display for Act {
    /// Such as `strip-endpoint`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, letter) in format!("{self:?}").char_indices() {
            if letter.is_ascii_uppercase() && at > 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", letter.to_ascii_lowercase())?;
        }
        Ok(())
    }
}
