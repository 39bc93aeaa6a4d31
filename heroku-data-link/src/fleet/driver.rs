//! A fleet on its clouds.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::hash::Hasher;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::try_join_all;
use futures_util::stream::{StreamExt, iter};
use siphasher::sip::SipHasher13;

use super::clashes;
use super::document::{Fleet, FleetError, FleetLink};
use super::report::{
    FleetHealth, FleetPlan, FleetReport, LinkHealth, LinkPlan, LinkReport, LinkState,
};
use super::schedule::{self, Job, Standing, Turn};
use crate::link::{Link, Options};
use crate::model::{AccountId, LinkId, TargetName};
use crate::provider::{CallerIdentity, Clouds, ProviderError, Retry};
use crate::reconcile::{
    Because, Clock, Goal, MemoryError, MemoryStore, Pace, Pass, Plan, Preflight, ReconcileError,
    causes,
};

/// How a fleet is worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FleetSettings {
    /// How many links are looked at or changed at the same time. Default: 16. A Heroku token has one
    /// budget of requests for all of them.
    pub passes: usize,
    /// How many of them are of one AWS account. Default: 8.
    pub passes_per_account: usize,
    /// How many failures in a row of one link are enough. Default: 20, about a quarter of an hour.
    /// A cloud that says when to come again does not count.
    pub patience: u32,
    /// How long all of it may take. Default: 12 hours, as Heroku's budget of an hour establishes
    /// some 200 links.
    pub deadline: Duration,
    /// For how long after a change a read may still show the world before it. Default: 30 seconds. A
    /// teardown that took less is looked at once more.
    pub grace: Duration,
    /// How long to pause after failures.
    pub pace: Pace,
}

impl Default for FleetSettings {
    fn default() -> Self {
        Self {
            passes: 16,
            passes_per_account: 8,
            patience: 20,
            deadline: Duration::from_secs(12 * 3600),
            grace: Duration::from_secs(30),
            pace: Pace::default(),
        }
    }
}

/// Why a fleet could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The caller gave no clouds for a target.
    #[error("target {target} has no clouds")]
    NoClouds {
        /// The target.
        target: TargetName,
    },
    /// AWS did not say whose credentials these are.
    #[error("target {target}: AWS does not say who is calling")]
    Caller {
        /// The target.
        target: TargetName,
        /// What it said.
        source: ProviderError,
    },
    /// The credentials are of another account than the document says.
    #[error(
        "target {target}: the credentials are of account {found}, and the document says {said}; \
         name the right profile or role"
    )]
    OtherAccount {
        /// The target.
        target: TargetName,
        /// The account of the document.
        said: AccountId,
        /// The account of the credentials.
        found: AccountId,
    },
    /// The AWS side is of another region than the document says.
    #[error("target {target}: the AWS client is for {found}, and the document says {said}")]
    OtherRegion {
        /// The target.
        target: TargetName,
        /// The region of the document.
        said: String,
        /// The region of the client.
        found: String,
    },
    /// Links that clash, as is known now that the accounts are.
    #[error(transparent)]
    Clash(FleetError),
    /// What a link is to be worked with could not be had.
    #[error("link {link}")]
    Options {
        /// The link.
        link: LinkId,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The memory of a link cannot be used.
    #[error("link {link}")]
    Memory {
        /// The link.
        link: LinkId,
        /// Why.
        source: MemoryError,
    },
}

/// The links of a [`Fleet`] on their clouds.
///
/// It keeps a driver for each link, so one of them serves for as long as a fleet is worked.
pub struct FleetDriver {
    pub(super) fleet: Fleet,
    pub(super) targets: BTreeMap<TargetName, Opened>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) settings: FleetSettings,
    members: Vec<Member>,
}

/// A target on its clouds.
pub(super) struct Opened {
    pub(super) clouds: Clouds,
    pub(super) caller: CallerIdentity,
}

impl Opened {
    /// The account and region, which is what links are discovered in.
    pub(super) fn place(&self) -> String {
        format!("{} in {}", self.caller.account, self.clouds.vpc_region())
    }
}

struct Member {
    link: Box<dyn Link>,
    store: Option<Arc<dyn MemoryStore>>,
    after: Option<usize>,
    needed_by: Vec<usize>,
}

