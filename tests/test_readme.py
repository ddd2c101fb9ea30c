"""The README's Python runs, and its tables are true."""

import ast
import functools
import importlib
import re
from pathlib import Path

import pytest
import tensorflow as tf

import keras_gan

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
# They have their own table.
OTHER_SHAPES = (
    "ACGAN",
    "AlphaGAN",
    "AnomalyGAN",
    "BiGAN",
    "CycleGAN",
    "ESRGAN",
    "EnlightenGAN",
    "GANomaly",
    "HiFiGAN",
    "InfoGAN",
    "MelGAN",
    "MoCoGAN",
    "RealESRGAN",
    "RelGAN",
    "SRGAN",
    "SeqGAN",
    "StackGAN",
    "StarGAN",
    "TextWGANGP",
    "VAE",
    "VAEGAN",
    "VideoGAN",
    "WaveGAN",
)


def _gan_rows():
    """The cells of the table of GANs, row by row."""
    rows = re.findall(r"^\| `(\w+GAN\w*)` \|(.*)\|$", README, re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows if name not in OTHER_SHAPES}


def _make(name):
    networks = keras_gan.networks.mlp(image_shape=(2,), latent_dim=2, width=2)
    return getattr(keras_gan, name)(*networks)


BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def run(tmp_path, monkeypatch, two_replicas):
    """The function that runs blocks of code one after the other, and returns their names and the epochs of each fit."""
    whole_fit = keras_gan.training.AdversarialModel.fit
    lengths = []

    def short_fit(self, x, *, epochs, steps_per_epoch=None, callbacks=(), **options):
        lengths.append(epochs)
        return whole_fit(self, x, steps_per_epoch=1, callbacks=list(callbacks), verbose=0, **options)

    # As wide as written, it would take minutes.
    train_extractor = functools.partial(keras_gan.metrics.train_extractor, steps=20)
    evaluator, few = keras_gan.metrics.Evaluator, {"num_images": 100, "num_halves": 2}
    dcgan = keras_gan.networks.dcgan
    whole_compile = keras_gan.training.AdversarialModel.compile

    def compile_eagerly(self, **options):
        # Traced, each of these short trainings would take seconds before its first step.
        return whole_compile(self, **options | {"run_eagerly": True, "jit_compile": "auto"})

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(keras_gan.metrics, "train_extractor", train_extractor)
    monkeypatch.setattr(keras_gan.metrics, "Evaluator", lambda *parts, **options: evaluator(*parts, **options | few))
    monkeypatch.setattr(keras_gan.networks, "dcgan", lambda **options: dcgan(**options | {"width": 4}))
    monkeypatch.setattr(keras_gan.training.AdversarialModel, "fit", short_fit)
    monkeypatch.setattr(keras_gan.training.AdversarialModel, "compile", compile_eagerly)
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda: two_replicas)

    def run(numbers):
        session = {"__name__": "readme"}
        for number in numbers:
            exec(compile(BLOCKS[number], f"README.md, Python block {number}", "exec"), session)
        return session, lengths

    return run


def test_the_first_code_runs_and_its_gan_is_served(tmp_path, run):
    [served] = [number for number, block in enumerate(BLOCKS) if "served = " in block]
    second = [number for number, block in enumerate(BLOCKS) if ".fit(" in block][1]
    session, lengths = run([*range(second + 1), served])
    assert lengths == [10, 10]
    assert session["pictures"].shape == session["served"].shape == (16, 32, 32, 1)
    assert (tmp_path / "runs/digits/snapshots.gif").is_file()
    assert (tmp_path / "saved_models/digits/1").is_dir()


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:100 samples against 360 real images:UserWarning")
def test_the_code_runs_from_top_to_bottom(run):
    session, lengths = run(range(len(BLOCKS)))
    assert lengths == [10, 10, 60, 60, 10, 10, 20, 65, 65, 25, 10, 50, 20, 20, 20, 5, 10, 10, 60, 60, 60, 60]
    assert session["pictures"].shape == session["served"].shape == (16, 32, 32, 1)
    assert int(session["gan"].training_state.step.value) == 4


def test_every_public_name_is_mentioned():
    subpackages = [name for name in keras_gan.__all__ if (ROOT / "keras_gan" / name).is_dir()]
    names = {name for part in subpackages for name in importlib.import_module(f"keras_gan.{part}").__all__}
    assert {name for name in names if not re.search(rf"\b{name}\b", README)} == set()


def test_the_table_of_gans_is_complete():
    final = {name for name in keras_gan.__all__ if re.search("GAN|VAE", name)} - {"TwoPlayerGAN"}
    assert set(_gan_rows()) | set(OTHER_SHAPES) == final


@pytest.mark.parametrize("name", OTHER_SHAPES)
def test_the_table_of_other_models_names_their_papers(name):
    (paper,) = re.findall(
        rf"^\| `{name}` \| \[.*?\((?:https://arxiv.org/abs/|https://openreview.net/forum\?id=)([\w.]+)\)",
        README,
        re.MULTILINE,
    )
    assert paper in getattr(keras_gan, name).__doc__


@pytest.mark.parametrize("name", _gan_rows())
def test_the_table_of_gans_has_the_defaults(name):
    paper, loss, optimizer, steps = _gan_rows()[name]
    gan = _make(name)
    assert re.match(r"`(\w+)`", loss).group(1) == type(gan.adversarial_loss).__name__
    penalties = [getattr(penalty, "penalty", penalty) for penalty in gan.penalties]
    assert set(re.findall(r"`(\w+)`", loss)[1:]) == {type(penalty).__name__ for penalty in penalties}
    assert int(steps.split(",")[0]) == gan.discriminator_steps
    arxiv = re.search(r"arxiv.org/abs/([\d.]+)\)", paper).group(1)
    assert arxiv in type(gan).__doc__
    call = ast.parse(optimizer.strip("`"), mode="eval").body
    default = gan.default_optimizer()
    assert call.func.id == type(default).__name__
    stated = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    stated["learning_rate"] = ast.literal_eval(call.args[0])
    config = default.get_config()
    assert {key: pytest.approx(config[key]) for key in stated} == stated


PAGES = ["README.md", "CHANGELOG.md", "saved_models/README.md", "examples/README.md", "docs/clusters.md"]
PAGES += ["CONTRIBUTING.md", "SECURITY.md"]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    # In code, the same characters call an entry of a dict.
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text(), flags=re.MULTILINE | re.DOTALL)
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]
    assert [target for target in targets if not ((ROOT / page).parent / target).exists()] == []
