"""The command: its list, the names of its commands, and what a wrong word or flag costs."""

import ast
import configparser
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from absl import flags

from keras_gan_cli import main as command

ROOT = Path(__file__).parents[2]
SCRIPTS = {"train": "train", "evaluate": "evaluate", "export": "export", "serve-client": "serve_client"}


def call(monkeypatch, *arguments):
    """Run the command in this process; its flags are removed."""
    monkeypatch.setattr(sys, "argv", ["keras_gan", *arguments])
    before = set(flags.FLAGS)
    try:
        command.main()
    finally:
        flags.FLAGS.remove_flag_values(set(flags.FLAGS) - before)


@pytest.mark.parametrize("arguments", [(), ("--help",), ("help",), ("-h",)])
def test_the_list_of_commands(monkeypatch, capsys, arguments):
    call(monkeypatch, *arguments)
    lines = capsys.readouterr().out.splitlines()
    assert re.findall(r"^  (\S+) +\S.*\.$", "\n".join(lines), re.MULTILINE) == list(command.COMMANDS)
    assert max(map(len, lines)) <= 120


def test_the_version(monkeypatch, capsys):
    call(monkeypatch, "--version")
    assert re.fullmatch(r"keras_gan \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_ctrl_c_before_the_command_begins_ends_it_without_a_traceback(monkeypatch):
    def interrupted(argv):
        raise KeyboardInterrupt

    monkeypatch.setattr("keras_gan_cli.train.parse", interrupted)
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, "train", "--preset=digits")
    assert stop.value.code == 130


@pytest.mark.parametrize(
    "word, message",
    [
        ("trian", "There is no such command. Did you mean train? There are train, sample, "),
        ("exprot", "Did you mean export?"),
        ("--seeds=3", "There is no such command. There are train, "),
    ],
)
def test_an_unknown_command_is_told_with_the_nearest_one(monkeypatch, word, message):
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, word, "--width=3")
    assert stop.value.code.startswith("Error: ")
    assert message in stop.value.code
    assert stop.value.code.endswith(f" Received: {word}")


@pytest.mark.parametrize("name", command.COMMANDS)
def test_each_command_has_help_and_names_a_misspelt_flag(monkeypatch, capsys, name):
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, name, "--help")
    assert stop.value.code is None
    printed = capsys.readouterr().out
    assert f"keras_gan {name} " in printed
    assert max(map(len, printed.splitlines())) <= 120
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, name.replace("-", "_"), "--uot=3")
    assert stop.value.code.startswith("Error: Unknown command line flag 'uot'.")
    assert stop.value.code.endswith(f"(All flags: keras_gan {name} --help)")
    assert "\n" not in stop.value.code


@pytest.mark.parametrize(
    "name, flag, hint",
    [
        ("train", "size", " Did you mean: image_size, batch_size?"),
        ("train", "image-size", " Did you mean: image_size, batch_size?"),
        # Not absl's own flag run_with_pdb.
        ("report", "run_dir", " There are: "),
        ("export", "model", " There are: from, which, to, "),
    ],
)
def test_a_misspelt_flag_has_the_nearest_flags_of_the_command(monkeypatch, name, flag, hint):
    with pytest.raises(SystemExit, match=re.escape(f"Unknown command line flag '{flag}'.{hint}")):
        call(monkeypatch, name, f"--{flag}=3")


@pytest.mark.parametrize("name, message", [("export", "Give --from. Give --to."), ("sample", "Give --model.")])
def test_a_flag_that_is_needed_is_named(monkeypatch, name, message):
    with pytest.raises(SystemExit, match=f"Error: {re.escape(message)} "):
        call(monkeypatch, name)


def test_a_word_behind_the_flags_of_a_run_is_told_before_anything_is_imported(monkeypatch):
    with pytest.raises(SystemExit, match=r"Error: Give only flags, as in --steps=100\. Received: digits"):
        call(monkeypatch, "train", "digits")


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_nothing_but_the_command(name):
    tree = ast.parse((ROOT / "examples" / f"{SCRIPTS[name]}.py").read_text())
    assert len(tree.body) == 3
    assert ast.unparse(tree.body[-1]).endswith(f"run('{name}')")


def test_the_command_is_what_a_wheel_installs():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    name, _, where = parser["options.entry_points"]["console_scripts"].strip().partition(" = ")
    module, _, function = where.partition(":")
    assert name == "keras_gan"
    assert getattr(importlib.import_module(module), function) is command.main


def test_neither_help_nor_an_error_waits_for_tensorflow():
    program = """
import importlib, sys
from keras_gan_cli import main
for name in main.COMMANDS:
    importlib.import_module(f"keras_gan_cli.{name.replace('-', '_')}")
print(*sorted({"keras", "keras_gan", "tensorflow", "matplotlib", "PIL"} & set(sys.modules)))
"""
    got = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert got.stdout.split() == []


@pytest.mark.long
@pytest.mark.parametrize("module", ["keras_gan", "keras_gan_cli"])
def test_both_packages_can_be_run(module):
    command_line = [sys.executable, "-m", module, "sample", "--modle=a"]
    got = subprocess.run(command_line, capture_output=True, text=True, check=False, cwd=ROOT)
    assert got.returncode == 1
    assert "Did you mean: model?" in got.stderr
