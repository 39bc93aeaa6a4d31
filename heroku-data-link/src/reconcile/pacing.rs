use std::fmt;
use std::hash::Hasher;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use super::seconds::Seconds;
use crate::model::LinkId;

/// How long something usually takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usual {
    /// Rarely less than this; serialised as seconds.
    #[serde(with = "Seconds")]
    pub from: Duration,
    /// Rarely more than this; serialised as seconds.
    #[serde(with = "Seconds")]
    pub to: Duration,
}

impl Usual {
    /// Between `from` and `to` seconds.
    pub const fn secs(from: u64, to: u64) -> Self {
        Self { from: Duration::from_secs(from), to: Duration::from_secs(to) }
    }
}

impl fmt::Display for Usual {
    /// Minutes when both bounds are whole minutes, else seconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from.as_secs(), self.to.as_secs());
        match (from % 60, to % 60) {
            (0, 0) => write!(f, "{}-{} min", from / 60, to / 60),
            _ => write!(f, "{from}-{to} s"),
        }
    }
}

/// When to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The first look at something that a cloud has begun. The next ones are twice as late each, until
    /// the usual time begins.
    pub first: Duration,
    /// No two looks are closer than this. EC2 asks for 5 s between reads of an endpoint.
    pub shortest: Duration,
    /// No two looks are further apart than this once the usual time is over, or after failures.
    pub longest: Duration,
    /// The pause after a step was applied, before the next look.
    pub after_change: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(10),
            shortest: Duration::from_secs(5),
            longest: Duration::from_secs(60),
            after_change: Duration::from_secs(2),
        }
    }
}

impl Pace {
    /// When to look again at something that usually takes `usual` and has taken `elapsed`.
    ///
    /// Twice as late each time until the usual time begins, so that a cloud that is faster than usual
    /// is noticed after at most twice the time that it took; evenly while it lasts, ever more rarely
    /// after it.
    pub fn next(&self, usual: Usual, elapsed: Duration) -> Duration {
        /// Looks spread over the usual time.
        const LOOKS: u32 = 6;
        let due = usual.to.saturating_sub(usual.from) / LOOKS;
        let due = if elapsed < usual.from {
            let left = usual.from.saturating_sub(elapsed);
            // One look in the middle of so short a time would be no help.
            if left <= self.first.saturating_mul(2) {
                left
            } else {
                elapsed.max(self.first).min(left)
            }
        } else if elapsed <= usual.to {
            due
        } else {
            due.saturating_add(elapsed.saturating_sub(usual.to) / 2).min(self.longest)
        };
        due.max(self.shortest)
    }

    /// The pause after the `failures`-th failure in a row, counted from 0.
    pub fn back_off(&self, failures: u32) -> Duration {
        self.shortest.saturating_mul(1 << failures.min(16)).min(self.longest)
    }

    /// Makes a pause longer by up to a hundredth, differently for each link, so that many links that
    /// started together do not stay in step. The same input always gives the same pause.
    pub fn spread(pause: Duration, link: &LinkId, elapsed: Duration) -> Duration {
        let mut hasher = SipHasher13::new();
        hasher.write(link.as_str().as_bytes());
        hasher.write_u64(elapsed.as_secs());
        let permille = u32::try_from(hasher.finish() % 11).unwrap_or(0);
        pause.saturating_add(pause / 1000 * permille)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// When a cloud that takes so long is looked at, in seconds.
    fn looks(usual: Usual, until: u64) -> Vec<u64> {
        let (pace, mut elapsed, mut looks) = (Pace::default(), Duration::ZERO, Vec::new());
        while elapsed.as_secs() < until {
            elapsed += pace.next(usual, elapsed);
            looks.push(elapsed.as_secs());
        }
        looks
    }

    #[test]
    fn looks_are_twice_as_late_each_time_and_even_while_the_end_is_due() {
        let expected = [10, 20, 40, 80, 160, 300, 350, 400, 450, 500, 550, 600, 650, 710];
        assert_eq!(looks(Usual::secs(300, 600), 660), expected);
        assert_eq!(looks(Usual::secs(20, 140), 60), [20, 40, 60]);
        assert_eq!(looks(Usual::secs(2, 32), 20), [5, 10, 15, 20]);
    }

    #[test]
    fn a_cloud_that_is_faster_than_usual_is_noticed_after_twice_its_time() {
        for ready in 10..300 {
            let noticed = looks(Usual::secs(300, 600), ready).pop().unwrap();
            assert!(noticed <= 2 * ready, "{ready} s, noticed after {noticed} s");
        }
    }

    #[test]
    fn back_off_doubles_up_to_the_longest_pause() {
        let pace = Pace::default();
        let secs: Vec<u64> =
            [0, 1, 2, 3, 4, 40].map(|failures| pace.back_off(failures).as_secs()).into();
        assert_eq!(secs, [5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn spread_stays_within_a_hundredth_and_differs_between_links() {
        let pauses: Vec<Duration> = (0..50)
            .map(|n| {
                let link: LinkId = format!("link-{n}").parse().unwrap();
                Pace::spread(MINUTE, &link, Duration::ZERO)
            })
            .collect();
        for pause in &pauses {
            assert!((60_000..=60_600).contains(&pause.as_millis()), "{pause:?}");
        }
        assert!(pauses.iter().any(|pause| pause != &pauses[0]));
    }
}
