use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use heroku_data_link::model::{
    AccountId, AwsRegion, EndpointState, PrivateLinkStatus, VpcEndpointId,
};

use crate::aws::AwsFace;
use crate::clock::VirtualClock;
use crate::faults::{Answer, Fault, When};
use crate::gate::Control;
use crate::heroku::HerokuFace;
use crate::journal::Call;
use crate::limits::Limits;
use crate::state::{Caller, State, known};
use crate::timings::Timings;

/// The account of [`World::aws`].
const ACCOUNT: &str = "123456789101";
/// The region of [`World::aws`].
const REGION: &str = "us-east-1";

/// One Heroku and one AWS, which see each other's effects, in virtual time.
///
/// A handle: clones are the same world.
///
/// # Expected flow
/// 1. Make a world, and put into it what is there before the story begins (`add_…`).
/// 2. Give its faces ([`heroku`](Self::heroku), [`aws`](Self::aws)) and its
///    [`clock`](Self::clock) to what is to be tested.
/// 3. Let calls fail ([`fault`](Self::fault) and its neighbours).
/// 4. Look at what came of it: [`journal`](Self::journal), [`orphans`](Self::orphans),
///    [`fingerprint`](Self::fingerprint).
///
/// # Guarantees
/// Without randomness and without background tasks: on a single-threaded executor every run is
/// the same. Only calls of the faces are journalled and can fail.
///
/// # Caveats
/// Spaces, apps, VPCs and subnets are always read as they are: only a test changes them.
#[derive(Clone)]
pub struct World {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<VirtualClock>,
    inner: Mutex<Inner>,
}

/// What is true, and what goes wrong.
#[derive(Debug, Default)]
pub(crate) struct Inner {
    pub(crate) state: State,
    pub(crate) control: Control,
}

/// What becomes of a VPC endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Heroku does not accept it.
    Rejected,
    /// AWS fails to make it, and says why.
    Failed,
    /// Nobody accepts it in time.
    Expired,
    /// It comes to this state at the usual time, and stays in it for ever.
    Stuck(EndpointState),
}

impl World {
    /// An empty world, at 2026-01-01T00:00:00Z.
    pub fn new() -> Self {
        Self {
            shared: Arc::new(Shared {
                clock: Arc::new(VirtualClock::new()),
                inner: Mutex::default(),
            }),
        }
    }

    /// Heroku, as the user whose everything is.
    pub fn heroku(&self) -> Arc<HerokuFace> {
        Arc::new(HerokuFace::new(self.clone()))
    }

    /// AWS, as a user of account 123456789101 in us-east-1.
    pub fn aws(&self) -> Arc<AwsFace> {
        Arc::new(AwsFace::new(self.clone(), default_caller()))
    }

    /// AWS, as a user of another account or in another region.
    pub fn aws_in(&self, account: AccountId, region: AwsRegion) -> Arc<AwsFace> {
        Arc::new(AwsFace::new(self.clone(), Caller { account, region }))
    }

    /// The clock that everything in this world goes by.
    pub fn clock(&self) -> Arc<VirtualClock> {
        Arc::clone(&self.shared.clock)
    }

    /// The clouds' time now, whatever the [calendar](VirtualClock::set_calendar_back) says.
    pub fn now(&self) -> SystemTime {
        self.shared.clock.world_time()
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
    }

    /// How long things take from now on; what is under way is not affected.
    pub fn set_timings(&self, timings: Timings) {
        self.lock().state.timings = timings;
    }

    /// How much AWS allows from now on.
    pub fn set_limits(&self, limits: Limits) {
        self.lock().state.limits = limits;
    }

    /// What becomes of the next VPC endpoint; several calls queue up.
    pub fn next_endpoint_fate(&self, fate: Fate) {
        self.lock().state.aws.fates.push_back(fate);
    }

    /// The next endpoint service comes to this status at the time at which it would become
    /// `Operational`, and stays there; several calls queue up.
    pub fn next_private_link_sticks_at(&self, status: &PrivateLinkStatus) {
        self.lock().state.heroku.stuck_links.push_back(status.as_str().to_owned());
    }

