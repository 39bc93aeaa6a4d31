//! How long a probe may take.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

/// How long each stage of a host, and the probe as a whole, may take.
///
/// A stage ends at its own deadline or at that of the whole, whichever comes first, so a probe of
/// any number of hosts ends at [`whole`](Self::whole).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deadlines {
    /// To resolve a name.
    pub dns: Duration,
    /// To connect, to all addresses of the host together.
    pub tcp: Duration,
    /// For the TLS handshake.
    pub tls: Duration,
    /// For the hello of the protocol.
    pub hello: Duration,
    /// For everything.
    pub whole: Duration,
}

impl Deadlines {
    /// Five seconds for each stage, fifteen for everything.
    pub const DEFAULT: Self = Self::of(Duration::from_secs(5), Duration::from_secs(15));

    /// The same time for each stage, and one for everything.
    pub const fn of(stage: Duration, whole: Duration) -> Self {
        Self { dns: stage, tcp: stage, tls: stage, hello: stage, whole }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A probe's time: tokio's, which a test can pause.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timer {
    started: Instant,
    end: Instant,
}

impl Timer {
    pub(crate) fn start(whole: Duration) -> Self {
        let started = Instant::now();
        // A century is for ever, and later times may not exist on every system.
        let whole = whole.min(Duration::from_secs(100 * 365 * 86_400));
        Self { started, end: started + whole }
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.started.elapsed()
    }

    /// A timer from now on, which ends no later than this one.
    pub(crate) fn stage(self, limit: Duration) -> Self {
        let stage = Self::start(limit);
        Self { end: stage.end.min(self.end), ..stage }
    }

    /// A timer from now on, with its share of what is left when `rest` more want the same.
    pub(crate) fn share(self, rest: usize) -> Self {
        let left = self.end.saturating_duration_since(Instant::now());
        self.stage(left / u32::try_from(rest).unwrap_or(u32::MAX).saturating_add(1))
    }

    /// The future's output, unless the time is over before.
    pub(crate) async fn bound<F: Future>(self, future: F) -> Option<F::Output> {
        timeout_at(self.end, future).await.ok()
    }
}
