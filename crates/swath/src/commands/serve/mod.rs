//! `swath serve`: in, settings; out, a server that runs until it is told to stop.
//!
//! | room | what it does |
//! |---|---|
//! | `build` | makes store and service or lens, certificate and listeners from settings |
//! | `counted` | counts the connections of the service |
//! | `notices` | what is said at the start |
//! | `signals` | what signals ask for |
//! | `systemd` | sockets from the service manager, and what it is told |

mod build;
mod counted;
mod notices;
mod signals;
mod systemd;

use std::{env, io, pin::Pin, sync::Arc, time::Duration};

use http::HeaderValue;
use swath_serve::{connection::Scrape, inspect::Inspection, metrics, tls::Tls};
use tokio::{runtime, sync::oneshot};

use crate::{
    args::ServeArgs,
    report::{self, Failure},
    settings::{self, ServeSettings},
};

pub(crate) use build::bind_inspector;
use build::{Answers, Built};
use signals::{Asked, Signals};

/// Serves until told to stop.
pub(crate) fn run(args: ServeArgs) -> Result<(), Failure> {
    let (settings, warnings) = settings::gather(args.0, env::vars_os());
    warnings.iter().for_each(report::say);
    let settings = settings.map_err(Failure::Usage)?;
    let inherited = systemd::sockets()?;
    notices::warn(&settings);
    notices::warn_of_origin(&settings);
    let runtime =
        runtime::Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
    let done = runtime.block_on(async {
        let built = build::build(&settings, inherited)?;
        let (log, recording) = (Arc::clone(&built.log), built.recording.clone());
        let done = serve(&settings, built).await;
        // The last records are those of the end itself.
        log.flush();
        recording.iter().for_each(|recording| _ = recording.flush());
        done
    });
    // Whatever is still being read for a response that was cut off is not worth waiting for.
    runtime.shutdown_background();
    done
}

fn failed(error: &io::Error) -> Failure {
    // What can fail here is want of descriptors or threads: one of each for every core, and a few more.
    Failure::Runtime(format!(
        "cannot serve: {error}; allow more open files or threads (ulimit -n and -u, LimitNOFILE=, TasksMax=)"
    ))
}

async fn serve(settings: &ServeSettings, built: Built) -> Result<(), Failure> {
    let mut signals = Signals::take().map_err(|error| failed(&error))?;
    let status = notices::ready(settings, &built);
    systemd::ready(&status);
    if let Some((bound, metrics)) = built.metrics {
        // It serves as long as the process lives: the last figures are the ones of interest.
        let content_type = HeaderValue::from_static(metrics::CONTENT_TYPE);
        let scrape = Scrape::new(content_type, move || metrics.render());
        tokio::spawn(bound.run(Arc::new(scrape), std::future::pending()));
    }
    if let Some((bound, inspector)) = built.inspector {
        tokio::spawn(bound.run(Arc::new(Inspection::new(inspector)), std::future::pending()));
    }
    let (stop, stopped) = oneshot::channel::<()>();
    let until_stopped = async {
        // Also when the sender is dropped there is nothing to go on for.
        let _ = stopped.await;
    };
    let mut running: Pin<Box<dyn Future<Output = io::Result<()>>>> = match built.answers {
        Answers::Service(service) => Box::pin(built.bound.run(service, until_stopped)),
        Answers::Lens(lens) => Box::pin(built.bound.run(lens, until_stopped)),
    };
    let mut stop = Some(stop);
    loop {
        let asked = tokio::select! {
            done = &mut running => return done.map_err(|error| failed(&error)),
            asked = signals.next() => asked,
        };
        match asked {
            Asked::Reload if stop.is_some() => {
                reload(built.tls.as_deref());
                systemd::ready(&status);
            }
            // No connection will come that a new certificate could serve.
            Asked::Reload => {}
            Asked::Stop => match stop.take() {
                Some(stop) => begin_to_stop(settings.limits.grace, stop),
                None => {
                    return Err(Failure::Runtime("stopped at once: what was running is cut off".to_owned()));
                }
            },
        }
    }
}

fn begin_to_stop(grace: Duration, stop: oneshot::Sender<()>) {
    let grace = humantime::format_duration(grace);
    report::say(format_args!(
        "stopping: running responses have {grace} to finish; a second signal ends them at once"
    ));
    systemd::stopping();
    // The server may have ended by itself in the meantime.
    let _ = stop.send(());
}

fn reload(tls: Option<&Tls>) {
    systemd::reloading();
    match tls.map(Tls::reload) {
        None => report::say("there is no certificate to read again"),
        Some(Ok(())) => report::say("read the certificate again; connections from now on get it"),
        Some(Err(error)) => report::say(format_args!("keeps the old certificate: {error}")),
    }
}
