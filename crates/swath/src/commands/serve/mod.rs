//! `swath serve`.

use crate::{
    args::ServeArgs,
    report::{self, Failure},
    settings,
};

/// Serves until told to stop.
pub(crate) fn run(args: ServeArgs) -> Result<(), Failure> {
    let (settings, warnings) = settings::gather(args.0, std::env::vars_os());
    warnings.iter().for_each(report::say);
    let _settings = settings.map_err(Failure::Usage)?;
    Ok(())
}
