//! Checks a dist whose program cannot check itself: after a move, the runtime's own interpreter imports every extension
//! module, and nothing but glibc comes from the machine. The program is not run, because nobody knows what it does.

use crate::platform::Platform;
use crate::problem::{About, Problem};
use crate::shown::{shown, visible};
use crate::{closure, layout};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Prints a line for each module that cannot be imported, and one for each mapped file.
const IMPORT_ALL: &str = "\
import importlib, os, sysconfig
folder = os.path.join(sysconfig.get_path('platstdlib'), 'lib-dynload')
for name in sorted({entry.split('.')[0] for entry in os.listdir(folder)}):
    try:
        importlib.import_module(name)
    except Exception as error:
        print('failed', name, repr(error))
for line in open('/proc/self/maps', 'rb'):
    words = line.rstrip().split(None, 5)
    if len(words) == 6 and words[5].startswith(b'/'):
        print('mapped', os.fsdecode(words[5]))
";

/// Returns a sentence for each thing that is wrong.
pub fn run(dist: &Path, name: &str, platform: &dyn Platform) -> Result<Vec<String>> {
    let moved = Moved::new(dist)?;
    let mut findings = outside(&moved.place, &platform.binary(&moved.place, name), platform)?;
    let interpreter = platform.interpreter(&layout::runtime(&moved.place));
    let mut command = Command::new(&interpreter);
    command.args(["-I", "-c", IMPORT_ALL]).env_clear().current_dir("/").stdin(Stdio::null());
    let output = command.output().about("cannot run", &interpreter)?;
    if !output.status.success() {
        let said = visible(String::from_utf8_lossy(&output.stderr).trim());
        let why = format!("{}: {said}", output.status);
        return Err(Problem::without_hint(format!("the Python of `{}` does not start", shown(dist)), why).into());
    }
    findings.extend(judge(&String::from_utf8_lossy(&output.stdout), &moved.place));
    Ok(findings)
}

/// The libraries that the loader takes from the machine before the program starts, except those of glibc.
fn outside(dist: &Path, binary: &Path, platform: &dyn Platform) -> Result<Vec<String>> {
    let start = closure::needed_to_start(dist, binary, platform)?;
    let others = start.system.iter().filter(|soname| !platform.provides(soname));
    Ok(others.map(|soname| format!("the program needs `{}` of the machine", visible(soname))).collect())
}

fn judge(printed: &str, dist: &Path) -> Vec<String> {
    let mut findings = Vec::new();
    for line in printed.lines() {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        let path = Path::new(rest);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if kind == "failed" {
            findings.push(format!("a module cannot be imported: {}", visible(rest)));
        } else if kind == "mapped" && !path.starts_with(dist) && name.contains(".so") && !layout::is_glibc_file(&name) {
            findings.push(format!("`{}` of the machine was loaded", shown(path)));
        }
    }
    findings.dedup();
    findings
}

/// A dist at another place, until this is dropped.
struct Moved {
    from: PathBuf,
    place: PathBuf,
}

impl Moved {
    fn new(dist: &Path) -> Result<Self> {
        let from = dist.canonicalize().about("cannot resolve", dist)?;
        let place = from.with_extension("moved");
        fs::rename(&from, &place).about("cannot move", &from)?;
        Ok(Moved { from, place })
    }
}

impl Drop for Moved {
    fn drop(&mut self) {
        if let Err(error) = fs::rename(&self.place, &self.from) {
            eprintln!("warning: `{}` could not be moved back: {error}", shown(&self.place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_and_what_comes_from_the_machine_is_told() {
        let printed = "failed _x ImportError('no')\nmapped /d/python/runtime/lib/libz.so.1\nmapped /usr/lib/libc.so.6\n\
                       mapped /usr/lib/libz.so.1\nmapped /usr/lib/libz.so.1\nmapped /usr/lib/locale/C.utf8\n";
        let wanted =
            ["a module cannot be imported: _x ImportError('no')", "`/usr/lib/libz.so.1` of the machine was loaded"];
        assert_eq!(judge(printed, Path::new("/d")), wanted);
        assert!(judge("mapped /usr/lib/libc.so.6\n", Path::new("/d")).is_empty());
    }

    #[test]
    fn a_moved_dist_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let dist = folder.path().join("try");
        fs::create_dir(&dist).unwrap();
        let moved = Moved::new(&dist).unwrap();
        assert!(!dist.exists() && moved.place.is_dir());
        drop(moved);
        assert!(dist.is_dir() && fs::read_dir(folder.path()).unwrap().count() == 1);
    }
}
