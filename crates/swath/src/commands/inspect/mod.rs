//! `swath inspect`: in, a recording; out, the inspector's page, or the exchanges as text, diagrams, JSON or HAR.

pub(crate) mod checks;

use std::{fs::File, io::BufReader, path::Path, sync::Arc};

use swath_serve::inspect::{
    Inspection, Inspector, ReadLimits, Recorded,
    export::{Filter, Form},
    read,
};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    args::{InspectArgs, InspectFormat},
    commands::serve::bind_inspector,
    report::{self, Failure},
    settings::resolve::inspect_address,
};

/// Opens a recording.
// By value, as every command takes what was typed.
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn run(args: InspectArgs) -> Result<(), Failure> {
    let address = inspect_address(&args.listen)
        .map_err(|wrong| Failure::usage(format!("--listen: `{}` {wrong}", args.listen.to_string_lossy())))?;
    let recorded = open(&args.file)?;
    let name = args.file.file_name().unwrap_or(args.file.as_os_str()).to_string_lossy().into_owned();
    let inspector = Inspector::of_recording(name, recorded).with_checks(checks::checks());
    let form = match args.format {
        None => return serve(inspector, address),
        Some(InspectFormat::Text) => Form::Text,
        Some(InspectFormat::Diagram) => Form::Diagram,
        Some(InspectFormat::Json) => Form::Json,
        Some(InspectFormat::Har) => Form::Har,
    };
    report::print(&inspector.export(&Filter::default(), form))
}

fn open(path: &Path) -> Result<Recorded, Failure> {
    let limits = ReadLimits::default();
    let failed =
        |error: &dyn std::fmt::Display| Failure::Runtime(format!("cannot open {}: {error}", path.display()));
    let file = File::open(path).map_err(|error| failed(&error))?;
    let recorded = read(BufReader::new(file), &limits).map_err(|error| failed(&error))?;
    if recorded.left_out > 0 {
        let (left_out, held) = (recorded.left_out, limits.exchanges);
        report::say(format_args!("the first {left_out} exchanges are left out: {held} are shown at most"));
    }
    if recorded.unreadable > 0 {
        let lines = recorded.unreadable;
        report::say(format_args!("{lines} lines are no exchanges and were passed over"));
    }
    Ok(recorded)
}

fn serve(inspector: Inspector, address: std::net::SocketAddr) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Runtime(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(&format_args!("cannot start: {error}")))?;
    runtime.block_on(async {
        let bound = bind_inspector(address).map_err(|error| failed(&format_args!("--listen: {error}")))?;
        let mut stops = [SignalKind::interrupt(), SignalKind::terminate()]
            .map(signal)
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| failed(&error))?;
        for url in bound.addresses() {
            report::say(format_args!("inspector at {url}"));
        }
        let stopped = std::future::poll_fn(move |cx| {
            let ready = stops.iter_mut().any(|signal| signal.poll_recv(cx).is_ready());
            if ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        });
        bound
            .run(Arc::new(Inspection::new(Arc::new(inspector))), stopped)
            .await
            .map_err(|error| failed(&error))
    })
}
