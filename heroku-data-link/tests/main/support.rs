use std::fmt::Debug;

use heroku_data_link::model::{DataService, SecurityGroupId};
use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkSpec, PrivateLinkWorkflow};
use heroku_data_link::provider::{CallerIdentity, IngressRule, IngressSource};
use heroku_data_link::reconcile::{Blocker, Driver, ReconcileError, Workflow};
use heroku_data_link_mock::{Procedure, World};

pub(crate) type Link = Driver<PrivateLinkWorkflow>;

/// The world of the procedures, and a spec that leaves nothing behind when torn down.
pub(crate) fn procedure(service: DataService) -> (World, Procedure, PrivateLinkSpec) {
    let (world, site) = World::of_the_procedures(service);
    let spec = spec_for(&site);
    (world, site, spec)
}

pub(crate) fn spec_for(site: &Procedure) -> PrivateLinkSpec {
    let mut spec =
        PrivateLinkSpec::new("demo".parse().unwrap(), site.addon.clone(), site.vpc.clone())
            .in_app(site.app.clone());
    spec.heroku_teardown = HerokuTeardown::Delete;
    spec
}

pub(crate) fn driver(world: &World, spec: &PrivateLinkSpec) -> Link {
    let workflow = PrivateLinkWorkflow::new(spec.clone(), world.heroku(), world.aws());
    Driver::new(workflow, world.clock())
}

/// Somebody allows TCP in a security group.
pub(crate) fn allow(world: &World, group: &SecurityGroupId, ports: &str, source: IngressSource) {
    world.add_rule(group, &IngressRule::tcp(ports.parse().unwrap(), source)).unwrap();
}

/// The blockers of an attempt that must have changed nothing.
pub(crate) async fn blockers(world: &World, spec: &PrivateLinkSpec) -> Vec<Blocker> {
    blockers_of(world, &driver(world, spec)).await
}

/// The blockers of an attempt, of any kind of link, that must have changed nothing.
pub(crate) async fn blockers_of<W>(world: &World, driver: &Driver<W>) -> Vec<Blocker>
where
    W: Workflow,
    W::Output: Debug,
{
    let before = (world.fingerprint(), world.mutations());
    let error = driver.establish().await.unwrap_err();
    assert_eq!((world.fingerprint(), world.mutations()), before, "{error}");
    assert!(matches!(error, ReconcileError::Blocked { .. }), "{error:?}");
    error.blockers().to_vec()
}

/// One blocker of this code, whose text has all of these parts.
pub(crate) fn assert_blocker(found: &[Blocker], code: &str, parts: &[&str]) {
    let blocker = found
        .iter()
        .find(|blocker| blocker.code == code)
        .unwrap_or_else(|| panic!("no {code} in {found:?}"));
    assert!(!blocker.remedy.is_empty());
    let text = blocker.to_string();
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
}

/// Who the AWS side of a procedure's world takes its caller for.
pub(crate) fn caller(site: &Procedure) -> CallerIdentity {
    CallerIdentity {
        account: site.account.clone(),
        arn: format!("arn:aws:iam::{}:user/x", site.account).parse().unwrap(),
    }
}
