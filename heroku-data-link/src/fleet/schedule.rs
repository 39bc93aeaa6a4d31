//! Whose turn it is: many links, few passes at a time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::pending;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, FutureExt, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::driver::FleetSettings;
use crate::reconcile::Clock;

/// One link to be worked.
#[derive(Debug)]
pub(super) struct Job {
    /// Jobs that must be done before it begins.
    pub(super) after: Vec<usize>,
    /// Jobs of one group share the bound of their account.
    pub(super) group: usize,
    /// When its first pass is due, by the clock's uptime.
    pub(super) due: Duration,
}

/// Where a job stands when it is asked what to do next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// Failed passes in a row.
    pub(super) failures: u32,
    /// When its first pass began.
    pub(super) since: Duration,
    /// How often it was done.
    pub(super) done: u32,
}

/// What a pass came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Another pass is needed.
    Again { after: Duration, has_failed: bool },
    /// It is done, and is looked at once more.
    Confirm { after: Duration },
    /// It is done, and what comes after it may begin.
    Done,
    /// It needs a person.
    GivenUp,
}

/// Works the jobs until all are done or given up, until `stop` is ready, or until the deadline. Passes
/// that are under way then are finished.
pub(super) async fn work<'a, F>(
    clock: &dyn Clock,
    settings: &FleetSettings,
    jobs: &[Job],
    stop: impl Future<Output = ()>,
    pass: impl Fn(usize, Standing) -> F + 'a,
) where
    F: Future<Output = Turn> + 'a,
{
    let mut queue = Queue::new(clock.uptime(), jobs);
    let mut under_way = FuturesUnordered::new();
    let mut stop = pin!(stop.fuse());
    let deadline = clock.uptime().saturating_add(settings.deadline);
    let mut is_stopping = false;
    loop {
        let now = clock.uptime();
        is_stopping |= now >= deadline;
        if !is_stopping {
            while let Some((job, standing)) = queue.next(now, settings) {
                let turn = pass(job, standing);
                under_way.push(async move { (job, turn.await) });
            }
        }
        let next = queue.next_due().filter(|_| !is_stopping).map(|due| due.min(deadline));
        if under_way.is_empty() && next.is_none() {
            return;
        }
        let passed = async {
            match under_way.next().await {
                Some(passed) => passed,
                None => pending().await,
            }
        };
        let due = async {
            match next {
                Some(due) => clock.sleep(due.saturating_sub(clock.uptime())).await,
                None => pending().await,
            }
        };
        let stopped = async {
            if is_stopping {
                pending::<()>().await;
            } else {
                stop.as_mut().await;
            }
        };
        match select(pin!(passed), select(pin!(stopped), pin!(due))).await {
            Either::Left(((job, turn), _)) => queue.passed(job, turn, clock.uptime()),
            Either::Right((Either::Left(_), _)) => is_stopping = true,
            Either::Right((Either::Right(_), _)) => {}
        }
    }
}

/// Who waits for what.
struct Queue<'a> {
    jobs: &'a [Job],
    standings: Vec<Option<Standing>>,
    /// Who is due when.
    waiting: BTreeSet<(Duration, usize)>,
    /// Who is due, by group, in the order of dueness.
    ready: BTreeMap<usize, VecDeque<usize>>,
    /// How many passes of a group are under way.
    under_way: BTreeMap<usize, usize>,
    /// For each job how many of those before it are not done.
    held_by: Vec<usize>,
    holds: BTreeMap<usize, Vec<usize>>,
}

