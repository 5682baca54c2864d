//! What is said at the start: in, settings and what was built; out, lines on standard error.

use swath_serve::lens::Trust;

use crate::{
    demo, report,
    settings::{ServeSettings, TlsSettings, value::show_size},
};

use super::build::{self, Built};

/// Warns of settings by which some clients end early and report success.
pub(super) fn warn(settings: &ServeSettings) {
    let policy = &settings.answers.policy;
    if let Some(most) = policy.max_open_range.map(|size| show_size(size.get())) {
        report::say(format_args!(
            "warning: --max-open-range {most}: curl -C - and wget -c take the end of a shortened answer for the end of \
             the file and report success; WebKitGTK takes it for the end of a film"
        ));
    }
    if let Some(first) = policy.partial_first.map(|size| show_size(size.get())) {
        report::say(format_args!(
            "warning: --partial-first {first} breaks RFC 9110 §15.3.7: downloads without Range, and curl -C - and wget -c \
             among them, end after {first} and report success"
        ));
    }
}

/// Warns of an origin that anybody could stand in for.
pub(super) fn warn_of_origin(settings: &ServeSettings) {
    if settings.lens.as_ref().is_some_and(|lens| lens.trust == Trust::Anyone) {
        report::say(
            "warning: --origin-insecure: the origin's certificate is not checked, so whoever stands between can \
             answer for it",
        );
    }
}

/// Says where it serves, one line for each listener, and gives a line for the service manager.
pub(super) fn ready(settings: &ServeSettings, built: &Built) -> String {
    let what = build::what(settings);
    let addresses: Vec<String> = built.bound.addresses().map(ToString::to_string).collect();
    for address in &addresses {
        report::say(format_args!("serving {what} at {address}"));
    }
    let made = settings.listen.tls == TlsSettings::SelfSigned;
    if let Some(tls) = built.tls.as_deref().filter(|_| made) {
        let fingerprint = tls.fingerprint();
        report::say(format_args!(
            "the certificate is made for this run; its SHA-256 fingerprint is {fingerprint}"
        ));
    }
    if let Some(address) = built.metrics.as_ref().and_then(|(bound, _)| build::origin(bound)) {
        report::say(format_args!("metrics at {address}/metrics"));
    }
    if let Some(address) = built.inspector.as_ref().and_then(|(bound, _)| build::origin(bound)) {
        report::say(format_args!("inspector at {address}/"));
    }
    if let (true, Some(origin)) = (settings.demo, build::origin(&built.bound)) {
        report::tell(&demo::what_to_try(&origin));
    }
    format!("serving {what} at {}", addresses.join(" "))
}
