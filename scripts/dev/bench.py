"""Measures for bench.sh: each command beside a plain one, the best of several runs, as a ratio. Judges nothing."""

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

RUNS = 5


def seconds(command, runs=RUNS, before=None, **options):
    best = float("inf")
    for _ in range(runs):
        if before:
            before()
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, **options)
        best = min(best, time.perf_counter() - start)
    return best


def until(mark, command, environment):
    """Returns the seconds until a program on a terminal writes its prompt; answers questions for the cursor's position."""
    start = time.perf_counter()
    process, terminal = pty.fork()
    if process == 0:
        os.execve(command[0], command, environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    seen, answered = b"", 0
    while mark not in seen:
        if not select.select([terminal], [], [], 60)[0]:
            raise TimeoutError(f"no {mark} of {command} in {seen}")
        seen += os.read(terminal, 65536)
        for _ in range(seen.count(b"\x1b[6n") - answered):
            os.write(terminal, b"\x1b[3;1R")
            answered += 1
    took = time.perf_counter() - start
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    os.close(terminal)
    return took


def installed(python, package, work):
    """Returns a folder with the package and what it needs."""
    folder = os.path.join(work, package)
    pip = [python, "-I", "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--root-user-action=ignore"]
    subprocess.run([*pip, "--target", folder, package], check=True)
    return folder


def first_prompts(launcher, python, work):
    """Measures in turns, so that other load affects all alike. IPython runs on the same Python, from its own folder."""
    packages = installed(python, "ipython", work)
    home = os.path.join(work, "home")
    os.mkdir(home)
    base = {"HOME": home, "TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": os.environ["PATH"]}
    contestants = {
        "ours": (b">>> ", [launcher], base),
        "python3 -i": (b">>> ", [python, "-I", "-i"], base),
        "ipython": (b"In [", [python, "-m", "IPython"], {**base, "PYTHONPATH": packages}),
    }
    best = dict.fromkeys(contestants, float("inf"))
    for _ in range(3 * RUNS):
        for name, contestant in contestants.items():
            best[name] = min(best[name], until(*contestant))
    for name in ("python3 -i", "ipython"):
        yield "first prompt", best["ours"], name, best[name]


def starts(launcher, python):
    commands = {"ours": [launcher, "-c", "pass"], "plain": [python, "-I", "-c", "pass"]}
    best = dict.fromkeys(commands, float("inf"))
    for _ in range(20 * RUNS):
        for name, command in commands.items():
            best[name] = min(best[name], seconds(command, runs=1))
    yield "-c pass, through the launcher", best["ours"], "python3 -I -c pass", best["plain"]


def one_files(pack, launcher, python, work):
    """Measures in turns as well. PyInstaller packs a program that does nothing, which starts at once when it is unpacked."""
    release, frozen = os.path.join(work, "release"), os.path.join(work, "frozen")
    subprocess.run([*pack, "formats", "dist", "--only", "onefile", "--out", release], check=True, stdout=subprocess.DEVNULL)
    entries = [entry for entry in os.scandir(release) if os.access(entry, os.X_OK)]
    ours = [entries[0].path, "-c", "pass"]
    packages = installed(python, "pyinstaller", work)
    os.mkdir(frozen)
    with open(os.path.join(frozen, "nothing.py"), "w") as file:
        file.write("pass\n")
    freeze = [python, "-m", "PyInstaller", "--log-level", "ERROR", "--onefile", "nothing.py"]
    subprocess.run(freeze, check=True, cwd=frozen, env={**os.environ, "PYTHONPATH": packages})
    theirs = [os.path.join(frozen, "dist", "nothing")]
    environment = {**os.environ, "PYO3_BUNDLE_CACHE": os.path.join(work, "cache")}
    first = seconds(ours, runs=1, env=environment)
    commands = {"ours": ours, "the folder": [launcher, "-c", "pass"], "PyInstaller": theirs}
    best = dict.fromkeys(commands, float("inf"))
    for _ in range(20 * RUNS):
        for name, command in commands.items():
            best[name] = min(best[name], seconds(command, runs=1, env=environment))
    yield "one file, -c pass, second start", best["ours"], "the folder's launcher", best["the folder"]
    yield "one file, -c pass, second start", best["ours"], "PyInstaller's", best["PyInstaller"]
    yield "one file, -c pass, first start", first, "PyInstaller's", best["PyInstaller"]
    yield "size of the one file, MB", os.path.getsize(ours[0]) / 1e6, "PyInstaller's", os.path.getsize(theirs[0]) / 1e6


def size(folder):
    paths = (os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)
    return sum(os.lstat(path).st_size for path in paths)


def measure(target, name, work):
    pack = [os.path.join(target, "pack", "cargo-pyo3-bundle")]
    stage = [*pack, "stage", "--binary", f"{target}/release/{name}", "--python", f"{target}/python/runtime"]
    stage += ["--provenance", ".local/python/provenance.json"]
    runtime = "dist/python/runtime/bin/python3"
    dists = {profile: os.path.join(work, profile) for profile in ("full", "slim")}
    for profile, dist in dists.items():
        copy = os.path.join(work, "copy")
        staging = seconds([*stage, "--profile", profile, "--out", dist], runs=2)
        plain = seconds(["cp", "-a", dist, copy], before=lambda: shutil.rmtree(copy, ignore_errors=True))
        yield f"stage ({profile})", staging, "cp -a", plain
        verify = seconds([*pack, "verify", dist])
        sums = seconds(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=dist)
        yield f"pack verify ({profile})", verify, "sha256sum -c", sums
        yield f"--verify ({profile})", seconds([os.path.join(dist, name), "--verify"]), "sha256sum -c", sums
    archive = seconds([*pack, "archive", dists["slim"], "--out", f"{work}/archives"], runs=1)
    yield "archive (slim)", archive, "tar -cz", seconds(["tar", "-czf", f"{work}/plain.tgz", "-C", dists["slim"], "."], runs=1)
    yield from starts(os.path.abspath(f"dist/{name}"), os.path.abspath(runtime))
    yield from one_files(pack, os.path.abspath(f"dist/{name}"), os.path.abspath(runtime), work)
    yield from first_prompts(os.path.abspath(f"dist/{name}"), os.path.abspath(runtime), work)
    yield "size of the binary, MB", os.path.getsize(f"dist/bin/{name}-bin") / 1e6, "full", size(dists["full"]) / 1e6
    for profile, dist in dists.items():
        yield f"size ({profile}), MB", size(dist) / 1e6, "full", size(dists["full"]) / 1e6
    for archive in sorted(os.listdir(os.path.join(work, "archives"))):
        if archive.endswith((".zst", ".gz")):
            bytes_ = os.path.getsize(os.path.join(work, "archives", archive))
            yield f"size of {archive}, MB", bytes_ / 1e6, "full", size(dists["full"]) / 1e6


MANIFEST = """\
[package]
name = "small"
version = "0.1.0"
edition = "2024"

[dependencies]
pyo3 = "0.30"
pyo3-bundle = {{ path = "{crates}/pyo3-bundle" }}

[build-dependencies]
pyo3-bundle-build = {{ path = "{crates}/pyo3-bundle-build" }}

[package.metadata.pyo3-bundle]
modules = ["json"]
"""

PROGRAM = """\
use pyo3::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _python = pyo3_bundle::init()?;
    Python::attach(|py| {
        let text = py.import("json")?.call_method1("dumps", (vec![1, 2, 3],))?;
        println!("{text}");
        Ok(())
    })
}
"""


def small_application(pack, work):
    """Measures an application of a few lines, made outside the checkout, from its sources to its archives."""
    folder = os.path.join(work, "small")
    crates = os.path.abspath("crates")
    for path, text in [
        ("Cargo.toml", MANIFEST.format(crates=crates)),
        (".python-version", json.load(open(".local/python/provenance.json"))["version"]),
        ("build.rs", "fn main() { pyo3_bundle_build::link(); }\n"),
        ("src/main.rs", PROGRAM),
    ]:
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
    environment = {**os.environ, "CARGO_TARGET_DIR": os.path.join(work, "target")}
    lists = ".local/cache/cpython"
    for entry in os.listdir(lists) if os.path.isdir(lists) else []:
        if entry.endswith(".downloads.json"):
            environment["UV_PYTHON_DOWNLOADS_JSON_URL"] = os.path.abspath(os.path.join(lists, entry))
    environment["PATH"] += f":{os.path.abspath('.local/uv/bin')}"
    options = {"cwd": folder, "env": environment}
    whole = seconds(pack, runs=1, **options)
    yield "a small application: all of it, nothing there before", whole, "the same again", seconds(pack, runs=1, **options)
    for profile in ("full", "slim", "minimal"):
        dist, archives = os.path.join(work, f"small-{profile}"), os.path.join(work, f"small-{profile}-archives")
        profiled = [*pack, "--config", f"profile={profile}"]
        took = seconds([*profiled, "stage", "--out", dist], runs=2, **options)
        took += seconds([*profiled, "verify", dist], runs=2, **options)
        subprocess.run([*profiled, "archive", dist, "--out", archives], check=True, stdout=subprocess.DEVNULL, **options)
        packed = next(entry for entry in os.listdir(archives) if entry.endswith(".zst"))
        full = size(os.path.join(work, "small-full")) / 1e6
        yield f"stage and verify the small one ({profile})", took, "all of it", whole
        yield f"size of the small one ({profile}), MB", size(dist) / 1e6, "full", full
        yield f"size of its .tar.zst, MB", os.path.getsize(os.path.join(archives, packed)) / 1e6, "full", full


def compiling(name, work):
    """Measures the packager alone beside the application, both without anything compiled before."""
    figures = []
    for package, profile in (("cargo-pyo3-bundle", "pack"), (name, "release")):
        tree = ["cargo", "tree", "--locked", "--package", package, "--edges", "normal,build", "--prefix", "none"]
        listed = subprocess.run(tree, check=True, capture_output=True, text=True).stdout.splitlines()
        build = ["cargo", "build", "--quiet", "--locked", "--package", package, "--profile", profile]
        took = seconds([*build, "--target-dir", os.path.join(work, f"compiled-{profile}")], runs=1)
        figures.append((len({line.split(" (")[0] for line in listed}), took))
    (crates, took), (others, other) = figures
    yield "crates of the packager", crates, "of the application", others
    yield "compiling the packager", took, "the application", other


def main(target, name, *options):
    with tempfile.TemporaryDirectory() as work:
        pack = [os.path.join(target, "pack", "cargo-pyo3-bundle")]
        rows = [*measure(target, name, work), *small_application(pack, work), *compiling(name, work)]
    if "--json" in options:
        keys = ("what", "value", "against", "other")
        print(json.dumps([{**dict(zip(keys, row)), "ratio": row[1] / row[3]} for row in rows], indent=2))
        return
    for what, value, against, other in rows:
        print(f"{what:52} {value:9.3f}   {against:20} {other:9.3f}   ×{value / other:.2f}")


main(*sys.argv[1:])
