"""What the tests of the commands share: their modules, and short runs of `train` in this process, of tiny networks."""

import functools
import importlib

import keras
import pytest
from absl import flags
from absl.testing import flagsaver

import keras_gan

TINY = ["--steps=2", "--width=4", "--batch_size=4", "--latent_dim=4", "--nohealth", "--evaluate_every=0"]


@pytest.fixture(scope="module")
def load_command():
    """The function that imports a module of the command and defines its flags.

    The flags are removed after the tests of a module, so that other commands can define the same ones.
    """
    before = set(flags.FLAGS)

    def load(name):
        module = importlib.import_module(f"keras_gan_cli.{name}")
        getattr(module, "define", lambda: None)()
        return module

    yield load
    flags.FLAGS.remove_flag_values(set(flags.FLAGS) - before)


@pytest.fixture(scope="module")
def train_script(load_command):
    """The module of `keras_gan train`."""
    return load_command("train")


@pytest.fixture(scope="session")
def tiny():
    """The flags of a short run, for those that a flag file comes before."""
    return TINY


@pytest.fixture(scope="session")
def train_flags():
    """The function that returns the flags of a short run, and the given ones after them."""
    return lambda *arguments: flags.FLAGS(["keras_gan train", *TINY, *arguments])


@pytest.fixture(scope="module")
def run_script(train_script, train_flags):
    """The function that trains in this process, with the given flags."""

    def run(*arguments):
        with flagsaver.flagsaver():
            train_script.main(train_flags(*arguments))

    return run


@pytest.fixture(scope="module")
def eager():
    """Steps that run without being traced: tracing takes most of the time of a short training."""
    compile_eagerly = functools.partialmethod(keras_gan.TwoPlayerGAN.compile, run_eagerly=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras_gan.TwoPlayerGAN, "compile", compile_eagerly)
        yield


@pytest.fixture
def train(run_script, tmp_path, capsys):
    """The function that trains with the given flags, and returns the saved GAN and what was printed."""

    def run(*arguments, run_dir=tmp_path / "run"):
        run_script(*arguments, f"--run_dir={run_dir}")
        printed = capsys.readouterr().out
        gan = keras.saving.load_model(run_dir / "gan.keras")
        assert printed.splitlines()[-1] == f"fingerprint {gan.fingerprint()}"
        return gan, printed

    return run


@pytest.fixture
def error(run_script, tmp_path):
    """The function that returns the one line with which the script refuses the given flags."""

    def run(*arguments):
        with pytest.raises(SystemExit) as stop:
            run_script(f"--run_dir={tmp_path / 'run'}", *arguments)
        assert not (tmp_path / "run" / "samples").exists() or not list((tmp_path / "run" / "samples").iterdir())
        assert "\n" not in stop.value.code
        return stop.value.code

    return run
