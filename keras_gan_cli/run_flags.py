"""The flags of a run, which its directory keeps: the same flags resume the run, others get another directory."""

import contextlib
import functools
import itertools
import pathlib
import re
import signal
import sys

from absl import flags as absl_flags
from absl import logging

# What may change when a run resumes: the rest decides what is trained.
_FREE = {"steps", "checkpoint_every", "keep_checkpoints", "run_dir", "export_dir", "data_dir", "download", "cache_dir"}
_FILE = "flags.txt"
# The names of the trained models of all commands and scripts.
_MODELS = ("gan.keras", "vocoder.keras")
# The GAN of a run, the better one first.
_GANS = ("best.keras", "gan.keras")
# Differences between two runs that are named.
_SHOWN = 3
# The name of a folder need not be UTF-8.
_ENCODING = {"encoding": "utf-8", "errors": "surrogateescape"}
# A flag that is defined here belongs to the script that asks for it, whose --help shows it.
absl_flags.disclaim_key_flags()


def in_one_line(main):
    """Decorate the `main` of a command that takes only flags; see `errors_in_one_line`."""

    @functools.wraps(main)
    def ended(argv):
        with errors_in_one_line():
            require_no_words(argv)
            main()

    return ended


@contextlib.contextmanager
def errors_in_one_line():
    """A context in which what the user has stopped or can mend ends the program in one line."""
    try:
        yield
    except KeyboardInterrupt:
        # The checkpoint has said where training stopped.
        sys.exit(128 + signal.SIGINT)
    except (ValueError, OSError, RuntimeError) as error:
        # Not imported: a wrong flag should not wait for TensorFlow.
        if isinstance(error, RuntimeError) and type(error).__name__ != "TrainingDiverged":
            raise
        logging.debug("The traceback, for --verbosity=1:", exc_info=True)
        sys.exit(f"Error: {error}")


def require_no_words(argv):
    """Raise a ValueError if a command line has words that are no flags."""
    if argv[1:]:
        is_data = "dataset" in absl_flags.FLAGS and pathlib.Path(argv[1]).exists()
        hint = f" Did you mean --dataset={argv[1]}?" if is_data else ""
        raise ValueError(f"Give only flags, as in --steps=100.{hint} Received: {' '.join(argv[1:])}")


def gan_of_run(flag):
    """Return the path of the best GAN in the directory of a run that an absl flag names, or of the last one.

    Returns None if the flag names something else. A run that has not finished raises a FileNotFoundError.
    """
    path = local_path(flag)
    found = next((file for file in map(path.joinpath, _GANS) if file.is_file()), None)
    if found is None and (path / _FILE).is_file():
        raise FileNotFoundError(
            "This run has not finished, so it has no gan.keras yet: give its command again, which resumes it. "
            f"Received: --{flag.name}={flag.value}"
        )
    return found


def is_saved_model(path):
    """Whether a folder is a SavedModel, or holds versions of one: asked without importing TensorFlow."""
    return any(path.glob("saved_model.pb")) or any(path.glob("[0-9]*/saved_model.pb"))


def local_path(flag):
    """Return the path that an absl flag names, with ~ expanded; raise a ValueError if it is empty or not local."""
    if not flag.value.strip() or "://" in flag.value:
        raise ValueError(
            f"Give a local path: not an empty one, and none as gs://. Received: --{flag.name}={flag.value}"
        )
    try:
        return pathlib.Path(flag.value).expanduser()
    except RuntimeError as error:
        raise ValueError(f"No home folder is known for this ~. Received: --{flag.name}={flag.value}") from error


def make_directories(*flags):
    """Make the directory that each absl flag names, if it names one; raise a ValueError if that cannot be done."""
    for flag in flags:
        if flag.value:
            with _writing_below(flag.name, flag.value):
                local_path(flag).mkdir(parents=True, exist_ok=True)


def require_whole_epochs(flags):
    """Raise a ValueError unless --steps are whole epochs of --steps_per_epoch; fewer steps are one epoch."""
    if flags.steps % min(flags.steps, flags.steps_per_epoch):
        raise ValueError(
            "--steps must be a multiple of --steps_per_epoch. "
            f"Received: --steps={flags.steps} --steps_per_epoch={flags.steps_per_epoch}"
        )


def define_resume():
    """Define --resume, which lets a run resume though other flags began it."""
    absl_flags.DEFINE_bool(
        "resume", False, "Resume the run in --run_dir, whatever its flags were, as when its data have moved."
    )


def begin(flags, names, run_dir):
    """Find and make the directory of a run.

    Args:
        flags: absl's `FLAGS`, with `define_resume`. Their --run_dir becomes the directory, and an epoch no longer than
            the run.
        names: names of the flags that decide what is trained.
        run_dir: `pathlib.Path`, as the user gave it.

    Returns:
        (recorded, run_dir): what `record` takes when training begins, and the directory.
    """
    # Recorded like this: a later --steps that makes longer epochs possible must not change them.
    flags.steps_per_epoch = min(flags.steps_per_epoch, flags.steps)
    recorded = [flags[name] for name in names]
    run_dir = free_directory(recorded, run_dir, resume=flags.resume)
    flags.run_dir = str(run_dir)
    make_directories(flags["run_dir"])
    return recorded, run_dir


