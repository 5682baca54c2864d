//! Metalink files (RFC 5854): in, a file or a URL of one; out, what it describes, with mirrors and digests.

use std::{fs::File, io::Read as _, path::Path};

use swath_fetch::{Client, metalink};

use super::{job, wanted};
use crate::{args::GetArgs, report::Failure};

/// No list of mirrors and digests is longer, unless it has pieces of a tebibyte.
const LONGEST: u64 = 16 << 20;

/// Whether an argument is a Metalink file here, and no URL.
pub(super) fn is_file(typed: &str) -> bool {
    typed.ends_with(".meta4") && !typed.contains("://")
}

/// Reads the files that a Metalink describes; it is here, or on a server.
pub(super) fn read(
    from: &str,
    args: &GetArgs,
    secrets: &job::Secrets,
) -> Result<Vec<metalink::File>, Failure> {
    let wrong = |what: &dyn std::fmt::Display| Failure::usage(format!("{from}: {what}"));
    let octets = match from.contains("://") {
        true => fetch(from, args, secrets)?,
        false => {
            let mut octets = Vec::new();
            let file = File::open(Path::new(from)).map_err(|error| wrong(&error))?;
            file.take(LONGEST + 1).read_to_end(&mut octets).map_err(|error| wrong(&error))?;
            octets
        }
    };
    if u64::try_from(octets.len()).unwrap_or(u64::MAX) > LONGEST {
        return Err(wrong(&"is longer than 16 MiB, which no Metalink is"));
    }
    metalink::parse(&octets).map_err(|error| wrong(&error))
}

fn fetch(from: &str, args: &GetArgs, secrets: &job::Secrets) -> Result<Vec<u8>, Failure> {
    let (url, in_url) = wanted::url(from).map_err(Failure::usage)?;
    let job = job::asked(url, in_url, &args.request, secrets)?;
    let failed = |what: &dyn std::fmt::Display| Failure::Runtime(format!("cannot fetch {from}: {what}"));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
    let patience = job.settings.answer_timeout;
    let reading = async {
        let client = Client::new(&job).map_err(|error| failed(&error))?;
        let mut answer = client.ask(Vec::new()).await.map_err(|error| failed(&error))?;
        if answer.parts.status != http::StatusCode::OK {
            return Err(failed(&answer.parts.status));
        }
        let mut octets = Vec::new();
        while let Some(more) = answer.next().await {
            octets.extend_from_slice(&more.map_err(|error| failed(&error))?);
            if u64::try_from(octets.len()).unwrap_or(u64::MAX) > LONGEST {
                break;
            }
        }
        Ok(octets)
    };
    let read = runtime.block_on(async { tokio::time::timeout(patience, reading).await });
    read.unwrap_or_else(|_| Err(failed(&"no answer came in time")))
}
