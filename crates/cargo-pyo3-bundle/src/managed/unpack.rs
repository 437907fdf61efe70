//! Installs an `install_only` archive of python-build-standalone, or one of the same shape, without uv: for machines
//! without a network.

use super::pin::{Pin, series};
use super::record::{Record, public_address};
use super::{Places, finish, version_of};
use crate::metadata::Provider;
use crate::object::{Format, Native};
use crate::platform::{self, Platform};
use crate::problem::{About, Problem};
use crate::say::say;
use crate::shown::{shown, visible, word};
use crate::{Misuse, integrity, sysconfig};
use anyhow::Result;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// An archive as the command line names it.
#[derive(Debug, Clone)]
pub struct Archive {
    /// A path, a `file://` address or an address of the web.
    pub source: String,
    pub sha256: String,
}

impl Archive {
    /// The record of the Python that was unpacked from it.
    pub fn record(&self, version: String, pin: &Pin) -> Record {
        Record {
            provider: Provider::Archive,
            version,
            pinned_version: pin.version.clone(),
            source_url: Some(public_address(&self.source)),
            source_sha256: Some(self.sha256.clone()),
            recipe: None,
            patches_source: None,
            patches: Vec::new(),
        }
    }
}

/// Unpacks into a folder beside the installation, which is renamed when it is whole.
pub fn install(archive: &Archive, places: &Places, pin: &Pin, strict: bool) -> Result<Record> {
    let file = obtain(archive, places)?;
    let partial = places.home().with_extension("partial");
    let _interrupted = fs::remove_dir_all(&partial);
    let installed = unpack(&file, &partial)
        .and_then(|()| Ok(has_interpreter(&file, &partial, platform::here())?))
        .and_then(|()| adopt(archive, &partial.join("python"), places, pin, strict));
    let _moved = fs::remove_dir_all(&partial);
    installed
}

fn adopt(archive: &Archive, tree: &Path, places: &Places, pin: &Pin, strict: bool) -> Result<Record> {
    let platform = platform::here();
    let python = platform.interpreter(tree);
    refuse_another_machine(archive, &python)?;
    let version = version_of(&python)?;
    let what = || format!("`{}` is CPython {version}", visible(&archive.source));
    if series(&version) != pin.series() {
        let why = format!("wanted the series {} that {} pins", pin.series(), pin.origin);
        return Err(Misuse::new(Problem::without_hint(what(), why)).into());
    }
    if strict && version != pin.version {
        let why = format!("`--strict` wants {}, which {} pins", pin.version, pin.origin);
        return Err(Misuse::new(Problem::without_hint(what(), why)).into());
    }
    has_libpython(archive, tree, series(&version), platform)?;
    let place = places.home().join(format!("cpython-{version}-{}-{}", std::env::consts::OS, std::env::consts::ARCH));
    if platform.format() != Format::Pe {
        sysconfig::install(tree, series(&version), &place)?; // on Windows it is computed from the place of the Python
    }
    // Without its record, an installation that is being replaced does not count.
    let _first = fs::remove_file(places.record());
    let _earlier = fs::remove_dir_all(&place);
    fs::create_dir_all(places.home()).about("cannot create", &places.home())?;
    fs::rename(tree, &place).about("cannot create", &place)?;
    finish(places, &version)?;
    Ok(archive.record(version, pin))
}

/// Says which machine the Python is for, where running it would only tell that the format is wrong.
fn refuse_another_machine(archive: &Archive, python: &Path) -> Result<()> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let system = if os == "macos" { "darwin" } else { os };
    match Native::of(&fs::read(python).about("cannot read", python)?).target() {
        Some(target) if !target.starts_with(arch) || !target.contains(system) => {
            let what = format!("`{}` has a Python for {target}", visible(&archive.source));
            Err(Misuse::new(Problem::without_hint(what, format!("wanted one for this machine: {arch}, {os}"))).into())
        }
        _ => Ok(()),
    }
}

/// The archive as a file with the wanted sum.
pub fn obtain(archive: &Archive, places: &Places) -> Result<PathBuf> {
    let is_of_web = ["https://", "http://"].iter().any(|scheme| archive.source.starts_with(scheme));
    let file = match archive.source.strip_prefix("file://") {
        _ if is_of_web => return fetched(archive, places),
        Some(address) => PathBuf::from(super::download::percent_decoded(address.trim_start_matches("localhost"))),
        None => PathBuf::from(&archive.source),
    };
    let found = integrity::digest(&file).about("cannot read", &file).map_err(Misuse::new)?;
    if found == archive.sha256 { Ok(file) } else { Err(another(&file, &found, archive).into()) }
}

fn another(file: &Path, found: &str, archive: &Archive) -> Problem {
    let what = format!("`{}` is another archive or damaged", visible(&archive.source));
    let why = format!("found sha256 {found}, wanted {}", archive.sha256);
    Problem::new(what, why, format!("sha256sum -- {}", word(file)))
}

