//! The flags of `swath serve`, made from the table of settings.
//!
//! In: clap's matches. Out: [`ServeArgs`], the layer of what was typed, uninterpreted.

use std::ffi::OsString;

use clap::{
    Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, ValueHint,
    builder::PossibleValuesParser, parser::ValueSource, value_parser,
};

use crate::settings::{
    layers::{Layer, Origin},
    setting::{Kind, Setting},
    table::ALL,
};

const EXAMPLES: &str = "\
Examples:
  swath serve                          serve this directory at http://127.0.0.1:8206/
  swath serve --demo                   serve built-in media to seek in, and print what to try
  swath serve clip.mp4 --listen 127.0.0.1:0
  swath serve /srv/media --listen https://[::]:443 --tls-cert chain.pem --tls-key key.pem
  swath serve /srv/tiles --cors https://maps.example --cache-control 'public, max-age=3600'
  swath serve http://127.0.0.1:9000/   see what goes on before the server there
  swath serve --demo --inspect         play, seek, and watch what is exchanged
  swath serve --config /etc/swath.toml --log json

Every flag is also a variable and a key of the file given by --config: --max-open-range is \
SWATH_MAX_OPEN_RANGE and max-open-range. The command line counts first, then the variables, then the file. \
A switch set there is undone by its opposite: --no-hidden, --index, --ranges. In a variable a list is \
separated by commas.

Sizes: 4KiB, 4MiB, 4GiB are powers of 1024; 4K, 4M, 4G (or kB, MB, GB) powers of 1000; plain numbers are octets. \
Durations: 500ms, 10s, 2m, 1h. The word off turns a limit off where its default is off.

Signals: SIGINT and SIGTERM stop in good order, a second one at once; SIGHUP reads the certificate again.

Exit codes: 0 stopped in good order, 1 something failed while running, 2 the settings are wrong.";

/// What was typed after `swath serve`.
#[derive(Debug)]
pub(crate) struct ServeArgs(pub(crate) Layer);

impl Args for ServeArgs {
    fn augment_args(command: Command) -> Command {
        let command = command.args_override_self(true).after_help(EXAMPLES);
        ALL.iter().fold(command, |command, setting| with_setting(command, setting))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ServeArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Ok(Self(layer(matches, ALL)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Adds the argument of one setting, and for a switch the hidden one that undoes it.
pub(super) fn with_setting(command: Command, setting: &'static Setting) -> Command {
    let arg = Arg::new(setting.key).help(setting.help);
    let arg = if setting.more.is_empty() {
        arg
    } else {
        arg.long_help(format!("{}.\n{}", setting.help, setting.more))
    };
    let arg = if setting.is_positional() { arg } else { arg.long(setting.key).help_heading(setting.heading) };
    let command = command.arg(match setting.kind {
        Kind::Switch => arg.action(ArgAction::SetTrue),
        Kind::Value => valued(arg.action(ArgAction::Set), setting),
        Kind::List => valued(arg.action(ArgAction::Append), setting),
    });
    match setting.opposite() {
        None => command,
        Some(opposite) => command.arg(
            Arg::new(opposite.clone())
                .long(opposite)
                .action(ArgAction::SetTrue)
                .overrides_with(setting.key)
                .hide(true),
        ),
    }
}

fn valued(arg: Arg, setting: &'static Setting) -> Arg {
    let arg = arg.value_name(setting.value).value_hint(match setting.value {
        "FILE" => ValueHint::FilePath,
        "ROOT" => ValueHint::AnyPath,
        _ => ValueHint::Other,
    });
    // The default is there for help only: what was not typed is left to the other layers.
    let arg = match setting.default {
        Some(default) => arg.default_value(default),
        None => arg,
    };
    let arg = match setting.alone {
        Some(alone) => arg.num_args(0..=1).require_equals(true).default_missing_value(alone),
        None => arg,
    };
    if setting.words.is_empty() {
        arg.value_parser(value_parser!(OsString))
    } else {
        arg.value_parser(PossibleValuesParser::new(setting.words)).ignore_case(true)
    }
}

/// Gathers what was typed for these settings.
pub(super) fn layer(matches: &ArgMatches, settings: &[&Setting]) -> Layer {
    let mut layer = Layer::default();
    for setting in settings {
        if let Some((values, flag)) = typed(matches, setting) {
            layer.put(setting, values, Origin::Flag(flag));
        }
    }
    layer
}

/// What was typed for one setting, and the flag that said it.
fn typed(matches: &ArgMatches, setting: &Setting) -> Option<(Vec<OsString>, String)> {
    let given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    if let Some(opposite) = setting.opposite() {
        return match (given(setting.key), given(&opposite)) {
            (true, _) => Some((vec!["true".into()], setting.flag())),
            (false, true) => Some((vec!["false".into()], format!("--{opposite}"))),
            (false, false) => None,
        };
    }
    let values = matches.get_raw(setting.key).filter(|_| given(setting.key))?;
    Some((values.map(OsString::from).collect(), setting.flag()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::args::Cli;

    fn parse(args: &[&str]) -> ServeArgs {
        let words = ["swath", "serve"].iter().chain(args);
        let matches = Cli::command().try_get_matches_from(words).expect("parses");
        ServeArgs::from_arg_matches(matches.subcommand_matches("serve").expect("serve")).expect("infallible")
    }

    #[test]
    fn every_setting_has_a_flag() {
        for setting in ALL {
            let flag = format!("--{}", setting.key);
            let word = setting.words.last().copied().unwrap_or("x");
            let joined = format!("{flag}={word}");
            let args = match (setting.is_positional(), setting.kind) {
                (true, _) => vec![word],
                (false, Kind::Switch) => vec![flag.as_str()],
                (false, _) if setting.alone.is_some() => vec![joined.as_str()],
                (false, _) => vec![flag.as_str(), word],
            };
            let layer = parse(&args).0;
            let found = layer.get(setting).expect(setting.key);
            assert_eq!(found.origin, Origin::Flag(setting.flag()));
            assert_eq!(found.values, [if setting.kind == Kind::Switch { "true" } else { word }]);
        }
    }

    #[test]
    fn a_flag_that_may_stand_alone_takes_no_word_after_it() {
        let layer = parse(&["--inspect", "media"]).0;
        assert_eq!(layer.get(&crate::settings::table::INSPECT).expect("typed").values, ["on"]);
        assert_eq!(layer.get(&crate::settings::table::ROOT).expect("typed").values, ["media"]);
    }

    #[test]
    fn what_was_not_typed_says_nothing() {
        let layer = parse(&[]).0;
        assert!(ALL.iter().all(|setting| layer.get(setting).is_none()));
    }

    #[test]
    fn the_last_word_counts_for_switches_and_values() {
        for setting in ALL.iter().filter(|setting| setting.kind == Kind::Switch) {
            let (flag, opposite) = (setting.flag(), format!("--{}", setting.opposite().expect("a switch")));
            let off = parse(&[&flag, &opposite]).0;
            assert_eq!(off.get(setting).expect("typed").values, ["false"], "{flag} {opposite}");
            let on = parse(&[&opposite, &flag]).0;
            assert_eq!(on.get(setting).expect("typed").values, ["true"], "{opposite} {flag}");
        }
        let layer = parse(&["--grace", "1s", "--grace", "2s"]).0;
        assert_eq!(layer.get(&crate::settings::table::GRACE).expect("typed").values, ["2s"]);
    }
}
