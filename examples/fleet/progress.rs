//! Shows what happens to many links: bars on a terminal, lines elsewhere.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use heroku_data_link::model::LinkId;
use heroku_data_link::reconcile::{Clock, Event, Observer};
use heroku_data_link_examples::minutes;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// A display of a fleet, on the error stream.
pub(crate) struct Progress {
    clock: Arc<dyn Clock>,
    started: SystemTime,
    bars: Option<MultiProgress>,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    /// The bar of each link that is under way.
    bars: BTreeMap<LinkId, ProgressBar>,
    /// What was said of each link last.
    last: BTreeMap<LinkId, String>,
    done: usize,
    links: usize,
}

impl Progress {
    pub(crate) fn new(clock: Arc<dyn Clock>, links: usize) -> Self {
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        let shown = Mutex::new(Shown { links, ..Shown::default() });
        Self { started: clock.now(), clock, bars, shown }
    }

    /// What a link's driver tells.
    pub(crate) fn observer(this: &Arc<Self>) -> Arc<dyn Observer> {
        let this = Arc::clone(this);
        Arc::new(move |event: &Event| this.on_event(event))
    }

    /// Leaves nothing on the terminal but what is printed next.
    pub(crate) fn finish(&self) {
        if let Some(bars) = &self.bars {
            let _ = bars.clear();
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says a thing of a link once, however often it is still so.
    fn say(&self, link: &LinkId, text: String, share: Option<(u64, u64)>) {
        let mut shown = self.shown();
        let is_new = shown.last.get(link) != Some(&text);
        let Some(bars) = &self.bars else {
            if is_new {
                let elapsed = self.clock.now().duration_since(self.started).unwrap_or_default();
                eprintln!("{}  {:<20} {text}", minutes(elapsed), link.as_str());
                shown.last.insert(link.clone(), text);
            }
            return;
        };
        let bar = shown.bars.entry(link.clone()).or_insert_with(|| {
            let style = ProgressStyle::with_template("{prefix:20} {bar:20} {wide_msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            bars.add(ProgressBar::new(1).with_style(style).with_prefix(link.to_string()))
        });
        let (at, of) = share.unwrap_or((0, 1));
        bar.set_length(of.max(1));
        bar.set_position(at.min(of));
        bar.set_message(text);
    }

    fn on_event(&self, event: &Event) {
        let link = event.link();
        match event {
            Event::Applied { sentence, .. } => self.say(link, sentence.clone(), None),
            Event::Waiting { what, elapsed, usual, .. } => {
                let share = Some((elapsed.as_secs(), usual.to.as_secs()));
                self.say(link, format!("waiting for {what} (usually {usual})"), share);
            }
            Event::Failed { error, .. } => self.say(link, error.clone(), None),
            Event::Done { .. } => {
                let (bar, count) = {
                    let mut shown = self.shown();
                    shown.done += 1;
                    (shown.bars.remove(link), format!("{} of {}", shown.done, shown.links))
                };
                match (bar, &self.bars) {
                    (Some(bar), Some(bars)) => {
                        bar.finish_and_clear();
                        let _ = bars.println(format!("{link}: done ({count})"));
                    }
                    (_, Some(bars)) => drop(bars.println(format!("{link}: done ({count})"))),
                    (_, None) => self.say(link, "done".to_owned(), None),
                }
            }
            // `Applying` would only repeat what `Applied` says.
            _ => {}
        }
    }
}
