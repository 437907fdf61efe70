"""What bench.sh measures: each command beside a plain one, the best of several runs, as a ratio. Judges nothing."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
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


def size(folder):
    paths = (os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)
    return sum(os.lstat(path).st_size for path in paths)


def measure(target, name, work):
    pack = [os.path.join(target, "pack", "pack")]
    environment = {**os.environ, "CARGO_MANIFEST_DIR": os.getcwd()}
    stage = [*pack, "stage", "--binary", f"{target}/release/{name}", "--python", f"{target}/python/runtime"]
    stage += ["--provenance", ".local/python/provenance.json"]
    runtime = "dist/python/runtime/bin/python3"
    dists = {profile: os.path.join(work, profile) for profile in ("full", "slim")}
    for profile, dist in dists.items():
        copy = os.path.join(work, "copy")
        staging = seconds([*stage, "--profile", profile, "--out", dist], runs=2, env=environment)
        plain = seconds(["cp", "-a", dist, copy], before=lambda: shutil.rmtree(copy, ignore_errors=True))
        yield f"stage ({profile})", staging, "cp -a", plain
        verify = seconds([*pack, "verify", dist], env=environment)
        sums = seconds(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=dist)
        yield f"pack verify ({profile})", verify, "sha256sum -c", sums
        yield f"--verify ({profile})", seconds([os.path.join(dist, name), "--verify"]), "sha256sum -c", sums
    archive = seconds([*pack, "archive", dists["slim"], "--out", f"{work}/archives"], runs=1, env=environment)
    yield "archive (slim)", archive, "tar -cz", seconds(["tar", "-czf", f"{work}/plain.tgz", dists["slim"]], runs=1)
    plain = seconds([runtime, "-I", "-c", "pass"])
    yield "start of the launcher, empty program", seconds([f"dist/{name}"]), "python3 -I -c pass", plain
    yield "start of the binary, empty program", seconds([f"dist/bin/{name}-bin"]), "python3 -I -c pass", plain
    for profile, dist in dists.items():
        yield f"size ({profile}), MB", size(dist) / 1e6, "full", size(dists["full"]) / 1e6
    for archive in sorted(os.listdir(os.path.join(work, "archives"))):
        if archive.endswith((".zst", ".gz")):
            bytes_ = os.path.getsize(os.path.join(work, "archives", archive))
            yield f"size of {archive}, MB", bytes_ / 1e6, "full", size(dists["full"]) / 1e6


def main(target, name, *options):
    with tempfile.TemporaryDirectory() as work:
        rows = list(measure(target, name, work))
    if "--json" in options:
        keys = ("what", "value", "against", "other")
        print(json.dumps([{**dict(zip(keys, row)), "ratio": row[1] / row[3]} for row in rows], indent=2))
        return
    for what, value, against, other in rows:
        print(f"{what:52} {value:9.3f}   {against:20} {other:9.3f}   ×{value / other:.2f}")


main(*sys.argv[1:])