def record(flags, run_dir):
    """Write flags as a flag file; a reader sees the old file or the new one, never a part.

    Args:
        flags: absl flags.
        run_dir: `pathlib.Path` of the run's directory.
    """
    # Not at the top: a wrong flag should not wait for TensorFlow.
    from keras_gan._files import write_atomically

    content = "".join(f"{line}\n" for line in _lines(flags).values())
    with _writing_below("run_dir", run_dir):
        write_atomically(run_dir / _FILE, content.encode(**_ENCODING))


def recording(flags, run_dir):
    """Return the callback that records the flags when training begins; arguments as for `record`."""
    # Not at the top: a wrong flag should not wait for TensorFlow.
    import keras

    return keras.callbacks.LambdaCallback(on_train_begin=lambda _: record(flags, run_dir))


def free_directory(flags, run_dir, *, resume=False):
    """Return the directory for the run of these flags: the given one, or another if it belongs to another run.

    The first of `run_dir`, `run_dir`_2, `run_dir`_3, ... is chosen that holds no run, or a run that the flags resume.

    Args:
        flags: absl flags.
        run_dir: `pathlib.Path`, as the user gave it.
        resume: bool, whether the run in `run_dir` resumes with these flags, whatever its own were.

    Raises:
        ValueError: if a flag has a line break, if the record of a run is damaged, if the run was longer, or if there
            is no run to `resume`.
    """
    _require_lines(flags)
    if resume:
        _require_run(flags, run_dir)
        return run_dir
    first = other = _other_run(flags, run_dir)
    found, numbers = run_dir, itertools.count(2)
    # A path such as .. has no name of its own.
    named = run_dir if run_dir.name.strip(".") else run_dir.resolve()
    while other is not None:
        found = named.with_name(f"{named.name}_{next(numbers)}")
        other = _other_run(flags, found)
    if first is not None:
        resumes = ". To resume that run with these flags, add --resume" if _has_checkpoints(run_dir) else ""
        print(f"{run_dir} holds {first}: the results of this run go to {found}{resumes}")
    return found


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


def _require_lines(flags):
    """Raise a ValueError if the value of a flag would take several lines of the record."""
    for name, line in _lines(flags).items():
        if len(line.splitlines()) > 1:
            raise ValueError(
                f"A flag must not have a line break, because {_FILE} has a line for each: --{name}. Received: {line!r}"
            )


def _other_run(flags, run_dir):
    """Say which other run is in a directory, or return None if there is none, or one that these flags resume.

    Without a record of its flags, a run resumes with those that are given. Its checkpoints know their settings, too.
    """
    if _has_checkpoints(run_dir):
        return _other_flags(flags, run_dir) if (run_dir / _FILE).exists() else None
    if any((run_dir / name).exists() for name in _MODELS):
        return "a trained model without checkpoints"
    return None


def _has_checkpoints(run_dir):
    return any(run_dir.glob("checkpoints/step_*.npz"))


def _require_run(flags, run_dir):
    """Raise a ValueError unless a directory has a run that can resume with these flags."""
    if not _has_checkpoints(run_dir):
        raise ValueError(
            "There is no run to resume, because this directory has no checkpoint (checkpoints/step_*.npz): give the "
            f"directory of the run, or leave --resume out. Received: --run_dir={run_dir}"
        )
    if (run_dir / _FILE).exists():
        _require_not_shorter(_recorded(flags, run_dir), _lines(flags))


def _require_not_shorter(recorded, given):
    before, now = (int(lines["steps"].partition("=")[2]) for lines in (recorded, given))
    if now < before:
        raise ValueError(
            f"A run can be made longer than its --steps={before}, not shorter: give another --run_dir. "
            f"Received: --steps={now}"
        )


def _other_flags(flags, run_dir):
    """Say with which other flags the run in a directory was started, or return None if these flags resume it."""
    recorded, given = _recorded(flags, run_dir), _lines(flags)
    names = sorted((recorded.keys() | given.keys()) - _FREE)
    others = [name for name in names if recorded.get(name) != given.get(name)]
    # An epoch is no longer than the run.
    if set(others) <= {"steps_per_epoch"}:
        _require_not_shorter(recorded, given)
    if not others:
        return None
    there, here = (" ".join(lines.get(name, f"no --{name}") for name in others[:_SHOWN]) for lines in (recorded, given))
    more = f", and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    return f"another run ({there} there, {here} here{more})"


def _lines(flags):
    """Map the name of each flag that has a value to its line in a flag file."""
    return {flag.name: line for flag in flags if (line := flag.serialize())}


def _recorded(flags, run_dir):
    """Return what `_lines` returned for the flags that were recorded, or raise a ValueError if lines are missing."""
    names = {flag.name for flag in flags}
    found = {}
    for line in (run_dir / _FILE).read_text(**_ENCODING).splitlines():
        if match := re.match(r"--?(\w+)", line):
            name = match[1]
            found[name if name in names else name.removeprefix("no")] = line
        elif line.strip() and not line.lstrip().startswith(("#", "//")):
            raise _damaged(f"has a line that is no flag, {line!r}", run_dir)
    missing = [flag.name for flag in flags if flag.default is not None and flag.name not in found]
    if missing:
        raise _damaged(f"lacks {' '.join(f'--{name}' for name in missing)}", run_dir)
    if not re.fullmatch(r"--?steps=\d+", found["steps"]):
        raise _damaged(f"has {found['steps']!r}", run_dir)
    return found


def _damaged(what, run_dir):
    return ValueError(
        f"The record of this run's flags {what}: it was cut or changed, or another version of this script wrote it. "
        "Put its lines back; or remove it, and the run resumes with the flags that you give now. "
        f"Received: {run_dir / _FILE}"
    )
