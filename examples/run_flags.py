"""The flags of a run, which its directory keeps: the same flags resume the run, other flags do not."""

import contextlib
import pathlib
import re

# What may change when a run resumes: the rest decides what is trained.
_FREE = {"steps", "checkpoint_every", "keep_checkpoints", "run_dir", "export_dir", "data_dir", "download"}
_FILE = "flags.txt"


def make_directories(*flags):
    """Make the directory that each absl flag names, if it names one; raise a ValueError if that cannot be done."""
    for flag in flags:
        if flag.value:
            with _writing_below(flag.name, flag.value):
                pathlib.Path(flag.value).mkdir(parents=True, exist_ok=True)


def record(flags, run_dir):
    """Write flags as a flag file; a reader sees the old file or the new one, never a part.

    Args:
        flags: absl flags.
        run_dir: `pathlib.Path` of the run's directory.
    """
    temporary = run_dir / f".{_FILE}.tmp"
    with _writing_below("run_dir", run_dir):
        temporary.write_text("".join(f"{line}\n" for line in _lines(flags).values()))
        temporary.replace(run_dir / _FILE)


def require_resumable(flags, run_dir):
    """Raise a ValueError if there is a run in the directory that these flags do not resume."""
    if any(run_dir.glob("checkpoints/step_*.npz")):
        _require_same(flags, run_dir)
    elif (run_dir / "gan.keras").exists():
        raise ValueError(
            "This directory holds a trained GAN, but no checkpoint to resume from: choose another, or remove this one. "
            f"Received: --run_dir={run_dir}"
        )


@contextlib.contextmanager
def _writing_below(name, directory):
    """Say of a write that fails which flag named the directory, and how to mend it."""
    try:
        yield
    except OSError as error:
        raise ValueError(
            f"No file can be written in this directory ({error.strerror}): choose one that exists or can be made, and "
            f"that you may write to. Received: --{name}={directory}"
        ) from error


def _require_same(flags, run_dir):
    """Raise a ValueError if flags would train something else than the run in this directory."""
    recorded, given = _recorded(flags, run_dir), _lines(flags)
    before, now = (int(lines["steps"].removeprefix("--steps=")) for lines in (recorded, given))
    if now < before:
        raise ValueError(f"A run can be made longer than its --steps={before}, not shorter. Received: --steps={now}")
    for name in sorted((recorded.keys() | given.keys()) - _FREE):
        if recorded.get(name) != given.get(name):
            nothing = f"no --{name}"
            raise ValueError(
                f"The run in this directory was started with {recorded.get(name, nothing)}: give the same to "
                f"resume it, or choose another --run_dir. Received: {given.get(name, nothing)}, --run_dir={run_dir}"
            )


def _lines(flags):
    """Map the name of each flag that has a value to its line in a flag file."""
    return {flag.name: line for flag in flags if (line := flag.serialize())}


def _recorded(flags, run_dir):
    """Return what `_lines` returned for the flags that were recorded."""
    names = {flag.name for flag in flags}
    found = {re.match(r"--([^=]+)", line)[1]: line for line in (run_dir / _FILE).read_text().splitlines()}
    return {name if name in names else name.removeprefix("no"): line for name, line in found.items()}
