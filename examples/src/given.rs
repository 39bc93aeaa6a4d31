//! Which options were given, so that none is ignored.

use std::collections::BTreeSet;
use std::error::Error;

use lexopt::Arg;

use crate::options::Common;

/// The options that were given.
#[derive(Debug, Default)]
pub struct Given(BTreeSet<String>);

impl Given {
    /// Remembers an option.
    pub fn note(&mut self, argument: &Arg<'_>) {
        if let Arg::Long(name) = argument {
            self.0.insert((*name).to_owned());
        }
    }

    fn among<'a>(&self, names: &[&'a str]) -> Option<&'a str> {
        names.iter().find(|&&name| self.0.contains(name)).copied()
    }

    /// Refuses what would be ignored: the options `own`, which describe a link, and `--service`
    /// beside `--spec`; those and what the real clouds alone take on simulated ones, and the options
    /// `simulated` on the real ones.
    ///
    /// # Errors
    ///
    /// A sentence about the first of them.
    pub fn check(
        &self,
        common: &Common,
        own: &[&str],
        simulated: &[&str],
    ) -> Result<(), Box<dyn Error>> {
        if self.0.contains("spec") {
            if let Some(name) = self.among(own).or(self.among(&["service"])) {
                return Err(format!(
                    "--{name} and --spec exclude each other: the file says all of the link"
                )
                .into());
            }
        }
        if common.live {
            if let Some(name) = self.among(simulated) {
                return Err(format!("--{name} is for simulated clouds; see --help").into());
            }
            return Ok(());
        }
        if let Some(name) = self.among(own) {
            return Err(format!(
                "--{name} needs --backend live; a link of your own on simulated clouds is described \
                 in a file, see --spec"
            )
            .into());
        }
        match self.among(&["teardown", "speed", "verify"]) {
            Some(name) => Err(format!("--{name} needs --backend live; see --help").into()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_exclude_each_other_are_refused() {
        const LIVE: &str = "live";
        let table = [
            (&["spec", "json"][..], None),
            (&["spec", LIVE, "teardown", "speed"], None),
            (&["link", LIVE], None),
            (&["service"], None),
            (&["spec", "link"], Some("--link and --spec exclude each other")),
            (&["spec", "link", LIVE], Some("--link and --spec exclude each other")),
            (&["spec", "service"], Some("--service and --spec exclude each other")),
            (&["link"], Some("--link needs --backend live")),
            (&["service", LIVE], Some("--service is for simulated clouds")),
            (&["spec", "grace", LIVE], Some("--grace is for simulated clouds")),
            (&["teardown"], Some("--teardown needs --backend live")),
            (&["verify"], Some("--verify needs --backend live")),
            (&["spec", "speed"], Some("--speed needs --backend live")),
        ];
        for (names, expected) in table {
            let mut given = Given::default();
            for name in names {
                given.note(&Arg::Long(name));
            }
            let common = Common { live: names.contains(&LIVE), ..Common::default() };
            let refused = given.check(&common, &["addon", "link"], &["service", "grace"]);
            match (refused.map_err(|error| error.to_string()), expected) {
                (Ok(()), None) => {}
                (Err(said), Some(expected)) if said.starts_with(expected) => {}
                (other, _) => panic!("{names:?}: {other:?}"),
            }
        }
    }
}
