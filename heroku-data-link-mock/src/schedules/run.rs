//! One schedule, played.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use heroku_data_link::model::LinkId;
use heroku_data_link::reconcile::{Goal, Workflow};

use super::blueprint::Blueprint;
use super::deed::{Deed, Scene};
use super::dice::Dice;
use super::event::{DRIVERS, Event, Schedule};
use super::report::{ScheduleFinding, ScheduleReport};
use super::stage::{Happened, Slot, perform, verb};
use super::sweep::Sweep;
use super::watch::{Watch, plain, without_ids};
use crate::harness::Scenario;
use crate::passes::Runner;

/// Calls of one schedule; an undisturbed life makes a few hundred.
const CALLS: usize = 20_000;

/// What an undisturbed run came to.
pub(crate) struct Rehearsal {
    pub(crate) takes: Duration,
    pub(crate) blueprint: Blueprint,
    pub(super) established: Vec<String>,
    pub(super) torn_down: Vec<String>,
}

/// A world in which a schedule is played.
pub(crate) struct Play<W: Workflow> {
    pub(super) scenario: Scenario<W>,
    pub(super) link: LinkId,
    pub(super) began: SystemTime,
    pub(super) sweep: Sweep,
    pub(super) goal: Goal,
    pub(super) slots: [Slot; DRIVERS],
    pub(super) deeds: Vec<Deed>,
    /// What people's acts were about, those that they took back among them.
    pub(super) names: Vec<String>,
    /// The items that they changed, those that they put back among them.
    pub(super) touched: BTreeSet<String>,
    /// The keys that they gave away, if only for a time.
    pub(super) keys_away: BTreeSet<String>,
    /// By how much time has jumped.
    pub(super) jumped: Duration,
    pub(super) story: Vec<(SystemTime, String)>,
    pub(super) report: ScheduleReport,
    pub(super) seed: Option<u64>,
}

pub(super) type Checked = Result<(), ScheduleFinding>;

/// Establishes and tears down without disturbance.
pub(crate) async fn rehearse<W>(scenario: Scenario<W>) -> Result<Rehearsal, ScheduleFinding>
where
    W: Workflow + 'static,
    W::Output: Debug,
{
    let mut play = Play::new(scenario, None);
    let began = play.now();
    play.finish(Goal::Established, None).await?;
    let takes = play.now().duration_since(began).unwrap_or_default();
    let blueprint = Blueprint::read(play.scenario.world());
    let (established, _) = play.made();
    play.finish(Goal::TornDown, None).await?;
    let (torn_down, _) = play.made();
    Ok(Rehearsal { takes, blueprint, established, torn_down })
}

/// Plays one schedule to its end.
pub(crate) async fn play<W>(
    scenario: Scenario<W>,
    rehearsal: &Rehearsal,
    seed: u64,
) -> Result<ScheduleReport, ScheduleFinding>
where
    W: Workflow + 'static,
    W::Output: Debug,
{
    let mut dice = Dice::new(seed);
    let two = scenario.two_drivers();
    let schedule = Schedule::draw(&mut dice, rehearsal.takes, scenario.people(), two);
    let mut play = Play::new(scenario, Some(seed));
    play.slots[0].starts_at = Some(play.began);
    for (at, event) in &schedule.events {
        play.go_on_until(*at, &mut dice).await?;
        play.happen(event, &rehearsal.blueprint, &mut dice)?;
    }
    play.go_on_until(schedule.end, &mut dice).await?;
    play.slots = Default::default();
    play.tell("the faults end");
    play.world().clear_faults();
    if play.goal == Goal::Established {
        play.finish(Goal::Established, Some(rehearsal)).await?;
    }
    play.finish(Goal::TornDown, Some(rehearsal)).await?;
    play.report.schedules = 1;
    play.report.mutations = play.world().mutations();
    Ok(play.report)
}

