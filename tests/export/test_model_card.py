"""The card tells what is known, all of it, and nothing else."""

import getpass
import hashlib
import html
import json
import platform
import re
import socket
import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import keras_gan
from keras_gan import metrics
from keras_gan._hashes import sha256sums
from keras_gan.callbacks import image_grid
from keras_gan.export import sha256_of
from keras_gan.export.model_card import write_model_card

RESULT = metrics.Result(
    name="kernel_distance",
    value=0.0123,
    better="lower",
    interval=(0.01, 0.015),
    floor=0.0007,
    extractor="digits_classifier",
    extractor_hash="0f1e2d3c",
    resize="none",
    num_real=360,
    num_fake=1797,
    split="test",
    seed=4,
    warnings=("1,797 samples are few.",),
)


@pytest.fixture(scope="module")
def gan():
    """Trained for two steps of 4 images, of which each of the two discriminator updates took 4 more."""
    networks = keras_gan.networks.dcgan(image_shape=(8, 8, 1), latent_dim=6, width=2)
    gan = keras_gan.HingeGAN(
        *networks, penalties=[keras_gan.penalties.R1(10.0)], discriminator_steps=2, ema_half_life=50.0, seed=31
    )
    gan.compile(keras.optimizers.Adam(0.25, beta_1=0.5), keras.optimizers.SGD(0.125))
    gan.fit(np.zeros((16, 8, 8, 1), "float32"), batch_size=4, epochs=1, steps_per_epoch=2, verbose=0)
    # So that the two generators are told apart at sight.
    gan.generator.set_weights([30.0 * values for values in gan.generator.get_weights()])
    return gan


def _plain_gan(generator=None):
    generator = generator or keras.Sequential([keras.Input((2,)), keras.layers.Reshape((1, 2, 1))])
    return types.SimpleNamespace(generator=generator, latent_shape=generator.input_shape[1:])


def _card(folder, gan, *, averaged=False, signatures=None, facts=None):
    write_model_card(folder, gan, averaged=averaged, signatures=signatures, facts=facts)
    return json.loads((folder / "model_card.json").read_text()), (folder / "README.md").read_text()


@pytest.mark.long
def test_what_the_gan_knows_is_read_from_it(gan, tmp_path):
    card, text = _card(tmp_path, gan, signatures={"sample_png": "seed -> png_bytes."})
    assert card["schema_version"] == 1
    assert card["gan"]["class"] == "HingeGAN"
    assert card["gan"]["adversarial_loss"] == {"class": "Hinge"}
    assert card["gan"]["config"] == {
        "name": gan.name,
        "penalties": [{"class": "R1", "weight": 10.0}],
        "augmentation": [],
        "discriminator_steps": 2,
        "ema_half_life": 50.0,
        "num_classes": None,
    }
    assert card["gan"]["compilation"]["generator_optimizer"]["class"] == "Adam"
    assert card["gan"]["compilation"]["generator_optimizer"]["beta_1"] == 0.5
    assert card["gan"]["compilation"]["discriminator_optimizer"]["learning_rate"] == 0.125
    assert card["exported"] == {"averaged": False, "latent_shape": [6], "sample_shape": [8, 8, 1]}
    assert card["training"] == {
        "steps": 2,
        "images_per_step": 8,
        "images_seen": 16,
        "seeds": {"training": 31},
        "fingerprint": gan.fingerprint(),
    }
    assert card["signatures"] == {"sample_png": "seed -> png_bytes."}
    for line in (
        "The generator of a HingeGAN: latents (6,) to samples (8, 8, 1), float32.",
        "| penalties | R1(weight=10) |",
        "| images seen | 16 (8 a step) |",
        "| seed of training | 31 |",
        f"| fingerprint | {gan.fingerprint()} |",
        "| `sample_png` | seed -> png_bytes. |",
    ):
        assert line in text


def test_the_networks_are_counted(gan, tmp_path):
    networks = _card(tmp_path, gan)[0]["networks"]
    assert list(networks) == ["generator", "discriminator", "averaged_generator"]
    assert networks["generator"] == {
        "name": "dcgan_generator",
        "class": "Functional",
        # Dense without a bias to 4 x 4 x 2, a batch normalisation of 2 channels, one 4x4 kernel to 1 channel.
        "parameters": 6 * 32 + 4 * 2 + 16 * 2,
        "precision": "float32",
    }
    # One 4x4 kernel to 2 channels, a Dense of 4 x 4 x 2 to a logit, both with biases and the vector of their norm.
    assert networks["discriminator"]["parameters"] == 16 * 2 + 2 + 2 + 32 + 1 + 1


