"""Show a run on one page: what it was told, what came of it, its curves, warnings and newest samples.

    keras_gan report runs/digits
    keras_gan report runs/digits --out=report.html

The run may still be training. keras_gan evaluate measures a trained GAN, and shows its samples next to real images;
keras_gan compare shows several runs next to each other.
"""

import pathlib

from absl import flags

from keras_gan_cli import recorded_run, run_flags, run_tables

FLAGS = flags.FLAGS


def define():
    """Define the flags."""
    flags.DEFINE_string("out", None, "The page, an .html file; default: report.html in the directory of the run.")


def main(argv):
    """Show the run that is named; an error ends the program in one line."""
    with run_flags.errors_in_one_line():
        if len(argv) != 2:
            raise ValueError(f"Name one run, as in keras_gan report runs/a. Received: {' '.join(argv[1:]) or 'none'}")
        report(pathlib.Path(argv[1]).expanduser(), FLAGS.out and run_flags.local_path(FLAGS["out"]))


def report(path, out):
    """Print what came of a run, and write its page.

    Args:
        path: `pathlib.Path` of its directory.
        out: `pathlib.Path` of the page, or None for one in the directory.
    """
    out = out or path / "report.html"
    if out.suffix.lower() != ".html":
        raise ValueError(f"Give a file that ends in .html. Received: --out={out}")
    run = recorded_run.read_run(path, path.resolve().name)
    table = [run_tables.header([run]), *run_tables.results([run])]
    notes = run_tables.notes([run])
    print("\n".join([run_tables.markdown(table), *(f"\n{note}" for note in notes)]))

    from keras_gan_cli import run_page

    run_page.write(out, run.name, [run], [*table, *run_tables.settings([run], differing=False)], notes)
    print(f"\nPage: {out}")
