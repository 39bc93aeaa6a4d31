//! A link that is in sync, and a probe report from inside the VPC that proves it.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use heroku_data_link::model::InvalidValue;
use heroku_data_link::peering::PeeringOutput;
use heroku_data_link::privatelink::PrivateLinkOutput;
use heroku_data_link::reconcile::{Clock, Driver, SystemClock, Verified, Workflow, timestamp};
use heroku_data_link_probe::{NotProved, Peered, ProbeReport, prove, prove_apps};
use serde::Serialize;
use serde_json::json;

use crate::documents::{self, DocumentError};

/// The part of a help text that is about these options.
pub const HELP: &str = "  --probe-report FILE            when the link is verified, also prove it by what
                                 `heroku-data-link-probe --json` printed inside the VPC; - is standard
                                 input
  --probe-report-age SECONDS     how old that may be (default: 3600)";

/// How old a report may be, unless told otherwise.
const OLDEST: Duration = Duration::from_secs(3600);

/// What the command line says of a report.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// The report.
    pub report: Option<ProbeReport>,
    /// How old it may be.
    pub oldest: Option<Duration>,
    /// The apps that it must have, behind a peering.
    pub apps: Vec<String>,
}

impl Proof {
    /// Reads the report of a file, or of standard input where that is `-`.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is longer than 1 MiB, or is no probe report.
    pub fn read(&mut self, file: &Path) -> Result<(), DocumentError> {
        let text = documents::text(file)?;
        // The place is enough: what stands there may be anything.
        let report = serde_json::from_str(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let problem = format!(
                "it is not what `heroku-data-link-probe --json` prints: see line {line}, column {column}"
            );
            DocumentError::of(file, &problem)
        })?;
        self.report = Some(report);
        Ok(())
    }

    /// Reads the age of `--probe-report-age`.
    ///
    /// # Errors
    ///
    /// When it is no number of seconds.
    pub fn read_age(&mut self, seconds: &str) -> Result<(), InvalidValue> {
        let rule = "it must be a whole number of seconds";
        let read = seconds.parse();
        let read =
            read.map_err(|_| InvalidValue::new("value of --probe-report-age", seconds, rule))?;
        self.oldest = Some(Duration::from_secs(read));
        Ok(())
    }

    /// Refuses what would be ignored.
    ///
    /// # Errors
    ///
    /// When there is an age without a report.
    pub fn check(&self) -> Result<(), Box<dyn Error>> {
        if self.report.is_none() && (self.oldest.is_some() || !self.apps.is_empty()) {
            return Err("--probe-report-age and the apps of a report need --probe-report".into());
        }
        Ok(())
    }

    /// When the link was proved, where a report is given.
    ///
    /// # Errors
    ///
    /// When the report does not prove it.
    pub fn of(
        &self,
        link: &impl Provable,
        now: SystemTime,
    ) -> Result<Option<SystemTime>, NotProved> {
        let Some(report) = &self.report else { return Ok(None) };
        let oldest = self.oldest.unwrap_or(OLDEST);
        link.proved_by(report, &self.apps, now, oldest).map(Some)
    }
}

/// What an established link gives, and a report can prove.
pub trait Provable: Serialize {
    /// When the report was made, if it proves the link.
    ///
    /// # Errors
    ///
    /// When it does not.
    fn proved_by(
        &self,
        report: &ProbeReport,
        apps: &[String],
        now: SystemTime,
        oldest: Duration,
    ) -> Result<SystemTime, NotProved>;
}

impl Provable for PrivateLinkOutput {
    fn proved_by(
        &self,
        report: &ProbeReport,
        _: &[String],
        now: SystemTime,
        oldest: Duration,
    ) -> Result<SystemTime, NotProved> {
        prove(self, report, now, oldest)
    }
}

impl Provable for PeeringOutput {
    fn proved_by(
        &self,
        report: &ProbeReport,
        apps: &[String],
        now: SystemTime,
        oldest: Duration,
    ) -> Result<SystemTime, NotProved> {
        prove_apps(apps, &self.blocks(), report, now, oldest)
    }
}

/// What is said of a link that is in sync.
pub fn sentence(proved: Option<SystemTime>) -> String {
    match proved {
        None => "nothing drifted".to_owned(),
        Some(at) => format!("in sync, and proved from inside at {}", timestamp(at)),
    }
}

