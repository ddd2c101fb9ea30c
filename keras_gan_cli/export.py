"""Export what draws the samples of a trained model: for TensorFlow Serving, ONNX Runtime and LiteRT.

    keras_gan export --from=runs/digits --to=saved_models/digits
    keras_gan export --from=gan.keras --to=saved_models/digits --formats=saved_model,onnx,litert,litert_int8

--from is a .keras file or the directory of a run. A run's directory may hold the best GAN by a metric (best.keras),
which keras_gan.callbacks.Evaluate saves, and the last one (gan.keras), which keras_gan train saves.

The directory --to receives the SavedModel as the next version (1, 2, ...), with a card of what the run's directory
holds: data set, flags, seeds, metrics. The other formats are files next to the versions, with the name of the
directory, and the next export replaces them. A format that fails does not keep the others from being written: the last
line names it, and the exit status is 1. A conditional model takes labels in every format, see
saved_models/README.md. ONNX needs `pip install 'keras_gan[onnx]'`.

The last word of each line is the SHA-256 of what was written. Those who get it from you can check it, see SECURITY.md.
"""

import pathlib
import re
import sys

from absl import flags

from keras_gan_cli import recorded_run, run_flags

FORMATS = ("saved_model", "onnx", "litert", "litert_int8")
# Errors that say what the user can do.
EXPECTED = (ValueError, OSError, ImportError)

FLAGS = flags.FLAGS


def define():
    """Define the flags."""
    flags.DEFINE_string("from", None, "A .keras file of a GAN, or the directory of a run.", required=True)
    flags.DEFINE_enum(
        "which",
        None,
        ["best", "last"],
        "GAN of a run's directory; default: the best, or the last if no best one exists.",
    )
    flags.DEFINE_string("to", None, "Directory of the model's versions, such as saved_models/digits.", required=True)
    flags.DEFINE_list("formats", ["saved_model"], f"Any of {', '.join(FORMATS)}.")
    flags.DEFINE_bool("averaged", True, "Export the averaged network, if the model has one.")
    flags.DEFINE_list(
        "signatures",
        None,
        "Signatures of the SavedModel, such as serving_default,sample,sample_png; default: all. A server with "
        "--enable_batching loads only serving_default.",
    )
    flags.DEFINE_integer("max_count", 256, "Images that one request to the SavedModel may ask for.", lower_bound=1)
    flags.DEFINE_enum("to_kind", None, ["target", "source"], "Which way a CycleGAN translates; default: to targets.")
    flags.DEFINE_enum(
        "image_type",
        "float32",
        ["float32", "uint8", "uint16"],
        "What images are to a SavedModel that takes some.",
    )
    flags.DEFINE_bool("jit_compile", False, "Let XLA compile the SavedModel's serving_default.")
    flags.DEFINE_string("dataset", None, "Name of the data set, for the card; default: as in the run's flags.")
    flags.DEFINE_string("split", None, "Part of the data set, for the card; default: as in the run's flags.")
    flags.DEFINE_string(
        "metrics",
        None,
        "A report.json of keras_gan evaluate, for the card; default: the run's own evaluation of this GAN.",
    )

    flags.register_validator(
        "formats",
        lambda formats: formats and not set(formats) - set(FORMATS),
        f"must be some of {', '.join(FORMATS)}, joined by commas",
    )


def main(argv):
    """Export; an error in the flags or the files ends the program in one line."""
    try:
        run_flags.require_no_words(argv)
        export(*find_gan(local("from")))
    except EXPECTED as error:
        # Some of Keras's messages have several lines.
        sys.exit(f"Error: {' '.join(str(error).split())}")


def local(name):
    """Return the path that a flag gives."""
    value = FLAGS[name].value
    if not value.strip() or re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", value):
        raise ValueError(
            f"Expected a path on this machine, without a scheme such as gs://; for the current directory give a dot. "
            f"Received: --{name}={value}"
        )
    return pathlib.Path(value).expanduser()


def find_gan(source):
    """Return the .keras file and the directory of its run."""
    if source.is_file():
        if FLAGS.which:
            raise ValueError(f"Only the directory of a run has GANs to choose from. Received: --which={FLAGS.which}")
        return source, source.parent
    if not source.is_dir():
        raise FileNotFoundError(f"Expected a .keras file, or the directory of a run. Received: --from={source}")
    best, last = source / "best.keras", source / "gan.keras"
    if FLAGS.which == "best" or (not FLAGS.which and best.exists()):
        return existing(best, "train with keras_gan.callbacks.Evaluate(..., best=...), or give --which=last"), source
    return existing(last, "let the run finish: give its command again to resume it"), source


