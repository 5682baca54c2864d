//! Turns what was typed into what it means, once.
//!
//! In: [`Layers`]. Out: [`ServeSettings`], or every complaint there is, each naming where its value stands.
//! Nothing after this knows whether a value came from a flag, a variable or a file.

use std::{
    cell::RefCell,
    ffi::{OsStr, OsString},
    fmt::Display,
    net::{Ipv4Addr, SocketAddr},
    num::{NonZeroU32, NonZeroU64, NonZeroUsize},
    path::PathBuf,
    str::FromStr,
};

use byteranges::Policy;

use swath_serve::{
    connection::{ForwardedField, Scheme, TrustedProxies},
    lens::{Origin, Trust},
    limits::{HEAD_BYTES_MIN, Limits},
    listen::ListenAddress,
    log::Format,
    store::{EtagMode, Symlinks},
};

use super::{
    AnswerSettings, FileSettings, LensSettings, ListenSettings, RecordSettings, ServeSettings, TlsSettings,
    layers::Layers,
    table::{self, Setting},
    value::{self, Wrong},
};

/// The least that [`HEAD_BYTES_MIN`] allows, as the table's sizes are read.
const HEAD_BYTES_LEAST: u64 = HEAD_BYTES_MIN as u64;

/// Where an inspector listens unless told otherwise: next to the server's own port.
pub(crate) const INSPECT_ADDRESS: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8207);

/// The settings that make up a [`Policy`]; `swath explain` takes them too.
pub(crate) static POLICY: &[&Setting] = &[
    &table::NO_RANGES,
    &table::MAX_OPEN_RANGE,
    &table::PARTIAL_FIRST,
    &table::REJECT_INVALID,
    &table::PARTS_MAX,
    &table::SPECS_MAX,
];

/// Converts only what makes up a policy.
pub(crate) fn resolve_policy(layers: &Layers) -> Result<Policy, Vec<String>> {
    let reader = Reader { layers, complaints: RefCell::default() };
    let policy = policy(&reader);
    let complaints = reader.complaints.into_inner();
    if complaints.is_empty() { Ok(policy) } else { Err(complaints) }
}

/// Converts all layers at once.
pub(crate) fn resolve(layers: &Layers) -> Result<ServeSettings, Vec<String>> {
    let reader = Reader { layers, complaints: RefCell::default() };
    let demo = reader.switch(&table::DEMO);
    let settings = ServeSettings {
        root: reader.path(&table::ROOT).unwrap_or_else(|| PathBuf::from(".")),
        demo,
        lens: lens(&reader, demo),
        listen: listening(&reader),
        files: files(&reader),
        answers: answers(&reader),
        limits: limits(&reader),
        records: records(&reader),
    };
    one_thing_is_served(&reader, settings.demo);
    let complaints = reader.complaints.into_inner();
    if complaints.is_empty() { Ok(settings) } else { Err(complaints) }
}

/// A demo asked for over a ROOT in a weaker place is fine; anywhere else, one of the two would be passed over in
/// silence.
fn one_thing_is_served(reader: &Reader<'_>, demo: bool) {
    let (asked, root) = (reader.layers.find(&table::DEMO).origin, reader.layers.find(&table::ROOT).origin);
    if demo && root.is_given() && root.strength() >= asked.strength() {
        reader.complain(format!(
            "{asked} serves built-in media, yet {root} names something else: leave one of them out"
        ));
    }
}

/// Reads ROOT as the URL of an origin, if it is one and counts, and what goes with it.
fn lens(reader: &Reader<'_>, demo: bool) -> Option<LensSettings> {
    let found = reader.layers.find(&table::ROOT);
    let is_url = found.values.iter().any(|root| root.to_str().is_some_and(Origin::is_url)) && !demo;
    let (cacert, insecure) = (reader.path(&table::ORIGIN_CACERT), reader.switch(&table::ORIGIN_INSECURE));
    let patience = reader.one(&table::ORIGIN_TIMEOUT, value::timeout);
    let origin = |setting| reader.layers.find(setting).origin;
    if !is_url {
        let timed = patience.is_some() && origin(&table::ORIGIN_TIMEOUT).is_given();
        let lonely = [
            (cacert.is_some(), &table::ORIGIN_CACERT),
            (insecure, &table::ORIGIN_INSECURE),
            (timed, &table::ORIGIN_TIMEOUT),
        ];
        for (_, setting) in lonely.into_iter().filter(|(given, _)| *given) {
            reader.complain(format!(
                "{}: there is no origin to speak with: give its http(s) URL as ROOT",
                origin(setting)
            ));
        }
        return None;
    }
    if let (Some(_), true) = (&cacert, insecure) {
        reader.complain(format!(
            "{}: any certificate is believed already, by {}; leave one of them out",
            origin(&table::ORIGIN_CACERT),
            origin(&table::ORIGIN_INSECURE)
        ));
    }
    nothing_is_said_of_files(reader);
    let trust = match (cacert, insecure) {
        (Some(file), _) => Trust::File(file),
        (None, true) => Trust::Anyone,
        (None, false) => Trust::System,
    };
    let origin = reader.sentences(&table::ROOT, parse_sentence::<Origin>).pop()?;
    Some(LensSettings { origin, trust, patience: patience? })
}

