//! A server on a thread of its own, where a panic is counted and a hang does not stop the test.

use std::cell::RefCell;
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Once};
use std::thread;
use std::time::Duration;

use heroku_data_link_mock::{ServeOptions, Server, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use super::request::Request;

/// A machine that is busy with other things takes seconds; a hang takes for ever.
const AT_MOST: Duration = Duration::from_secs(20);
/// `HTTP/1.1 200`
const STATUS_LINE: usize = 12;

thread_local! {
    /// Panics of tasks on this thread, if it is a server's.
    static PANICS: RefCell<Option<Arc<AtomicUsize>>> = const { RefCell::new(None) };
}

/// Counts the panics of this thread from now on, on whatever task and whoever catches them.
fn count_panics(counter: Arc<AtomicUsize>) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let former = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICS.with_borrow(|counter| {
                if let Some(counter) = counter {
                    counter.fetch_add(1, Ordering::SeqCst);
                }
            });
            former(info);
        }));
    });
    PANICS.set(Some(counter));
}

enum Order {
    /// A server of a new world.
    Anew,
    Panic,
    Hang,
}

pub(super) struct Watched {
    orders: UnboundedSender<Order>,
    done: Receiver<String>,
    client: Runtime,
    panics: Arc<AtomicUsize>,
    at_most: Duration,
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

impl Watched {
    pub(super) fn start() -> Self {
        Self::patient(AT_MOST)
    }

    /// One that takes whatever lasts longer for a hang.
    pub(super) fn patient(at_most: Duration) -> Self {
        let panics = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&panics);
        let (orders, mut ordered) = unbounded_channel();
        let (tell, done) = channel();
        let serve = async move {
            // The server of the last order.
            let mut _served = None;
            while let Some(order) = ordered.recv().await {
                match order {
                    Order::Anew => {
                        let world = World::of_all_procedures;
                        let server = Server::of(world, ServeOptions::default()).await.unwrap();
                        let address = server.url().trim_start_matches("http://").to_owned();
                        _served = Some(server);
                        tell.send(address).unwrap();
                    }
                    Order::Panic => {
                        let task = tokio::spawn(async { panic!("on purpose") });
                        assert!(task.await.is_err());
                        tell.send(String::new()).unwrap();
                    }
                    Order::Hang => thread::park(),
                }
            }
        };
        thread::spawn(|| {
            count_panics(counter);
            runtime().block_on(serve);
        });
        Self { orders, done, client: runtime(), panics, at_most }
    }

    /// How many tasks of the server have panicked so far.
    pub(super) fn panics(&self) -> usize {
        self.panics.load(Ordering::SeqCst)
    }

    /// The statuses of the answers, of which 0 is none; afterwards the server answers as ever.
    pub(super) fn run(&self, requests: &[Request]) -> Result<Vec<u16>, String> {
        let address = self.order(Order::Anew)?;
        let exchange = async |bytes, is_broken| {
            let talk = timeout(self.at_most, exchange(&address, bytes, is_broken)).await;
            talk.map_err(|_| "the server hangs".to_owned())?
        };
        self.client.block_on(async {
            let mut statuses = Vec::new();
            for request in requests {
                statuses.push(exchange(&request.bytes, request.is_broken()).await?);
            }
            let good = b"GET /__world HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            match exchange(&good[..], false).await? {
                200 => Ok(statuses),
                status => Err(format!("the server answers {status} to a good request")),
            }
        })
    }

    pub(super) fn panic(&self) {
        self.order(Order::Panic).unwrap();
    }

    /// From now on the server does nothing any more.
    pub(super) fn hang(&self) {
        self.orders.send(Order::Hang).unwrap();
    }

    fn order(&self, order: Order) -> Result<String, String> {
        self.orders.send(order).map_err(|_| "the server's thread has ended".to_owned())?;
        self.done.recv_timeout(self.at_most).map_err(|error| format!("no server: {error}"))
    }
}

/// Sends bytes, and reads until the server ends the connection. Ends the sending side once an
/// answer has come, or at once where none may come; a server may leave the latter without one.
async fn exchange(address: &str, bytes: &[u8], is_broken: bool) -> Result<u16, String> {
    let lost = |error| format!("no connection: {error}");
    let mut stream = TcpStream::connect(address).await.map_err(lost)?;
    let mut answer = Vec::new();
    // A server that has heard enough may refuse the rest.
    let sent = stream.write_all(bytes).await;
    while sent.is_ok() && !is_broken && answer.len() < STATUS_LINE {
        if stream.read_buf(&mut answer).await.unwrap_or(0) == 0 {
            break;
        }
    }
    let _ = stream.shutdown().await;
    let _ = stream.read_to_end(&mut answer).await;
    let status = answer.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.get(..3));
    let status = status.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    Ok(status.unwrap_or(0))
}
