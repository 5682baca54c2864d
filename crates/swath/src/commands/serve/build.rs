//! From settings to a server: in, what everything means; out, what is needed to run, or why it cannot be had.

use std::{
    fs::OpenOptions,
    net::SocketAddr,
    num::{NonZeroU64, NonZeroUsize},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use swath_serve::{
    Cors,
    buffers::Buffers,
    connection::Scrape,
    exchange::{Recorder, Sink, Views},
    inspect::{Inspection, Inspector, Recording, RingLimits, Source},
    lens::{Lens, LensOptions},
    limits::Limits,
    listen::{Inherited, ListenAddress, ListenError},
    log::Log,
    metrics::Metrics,
    server::{Bound, Notices, Server, ServerOptions},
    service::{Service, ServiceOptions, Site},
    store::{Files, FilesOptions, Medium, Memory, Store},
    tls::{Certificate, Tls},
};

use super::counted::Counted;
use crate::{
    commands::inspect::checks::checks,
    demo,
    report::{self, Failure},
    settings::{LensSettings, ServeSettings, TlsSettings},
};

/// Everything there is before the first connection is accepted.
pub(super) struct Built {
    /// Listens already.
    pub(super) bound: Bound,
    /// Answers.
    pub(super) answers: Answers,
    /// The certificate, shared with the listeners.
    pub(super) tls: Option<Arc<Tls>>,
    /// Writes records.
    pub(super) log: Arc<Log>,
    /// Counts records, on a listener of its own.
    pub(super) metrics: Option<(Bound, Arc<Metrics>)>,
    /// Shows what is exchanged, on a listener of its own.
    pub(super) inspector: Option<(Bound, Arc<Inspector>)>,
    /// Writes what is exchanged to a file.
    pub(super) recording: Option<Arc<Recording>>,
}

/// What answers: a service of files, or a lens before another server.
pub(super) enum Answers {
    /// Files, or the demo.
    Service(Arc<Counted<Service>>),
    /// Another server.
    Lens(Arc<Counted<Lens>>),
}

/// Views of the player page that are counted at once, and how long an idle one is remembered.
const VIEWS_MAX: usize = 10_000;
const VIEW_IDLE: Duration = Duration::from_secs(60 * 60);

/// Makes everything.
pub(super) fn build(settings: &ServeSettings, inherited: Vec<Inherited>) -> Result<Built, Failure> {
    // What is served is looked at before anything is listened to.
    let store = if settings.lens.is_none() { Some(store(settings)?) } else { None };
    let tls = certificate(settings).map(Tls::new).transpose().map_err(runtime)?.map(Arc::new);
    let bound = bind(settings, inherited, tls.clone())?;
    let buffers = Arc::new(Buffers::new(settings.limits.buffer_bytes));
    let log = Log::to_stdout(settings.records.log)
        .map_err(|error| runtime(format!("cannot write records: {error}")))?;
    let metrics = metrics(settings, &buffers, &log)?;
    let inspector = inspector(settings)?;
    let recording = settings.records.inspect_record.as_deref().map(record).transpose()?;
    let mut sinks: Vec<Arc<dyn Sink>> = vec![Arc::<Log>::clone(&log)];
    sinks.extend(metrics.iter().map(|(_, metrics)| Arc::clone(metrics) as Arc<dyn Sink>));
    sinks.extend(inspector.iter().map(|(_, inspector)| Arc::clone(inspector) as Arc<dyn Sink>));
    sinks.extend(recording.iter().map(|recording| Arc::clone(recording) as Arc<dyn Sink>));
    let counts = metrics.as_ref().map(|(_, metrics)| Arc::clone(metrics));
    let answers = match (store, &settings.lens) {
        (Some(store), _) => {
            let shown = inspector.as_ref().map(|(_, inspector)| Arc::clone(inspector));
            let service = service(settings, &bound, store, sinks, buffers).with_inspector(shown);
            Answers::Service(Arc::new(Counted { service, metrics: counts }))
        }
        (None, Some(lens)) => {
            let service = through(lens, sinks, buffers)?;
            Answers::Lens(Arc::new(Counted { service, metrics: counts }))
        }
        (None, None) => return Err(runtime("there is nothing to serve")),
    };
    Ok(Built { bound, answers, tls, log, metrics, inspector, recording })
}

fn service(
    settings: &ServeSettings,
    bound: &Bound,
    store: Store,
    sinks: Vec<Arc<dyn Sink>>,
    buffers: Arc<Buffers>,
) -> Service {
    let views = Arc::new(Views::new(VIEWS_MAX, VIEW_IDLE));
    Service::new(ServiceOptions {
        store,
        policy: settings.answers.policy.clone(),
        cors: cors(settings),
        site: Some(site(settings, bound)),
        check_host: true,
        recorder: Recorder::new(sinks, Some(Arc::clone(&views))),
        views,
        buffers,
    })
}

fn through(lens: &LensSettings, sinks: Vec<Arc<dyn Sink>>, buffers: Arc<Buffers>) -> Result<Lens, Failure> {
    Lens::new(LensOptions {
        origin: lens.origin.clone(),
        trust: lens.trust.clone(),
        patience: lens.patience,
        recorder: Recorder::new(sinks, None),
        buffers,
    })
    .map_err(runtime)
}

fn bind(
    settings: &ServeSettings,
    inherited: Vec<Inherited>,
    tls: Option<Arc<Tls>>,
) -> Result<Bound, Failure> {
    // Sockets that were passed stand in for the default address, not for one that somebody gave.
    let stand_in = !inherited.is_empty() && !settings.listen.given;
    let pace = settings.demo.then(|| NonZeroU64::new(demo::PACE)).flatten();
    Server::bind(ServerOptions {
        listen: if stand_in { Vec::new() } else { settings.listen.addresses.clone() },
        inherited,
        tls,
        limits: Limits { rate: settings.limits.rate.or(pace), ..settings.limits.clone() },
        trusted: settings.listen.trusted_proxies.clone(),
        fast_path: settings.listen.fast_path,
        notices: Notices::to(|notice| report::say(notice)),
        ..ServerOptions::default()
    })
    .map_err(runtime)
}

fn metrics(
    settings: &ServeSettings,
    buffers: &Arc<Buffers>,
    log: &Arc<Log>,
) -> Result<Option<(Bound, Arc<Metrics>)>, Failure> {
    let Some(address) = settings.records.metrics else { return Ok(None) };
    let bound = Server::bind(ServerOptions {
        listen: vec![address.into()],
        limits: Scrape::limits(),
        // A scrape now and then needs no more.
        threads: NonZeroUsize::new(1),
        ..ServerOptions::default()
    });
    let metrics = Metrics::new(Arc::clone(buffers), Some(Arc::clone(log)));
    let bound = bound.map_err(|error| runtime(format!("--metrics: {error}")))?;
    Ok(Some((bound, Arc::new(metrics))))
}

fn inspector(settings: &ServeSettings) -> Result<Option<(Bound, Arc<Inspector>)>, Failure> {
    let Some(address) = settings.records.inspect else { return Ok(None) };
    let bound = bind_inspector(address).map_err(|error| runtime(format!("--inspect: {error}")))?;
    let source = Source::Live(what(settings));
    let inspector = Inspector::new(source, RingLimits::default()).with_checks(checks());
    Ok(Some((bound, Arc::new(inspector))))
}

/// Opens the listener of an inspector.
pub(crate) fn bind_inspector(address: SocketAddr) -> Result<Bound, ListenError> {
    Server::bind(ServerOptions {
        listen: vec![address.into()],
        limits: Inspection::limits(),
        // A few pages of one person need no more.
        threads: NonZeroUsize::new(1),
        ..ServerOptions::default()
    })
}

/// Says what is served, in a few words.
pub(super) fn what(settings: &ServeSettings) -> String {
    match &settings.lens {
        Some(lens) => format!("a lens before {}", lens.origin),
        None if settings.demo => "the demo".to_owned(),
        None => settings.root.display().to_string(),
    }
}

/// Begins to record; the file is for its owner alone, as it says who asks for what.
fn record(path: &Path) -> Result<Arc<Recording>, Failure> {
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    file.and_then(|file| Recording::begin(file, |said| report::say(said)))
        .map_err(|error| runtime(format!("--inspect-record: cannot write {}: {error}", path.display())))
}

fn runtime(error: impl std::fmt::Display) -> Failure {
    Failure::Runtime(error.to_string())
}

fn store(settings: &ServeSettings) -> Result<Store, Failure> {
    let cache_control = settings.answers.cache_control.clone();
    if settings.demo {
        return Ok(Store::Memory(Memory::new(media(), cache_control.as_ref())));
    }
    let open_files =
        settings.files.open_files.unwrap_or_else(|| Limits::open_files_for(Limits::raise_descriptors()));
    let files = Files::open(FilesOptions {
        symlinks: settings.files.symlinks,
        hidden: settings.files.hidden,
        index: settings.files.index,
        precompressed: settings.files.precompressed,
        open_files,
        open_files_age: settings.files.open_files_age,
        etag: settings.answers.etag,
        cache_control,
        ..FilesOptions::new(&settings.root)
    });
    files.map(Store::Files).map_err(runtime)
}

fn media() -> impl Iterator<Item = Medium> {
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(demo::MODIFIED);
    demo::MEDIA.iter().map(move |medium| Medium {
        name: medium.name.into(),
        octets: Bytes::from_static(medium.content),
        modified,
    })
}

fn site(settings: &ServeSettings, bound: &Bound) -> Site {
    if !settings.demo {
        return Site { title: root_name(settings), ..Site::default() };
    }
    let panel = origin(bound).map(|origin| demo::panel(&origin));
    Site { title: "swath demo".to_owned(), panel, note: Some(demo::player_note()) }
}

/// Where the first listener that has a URL is reached, without a slash at the end.
pub(super) fn origin(bound: &Bound) -> Option<String> {
    let url = bound.addresses().map(ToString::to_string).find(|address| address.starts_with("http"))?;
    Some(url.trim_end_matches('/').to_owned())
}

/// What the root is called on pages: its own name, not the way to it, which is nobody's business.
fn root_name(settings: &ServeSettings) -> String {
    let full = settings.root.canonicalize().unwrap_or_else(|_| settings.root.clone());
    full.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn cors(settings: &ServeSettings) -> Cors {
    let origins = &settings.answers.cors;
    match origins.as_slice() {
        [] => Cors::Off,
        _ if origins.iter().any(|origin| origin == "*") => Cors::Any,
        _ => Cors::Origins(origins.clone()),
    }
}

fn certificate(settings: &ServeSettings) -> Option<Certificate> {
    match &settings.listen.tls {
        TlsSettings::None => None,
        TlsSettings::Files { cert, key } => {
            Some(Certificate::Files { chain: cert.clone(), key: key.clone() })
        }
        TlsSettings::SelfSigned => {
            let host = |address: &ListenAddress| match address {
                ListenAddress::Tcp { address, .. } if !address.ip().is_unspecified() => {
                    Some(address.ip().to_string())
                }
                _ => None,
            };
            Some(Certificate::SelfSigned {
                names: settings.listen.addresses.iter().filter_map(host).collect(),
            })
        }
    }
}