/// The origin decides about its answers; what was said of them here would be passed over in silence.
fn nothing_is_said_of_files(reader: &Reader<'_>) {
    let root = reader.layers.find(&table::ROOT).origin;
    let about_files = table::ALL.iter().filter(|one| [table::FILES, table::ANSWERS].contains(&one.heading));
    for setting in about_files {
        let said = reader.layers.find(setting).origin;
        if said.is_given() && said.strength() >= root.strength() {
            reader.complain(format!(
                "{said}: the origin decides about that, as {root} names another server: leave one of them out"
            ));
        }
    }
}

fn listening(reader: &Reader<'_>) -> ListenSettings {
    let addresses = reader.sentences(&table::LISTEN, parse_sentence::<ListenAddress>);
    let tls = tls(reader);
    let wants_https =
        |address: &&ListenAddress| matches!(address, ListenAddress::Tcp { scheme: Some(Scheme::Https), .. });
    if let (Some(address), TlsSettings::None) = (addresses.iter().find(wants_https), &tls) {
        let origin = reader.layers.find(&table::LISTEN).origin;
        reader.complain(format!(
            "{origin}: {address} needs a certificate: give --tls-cert and --tls-key, or --tls-self-signed"
        ));
    }
    ListenSettings {
        addresses,
        given: reader.layers.find(&table::LISTEN).origin.is_given(),
        tls,
        fast_path: reader.word(&table::FAST_PATH) == "on",
        trusted_proxies: TrustedProxies {
            proxies: reader.sentences(&table::TRUSTED_PROXY, parse_sentence),
            field: match reader.word(&table::FORWARDED_FIELD) {
                "forwarded" => ForwardedField::Forwarded,
                _ => ForwardedField::XForwardedFor,
            },
        },
    }
}

/// Parses what complains in a sentence of its own.
fn parse_sentence<T: FromStr<Err: Display>>(value: &OsStr) -> Result<T, String> {
    // What is not UTF-8 is none of these either, and the sentence shows it.
    value.to_string_lossy().parse().map_err(|error: T::Err| error.to_string())
}

fn tls(reader: &Reader<'_>) -> TlsSettings {
    let origin = |setting| reader.layers.find(setting).origin;
    let pair = (reader.path(&table::TLS_CERT), reader.path(&table::TLS_KEY));
    match (pair, reader.switch(&table::TLS_SELF_SIGNED)) {
        ((None, None), false) => TlsSettings::None,
        ((None, None), true) => TlsSettings::SelfSigned,
        ((Some(cert), Some(key)), false) => TlsSettings::Files { cert, key },
        ((Some(_), None), _) => {
            reader.complain(format!(
                "{}: a certificate needs its key: give --tls-key",
                origin(&table::TLS_CERT)
            ));
            TlsSettings::None
        }
        ((None, Some(_)), _) => {
            reader.complain(format!(
                "{}: a key needs its certificate: give --tls-cert",
                origin(&table::TLS_KEY)
            ));
            TlsSettings::None
        }
        ((Some(_), Some(_)), true) => {
            let (made, given) = (origin(&table::TLS_SELF_SIGNED), origin(&table::TLS_CERT));
            reader.complain(format!(
                "{made}: a certificate is given already, by {given}; leave one of them out"
            ));
            TlsSettings::None
        }
    }
}

fn files(reader: &Reader<'_>) -> FileSettings {
    FileSettings {
        symlinks: match reader.word(&table::SYMLINKS) {
            "follow" => Symlinks::Follow,
            "none" => Symlinks::None,
            _ => Symlinks::Inside,
        },
        hidden: reader.switch(&table::HIDDEN),
        index: !reader.switch(&table::NO_INDEX),
        precompressed: reader.switch(&table::PRECOMPRESSED),
        open_files: reader
            .one(&table::OPEN_FILES, |v| value::unless(v, "auto", |v| value::number(v, 0, 1_000_000)))
            .flatten(),
        open_files_age: reader.one(&table::OPEN_FILES_AGE, value::duration).unwrap_or_default(),
    }
}

