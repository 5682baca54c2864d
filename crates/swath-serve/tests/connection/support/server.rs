//! A server that runs while a test does.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use swath_serve::exchange::{Recorder, Sink};
use swath_serve::limits::Limits;
use swath_serve::server::{Bound, Notices, Server, ServerOptions};
use tokio::sync::oneshot;

use super::PATIENCE;
use super::answers::Answers;
use super::client::Client;
use super::records::Seen;

/// A server that runs until it is stopped or dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
    pub(crate) notices: Arc<Mutex<Vec<String>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

/// Limits short enough to wait for.
pub(crate) fn short() -> Limits {
    Limits {
        head_time: Duration::from_millis(400),
        idle_time: Duration::from_millis(600),
        stalled_write_time: Duration::from_millis(600),
        linger_time: Duration::from_millis(500),
        grace: Duration::from_millis(600),
        ..Limits::default()
    }
}

/// Limits under which nobody is stalled, however busy the machine is.
pub(crate) fn patient() -> Limits {
    Limits { stalled_write_time: Duration::from_secs(600), ..short() }
}

impl Running {
    /// Serves on a free port of the loopback interface.
    pub(crate) fn start(limits: Limits) -> Running {
        Running::with(ServerOptions { limits, ..ServerOptions::default() })
    }

    /// Serves as told; on a free port if nothing else is said.
    pub(crate) fn with(mut options: ServerOptions) -> Running {
        if options.listen.is_empty() && options.inherited.is_empty() {
            options.listen.push("127.0.0.1:0".parse().unwrap());
        }
        let notices = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&notices);
        options.notices = Notices::to(move |notice| told.lock().unwrap().push(notice.to_string()));
        options.threads = options.threads.or(std::num::NonZeroUsize::new(2));
        Running::serve(Server::bind(options).unwrap(), notices)
    }

    fn serve(bound: Bound, notices: Arc<Mutex<Vec<String>>>) -> Running {
        let address = bound.addresses().find_map(|address| address.socket_address());
        let address = address.unwrap_or_else(|| "127.0.0.1:0".parse().unwrap());
        let seen = Arc::new(Seen::default());
        let recorder = Recorder::new(vec![Arc::clone(&seen) as Arc<dyn Sink>], None);
        let answers = Arc::new(Answers { recorder, seen: Arc::clone(&seen) });
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(bound.run(answers, async {
                let _ = stopped.await;
            }))
        });
        Running { address, seen, notices, stop: Some(stop), thread: Some(thread) }
    }

    /// Connects to it.
    pub(crate) fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Client { stream }
    }

    /// Tells it to stop.
    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits until it has stopped, and returns how long that took.
    pub(crate) fn stopped(&mut self) -> Duration {
        let start = Instant::now();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
        start.elapsed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        // A failed test has said why already.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
