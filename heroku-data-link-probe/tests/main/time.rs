//! Time that a test moves by hand.
//!
//! Paused time alone would run to the next deadline whenever nothing is to do, and a packet that
//! is on its way through the kernel is nothing to do.

use std::sync::mpsc;
use std::time::Duration;

use heroku_data_link_probe::{Probe, ProbeReport};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::advance;

/// While it lives, paused time stands still unless [`advance`] moves it.
pub(crate) struct Still(
    #[expect(dead_code, reason = "dropping it lets time go on")] mpsc::Sender<()>,
);

impl Still {
    /// In a test with `start_paused`.
    pub(crate) fn stand() -> Self {
        let (sender, receiver) = mpsc::channel();
        // tokio lets time stand still while a blocking task runs.
        spawn_blocking(move || receiver.recv());
        Self(sender)
    }
}

/// A probe under way.
pub(crate) struct Run {
    report: JoinHandle<ProbeReport>,
    _still: Still,
}

impl Run {
    pub(crate) fn of(probe: Probe) -> Self {
        let still = Still::stand();
        Self { report: tokio::spawn(async move { probe.run().await }), _still: still }
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.report.is_finished()
    }

    /// The report, without any time going by.
    pub(crate) async fn now(self) -> ProbeReport {
        self.report.await.unwrap()
    }

    /// The report, with time going by in small steps until it is there.
    pub(crate) async fn end(self) -> ProbeReport {
        for _ in 0..100_000 {
            if self.is_finished() {
                break;
            }
            advance(Duration::from_millis(10)).await;
        }
        self.now().await
    }
}
