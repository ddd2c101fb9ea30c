"""The command `keras_gan`: finds the command that is meant, and gives it its flags.

Each command is a module of the same name, with the docstring that `--help` shows and these functions:

* `define()` defines its flags. They exist only while the command runs, so commands can have flags of the same name.
* `main(argv)` runs it. `argv` holds the words that are no flags, behind the name of the command.
* `parse(argv)`, if it has one, parses the command line; without it, absl does. `GROUPS`, if it has some, are the names
  of the flags by the heading below which `--help` shows them.
"""

import difflib
import functools
import importlib
import importlib.metadata
import re
import signal
import sys
import textwrap

from absl import app, flags

FLAGS = flags.FLAGS

COMMANDS = {
    "train": "Train a GAN on a folder of images, the digits or another data set.",
    "sample": "Draw pictures from a trained GAN, or a film of what lies between them.",
    "report": "Show a run on one page: its settings, results, curves, warnings and samples.",
    "compare": "Compare runs: a table of settings and results, and a page of their curves.",
    "evaluate": "Measure a trained GAN against a data set, and draw a page of the results.",
    "export": "Write a trained model for TensorFlow Serving, ONNX Runtime or LiteRT.",
    "serve-client": "Ask a server for pictures, or measure how fast it makes them.",
}
_HELP = {"-?", "-h", "--h", "-help", "--help", "-helpshort", "--helpshort"}
_HELP_COLUMNS = (36, 116)


def main():
    """Run the command that the arguments of the program name."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name in _HELP or name == "help":
        print(_overview())
    elif name == "--version":
        print(f"keras_gan {importlib.metadata.version('keras_gan')}")
    else:
        run(_known(name), arguments)


def run(name, arguments=None):
    """Run a command.

    Args:
        name: one of `COMMANDS`.
        arguments: list of str, what follows the name; None for the arguments of the program.
    """
    command = importlib.import_module(f"keras_gan_cli.{name.replace('-', '_')}")
    before = set(FLAGS)
    command.define()
    groups = getattr(command, "GROUPS", None) or {"Flags": [flag for flag in FLAGS if flag not in before]}
    argv = [f"keras_gan {name}", *(sys.argv[1:] if arguments is None else arguments)]
    try:
        app.run(command.main, argv, functools.partial(_parse, command, groups))
    except KeyboardInterrupt:
        # A preset imports TensorFlow, which takes seconds, before the command begins.
        sys.exit(128 + signal.SIGINT)


def _known(name):
    """Return the name of a command as in `COMMANDS`, or end the program with a line that has the nearest one."""
    plain = name.replace("_", "-").lower()
    if plain in COMMANDS:
        return plain
    nearest = difflib.get_close_matches(plain, COMMANDS, n=1)
    hint = f" Did you mean {nearest[0]}?" if nearest else ""
    return sys.exit(f"Error: There is no such command.{hint} There are {', '.join(COMMANDS)}. Received: {name}")


def _parse(command, groups, argv):
    """Parse the command line for `app.run`; return the words that are no flags."""
    if _HELP.intersection(argv):
        print(_help(command.__doc__, groups))
        sys.exit()
    try:
        return getattr(command, "parse", FLAGS)(argv)
    except flags.UnrecognizedFlagError as error:
        own = [name for names in groups.values() for name in names]
        hint = f"{_near(error.flagname, own)} (All flags: {argv[0]} --help)"
        return sys.exit(f"Error: Unknown command line flag '{error.flagname}'.{hint}")
    except flags.Error as error:
        return sys.exit(f"Error: {_plain(str(error))} (All flags: {argv[0]} --help)")


def _near(name, flag_names):
    """Return ' Did you mean ...?' for the flags of a command nearest to a name, or all of them if they are few."""
    plain = name.replace("-", "_").lower()
    holders = [flag for flag in flag_names if plain in flag.split("_")]
    near = difflib.get_close_matches(plain, flag_names) or holders
    if near:
        return f" Did you mean: {', '.join(near)}?"
    return f" There are: {', '.join(flag_names)}." if len(flag_names) <= 16 else ""


def _plain(message):
    """Return a message of absl in one line."""
    message = re.sub(r"flag --(\w+)=None: Flag --\1 must have a value other than None\.", r"Give --\1.", message)
    line = " ".join(message.replace(" ?", "?").split())
    return line if line.endswith((".", "?")) else f"{line}."


def _overview():
    """Return the list of commands."""
    width = 2 + max(map(len, COMMANDS))
    return "\n".join(
        [
            "keras_gan COMMAND [FLAGS]",
            "",
            *(f"  {name.ljust(width)}{description}" for name, description in COMMANDS.items()),
            "",
            "keras_gan COMMAND --help shows the flags of a command. keras_gan --version says which version this is.",
        ]
    )


def _help(description, groups):
    """Return the description of a command, and its flags with their defaults, group by group."""
    indent, width = _HELP_COLUMNS
    lines = [description.strip()]
    for heading, names in groups.items():
        lines += ["", heading]
        for flag in map(FLAGS.__getitem__, names):
            name = f"  --{flag.name}{_default(flag)}".ljust(indent)
            # A long name has a line of its own.
            first = name if len(name) == indent else f"{name}\n{' ' * indent}"
            wrapped = textwrap.wrap(flag.help, width - indent)
            lines.append(first + f"\n{' ' * indent}".join(wrapped))
    return "\n".join(lines)


def _default(flag):
    """Return what `--help` shows of the default of a flag."""
    if flag.default is None:
        return ""
    return f"={str(flag.default).lower() if flag.boolean else flag.serialize().partition('=')[2]}"
