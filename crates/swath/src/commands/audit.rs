//! `swath audit`: in, URLs; out, a report on each, and an exit code that says whether a MUST is broken.

use std::{
    ffi::OsStr,
    fs,
    io::{self, IsTerminal as _},
    net::{IpAddr, SocketAddr},
    os::unix::ffi::OsStrExt as _,
    time::Duration,
};

use swath_audit::{
    Options, Player, Report, Resolve, Target, Trust, audit, basic, checks, list,
    output::{self, Text},
};

use crate::{
    args::{AuditArgs, AuditFormat},
    report::{self, Failure},
};

/// Something could not be audited.
const COULD_NOT: u8 = 3;
/// A MUST is broken.
const BROKEN: u8 = 1;

/// Audits each URL and prints the reports.
// By value, as every command takes what was typed.
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn run(args: AuditArgs) -> Result<(), Failure> {
    if args.list {
        let checks = checks().map_err(|error| Failure::Runtime(error.to_string()))?;
        return report::print(&list(&checks));
    }
    let targets = targets(&args)?;
    let options = options(&args)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Runtime(format!("cannot start: {error}")))?;
    let mut reports = Vec::new();
    let mut could_not = false;
    for target in targets {
        match runtime.block_on(audit(target, &options)) {
            Ok(one) => {
                if args.format != AuditFormat::Junit {
                    report::print(&written(&one, &args))?;
                }
                reports.push(one);
            }
            Err(error) => {
                could_not = true;
                report::say(format_args!("could not audit {error}"));
            }
        }
    }
    if args.format == AuditFormat::Junit {
        report::print(&output::junit(&reports))?;
    }
    match (could_not, reports.iter().any(Report::is_broken)) {
        (true, _) => Err(Failure::Told(COULD_NOT)),
        (false, true) => Err(Failure::Told(BROKEN)),
        (false, false) => Ok(()),
    }
}

fn written(report: &Report, args: &AuditArgs) -> String {
    match args.format {
        AuditFormat::Json => format!("{}\n", output::json(report)),
        AuditFormat::Markdown => output::markdown(report),
        AuditFormat::Text | AuditFormat::Junit => {
            let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
                || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
            let colour = io::stdout().is_terminal() && !plain;
            output::text(report, Text { colour, show: args.show, all: args.all })
        }
    }
}

fn targets(args: &AuditArgs) -> Result<Vec<Target>, Failure> {
    let mut typed = args.urls.clone();
    if let Some(path) = &args.from {
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("--from: cannot read {}: {error}", path.display())))?;
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
        typed.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
    }
    if typed.is_empty() {
        return Err(Failure::usage("there is no URL to audit"));
    }
    let (good, bad): (Vec<_>, Vec<_>) = typed.iter().map(|url| Target::read(url)).partition(Result::is_ok);
    match bad.is_empty() {
        true => Ok(good.into_iter().flatten().collect()),
        false => Err(Failure::Usage(bad.into_iter().filter_map(Result::err).collect())),
    }
}

fn options(args: &AuditArgs) -> Result<Options, Failure> {
    let mut fields = args.fields.iter().map(|field| field_of(field)).collect::<Result<Vec<_>, _>>()?;
    if let Some(user) = &args.user {
        fields.push(basic(user));
    }
    let trust = match (&args.cacert, args.insecure) {
        (Some(path), _) => Trust::File(path.clone()),
        (None, true) => Trust::Anyone,
        (None, false) => Trust::System,
    };
    let wrong = |flag: &str, typed: &str, cure: &str| Failure::usage(format!("{flag}: `{typed}` {cure}"));
    let pause = match args.rate {
        None => Duration::ZERO,
        Some(rate) if rate > 0.0 && rate.is_finite() => Duration::from_secs_f64(1.0 / rate.max(0.001)),
        Some(rate) => {
            return Err(wrong(
                "--rate",
                &rate.to_string(),
                "is no rate: write 5, or 0.5 for one in two seconds",
            ));
        }
    };
    let timeout = humantime::parse_duration(&args.timeout)
        .ok()
        .filter(|timeout| !timeout.is_zero())
        .ok_or_else(|| wrong("--timeout", &args.timeout, "is no duration: write 10s or 500ms"))?;
    let bytes_max = parse_size::Config::new()
        .parse_size(&args.max_bytes)
        .map_err(|_| wrong("--max-bytes", &args.max_bytes, "is no size: write 32MiB"))?;
    let resolve = args.resolve.iter().map(|typed| {
        resolve(typed).ok_or_else(|| wrong("--resolve", typed, "is not like media.example:443:127.0.0.1"))
    });
    Ok(Options {
        timeout,
        requests_max: args.max_requests,
        bytes_max,
        pause,
        fields,
        origin: args.origin.clone(),
        players: Player::ALL
            .into_iter()
            .filter(|one| args.players.iter().any(|name| name == one.name()))
            .collect(),
        resolve: resolve.collect::<Result<_, _>>()?,
        trust,
    })
}

fn field_of(typed: &OsStr) -> Result<(String, Vec<u8>), Failure> {
    let octets = typed.as_bytes();
    let wrong = || {
        Failure::usage(format!("-H: `{}` is no header field: write 'Name: value'", typed.to_string_lossy()))
    };
    let colon = octets.iter().position(|octet| *octet == b':').ok_or_else(wrong)?;
    let (name, value) = octets.split_at(colon);
    let name = http::HeaderName::from_bytes(name).map_err(|_| wrong())?;
    let value = value.get(1..).unwrap_or_default().trim_ascii();
    http::HeaderValue::from_bytes(value).map_err(|_| wrong())?;
    Ok((name.to_string(), value.to_vec()))
}

/// Reads `host:port:address`; an address of IPv6 may stand in brackets.
fn resolve(typed: &str) -> Option<Resolve> {
    let (host, rest) = match typed.strip_prefix('[') {
        Some(rest) => rest.split_once("]:")?,
        None => typed.split_once(':')?,
    };
    let (port, address) = rest.split_once(':')?;
    let port = port.parse().ok()?;
    let address: IpAddr = address.trim_matches(['[', ']']).parse().ok()?;
    Some(Resolve { host: host.to_owned(), port, address: SocketAddr::new(address, port) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let one = resolve("media.example:443:127.0.0.1").unwrap();
        assert_eq!(
            (one.host.as_str(), one.port, one.address.to_string().as_str()),
            ("media.example", 443, "127.0.0.1:443")
        );
        assert_eq!(resolve("[::1]:80:[::2]").unwrap().address.to_string(), "[::2]:80");
        for bad in ["", "a", "a:b:c", "a:80", "a:80:b", "a:99999:::1"] {
            assert!(resolve(bad).is_none(), "{bad}");
        }
    }
}
