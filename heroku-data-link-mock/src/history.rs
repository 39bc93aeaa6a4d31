use std::time::SystemTime;

/// What a resource was, is, and will be if nobody touches it.
///
/// Nothing runs in the background: a change that a cloud makes in its own time is a version dated
/// in the future, and the present is computed from the clock when somebody looks.
#[derive(Debug, Clone)]
pub(crate) struct History<T> {
    /// By time, each valid until the next; `None` is absence.
    versions: Vec<(SystemTime, Option<T>)>,
}

impl<T> History<T> {
    /// There is nothing before `from`.
    pub(crate) fn new(from: SystemTime, value: T) -> Self {
        Self { versions: vec![(from, Some(value))] }
    }

    /// There is nothing, until something is scheduled.
    pub(crate) fn empty() -> Self {
        Self { versions: Vec::new() }
    }

    /// The version at a time.
    pub(crate) fn at(&self, time: SystemTime) -> Option<&T> {
        let next = self.after(time);
        self.versions[..next].last()?.1.as_ref()
    }

    /// Since when it has been there without a gap, at a time at which it is, and since when as it is
    /// then.
    pub(crate) fn dates(&self, time: SystemTime) -> Option<(SystemTime, SystemTime)> {
        let versions = &self.versions[..self.after(time)];
        let life = versions.iter().rev().take_while(|(_, value)| value.is_some());
        let mut times = life.map(|(from, _)| *from);
        let changed = times.next()?;
        Some((times.last().unwrap_or(changed), changed))
    }

    /// The version that all comes to in the end.
    pub(crate) fn last(&self) -> Option<&T> {
        self.versions.last()?.1.as_ref()
    }

    /// A version from `time` on, until the next one that is there already.
    pub(crate) fn schedule(&mut self, time: SystemTime, value: T) {
        self.put(time, Some(value));
    }

    /// A version from `time` on; what was to come is forgotten.
    pub(crate) fn set(&mut self, time: SystemTime, value: T) {
        self.forget(time);
        self.put(time, Some(value));
    }

    /// What was to come after `now` is forgotten.
    pub(crate) fn stay(&mut self, now: SystemTime) {
        let keep = self.after(now);
        self.versions.truncate(keep);
    }

    /// The end, at `time`; what was to come after it is forgotten.
    pub(crate) fn end(&mut self, time: SystemTime) {
        self.forget(time);
        self.put(time, None);
    }

    /// Goes on as another history does, which begins after the end of this one.
    pub(crate) fn append(&mut self, next: Self) {
        for (time, value) in next.versions {
            self.put(time, value);
        }
    }

    /// Changes the present and all that is to come.
    pub(crate) fn update(&mut self, now: SystemTime, mut change: impl FnMut(&mut T))
    where
        T: Clone,
    {
        if let Some(current) = self.at(now).cloned() {
            self.put(now, Some(current));
        }
        let first = self.versions.partition_point(|(from, _)| *from < now);
        self.versions[first..]
            .iter_mut()
            .filter_map(|(_, value)| value.as_mut())
            .for_each(&mut change);
    }

    /// Index of the first version after a time.
    fn after(&self, time: SystemTime) -> usize {
        self.versions.partition_point(|(from, _)| *from <= time)
    }

    fn put(&mut self, time: SystemTime, value: Option<T>) {
        let next = self.after(time);
        match self.versions[..next].last_mut() {
            Some(same) if same.0 == time => same.1 = value,
            _ => self.versions.insert(next, (time, value)),
        }
    }

    fn forget(&mut self, from: SystemTime) {
        let keep = self.versions.partition_point(|(time, _)| *time < from);
        self.versions.truncate(keep);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(secs: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(secs)
    }

    #[test]
    fn a_version_is_valid_until_the_next() {
        let mut history = History::new(at(10), "pending");
        history.schedule(at(30), "gone soon");
        history.schedule(at(20), "available");
        history.end(at(40));
        let seen = [9, 10, 19, 20, 30, 39, 40, 99].map(|secs| history.at(at(secs)).copied());
        let (pending, available, soon) = (Some("pending"), Some("available"), Some("gone soon"));
        assert_eq!(seen, [None, pending, pending, available, soon, soon, None, None]);
        assert_eq!(history.last(), None);
    }

    #[test]
    fn it_dates_from_its_last_beginning() {
        let mut history = History::new(at(10), 1);
        history.end(at(20));
        assert_eq!(history.dates(at(15)), Some((at(10), at(10))));
        assert_eq!(history.dates(at(25)), None);
        history.set(at(30), 2);
        history.set(at(40), 3);
        history.schedule(at(50), 4);
        assert_eq!(history.dates(at(45)), Some((at(30), at(40))));
    }

    #[test]
    fn setting_forgets_the_future_and_keeps_the_past() {
        let mut history = History::new(at(10), 1);
        history.schedule(at(20), 2);
        history.set(at(15), 9);
        assert_eq!(
            [10, 14, 15, 25].map(|secs| history.at(at(secs)).copied()),
            [Some(1), Some(1), Some(9), Some(9)]
        );
    }

    #[test]
    fn an_update_changes_the_present_and_the_future_but_not_the_past() {
        let mut history = History::new(at(10), 1);
        history.schedule(at(20), 2);
        history.end(at(30));
        history.update(at(15), |value| *value += 10);
        history.update(at(15), |value| *value += 100);
        assert_eq!(
            [12, 15, 20, 30].map(|secs| history.at(at(secs)).copied()),
            [Some(1), Some(111), Some(112), None]
        );
    }

    #[test]
    fn an_update_of_what_is_gone_does_nothing() {
        let mut history = History::new(at(10), 1);
        history.end(at(20));
        history.update(at(25), |value| *value = 7);
        assert_eq!(history.at(at(25)), None);
    }
}