    /// Puts a VPC endpoint in a state, for ever: what a cloud does without being asked.
    pub fn set_endpoint_state(&self, endpoint: &VpcEndpointId, state: &EndpointState) {
        let now = self.now();
        self.lock().state.aws.force_state(endpoint, state, now);
    }

    /// The state of a VPC endpoint now, as EC2 spells it.
    pub fn raw_endpoint_state(&self, endpoint: &VpcEndpointId) -> Option<String> {
        let now = self.now();
        let inner = self.lock();
        let version = inner.state.aws.endpoints.get(endpoint)?.history.at(now)?;
        Some(version.state.to_string())
    }

    /// Lets calls fail; faults add up.
    pub fn fault(&self, fault: Fault) {
        self.lock().control.faults.add(fault);
    }

    /// Forbids an IAM action (a name of [`operation`](heroku_data_link::provider::operation)) to
    /// everybody: calls that need it fail, and rehearsals tell.
    pub fn forbid(&self, action: &'static str) {
        self.lock().control.faults.forbid(action);
    }

    /// Lets the next `times` calls of an operation fail for having come too soon.
    pub fn throttle(
        &self,
        operation: &'static str,
        times: usize,
        retry_after: impl Into<Option<Duration>>,
    ) {
        self.fault(Fault::throttling(operation, times, retry_after.into()));
    }

    /// From now on reads show both clouds as they were so long ago. Mutations see the truth.
    pub fn set_read_lag(&self, lag: Duration) {
        self.lock().control.read_lag = lag;
    }

    /// From now on every mutation is made twice, and its caller sees one of the answers.
    pub fn double_mutations(&self, answer: Answer) {
        self.lock().control.doubled = Some(answer);
    }

    /// Makes this operation once also while mutations are made twice: for a creation that no cloud
    /// gives a way to make harmless when repeated, such as that of a KMS key. It holds for good.
    pub fn never_double(&self, operation: &'static str) {
        self.lock().control.made_once.insert(operation);
    }

    /// The `mutation`-th mutating call from now on, counted from 1, never returns, and neither
    /// does any later call, until somebody is told by [`crashed`](Self::crashed): as if the
    /// program had ended there.
    pub fn crash_at(&self, mutation: usize, when: When) {
        self.lock().control.crash.arm(mutation, when, false);
    }

    /// The same, but only this one call never returns; those that are made beside it are answered:
    /// as if they had been on their way when the program ended.
    pub fn hang_at(&self, mutation: usize, when: When) {
        self.lock().control.crash.arm(mutation, when, true);
    }

    /// Returns when the call of [`crash_at`](Self::crash_at) or [`hang_at`](Self::hang_at) was
    /// made. Drop then what made it.
    pub fn crashed(&self) -> impl Future<Output = ()> + Send + 'static {
        let world = self.clone();
        std::future::poll_fn(move |cx| world.lock().control.crash.poll(cx.waker()))
    }

    /// Whether the call of [`crash_at`](Self::crash_at) or [`hang_at`](Self::hang_at) was made.
    pub fn has_crashed(&self) -> bool {
        self.lock().control.crash.has_happened()
    }

    /// No fault, crash, read lag or doubling from now on. Fates stay.
    pub fn clear_faults(&self) {
        self.lock().control.clear();
    }

    /// Every call so far, in order.
    pub fn journal(&self) -> Vec<Call> {
        self.lock().control.journal.list()
    }

    /// From now on only mutations are kept in the journal: for fleets, to save memory.
    pub fn journal_mutations_only(&self) {
        self.lock().control.journal.leave_out_reads();
    }

    /// How many calls were made so far.
    pub fn calls(&self) -> usize {
        self.lock().control.journal.calls
    }

    /// How many mutating calls were made so far, whatever came of them.
    pub fn mutations(&self) -> usize {
        self.lock().control.journal.mutations
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.shared.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("clock", &self.shared.clock).finish_non_exhaustive()
    }
}

pub(crate) fn default_caller() -> Caller {
    Caller { account: known(ACCOUNT.parse()), region: known(REGION.parse()) }
}
