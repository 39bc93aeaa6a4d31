//! The real clouds, as every tool of theirs on this machine would find them.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use heroku_data_link::reconcile::{Clock, Driver, Goal, IamPolicy, SystemClock, Workflow};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Progress;
use crate::options::Common;

/// Heroku of `HEROKU_HOST`, `HEROKU_DATA_HOST`, `HEROKU_API_KEY` or netrc, and AWS of the
/// environment and the profiles, `AWS_REGION` and `AWS_ENDPOINT_URL` among it.
///
/// # Errors
///
/// When no token or no region is found.
pub async fn clouds()
-> Result<(Arc<heroku_data_link_heroku::Client>, Arc<heroku_data_link_aws::Client>), Box<dyn Error>>
{
    let heroku = heroku_data_link_heroku::Client::from_env()?;
    let aws = heroku_data_link_aws::Client::from_env().await?;
    eprintln!("Heroku at {}, token from {}", heroku.hosts().api(), heroku.token().source());
    eprintln!("AWS in {}", aws.region());
    Ok((Arc::new(heroku), Arc::new(aws)))
}

/// The machine's clock, or one as fast as simulated clouds are. It knows how long it slept.
#[derive(Debug)]
pub struct LiveClock {
    speed: u32,
    began: SystemTime,
    started: Duration,
    slept: Mutex<Duration>,
}

impl LiveClock {
    /// So many seconds in a real one.
    pub fn new(speed: std::num::NonZeroU32) -> Self {
        let (began, started) = (SystemClock.now(), SystemClock.uptime());
        Self { speed: speed.get(), began, started, slept: Mutex::default() }
    }

    /// How much real time has passed.
    pub fn elapsed(&self) -> Duration {
        SystemClock.uptime().saturating_sub(self.started)
    }

    /// How much of it was slept.
    pub fn slept(&self) -> Duration {
        *self.slept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl Clock for LiveClock {
    fn now(&self) -> SystemTime {
        self.began + self.uptime()
    }

    fn uptime(&self) -> Duration {
        self.elapsed().saturating_mul(self.speed)
    }

    async fn timeout(&self, duration: Duration) {
        // Requests take real time, however fast the simulated clouds are.
        SystemClock.sleep(duration).await;
    }

    async fn sleep(&self, duration: Duration) {
        let before = self.elapsed();
        SystemClock.sleep(duration / self.speed).await;
        let slept = self.elapsed().saturating_sub(before);
        *self.slept.lock().unwrap_or_else(PoisonError::into_inner) += slept;
    }
}

/// What came of a live run.
#[derive(Debug)]
pub struct Ran<O> {
    /// What the link gives; nothing after a teardown.
    pub output: Option<O>,
    /// All of it as one JSON document.
    pub document: Value,
}

impl<O> Ran<O> {
    /// Prints it in the form that the options ask for.
    pub fn show(&self, options: &Common, print: impl FnOnce(&O)) {
        match &self.output {
            _ if options.json => println!("{:#}", self.document),
            Some(output) => print(output),
            None => println!("torn down"),
        }
    }
}

/// Plans, prints the plan, and goes on as the options say. What was made stays until it is torn
/// down. `None` where only the plan was wanted.
///
/// # Errors
///
/// When the link cannot be established or torn down.
pub async fn carry_out<W>(
    workflow: W,
    policy: &IamPolicy,
    options: &Common,
) -> Result<Option<Ran<W::Output>>, Box<dyn Error>>
where
    W: Workflow<Output: Serialize>,
{
    let clock = Arc::new(LiveClock::new(options.speed));
    let driver = Driver::new(workflow, clock.clone()).with_observer(Progress::new(clock.clone()));
    let plan = driver.plan(options.goal).await?;
    if options.show_plan(&plan, policy)? {
        return Ok(None);
    }
    let output = match options.goal {
        Goal::Established => Some(driver.establish().await?),
        Goal::TornDown => {
            driver.teardown().await?;
            None
        }
    };
    let document = json!({
        "plan": plan,
        "iam-policy": policy,
        "output": output,
        "real-seconds": clock.elapsed().as_secs_f64(),
        "real-seconds-slept": clock.slept().as_secs_f64(),
    });
    Ok(Some(Ran { output, document }))
}

/// The same, and prints what came of it.
///
/// # Errors
///
/// When the link cannot be established or torn down.
pub async fn run<W>(
    workflow: W,
    policy: &IamPolicy,
    options: &Common,
    print: impl FnOnce(&W::Output),
) -> Result<(), Box<dyn Error>>
where
    W: Workflow<Output: Serialize>,
{
    if let Some(ran) = carry_out(workflow, policy, options).await? {
        ran.show(options, print);
    }
    Ok(())
}