/// Fetches an archive by curl, which is on nearly every machine and obeys the user's proxies and certificates: a TLS of
/// our own would be larger than the packager. A fetched archive is kept and found again by its sum.
fn fetched(archive: &Archive, places: &Places) -> Result<PathBuf> {
    let folder = places.cache().join("archives");
    let file = folder.join(&archive.sha256);
    if file.is_file() && integrity::digest(&file).is_ok_and(|found| found == archive.sha256) {
        return Ok(file);
    }
    fs::create_dir_all(&folder).about("cannot create", &folder)?;
    say(&format!("fetching {}", visible(&archive.source)));
    let curl = which::which("curl").map_err(|error| {
        let why = format!("it fetches what is not on this machine: {error}");
        Misuse::new(Problem::new("`curl` is not on PATH", why, "sudo apt-get install -y curl"))
    })?;
    let partial = file.with_extension("partial");
    let mut command = super::uv::clean(&curl);
    command.args(["--fail", "--location", "--silent", "--show-error", "--retry", "2", "--proto", "=https,http"]);
    let output = command.arg("--output").arg(&partial).arg(&archive.source).output().about("cannot run", &curl)?;
    if !output.status.success() {
        let said = visible(String::from_utf8_lossy(&output.stderr).trim());
        let hint = format!("curl --location --remote-name {}", word(Path::new(&archive.source)));
        return Err(Problem::new(format!("cannot fetch `{}`", visible(&archive.source)), said, hint).into());
    }
    let found = integrity::digest(&partial).about("cannot read", &partial)?;
    if found != archive.sha256 {
        let problem = another(&partial, &found, archive);
        return Err(problem.into());
    }
    fs::rename(&partial, &file).about("cannot create", &file)?;
    Ok(file)
}

/// Unpacks to `<folder>/python`. The entries cannot leave the folder.
pub fn unpack(file: &Path, folder: &Path) -> Result<()> {
    say(&format!("unpacking {}", shown(file)));
    let wrong = |why: String| wrong(file, &why);
    let mut data = BufReader::new(File::open(file).about("cannot read", file)?);
    let start = data.fill_buf().about("cannot read", file)?;
    let reader: Box<dyn Read> = match start.get(..4) {
        Some([0x1f, 0x8b, ..]) => Box::new(flate2::read::MultiGzDecoder::new(data)),
        Some([0x28, 0xb5, 0x2f, 0xfd]) => Box::new(zstd::Decoder::with_buffer(data).about("cannot read", file)?),
        _ => return Err(wrong("wanted a file in gzip's or zstd's format".into()).into()),
    };
    fs::create_dir_all(folder).about("cannot create", folder)?;
    let mut archive = tar::Archive::new(reader);
    archive.set_preserve_permissions(true);
    archive.set_overwrite(false);
    archive.unpack(folder).map_err(|error| wrong(visible(&format!("{error:#}"))))?;
    Ok(())
}

fn has_interpreter(file: &Path, folder: &Path, platform: &dyn Platform) -> Result<(), Problem> {
    let python = platform.interpreter(Path::new("python"));
    if folder.join(&python).is_file() {
        return Ok(());
    }
    let why = format!("wanted `{}` in it, as in those with `install_only` in their names", shown(&python));
    Err(wrong(file, &why))
}

fn has_libpython(archive: &Archive, tree: &Path, series: &str, platform: &dyn Platform) -> Result<(), Problem> {
    let library = platform.libraries(Path::new("")).join(platform.libpython(series));
    if tree.join(&library).is_file() {
        return Ok(());
    }
    let why = format!("wanted `{}`, which a program that embeds Python is linked against", shown(&library));
    Err(Problem::without_hint(format!("`{}` has no libpython", visible(&archive.source)), why))
}

fn wrong(file: &Path, why: &str) -> Problem {
    let what = format!("`{}` is not an archive of a Python", shown(file));
    Problem::new(what, why, format!("tar -tf {}", word(file)))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// Only the systems that the packager runs on are asked, but each of them.
    #[test]
    fn the_parts_of_a_python_are_looked_for_where_its_system_has_them() {
        for (target, interpreter, library) in [
            ("x86_64-unknown-linux-gnu", "bin/python3", "lib/libpython3.13.so.1.0"),
            ("aarch64-apple-darwin", "bin/python3", "lib/libpython3.13.dylib"),
            ("x86_64-pc-windows-msvc", "python.exe", "python313.dll"),
        ] {
            let platform = platform::of(target).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let tree = folder.path().join("python");
            let archive = Archive { source: "given.tar.gz".into(), sha256: String::new() };
            let interpreted = || has_interpreter(Path::new("given.tar.gz"), folder.path(), platform);
            let linked = || has_libpython(&archive, &tree, "3.13", platform);
            let text = interpreted().unwrap_err().to_string();
            assert!(text.contains(&format!("\n  wanted `python/{interpreter}` in it")), "{text}");
            let text = linked().unwrap_err().to_string();
            assert!(text.starts_with("`given.tar.gz` has no libpython\n"), "{text}");
            assert!(text.contains(&format!("\n  wanted `{library}`, which")), "{text}");
            for name in [interpreter, library] {
                fs::create_dir_all(tree.join(name).parent().unwrap()).unwrap();
                fs::write(tree.join(name), "").unwrap();
            }
            assert!(interpreted().is_ok() && linked().is_ok(), "{target}");
        }
    }
}