/// Looks whether a link is in sync, changes nothing, and proves it where a report is given.
///
/// # Errors
///
/// When it drifted, or the report does not prove it.
pub async fn verify<W>(
    workflow: W,
    clock: Arc<dyn Clock>,
    json: bool,
    proof: &Proof,
    print: impl FnOnce(&W::Output),
) -> Result<(), Box<dyn Error>>
where
    W: Workflow<Output: Provable>,
{
    match Driver::new(workflow, clock).verify().await? {
        Verified::InSync(output) => {
            // The machine's clock, as that of the probe is another machine's.
            let proved = proof.of(&output, SystemClock.now())?;
            if json {
                let at = proved.map(timestamp);
                println!("{:#}", json!({ "in-sync": true, "proved-at": at, "output": output }));
            } else {
                print(&output);
                println!("verified       {}", sentence(proved));
            }
            Ok(())
        }
        Verified::Drifted(plan) => {
            if json {
                println!("{:#}", json!({ "in-sync": false, "plan": plan }));
            } else {
                plan.open_steps().for_each(|step| print!("{step}"));
            }
            Err("the link is not as its spec wants it".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use heroku_data_link::model::DataService;
    use heroku_data_link::privatelink::{PrivateLinkSpec, PrivateLinkWorkflow};
    use heroku_data_link_mock::World;

    use super::*;

    /// What the probe prints of a host, at this time.
    fn document(host: &str, at: u64, failure: &str) -> String {
        format!(
            r#"{{ "at": {at}, "passed": true, "service": "key-value-store", "tls": "unverified",
                "version": "later", "hosts": [{{ "host": "{host}:6379", "stages": [
                {{ "stage": "hello", "took-micros": 1, "failure": {failure} }}] }}] }}"#
        )
    }

    fn proof(text: &str) -> Proof {
        Proof { report: Some(serde_json::from_str(text).unwrap()), ..Proof::default() }
    }

    #[tokio::test]
    async fn a_link_is_verified_and_proved() {
        let (world, site) = World::of_the_procedures(DataService::KeyValueStore);
        let spec = PrivateLinkSpec::new("demo".parse().unwrap(), site.addon, site.vpc);
        let workflow = || PrivateLinkWorkflow::new(spec.clone(), world.heroku(), world.aws());
        let check =
            async |proof: &Proof| verify(workflow(), world.clock(), false, proof, |_| {}).await;
        let refused = check(&Proof::default()).await.unwrap_err().to_string();
        assert_eq!(refused, "the link is not as its spec wants it");

        let link = Driver::new(workflow(), world.clock()).establish().await.unwrap();
        check(&Proof::default()).await.unwrap();
        let host = link.connections[0].url.hosts()[0].host().to_owned();
        let now = SystemClock.now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        check(&proof(&document(&host, now, "null"))).await.unwrap();
        for (text, expected) in [
            (document(&host, now - 3700, "null"), "longer ago than 3600 s"),
            (document("other.example", now, "null"), "which is not of this link"),
            (
                document(&host, now, r#"{ "code": "wrong-password" }"#),
                "does not accept the password",
            ),
        ] {
            let error = check(&proof(&text)).await.unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert!(error.downcast_ref::<NotProved>().is_some_and(|it| !it.remedy().is_empty()));
        }
        let mut patient = proof(&document(&host, now - 3700, "null"));
        patient.read_age("7200").unwrap();
        check(&patient).await.unwrap();
    }

    #[test]
    fn what_is_no_report_is_refused_and_not_repeated() {
        let folder = std::env::temp_dir();
        let file = folder.join(format!("heroku-data-link-report-{}.json", std::process::id()));
        let long = " ".repeat((1 << 20) + 1);
        let damaged = r#"{ "at": 1, "service": "hunter2" }"#;
        for (text, expected) in [
            ("", "line 1, column 0"),
            ("hunter2", "it is not what `heroku-data-link-probe --json` prints"),
            (damaged, "it is not what `heroku-data-link-probe --json` prints"),
            (
                &document("hunter2@h", 1, "null"),
                "it is not what `heroku-data-link-probe --json` prints",
            ),
            (&long, "it is longer than 1 MiB"),
        ] {
            std::fs::write(&file, text).unwrap();
            let refused = Proof::default().read(&file).unwrap_err().to_string();
            assert!(refused.contains(expected) && !refused.contains("hunter2"), "{refused}");
        }
        std::fs::write(&file, document("host", 1, "null")).unwrap();
        let mut proof = Proof::default();
        proof.read(&file).unwrap();
        assert!(proof.report.is_some() && proof.check().is_ok());
        std::fs::remove_file(&file).unwrap();
        let mut proof = Proof::default();
        assert!(proof.read(&file).is_err());
        assert!(proof.read_age("-1").is_err() && proof.read_age("1h").is_err());
        proof.read_age("60").unwrap();
        assert!(proof.check().is_err());
    }

    #[test]
    fn what_is_said() {
        assert_eq!(sentence(None), "nothing drifted");
        let said = "in sync, and proved from inside at 1970-01-01T00:00:00Z";
        assert_eq!(sentence(Some(UNIX_EPOCH)), said);
    }
}