impl<'a> Queue<'a> {
    fn new(now: Duration, jobs: &'a [Job]) -> Self {
        let mut holds: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, job) in jobs.iter().enumerate() {
            for before in &job.after {
                holds.entry(*before).or_default().push(index);
            }
        }
        let held_by: Vec<_> = jobs.iter().map(|job| job.after.len()).collect();
        let free = jobs.iter().enumerate().filter(|(_, job)| job.after.is_empty());
        let waiting = free.map(|(index, job)| (job.due.max(now), index)).collect();
        Self {
            jobs,
            standings: vec![None; jobs.len()],
            waiting,
            ready: BTreeMap::new(),
            under_way: BTreeMap::new(),
            held_by,
            holds,
        }
    }

    fn next_due(&self) -> Option<Duration> {
        self.waiting.first().map(|(due, _)| *due)
    }

    /// A job whose turn it is, and for which there is room.
    fn next(&mut self, now: Duration, settings: &FleetSettings) -> Option<(usize, Standing)> {
        while let Some((due, job)) = self.waiting.first().copied().filter(|(due, _)| *due <= now) {
            self.waiting.remove(&(due, job));
            self.ready.entry(self.jobs[job].group).or_default().push_back(job);
        }
        if self.under_way.values().sum::<usize>() >= settings.passes.max(1) {
            return None;
        }
        let most = settings.passes_per_account.max(1);
        let under_way = &self.under_way;
        let has_room = |group: &usize| under_way.get(group).copied().unwrap_or(0) < most;
        let mut ready = self.ready.iter_mut().filter(|(group, _)| has_room(group));
        let (group, job) = ready.find_map(|(group, jobs)| Some((*group, jobs.pop_front()?)))?;
        *self.under_way.entry(group).or_default() += 1;
        let began = Standing { failures: 0, since: now, done: 0 };
        Some((job, *self.standings[job].get_or_insert(began)))
    }

    fn passed(&mut self, job: usize, turn: Turn, now: Duration) {
        if let Some(count) = self.under_way.get_mut(&self.jobs[job].group) {
            *count = count.saturating_sub(1);
        }
        let standing = &mut self.standings[job];
        match turn {
            Turn::Again { after, has_failed } => {
                if let Some(standing) = standing {
                    standing.failures = if has_failed { standing.failures + 1 } else { 0 };
                }
                self.waiting.insert((now.saturating_add(after), job));
            }
            Turn::Confirm { after } => {
                if let Some(standing) = standing {
                    standing.done += 1;
                }
                self.waiting.insert((now.saturating_add(after), job));
            }
            Turn::Done => {
                for next in self.holds.get(&job).into_iter().flatten() {
                    self.held_by[*next] = self.held_by[*next].saturating_sub(1);
                    if self.held_by[*next] == 0 {
                        self.waiting.insert((now, *next));
                    }
                }
            }
            Turn::GivenUp => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::SystemTime;

    use async_trait::async_trait;
    use tokio::task::yield_now;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A clock that goes on by a second when it was asked in vain for a while.
    #[derive(Debug, Default)]
    struct Ticking {
        seconds: AtomicU64,
        asked: AtomicU64,
    }

    #[async_trait]
    impl Clock for Ticking {
        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH + self.uptime()
        }

        fn uptime(&self) -> Duration {
            Duration::from_secs(self.seconds.load(Ordering::Relaxed))
        }

        async fn sleep(&self, duration: Duration) {
            let until = self.uptime() + duration;
            while self.uptime() < until {
                if self.asked.fetch_add(1, Ordering::Relaxed) % 100 == 99 {
                    self.seconds.fetch_add(1, Ordering::Relaxed);
                }
                yield_now().await;
            }
        }
    }

    fn job(after: &[usize], group: usize) -> Job {
        Job { after: after.to_vec(), group, due: Duration::ZERO }
    }

    /// What was begun when, in seconds, and the most passes that were under way at once.
    async fn worked(
        settings: FleetSettings,
        jobs: &[Job],
        turn: impl Fn(usize, Standing) -> Turn,
        stop: impl Future<Output = ()>,
    ) -> (Vec<(usize, u64)>, usize) {
        let clock = Ticking::default();
        let seen = Mutex::new((Vec::new(), 0_usize, 0_usize));
        let pass = |index, standing| {
            let (clock, seen, turn) = (&clock, &seen, &turn);
            async move {
                {
                    let mut seen = seen.lock().unwrap();
                    seen.0.push((index, clock.uptime().as_secs()));
                    seen.1 += 1;
                    seen.2 = seen.2.max(seen.1);
                }
                clock.sleep(SECOND).await;
                seen.lock().unwrap().1 -= 1;
                turn(index, standing)
            }
        };
        work(&clock, &settings, jobs, stop, pass).await;
        let seen = seen.lock().unwrap();
        (seen.0.clone(), seen.2)
    }

    fn bounds(passes: usize, passes_per_account: usize) -> FleetSettings {
        FleetSettings { passes, passes_per_account, ..FleetSettings::default() }
    }

    #[tokio::test]
    async fn passes_are_bounded_in_all_and_for_each_account() {
        let jobs: Vec<_> = (0..12).map(|n| job(&[], n % 2)).collect();
        let done = |_, _| Turn::Done;
        let (begun, most) = worked(bounds(5, 9), &jobs, done, pending()).await;
        assert_eq!((begun.len(), most), (12, 5));
        let (begun, most) = worked(bounds(99, 2), &jobs, done, pending()).await;
        assert_eq!((begun.len(), most), (12, 4));
        assert_eq!(worked(bounds(0, 0), &jobs, done, pending()).await.1, 1);
    }

    #[tokio::test]
    async fn a_job_begins_when_all_before_it_are_done_and_never_if_one_is_given_up() {
        let jobs = [job(&[], 0), job(&[0], 0), job(&[0, 1], 0), job(&[3], 0)];
        let turn = |index, _| if index == 3 { Turn::GivenUp } else { Turn::Done };
        let (begun, _) = worked(bounds(9, 9), &jobs, turn, pending()).await;
        assert_eq!(begun, [(0, 0), (1, 1), (2, 2)], "the last one waits for itself");
        let turn = |index, _| if index == 0 { Turn::GivenUp } else { Turn::Done };
        assert_eq!(worked(bounds(9, 9), &jobs, turn, pending()).await.0, [(0, 0)]);
    }

    #[tokio::test]
    async fn a_pass_learns_how_its_job_stands() {
        let (jobs, seen) = ([job(&[], 0)], Mutex::new(Vec::new()));
        let failed = Turn::Again { after: SECOND, has_failed: true };
        let turns = [
            failed,
            failed,
            Turn::Again { after: SECOND, has_failed: false },
            Turn::Confirm { after: 3 * SECOND },
            Turn::Done,
        ];
        let turn = |_, standing: Standing| {
            let mut seen = seen.lock().unwrap();
            seen.push((standing.failures, standing.done, standing.since));
            turns[seen.len() - 1]
        };
        let (begun, _) = worked(bounds(1, 1), &jobs, &turn, pending()).await;
        let start = Duration::ZERO;
        let expected = [(0, 0, start), (1, 0, start), (2, 0, start), (0, 0, start), (0, 1, start)];
        assert_eq!(*seen.lock().unwrap(), expected);
        assert_eq!(begun.iter().map(|(_, at)| *at).collect::<Vec<_>>(), [0, 2, 4, 6, 10]);
    }

    #[tokio::test]
    async fn stopping_finishes_what_is_under_way_and_begins_nothing() {
        let jobs: Vec<_> = (0..6).map(|n| job(&[], n)).collect();
        let again = |_, _| Turn::Again { after: SECOND, has_failed: false };
        let (begun, _) = worked(bounds(2, 2), &jobs, again, async {}).await;
        assert_eq!(begun.len(), 2, "{begun:?}");
        let late = FleetSettings { deadline: 10 * SECOND, ..bounds(2, 2) };
        let (begun, _) = worked(late, &jobs[..1], again, pending()).await;
        assert_eq!(begun.iter().map(|(_, at)| *at).collect::<Vec<_>>(), [0, 2, 4, 6, 8]);
    }
}
