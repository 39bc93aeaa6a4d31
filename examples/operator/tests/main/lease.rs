//! Who works: two operators, one lease, and clocks that jump.

use std::sync::Arc;
use std::time::Duration;

use heroku_data_link::model::DataService;
use heroku_data_link::reconcile::Clock;
use heroku_data_link_mock::World;
use heroku_data_link_operator::{Context, Election, Operator, PrivateLink, Settings};
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::Api;

use crate::api::{ApiServer, When};
use crate::bench::{NAME, OneWorld, private_link};

const SECOND: Duration = Duration::from_secs(1);

/// A candidate on a machine of its own: the world is nothing but its clock.
struct Candidate {
    machine: World,
    election: Election,
}

impl Candidate {
    fn new(api: &ApiServer, identity: &str) -> Self {
        let machine = World::new();
        let leases: Api<Lease> = Api::namespaced(api.client(), "prod");
        let clock: Arc<dyn Clock> = machine.clock();
        let election = Election::new(leases, "operator".to_owned(), identity.to_owned(), clock);
        Self { machine, election }
    }

    async fn tries(&self) -> bool {
        self.election.attempt().await.unwrap_or(false)
    }

    fn works(&self) -> bool {
        self.election.term().lasts()
    }
}

fn pass_time(all: &[&Candidate], seconds: u32) {
    for one in all {
        one.machine.advance(SECOND * seconds);
    }
}

#[tokio::test]
async fn one_of_two_works_and_the_other_takes_over_when_it_is_silent() {
    let api = ApiServer::new();
    let (one, other) = (Candidate::new(&api, "one"), Candidate::new(&api, "other"));
    assert!(one.tries().await && one.works());
    for _ in 0..20 {
        pass_time(&[&one, &other], 4);
        assert!(one.tries().await);
        assert!(!other.tries().await);
        assert!(one.works() && !other.works());
    }
    // One is cut off from the API server: it stops before the other begins.
    let mut silence = 0;
    while !other.works() {
        pass_time(&[&one, &other], 1);
        silence += 1;
        assert!(!(other.tries().await && one.works()), "two work after {silence} s");
    }
    assert!((15..20).contains(&silence), "{silence}");
    assert!(!one.tries().await && !one.works());
    let lease = api.get("/apis/coordination.k8s.io/v1/namespaces/prod/leases", "operator").unwrap();
    assert_eq!(lease["spec"]["holderIdentity"], "other");
    assert_eq!(lease["spec"]["leaseTransitions"], 2);
    // Who resigns is followed at once.
    other.election.resign().await.unwrap();
    assert!(!other.works());
    assert!(one.tries().await && one.works());
}

#[tokio::test]
async fn a_clock_that_jumps_never_makes_two() {
    type Jump = fn(&World);
    let jumps: [Jump; 4] = [
        |it| it.clock().set_calendar_forward(SECOND * 86400),
        |it| it.clock().set_calendar_back(SECOND * 86400),
        |it| it.clock().set_calendar_forward(SECOND * 12),
        |it| it.clock().set_calendar_back(SECOND * 12),
    ];
    for jump in jumps {
        for whose in 0..3 {
            let api = ApiServer::new();
            let (one, other) = (Candidate::new(&api, "one"), Candidate::new(&api, "other"));
            assert!(one.tries().await && !other.tries().await);
            for second in 0..60 {
                pass_time(&[&one, &other], 1);
                if second == 7 {
                    if whose != 1 {
                        jump(&one.machine);
                    }
                    if whose != 0 {
                        jump(&other.machine);
                    }
                }
                // One renews until it is cut off.
                if second % 4 == 0 && second < 30 {
                    one.tries().await;
                }
                other.tries().await;
                assert!(!(one.works() && other.works()), "second {second}, clock of {whose}");
            }
            assert!(other.works());
        }
    }
}

#[tokio::test]
async fn of_many_that_try_at_once_one_wins() {
    let api = ApiServer::new();
    let all: Vec<_> = (0..5).map(|it| Candidate::new(&api, &format!("candidate-{it}"))).collect();
    let tried = futures_util::future::join_all(all.iter().map(Candidate::tries)).await;
    assert_eq!(tried.iter().filter(|it| **it).count(), 1);
    // An answer that is lost after the lease was taken makes nobody work.
    api.refuse(|_| Some(503));
    pass_time(&all.iter().collect::<Vec<_>>(), 11);
    for one in &all {
        assert!(!one.tries().await && !one.works());
    }
}

#[tokio::test]
async fn whose_term_is_over_changes_nothing() {
    let (bench, spec) = private_link(DataService::KeyValueStore);
    let leases: Api<Lease> = Api::namespaced(bench.api.client(), "prod");
    let clock: Arc<dyn Clock> = bench.world.clock();
    let election = Election::new(leases, "operator".to_owned(), "one".to_owned(), clock);
    assert!(election.attempt().await.unwrap());
    let accounts = OneWorld { world: bench.world.clone(), account: bench.account };
    let operator = Operator::new(
        bench.api.client(),
        Arc::new(accounts),
        bench.world.clock(),
        Settings::default(),
        Some(election.term()),
    );
    let context = Context::<PrivateLink>::new(Arc::new(operator));
    bench.create::<PrivateLink>(NAME, &spec);
    bench.pass(&context, NAME).await;
    bench.world.advance(SECOND * 60);
    let mutations = bench.world.mutations();
    for _ in 0..5 {
        let pause = bench.pass(&context, NAME).await.unwrap();
        bench.world.advance(pause);
    }
    assert_eq!(bench.world.mutations(), mutations);
    while bench.world.mutations() == mutations {
        assert!(election.attempt().await.unwrap());
        let pause = bench.pass(&context, NAME).await.unwrap();
        bench.world.advance(pause);
    }
}

#[tokio::test]
async fn a_server_that_is_silent_ends_a_term() {
    let api = ApiServer::new();
    let one = Candidate::new(&api, "one");
    assert!(one.tries().await);
    // A renewal is one request.
    let sent = api.sent().len();
    assert!(one.tries().await);
    assert_eq!(api.sent().len(), sent + 1);
    api.crash_at(1, When::Before);
    one.election.keep().await;
    assert!(!one.works());
    let waited = one.machine.clock().uptime();
    assert!(waited < SECOND * 20, "{waited:?}");
    // What was renewed without an answer is one's own still.
    api.go_on();
    assert!(one.tries().await && one.works());
}
