//! Data under the customer's own key: made, moved, shut off and brought back.
//!
//! ```sh
//! cargo run --example encryption -- create | migrate | status | disable | enable | inventory
//! cargo run --example encryption -- create --spec examples/specs/encryption.toml
//! ```
//!
//! The clouds are simulated, so that half an hour takes no time, and every run begins anew, unless
//! `--backend live` says otherwise: then they are the real ones.

#[cfg(feature = "live")]
mod live;
mod simulated;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use heroku_data_link::encryption::{EncryptionOutput, EncryptionSpec};
use heroku_data_link::key_access::{Consequences, KeyAccessSpec};
use heroku_data_link::model::{
    AddonName, AddonRef, AppName, DataService, InvalidValue, KeyArn, LinkId, LinkKind, PlanName,
};
use heroku_data_link_examples::documents::{self, DocumentError};
use heroku_data_link_examples::given::Given;
use heroku_data_link_examples::options::{Common, HELP_OF_LIVE};
use heroku_data_link_examples::{exit_code, say};

const HELP: &str = "\
Data under your own KMS key, on simulated clouds or on the real ones.

usage: cargo run --example encryption -- COMMAND [options]

  create      make a key, and an add-on under it
  migrate     move the data of an add-on without a key to one under a key
  status      look at what was made, and at what somebody changed
  disable     say what disabling the key comes to; with --confirm KEY, do it and watch
  enable      bring back what was stopped; with --within-grace, before it was stopped
  inventory   which add-ons of which apps use which key

  --service kvs|kafka|postgres   which data service (default: kvs)
  --confirm KEY                  the ARN or the id of the key to disable
  --within-grace                 enable the key five minutes after it was disabled
  --plan-only                    print plan and IAM policy, change nothing
  --json                         create and migrate: print one JSON document instead of text
  --help                         print this

for a link of your own, on simulated clouds with their names and on the real ones:
  --spec FILE                    all of its spec, in JSON or TOML: see examples/specs; for disable and
                                 enable one of key-access

for a link of your own on the real clouds, without a file:
  --link NAME                    your name for the link, which marks the key that it makes
  --app APP                      create, migrate, status: the app that owns the add-on
  --plan PLAN                    its service and plan, such as heroku-redis:private-7
  --addon NAME                   its name, unique on all of Heroku
  --from ADDON                   migrate: the add-on whose data it begins with
  --key KEY                      disable, enable: the ARN of the key
";

/// What describes a link, and is in its spec too.
const OWN: [&str; 6] = ["link", "app", "plan", "addon", "from", "key"];

type Done = Result<(), Box<dyn Error>>;

#[derive(Clone, Copy)]
enum Command {
    Create,
    Migrate,
    Status,
    Disable,
    Enable,
    Inventory,
}

struct Options {
    command: Command,
    common: Common,
    service: DataService,
    confirm: Option<String>,
    within_grace: bool,
    spec: Option<EncryptionSpec>,
    access: Option<KeyAccessSpec>,
    link: Option<LinkId>,
    app: Option<AppName>,
    plan: Option<PlanName>,
    addon: Option<AddonName>,
    from: Option<AddonRef>,
    key: Option<KeyArn>,
}

