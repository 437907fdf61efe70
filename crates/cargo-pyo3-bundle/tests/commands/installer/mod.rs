//! `<app>-installer.sh` as its users run it: each test has releases of a small program that checks itself, a home whose
//! name has a blank and a letter that is not ASCII, and a system that stand-ins on PATH describe.

mod downloads;
mod interrupted;
mod places;
mod refusals;
mod versions;

use crate::support::{App, Said, sum, write_program};
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub const NAME: &str = "an_app";
pub const ARCHIVE: &str = "an-app-1.1.0-x86_64-unknown-linux-gnu.tar.zst";

/// Prints its version and arguments. It checks itself as a program with `pyo3_bundle::init()` does, and fails on demand.
const PROGRAM: &str = "#!/bin/sh
# linked-libpython:sha256:
if [ -n \"${PYO3_BUNDLE_SMOKE-}\" ]; then
  if [ \"${BROKEN-}\" = VERSION ]; then echo 'foreign-object: broken' >&2; exit 1; fi
  echo smoke-python: ok
  exit
fi
echo VERSION \"$@\"
";

/// The folder of a release, as the packager makes it.
pub struct Release {
    app: App,
}

/// What a release is for.
pub struct System {
    target: &'static str,
    platform: &'static str,
    /// The ends of the names of the program and its launcher.
    ends: [&'static str; 2],
}

pub const LINUX: System = System {
    target: "x86_64-unknown-linux-gnu",
    platform: r#""os": "linux", "arch": "x86_64", "libc": "gnu", "libc_floor": "2.28""#,
    ends: ["-bin", ""],
};

pub const WINDOWS: System = System {
    target: "x86_64-pc-windows-gnu",
    platform: r#""os": "windows", "arch": "x86_64", "libc": "gnu""#,
    ends: ["-bin.exe", ".cmd"],
};

impl Release {
    pub fn of(version: &'static str) -> Release {
        Release::for_system(&LINUX, version, "")
    }

    pub fn for_system(system: &System, version: &'static str, keys: &str) -> Release {
        let app = App::new();
        let package = format!("[package]\nname = \"{NAME}\"\nversion = \"{version}\"\nedition = \"2024\"\n");
        app.write("Cargo.toml", &format!("{package}[package.metadata.pyo3-bundle]\n{keys}\n"));
        let [binary, launcher] = [format!("bin/{NAME}{}", system.ends[0]), format!("{NAME}{}", system.ends[1])];
        let (target, platform) = (system.target, system.platform);
        let metadata = format!(
            r#"{{
  "schema_version": 1,
  "name": "{NAME}",
  "version": "{version}",
  "target": "{target}",
  "launcher": "{launcher}",
  "binary": "{binary}",
  "platform": {{{platform}}},
  "python": {{"version": "3.13.5"}},
  "created": "2026-01-02T03:04:05Z",
  "profile": "full",
  "executables": ["{binary}", "{launcher}"],
  "links": {{}}
}}
"#
        );
        app.write("dist/metadata.json", &metadata);
        // So that the archive takes some blocks of a disk.
        app.write("dist/data", &(0..20_000).map(|number| format!("{number}\n")).collect::<String>());
        app.stand_in(&format!("dist/{launcher}"), "echo the launcher");
        fs::create_dir_all(app.at("dist/bin")).unwrap();
        write_program(&app.at(&format!("dist/{binary}")), &PROGRAM.replace("VERSION", version));
        let files = ["metadata.json", "data", &launcher, &binary];
        let line = |file: &&str| format!("{}  {file}\n", sum(&app.at(&format!("dist/{file}"))));
        app.write("dist/SHA256SUMS", &files.iter().map(line).collect::<String>());
        let url = format!("https://example.org/v{version}");
        app.run(&["formats", "dist", "--url", &url, "--only", "installer"]).fine();
        Release { app }
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.app.at("release").join(name)
    }

    pub fn script(&self) -> PathBuf {
        self.at("an-app-installer.sh")
    }

    pub fn url(&self) -> String {
        format!("file://{}", self.app.at("release").display())
    }
}

/// A user on a machine.
pub struct Home {
    folder: TempDir,
}

impl Home {
    /// The system is the one that the releases are for, wherever the test runs.
    pub fn new() -> Home {
        let home = Home { folder: tempfile::Builder::new().prefix("home é").tempdir().unwrap() };
        fs::create_dir(home.at("me")).unwrap();
        home.stand_in("uname", "case $1 in -s) echo Linux ;; -m) echo x86_64 ;; *) echo machine ;; esac");
        home.stand_in("getconf", "echo glibc 2.31");
        home
    }

    pub fn at(&self, relative: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(relative)
    }

    /// The folder of the versions, the link, and the folder of the link.
    pub fn root(&self) -> PathBuf {
        self.at("me/.local/share/an-app")
    }

    pub fn link(&self) -> PathBuf {
        self.at("me/.local/bin").join(NAME)
    }

    pub fn stand_in(&self, name: &str, script: &str) {
        let path = self.at("on-path").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_program(&path, &format!("#!/bin/sh\n{script}\n"));
    }

    /// Replaces PATH by a folder with links to these programs alone, and the stand-ins.
    pub fn only(&self, programs: &[&str]) -> String {
        let folder = self.at("only");
        fs::create_dir(&folder).unwrap();
        for program in programs {
            symlink(which::which(program).unwrap(), folder.join(program)).unwrap();
        }
        format!("{}:{}", self.at("on-path").display(), folder.display())
    }

    pub fn command(&self, shell: &[&str], release: &Release, arguments: &[&str]) -> Command {
        let mut command = Command::new(shell[0]);
        command.args(&shell[1..]).arg(release.script()).args(arguments).current_dir(self.at("me")).env_clear();
        command.env("HOME", self.at("me")).env("PATH", format!("{}:/usr/bin:/bin", self.at("on-path").display()));
        // Without it bash takes the user's own from the system.
        command.env("SHELL", "/bin/sh");
        // `nohup` and some runners leave signals ignored, which no shell can trap then.
        // SAFETY: nothing but the actions of signals is changed between `fork` and `exec`.
        unsafe {
            command.pre_exec(|| {
                for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGTERM] {
                    libc::signal(signal, libc::SIG_DFL);
                }
                Ok(())
            })
        };
        command
    }

    /// Runs the installer with the release as it is in its folder.
    pub fn install(&self, release: &Release, arguments: &[&str]) -> Said {
        self.install_by(&["sh"], release, arguments)
    }

    pub fn install_by(&self, shell: &[&str], release: &Release, arguments: &[&str]) -> Said {
        let url = release.url();
        let arguments = [&["--base-url", &url], arguments].concat();
        Said::of(&self.command(shell, release, &arguments).output().unwrap())
    }

    pub fn installed(release: &Release) -> Home {
        let home = Home::new();
        home.install(release, &[]).fine();
        home
    }

    /// What the linked program prints.
    pub fn started(&self) -> String {
        let output = Command::new(self.link()).arg("x").output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Everything in the folder of the versions, by name.
    pub fn names(&self) -> Vec<String> {
        names(&self.root())
    }

    /// Checks that this version is started, the one before is kept, and nothing else is there.
    pub fn has(&self, version: &str, before: Option<&str>) {
        assert_eq!(self.started(), format!("{version} x"));
        let mut wanted: Vec<&str> = before.into_iter().chain([version]).chain(before.map(|_| "previous")).collect();
        wanted.sort_unstable();
        assert_eq!(self.names(), wanted);
        assert_eq!(names(&self.at("me/.local/bin")), [NAME]);
        for version in before.into_iter().chain([version]) {
            let mut check = Command::new("sha256sum");
            let check = check.args(["--check", "--quiet", "SHA256SUMS"]).current_dir(self.root().join(version));
            assert!(check.status().unwrap().success(), "{version} is not whole");
        }
        if let Some(before) = before {
            let output = Command::new(self.root().join("previous")).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), before);
        }
    }
}

pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