impl<W> Play<W>
where
    W: Workflow + 'static,
    W::Output: Debug,
{
    fn new(scenario: Scenario<W>, seed: Option<u64>) -> Self {
        let world = scenario.world().clone();
        let link = scenario.driver().workflow().link().clone();
        let began = world.now();
        {
            let mut inner = world.lock();
            let ledger = inner.state.ledger(began);
            let may_change = scenario.changing();
            let watch = Watch::new(link.clone(), ledger, began, may_change, CALLS);
            inner.control.watch = Some(watch);
        }
        Self {
            sweep: Sweep::new(&world),
            scenario,
            link,
            began,
            goal: Goal::Established,
            slots: Default::default(),
            deeds: Vec::new(),
            names: Vec::new(),
            touched: BTreeSet::new(),
            keys_away: BTreeSet::new(),
            jumped: Duration::ZERO,
            story: Vec::new(),
            report: ScheduleReport::default(),
            seed,
        }
    }

    pub(super) fn world(&self) -> &crate::World {
        self.scenario.world()
    }

    pub(super) fn now(&self) -> SystemTime {
        self.world().now()
    }

    pub(super) fn tell(&mut self, line: impl std::fmt::Display) {
        let line = self.sweep.line(line);
        self.story.push((self.now(), line));
    }

    /// What the link has made and no person has had a hand in, and all that there is.
    pub(super) fn made(&self) -> (Vec<String>, Vec<String>) {
        let now = self.now();
        let inner = self.world().lock();
        let ledger = inner.state.ledger(now);
        let all = ledger.iter().map(|(name, item)| plain(name, item)).collect();
        let Some(watch) = &inner.control.watch else { return (Vec::new(), all) };
        let touched: Vec<&str> = self.deeds.iter().flat_map(|deed| deed.touched.names()).collect();
        // A key that is given away and back again comes beside the one that took its place.
        let was_away = |name: &str| self.keys_away.iter().any(|key| name.ends_with(key.as_str()));
        let own = watch.own(&ledger).into_iter();
        let own = own.filter(|(name, _)| !touched.contains(name) && !was_away(name));
        (own.map(|(_, text)| text).collect(), all)
    }

    pub(super) fn found(&self, problem: impl Into<String>) -> ScheduleFinding {
        let mut story: Vec<(SystemTime, String)> = self.story.clone();
        let journal = self.world().journal();
        let mutations = journal.into_iter().filter(|call| call.mutating);
        story.extend(mutations.map(|call| (call.at, format!("    {call}"))));
        story.sort_by_key(|(at, _)| *at);
        let story = story.into_iter().map(|(at, line)| {
            let secs = at.duration_since(self.began).unwrap_or_default().as_secs();
            format!("{:02}:{:02}:{:02} {line}", secs / 3600, secs / 60 % 60, secs % 60)
        });
        let story = story.collect();
        ScheduleFinding { seed: self.seed, problem: problem.into(), story }
    }

    /// Whether nothing has gone wrong so far.
    pub(super) fn check(&self) -> Checked {
        let now = self.now();
        let wrong = {
            let mut inner = self.world().lock();
            let inner = &mut *inner;
            inner.control.watch.as_mut().and_then(|watch| {
                watch.count(&inner.state, now);
                watch.wrong().map(str::to_owned)
            })
        };
        self.sweep.memory(&self.scenario.stored().unwrap_or_default());
        wrong.or_else(|| self.sweep.leak()).map_or(Ok(()), |wrong| Err(self.found(wrong)))
    }

    pub(super) fn runner(&self) -> Runner<W> {
        let sweep = self.sweep.clone();
        self.scenario.runner_watched_by(move |event| sweep.event(event))
    }

    /// Whoever works in a slot now does not know what was made there before.
    fn forget(&self, slot: usize) {
        if let Some(watch) = &mut self.world().lock().control.watch {
            watch.begin(slot);
        }
    }

    /// A new driver begins.
    pub(super) fn start(&mut self, slot: usize) {
        let (driver, goal, sweep) = (self.runner(), self.goal, self.sweep.clone());
        self.tell(format!("driver {slot} begins to {}", verb(goal)));
        if self.scenario.stored().is_none() {
            self.forget(slot);
        }
        self.slots[slot].starts_at = None;
        self.slots[slot].run = Some(Box::pin(async move {
            if let Ok(plan) = driver.plan(goal).await {
                sweep.plan(&plan);
            }
            match goal {
                Goal::Established => {
                    let output = driver.establish().await?;
                    sweep.debug(&output);
                }
                Goal::TornDown => driver.teardown().await?,
            }
            Ok(String::new())
        }));
    }

    /// Lets drivers run until a time since the beginning, jumps left out.
    async fn go_on_until(&mut self, at: Duration, dice: &mut Dice) -> Checked {
        loop {
            let now = self.now();
            let gone = now.duration_since(self.began).unwrap_or_default();
            for slot in 0..DRIVERS {
                if self.slots[slot].starts_at.is_some_and(|start| start <= now) {
                    self.start(slot);
                }
            }
            let next = self.slots.iter().filter_map(|slot| slot.starts_at).min();
            let next = next.map(|next| next.duration_since(now).unwrap_or_default());
            let left = (at + self.jumped).saturating_sub(gone);
            let pause = next.map_or(left, |next| next.min(left));
            let world = self.world().clone();
            let happened = perform(&world, &mut self.slots, pause).await;
            self.check()?;
            match happened {
                Happened::TimeIsUp if pause == left => return Ok(()),
                Happened::TimeIsUp => {}
                Happened::Ended(slot, ended) => {
                    let told = match &ended {
                        Ok(_) => "is done".to_owned(),
                        Err(error) => format!("fails: {}", self.sweep.error(error)),
                    };
                    self.tell(format!("driver {slot} {told}"));
                    self.slots[slot].starts_at = Some(self.now() + dice.secs(1, 300));
                }
                Happened::Crashed(slot) => {
                    self.tell(format!("the process of driver {slot} has ended"));
                    // A memory may lack what its last call made.
                    self.forget(slot);
                    self.slots[slot].run = None;
                    self.slots[slot].starts_at = Some(self.now() + dice.secs(1, 120));
                }
            }
        }
    }

    fn happen(&mut self, event: &Event, blueprint: &Blueprint, dice: &mut Dice) -> Checked {
        self.tell(event);
        let world = self.world().clone();
        match event {
            Event::Fault { .. } => {
                self.report.disturbances += 1;
                if let Some(fault) = event.fault() {
                    world.fault(fault);
                }
            }
            Event::Lag(lag) => {
                self.report.disturbances += 1;
                world.set_read_lag(*lag);
            }
            Event::Crash { mutation, when, others_arrive } => {
                self.report.disturbances += 1;
                if *others_arrive {
                    world.hang_at(*mutation, *when);
                } else {
                    world.crash_at(*mutation, *when);
                }
            }
            Event::Kill(slot) => {
                self.report.disturbances += 1;
                if self.slots[*slot].run.take().is_some() {
                    self.slots[*slot].starts_at = Some(self.now() + dice.secs(1, 120));
                }
            }
            Event::Second => {
                if self.slots[1].run.is_none() {
                    self.slots[1].starts_at = Some(self.now());
                }
            }
            Event::Jump(by) => {
                self.report.disturbances += 1;
                self.jumped += *by;
                world.advance(*by);
            }
            Event::Calendar { forward, by } => {
                self.report.disturbances += 1;
                let clock = world.clock();
                if *forward {
                    clock.set_calendar_forward(*by);
                } else {
                    clock.set_calendar_back(*by);
                }
            }
            Event::Person(act) => {
                let deed = Scene::new(&world, &self.link, blueprint, dice).play(*act);
                if let Some(deed) = deed {
                    self.report.acts += 1;
                    self.tell(format!("a person {}", deed.told));
                    self.names.extend(deed.names.iter().cloned());
                    let keys = deed.touched.names().filter(|name| name.starts_with("key "));
                    self.keys_away.extend(keys.map(str::to_owned));
                    let touched = deed.touched.names();
                    self.touched.extend(touched.map(|name| without_ids(name.to_owned())));
                    self.deeds.push(deed);
                }
            }
            Event::Turn => {
                self.goal = Goal::TornDown;
                for slot in 0..DRIVERS {
                    if self.slots[slot].run.take().is_some() {
                        self.slots[slot].starts_at = Some(self.now() + dice.secs(1, 60));
                    }
                }
            }
        }
        self.check()
    }
}
