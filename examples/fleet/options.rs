//! What the command line says.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};

use heroku_data_link::model::{InvalidValue, LinkId, SpaceName, TargetName, VpcId};
use heroku_data_link_examples::options::Common;

pub(crate) const HELP: &str = "\
Works all links of a file: on simulated clouds, or on the real ones.

usage: cargo run --example fleet -- COMMAND FILE [options]

  plan        print what would have to happen, change nothing
  apply       establish every link, and mend what has drifted
  check       look at every link, change nothing; status 0: in sync, 2: not, 1: could not tell
  destroy     tear down every link
  discover    print the links that exist in the accounts of the file
  import      print links for what was made by hand, for the file to adopt
  policy      print the least IAM policy for all links, for each target
  preflight   ask AWS which IAM actions are missing, change nothing
  schema      print the JSON Schema of the file, for editors (takes no FILE)
  drift LINK  on simulated clouds: somebody deletes what a link made
  rotate LINK on simulated clouds: somebody rotates the credentials of a link's add-on

FILE is TOML or JSON; examples/fleet.toml is one.

  --script LINK     with plan: print what is left to do for a link as a bash script of the official clients
  --prune           with apply: then tear down links that exist and are not in the file
  --target NAME     with import: the target to look in
  --vpc VPC         with import: the VPC to look in; several may be named
  --space SPACE     with import: a space that may be peered with it; several may be named
  --json            print one JSON document instead of text
  --audit FILE      append every call and what came of it to this file, as lines of JSON
  --results FILE    with apply and destroy: write what came of each link, without secrets
  --memory FOLDER   where each link's memory is kept (default: beside FILE, as FILE.memory)
  --backend live    the real clouds: Heroku of HEROKU_API_KEY or netrc, AWS of the targets' profiles and
                    roles; needs `--features live`
  --speed N         with --backend live: the clouds are simulated and N times as fast as real ones
  --help            print this
";

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// With a link: its plan alone, as a script.
    Plan {
        script: Option<LinkId>,
    },
    Apply {
        prune: bool,
    },
    Check,
    Destroy,
    Discover,
    Import {
        target: TargetName,
        vpcs: BTreeSet<VpcId>,
        spaces: Vec<SpaceName>,
    },
    Policy,
    Preflight,
    Schema,
    Drift(LinkId),
    Rotate(LinkId),
}

impl Command {
    /// Whether it changes the clouds, which two runs must not do at once.
    pub(crate) fn changes(&self) -> bool {
        match self {
            Self::Apply { .. } | Self::Destroy | Self::Drift(_) | Self::Rotate(_) => true,
            Self::Plan { .. }
            | Self::Check
            | Self::Discover
            | Self::Import { .. }
            | Self::Policy
            | Self::Preflight
            | Self::Schema => false,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) common: Common,
    pub(crate) command: Command,
    pub(crate) file: PathBuf,
    pub(crate) audit: Option<PathBuf>,
    pub(crate) results: Option<PathBuf>,
    pub(crate) memory: PathBuf,
}

impl Options {
    /// Where the fleet's file is, and what its links deliver to files.
    pub(crate) fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }
}

pub(crate) fn read() -> Result<Option<Options>, Box<dyn Error>> {
    parse(lexopt::Parser::from_env())
}

fn parse(mut parser: lexopt::Parser) -> Result<Option<Options>, Box<dyn Error>> {
    use lexopt::prelude::*;
    let (mut words, mut prune, mut common) = (Vec::new(), false, Common::default());
    let (mut target, mut vpcs, mut spaces) = (None, BTreeSet::new(), Vec::new());
    let mut script = None;
    let (mut audit, mut results, mut memory) = (None, None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Value(word) => words.push(word),
            Long("prune") => prune = true,
            Long("script") => script = Some(parser.value()?.parse::<LinkId>()?),
            Long("target") => target = Some(parser.value()?.parse::<TargetName>()?),
            Long("vpc") => drop(vpcs.insert(parser.value()?.parse::<VpcId>()?)),
            Long("space") => spaces.push(parser.value()?.parse::<SpaceName>()?),
            Long("audit") => audit = Some(parser.value()?.into()),
            Long("results") => results = Some(parser.value()?.into()),
            Long("memory") => memory = Some(PathBuf::from(parser.value()?)),
            Long(name @ ("backend" | "json" | "speed")) => {
                let name = name.to_owned();
                common.take(&name, &mut parser)?;
            }
            Long("help") | Short('h') => return Ok(None),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let mut words = words.into_iter();
    let command = words.next().ok_or("name a command and the FILE of a fleet; see --help")?;
    let command = command.to_string_lossy().into_owned();
    let mut file = words.next();
    let command = match command.as_str() {
        "plan" => Command::Plan { script },
        "apply" => Command::Apply { prune },
        "check" => Command::Check,
        "destroy" => Command::Destroy,
        "discover" => Command::Discover,
        "import" => match (target, vpcs.is_empty()) {
            (Some(target), false) => Command::Import { target, vpcs, spaces },
            (None, _) | (_, true) => {
                return Err("import needs --target and --vpc; see --help".into());
            }
        },
        "policy" => Command::Policy,
        "preflight" => Command::Preflight,
        "schema" => Command::Schema,
        "drift" | "rotate" => {
            // The link comes before the file.
            let link = file.ok_or("name a link and the FILE of a fleet; see --help")?;
            file = words.next();
            let link = link.to_string_lossy().parse()?;
            if command == "drift" { Command::Drift(link) } else { Command::Rotate(link) }
        }
        other => {
            let rule = "see --help";
            return Err(InvalidValue::new("command of this example", other, rule).into());
        }
    };
    if let Some(word) = words.next() {
        let word = word.to_string_lossy().into_owned();
        return Err(InvalidValue::new("known argument", word, "see --help").into());
    }
    if prune && !matches!(command, Command::Apply { .. }) {
        return Err("--prune goes with apply alone".into());
    }
    let file = match (file, &command) {
        (Some(file), _) => PathBuf::from(file),
        (None, Command::Schema) => PathBuf::new(),
        (None, _) => return Err("name the FILE of the fleet, such as examples/fleet.toml".into()),
    };
    let memory = memory.unwrap_or_else(|| file.with_extension("memory"));
    Ok(Some(Options { common, command, file, audit, results, memory }))
}
