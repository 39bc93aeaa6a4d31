use crate::model::{AddonName, AttachmentName, KeyArn};

/// One mutating call of the encryption workflow.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// Make the link's own key, with its policy and tags.
    CreateKey,
    /// Give the key the link's alias.
    CreateAlias(KeyArn),
    /// Replace the key's policy by this one.
    PutPolicy(KeyArn, String),
    /// Switch rotation on, or change its period.
    EnableRotation(KeyArn),
    /// Make the add-on with this key.
    CreateAddon(KeyArn, Data),
    /// Make the add-on independent of what it follows.
    Unfollow,
    /// Attach the old add-on once more, so that it does not lose its last attachment.
    Keep(AddonName, AttachmentName),
    /// Attach the add-on under this name, in the place of the old one.
    Promote(AttachmentName),
}

/// What an add-on begins with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Data {
    /// Nothing.
    Empty,
    /// A fork from the URL in the app's config variable of this attachment.
    ForkOfUrl(AttachmentName),
    /// A fork of this add-on.
    ForkOf(AddonName),
    /// A follower of this add-on.
    FollowerOf(AddonName),
}
