use heroku_data_link::model::DataService;
use heroku_data_link::privatelink::{HerokuTeardown, PrivateLinkSpec, PrivateLinkWorkflow};
use heroku_data_link::provider::CallerIdentity;
use heroku_data_link::reconcile::{Blocker, Driver, ReconcileError};
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

/// The blockers of an attempt that must have changed nothing.
pub(crate) async fn blockers(world: &World, spec: &PrivateLinkSpec) -> Vec<Blocker> {
    let before = (world.fingerprint(), world.mutations());
    let error = driver(world, spec).establish().await.unwrap_err();
    assert_eq!((world.fingerprint(), world.mutations()), before, "{error}");
    assert!(matches!(error, ReconcileError::Blocked { .. }), "{error:?}");
    error.blockers().to_vec()
}

/// Who the AWS side of a procedure's world takes its caller for.
pub(crate) fn caller(site: &Procedure) -> CallerIdentity {
    CallerIdentity {
        account: site.account.clone(),
        arn: format!("arn:aws:iam::{}:user/x", site.account).parse().unwrap(),
    }
}