impl fmt::Debug for FleetDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetDriver")
            .field("fleet", &self.fleet)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Fleet {
    /// The fleet on the clouds of its targets. `options` says how each link is worked: with which
    /// memory, store, observer and hooks. A memory is stored after every pass of its link, too.
    ///
    /// Asks AWS for each target who is calling, and nothing else.
    ///
    /// # Errors
    /// When a target has no clouds or other ones than the document says, when links clash that turn
    /// out to be in one account, and when `options` fails.
    pub async fn open(
        self,
        clouds: &BTreeMap<TargetName, Clouds>,
        clock: Arc<dyn Clock>,
        settings: FleetSettings,
        options: impl Fn(&FleetLink) -> Result<Options, Box<dyn std::error::Error + Send + Sync>>,
    ) -> Result<FleetDriver, OpenError> {
        let targets = self.open_targets(clouds).await?;
        let account = |link: &FleetLink| Some(targets.get(&link.target)?.caller.account.clone());
        let problems = clashes::of(self.links(), account);
        if !problems.is_empty() {
            return Err(OpenError::Clash(FleetError { problems }));
        }
        let prerequisites = self.prerequisites();
        let mut needed_by = vec![Vec::new(); prerequisites.len()];
        for (index, first) in prerequisites.iter().enumerate() {
            if let Some(first) = first {
                needed_by[*first].push(index);
            }
        }
        let mut members = Vec::new();
        for ((link, after), needed_by) in self.links().iter().zip(prerequisites).zip(needed_by) {
            let id = || link.spec.link().clone();
            let options =
                options(link).map_err(|source| OpenError::Options { link: id(), source })?;
            let store = options.store.clone();
            let target = targets.get(&link.target);
            let target =
                target.ok_or_else(|| OpenError::NoClouds { target: link.target.clone() })?;
            let opened = link.spec.clone().open(&target.clouds, Arc::clone(&clock), options);
            let opened = opened.map_err(|source| OpenError::Memory { link: id(), source })?;
            members.push(Member { link: opened, store, after, needed_by });
        }
        Ok(FleetDriver { fleet: self, targets, clock, settings, members })
    }

    async fn open_targets(
        &self,
        clouds: &BTreeMap<TargetName, Clouds>,
    ) -> Result<BTreeMap<TargetName, Opened>, OpenError> {
        let open = self.targets().iter().map(async |(name, target)| {
            let target_name = || name.clone();
            let clouds = clouds.get(name).cloned();
            let clouds = clouds.ok_or_else(|| OpenError::NoClouds { target: target_name() })?;
            let regions = [clouds.vpc_region(), clouds.key_region()];
            if let Some(found) = regions.into_iter().find(|found| **found != target.region) {
                return Err(OpenError::OtherRegion {
                    target: target_name(),
                    said: target.region.to_string(),
                    found: found.to_string(),
                });
            }
            let caller = clouds.aws.caller_identity().await;
            let caller =
                caller.map_err(|source| OpenError::Caller { target: target_name(), source })?;
            match &target.account {
                Some(said) if *said != caller.account => Err(OpenError::OtherAccount {
                    target: target_name(),
                    said: said.clone(),
                    found: caller.account,
                }),
                Some(_) | None => Ok((name.clone(), Opened { clouds, caller })),
            }
        });
        Ok(try_join_all(open).await?.into_iter().collect())
    }
}

impl FleetDriver {
    /// The fleet.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Who acts for a target.
    pub fn caller(&self, target: &TargetName) -> Option<&CallerIdentity> {
        self.targets.get(target).map(|target| &target.caller)
    }

    /// What would have to happen for all links to be established. Changes nothing.
    pub async fn plan(&self) -> FleetPlan {
        self.plan_for(Goal::Established).await
    }

    /// What would have to happen for all links to be torn down. Changes nothing.
    pub async fn plan_teardown(&self) -> FleetPlan {
        self.plan_for(Goal::TornDown).await
    }

    async fn plan_for(&self, goal: Goal) -> FleetPlan {
        let plans = self.for_each(async |_, member| member.link.plan(goal).await).await;
        let is_settled = |index: usize| plans[index].as_ref().is_ok_and(Plan::is_settled);
        let links = self.fleet.links().iter().zip(&self.members).zip(&plans);
        let links = links.map(|((link, member), plan)| {
            let first =
                member.after.filter(|first| goal == Goal::Established && !is_settled(*first));
            let after = first.map(|first| self.fleet.links()[first].spec.link().clone());
            let (plan, failure) = match plan {
                _ if after.is_some() => (None, Vec::new()),
                Ok(plan) => (Some(plan.clone()), Vec::new()),
                Err(error) => (None, causes(error)),
            };
            let (id, kind) = (link.spec.link().clone(), link.spec.kind());
            let costs = plan.as_ref().map(Plan::costs).unwrap_or_default();
            let target = link.target.clone();
            LinkPlan { link: id, kind, target, after, plan, costs, failure }
        });
        FleetPlan::new(links.collect(), goal)
    }

