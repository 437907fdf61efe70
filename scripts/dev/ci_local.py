"""Runs the jobs of a workflow of this checkout on this machine, step by step. ci-local.sh calls it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

# Actions of GitHub whose work is done here, or needs no work.
CHECKOUT, UPLOAD, DOWNLOAD = "actions/checkout", "actions/upload-artifact", "actions/download-artifact"


class Failure(Exception):
    """What, why, and a command that helps."""


class Place:
    """The clone that the steps run in, the folder of kept artifacts, and what was left out."""

    def __init__(self, root, scratch):
        self.root, self.scratch, self.clone = root, scratch, scratch / "a clone é"
        self.artifacts, self.left_out = scratch / "artifacts", []

    def leave_out(self, what, why):
        self.left_out.append(f"{what}: {why}")

    def check_out(self):
        """Every job has a checkout of its own; what is slow to make and is the same for all stays."""
        kept = self.scratch / "kept"
        if self.clone.exists():
            shutil.rmtree(kept, ignore_errors=True)
            kept.mkdir()
            for name in (".local", "target"):
                if (self.clone / name).exists():
                    (self.clone / name).rename(kept / name)
            shutil.rmtree(self.clone)
        subprocess.run(["git", "clone", "--quiet", str(self.root), str(self.clone)], check=True)
        for path in kept.iterdir() if kept.exists() else ():
            path.rename(self.clone / path.name)


def value(text, names):
    """Fills in `${{ … }}`. What is not known here fails, so that no step runs with a wrong value."""

    def one(match):
        expression = match[1].strip()
        if expression in names:
            return names[expression]
        raise Failure(f"`{match[0]}` has no value here")

    return re.sub(r"\$\{\{(.*?)\}\}", one, str(text))


def is_run(condition, names):
    """Decides a step's or a job's `if`. A dry run has no tag, and goes on as long as nothing failed."""
    if condition is None:
        return True
    text = str(condition).removeprefix("${{").removesuffix("}}").strip()
    if text == "github.ref_type == 'tag'":
        return names["github.ref_type"] == "tag"
    return True


def matrix_of(job, given):
    """The values of one job of the matrix: those that were asked for, else the first of each list."""
    matrix = job.get("strategy", {}).get("matrix", {})
    rows = matrix.get("include") or [{name: entries[0] for name, entries in matrix.items()}]
    for name, entries in matrix.items():
        if name in given and name != "include" and given[name] not in entries:
            raise Failure(f"`{given[name]}` is not a value of `{name}`; wanted one of: {', '.join(entries)}")
        if name in given and name != "include":
            rows = [row | {name: given[name]} for row in rows]
    rows = [row for row in rows if all(str(row.get(name, entry)) == entry for name, entry in given.items())]
    if not rows:
        raise Failure(f"no row of the matrix has {given}")
    return rows[0]


def run_step(step, place, names, environment):
    """Runs one step of a job or of an action of this repository."""
    title = step.get("name") or step.get("uses") or step.get("run")
    if not is_run(step.get("if"), names):
        return place.leave_out(title, "it is for a tag")
    if "run" in step:
        print(f"== {title}: {step['run']}", flush=True)
        own = {name: value(text, names) for name, text in step.get("env", {}).items()}
        if step.get("shell") == "pwsh":
            return place.leave_out(title, "it is for Windows")
        done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=place.clone, env=environment | own)
        if done.returncode:
            raise Failure(f"`{step['run']}` ends with {done.returncode}")
        return None
    action, inputs = step["uses"].split("@")[0], step.get("with", {})
    if action == CHECKOUT:
        return place.check_out()
    if action == UPLOAD:
        return upload(place, value(inputs["name"], names), value(inputs["path"], names).split())
    if action == DOWNLOAD:
        return download(place, inputs, names)
    if action.startswith("$/"):
        return run_action(place.clone / action[2:] / "action.yml", inputs, place, names, environment)
    return place.leave_out(title, f"`{action}` is only on GitHub")


def run_action(path, inputs, place, names, environment):
    action = yaml.safe_load(path.read_text())
    given = {name: entry.get("default", "") for name, entry in action.get("inputs", {}).items()}
    given |= {name: value(text, names) for name, text in inputs.items()}
    names = names | {f"inputs.{name}": text for name, text in given.items()}
    for step in action["runs"]["steps"]:
        run_step(step, place, names, environment | {"GITHUB_ACTION_PATH": str(path.parent)})


def upload(place, name, paths):
    """Keeps files below their names; like the action, without the folder that all of them are in."""
    target = place.artifacts / name
    for pattern in paths:
        source = place.clone / pattern
        if not source.exists():
            raise Failure(f"`{pattern}` is to be kept, and is not there")
        into = target if len(paths) == 1 and source.is_dir() else target / pattern
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        into.parent.mkdir(parents=True, exist_ok=True)
        copy(source, into, **({"symlinks": True, "dirs_exist_ok": True} if source.is_dir() else {}))


def download(place, inputs, names):
    target = place.clone / value(inputs.get("path", "."), names)
    if "name" in inputs:
        source = place.artifacts / value(inputs["name"], names)
        if not source.is_dir():
            raise Failure(f"no job has kept `{source.name}`; run that job first, in the same call")
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        return
    found = sorted(place.artifacts.glob(inputs["pattern"]))
    if not found:
        raise Failure(f"no job has kept `{inputs['pattern']}`")
    for source in found:
        shutil.copytree(source, target / source.name, symlinks=True, dirs_exist_ok=True)


def run_job(workflow, name, place, given):
    job = workflow["jobs"][name]
    names = {"runner.os": "Linux", "runner.arch": "X64", "github.ref_type": "branch", "env.KEPT": "7"}
    names |= {f"matrix.{key}": str(text) for key, text in matrix_of(job, given).items()}
    print(f"== job {name}", flush=True)
    if "uses" in job:
        return place.leave_out(f"job {name}", f"it calls `{job['uses']}`")
    system = value(job.get("runs-on", ""), names)
    if not system.startswith("ubuntu"):
        return place.leave_out(f"job {name}", f"it is for {system}")
    if not is_run(job.get("if"), names):
        return place.leave_out(f"job {name}", "it is for a tag")
    if "container" in job:
        place.leave_out(f"container of {name}", "its steps run on this system")
    environment = {key: text for key, text in os.environ.items() if not key.startswith(("GITHUB_", "CARGO_TARGET", "PYTHON"))}
    environment |= {"CI": "true", "TAG": ""}
    for step in job["steps"]:
        run_step(step, place, names, environment)
    return None


def jobs_in_order(workflow):
    """All jobs, each after those that it needs."""
    done = []
    while len(done) < len(workflow["jobs"]):
        for name, job in workflow["jobs"].items():
            needs = job.get("needs", [])
            needs = [needs] if isinstance(needs, str) else needs
            if name not in done and all(need in done for need in needs):
                done.append(name)
    return done


def main(root, scratch, wanted, *pairs):
    given = dict(pair.split("=", 1) for pair in pairs)
    workflows = {path.stem: yaml.safe_load(path.read_text()) for path in (root / ".github/workflows").glob("*.yml")}
    if wanted in workflows and wanted not in workflows["ci"]["jobs"]:
        name, jobs = wanted, jobs_in_order(workflows[wanted])
    else:
        name, _, job = wanted.rpartition("/")
        name, jobs = name or "ci", [job]
    if name not in workflows or any(job not in workflows[name]["jobs"] for job in jobs):
        known = ", ".join(sorted(f"{stem}/{job}" for stem, flow in workflows.items() for job in flow["jobs"]))
        raise Failure(f"there is no job `{wanted}`; wanted one of: {known}")
    place = Place(root, scratch)
    for job in jobs:
        run_job(workflows[name], job, place, given)
    kept = root / "target" / "ci-local"
    if place.artifacts.exists():
        shutil.rmtree(kept, ignore_errors=True)
        kept.parent.mkdir(exist_ok=True)
        shutil.copytree(place.artifacts, kept, symlinks=True)
    print(f"ok {wanted}" + (f"; what it keeps is in {kept}" if place.artifacts.exists() else ""))
    for line in place.left_out:
        print(f"  left out: {line}")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
    except (Failure, subprocess.CalledProcessError) as error:
        sys.exit(f"error: {error}")
