//! The engine: a queue of links in a file, and a worker that keeps nothing between two passes.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use heroku_data_link::key_access::KeyAccessSpec;
use heroku_data_link::link::{Link, LinkOutput, LinkSpec, Options};
use heroku_data_link::model::{AccountId, AwsRegion, LinkId};
use heroku_data_link::provider::Clouds;
use heroku_data_link::reconcile::{
    CallHook, Clock, Goal, Memory, MemoryStore, Pace, Pass, ReconcileError,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// So many failures in a row, and a person should look: 20 are about a quarter of an hour.
const PATIENCE: u32 = 20;

/// One link to be worked: all that a worker needs to know, as data.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Job {
    /// Whose credentials to take.
    pub(crate) account: AccountId,
    pub(crate) region: AwsRegion,
    pub(crate) spec: LinkSpec,
    pub(crate) goal: Goal,
    pub(crate) state: State,
    /// When its next pass is due, in seconds since 1970.
    pub(crate) due: u64,
    /// Failed passes in a row.
    pub(crate) failures: u32,
    /// Passes toward the goal, and how many of them failed: for people.
    pub(crate) passes: u32,
    pub(crate) failed: u32,
    /// What its drivers remember; see [`Memory`].
    pub(crate) memory: Value,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// To be worked when it is due.
    Open,
    /// Its goal is reached. A job engine ends here; a controller looks again now and then, and mends
    /// what has drifted.
    Done,
    /// A person has to do something first, and to open it again.
    Parked { why: String },
}

impl Job {
    /// A link on which nobody has worked before: only then may its memory begin like this.
    pub(crate) fn new(
        spec: LinkSpec,
        (account, region): (AccountId, AwsRegion),
        clouds: &Clouds,
        due: SystemTime,
    ) -> Result<Self, serde_json::Error> {
        let memory = serde_json::to_value(spec.begin_memory(clouds))?;
        let (goal, state, due) = (Goal::Established, State::Open, seconds(due));
        let (failures, passes, failed) = (0, 0, 0);
        Ok(Self { account, region, spec, goal, state, due, failures, passes, failed, memory })
    }

    /// Works it from now on, whatever became of it, toward this goal. Its memory stays.
    pub(crate) fn reopen(&mut self, goal: Goal, now: SystemTime) {
        (self.goal, self.state, self.due) = (goal, State::Open, seconds(now));
        (self.failures, self.passes, self.failed) = (0, 0, 0);
    }
}

/// Whole seconds since 1970, rounded up, so that no pause gets shorter.
fn seconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs() + u64::from(since.subsec_nanos() > 0)
}

/// The jobs of all links, by link, in a file that is always whole: the old one or the new one. A
/// database table with a row for each link does better where there are thousands.
#[derive(Debug)]
pub(crate) struct JobFile {
    path: PathBuf,
    jobs: Mutex<BTreeMap<LinkId, Job>>,
}

impl JobFile {
    /// The jobs that an engine left, if there are any.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let jobs = match fs::read(path) {
            Ok(text) => serde_json::from_slice(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { path: path.to_owned(), jobs: Mutex::new(jobs) })
    }

    pub(crate) fn jobs(&self) -> MutexGuard<'_, BTreeMap<LinkId, Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the jobs, and returns once that would outlive this process, and this machine's power.
    pub(crate) fn change(&self, change: impl FnOnce(&mut BTreeMap<LinkId, Job>)) -> io::Result<()> {
        let mut jobs = self.jobs();
        change(&mut jobs);
        let new = self.path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(&*jobs)?)?;
        file.sync_all()?;
        fs::rename(new, &self.path)
    }

    /// The open job that is due first.
    fn next(&self) -> Option<(LinkId, Job)> {
        let jobs = self.jobs();
        let open = jobs.iter().filter(|(_, job)| job.state == State::Open);
        open.min_by_key(|(_, job)| job.due).map(|(link, job)| (link.clone(), job.clone()))
    }
}

/// Where one link's memory is stored in the middle of a pass: before a call is sent that must never
/// be sent twice.
#[derive(Debug)]
struct Slot {
    file: Arc<JobFile>,
    link: LinkId,
}

#[async_trait]
impl MemoryStore for Slot {
    async fn save(&self, memory: &Memory) -> Result<(), Box<dyn Error + Send + Sync>> {
        let memory = serde_json::to_value(memory)?;
        self.file.change(|jobs| {
            if let Some(job) = jobs.get_mut(&self.link) {
                job.memory = memory;
            }
        })?;
        Ok(())
    }
}

