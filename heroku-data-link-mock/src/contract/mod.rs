//! The [contract of the provider traits](heroku_data_link::provider) as tests.
//!
//! For whoever writes an adapter or a fake of their own. There is a suite for each trait, and a
//! case for each behaviour that workflows rely on. A case is told where it [starts](Start), has a
//! client under test, lets the world do what the other cloud and other people do, and panics with
//! what differed.
//!
//! [`contract_tests!`](crate::contract_tests) makes a `#[tokio::test]` of every case, so that a
//! failure names its case. What it needs is a function that connects a client with a world:
//!
//! ```
//! use std::sync::Arc;
//!
//! use heroku_data_link_mock::HerokuFace;
//! use heroku_data_link_mock::contract::Start;
//!
//! /// Whatever dereferences to a client: one that has a server to keep alive can hold it.
//! async fn connect(start: &Start) -> Arc<HerokuFace> {
//!     start.world.heroku()
//! }
//!
//! mod private_links_of_my_adapter {
//!     heroku_data_link_mock::contract_tests!(super::super::connect: config_vars, private_links);
//! }
//! ```
//!
//! # Caveats
//! Cases are about one client that nobody else uses, over a world in which time stands still but
//! for [`World::advance`]. A client with a clock of its own, for a rate limit say, must go by
//! [`World::clock`]. Lists hold more than five items where they can: a server with
//! [pages](crate::ServeOptions::page_size) of two or three shows whether a client turns them.
// A case that finds a difference panics: that is what it is for.
#![allow(clippy::missing_panics_doc)]

mod aws;
mod expect;
mod failures;
mod heroku;
mod sites;

use heroku_data_link::model::{AccountId, AwsRegion};

use crate::World;
use crate::world::default_caller;

/// Where a case starts.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Start {
    /// A world with nothing in it.
    pub world: World,
    /// The AWS account that the client under test acts for; clients of Heroku need none.
    pub account: AccountId,
    /// The AWS region that the client under test speaks to.
    pub region: AwsRegion,
}

impl Start {
    /// In the account and region of [`World::aws`].
    pub fn here() -> Self {
        let caller = default_caller();
        Self { world: World::new(), account: caller.account, region: caller.region }
    }

    /// In another account and region.
    pub fn elsewhere() -> Self {
        Self {
            world: World::new(),
            account: expect::value("435886841536"),
            region: expect::value("eu-west-1"),
        }
    }
}