fn answers(reader: &Reader<'_>) -> AnswerSettings {
    AnswerSettings {
        etag: match reader.word(&table::ETAG) {
            "content" => EtagMode::Content,
            "none" => EtagMode::None,
            _ => EtagMode::Stat,
        },
        cache_control: reader.one(&table::CACHE_CONTROL, value::field_value),
        cors: reader.list(&table::CORS, origin_field),
        policy: policy(reader),
    }
}

fn policy(reader: &Reader<'_>) -> Policy {
    let open_size = |value: &OsStr| value::unless(value, "off", value::positive_size);
    Policy {
        ranges: !reader.switch(&table::NO_RANGES),
        max_open_range: reader.one(&table::MAX_OPEN_RANGE, open_size).flatten(),
        partial_first: reader.one(&table::PARTIAL_FIRST, open_size).flatten(),
        reject_invalid: reader.switch(&table::REJECT_INVALID),
        parts_max: reader.number(&table::PARTS_MAX, 1, 1000),
        specs_max: reader.number(&table::SPECS_MAX, 1, 10_000),
        ..Policy::default()
    }
}

/// Reads an origin as a browser sends it: scheme and host, no path.
fn origin_field(value: &OsStr) -> Result<http::HeaderValue, Wrong> {
    let typed = value::text(value)?;
    let authority = typed.split_once("://").map_or("", |(_, rest)| rest);
    let plain = !authority.is_empty() && !authority.contains(['/', '?', '#', '@', '*', ' ']);
    if plain || typed == "*" || typed == "null" {
        value::field_value(value)
    } else {
        Err("is no origin: write https://HOST[:PORT] without a path, or *".to_owned())
    }
}

fn limits(reader: &Reader<'_>) -> Limits {
    let timeout = |setting| reader.one(setting, value::timeout).unwrap_or_default();
    let size = |setting, least, most| {
        reader.one(setting, |v| value::size_within(v, least, most)).unwrap_or_default()
    };
    let optional = |setting, word| {
        let read = |v: &OsStr| value::unless(v, word, |v| value::number(v, 1, 1_000_000));
        reader.one(setting, read).flatten().and_then(NonZeroUsize::new)
    };
    let requests = NonZeroU64::new(reader.number(&table::REQUESTS_PER_CONNECTION, 1, 1_000_000_000));
    let streams = NonZeroU32::new(reader.number(&table::STREAMS_PER_CONNECTION, 1, 10_000));
    let defaults = Limits::default();
    Limits {
        connections: optional(&table::CONNECTIONS_MAX, "auto"),
        connections_per_peer: optional(&table::CONNECTIONS_PER_PEER, "off"),
        requests_per_connection: requests.unwrap_or(defaults.requests_per_connection),
        streams: streams.unwrap_or(defaults.streams),
        head_bytes: size(&table::HEAD_BYTES, HEAD_BYTES_LEAST, 1 << 20),
        head_fields: reader.number(&table::HEAD_FIELDS, 1, 10_000),
        head_time: timeout(&table::HEAD_TIMEOUT),
        handshake_time: timeout(&table::HANDSHAKE_TIMEOUT),
        idle_time: timeout(&table::IDLE_TIMEOUT),
        stalled_write_time: timeout(&table::STALL_TIMEOUT),
        grace: reader.one(&table::GRACE, value::duration).unwrap_or_default(),
        rate: reader.one(&table::LIMIT_RATE, |v| value::unless(v, "off", value::positive_size)).flatten(),
        buffer_bytes: size(&table::BUFFER_MEMORY, 1 << 20, 1 << 40),
        ..defaults
    }
}

fn records(reader: &Reader<'_>) -> RecordSettings {
    let address = |value: &OsStr| {
        value::parsed(value, "an address to listen on: write IP:PORT, such as 127.0.0.1:9206")
    };
    RecordSettings {
        log: match reader.word(&table::LOG) {
            "json" => Format::Json,
            "off" => Format::Off,
            _ => Format::Text,
        },
        metrics: reader.one(&table::METRICS, |v| value::unless(v, "off", address)).flatten(),
        inspect: reader.one(&table::INSPECT, |v| value::unless(v, "off", inspect_address)).flatten(),
        inspect_record: reader.path(&table::INSPECT_RECORD),
    }
}

