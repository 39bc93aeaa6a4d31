use std::fmt;
use std::hash::Hasher;
use std::time::Duration;

use serde::Serialize;
use siphasher::sip::SipHasher13;

use crate::model::LinkId;

/// How long something usually takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Usual {
    /// Rarely less than this.
    pub from: Duration,
    /// Rarely more than this.
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
            shortest: Duration::from_secs(5),
            longest: Duration::from_secs(60),
            after_change: Duration::from_secs(2),
        }
    }
}

impl Pace {
    /// When to look again at something that usually takes `usual` and has taken `elapsed`.
    ///
    /// Half of what is left before the usual time begins, evenly while it lasts, ever more rarely
    /// after it.
    pub fn next(&self, usual: Usual, elapsed: Duration) -> Duration {
        /// Looks spread over the usual time.
        const LOOKS: u32 = 10;
        let due = (usual.to.saturating_sub(usual.from) / LOOKS).max(self.shortest);
        if elapsed < usual.from {
            (usual.from.saturating_sub(elapsed) / 2).max(due)
        } else if elapsed <= usual.to {
            due
        } else {
            due.saturating_add(elapsed.saturating_sub(usual.to) / 2)
                .min(self.longest)
                .max(self.shortest)
        }
    }

    /// The pause after the `failures`-th failure in a row, counted from 0.
    pub fn back_off(&self, failures: u32) -> Duration {
        self.shortest.saturating_mul(1 << failures.min(16)).min(self.longest)
    }

    /// Moves a pause by up to a tenth, differently for each link, so that many links that started
    /// together do not stay in step. The same input always gives the same pause.
    pub fn spread(pause: Duration, link: &LinkId, elapsed: Duration) -> Duration {
        let mut hasher = SipHasher13::new();
        hasher.write(link.as_str().as_bytes());
        hasher.write_u64(elapsed.as_secs());
        let permille = u32::try_from(hasher.finish() % 201).unwrap_or(0);
        pause.saturating_sub(pause / 10).saturating_add(pause / 1000 * permille)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn looks_are_sparse_at_first_and_close_when_the_end_is_due() {
        let usual = Usual::secs(300, 600);
        let pace = Pace::default();
        let secs = |elapsed: u64| pace.next(usual, Duration::from_secs(elapsed)).as_secs();
        assert_eq!(secs(0), 150);
        assert_eq!(secs(150), 75);
        assert_eq!(secs(290), 30);
        assert_eq!(secs(300), 30);
        assert_eq!(secs(600), 30);
        assert_eq!(secs(640), 50);
        assert_eq!(secs(6000), 60);
    }

    #[test]
    fn a_wait_of_ten_minutes_needs_far_fewer_looks_than_one_every_three_seconds() {
        let (usual, pace) = (Usual::secs(300, 600), Pace::default());
        let (mut elapsed, mut looks) = (Duration::ZERO, 0);
        while elapsed < 10 * MINUTE {
            elapsed += pace.next(usual, elapsed);
            looks += 1;
        }
        assert!(looks <= 20, "{looks} looks");
    }

    #[test]
    fn back_off_doubles_up_to_the_longest_pause() {
        let pace = Pace::default();
        let secs: Vec<u64> =
            [0, 1, 2, 3, 4, 40].map(|failures| pace.back_off(failures).as_secs()).into();
        assert_eq!(secs, [5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn spread_stays_within_a_tenth_and_differs_between_links() {
        let pauses: Vec<Duration> = (0..50)
            .map(|n| {
                let link: LinkId = format!("link-{n}").parse().unwrap();
                Pace::spread(MINUTE, &link, Duration::ZERO)
            })
            .collect();
        for pause in &pauses {
            assert!((54_000..=66_000).contains(&pause.as_millis()), "{pause:?}");
        }
        assert!(pauses.iter().any(|pause| pause != &pauses[0]));
    }
}
