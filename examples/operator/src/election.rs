//! Who of several operators works: whoever holds a Lease.
//!
//! The crates that there are compare the time in the Lease with their own calendar, so a clock that
//! somebody sets makes two leaders. Here no time of the Lease is read: a holder counts by its own clock
//! from before it renewed, and others count by theirs since they last saw the Lease change.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::{Either, select};
use heroku_data_link::reconcile::{CallHook, Clock, Moment, Refused, Sending};
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::{Api, PostParams};
use kube::{Error, ResourceExt};

/// For how long nobody else takes a Lease that does not change.
const LEASE: Duration = Duration::from_secs(15);
/// For how long a holder works after it last renewed: clocks differ, and a call takes its time.
const TERM: Duration = Duration::from_secs(10);
/// How often to try.
const EVERY: Duration = Duration::from_secs(4);

/// For how long this operator may work. As a hook it refuses calls after that.
#[derive(Debug)]
pub struct Term {
    clock: Arc<dyn Clock>,
    renewed: Mutex<Option<Moment>>,
}

impl Term {
    fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, renewed: Mutex::new(None) }
    }

    /// Whether it still lasts. By the calendar, too, as a machine that slept may have stopped the
    /// other clock; one that was set forward ends a term early, which does no harm.
    pub fn lasts(&self) -> bool {
        let renewed = *self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        renewed.is_some_and(|renewed| {
            let now = Moment::of(&*self.clock);
            let by_calendar = now.now.duration_since(renewed.now).unwrap_or_default();
            now.uptime.saturating_sub(renewed.uptime).max(by_calendar) < TERM
        })
    }

    fn set(&self, renewed: Option<Moment>) {
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = renewed;
    }
}

#[async_trait]
impl CallHook for Term {
    async fn before(&self, _: &Sending<'_>) -> Result<(), Refused> {
        let over = || Refused("this operator does not hold the lease any more".to_owned());
        self.lasts().then_some(()).ok_or_else(over)
    }
}

/// One candidate for a Lease.
#[derive(Debug)]
pub struct Election {
    leases: Api<Lease>,
    name: String,
    identity: String,
    clock: Arc<dyn Clock>,
    term: Arc<Term>,
    /// The Lease as it was taken or renewed last.
    held: Mutex<Option<Lease>>,
    /// The version of the Lease that another one holds, and since when it is the same.
    seen: Mutex<Option<(String, Duration)>>,
}

impl Election {
    /// A candidate for the Lease `name`. No two candidates have one identity.
    pub fn new(leases: Api<Lease>, name: String, identity: String, clock: Arc<dyn Clock>) -> Self {
        let term = Arc::new(Term::new(Arc::clone(&clock)));
        let (held, seen) = (Mutex::default(), Mutex::default());
        Self { leases, name, identity, clock, term, held, seen }
    }

    /// For how long it may work.
    pub fn term(&self) -> Arc<Term> {
        Arc::clone(&self.term)
    }

    /// Tries for the Lease once, or renews it. Says whether it is held.
    ///
    /// # Errors
    /// When the API server does not answer. A term that lasts goes on.
    pub async fn attempt(&self) -> Result<bool, Error> {
        // What was renewed last is renewed without being read.
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        if held.is_some() && self.take(held).await? {
            return Ok(true);
        }
        self.take(self.leases.get_opt(&self.name).await?).await
    }

    /// Takes or renews a Lease that is as it was read.
    async fn take(&self, lease: Option<Lease>) -> Result<bool, Error> {
        let started = Moment::of(&*self.clock);
        let how = PostParams::default();
        let sent = match lease {
            None => {
                let mut lease = Lease::default();
                lease.metadata.name = Some(self.name.clone());
                lease.spec = Some(self.spec(None, started));
                self.leases.create(&how, &lease).await
            }
            Some(lease) if !self.is_free(&lease, started) => {
                self.term.set(None);
                return Ok(false);
            }
            // With the version that was read: of several that try, one succeeds.
            Some(mut lease) => {
                lease.spec = Some(self.spec(lease.spec.as_ref(), started));
                self.leases.replace(&self.name, &how, &lease).await
            }
        };
        match sent {
            Ok(lease) => {
                self.term.set(Some(started));
                *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(lease);
                Ok(true)
            }
            Err(Error::Api(status)) if status.code == 409 => {
                self.term.set(None);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Gives the Lease back, so that nobody has to wait for it to run out.
    ///
    /// # Errors
    /// When the API server does not answer; then it runs out.
    pub async fn resign(&self) -> Result<(), Error> {
        self.term.set(None);
        let Some(mut lease) = self.leases.get_opt(&self.name).await? else { return Ok(()) };
        if let Some(spec) = lease.spec.as_mut().filter(|it| self.holds(it)) {
            spec.holder_identity = None;
            self.leases.replace(&self.name, &PostParams::default(), &lease).await?;
        }
        Ok(())
    }

    /// Tries until it holds the Lease.
    pub async fn win(&self) {
        while !matches!(self.attempt().await, Ok(true)) {
            self.clock.sleep(EVERY).await;
        }
    }

    /// Renews the Lease until the term is over.
    pub async fn keep(&self) {
        while self.term.lasts() {
            self.clock.sleep(EVERY).await;
            // The client waits for minutes, and a term is shorter.
            match select(pin!(self.attempt()), self.clock.sleep(EVERY)).await {
                Either::Left((Err(error), _)) => {
                    tracing::warn!(%error, "the lease cannot be renewed");
                }
                Either::Left((Ok(_), _)) => {}
                Either::Right(_) => tracing::warn!("the API server does not answer"),
            }
        }
    }

    fn holds(&self, spec: &LeaseSpec) -> bool {
        spec.holder_identity.as_deref() == Some(self.identity.as_str())
    }

    fn is_free(&self, lease: &Lease, now: Moment) -> bool {
        let spec = lease.spec.as_ref();
        let holder = spec.and_then(|it| it.holder_identity.as_deref()).unwrap_or_default();
        if holder.is_empty() || holder == self.identity {
            return true;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let version = lease.resource_version().unwrap_or_default();
        let Some((_, since)) = seen.as_ref().filter(|(former, _)| *former == version) else {
            *seen = Some((version, now.uptime));
            return false;
        };
        let said = spec.and_then(|it| it.lease_duration_seconds);
        let said = said.and_then(|it| u64::try_from(it).ok()).map(Duration::from_secs);
        now.uptime.saturating_sub(*since) >= said.unwrap_or(LEASE)
    }

    /// The times are for people: nobody counts by them.
    fn spec(&self, former: Option<&LeaseSpec>, now: Moment) -> LeaseSpec {
        let former = former.cloned().unwrap_or_default();
        let at = Timestamp::try_from(now.now).ok().map(MicroTime);
        let is_renewed = self.holds(&former);
        let transitions = former.lease_transitions.unwrap_or(0);
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(LEASE.as_secs()).ok(),
            acquire_time: if is_renewed { former.acquire_time } else { at.clone() },
            renew_time: at,
            lease_transitions: Some(transitions + i32::from(!is_renewed)),
            ..LeaseSpec::default()
        }
    }
}
