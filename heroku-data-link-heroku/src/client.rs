use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use heroku_data_link::model::Secret;
use heroku_data_link::reconcile::{Clock, SystemClock};
use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;

use crate::budget::Budget;
use crate::credentials::{Environment, NoToken, Token};
use crate::filter::Filter;
use crate::hosts::{Hosts, InvalidHost};
use crate::tls;

/// What a connection may take; Heroku's routers answer within a second.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// What a whole call may take; Heroku's own router gives up after 30 seconds.
const CALL_TIMEOUT: Duration = Duration::from_secs(35);

/// How long an unused connection is kept: less than Heroku's router does, as a request on one that
/// was just closed fails, and a failed creation has to be looked for.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The real Heroku: every provider trait of Heroku's side, over HTTPS.
///
/// A clone is cheap, and shares the connections and the rate budget.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) http: reqwest::Client,
    pub(crate) hosts: Hosts,
    pub(crate) token: Token,
    pub(crate) filter: Arc<Filter>,
    pub(crate) authorization: HeaderValue,
    pub(crate) two_factor: Option<HeaderValue>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) call_timeout: Duration,
    pub(crate) platform_budget: Budget,
    pub(crate) data_budget: Budget,
}

/// How a [`Client`] is made.
#[derive(Clone)]
pub struct Builder {
    token: Token,
    hosts: Hosts,
    connect_timeout: Duration,
    call_timeout: Duration,
    two_factor_code: Option<Secret>,
    clock: Arc<dyn Clock>,
}

impl Builder {
    /// A client with this token, for the hosts of production.
    pub fn new(token: Token) -> Self {
        Self {
            token,
            hosts: Hosts::default(),
            connect_timeout: CONNECT_TIMEOUT,
            call_timeout: CALL_TIMEOUT,
            two_factor_code: None,
            clock: Arc::new(SystemClock),
        }
    }

    /// Asks other hosts.
    #[must_use]
    pub fn hosts(mut self, hosts: Hosts) -> Self {
        self.hosts = hosts;
        self
    }

    /// How long connecting, and how long one call from its start to the end of its answer, may
    /// take: 10 and 35 seconds unless set.
    #[must_use]
    pub fn timeouts(mut self, connect: Duration, call: Duration) -> Self {
        self.connect_timeout = connect;
        self.call_timeout = call;
        self
    }

    /// Sends a code of the second factor with every call, for accounts that need one. A code is
    /// soon worthless: make the client when you have it.
    #[must_use]
    pub fn two_factor_code(mut self, code: Secret) -> Self {
        self.two_factor_code = Some(code);
        self
    }

    /// Counts the rate budget by another clock than the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The client. Makes no request.
    ///
    /// # Errors
    ///
    /// When the system has no certificates to check servers with, or the code of the second factor
    /// is no header value.
    pub fn build(self) -> Result<Client, BuildError> {
        let secret = self.token.secret().expose();
        let authorization = sensitive(&format!("Bearer {secret}"), "the token")?;
        let code = self.two_factor_code.as_ref().map(Secret::expose);
        let two_factor =
            code.map(|code| sensitive(code, "the code of the second factor")).transpose()?;
        // Both hosts have one scheme, and plain http passes for loopback only.
        let clear_text = self.hosts.api().scheme() == "http";
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("heroku-data-link/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(IDLE_TIMEOUT)
            // The token must not follow a redirect, and no call is made twice.
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .tls_backend_preconfigured(tls::config(clear_text)?);
        if clear_text {
            // A proxy would see the token, and has no way to this machine's loopback anyway.
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| BuildError::Http(error.without_url()))?;
        let filter = Filter::new(self.token.secret(), self.two_factor_code.as_ref());
        Ok(Client {
            inner: Arc::new(Inner {
                http,
                hosts: self.hosts,
                token: self.token,
                filter: Arc::new(filter),
                authorization,
                two_factor,
                clock: self.clock,
                call_timeout: self.call_timeout,
                platform_budget: Budget::new(),
                data_budget: Budget::new(),
            }),
        })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("hosts", &self.hosts)
            .field("connect_timeout", &self.connect_timeout)
            .field("call_timeout", &self.call_timeout)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// How to make a client.
    pub fn builder(token: Token) -> Builder {
        Builder::new(token)
    }

    /// A client as the official CLI would be on this machine: `HEROKU_HOST`, `HEROKU_DATA_HOST`,
    /// and the token of `HEROKU_API_KEY`, of the credential store of the OS, or of netrc.
    ///
    /// Reads files, may run a program of the OS, and blocks for as long as that takes.
    ///
    /// # Errors
    ///
    /// When a host is refused, when no token is found (the error names every place tried), and as
    /// [`Builder::build`] says.
    pub fn from_env() -> Result<Self, BuildError> {
        Self::from_environment(&Environment::real())
    }

    /// The same with another environment than the process's.
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env) says.
    pub fn from_environment(environment: &Environment) -> Result<Self, BuildError> {
        let host = |name| environment.var(name).map(Secret::expose);
        let hosts =
            Hosts::from_vars(host(crate::hosts::API_VARIABLE), host(crate::hosts::DATA_VARIABLE))?;
        let token = Token::discover(environment, &hosts)?;
        Builder::new(token).hosts(hosts).build()
    }

    /// The hosts that this client asks.
    pub fn hosts(&self) -> &Hosts {
        &self.inner.hosts
    }

    /// Where the token comes from.
    pub fn token(&self) -> &Token {
        &self.inner.token
    }

    /// The requests that the account has left on the Platform API by now, as far as replies have
    /// told (`RateLimit-Remaining`), with what is refilled since.
    pub fn requests_left(&self) -> Option<u32> {
        self.inner.platform_budget.remaining(self.inner.clock.uptime())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("hosts", &self.inner.hosts).finish_non_exhaustive()
    }
}

fn sensitive(text: &str, what: &'static str) -> Result<HeaderValue, BuildError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| BuildError::NotAHeader(what))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Why there is no [`Client`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A variable names a host that the token must not go to.
    #[error(transparent)]
    Host(#[from] InvalidHost),
    /// No token was found.
    #[error(transparent)]
    Token(#[from] NoToken),
    /// A secret has characters that a header cannot carry.
    #[error("{0} has characters that cannot be sent")]
    NotAHeader(&'static str),
    /// The system's certificates cannot be read.
    #[error("the system has no certificates to check Heroku's with; install ca-certificates")]
    Certificates(#[source] rustls::Error),
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made")]
    Http(#[source] reqwest::Error),
}