def test_versions_are_those_that_ran(tmp_path):
    card, text = _card(tmp_path, _plain_gan())
    assert card["versions"] == {
        "keras_gan": keras_gan.__version__,
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
    assert f"| keras_gan | {keras_gan.__version__} |" in text


def test_what_nobody_told_is_unknown(tmp_path):
    card, text = _card(tmp_path, _plain_gan())
    assert card["data"] == {"data_set": None, "split": None}
    assert card["gan"] == {"class": None, "adversarial_loss": None, "config": {}, "compilation": {}}
    assert card["training"] == dict.fromkeys(("steps", "images_per_step", "images_seen", "fingerprint")) | {"seeds": {}}
    assert card["metrics"] == card["further"] == {}
    assert list(card["networks"]) == ["generator"]
    for line in ("| data set | unknown |", "| steps | unknown |", "| seeds | unknown |", "Unknown: none were given."):
        assert line in text


def test_an_untrained_gan_has_seen_nothing_that_it_knows_of(tmp_path):
    networks = keras_gan.networks.mlp(image_shape=(2, 2, 1), latent_dim=2, width=2)
    training = _card(tmp_path, keras_gan.LSGAN(*networks, seed=0))[0]["training"]
    assert (training["steps"], training["images_seen"]) == (0, None)


def test_facts_are_told(gan, tmp_path):
    facts = {
        "data_set": "digits",
        "split": "train",
        "images_seen": 128_000,
        "seeds": {"order_of_images": np.int64(1_000_000)},
        "further": {"licence": "CC0", "sizes": (1, 2)},
    }
    card, text = _card(tmp_path, gan, facts=facts)
    assert card["data"] == {"data_set": "digits", "split": "train"}
    assert (card["training"]["images_per_step"], card["training"]["images_seen"]) == (None, 128_000)
    assert card["training"]["seeds"] == {"training": 31, "order_of_images": 1_000_000}
    assert card["further"] == {"licence": "CC0", "sizes": [1, 2]}
    for line in ("| images seen | 128,000 |", "| seed of order of images | 1000000 |", "| sizes | 1, 2 |"):
        assert line in text


def _report_file(tmp_path):
    metrics.Report([RESULT]).save(tmp_path / "report.json")
    return json.loads((tmp_path / "report.json").read_text())


@pytest.mark.parametrize(
    "form",
    [
        lambda folder: metrics.Report([RESULT]),
        _report_file,
        lambda folder: _report_file(folder)["kernel_distance"],
        lambda folder: RESULT,
    ],
    ids=["report", "file", "content of one", "result"],
)
def test_metrics_come_with_their_protocol(tmp_path, form):
    card, text = _card(tmp_path, _plain_gan(), facts={"metrics": form(tmp_path)})
    assert list(card["metrics"]) == ["kernel_distance"]
    told = card["metrics"]["kernel_distance"]
    assert metrics.Result(**{**told, **{name: tuple(told[name]) for name in ("interval", "warnings")}}) == RESULT
    assert "| kernel_distance | 0.0123 | 0.01 to 0.015 | 0.0007 | lower | extractor digits_classifier, " in text
    assert "num real 360, num fake 1,797, split test, seed 4, dtype float64, kind images |" in text
    assert "\nNote: 1,797 samples are few.\n" in text


def test_a_metric_that_is_only_a_number_has_an_unknown_protocol(tmp_path):
    card, text = _card(tmp_path, _plain_gan(), facts={"metrics": {"recall": np.float32(0.5), "fid": float("nan")}})
    assert card["metrics"] == {"recall": {"value": 0.5}, "fid": {"value": "nan"}}
    assert "| recall | 0.5 | unknown | unknown | unknown | unknown |" in text


@pytest.mark.parametrize("averaged", [False, True])
def test_the_grid_shows_the_exported_generator(gan, tmp_path, averaged):
    card, text = _card(tmp_path, gan, averaged=averaged)
    assert card["exported"]["averaged"] is averaged
    assert card["sample_grid"] == {"file": "sample_grid.png", "seed": 0, "num_images": 64}
    assert "![64 samples of seed 0](sample_grid.png)" in text
    expected = image_grid(gan.generate(64, seed=0, averaged=averaged))[..., 0]
    with Image.open(tmp_path / "sample_grid.png") as grid:
        shown = np.asarray(grid)
    # A value at the edge of two grey levels may fall to either.
    np.testing.assert_allclose(shown.astype(int), expected.astype(int), atol=1)
    other = image_grid(gan.generate(64, seed=0, averaged=not averaged))[..., 0]
    assert np.abs(shown.astype(int) - other.astype(int)).max() > 1


def test_samples_that_are_no_images_have_no_grid(tmp_path):
    card, text = _card(tmp_path, _plain_gan(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])))
    assert card["sample_grid"] is None
    assert card["exported"]["sample_shape"] == [2]
    assert "![" not in text
    assert not (tmp_path / "sample_grid.png").exists()


