//! The codes of blockers: one table that says what each means, what clears it, and whether it can
//! clear by itself.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// From a table with a line for each code: the enum, its texts, and its documentation.
macro_rules! codes {
    (
        $(#[$doc:meta])* $name:ident {
            $(#[doc = $meaning:literal]
            $variant:ident = $code:literal, by $who:ident: $clears:literal,)+
        }
    ) => {
        $(#[$doc])*
        ///
        /// | code | what it means | what clears it | by itself |
        /// | --- | --- | --- | --- |
        $(#[doc = concat!(
            "| `", $code, "` |", $meaning, " | ", $clears, " | ", codes!(@word $who), " |"
        )])+
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(from = "String")]
        #[non_exhaustive]
        pub enum $name {
            $(
                #[doc = $meaning]
                #[doc = ""]
                #[doc = concat!("Cleared: ", $clears, " By itself: ", codes!(@word $who), ".")]
                $variant,
            )+
            /// A code that this version does not know, as it was written. Never one of the others.
            Other(String),
        }

        impl $name {
            /// Every code that this version knows, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As it is written in JSON, in kebab case, such as `subnet-of-another-vpc`.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $code,)+
                    Self::Other(code) => code,
                }
            }

            /// As one word in upper camel case, such as `SubnetOfAnotherVpc`: what Kubernetes takes as
            /// the reason of a condition.
            pub fn to_upper_camel_case(&self) -> String {
                let words = self.as_str().split(|it: char| !it.is_ascii_alphanumeric());
                words
                    .flat_map(|word| {
                        let mut letters = word.chars();
                        let first = letters.next().map(|it| it.to_ascii_uppercase());
                        first.into_iter().chain(letters)
                    })
                    .collect()
            }

            /// What clears such a blocker, as a sentence that stands alone. What is to be done
            /// about the values of one blocker is its [`remedy`](super::Blocker::remedy).
            pub fn clears(&self) -> &'static str {
                match self {
                    $(Self::$variant => $clears,)+
                    Self::Other(_) => "Follow the remedy: this version does not know the code.",
                }
            }

            /// Whether such a blocker may be gone at a later look though nobody has changed
            /// anything, as when a cloud ends a state that passes, or shows what it did not show
            /// yet. Where not, looking again is useless until somebody has acted.
            ///
            /// `false` for a code that this version does not know.
            pub fn can_clear_by_itself(&self) -> bool {
                match self {
                    $(Self::$variant => codes!(@flag $who),)+
                    Self::Other(_) => false,
                }
            }
        }

        impl From<&str> for $name {
            fn from(code: &str) -> Self {
                match code {
                    $($code => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
    (@word itself) => { "yes" };
    (@word somebody) => { "no" };
    (@flag itself) => { true };
    (@flag somebody) => { false };
}

codes! {
    /// What kind of thing is in the way: a stable name for programs.
    ///
    /// Compares with text: `blocker.code == "unknown-addon"`. A code that a newer version has
    /// written is read as [`Code::Other`].
    Code {
        // Whose the link is.

        /// What carries the link's id was made for another link or another target.
        LinkIdInUse = "link-id-in-use", by somebody:
            "Choose another link id, or tear the other link down with its own spec.",
        /// It cannot be told whether what carries the link's id was made for this target.
        LinkTargetUnclear = "link-target-unclear", by somebody:
            "Use a Heroku token that may see the target, or tag the resource with the target's id.",

        /// A resource of the link's own has no room for the tags of the spec.
        TooManyTags = "too-many-tags", by somebody:
            "Remove tags from the resource that nobody needs, or from the spec.",

        // Where the app and the space are.

        /// The Heroku token may not read the app.
        UnknownApp = "unknown-app", by somebody:
            "Correct the app's name, or use a token of a member of the app's team.",
        /// The app is not in a Private or Shield Space.
        NotInASpace = "not-in-a-space", by somebody:
            "Use an add-on of an app in a space.",
        /// The Heroku token may not read the space, or there is none of this name.
        UnknownSpace = "unknown-space", by somebody:
            "Correct the space's name, or use a token of a member of the space's team.",
        /// Heroku does not say which AWS region a region of Heroku is.
        UnknownRegion = "unknown-region", by somebody:
            "Report the region to the maintainers of this library.",
        /// The AWS credentials are for another region than Heroku's side of the link.
        OtherRegion = "other-region", by somebody:
            "Use AWS credentials and resources of the region that the problem names.",

        // The VPC and what it has.

        /// The VPC was not found in the account and region of the AWS credentials.
        UnknownVpc = "unknown-vpc", by somebody:
            "Correct the VPC's id, the region or the credentials.",
        /// The VPC is shared by another account, and only its owner can change it.
        SharedVpc = "shared-vpc", by somebody:
            "Use AWS credentials of the account that owns the VPC.",
        /// A subnet that the spec names was not found.
        UnknownSubnet = "unknown-subnet", by somebody:
            "Correct the subnet's id or the credentials.",
        /// A subnet that the spec names belongs to another VPC.
        SubnetOfAnotherVpc = "subnet-of-another-vpc", by somebody:
            "Name subnets of the spec's VPC.",
        /// A security group that the spec names was not found.
        UnknownSecurityGroup = "unknown-security-group", by somebody:
            "Correct the security group's id or the credentials.",
        /// A security group that the spec names belongs to another VPC.
        SecurityGroupOfAnotherVpc = "security-group-of-another-vpc", by somebody:
            "Name security groups of the spec's VPC.",
        /// A route table that the spec names was not found.
        UnknownRouteTable = "unknown-route-table", by somebody:
            "Correct the route table's id or the credentials.",
        /// A route table that the spec names belongs to another VPC.
        RouteTableOfAnotherVpc = "route-table-of-another-vpc", by somebody:
            "Name route tables of the spec's VPC.",
        /// The network ACLs of the endpoint's subnets deny the service's ports to every client.
        NetworkAclDenies = "network-acl-denies", by somebody:
            "Let a network ACL of the endpoint's subnets allow the ports and the answers.",
        /// The security groups of the endpoint let nobody in on the service's ports.
        GroupsClosed = "groups-closed", by somebody:
            "Add an inbound rule for the service's ports, or name other security groups.",
        /// A security group has no room for the inbound rules that it needs.
        RuleQuota = "rule-quota", by somebody:
            "Name fewer ports or wider blocks, revoke rules, or have AWS raise the quota.",

        // The add-on.

        /// The Heroku token sees no add-on of the spec's name.
        UnknownAddon = "unknown-addon", by somebody:
            "Correct the add-on's name or app, or use a token that may see the add-on.",
        /// Several add-ons match the spec's name.
        AmbiguousAddon = "ambiguous-addon", by somebody:
            "Name the add-on by its own name or id.",
        /// The add-on's service is not one that such a link supports.
        UnsupportedService = "unsupported-service", by somebody:
            "Name an add-on or a plan of a service that the remedy lists.",
        /// The add-on is being destroyed, was destroyed, or is in a state that is not known.
        AddonNotProvisioned = "addon-not-provisioned", by itself:
            "Heroku ends the state; otherwise, name another add-on.",

        // An add-on's endpoint service, and who may connect to it.

        /// The add-on's plan has no PrivateLink.
        PlanWithoutPrivatelink = "plan-without-privatelink", by somebody:
            "Move the data to an add-on on a private or shield plan.",
        /// The endpoint service is being deleted, was deleted, or is in a state that is not known.
        EndpointServiceState = "endpoint-service-state", by itself:
            "Heroku ends the state; otherwise, delete the service or ask Heroku's support.",
        /// The principals that the spec allows include none of the caller's account.
        CallerNotAllowed = "caller-not-allowed", by somebody:
            "Add a principal of the caller's account to the spec.",
        /// A principal is of another AWS partition than the caller.
        PrincipalOfAnotherPartition = "principal-of-another-partition", by somebody:
            "Write the principal as an ARN of the caller's partition.",
        /// The status of a wanted principal is not known, so no other is revoked.
        UnknownPrincipalStatus = "unknown-principal-status", by itself:
            "Heroku calls the principal active; otherwise, revoke the others by hand.",
        /// Heroku allows everybody to connect, and the spec allows nobody but its own principals.
        OpenToEverybody = "open-to-everybody", by somebody:
            "Revoke the principal with Heroku's CLI, or let the spec not be exclusive.",
        /// Heroku allows principals that cannot be read, and the spec allows nobody but its own.
        UnreadablePrincipals = "unreadable-principals", by somebody:
            "Revoke the principals with Heroku's CLI, or let the spec not be exclusive.",
        /// A teardown would cut off others who are connected to the endpoint service.
        OthersAreConnected = "others-are-connected", by somebody:
            "Let the spec keep Heroku's side, or have the others disconnect first.",

        // The endpoint.

        /// The endpoint that the spec names was not found.
        UnknownEndpoint = "unknown-endpoint", by somebody:
            "Correct the endpoint's id or the credentials.",
        /// The endpoint that the spec names connects another VPC or another endpoint service.
        EndpointOfSomethingElse = "endpoint-of-something-else", by somebody:
            "Name an endpoint of the spec's VPC to the add-on's endpoint service.",
        /// The link's endpoint leads to an endpoint service that the add-on had before.
        EndpointOfFormerService = "endpoint-of-former-service", by somebody:
            "Tear the link down and establish it again.",
        /// An endpoint that is not the link's own already connects the VPC.
        EndpointNotOurs = "endpoint-not-ours", by somebody:
            "Let the spec adopt the endpoint, name it in the spec, or tag it as the link's own.",
        /// The endpoint to adopt belongs to another link.
        EndpointOfAnotherLink = "endpoint-of-another-link", by somebody:
            "Tear the other link down first, or name the endpoint in the spec.",
        /// Several endpoints could be adopted.
        SeveralEndpoints = "several-endpoints", by somebody:
            "Tag the endpoint to adopt, or delete the others.",
        /// Heroku has refused the endpoint.
        EndpointRejected = "endpoint-rejected", by somebody:
            "See that the principal is allowed, tear the link down and establish it again.",
        /// AWS could not make the endpoint.
        EndpointFailed = "endpoint-failed", by somebody:
            "Clear what AWS's own words name, tear the link down and establish it again.",
        /// Nobody has accepted the endpoint in time.
        EndpointExpired = "endpoint-expired", by somebody:
            "Tear the link down and establish it again.",
        /// The endpoint is being deleted, or its state is not known.
        EndpointState = "endpoint-state", by itself:
            "AWS ends the state; otherwise, tear the link down and establish it again.",
        /// Heroku has ended the endpoint's connection.
        ConnectionState = "connection-state", by somebody:
            "Tear the link down and establish it again.",
        /// The VPC has as many endpoints as its quota allows.
        EndpointQuota = "endpoint-quota", by somebody:
            "Delete an endpoint, or have AWS raise the quota and say so in the spec.",
        /// The VPC has no subnets.
        NoSubnets = "no-subnets", by somebody:
            "Create a subnet in a zone of the add-on's endpoint service.",
        /// The subnets that the spec names are all in one zone, and an endpoint takes one of each.
        SubnetsOfOneZone = "subnets-of-one-zone", by somebody:
            "Name one of the subnets, or add one of another zone.",
        /// No subnet is in a zone of the endpoint service and has a free address.
        NoCommonZone = "no-common-zone", by itself:
            "A subnet gets a free address again; otherwise, add one in a zone of the service.",
        /// The endpoint would lose all its subnets before it can get the new ones.
        OnlySubnetsReplaced = "only-subnets-replaced", by somebody:
            "Let the spec keep one subnet until the others are replaced.",
        /// The security group has no room for new inbound rules beside those that they replace.
        RuleQuotaForReplacement = "rule-quota-for-replacement", by somebody:
            "Change the clients in several steps, revoke rules, or have AWS raise the quota.",
        /// A security group that is not the link's own has the name that the link's own needs.
        SecurityGroupNotOurs = "security-group-not-ours", by somebody:
            "Name the group in the spec, tag it as the link's own, or choose another link id.",
        /// A rule of another security group refers to the link's own, which is to be deleted.
        SecurityGroupReferredTo = "security-group-referred-to", by somebody:
            "Revoke the rules that refer to the security group.",
        /// An endpoint that is not the link's own carries the link's own security group.
        SecurityGroupInUse = "security-group-in-use", by somebody:
            "Take the security group away from the endpoint, or delete the endpoint.",
        /// The value of a config variable is no connection URL that this version can read.
        UnreadableConfigVar = "unreadable-config-var", by somebody:
            "Report the scheme of the URL to the maintainers of this library.",

        // Copies of the connection.

        /// The program offers no sink of the name that the spec says.
        UnknownSink = "unknown-sink", by somebody:
            "Correct the sink's name in the spec, or use a program that offers the sink.",
        /// The sink cannot keep a copy as the spec asks for it.
        CopyRefused = "copy-refused", by somebody:
            "Change the destination in the spec as the rule says.",
        /// The sink does not let the caller read whether the copy is there.
        SinkUnusable = "sink-unusable", by somebody:
            "Give the caller the permission that the problem names, or correct the destination.",
        /// What has the copy's name was not delivered by the link.
        CopyNotOurs = "copy-not-ours", by somebody:
            "Choose another name in the spec, delete what has it, or tag it as the link's own.",
        /// What has the copy's name is being deleted.
        CopyBeingDeleted = "copy-being-deleted", by somebody:
            "Restore it, or choose another name in the spec.",
        /// The spec delivers to the same place more than once.
        CopyNamedTwice = "copy-named-twice", by somebody:
            "Leave all but one of the destinations out, or change their names.",
        /// What is to be delivered is longer than the sink takes.
        CopyTooLong = "copy-too-long", by somebody:
            "Deliver one value, or deliver to a sink that takes more: the advanced tier of the Parameter \
             Store, or Secrets Manager.",
        /// The app's config variables do not give what is to be delivered.
        NothingToDeliver = "nothing-to-deliver", by somebody:
            "Correct the destination in the spec, or the app's config variables.",

        // The peering of a space.

        /// The space is of a generation that has no VPC peering.
        GenerationWithoutPeering = "generation-without-peering", by somebody:
            "Use a space of the Cedar generation, or reach the app by its public name.",
        /// Heroku does not say all that a peering with the space needs.
        IncompletePeeringInfo = "incomplete-peering-info", by itself:
            "Heroku shows what is missing once the space is made; otherwise, ask Heroku's support.",
        /// The VPC has as many peering connections as its quota allows.
        PeeringQuota = "peering-quota", by somebody:
            "Delete a peering connection, or have AWS raise the quota and say so in the spec.",
        /// The peering connection that the spec names was not found.
        UnknownPeering = "unknown-peering", by somebody:
            "Correct the peering connection's id or the credentials.",
        /// The peering connection that the spec names connects other VPCs.
        PeeringOfSomethingElse = "peering-of-something-else", by somebody:
            "Name a peering connection between the spec's VPC and the VPC of the space.",
        /// A peering connection that is not the link's own already connects the two VPCs.
        PeeringNotOurs = "peering-not-ours", by somebody:
            "Let the spec adopt the connection, name it in the spec, or tag it as the link's own.",
        /// The peering connection to adopt belongs to another link.
        PeeringOfAnotherLink = "peering-of-another-link", by somebody:
            "Tear the other link down first, or name the peering connection in the spec.",
        /// Several peering connections could be adopted.
        SeveralPeerings = "several-peerings", by somebody:
            "Tag the peering connection to adopt, or delete the others.",
        /// The peering connection is Heroku's own to manage.
        PeeringOfHeroku = "peering-of-heroku", by somebody:
            "Name a peering connection of your own, or let the link make one.",
        /// The state of the peering connection is not known.
        PeeringState = "peering-state", by itself:
            "AWS ends the state; otherwise, look at the peering connection in the AWS console.",
        /// The peering connection failed, on AWS or on Heroku.
        PeeringFailed = "peering-failed", by somebody:
            "Remove the cause, and name the connection in the spec's `replaces`.",
        /// Nobody accepted the peering connection in time.
        PeeringExpired = "peering-expired", by somebody:
            "Find out why Heroku did not accept, and name the connection in the spec's `replaces`.",
        /// Whoever manages the space rejected the peering connection.
        PeeringRejected = "peering-rejected", by somebody:
            "Ask whoever manages the space, and name the connection in the spec's `replaces`.",
        /// The peering connection was deleted, and the link does not make it again by itself.
        PeeringDeleted = "peering-deleted", by somebody:
            "Name a new peering connection, or tear the link down and establish it again.",

        // The addresses of a peering.

        /// A block of the VPC is public, and Heroku peers with none.
        AddressesNotPrivate = "addresses-not-private", by somebody:
            "Take the block away from the VPC if it is a secondary one, or use another VPC.",
        /// A block of the VPC overlaps the block of the space.
        AddressesOfTheSpace = "addresses-of-the-space", by somebody:
            "Take the block away if it is a secondary one, or use another VPC or space.",
        /// A block of the VPC overlaps what Heroku calls unavailable for the space.
        AddressesUnavailable = "addresses-unavailable", by somebody:
            "Take the block away if it is a secondary one, or use another VPC or space.",
        /// A block of the VPC overlaps the Docker bridge of every dyno.
        AddressesReserved = "addresses-reserved", by somebody:
            "Take the block away if it is a secondary one, or use another VPC.",
        /// Another peering connection of the VPC leads to addresses of the VPC or of the space.
        AddressesOfAnotherPeering = "addresses-of-another-peering", by somebody:
            "Delete the other peering connection, or use another VPC or space.",

        // The routes of a peering.

        /// The VPC has no route table that the spec chooses.
        NoRouteTable = "no-route-table", by somebody:
            "Tag a route table of the VPC, or choose the route tables in another way.",
        /// A route in a chosen table takes traffic of the space elsewhere.
        RouteToSomethingElse = "route-to-something-else", by somebody:
            "Delete the route, or choose other route tables.",
        /// A chosen route table has no room for the routes.
        RouteQuota = "route-quota", by somebody:
            "Delete routes, route the whole block of the space, or have AWS raise the quota.",

        // The key of a customer.

        /// The key that the spec names was not found.
        UnknownKey = "unknown-key", by somebody:
            "Correct the key's id, the region or the credentials.",
        /// The key is in another region than the AWS credentials.
        KeyOfAnotherRegion = "key-of-another-region", by somebody:
            "Use a key and AWS credentials of the add-on's region.",
        /// The key belongs to another account than the AWS credentials.
        KeyOfAnotherAccount = "key-of-another-account", by somebody:
            "Use AWS credentials of the key's account.",
        /// KMS does not show the key that the link has made or seen, and no second key is made.
        KeyNotShown = "key-not-shown", by itself:
            "KMS shows the key; otherwise, allow the credentials to describe and list keys.",
        /// A key that is not made by the link carries the link's tags, which may be copied.
        TagsOfAnotherKey = "tags-of-another-key", by somebody:
            "Take the tags away from the key, give it the link's alias, or name it by its ARN.",
        /// The key that the link has made or seen belongs to another link now.
        KeyNotOurs = "key-not-ours", by somebody:
            "Tag the key as the link's own, name it by its ARN, or begin with a new workflow.",
        /// The link's alias names a key that is not the link's own.
        AliasNotOurs = "alias-not-ours", by somebody:
            "Name the key by its ARN, tag it as the link's own, or choose another alias.",
        /// Several keys may be the link's own.
        SeveralKeys = "several-keys", by somebody:
            "Give the link's alias to the key to keep, and schedule the deletion of the others.",
        /// The key is managed by AWS, so that nobody can allow Heroku to use it.
        KeyOfAws = "key-of-aws", by somebody:
            "Use a key that you manage.",
        /// The key is not one for symmetric encryption and decryption.
        KeyNotSymmetric = "key-not-symmetric", by somebody:
            "Use a symmetric key for encryption and decryption.",
        /// The key is disabled.
        KeyDisabled = "key-disabled", by somebody:
            "Enable the key, if it was not disabled on purpose.",
        /// The key is about to be deleted.
        KeyPendingDeletion = "key-pending-deletion", by somebody:
            "Cancel the key's deletion and enable the key, or use another one.",
        /// The key cannot be used or changed now: its state forbids it, or AWS manages it.
        KeyState = "key-state", by itself:
            "KMS ends the state; otherwise, bring the key to the state Enabled, or use another.",
        /// The key's policy is to be changed, and the key has lost the link's tag.
        KeyWithoutTag = "key-without-tag", by somebody:
            "Tag the key again, or complete its policy by hand.",
        /// The key's policy cannot be read.
        UnreadableKeyPolicy = "unreadable-key-policy", by somebody:
            "Correct the key's policy, or use another key.",
        /// The key's policy does not allow all that Heroku needs, and the link may not complete it.
        KeyPolicyLacks = "key-policy-lacks", by somebody:
            "Add to the key's policy what the problem names, or let the spec complete the policy.",
        /// A statement of the key's policy lacks its actions or resources, so KMS refuses changes.
        KeyPolicyIncomplete = "key-policy-incomplete", by somebody:
            "Remove the statement from the key's policy, or add what it lacks.",

        // An add-on under a key.

        /// The plan takes no key of the customer.
        PlanWithoutCustomerKeys = "plan-without-customer-keys", by somebody:
            "Name a private or shield plan.",
        /// The plan and the app's space are not both private or both shield.
        PlanOfAnotherSpace = "plan-of-another-space", by somebody:
            "Name a plan of the space's kind.",
        /// The option that the spec gives the key to has another meaning.
        UnusableKeyOption = "unusable-key-option", by somebody:
            "Leave the option out of the spec.",
        /// The add-on of the spec's name belongs to another app.
        AddonOfAnotherApp = "addon-of-another-app", by somebody:
            "Choose another name for the add-on, or name the other app.",
        /// The add-on of the spec's name is of another service.
        AddonOfAnotherService = "addon-of-another-service", by somebody:
            "Choose another name for the add-on, or name a plan of its service.",
        /// Heroku calls the add-on's name taken, and does not show the add-on.
        AddonNameTaken = "addon-name-taken", by itself:
            "Heroku shows the add-on; otherwise, choose another name or a token that may see it.",
        /// The add-on was made without a key of the customer.
        AddonWithoutKey = "addon-without-key", by somebody:
            "Choose another name for the add-on, and migrate the data to the new one.",
        /// The add-on's key, as Heroku writes it, cannot be compared with the link's.
        AddonKeyUnreadable = "addon-key-unreadable", by somebody:
            "Look the key up in Heroku's dashboard; if it is another one, migrate the data.",
        /// The add-on is encrypted under another key.
        AddonUnderAnotherKey = "addon-under-another-key", by somebody:
            "Name that key by its ARN, or migrate the data to an add-on of another name.",
        /// Heroku says that the service behind the add-on failed.
        ServiceFailed = "service-failed", by somebody:
            "Correct the key's policy, and destroy the add-on so that the link makes it again.",

        // The migration of an add-on's data.

        /// The Heroku token does not see the add-on that the data comes from.
        UnknownSource = "unknown-source", by somebody:
            "Correct the source's name, or use a token that may see the source.",
        /// Several add-ons match the name of the source.
        AmbiguousSource = "ambiguous-source", by somebody:
            "Name the source by its own name or id.",
        /// The source and the new add-on have one name.
        SourceIsTarget = "source-is-target", by somebody:
            "Choose another name for the new add-on.",
        /// The source is of another service than the plan.
        SourceOfAnotherService = "source-of-another-service", by somebody:
            "Name a source of the plan's service.",
        /// Apache Kafka on Heroku can be neither forked nor followed.
        NoForkOfKafka = "no-fork-of-kafka", by somebody:
            "Leave the migration out of the spec, and copy the topics with a mirroring tool.",
        /// Key-Value Store has no followers.
        NoFollowerOfKeyValueStore = "no-follower-of-key-value-store", by somebody:
            "Let the spec copy the data by a fork.",
        /// The source is not provisioned.
        SourceNotProvisioned = "source-not-provisioned", by itself:
            "Heroku provisions the source; otherwise, name another one.",
        /// The source is not attached to the spec's app.
        SourceNotAttached = "source-not-attached", by somebody:
            "Name the app that uses the source, or attach the source to the spec's app.",
        /// The attachment to take over belongs to an add-on that is not the source.
        AttachmentOfAnotherAddon = "attachment-of-another-addon", by somebody:
            "Name the attachment to take over with `promote-as`.",
        /// The attachment to take over is one of a credential, which the new add-on does not have.
        AttachmentOfACredential = "attachment-of-a-credential", by somebody:
            "Make the credential on the new add-on, and attach the new add-on by hand.",
        /// The name of the attachment that the source is to keep is taken.
        AttachmentNameTaken = "attachment-name-taken", by somebody:
            "Name another attachment for the source with `keep-as`.",

        // The end of a key's use.

        /// Add-ons use the key that is to be deleted.
        KeyInUse = "key-in-use", by somebody:
            "Migrate the data to add-ons under another key, and destroy the old add-ons.",
        /// Add-ons that cannot be read may use the key that is to be deleted.
        KeyPerhapsInUse = "key-perhaps-in-use", by itself:
            "The add-ons' services answer; otherwise, use a token that may read the add-ons.",
        /// Nobody has confirmed the consequences.
        NotConfirmed = "not-confirmed", by somebody:
            "Look at the consequences, and confirm them by naming the key.",
        /// Something other than the spec's key and ending was confirmed.
        ConfirmationOfSomethingElse = "confirmation-of-something-else", by somebody:
            "Look at the consequences, and confirm them by naming the key.",
        /// More add-ons would or may stop than was confirmed.
        ConsequencesChanged = "consequences-changed", by itself:
            "Unread add-ons prove not to use the key; otherwise, confirm the consequences.",
    }
}

impl From<String> for Code {
    fn from(code: String) -> Self {
        code.as_str().into()
    }
}

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Code {
    /// Whether such a blocker is about a copy of the connection, and not about the link itself.
    pub fn is_about_a_copy(&self) -> bool {
        matches!(
            self,
            Self::UnknownSink
                | Self::CopyRefused
                | Self::SinkUnusable
                | Self::CopyNotOurs
                | Self::CopyBeingDeleted
                | Self::CopyNamedTwice
                | Self::CopyTooLong
                | Self::NothingToDeliver
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl PartialEq<str> for Code {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == text
    }
}

impl PartialEq<&str> for Code {
    fn eq(&self, text: &&str) -> bool {
        self.as_str() == *text
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// `SubnetOfAnotherVpc` as `subnet-of-another-vpc`.
    fn kebab(name: &str) -> String {
        let mut text = String::new();
        for letter in name.chars() {
            if letter.is_ascii_uppercase() && !text.is_empty() {
                text.push('-');
            }
            text.push(letter.to_ascii_lowercase());
        }
        text
    }

    /// All that the crate's own sources say, but for this file and their tests.
    fn sources(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, text);
            } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with(file!()) {
                let source = fs::read_to_string(&path).unwrap();
                text.push_str(source.split("#[cfg(test)]\nmod tests {").next().unwrap());
            }
        }
    }

    #[test]
    fn every_code_is_its_own_name_in_kebab_case_and_says_what_clears_it() {
        let texts: BTreeSet<_> = Code::ALL.iter().map(Code::as_str).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(code.as_str(), kebab(&format!("{code:?}")));
            assert_eq!(code.to_upper_camel_case(), format!("{code:?}"));
            let clears = code.clears();
            assert!(clears.starts_with(|it: char| it.is_ascii_uppercase()), "{code}: {clears}");
            assert!(clears.ends_with('.') && !clears.contains('|'), "{code}: {clears}");
            // What passes may not, and then somebody has to know what to do.
            let has_otherwise = clears.contains("; otherwise, ");
            assert_eq!(has_otherwise, code.can_clear_by_itself(), "{code}: {clears}");
        }
    }

    /// The codes that a source names.
    fn named(text: &str) -> BTreeSet<&str> {
        let words = text.split(|it: char| !it.is_alphanumeric() && it != ':');
        words.filter_map(|it| it.strip_prefix("Code::")).collect()
    }

    #[test]
    fn what_is_raised_about_copies_is_about_a_copy() {
        let raised = named(include_str!("../privatelink/copies.rs"));
        let about = Code::ALL.iter().filter(|code| code.is_about_a_copy());
        let about: Vec<_> = about.map(|code| format!("{code:?}")).collect();
        assert_eq!(about.iter().map(String::as_str).collect::<BTreeSet<_>>(), raised);
    }

    #[test]
    fn every_code_is_used_by_a_workflow() {
        let mut text = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
        let used = named(&text);
        let unused: Vec<_> =
            Code::ALL.iter().filter(|code| !used.contains(format!("{code:?}").as_str())).collect();
        assert!(unused.is_empty(), "in the table, and raised nowhere: {unused:?}");
    }

    #[test]
    fn a_code_survives_json_and_one_of_a_newer_version_is_kept_as_it_is() {
        for code in Code::ALL {
            let json = serde_json::to_value(code).unwrap();
            assert_eq!(json, code.as_str());
            assert_eq!(serde_json::from_value::<Code>(json).unwrap(), *code);
        }
        for text in ["", "subnet-on-the-moon", "Unknown-Addon", "other"] {
            let code: Code = serde_json::from_value(text.into()).unwrap();
            assert_eq!(code, Code::Other(text.to_owned()));
            assert_eq!(serde_json::to_value(&code).unwrap(), text);
            assert!(!code.can_clear_by_itself());
        }
        assert!(serde_json::from_value::<Code>(7.into()).is_err());
    }

    #[test]
    fn a_code_compares_with_text() {
        assert_eq!(Code::UnknownAddon, "unknown-addon");
        assert_eq!(Code::UnknownAddon, *"unknown-addon");
        assert_ne!(Code::UnknownAddon, "unknown-app");
        assert_eq!(format!("{:<16}|", Code::UnknownAddon), "unknown-addon   |");
    }

    #[test]
    fn what_passes_clears_by_itself_and_what_somebody_chose_does_not() {
        for (code, by_itself) in [
            (Code::SourceNotProvisioned, true),
            (Code::KeyNotShown, true),
            (Code::EndpointServiceState, true),
            (Code::UnknownAddon, false),
            (Code::EndpointQuota, false),
            (Code::NotConfirmed, false),
        ] {
            assert_eq!(code.can_clear_by_itself(), by_itself, "{code}");
        }
    }
}
