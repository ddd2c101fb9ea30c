"""Compare runs: a table of what they did differently and what came of it, and a page of their curves.

    keras_gan compare runs/digits runs/digits_2
    keras_gan compare runs/a runs/b runs/c --out=comparison.png

The table goes to the terminal, in Markdown: the flags that differ, the last losses, and of each metric the last value
and the best one, if the runs measured samples (keras_gan train --evaluate_every=5). The page shows it again, with the
curves over the training steps and the newest samples of each run; a .png has the curves alone.
"""

import pathlib

from absl import flags

from keras_gan_cli import recorded_run, run_flags, run_tables

FLAGS = flags.FLAGS
# As many as the curves can be told apart.
_MOST_RUNS = 12


def define():
    """Define the flags."""
    flags.DEFINE_string("out", "runs/comparison.html", "The page: an .html file, or a .png of the curves alone.")


def main(argv):
    """Compare the runs that are named; an error ends the program in one line."""
    with run_flags.errors_in_one_line():
        out = run_flags.local_path(FLAGS["out"])
        if out.suffix.lower() not in (".html", ".png"):
            raise ValueError(f"Give a file that ends in .html or .png. Received: --out={FLAGS.out}")
        compare(argv[1:], out)


def compare(directories, out):
    """Print the table, and write the page.

    Args:
        directories: list of str, of the runs.
        out: `pathlib.Path` of the page.
    """
    if not 2 <= len(directories) <= _MOST_RUNS:
        raise ValueError(
            f"Name from 2 to {_MOST_RUNS} runs, as in keras_gan compare runs/a runs/b; keras_gan report shows one. "
            f"Received: {' '.join(directories) or 'none'}"
        )
    paths = [pathlib.Path(directory).expanduser() for directory in directories]
    if len({path.resolve() for path in paths}) < len(paths):
        raise ValueError(f"Name each run once. Received: {' '.join(directories)}")
    names = [path.name for path in paths]
    names = names if len(set(names)) == len(names) else [str(path) for path in paths]
    runs = [recorded_run.read_run(path, name) for path, name in zip(paths, names, strict=True)]
    table = [run_tables.header(runs), *run_tables.settings(runs, differing=True), *run_tables.results(runs)]
    notes = run_tables.notes(runs)
    print("\n".join([run_tables.markdown(table), *(f"\n{note}" for note in notes)]))

    from keras_gan_cli import run_page

    run_page.write(out, f"{', '.join(names[:-1])} and {names[-1]}", runs, table, notes)
    print(f"\nPage: {out}")