def test_mixed_precision_is_told_and_its_grid_drawn(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    gan = _plain_gan(keras.Sequential([keras.Input((2,)), keras.layers.Dense(3), keras.layers.Reshape((1, 1, 3))]))
    card, _ = _card(tmp_path, gan)
    assert card["networks"]["generator"]["precision"] == "mixed_bfloat16"
    with Image.open(tmp_path / "sample_grid.png") as grid:
        assert grid.mode == "RGB"


@pytest.mark.parametrize("path", ["/home/ada/photos", "/home/ada/photos/", "C:\\Users\\ada\\photos", "~/photos"])
def test_of_a_path_the_last_part_is_told(tmp_path, path):
    card, _ = _card(tmp_path, _plain_gan(), facts={"data_set": path, "further": {"from": [path]}})
    assert card["data"]["data_set"] == "photos"
    assert card["further"] == {"from": ["photos"]}


def test_nothing_says_where_or_by_whom_it_was_made(gan, tmp_path, monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "ada-lovelace")
    monkeypatch.setattr(socket, "gethostname", lambda: "engine-1")
    monkeypatch.setattr(platform, "node", lambda: "engine-1")
    monkeypatch.setenv("USER", "ada-lovelace")
    monkeypatch.chdir(tmp_path)
    _card(tmp_path, gan)
    written = "".join((tmp_path / name).read_text() for name in ("model_card.json", "README.md"))
    for secret in (str(tmp_path), str(keras_gan.__file__), "ada-lovelace", "engine-1"):
        assert secret not in written


def test_a_table_is_not_broken_by_what_it_holds(tmp_path):
    _, text = _card(
        tmp_path, _plain_gan(), facts={"further": {"note": "a | b\nc", "flags": {"flip": True}, "empty": []}}
    )
    for line in ("| note | a \\| b c |", "| flags | flip=yes |", "| empty | none |"):
        assert line in text.splitlines()


_HOLDS_ITSELF = {}
_HOLDS_ITSELF["again"] = _HOLDS_ITSELF

_HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](http://example.org/track.png)",
    "[click](javascript:alert(1))",
    "x\n\n# A heading\n\n---\n",
    "```\n`code` *bold* | cell | ~~gone~~ $x$",
    "&lt;b&gt; \\| \\<b>",
    "half \ud800",
    "\x1b[2J\u202egpj.exe",
]


@pytest.mark.parametrize("text", _HOSTILE)
def test_a_stranger_s_text_is_shown_and_does_nothing(tmp_path, text):
    metric = {"value": 0.5, "name": text, "warnings": [text], text: text}
    facts = {"data_set": text, "seeds": {text: text}, "metrics": {text: metric}, "further": {text: [{text: text}]}}
    _, before = _card(tmp_path, _plain_gan(), signatures={"sample": "x"}, facts={"metrics": {"fid": 1.0}})
    _, card = _card(tmp_path, _plain_gan(), signatures={text: text}, facts=facts)
    assert _outline(card) == [*_outline(before), "## Further facts"]
    # Nothing starts a tag, an entity, a link, a picture, code or an escape of the terminal.
    shown = re.sub(r"^!\[64 samples .*$|^\| `[^`]*` \|", "", card, flags=re.MULTILINE)
    assert not re.search(r"<|&(?!amp;|lt;)|(?<!\\)(\\\\)*[\[`*~$]", shown)
    assert card.replace("\n", "").isprintable()


def _outline(card):
    return [line for line in card.splitlines() if line.startswith("#")]


def test_a_text_that_was_escaped_reads_as_it_was(tmp_path):
    text = "R&D <b> [x](y) *z* a|b `c` ~d \\e"
    _, card = _card(tmp_path, _plain_gan(), facts={"data_set": text})
    (line,) = (line for line in card.splitlines() if line.startswith("| data set |"))
    shown = html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", line))
    assert shown == f"| data set | {text} |"


