//! What to do, and in which order: pure functions of the facts.

mod connection;
mod traffic;

use super::addresses;
use super::checks;
use super::facts::Facts;
use super::spec::{PeeringSpec, RouteTableChoice};
use super::steps::{self, KIND, scope};
use crate::addressing::HEROKU_RESERVED;
use crate::provider::PeeringInfo;
use crate::reconcile::{self, Blocker, Builder, Goal, Plan, StepKind, list};
pub(super) use connection::{GONE, GONE_USUALLY, request};
pub(super) use traffic::revoke_former;

/// The plan that leads to an established link.
pub(super) fn establish(facts: &Facts<'_>) -> Plan {
    let Facts { spec, seen, .. } = *facts;
    let scope = scope(spec, &seen.caller, &seen.region);
    let plan = Builder::new(KIND, &spec.link, scope, Goal::Established);
    let mut planner = Planner { facts, plan };
    planner.checks();
    planner.connection();
    planner.routes();
    planner.inbound();
    planner.former_inbound();
    planner.tags();
    planner.plan.finish()
}

struct Planner<'a> {
    facts: &'a Facts<'a>,
    plan: Builder,
}

impl Planner<'_> {
    fn checks(&mut self) {
        let facts = self.facts;
        let Facts { spec, seen, .. } = *facts;
        let acting = self.plan.scope().acting();
        self.plan.check(steps::CHECK_CALLER, acting, Ok(()));
        let peer = peer(seen.info.as_ref());
        let sentence = format!("space {} can be peered, as {peer}", spec.space);
        self.plan.check(steps::CHECK_SPACE, sentence, checks::space(facts));
        let sentence = match &seen.vpc {
            Some(vpc) => format!("{} is the caller's, with the addresses {}", vpc.id, vpc.cidrs),
            None => format!("{} is there", spec.vpc),
        };
        let there = reconcile::checks::vpc(seen.vpc.as_ref(), self.plan.scope());
        self.plan.check(
            steps::CHECK_VPC,
            sentence,
            there.and_then(|()| {
                reconcile::checks::owned_vpc(seen.vpc.as_ref(), &seen.caller, "peer it")
            }),
        );

        // What is connected has proved that its addresses fit; what Heroku calls unavailable may
        // by then even be the VPC itself.
        if facts.connection.is_none() {
            self.addresses();
        }
        if seen.neighbours_read {
            let sentence = format!("no other peering of {} has these addresses", spec.vpc);
            let result = seen.vpc.as_ref().map(|vpc| addresses::neighbours(facts, vpc));
            self.look(steps::CHECK_NEIGHBOURS, sentence, result);
        }
        self.plan.check(
            steps::CHECK_CONNECTIONS,
            format!("no connection of another owner joins {} and {}", spec.vpc, spec.space),
            checks::connections(facts),
        );
        for (id, blocker) in checks::unanswered(facts) {
            let sentence = format!("request {id} was dealt with");
            self.plan.check_one(steps::CHECK_FORMER, &id, sentence, Err(blocker));
        }
        self.tables();
    }

    fn addresses(&mut self) {
        let facts = self.facts;
        let Facts { spec, seen, .. } = *facts;
        let (vpc, info) = (seen.vpc.as_ref(), seen.info.as_ref());
        let both = vpc.zip(info);
        for block in vpc.into_iter().flat_map(addresses::shared) {
            self.plan.note(format!(
                "{block} of {} is outside RFC 1918, and nothing documents that Heroku routes it: let \
                 what has such an address (the pods of EKS) call the space by the address of its \
                 node",
                spec.vpc
            ));
        }
        let sentence = "the VPC's addresses are private ones".to_owned();
        self.look(steps::CHECK_PRIVATE, sentence, vpc.map(addresses::private));
        let sentence = format!("no dyno uses them within itself, as {HEROKU_RESERVED}");
        self.look(steps::CHECK_RESERVED, sentence, vpc.map(addresses::reserved));
        let block = info.and_then(|info| info.vpc_cidr);
        let block = block.map(|block| format!(", {block}")).unwrap_or_default();
        self.look(
            steps::CHECK_SPACE_BLOCK,
            format!("they are not those of the space{block}"),
            both.map(|(vpc, info)| addresses::space_block(vpc, info)),
        );
        let unavailable = info.map(|info| info.unavailable_cidrs.to_string()).unwrap_or_default();
        let unavailable = match unavailable.as_str() {
            "" => unavailable,
            blocks => format!(", only {blocks}"),
        };
        self.look(
            steps::CHECK_UNAVAILABLE,
            format!("Heroku calls none of them unavailable{unavailable}"),
            both.map(|(vpc, info)| addresses::unavailable(spec, vpc, info)),
        );
        if spec.owns_connection() && facts.adoptable.is_none() {
            let quota = spec.quotas.peerings_per_vpc;
            self.plan.check(
                steps::CHECK_QUOTA,
                format!("{} may have {quota} peering connections", spec.vpc),
                checks::quota(facts),
            );
        }
    }

    /// A condition, or `None` while it cannot be looked at.
    fn look(
        &mut self,
        kind: &StepKind<PeeringSpec>,
        sentence: String,
        result: Option<Result<(), Blocker>>,
    ) {
        match result {
            Some(result) => self.plan.check(kind, sentence, result),
            None => self.plan.check_later(kind, sentence),
        }
    }

    fn tables(&mut self) {
        let facts = self.facts;
        let Facts { spec, seen, .. } = *facts;
        if seen.vpc.is_none() {
            self.plan.check_later(steps::CHECK_TABLES, "the route tables are there".to_owned());
            return;
        }
        let mut known = Ok(());
        if let RouteTableChoice::OfSubnets(ids) = &spec.route_tables {
            known = checks::subnets(facts);
            self.plan.check(
                steps::CHECK_SUBNETS,
                format!("subnets {ids} are there"),
                known.clone(),
            );
        }
        let chosen = list(facts.chosen_tables.iter().map(|table| &table.id));
        // Tables of subnets that are not there would be those of other subnets.
        if known.is_ok() {
            known = checks::tables(facts);
            self.plan.check(
                steps::CHECK_TABLES,
                format!("route tables that lead to the space: {chosen}"),
                known.clone(),
            );
        } else {
            self.plan.check_later(steps::CHECK_TABLES, "the subnets' route tables".to_owned());
        }
        if known.is_ok() {
            self.plan.check(
                steps::CHECK_ROUTES,
                format!("nothing else in them takes traffic to {}", facts.destinations),
                checks::routes(facts),
            );
            self.plan.check(
                steps::CHECK_ROUTE_QUOTA,
                format!("each may have {} routes", spec.quotas.routes_per_table),
                checks::route_quota(facts),
            );
        }
        if let Some(inbound) = &spec.inbound {
            self.plan.check(
                steps::CHECK_GROUP,
                format!("security group {} is there", inbound.security_group),
                checks::group(inbound, facts),
            );
        }
    }
}

/// Whom to ask, as far as Heroku says.
fn peer(info: Option<&PeeringInfo>) -> String {
    let vpc = info.and_then(|info| info.vpc.as_ref()).map_or("its VPC", AsRef::as_ref);
    let region = info.and_then(|info| info.region.as_ref());
    let account = info.and_then(|info| info.account.as_ref());
    match (region, account) {
        (Some(region), Some(account)) => format!("{vpc} in {region} of account {account}"),
        (_, _) => vpc.to_owned(),
    }
}