    /// How every link is. Changes nothing.
    pub async fn health(&self) -> FleetHealth {
        let reports = self.for_each(async |_, member| member.link.health().await).await;
        let links = self.fleet.links().iter().zip(reports).map(|(link, report)| LinkHealth {
            link: link.spec.link().clone(),
            kind: link.spec.kind(),
            target: link.target.clone(),
            report,
        });
        FleetHealth { links: links.collect() }
    }

    /// Which IAM actions the callers lack, for each link whose calls AWS rehearses. Changes nothing.
    ///
    /// # Errors
    /// For each link for which a cloud cannot be asked.
    pub async fn preflight(&self) -> Vec<(LinkId, Result<Option<Preflight>, ProviderError>)> {
        self.for_each(async |_, member| (member.link.id().clone(), member.link.preflight().await))
            .await
    }

    /// Asks each link, a bounded number of them at a time; the answers are in the order of the links.
    async fn for_each<'a, T>(&'a self, ask: impl AsyncFn(usize, &'a Member) -> T) -> Vec<T> {
        let asked = self.members.iter().enumerate().map(|(index, member)| ask(index, member));
        iter(asked).buffered(self.settings.passes.max(1)).collect().await
    }

    /// Works until every link is established or cannot be, or until `stop` is ready: then passes that
    /// are under way are finished, and no other one is begun. Running again resumes.
    pub async fn establish(&self, stop: impl Future<Output = ()>) -> FleetReport {
        self.work(Goal::Established, stop).await
    }

    /// The same toward torn-down links; what comes after a link goes before it.
    pub async fn teardown(&self, stop: impl Future<Output = ()>) -> FleetReport {
        self.work(Goal::TornDown, stop).await
    }

    async fn work(&self, goal: Goal, stop: impl Future<Output = ()>) -> FleetReport {
        let states = States::new(self.members.len());
        let now = self.clock.uptime();
        let jobs: Vec<_> = (0..self.members.len())
            .map(|index| Job {
                after: self.before(goal, index).to_vec(),
                group: self.group(index),
                due: now,
            })
            .collect();
        let (clock, settings) = (&*self.clock, &self.settings);
        let pass = |index, standing| self.pass(goal, index, standing, &states);
        schedule::work(clock, settings, &jobs, stop, pass).await;
        self.report(goal, states)
    }

    /// Holds all links in sync until `stop` is ready: looks at each of them once in `every`, spread
    /// over that time, and mends what has drifted. `told` gets each change of a link's state.
    ///
    /// Where the budget of the Heroku token does not suffice for that, a round takes longer.
    pub async fn keep(
        &self,
        every: Duration,
        stop: impl Future<Output = ()>,
        told: impl Fn(&LinkReport),
    ) -> FleetReport {
        let states = States::new(self.members.len());
        let started = self.clock.uptime();
        let offset = |index: usize| offset(self.members[index].link.id(), every);
        let jobs: Vec<_> = (0..self.members.len())
            .map(|index| {
                let due = started.saturating_add(offset(index));
                Job { after: Vec::new(), group: self.group(index), due }
            })
            .collect();
        let settings = FleetSettings { deadline: Duration::MAX, ..self.settings };
        let (states_of, told) = (&states, &told);
        let pass = |index: usize, standing: Standing| async move {
            let before = states_of.get(index);
            let turn = self.pass(Goal::Established, index, standing, states_of).await;
            match turn {
                Turn::Again { .. } | Turn::Confirm { .. } => return turn,
                Turn::Done | Turn::GivenUp => {}
            }
            let now = states_of.get(index);
            if let Some(state) = now.filter(|now| before.as_ref() != Some(now)) {
                told(&self.report_of(index, state));
            }
            let passed = self.clock.uptime().saturating_sub(started + offset(index));
            let into = passed.as_nanos().checked_rem(every.as_nanos()).unwrap_or_default();
            let into = Duration::from_nanos(u64::try_from(into).unwrap_or(u64::MAX));
            Turn::Again { after: every.saturating_sub(into), has_failed: false }
        };
        schedule::work(&*self.clock, &settings, &jobs, stop, pass).await;
        self.report(Goal::Established, states)
    }

    /// The account of a link, by number: accounts share the bound of their passes.
    fn group(&self, index: usize) -> usize {
        let Some(own) = self.targets.get(&self.fleet.links()[index].target) else { return 0 };
        let shares = |target: &Opened| target.caller.account == own.caller.account;
        self.targets.values().position(shares).unwrap_or_default()
    }

    /// What is done before a link: that of which it needs something, or that which needs it.
    fn before(&self, goal: Goal, index: usize) -> &[usize] {
        let member = &self.members[index];
        match goal {
            Goal::Established => member.after.as_slice(),
            Goal::TornDown => &member.needed_by,
        }
    }