/// A worker. There may be one for a file: whoever runs several gives each link to one at a time, by
/// a lock, a lease or the queue itself.
pub(crate) struct Engine<C> {
    pub(crate) file: Arc<JobFile>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The clouds, with the credentials of an account and for a region.
    pub(crate) clouds: C,
    pub(crate) hooks: Vec<Arc<dyn CallHook>>,
}

impl<C: Fn(&AccountId, &AwsRegion) -> Clouds> Engine<C> {
    /// Works until no job is open: the job that is due first, one pass, back into the file.
    pub(crate) async fn work(&self) -> Result<(), Box<dyn Error>> {
        while let Some((link, mut job)) = self.file.next() {
            let due = UNIX_EPOCH + Duration::from_secs(job.due);
            if let Ok(early) = due.duration_since(self.clock.now()) {
                self.clock.sleep(early).await;
            }
            let output = self.pass(&link, &mut job).await;
            let next = output.and_then(|output| next_spec(&output));
            let next = next.map(|spec| {
                let home = (job.account.clone(), job.region.clone());
                let clouds = (self.clouds)(&job.account, &job.region);
                Job::new(spec, home, &clouds, self.clock.now())
            });
            let next = next.transpose()?;
            // Both or neither, so that the second one is never forgotten.
            self.file.change(|jobs| {
                jobs.insert(link, job);
                if let Some(next) = next {
                    jobs.entry(next.spec.link().clone()).or_insert(next);
                }
            })?;
        }
        Ok(())
    }

    /// One pass of a new driver, which knows what the job says and nothing else.
    async fn pass(&self, link: &LinkId, job: &mut Job) -> Option<LinkOutput> {
        let driver = match self.driver(link, job) {
            Ok(driver) => driver,
            // One memory that is damaged is no reason to stop the others' work.
            Err(error) => {
                job.state = State::Parked { why: error.to_string() };
                return None;
            }
        };
        let passed = match job.goal {
            Goal::Established => driver.reconcile_once().await.map(|pass| match pass {
                Pass::Done(output) => (None, Some(output)),
                Pass::Requeue { after, .. } => (Some(after), None),
            }),
            Goal::TornDown => driver.teardown_once().await.map(|pass| match pass {
                Pass::Done(()) => (None, None),
                Pass::Requeue { after, .. } => (Some(after), None),
            }),
        };
        job.passes += 1;
        if let Ok(memory) = serde_json::to_value(driver.memory()) {
            job.memory = memory;
        }
        match passed {
            Ok((again, output)) => {
                job.failures = 0;
                match again {
                    Some(after) => job.due = seconds(self.clock.now() + after),
                    None => job.state = State::Done,
                }
                output
            }
            Err(error) => {
                self.put_off(job, &error);
                None
            }
        }
    }

    fn driver(&self, link: &LinkId, job: &Job) -> Result<Box<dyn Link>, Box<dyn Error>> {
        let options = Options {
            memory: Some(Memory::from_json(&job.memory.to_string())?),
            store: Some(Arc::new(Slot { file: Arc::clone(&self.file), link: link.clone() })),
            hooks: self.hooks.clone(),
            ..Options::default()
        };
        let clouds = (self.clouds)(&job.account, &job.region);
        Ok(job.spec.clone().open(&clouds, Arc::clone(&self.clock), options)?)
    }

    /// After a failure: later if time may help, else when a person has opened it again.
    fn put_off(&self, job: &mut Job, error: &ReconcileError) {
        let again = error.again(&Pace::default(), job.failures);
        job.failures += 1;
        job.failed += 1;
        match again.filter(|_| job.failures < PATIENCE) {
            Some(after) => job.due = seconds(self.clock.now() + after),
            None => job.state = State::Parked { why: error.to_string() },
        }
    }
}

/// What an established link is needed for: an encryption says which key it made, and only then can
/// the use of that key be a link of its own.
fn next_spec(output: &LinkOutput) -> Option<LinkSpec> {
    let LinkOutput::Encryption(encryption) = output else { return None };
    let link = format!("{}-access", encryption.link).parse().ok()?;
    Some(KeyAccessSpec::new(link, encryption.key.clone()).into())
}