def existing(path, remedy):
    """Return the path of a file that exists, or raise an error."""
    if path.exists():
        return path
    raise FileNotFoundError(f"There is no {path.name} in this directory: {remedy}. Received: --from={path.parent}")


def export(path, run_dir):
    """Write the formats, and print where they are."""
    from keras_gan_cli import quiet_tensorflow  # noqa: F401, I001

    from keras_gan import export, training

    # First, because an error here should not cost the time of an export.
    card, to = facts(path, run_dir), local("to")
    gan = training.load_model(path)
    if not hasattr(gan, "sampler"):
        raise ValueError(f"This file holds no GAN. Received: --from={path}")
    # A dot has no name of its own.
    file = to / to.resolve().name
    print(f"From {path}: {type(gan).__name__}")
    failed = {}
    # The SavedModel comes last: a server loads it as soon as it appears, and what belongs to it is there by then.
    for name in sorted(set(FLAGS.formats), key=FORMATS.index, reverse=True):
        try:
            if name == "saved_model":
                report(name, export.save(gan, to, card=card, **saved_model_options()))
            elif name == "onnx":
                report(name, export.save_onnx(gan, file.with_name(f"{file.name}.onnx"), **network()))
            else:
                write_litert(gan, file, name)
        except Exception as error:
            failed[name] = error
    require_all_written(failed)


def require_all_written(failed):
    """Raise a ValueError that names the formats that could not be written, and why."""
    if not failed:
        return
    reasons = [
        f"{name} ({error if isinstance(error, EXPECTED) else f'{type(error).__name__}: {error}'})"
        for name, error in failed.items()
    ]
    others = "the other formats are written" if len(failed) < len(set(FLAGS.formats)) else "nothing is written"
    raise ValueError(f"These formats could not be written, {others}: {'; '.join(reasons)}")


def report(name, path, remark=""):
    """Print where a format is, and the hash by which others can tell that they got the same."""
    from keras_gan import export

    print(f"{name}: {path}{remark}, sha256 {export.sha256_of(path)}")


def saved_model_options():
    """Return the flags of the SavedModel, as arguments of `keras_gan.export.save`."""
    names = ("signatures", "max_count", "jit_compile", "image_type")
    return {**network(), **{name: FLAGS[name].value for name in names}}


def network():
    """Return the flags that choose a network of the model, as arguments of every export."""
    return {"averaged": FLAGS.averaged, "to": FLAGS.to_kind}


def write_litert(gan, file, name):
    """Write a file for LiteRT, and print how far its images are from the network's if these can be drawn."""
    from keras_gan import export

    quantize = name == "litert_int8"
    path = file.with_name(f"{file.name}{'_int8' if quantize else ''}.tflite")
    export.save_litert(gan, path, quantize=quantize, **network())
    if not gan.sampler().is_drawn:
        report(name, path)
        return
    distance = export.litert_distance(gan, path, **network())
    far = f"from the generator {distance['mean']:.2g} on average and {distance['largest']:.2g} at most"
    report(name, path, f", {far}")


def facts(path, run_dir):
    """Return what is known about the GAN, as `facts` of the model's card."""
    flags_of_run = recorded_run.read_flags(run_dir / "flags.txt")
    seed = str(flags_of_run.get("seed"))
    known = {
        "data_set": FLAGS.dataset or flags_of_run.pop("dataset", None),
        "split": FLAGS.split or flags_of_run.pop("split", None),
        "metrics": metrics(path, run_dir),
        "seeds": {"run": int(flags_of_run.pop("seed"))} if re.fullmatch("[0-9]{1,19}", seed) else {},
        "further": {"file": path.name, **({"flags": flags_of_run} if flags_of_run else {})},
    }
    return {name: value for name, value in known.items() if value}


def metrics(path, run_dir):
    """Return the report that belongs to the GAN, or None."""
    from keras_gan.metrics import Report

    if FLAGS.metrics:
        return Report.load(local("metrics"))
    if path.name == "best.keras":
        report = run_dir / "best.json"
        return Report.load(report) if report.exists() else None
    evaluations = sorted(run_dir.glob("evaluation_*.json"))
    # An evaluation that is newer than the file belongs to a later state of the GAN.
    if path.name != "gan.keras" or not evaluations or evaluations[-1].stat().st_mtime > path.stat().st_mtime:
        return None
    return Report.load(evaluations[-1])
