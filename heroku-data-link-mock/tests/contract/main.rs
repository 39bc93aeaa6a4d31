//! The contract of the provider traits, kept by the world in memory.

use std::future::{Ready, ready};
use std::sync::Arc;

use heroku_data_link_mock::contract::Start;
use heroku_data_link_mock::{AwsFace, HerokuFace, contract_tests};

fn heroku(start: &Start) -> Ready<Arc<HerokuFace>> {
    ready(start.world.heroku())
}

contract_tests!(crate::heroku:
    addon_lifecycle, addons, all_addons, attachments, config_vars, private_links, space_peerings,
    spaces,
);

fn aws(start: &Start) -> Ready<Arc<AwsFace>> {
    ready(start.world.aws_in(start.account.clone(), start.region.clone()))
}

contract_tests!(crate::aws:
    endpoint_services, identity, keys, network_acls, network_interfaces, rehearsals, route_tables,
    security_groups, vpc_endpoints, vpc_peerings, vpcs,
);