/// Reads where an inspector listens: on loopback, as it shows who asks for what.
pub(crate) fn inspect_address(value: &OsStr) -> Result<SocketAddr, Wrong> {
    if value == "on" {
        return Ok(INSPECT_ADDRESS);
    }
    let address: SocketAddr =
        value::parsed(value, "an address to listen on: write on, or IP:PORT, such as 127.0.0.1:8207")?;
    if address.ip().to_canonical().is_loopback() {
        return Ok(address);
    }
    let port = address.port();
    Err(format!(
        "is not on loopback, and an inspector shows who asks for what: listen on 127.0.0.1:{port}, and from another \
         machine reach it by ssh -L {port}:127.0.0.1:{port}"
    ))
}

/// Reads single settings and gathers what is wrong, so that all of it can be told at once.
struct Reader<'a> {
    layers: &'a Layers,
    complaints: RefCell<Vec<String>>,
}

impl Reader<'_> {
    fn complain(&self, sentence: String) {
        self.complaints.borrow_mut().push(sentence);
    }

    /// Reads each value; `read` complains in a sentence of its own.
    fn sentences<T>(&self, setting: &Setting, read: impl Fn(&OsStr) -> Result<T, String>) -> Vec<T> {
        let found = self.layers.find(setting);
        let one =
            |value: &OsString| read(value).map_err(|w| self.complain(format!("{}: {w}", found.origin))).ok();
        found.values.iter().filter_map(one).collect()
    }

    /// Reads each value; `read` complains in the rest of a sentence that begins with the value.
    fn list<T>(&self, setting: &Setting, read: impl Fn(&OsStr) -> Result<T, Wrong>) -> Vec<T> {
        self.sentences(setting, |value| read(value).map_err(|w| format!("`{}` {w}", value.to_string_lossy())))
    }

    fn one<T>(&self, setting: &Setting, read: impl Fn(&OsStr) -> Result<T, Wrong>) -> Option<T> {
        self.list(setting, read).pop()
    }

    fn switch(&self, setting: &Setting) -> bool {
        self.one(setting, value::switch).unwrap_or_default()
    }

    fn number<T: TryFrom<u64> + Default>(&self, setting: &Setting, least: u64, most: u64) -> T {
        self.one(setting, |value| value::number(value, least, most)).unwrap_or_default()
    }

    fn word(&self, setting: &Setting) -> &'static str {
        self.one(setting, |value| value::word(value, setting.words)).unwrap_or("")
    }

    fn path(&self, setting: &Setting) -> Option<PathBuf> {
        self.one(setting, |value| Ok(PathBuf::from(value)))
    }
}

#[cfg(test)]
mod tests {
    use swath_serve::listen::DEFAULT_ADDRESS;

    use super::{
        super::layers::{self, Layer},
        *,
    };