    /// One pass of one link.
    async fn pass(&self, goal: Goal, index: usize, standing: Standing, states: &States) -> Turn {
        let member = &self.members[index];
        let passed = match goal {
            Goal::Established => member.link.reconcile_once().await.map(|pass| match pass {
                Pass::Done(output) => {
                    Pass::Done(LinkState::Established { output: Box::new(output) })
                }
                Pass::Requeue { after, because } => Pass::Requeue { after, because },
            }),
            Goal::TornDown => member.link.teardown_once().await.map(|pass| match pass {
                Pass::Done(()) => Pass::Done(LinkState::TornDown),
                Pass::Requeue { after, because } => Pass::Requeue { after, because },
            }),
        };
        let passed = match &member.store {
            Some(store) => {
                store.save(&member.link.memory()).await.map_err(Into::into).and(Ok(passed))
            }
            None => Ok(passed),
        };
        let passed = match passed {
            Ok(passed) => passed,
            Err(source) => {
                let source: Arc<dyn std::error::Error + Send + Sync> = source;
                Err(ReconcileError::MemoryNotSaved { link: member.link.id().clone(), source })
            }
        };
        self.turn(goal, index, standing, passed, states)
    }

    fn turn(
        &self,
        goal: Goal,
        index: usize,
        standing: Standing,
        passed: Result<Pass<LinkState>, ReconcileError>,
        states: &States,
    ) -> Turn {
        match passed {
            Ok(Pass::Done(state)) => {
                let took = self.clock.uptime().saturating_sub(standing.since);
                let left = self.settings.grace.saturating_sub(took);
                // What was made last may not have been visible.
                if goal == Goal::TornDown && standing.done == 0 && !left.is_zero() {
                    states.awaiting(index, "the last look at what was torn down".to_owned());
                    return Turn::Confirm { after: left };
                }
                states.set(index, state);
                Turn::Done
            }
            Ok(Pass::Requeue { after, because }) => {
                states
                    .awaiting(index, because.first().map_or_else(String::new, Because::to_string));
                Turn::Again { after, has_failed: false }
            }
            Err(error) => {
                let is_told = matches!(error.retry(), Retry::After(_));
                let again = error.again(&self.settings.pace, standing.failures);
                let may_go_on = is_told || standing.failures + 1 < self.settings.patience;
                let is_late = matches!(error, ReconcileError::DeadlinePassed { .. });
                if let Some(after) = again.filter(|_| may_go_on && !is_late) {
                    states.awaiting(index, causes(&error).join(": "));
                    return Turn::Again { after, has_failed: !is_told };
                }
                states.set(index, LinkState::of_error(&error));
                Turn::GivenUp
            }
        }
    }

    fn report(&self, goal: Goal, states: States) -> FleetReport {
        let all = states.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let is_done = |index: usize| all[index].as_ref().is_some_and(LinkState::is_final);
        let links = (0..self.members.len()).map(|index| {
            let state = all[index].clone().unwrap_or_else(|| {
                let held_by =
                    self.before(goal, index).iter().copied().find(|other| !is_done(*other));
                match held_by.filter(|other| all[*other].is_some()) {
                    Some(other) => LinkState::Held { after: self.members[other].link.id().clone() },
                    None => LinkState::Unfinished { awaiting: None },
                }
            });
            self.report_of(index, state)
        });
        FleetReport { links: links.collect() }
    }

    fn report_of(&self, index: usize, state: LinkState) -> LinkReport {
        let link = &self.fleet.links()[index];
        LinkReport {
            link: link.spec.link().to_string(),
            kind: Some(link.spec.kind()),
            target: link.target.clone(),
            state,
        }
    }
}

/// Where each link stands; `None` where it was not begun.
pub(super) struct States(Mutex<Vec<Option<LinkState>>>);

impl States {
    pub(super) fn new(count: usize) -> Self {
        Self(Mutex::new(vec![None; count]))
    }

    pub(super) fn set(&self, index: usize, state: LinkState) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(state);
    }

    fn awaiting(&self, index: usize, what: String) {
        self.set(index, LinkState::Unfinished { awaiting: Some(what) });
    }

    pub(super) fn get(&self, index: usize) -> Option<LinkState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[index].clone()
    }
}

/// When a link's turn is within a round, so that looks at thousands are spread over it.
fn offset(link: &LinkId, every: Duration) -> Duration {
    let mut hasher = SipHasher13::new();
    hasher.write(link.as_str().as_bytes());
    let share = u32::try_from(hasher.finish() >> 32).unwrap_or_default();
    every.mul_f64(f64::from(share) / f64::from(u32::MAX))
}