def test_the_list_of_hashes_follows_the_card(tmp_path):
    _card(tmp_path, _plain_gan())
    assert not (tmp_path / "SHA256SUMS").exists()
    sums, other = tmp_path / "SHA256SUMS", tmp_path / "saved_model.pb"
    other.write_text("model")
    sums.write_bytes(sha256sums(tmp_path))
    (tmp_path / "README.md").write_text("old")
    _card(tmp_path, _plain_gan())
    assert hashlib.sha256(sums.read_bytes()).hexdigest() == sha256_of(tmp_path)
    # What the card does not write stays in the list as it was, so that damage still shows.
    other.write_text("damaged")
    _card(tmp_path, _plain_gan())
    assert hashlib.sha256(b"model").hexdigest() in sums.read_text()


def test_a_card_without_its_folder_or_of_no_signatures(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such folder for the card. Received: folder='.*none'"):
        write_model_card(tmp_path / "none", _plain_gan())
    with pytest.raises(ValueError, match=r"`signatures` must be a dict. Received: signatures=\['sample'\]"):
        write_model_card(tmp_path, _plain_gan(), signatures=["sample"])
    assert not list(tmp_path.iterdir())


def test_a_flag_of_numpy_is_one_of_python(tmp_path):
    card, _ = _card(tmp_path, _plain_gan(), facts={"further": {"flip": np.bool_(True)}})
    assert card["further"] == {"flip": True}


def test_a_flag_is_true_or_false(tmp_path):
    with pytest.raises(ValueError, match=r"`averaged` must be True or False. Received: averaged='no'"):
        write_model_card(tmp_path, _plain_gan(), averaged="no")


@pytest.mark.parametrize(
    "facts, message",
    [
        (["digits"], "`facts` must be a dict. Received: facts=['digits']"),
        (
            {"dataset": "digits"},
            "A model card has no field 'dataset'. Did you mean 'data_set'? It has data_set, split,",
        ),
        ({"dataset": "digits"}, "into the dict \"further\". Received: facts={'dataset': 'digits'}"),
        ({"split": 3}, "`facts['split']` must be a string. Received: facts['split']=3"),
        ({"images_seen": -1}, "`facts['images_seen']` must be an integer of at least 0. Received:"),
        ({"seeds": 3}, "`facts['seeds']` must be a dict. Received: facts['seeds']=3"),
        ({"further": "CC0"}, "`facts['further']` must be a dict. Received: facts['further']='CC0'"),
        (
            {"further": {"a": {1, 2}}},
            "lists and dicts of them: convert the value to one of these. Received: a set, {1, 2}",
        ),
        ({"further": _HOLDS_ITSELF}, "The facts of a model card hold themselves"),
        ({"metrics": 5.0}, "`facts['metrics']` must be a dict. Received: facts['metrics']=5.0"),
        ({"metrics": {"fid": "5"}}, "A metric is a number, or a dict with a `value` and how it was measured"),
        ({"metrics": {"fid": {"mean": 5}}}, "Received: facts['metrics']['fid']={'mean': 5}"),
    ],
)
def test_facts_that_are_none(tmp_path, facts, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        _card(tmp_path, _plain_gan(), facts=facts)
    assert list(tmp_path.iterdir()) == []


def test_objects_of_keras_are_told_by_class_and_arguments(tmp_path):
    scheduled = keras.saving.serialize_keras_object(keras.optimizers.schedules.PolynomialDecay(1.0, 10))
    function = keras.saving.serialize_keras_object(keras.activations.relu)
    card, text = _card(tmp_path, _plain_gan(), facts={"further": {"rate": scheduled, "function": function}})
    assert card["further"]["rate"]["class"] == "PolynomialDecay"
    assert card["further"]["rate"]["decay_steps"] == 10
    assert card["further"]["function"] == {"class": "function", "config": "relu"}
    assert "| rate | PolynomialDecay(initial_learning_rate=1, decay_steps=10," in text


def test_a_full_disk_leaves_the_card_that_was_there(tmp_path, full_disk):
    _, before = _card(tmp_path, _plain_gan(), facts={"data_set": "digits"})
    full_disk()
    with pytest.raises(OSError, match="No space left on device"):
        _card(tmp_path, _plain_gan(), facts={"data_set": "faces"})
    assert (tmp_path / "README.md").read_text() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "model_card.json", "sample_grid.png"]
