//! The world as an HTTP server, which the clients of both clouds take for the clouds.

mod accept;
mod aws;
mod control;
mod heroku;
mod local;
mod passage;
mod quirks;
mod requests;
mod respond;
mod shared;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use heroku_data_link::model::{AccountId, AwsRegion};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use requests::{Cloud, RequestCount};

use crate::World;
use crate::world::default_caller;
use shared::Shared;

/// The token that the simulated Heroku takes.
pub const TOKEN: &str = "HRKU-00000000-0000-4000-8000-000000000000";
/// The secret key that goes with every access key; signatures are not checked.
pub const SECRET_ACCESS_KEY: &str = "secret-of-the-mock";
/// Results on a page unless the client or [`ServeOptions::page_size`] wants fewer.
const PAGE_SIZE: NonZeroUsize = NonZeroUsize::new(1000).unwrap();
/// The limit of an account on Heroku's Platform API.
const REQUESTS_PER_HOUR: NonZeroU32 = NonZeroU32::new(4500).unwrap();

/// The access key with which AWS takes a client for a user of this account.
///
/// ```
/// let account = "123456789101".parse()?;
/// assert_eq!(heroku_data_link_mock::access_key(&account), "AKIA123456789101MOCK");
/// # Ok::<_, heroku_data_link::model::InvalidValue>(())
/// ```
pub fn access_key(account: &AccountId) -> String {
    format!("AKIA{account}MOCK")
}

/// How a world is served.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// The port on 127.0.0.1; 0 is any free one, and the default.
    pub port: u16,
    /// How many simulated seconds pass in a real one. 0, the default, leaves time to
    /// [`World::clock`] and [`World::advance`].
    pub speed: u32,
    /// The most results on a page, whatever a client asks for: small, to see it turn pages.
    pub page_size: NonZeroUsize,
    /// How many requests the account may make of Heroku's Platform API in a simulated hour, at
    /// the end of which all are there again. 4,500 as on the real one; more, for a fleet.
    pub requests_per_hour: NonZeroU32,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self { port: 0, speed: 0, page_size: PAGE_SIZE, requests_per_hour: REQUESTS_PER_HOUR }
    }
}

/// A world that is being served. Dropping it ends every connection.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl World {
    /// Serves this world on a free port of 127.0.0.1: Heroku's Platform and Data API, EC2, KMS and
    /// STS. Time stands still but for [`World::clock`] and [`World::advance`].
    ///
    /// # Errors
    ///
    /// When there is no free port.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time.
    pub async fn serve(&self) -> io::Result<Server> {
        self.serve_with(ServeOptions::default()).await
    }

    /// The same, on another port, at another speed or in smaller pages.
    ///
    /// # Errors
    ///
    /// When the port is taken.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time.
    pub async fn serve_with(&self, options: ServeOptions) -> io::Result<Server> {
        Server::start(Shared::new(self.clone(), None, &options), &options).await
    }
}

impl Server {
    /// Serves a world that a control route can make anew.
    ///
    /// # Errors
    ///
    /// When the port is taken.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O and time.
    pub async fn of(seed: fn() -> World, options: ServeOptions) -> io::Result<Self> {
        Self::start(Shared::new(seed(), Some(seed), &options), &options).await
    }

    async fn start(shared: Shared, options: &ServeOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(shared);
        let task = tokio::spawn(accept::serve(listener, router(&shared)));
        Ok(Self { address, shared, task })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The world that is served now.
    pub fn world(&self) -> World {
        self.shared.world()
    }

    /// What to set for the clients of both clouds, for a user of the account and region of
    /// [`World::aws`].
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let caller = default_caller();
        self.environment_of(&caller.account, &caller.region)
    }

    /// The same for a user of another account, or in another region.
    pub fn environment_of(
        &self,
        account: &AccountId,
        region: &AwsRegion,
    ) -> Vec<(&'static str, String)> {
        vec![
            ("HEROKU_HOST", self.url()),
            // A host name alone: the official CLI takes scheme and port from HEROKU_HOST.
            ("HEROKU_DATA_HOST", self.address.ip().to_string()),
            ("HEROKU_API_KEY", TOKEN.to_owned()),
            // Where the official CLI asks, beside everything else, whether the account has paid.
            ("HEROKU_PARTICLEBOARD_URL", self.url()),
            ("AWS_ENDPOINT_URL", self.url()),
            // The AWS CLI reads the second alone.
            ("AWS_REGION", region.to_string()),
            ("AWS_DEFAULT_REGION", region.to_string()),
            ("AWS_ACCESS_KEY_ID", access_key(account)),
            ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.to_owned()),
        ]
    }

    /// How many requests came for each operation so far, control routes left out.
    pub fn requests(&self) -> Vec<RequestCount> {
        self.shared.requests()
    }

    /// Ends when the server does: never, unless it is dropped.
    pub async fn wait(&mut self) {
        // An error is a task that was ended.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

/// AWS is at the root, control under `/__world`, and Heroku everywhere else.
fn router(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/", any(aws::answer))
        .with_state(Arc::clone(shared))
        .nest("/__world", control::router(shared))
        .merge(heroku::router(shared))
}
