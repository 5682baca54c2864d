//! The `swath` command: serve, fetch and check any swath of bytes over HTTP.
//!
//! In: arguments, environment. Out: results and records on standard output, everything else on standard error,
//! and an exit code: 0 all went well, 1 something failed while running, 2 the command line or configuration is wrong.

use std::process::ExitCode;

use clap::{Parser as _, error::ErrorKind};

mod args;
mod commands;
mod demo;
mod report;
mod settings;

use args::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let done = match cli.command {
        Command::Serve(args) => commands::serve::run(args),
        Command::Get(args) => commands::get::run(*args),
        Command::Cat(args) => commands::cat::run(*args),
        Command::Explain(args) => commands::explain::run(*args),
        Command::Audit(args) => commands::audit::run(*args),
        Command::Inspect(args) => commands::inspect::run(args),
        Command::Completions { shell } => commands::completions::run(shell),
        Command::Man { directory } => commands::man::run(&directory),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Prints help and versions as clap does, and errors as everything else here says them.
fn refuse(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let text = error.render().to_string();
        report::say(text.strip_prefix("error: ").unwrap_or(&text).trim_end());
        return ExitCode::from(2);
    }
    // A reader that has gone away is all that can go wrong here.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}
