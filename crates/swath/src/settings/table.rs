//! The one table of settings: each row is a flag, a variable, a key of the file, and its help.
//!
//! In: nothing. Out: [`ALL`], from which the command line, the environment, the file reader and
//! `docs/config.md` are made, so that none of them can know a name that another lacks.

use super::setting::{Kind, Setting};

const NONE: Setting = Setting {
    key: "",
    kind: Kind::Value,
    value: "",
    words: &[],
    default: None,
    alone: None,
    heading: "",
    help: "",
    more: "",
};

const WHAT: &str = "What is served";
const LISTENING: &str = "Listening";
const ORIGIN: &str = "Before another server";
pub(crate) const FILES: &str = "Files";
pub(crate) const ANSWERS: &str = "Answers";
const LIMITS: &str = "Limits";
const RECORDS: &str = "Records";
const CONFIGURATION: &str = "Configuration";

/// Declares each row as a static of its own and gathers them in [`ALL`].
macro_rules! settings {
    ($($name:ident = $heading:ident / $key:literal { $($field:ident: $value:expr),* $(,)? })*) => {
        $(pub(crate) static $name: Setting =
            Setting { key: $key, heading: $heading, $($field: $value,)* ..NONE };)*

        /// Every setting, in the order of help.
        pub(crate) static ALL: &[&Setting] = &[$(&$name),*];
    };
}

