//! States that the clouds report. An unknown one is data, never a decode failure.

use super::text::same_word;

macro_rules! open_enum {
    (
        $(#[$doc:meta])* $name:ident {
            $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$doc])*
        ///
        /// Read ignoring case, `-` and `_`; printed as the cloud spells it.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A word that we do not know, as it was sent.
            Other(String),
        }

        impl $name {
            /// The word as the cloud spells it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }

            fn known(word: &str) -> Option<Self> {
                $(if same_word(word, $word) { return Some(Self::$variant); })+
                None
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                Self::known(word).unwrap_or_else(|| Self::Other(word.to_owned()))
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                Self::known(&word).unwrap_or(Self::Other(word))
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Ok(word.into())
            }
        }

        prints_as_str!($name);

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                super::text::deserialize(deserializer)
            }
        }
    };
}

open_enum! {
    /// The state of an add-on (Platform API).
    AddonState {
        /// Being made.
        Provisioning = "provisioning",
        /// Ready.
        Provisioned = "provisioned",
        /// Being destroyed; in no schema, but official clients handle it.
        Deprovisioning = "deprovisioning",
        /// Destroyed.
        Deprovisioned = "deprovisioned",
    }
}

open_enum! {
    /// The status of a PrivateLink on Heroku's side (Data API).
    PrivateLinkStatus {
        /// Being made; there is no service name yet.
        Provisioning = "Provisioning",
        /// Ready, though its accounts may not be.
        Operational = "Operational",
        /// Being removed.
        Deprovisioning = "Deprovisioning",
        /// Removed; reported for a while before the PrivateLink is not found.
        Deprovisioned = "Deprovisioned",
    }
}

open_enum! {
    /// The status of a principal that may connect (Data API).
    AllowedAccountStatus {
        /// Not let in yet; whatever else is reported means that it is.
        Provisioning = "Provisioning",
        /// Let in.
        Active = "Active",
        /// Let in; another word for it.
        Available = "Available",
    }
}

open_enum! {
    /// The status of a VPC endpoint as Heroku sees it (Data API).
    ///
    /// Only `Available` is on record; the others are EC2's words in Heroku's spelling.
    ConnectionStatus {
        /// Waits for Heroku, which accepts by itself.
        PendingAcceptance = "PendingAcceptance",
        /// Being made.
        Pending = "Pending",
        /// Usable.
        Available = "Available",
        /// Refused by Heroku.
        Rejected = "Rejected",
        /// Could not be made.
        Failed = "Failed",
        /// Being removed.
        Deleting = "Deleting",
        /// Removed.
        Deleted = "Deleted",
    }
}

open_enum! {
    /// The state of a VPC endpoint (EC2), in lower camel case on the wire.
    EndpointState {
        /// Waits for the service's owner; Heroku accepts by itself, after minutes.
        PendingAcceptance = "pendingAcceptance",
        /// Being made or changed.
        Pending = "pending",
        /// Usable.
        Available = "available",
        /// Not documented; not ready.
        Partial = "partial",
        /// Refused by the service's owner, perhaps after it was available.
        Rejected = "rejected",
        /// Could not be made.
        Failed = "failed",
        /// Not accepted in time.
        Expired = "expired",
        /// Being removed.
        Deleting = "deleting",
        /// Removed; still described for a while.
        Deleted = "deleted",
    }
}

open_enum! {
    /// Heroku's generation of an app or space.
    Generation {
        /// The first: buildpacks, slugs and dynos.
        Cedar = "cedar",
        /// The second, on Kubernetes.
        Fir = "fir",
    }
}

open_enum! {
    /// The status of a peering connection, in the words of EC2 and of the Platform API.
    PeeringStatus {
        /// Being made on AWS.
        InitiatingRequest = "initiating-request",
        /// Waits to be accepted.
        PendingAcceptance = "pending-acceptance",
        /// Being made; in no schema, but official clients wait for its end.
        Pending = "pending",
        /// Accepted, and being made.
        Provisioning = "provisioning",
        /// Usable, once routes lead to it.
        Active = "active",
        /// Could not be made.
        Failed = "failed",
        /// Not accepted in time.
        Expired = "expired",
        /// Refused.
        Rejected = "rejected",
        /// Being removed; between two regions that takes a while.
        Deleting = "deleting",
        /// Removed.
        Deleted = "deleted",
    }
}

impl PeeringStatus {
    /// Whether traffic flows, or may come to flow: what counts for a VPC's quota, and for overlap.
    ///
    /// A connection with a status that we do not know counts as live.
    pub fn is_live(&self) -> bool {
        match self {
            Self::InitiatingRequest
            | Self::PendingAcceptance
            | Self::Pending
            | Self::Provisioning
            | Self::Active
            | Self::Other(_) => true,
            Self::Failed | Self::Expired | Self::Rejected | Self::Deleting | Self::Deleted => false,
        }
    }
}

