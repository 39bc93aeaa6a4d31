//! The real clouds, or the simulated clouds' server, and the process around the controllers.

use std::collections::HashMap;
use std::error::Error;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use heroku_data_link::model::AwsRegion;
use heroku_data_link::provider::Clouds;
use heroku_data_link::reconcile::{Clock, SystemClock};
use heroku_data_link_aws::{AssumedRole, Client as Aws, Credentials as AwsKey, Target, Targets};
use heroku_data_link_heroku::{Client as Heroku, Hosts, Token};
use heroku_data_link_operator::{
    Account, Accounts, Credentials, Election, NoAccount, Operator, Settings, serve, work,
};
use kube::{Api, Client};
use tokio::signal::unix::{SignalKind, signal};

use crate::Options;

type Unusable = Box<dyn Error + Send + Sync>;

/// The Lease of this operator.
const LEASE: &str = "heroku-data-link-operator";

/// Works until it is told to stop or loses the lease.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    // The workspace's one provider. Somebody else's would have been installed by this program alone.
    let _ = rustls::crypto::ring::default_provider().install_default();
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let client = Client::try_default().await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let namespace =
        variable("POD_NAMESPACE").unwrap_or_else(|| client.default_namespace().to_owned());
    let identity =
        variable("POD_NAME").unwrap_or_else(|| format!("{LEASE}-{}", std::process::id()));
    let leases = Api::namespaced(client.clone(), &namespace);
    let election = Election::new(leases, LEASE.to_owned(), identity, Arc::clone(&clock));
    let accounts = Arc::new(Live::new());
    let term = Some(election.term());
    let operator = Operator::new(client, accounts, clock, Settings::default(), term);
    let metrics = operator.metrics();
    let answers = tokio::spawn(serve(options.listen, Arc::clone(&metrics)));
    tokio::select! {
        () = election.win() => {}
        () = stopped() => return Ok(()),
        ended = answers => return Ok(ended??),
    }
    metrics.lead(true);
    tracing::info!("the lease is held");
    let ended = tokio::select! {
        () = work(Arc::new(operator), options.namespace.as_deref()) => Err("the controllers ended"),
        () = election.keep() => Err("the lease was lost"),
        // What is under way is dropped, which is what a crash does, and another operator goes on.
        () = stopped() => Ok(()),
    };
    election.resign().await?;
    ended.map_err(Into::into)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|it| !it.is_empty())
}

/// Ready when the kubelet, or somebody at a terminal, wants the program to end.
async fn stopped() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// A client of Heroku for each token, as the budget of requests is the token's; a client of AWS for
/// each credentials, over one pool of connections.
#[derive(Debug)]
struct Live {
    targets: Targets,
    /// Tells tokens apart; not the same in two processes.
    hasher: RandomState,
    tokens: Mutex<HashMap<u64, Arc<Heroku>>>,
}

impl Live {
    fn new() -> Self {
        Self { targets: Targets::new(), hasher: RandomState::new(), tokens: Mutex::default() }
    }

    fn heroku(&self, credentials: &Credentials) -> Result<(u64, Arc<Heroku>), Unusable> {
        let token = credentials.get("HEROKU_API_KEY");
        let budget = self.hasher.hash_one(token);
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = tokens.get(&budget) {
            return Ok((budget, Arc::clone(client)));
        }
        let client = Arc::new(match token {
            None => Heroku::from_env()?,
            Some(token) => {
                let (api, data) = (variable("HEROKU_HOST"), variable("HEROKU_DATA_HOST"));
                let hosts = Hosts::from_vars(api.as_deref(), data.as_deref())?;
                Heroku::builder(Token::new(token)?).hosts(hosts).build()?
            }
        });
        tokens.insert(budget, Arc::clone(&client));
        Ok((budget, client))
    }

    async fn aws(&self, credentials: &Credentials) -> Result<Aws, Unusable> {
        let region = credentials.get("AWS_REGION").map(str::to_owned);
        let region = region.map(|it| it.parse::<AwsRegion>()).transpose()?;
        let role = match credentials.get("AWS_ROLE_ARN") {
            None => None,
            Some(arn) => {
                let role = AssumedRole::new(arn.parse()?);
                let id = credentials.get("AWS_EXTERNAL_ID");
                Some(match id {
                    Some(id) => role.external_id(id),
                    None => role,
                })
            }
        };
        let Some(id) = credentials.get("AWS_ACCESS_KEY_ID") else {
            return Ok(self.targets.client(&Target { region, profile: None, role }).await?);
        };
        let secret = credentials.get("AWS_SECRET_ACCESS_KEY");
        let secret = secret.ok_or("AWS_SECRET_ACCESS_KEY is missing beside AWS_ACCESS_KEY_ID")?;
        let session = credentials.get("AWS_SESSION_TOKEN").map(str::to_owned);
        let key = AwsKey::new(id, secret, session, None, "a Secret of Kubernetes");
        let region = match region {
            Some(region) => region,
            None => variable("AWS_REGION").ok_or("AWS_REGION is missing")?.parse()?,
        };
        let mut client = Aws::builder(region, key);
        if let Some(url) = variable("AWS_ENDPOINT_URL") {
            client = client.endpoint_url(url);
        }
        let client = client.build();
        Ok(match role {
            Some(role) => client.in_role(&role)?,
            None => client,
        })
    }
}

#[async_trait]
impl Accounts for Live {
    async fn open(&self, credentials: &Credentials) -> Result<Account, NoAccount> {
        let (budget, heroku) = self.heroku(credentials).map_err(|it| NoAccount(it.to_string()))?;
        let aws = self.aws(credentials).await.map_err(|it| NoAccount(it.to_string()))?;
        Ok(Account { clouds: Clouds::new(heroku, Arc::new(aws)), budget })
    }
}