    fn layers(typed: &[(&'static Setting, &str)]) -> Layers {
        let mut layer = Layer::default();
        for (setting, value) in typed {
            layer.put(setting, vec![value.into()], layers::Origin::Flag(setting.flag()));
        }
        Layers(vec![layer])
    }

    fn complaints(typed: &[(&'static Setting, &str)]) -> Vec<String> {
        resolve(&layers(typed)).expect_err("complaints")
    }

    #[test]
    fn the_defaults_of_the_table_mean_the_defaults_of_the_library() {
        let settings = resolve(&layers(&[])).expect("defaults are fine");
        assert_eq!(settings.answers.policy, Policy::default());
        assert_eq!(settings.root, PathBuf::from("."));
        assert_eq!(settings.limits, Limits::default());
        assert_eq!(settings.listen.addresses, [ListenAddress::from(DEFAULT_ADDRESS)]);
        assert!(!settings.listen.given && settings.files.index && !settings.files.hidden);
        assert_eq!(settings.records.log, Format::Text);
        assert!(settings.records.metrics.is_none() && settings.answers.cors.is_empty());
    }

    #[test]
    fn every_setting_with_a_meaning_of_its_own_complains_about_nonsense() {
        // Paths take anything, and so does a field value.
        let free = ["root", "tls-cert", "tls-key", "config", "cache-control", "inspect-record"];
        for setting in table::ALL.iter().filter(|setting| !free.contains(&setting.key)) {
            let complaints = complaints(&[(setting, "\u{1}nonsense")]);
            assert_eq!(complaints.len(), 1, "{}: {complaints:?}", setting.key);
            assert!(complaints[0].starts_with(&format!("{}: ", setting.flag())), "{complaints:?}");
        }
    }

    #[test]
    fn a_url_as_root_is_a_lens_and_says_nothing_of_files() {
        let url = [(&table::ROOT, "https://origin.example/media")];
        let lens = resolve(&layers(&url)).expect("resolves").lens.expect("a lens");
        assert_eq!(lens.origin.to_string(), "https://origin.example/media/");
        assert_eq!((lens.trust, lens.patience.as_secs()), (Trust::System, 30));
        for more in [
            (&table::HIDDEN, "true"),
            (&table::NO_RANGES, "true"),
            (&table::DEMO, "true"),
            (&table::ORIGIN_TIMEOUT, "soon"),
        ] {
            assert_eq!(complaints(&[url[0], more]).len(), 1, "{more:?}");
        }
        let both = [url[0], (&table::ORIGIN_CACERT, "ca.pem"), (&table::ORIGIN_INSECURE, "true")];
        assert_eq!(complaints(&both).len(), 1);
        assert_eq!(complaints(&[(&table::ROOT, "http://origin.example/?query")]).len(), 1);
        for (setting, value) in [
            (&table::ORIGIN_CACERT, "ca.pem"),
            (&table::ORIGIN_INSECURE, "true"),
            (&table::ORIGIN_TIMEOUT, "1s"),
        ] {
            assert_eq!(complaints(&[(setting, value)]).len(), 1, "{}", setting.key);
        }
        let mut weaker = layers(&url);
        let mut file = Layer::default();
        file.put(&table::HIDDEN, vec!["true".into()], layers::Origin::Variable("SWATH_HIDDEN".to_owned()));
        weaker.0.push(file);
        assert!(resolve(&weaker).is_ok(), "a weaker place may speak of files");
    }

    #[test]
    fn an_inspector_listens_on_loopback_only() {
        let inspect =
            |value| resolve(&layers(&[(&table::INSPECT, value)])).map(|settings| settings.records.inspect);
        assert_eq!(inspect("off"), Ok(None));
        assert_eq!(inspect("on"), Ok(Some(INSPECT_ADDRESS)));
        for fine in ["127.0.0.1:0", "127.1.2.3:80", "[::1]:8207"] {
            assert_eq!(inspect(fine), Ok(Some(fine.parse().expect("an address"))));
        }
        for public in ["0.0.0.0:8207", "[::]:8207", "192.0.2.1:8207"] {
            assert!(
                inspect(public).expect_err("public")[0].contains("ssh -L 8207:127.0.0.1:8207"),
                "{public}"
            );
        }
    }

    #[test]
    fn off_turns_off_what_a_weaker_layer_turned_on() {
        let mut strong = layers(&[(&table::MAX_OPEN_RANGE, "off")]);
        strong.0.extend(layers(&[(&table::MAX_OPEN_RANGE, "4MiB")]).0);
        assert_eq!(resolve(&strong).expect("resolves").answers.policy.max_open_range, None);
    }

    #[test]
    fn a_certificate_comes_with_its_key_and_alone() {
        let cases: [&[(&'static Setting, &str)]; 4] = [
            &[(&table::TLS_CERT, "c.pem")],
            &[(&table::TLS_KEY, "k.pem")],
            &[(&table::TLS_CERT, "c.pem"), (&table::TLS_KEY, "k.pem"), (&table::TLS_SELF_SIGNED, "true")],
            &[(&table::LISTEN, "https://127.0.0.1:0")],
        ];
        for typed in cases {
            assert_eq!(complaints(typed).len(), 1, "{typed:?}");
        }
        let pair = [(&table::TLS_CERT, "c.pem"), (&table::TLS_KEY, "k.pem")];
        let tls = resolve(&layers(&pair)).expect("resolves").listen.tls;
        assert_eq!(tls, TlsSettings::Files { cert: "c.pem".into(), key: "k.pem".into() });
    }

    #[test]
    fn a_demo_and_a_root_in_one_breath_are_refused() {
        let typed = [(&table::DEMO, "true"), (&table::ROOT, "media")];
        let said = ["--demo serves built-in media, yet ROOT names something else: leave one of them out"];
        assert_eq!(complaints(&typed), said);
        let over = |strong: &'static Setting, weak: &'static Setting| {
            let mut file = Layer::default();
            file.put(weak, vec!["true".into()], layers::Origin::Variable(weak.variable()));
            let mut layers = layers(&[(strong, "true")]);
            layers.0.push(file);
            layers
        };
        assert!(resolve(&over(&table::DEMO, &table::ROOT)).expect("resolves").demo);
        assert!(resolve(&over(&table::ROOT, &table::DEMO)).is_err());
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let typed = [(&table::GRACE, "10"), (&table::PARTS_MAX, "0"), (&table::CORS, "https://a/b")];
        assert_eq!(complaints(&typed).len(), 3);
    }
}
