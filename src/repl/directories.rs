//! The folders that a user's system gives this program: those of XDG below the home, on Windows those of the profile.

use super::system::files::{CONFIG, DATA, HOME, STATE};
use std::ffi::OsString;
use std::path::PathBuf;

/// The environment as a function, so that a test can give its own.
pub type Environment<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

pub fn config_home(environment: &Environment) -> Option<PathBuf> {
    own_folder(CONFIG, environment)
}

pub fn state_home(environment: &Environment) -> Option<PathBuf> {
    own_folder(STATE, environment)
}

pub fn data_home(environment: &Environment) -> Option<PathBuf> {
    own_folder(DATA, environment)
}

pub fn user_home(environment: &Environment) -> Option<PathBuf> {
    absolute(HOME, environment)
}

/// Returns the path in the variable. XDG's specification asks to ignore a relative path.
pub fn absolute(variable: &str, environment: &Environment) -> Option<PathBuf> {
    environment(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

fn own_folder((variable, below_home): (&str, &str), environment: &Environment) -> Option<PathBuf> {
    let base = absolute(variable, environment).or_else(|| Some(user_home(environment)?.join(below_home)))?;
    Some(base.join(env!("CARGO_PKG_NAME")))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::path::Path;

    fn folders(variables: &[(&str, &str)]) -> [Option<PathBuf>; 3] {
        let environment =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        [config_home(&environment), state_home(&environment), data_home(&environment)]
    }

    fn paths(expected: [&str; 3]) -> [Option<PathBuf>; 3] {
        expected.map(|path| Some(Path::new(path).join(env!("CARGO_PKG_NAME"))))
    }

    #[test]
    fn the_variables_rule_then_the_home() {
        let all = [("HOME", "/h"), ("XDG_CONFIG_HOME", "/c"), ("XDG_STATE_HOME", "/s"), ("XDG_DATA_HOME", "/d")];
        assert_eq!(folders(&all), paths(["/c", "/s", "/d"]));
        assert_eq!(folders(&all[..1]), paths(["/h/.config", "/h/.local/state", "/h/.local/share"]));
        assert_eq!(folders(&[]), [None, None, None]);
    }

    #[test]
    fn a_relative_or_empty_value_is_ignored() {
        let relative = [("HOME", "/h"), ("XDG_CONFIG_HOME", "c"), ("XDG_STATE_HOME", ""), ("XDG_DATA_HOME", "./d")];
        assert_eq!(folders(&relative), folders(&relative[..1]));
        assert_eq!(folders(&[("HOME", "h")]), [None, None, None]);
    }
}

#[cfg(all(test, windows))]
mod tests_on_windows {
    use super::*;

    #[test]
    fn the_variables_rule_then_the_profile() {
        let found = |set: &'static [(&str, &str)]| {
            let environment = move |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, at)| at.into());
            [config_home(&environment), state_home(&environment), data_home(&environment)]
        };
        let paths = |places: [&str; 3]| places.map(|place| Some(PathBuf::from(place).join(env!("CARGO_PKG_NAME"))));
        let all = &[("APPDATA", r"C:\r"), ("LOCALAPPDATA", r"D:\l"), ("USERPROFILE", r"C:\u")];
        assert_eq!(found(all), paths([r"C:\r", r"D:\l", r"D:\l"]));
        let [roaming, local] = [r"C:\u\AppData\Roaming", r"C:\u\AppData\Local"];
        assert_eq!(found(&[("USERPROFILE", r"C:\u")]), paths([roaming, local, local]));
        assert_eq!(found(&[("USERPROFILE", r"\u"), ("APPDATA", "r")]), [None, None, None]);
    }
}
