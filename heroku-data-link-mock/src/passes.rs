//! An engine that makes a new driver for every pass, and hands on nothing but stored text.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{BoxFuture, FutureExt};
use heroku_data_link::reconcile::{
    Because, Clock, Driver, Goal, Memory, MemoryError, MemoryStore, Pass, Plan, ReconcileError,
    Settings, Verified, Workflow,
};

use crate::world::World;

/// Keeps a driver's memory as JSON text, as a row of a database does.
#[derive(Debug, Default)]
pub struct TextStore {
    text: Mutex<Option<String>>,
    is_full: AtomicBool,
}

impl TextStore {
    /// With nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is stored, if anything is.
    pub fn text(&self) -> Option<String> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Stores a text, in the place of what was stored before.
    pub fn put(&self, text: impl Into<String>) {
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = Some(text.into());
    }

    /// The stored memory; that of a link on which nobody has worked before, if nothing is stored.
    ///
    /// # Errors
    /// When what is stored is no memory of this version.
    pub fn memory<W: Workflow>(&self, workflow: &W) -> Result<Memory, MemoryError> {
        self.text().map_or_else(|| Ok(Memory::begin(workflow)), |text| Memory::from_json(&text))
    }

    /// From now on drivers cannot save anything, or can again.
    pub fn set_full(&self, is_full: bool) {
        self.is_full.store(is_full, Ordering::Relaxed);
    }
}

#[async_trait]
impl MemoryStore for TextStore {
    async fn save(&self, memory: &Memory) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if self.is_full.load(Ordering::Relaxed) {
            return Err("no space is left in the store".into());
        }
        self.put(memory.to_json());
        Ok(())
    }
}

pub(crate) type MakeDriver<W> = dyn Fn(&World) -> Driver<W> + Send + Sync;

/// Who runs a link from one end to the other.
pub(crate) enum Runner<W: Workflow> {
    /// One driver, for as long as the run takes.
    Driver(Box<Driver<W>>),
    /// A new one for each pass.
    Passes(Passes<W>),
}

impl<W: Workflow> Runner<W> {
    pub(crate) async fn plan(&self, goal: Goal) -> Result<Plan, ReconcileError> {
        match self {
            Self::Driver(driver) => driver.plan(goal).await,
            Self::Passes(passes) => passes.driver()?.plan(goal).await,
        }
    }

    pub(crate) async fn verify(&self) -> Result<Verified<W::Output>, ReconcileError> {
        match self {
            Self::Driver(driver) => driver.verify().await,
            Self::Passes(passes) => passes.driver()?.verify().await,
        }
    }

    pub(crate) async fn establish(&self) -> Result<W::Output, ReconcileError> {
        match self {
            Self::Driver(driver) => driver.establish().await,
            Self::Passes(passes) => passes.run(|driver| driver.reconcile_once().boxed()).await,
        }
    }

    pub(crate) async fn teardown(&self) -> Result<(), ReconcileError> {
        match self {
            Self::Driver(driver) => driver.teardown().await,
            Self::Passes(passes) => passes.teardown().await,
        }
    }
}

/// Passes by new drivers, as a queue makes them: each gets the stored memory, and leaves its own.
pub(crate) struct Passes<W: Workflow> {
    pub(crate) world: World,
    pub(crate) make: Arc<MakeDriver<W>>,
    pub(crate) store: Arc<TextStore>,
}

type PassOf<T> = Result<Pass<T>, ReconcileError>;

impl<W: Workflow> Passes<W> {
    fn driver(&self) -> Result<Driver<W>, ReconcileError> {
        let driver = (self.make)(&self.world);
        let link = driver.workflow().link().clone();
        let memory = self.store.memory(driver.workflow());
        let store = Arc::clone(&self.store);
        match memory.and_then(|memory| driver.with_memory(memory)) {
            Ok(driver) => Ok(driver.with_store(store)),
            Err(error) => Err(ReconcileError::MemoryNotSaved { link, source: Arc::new(error) }),
        }
    }

    /// What [`Driver::establish`] and [`Driver::teardown`] do around their passes.
    async fn run<T>(
        &self,
        pass: fn(&Driver<W>) -> BoxFuture<'_, PassOf<T>>,
    ) -> Result<T, ReconcileError> {
        let (clock, settings) = (self.world.clock(), Settings::default());
        let started = clock.uptime();
        let mut failures = 0;
        loop {
            let driver = self.driver()?;
            let passed = pass(&driver).await;
            self.store.put(driver.memory().to_json());
            let (pause, awaiting) = match passed {
                Ok(Pass::Done(output)) => return Ok(output),
                Ok(Pass::Requeue { after, because }) => {
                    failures = 0;
                    (after, because.first().map_or_else(String::new, Because::awaited))
                }
                Err(error @ ReconcileError::DeadlinePassed { .. }) => return Err(error),
                Err(error) => {
                    let Some(pause) = error.again(&settings.pace, failures) else {
                        return Err(error);
                    };
                    failures += 1;
                    (pause, format!("the next attempt, as {error}"))
                }
            };
            let waited = clock.uptime().saturating_sub(started);
            let left = settings.deadline.saturating_sub(waited);
            if left.is_zero() {
                let link = driver.workflow().link().clone();
                let source = None;
                return Err(ReconcileError::DeadlinePassed { link, awaiting, waited, source });
            }
            drop(driver);
            clock.sleep(pause.min(left)).await;
        }
    }

    /// What was made a moment ago by a pass that died may not be visible yet.
    async fn teardown(&self) -> Result<(), ReconcileError> {
        let clock = self.world.clock();
        let started = clock.uptime();
        self.run(|driver| driver.teardown_once().boxed()).await?;
        let waited = clock.uptime().saturating_sub(started);
        let left = Settings::default().grace.saturating_sub(waited);
        if left == Duration::ZERO {
            return Ok(());
        }
        clock.sleep(left).await;
        self.run(|driver| driver.teardown_once().boxed()).await
    }
}