// A case that is not listed is not used by anybody, which is a warning.
macro_rules! suites {
    ($d:tt $($(#[$doc:meta])* $cloud:ident::$suite:ident in $start:ident { $($case:ident,)* })*) => {
        $(
            $(#[$doc])*
            pub mod $suite {
                pub use super::$cloud::$suite::{$($case),*};
            }
        )*

        /// Makes a test of every case of these suites of the [contract](crate::contract).
        ///
        /// `contract_tests!(path::to::connect: config_vars, private_links);` makes a module for
        /// each suite, in which there is a `#[tokio::test]` for each case; `tokio` must be there,
        /// with its features `macros` and `rt`. The path is seen from within those modules, so
        /// that one from `crate` is the easiest. What it leads to is called with
        /// `&`[`Start`](crate::contract::Start), is awaited, and returns whatever dereferences to
        /// a client.
        #[macro_export]
        macro_rules! contract_tests {
            $(
                (@ $suite $d connect:path) => {
                    $(
                        #[tokio::test]
                        async fn $case() {
                            let start = $crate::contract::Start::$start();
                            let client = $d connect(&start).await;
                            $crate::contract::$suite::$case(&start, &*client).await;
                        }
                    )*
                };
            )*
            ($d connect:path: $d($d suite:ident),+ $d(,)?) => {
                $d(mod $d suite { $crate::contract_tests!(@ $d suite $d connect); })+
            };
        }
    };
}

suites! { $
    /// [`Addons`](heroku_data_link::provider::Addons).
    heroku::addons in here {
        an_add_on_is_found_by_whatever_people_call_it,
        an_ambiguous_name_finds_all_that_it_may_mean,
        what_is_not_there_is_no_error,
        an_add_on_is_shown_in_every_state,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`AllAddons`](heroku_data_link::provider::AllAddons).
    heroku::all_addons in here {
        all_add_ons_are_listed,
        an_add_on_that_cannot_be_read_is_listed_with_what_is_known,
        all_attachments_are_listed,
        an_add_on_that_is_gone_is_not_listed,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`Spaces`](heroku_data_link::provider::Spaces).
    heroku::spaces in here {
        an_app_is_in_a_space_or_in_none,
        a_space_is_read_in_every_field,
        a_region_of_herokus_is_one_of_awss,
        what_is_not_there_is_no_error,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`PrivateLinks`](heroku_data_link::provider::PrivateLinks).
    heroku::private_links in here {
        a_service_is_made_and_read_back,
        principals_come_back_in_one_spelling,
        principals_that_cannot_be_read_are_listed,
        principals_are_a_set,
        a_second_service_is_a_conflict,
        a_deleted_service_is_answered_until_it_is_gone,
        without_a_service_nothing_can_be_changed,
        what_heroku_refuses_is_an_invalid_request,
        endpoints_are_listed_as_connections,
        a_status_may_be_a_word_that_nobody_knows,
        reads_lag_and_mutations_do_not,
        a_lost_answer_leaves_its_effect,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`ConfigVars`](heroku_data_link::provider::ConfigVars).
    heroku::config_vars in here {
        all_variables_of_an_app_are_read,
        a_connected_endpoint_has_a_variable,
        an_unknown_app_is_not_found,
        values_are_never_printed,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`SpacePeerings`](heroku_data_link::provider::SpacePeerings).
    heroku::space_peerings in here {
        a_space_tells_what_a_vpc_needs_to_know,
        what_is_not_there_is_no_error,
        all_peerings_of_a_space_are_listed,
        a_peering_is_read_in_every_field,
        only_a_request_that_is_listed_is_accepted,
        herokus_own_peering_is_told_apart,
        every_status_is_told,
        a_lost_answer_leaves_its_effect,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`AddonLifecycle`](heroku_data_link::provider::AddonLifecycle).
    heroku::addon_lifecycle in here {
        what_is_made_is_read_back,
        what_is_not_there_is_no_error,
        a_name_that_is_taken_is_a_conflict,
        a_name_that_is_taken_is_a_conflict_though_reads_lag,
        what_heroku_refuses_is_an_invalid_request,
        a_key_is_told_in_whatever_form_heroku_writes_it,
        a_service_is_ready_after_its_add_on_is_made,
        other_add_ons_have_no_readiness,
        a_store_is_forked_from_a_secret,
        a_follower_follows_until_it_is_told_not_to,
        reads_lag_and_mutations_do_not,
        a_lost_answer_leaves_its_effect,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`Attachments`](heroku_data_link::provider::Attachments).
    heroku::attachments in here {
        an_attachment_is_read_in_every_field,
        all_attachments_of_an_app_are_listed,
        an_add_on_is_attached_to_another_app,
        a_name_that_is_taken_is_a_conflict,
        what_is_to_be_attached_has_to_be_there,
        reads_lag_and_mutations_do_not,
        a_lost_answer_leaves_its_effect,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`Identity`](heroku_data_link::provider::Identity).
    aws::identity in elsewhere {
        the_caller_is_of_the_account_of_the_credentials,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`Vpcs`](heroku_data_link::provider::Vpcs).
    aws::vpcs in elsewhere {
        the_region_is_the_clients,
        a_vpc_is_read_in_every_field,
        what_is_not_there_is_no_error,
        all_subnets_are_listed,
        a_subnet_is_read_in_every_field,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`EndpointServices`](heroku_data_link::provider::EndpointServices).
    aws::endpoint_services in here {
        a_service_tells_its_zones_or_not,
        what_may_not_be_seen_is_not_there,
        a_deleted_service_is_not_there,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`SecurityGroups`](heroku_data_link::provider::SecurityGroups).
    aws::security_groups in here {
        what_is_made_is_read_back,
        a_tag_replaces_the_one_of_its_key,
        groups_are_found_by_tag_name_and_id,
        what_is_not_there_is_no_error,
        a_name_that_is_taken_is_a_conflict,
        what_aws_refuses_is_refused,
        rules_are_a_set,
        a_group_of_another_account_is_known_by_its_id,
        groups_whose_rules_refer_to_a_group_are_found_and_hold_it,
        a_group_in_use_is_not_deleted,
        reads_lag_and_mutations_do_not,
        a_lost_answer_leaves_its_effect,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`VpcEndpoints`](heroku_data_link::provider::VpcEndpoints).
    aws::vpc_endpoints in here {
        what_is_made_is_read_back,
        endpoints_are_found_by_tag_vpc_and_id,
        what_is_not_there_is_no_error,
        one_token_makes_one_endpoint,
        what_aws_refuses_is_refused,
        the_limit_is_a_quota,
        subnets_and_groups_are_changed,
        tags_are_added,
        a_deleted_endpoint_is_described_for_a_while,
        every_state_is_told,
        reads_lag_and_mutations_do_not,
        a_lost_answer_leaves_its_effect,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`NetworkInterfaces`](heroku_data_link::provider::NetworkInterfaces).
    aws::network_interfaces in here {
        the_interfaces_that_carry_a_group_are_listed,
        an_unknown_group_has_none,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`NetworkAcls`](heroku_data_link::provider::NetworkAcls).
    aws::network_acls in here {
        an_acl_is_read_in_every_field,
        every_vpc_has_a_default_one,
        all_of_a_vpc_are_listed,
        what_is_not_there_is_no_error,
        reads_lag,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`VpcPeerings`](heroku_data_link::provider::VpcPeerings).
    aws::vpc_peerings in here {
        what_is_made_is_read_back,
        connections_are_found_by_tag_vpc_and_id,
        what_is_not_there_is_no_error,
        a_second_live_connection_is_a_conflict,
        a_wrong_request_fails_later,
        what_aws_refuses_is_refused,
        tags_are_added,
        a_deleted_connection_is_described_for_a_while,
        deleting_what_is_dead_is_fine,
        every_status_is_told,
        reads_lag_and_mutations_do_not,
        a_lost_answer_leaves_its_effect,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`RouteTables`](heroku_data_link::provider::RouteTables).
    aws::route_tables in here {
        a_table_is_read_in_every_field,
        tables_are_found_by_vpc_and_id,
        what_is_not_there_is_no_error,
        a_block_that_has_a_route_is_a_conflict,
        what_aws_refuses_is_refused,
        reads_lag_and_mutations_do_not,
        a_lost_answer_leaves_its_effect,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`Keys`](heroku_data_link::provider::Keys).
    aws::keys in here {
        the_region_is_the_clients,
        what_is_made_is_read_back,
        every_kind_of_key_is_told,
        what_is_not_there_is_no_error,
        all_keys_with_a_tag_are_found,
        a_key_that_is_listed_and_not_described_is_no_absence,
        a_key_of_elsewhere_is_refused,
        an_alias_names_one_key,
        a_key_is_tagged,
        a_policy_is_replaced,
        a_policy_may_name_only_whom_iam_knows,
        rotation_is_switched,
        a_key_allows_in_each_state_what_kms_allows,
        a_key_is_disabled_and_enabled,
        a_deletion_is_scheduled_and_taken_back,
        reads_lag_behind_a_creation,
        a_lost_answer_leaves_its_effect,
        a_failed_call_says_why_and_is_one_attempt,
    }
    /// [`Rehearsals`](heroku_data_link::provider::Rehearsals).
    aws::rehearsals in here {
        what_would_be_permitted_is_not_done,
        what_would_be_denied_is_told,
        tags_need_a_permission_of_their_own,
        a_failed_rehearsal_is_an_error,
    }
}