open_enum! {
    /// Whether a route's target is there (EC2).
    RouteState {
        /// It is.
        Active = "active",
        /// It is gone, or not usable yet: the traffic is dropped.
        Blackhole = "blackhole",
        /// AWS leaves the route out.
        Filtered = "filtered",
    }
}

open_enum! {
    /// The state of a KMS key.
    KeyState {
        /// Being made.
        Creating = "Creating",
        /// Usable.
        Enabled = "Enabled",
        /// Not usable until it is enabled again.
        Disabled = "Disabled",
        /// Not usable, and to be deleted.
        PendingDeletion = "PendingDeletion",
        /// Waits for its material, which is the customer's own.
        PendingImport = "PendingImport",
        /// Waits for the deletion of its copies in other regions.
        PendingReplicaDeletion = "PendingReplicaDeletion",
        /// Its key store is not connected.
        Unavailable = "Unavailable",
        /// Being moved to another region.
        Updating = "Updating",
    }
}

open_enum! {
    /// Whose a space's peering is (Platform API).
    PeeringType {
        /// Heroku's own, to a data service: never to be touched.
        HerokuManaged = "heroku-managed",
        /// A customer's.
        CustomerManaged = "customer-managed",
        /// Not known yet: every request that was not accepted.
        Unknown = "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! wire {
        ($name:ident: $($variant:ident $word:literal),+) => {
            $(
                assert_eq!($name::from($word), $name::$variant);
                assert_eq!($name::$variant.as_str(), $word);
                assert_eq!($name::$variant.to_string(), $word);
                assert_eq!(serde_json::to_value($name::$variant).unwrap(), $word);
                let read: $name = serde_json::from_value($word.into()).unwrap();
                assert_eq!(read, $name::$variant);
            )+
        };
    }

    #[test]
    fn words_are_those_of_the_wire() {
        wire!(AddonState: Provisioning "provisioning", Provisioned "provisioned",
            Deprovisioning "deprovisioning", Deprovisioned "deprovisioned");
        wire!(PrivateLinkStatus: Provisioning "Provisioning", Operational "Operational",
            Deprovisioning "Deprovisioning", Deprovisioned "Deprovisioned");
        wire!(AllowedAccountStatus: Provisioning "Provisioning", Active "Active",
            Available "Available");
        wire!(ConnectionStatus: PendingAcceptance "PendingAcceptance", Pending "Pending",
            Available "Available", Rejected "Rejected", Failed "Failed", Deleting "Deleting",
            Deleted "Deleted");
        wire!(EndpointState: PendingAcceptance "pendingAcceptance", Pending "pending",
            Available "available", Partial "partial", Rejected "rejected", Failed "failed",
            Expired "expired", Deleting "deleting", Deleted "deleted");
        wire!(Generation: Cedar "cedar", Fir "fir");
        wire!(PeeringStatus: InitiatingRequest "initiating-request",
            PendingAcceptance "pending-acceptance", Pending "pending", Provisioning "provisioning",
            Active "active", Failed "failed", Expired "expired", Rejected "rejected",
            Deleting "deleting", Deleted "deleted");
        wire!(RouteState: Active "active", Blackhole "blackhole", Filtered "filtered");
        wire!(KeyState: Creating "Creating", Enabled "Enabled", Disabled "Disabled",
            PendingDeletion "PendingDeletion", PendingImport "PendingImport",
            PendingReplicaDeletion "PendingReplicaDeletion", Unavailable "Unavailable",
            Updating "Updating");
        wire!(PeeringType: HerokuManaged "heroku-managed", CustomerManaged "customer-managed",
            Unknown "unknown");
    }

    #[test]
    fn spelling_is_free() {
        for word in
            ["pendingAcceptance", "PendingAcceptance", "pending-acceptance", "PENDING_ACCEPTANCE"]
        {
            assert_eq!(EndpointState::from(word), EndpointState::PendingAcceptance, "{word}");
            assert_eq!(word.parse(), Ok(ConnectionStatus::PendingAcceptance), "{word}");
        }
    }

    #[test]
    fn an_unknown_word_is_kept_as_it_is() {
        for word in ["", "Resizing", "pending acceptance", "availabl", "availablee", "-"] {
            let state = EndpointState::from(word);
            assert_eq!(state, EndpointState::Other(word.to_owned()));
            assert_eq!(state, EndpointState::from(word.to_owned()));
            assert_eq!(state.to_string(), word);
            assert_eq!(serde_json::to_value(&state).unwrap(), word);
        }
        assert_ne!(Generation::from("Oak"), Generation::from("oak"));
    }

    #[test]
    fn a_peering_that_is_dead_counts_for_nothing() {
        for (status, live) in [
            ("initiating-request", true),
            ("pending-acceptance", true),
            ("pending", true),
            ("provisioning", true),
            ("active", true),
            ("something-new", true),
            ("failed", false),
            ("expired", false),
            ("rejected", false),
            ("deleting", false),
            ("deleted", false),
        ] {
            assert_eq!(PeeringStatus::from(status).is_live(), live, "{status}");
        }
    }
}