settings! {
    ROOT = WHAT / "root" {
        value: "ROOT",
        default: Some("."),
        help: "The directory to serve, or one file; or the http(s) URL of a server to stand before as a lens",
        more: "Before another server each request goes there, beneath the URL's path, and each answer comes \
               back as it is, faults and all: what it says and how it ends is recorded. Settings about files \
               and answers do not go with a URL.",
    }
    DEMO = WHAT / "demo" {
        kind: Kind::Switch,
        help: "Serve built-in media instead of ROOT, each connection paced, and print what to try",
        more: "Each connection is slowed to about twice the clip's own rate, so that seeking visibly \
               matters. --limit-rate sets another pace.",
    }

    LISTEN = LISTENING / "listen" {
        kind: Kind::List,
        value: "ADDR",
        default: Some("127.0.0.1:8206"),
        help: "Listen here; may be given several times",
        more: "HOST:PORT, http://HOST:PORT, https://HOST:PORT or unix:PATH. Without a scheme it is https \
               once a certificate is given, else http. Port 0 picks a free one. With sockets passed by \
               systemd, the default is those alone.",
    }
    TLS_CERT = LISTENING / "tls-cert" {
        value: "FILE",
        help: "The certificate chain (PEM) for https",
        more: "Needs --tls-key. Read again on SIGHUP.",
    }
    TLS_KEY = LISTENING / "tls-key" {
        value: "FILE",
        help: "The private key (PEM) of --tls-cert",
    }
    TLS_SELF_SIGNED = LISTENING / "tls-self-signed" {
        kind: Kind::Switch,
        help: "Make a certificate for this run: https for trying things out",
        more: "It is valid for localhost, the loopback addresses and the hosts named by --listen; no client \
               trusts it unasked (curl -k).",
    }
    GRACE = LISTENING / "grace" {
        value: "DURATION",
        default: Some("10s"),
        help: "How long running responses may go on after SIGINT or SIGTERM",
        more: "A second signal ends them at once.",
    }
    TRUSTED_PROXY = LISTENING / "trusted-proxy" {
        kind: Kind::List,
        value: "ADDR",
        help: "Log the client that this proxy names; may be given several times",
        more: "An IP address, a network such as 10.0.0.0/8, or unix for peers on a unix socket. What others \
               say of their clients is not believed.",
    }
    FORWARDED_FIELD = LISTENING / "forwarded-field" {
        value: "FIELD",
        words: &["x-forwarded-for", "forwarded"],
        default: Some("x-forwarded-for"),
        help: "The field in which trusted proxies name their clients",
        more: "Only one is read: a proxy passes the other on as its client wrote it.",
    }
    FAST_PATH = LISTENING / "fast-path" {
        value: "MODE",
        words: &["on", "off"],
        default: Some("on"),
        help: "Answer GET and HEAD in the clear without the HTTP engine while requests are plain",
        more: "The answers are the same; off is for finding out whether it is to blame for something. A connection \
               that asks for anything else goes on with the engine; --limit-rate leaves all of them to it. \
               swath_answers_total of --metrics tells how many went each way.",
    }

    ORIGIN_CACERT = ORIGIN / "origin-cacert" {
        value: "FILE",
        help: "Believe the origin's certificate if one of these (PEM) issued it, not those the system believes",
    }
    ORIGIN_INSECURE = ORIGIN / "origin-insecure" {
        kind: Kind::Switch,
        help: "Believe any certificate of the origin. Warning: whoever stands between can answer for it",
    }
    ORIGIN_TIMEOUT = ORIGIN / "origin-timeout" {
        value: "DURATION",
        default: Some("30s"),
        help: "Longest time the origin may take to be connected to, to begin its answer, and to go on with it",
        more: "504 before the answer has begun, a reset after.",
    }

    SYMLINKS = FILES / "symlinks" {
        value: "MODE",
        words: &["inside", "follow", "none"],
        default: Some("inside"),
        help: "Follow symbolic links that stay inside ROOT, all of them, or none",
    }
    HIDDEN = FILES / "hidden" {
        kind: Kind::Switch,
        help: "Serve and list files whose name begins with a dot",
    }
    NO_INDEX = FILES / "no-index" {
        kind: Kind::Switch,
        help: "List a directory even if it has an index.html",
    }
    PRECOMPRESSED = FILES / "precompressed" {
        kind: Kind::Switch,
        help: "Serve NAME.br, NAME.zst or NAME.gz for NAME to clients that accept that coding",
        more: "Ranges then count octets of the coded form, which has a validator of its own. A sidecar older \
               than its file is ignored. Nothing is compressed on the fly.",
    }

    OPEN_FILES = FILES / "open-files" {
        value: "NUMBER",
        default: Some("auto"),
        help: "Most files kept open from one request to the next; 0 for none",
        more: "auto is half of the files that may be open, 32768 at most. From 16384 on cores have files of their \
               own, and one that several of them serve counts for each. They are the first to be closed when there is \
               want of descriptors. What happens to such a file shows at once: it is looked at again for \
               each request.",
    }
    OPEN_FILES_AGE = FILES / "open-files-age" {
        value: "DURATION",
        default: Some("1s"),
        help: "How long the path of a file that is kept open is believed; 0s to look each path up anew",
        more: "For so long a link or a directory on the way to the file may have led elsewhere before that is seen. \
               Then the path is looked at again, and the file stays open if it still leads there. What nobody asks \
               for during twice as long is closed. A file that is edited, replaced or deleted is seen at once.",
    }

    ETAG = ANSWERS / "etag" {
        value: "MODE",
        words: &["stat", "content", "none"],
        default: Some("stat"),
        help: "Make entity tags of a file's inode, length and times, of its content, or not at all",
        more: "content gives the same tag on every replica; files above 64 MiB have none until they have been \
               read once in the background.",
    }
    CACHE_CONTROL = ANSWERS / "cache-control" {
        value: "VALUE",
        help: "Send this Cache-Control with every file, e.g. 'public, max-age=3600'",
    }
    CORS = ANSWERS / "cors" {
        kind: Kind::List,
        value: "ORIGIN",
        help: "Let pages of this origin read the answers (* for any); may be given several times",
        more: "Answers preflights for Range and the conditional fields, and exposes Content-Range and ETag.",
    }
    NO_RANGES = ANSWERS / "no-ranges" {
        kind: Kind::Switch,
        help: "Ignore Range and say so: Accept-Ranges: none",
    }
    MAX_OPEN_RANGE = ANSWERS / "max-open-range" {
        value: "SIZE",
        default: Some("off"),
        help: "Answer an open-ended bytes=N- with at most SIZE. Warning: curl -C - and wget -c then stop early \
               and report success",
        more: "A 206 shorter than asked, with a true Content-Range; allowed by RFC 9110 §15.3.7, and it keeps \
               Chromium and Firefox from being sent what they throw away. Only a lone N- is shortened, never \
               a closed range, a suffix or a set. But curl -C - and wget -c take the end of that answer for \
               the end of the file and exit 0, and WebKitGTK takes it for the end of the film.",
    }
    PARTIAL_FIRST = ANSWERS / "partial-first" {
        value: "SIZE",
        default: Some("off"),
        help: "Answer a request without Range by a 206 of SIZE. Warning: breaks RFC 9110, and downloads stop \
               early and report success",
        more: "Some sample servers do this to make browsers ask in pieces. RFC 9110 §15.3.7 keeps 206 for \
               requests that have Range, so anything that is not a media player, curl -C - and wget -c among \
               them, may take SIZE octets for the whole file.",
    }
    REJECT_INVALID = ANSWERS / "reject-invalid" {
        kind: Kind::Switch,
        help: "Answer 400 to a malformed Range instead of ignoring it",
    }
    PARTS_MAX = ANSWERS / "parts-max" {
        value: "NUMBER",
        default: Some("16"),
        help: "Most parts in one multipart answer; a request for more gets the whole",
        more: "Overlapping and neighbouring ranges are joined before they are counted.",
    }
    SPECS_MAX = ANSWERS / "specs-max" {
        value: "NUMBER",
        default: Some("200"),
        help: "Most ranges read from one Range field; one with more is ignored",
        more: "Reading stops there, so that a long field costs no more than a short one.",
    }

    CONNECTIONS_MAX = LIMITS / "connections-max" {
        value: "NUMBER",
        default: Some("auto"),
        help: "Most connections at once; above it new ones wait in the system's queue",
        more: "auto is half of the files that may be open, since each connection may need a file too; that limit \
               is raised at start as far as the system allows.",
    }
    CONNECTIONS_PER_PEER = LIMITS / "connections-per-peer" {
        value: "NUMBER",
        default: Some("off"),
        help: "Most connections at once from one address",
        more: "Off by default, since many people may share one address.",
    }
    REQUESTS_PER_CONNECTION = LIMITS / "requests-per-connection" {
        value: "NUMBER",
        default: Some("10000"),
        help: "Most requests on one connection before it is closed in good order",
    }
    STREAMS_PER_CONNECTION = LIMITS / "streams-per-connection" {
        value: "NUMBER",
        default: Some("100"),
        help: "Most requests at once on one HTTP/2 connection",
    }
    HEAD_BYTES = LIMITS / "head-bytes" {
        value: "SIZE",
        default: Some("32KiB"),
        help: "Longest request head",
    }
    HEAD_FIELDS = LIMITS / "head-fields" {
        value: "NUMBER",
        default: Some("100"),
        help: "Most header fields in a request",
    }
    HEAD_TIMEOUT = LIMITS / "head-timeout" {
        value: "DURATION",
        default: Some("15s"),
        help: "Longest time from the first octet of a request head to its last",
    }
    HANDSHAKE_TIMEOUT = LIMITS / "handshake-timeout" {
        value: "DURATION",
        default: Some("10s"),
        help: "Longest time for a TLS handshake",
    }
    IDLE_TIMEOUT = LIMITS / "idle-timeout" {
        value: "DURATION",
        default: Some("60s"),
        help: "Longest silence on a connection between requests",
    }
    STALL_TIMEOUT = LIMITS / "stall-timeout" {
        value: "DURATION",
        default: Some("60s"),
        help: "Longest time a client may take no octet of its response",
        more: "Players pause: a response that moves again within this time goes on.",
    }
    LIMIT_RATE = LIMITS / "limit-rate" {
        value: "SIZE",
        default: Some("off"),
        help: "Most octets of content per second on each connection",
    }
    BUFFER_MEMORY = LIMITS / "buffer-memory" {
        value: "SIZE",
        default: Some("64MiB"),
        help: "Memory for reading files, shared by all connections",
        more: "When it runs short each read gets smaller, down to 4 KiB.",
    }

    LOG = RECORDS / "log" {
        value: "FORMAT",
        words: &["text", "json", "off"],
        default: Some("text"),
        help: "Write one record per request to standard output",
    }
    METRICS = RECORDS / "metrics" {
        value: "ADDR",
        default: Some("off"),
        help: "Serve OpenMetrics on a listener of its own, at /metrics",
    }
    INSPECT = RECORDS / "inspect" {
        value: "ADDR",
        default: Some("off"),
        alone: Some("on"),
        help: "Show what is exchanged, live, on a page of its own at http://127.0.0.1:8207/",
        more: "on, or another IP:PORT of this machine's loopback; from elsewhere, forward the port (ssh -L). \
               Cookies, credentials and the values of queries are masked, content is never kept.",
    }
    INSPECT_RECORD = RECORDS / "inspect-record" {
        value: "FILE",
        help: "Write what is exchanged to this file, for swath inspect FILE; what is there already stays",
        more: "One line of JSON an exchange, masked as --inspect does. Ends at 1 GiB.",
    }

    CONFIG = CONFIGURATION / "config" {
        value: "FILE",
        help: "Read settings from this TOML file",
        more: "Its keys are the flags without their dashes, e.g. grace = \"10s\". Paths in it are relative to \
               the file.",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_kebab_case() {
        let mut names = BTreeSet::new();
        for setting in ALL {
            assert!(
                setting.key.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{} is not kebab-case",
                setting.key
            );
            assert!(names.insert(setting.key.to_owned()), "{} twice", setting.key);
            if let Some(opposite) = setting.opposite() {
                assert!(names.insert(opposite.clone()), "{opposite} twice");
            }
        }
    }

    #[test]
    fn each_row_says_enough_for_help() {
        for setting in ALL {
            assert!(!setting.help.is_empty() && !setting.heading.is_empty(), "{}", setting.key);
            assert!(!setting.help.ends_with('.'), "{}: clap's short help has no full stop", setting.key);
            assert_eq!(setting.value.is_empty(), setting.kind == Kind::Switch, "{}", setting.key);
            if let (Some(default), false) = (setting.default, setting.words.is_empty()) {
                assert!(setting.words.contains(&default), "{}", setting.key);
            }
        }
    }
}