fn options() -> Result<Option<Options>, Box<dyn Error>> {
    use lexopt::prelude::*;
    let mut named = None;
    let mut options = Options {
        command: Command::Inventory,
        common: Common::default(),
        service: DataService::KeyValueStore,
        confirm: None,
        within_grace: false,
        spec: None,
        access: None,
        link: None,
        app: None,
        plan: None,
        addon: None,
        from: None,
        key: None,
    };
    let mut spec: Option<PathBuf> = None;
    let mut given = Given::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        given.note(&argument);
        match argument {
            Long("spec") => spec = Some(parser.value()?.into()),
            Long("service") => options.service = parser.value()?.parse()?,
            Long("confirm") => options.confirm = Some(parser.value()?.string()?),
            Long("within-grace") => options.within_grace = true,
            Long("link") => options.link = Some(parser.value()?.parse()?),
            Long("app") => options.app = Some(parser.value()?.parse()?),
            Long("plan") => options.plan = Some(parser.value()?.parse()?),
            Long("addon") => options.addon = Some(parser.value()?.parse()?),
            Long("from") => options.from = Some(parser.value()?.parse()?),
            Long("key") => options.key = Some(parser.value()?.parse()?),
            Long("help") | Short('h') => return Ok(None),
            Long(other) => {
                let other = other.to_owned();
                options.common.take(&other, &mut parser)?;
            }
            Value(word) if named.is_none() => {
                named = Some(match word.string()?.as_str() {
                    "create" => Command::Create,
                    "migrate" => Command::Migrate,
                    "status" => Command::Status,
                    "disable" => Command::Disable,
                    "enable" => Command::Enable,
                    "inventory" => Command::Inventory,
                    other => return Err(InvalidValue::new("command", other, "see --help").into()),
                });
            }
            _ => return Err(argument.unexpected().into()),
        }
    }
    options.command = named.ok_or("a command is missing; see --help")?;
    given.check(&options.common, &OWN, &["service", "within-grace"])?;
    if let Some(file) = spec {
        options.read(&file)?;
    }
    Ok(Some(options))
}

impl Options {
    /// The spec that the command is about.
    fn read(&mut self, file: &Path) -> Done {
        match self.command {
            Command::Create | Command::Migrate | Command::Status => {
                let spec: EncryptionSpec = documents::spec(file, LinkKind::Encryption)?;
                let problem = match (self.command, &spec.migration) {
                    (Command::Create, Some(_)) => Some("it has a `migration`: that is for migrate"),
                    (Command::Migrate, None) => Some("it has no `migration`, which migrate needs"),
                    (_, _) => None,
                };
                if let Some(problem) = problem {
                    return Err(DocumentError::of(file, problem).into());
                }
                self.spec = Some(spec);
            }
            Command::Disable | Command::Enable => {
                self.access = Some(documents::spec(file, LinkKind::KeyAccess)?);
            }
            Command::Inventory => {
                return Err("inventory is of all links, and takes no --spec".into());
            }
        }
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Done {
    let Some(options) = options()? else {
        say(&format!("{HELP}\n{HELP_OF_LIVE}\n"));
        return Ok(());
    };
    if options.common.live { live(&options).await } else { simulated::run(&options).await }
}

#[cfg(feature = "live")]
use live::run as live;

#[cfg(not(feature = "live"))]
fn live(_: &Options) -> std::future::Ready<Done> {
    std::future::ready(Err(heroku_data_link_examples::without_live("encryption")))
}

/// The spec with somebody's yes to the consequences: that of the command line, or its own. Without
/// one, what to do is said.
fn confirmed(
    spec: KeyAccessSpec,
    consequences: &Consequences,
    options: &Options,
) -> Result<Option<KeyAccessSpec>, Box<dyn Error>> {
    match &options.confirm {
        Some(named) => Ok(Some(spec.confirmed(consequences.confirm(named)?))),
        None if spec.confirmation.is_some() => Ok(Some(spec)),
        None => {
            println!("nothing was changed; to do it: disable --confirm {}", spec.key);
            Ok(None)
        }
    }
}

fn print(output: &EncryptionOutput) {
    println!("\nadd-on         {} of app {}", output.addon, output.app);
    println!("key            {}", output.key);
    if let Some(alias) = &output.alias {
        println!("alias          {alias}");
    }
    if let Some(rotation) = output.rotation {
        println!("rotated every  {rotation}");
    }
    if let Some(old) = &output.replaced {
        let kept: Vec<_> = old.attachments.iter().map(ToString::to_string).collect();
        println!("old add-on     {}, attached as {}", old.addon, kept.join(", "));
    }
}
