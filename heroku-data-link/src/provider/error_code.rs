//! The codes of failed calls: one table that says what each means, and what to do about it.

use std::fmt;

use serde::{Serialize, Serializer};

/// From a table with a line for each code: the enum, its texts, and its documentation.
macro_rules! error_codes {
    (
        $(#[$doc:meta])* $name:ident {
            $($(#[doc = $meaning:literal])+ $variant:ident = $code:literal: $remedy:literal,)+
        }
    ) => {
        $(#[$doc])*
        ///
        /// | code | what it means | what to do |
        /// | --- | --- | --- |
        $(#[doc = concat!("| `", $code, "` |", $($meaning,)+ " | ", $remedy, " |")])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $(
                $(#[doc = $meaning])+
                #[doc = ""]
                #[doc = concat!("What to do: ", $remedy)]
                $variant,
            )+
        }

        impl $name {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As it is written, in kebab case, such as `missing-permission`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// What to do about it, as sentences that stand alone.
            pub fn remedy(self) -> &'static str {
                match self {
                    $(Self::$variant => $remedy,)+
                }
            }
        }
    };
}

error_codes! {
    /// What a cloud refused, where its answer says so: a stable name for programs.
    ///
    /// An [`ErrorKind`](super::ErrorKind) says whether trying again can help; a code says what a person
    /// has to do. The adapters read it from the clouds' own error codes.
    ErrorCode {
        // Who calls, on AWS.

        /// AWS does not permit the caller this action.
        MissingPermission = "missing-permission":
            "Attach the policy that `iam_policy` of the spec prints to the caller. If it has that, look \
             for a service control policy, a permissions boundary or a key policy that denies the action.",
        /// A role was not assumed.
        RoleNotAssumed = "role-not-assumed":
            "Permit the caller `sts:AssumeRole` for the role, and name the caller, and the external id if \
             there is one, in the role's trust policy.",
        /// There are no AWS credentials.
        NoCredentials = "no-credentials":
            "Sign in with `aws sso login` or `aws login`, or name a profile with credentials.",
        /// AWS does not know the access key, or does not take it in this region.
        UnknownCredentials = "unknown-credentials":
            "See with `aws sts get-caller-identity` whose credentials are used, that the access key is \
             active, and that the account has the region enabled.",
        /// The temporary AWS credentials have ended.
        ExpiredCredentials = "expired-credentials":
            "Sign in again with `aws sso login` or `aws login`, or renew the session that gave them.",
        /// AWS takes the request for too old.
        RequestExpired = "request-expired":
            "Set the clock of this machine. If it is right, renew the temporary credentials.",
        /// The signature of a request to AWS is wrong.
        WrongSignature = "wrong-signature":
            "Check the secret access key, and the clock of this machine.",
        /// The AWS account may not use the service, or not yet.
        AccountNotReady = "account-not-ready":
            "Sign in to the AWS console as the account's owner, and finish its activation, or write to \
             AWS's support.",

        // Limits.

        /// A quota of AWS is reached.
        QuotaReached = "quota-reached":
            "Delete what nobody needs, or have the quota raised in AWS's Service Quotas.",
        /// A subnet has no free address.
        NoFreeAddress = "no-free-address":
            "Free addresses in the subnet, or let the spec name another one.",
        /// Too many requests, of this account or this token.
        TooManyRequests = "too-many-requests":
            "Wait, as a driver does. If it lasts, find who else uses the account or token, or work fewer \
             links at once.",

        // What is there on AWS.

        /// AWS does not show the endpoint service to this account.
        ServiceNotShown = "service-not-shown":
            "Wait for some minutes after the principal was allowed. If it lasts, see that the account is \
             allowed, and that the region is the service's.",
        /// Something else uses what is to be deleted.
        InUse = "in-use":
            "Wait until the endpoint's network interfaces are gone. If it lasts, remove what refers to the \
             resource.",
        /// The state of a key forbids the call.
        KeyState = "key-state":
            "Enable the key, or cancel its deletion.",
        /// The key that a copy is to be kept under cannot be used for it.
        KeyNotUsable = "key-not-usable":
            "See that the key is there and enabled, that its policy and the caller's permit what the \
             message names, or name another key in the spec.",
        /// A key policy names somebody who does not exist.
        UnknownPrincipal = "unknown-principal":
            "Wait for a minute if the principal is new. If it lasts, remove it from the policy.",
        /// KMS does not take a key policy.
        KeyPolicyRefused = "key-policy-refused":
            "See that the policy still permits the caller `kms:PutKeyPolicy`, and what the message names.",

        // Who calls, on Heroku.

        /// Heroku does not know the token, or no longer.
        TokenRefused = "token-refused":
            "Sign in with `heroku login`, or make a token with `heroku authorizations:create`, and give it \
             as `HEROKU_API_KEY`.",
        /// Heroku wants a second factor.
        SecondFactor = "second-factor":
            "Give the client a code of the second factor, or use a token of a member without one for this \
             app.",
        /// The Heroku token may not do this.
        NoAccess = "no-access":
            "Use a token of a member of the app's team who may do it.",
        /// The Heroku account, app or add-on is suspended.
        Suspended = "suspended":
            "Read the mail that Heroku sent to the account's owner, or write to Heroku's support.",
        /// The Heroku account has unpaid bills.
        Unpaid = "unpaid":
            "Have the account's owner pay them in Heroku's dashboard.",
        /// The Heroku account has no means of payment.
        Unverified = "unverified":
            "Add one in the account's settings in Heroku's dashboard.",
        /// Heroku wants a confirmation.
        NotConfirmed = "not-confirmed":
            "Let the spec permit the replacement that the message is about, if it is meant.",
        /// An add-on's service refuses what Heroku passed on to it.
        AddonRefused = "addon-refused":
            "Change what its message names: trying again does not help.",
        /// A name means several add-ons.
        AmbiguousName = "ambiguous-name":
            "Name the add-on by its own name or id, or with its app.",
    }
}

impl AsRef<str> for ErrorCode {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_its_own_name_in_kebab_case_and_says_what_to_do() {
        let texts: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert_eq!(code.as_str().replace('-', ""), format!("{code:?}").to_lowercase());
            assert!(code.as_str().bytes().all(|it| it.is_ascii_lowercase() || it == b'-'));
            let remedy = code.remedy();
            assert!(remedy.starts_with(|it: char| it.is_ascii_uppercase()), "{code}: {remedy}");
            assert!(remedy.ends_with('.') && !remedy.contains(['|', '\n']), "{code}: {remedy}");
            assert!(!remedy.contains("  "), "{code}: {remedy}");
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
