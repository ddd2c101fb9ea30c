"""What is asked of an export, by the two roads that there are: the function of a signature, and a session's tensors."""

import io
import pathlib
import re
import subprocess
import sys

import keras
import numpy as np
import PIL.Image
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import export

# A process that has TensorFlow alone, and loads as TensorFlow Serving does.
_ASK = """
import sys
import numpy as np
import tensorflow as tf

folder, answers_file, latents_file = sys.argv[1:]
requests = {
    "sample": {"seed": 7, "count": 70},
    "sample_png": {"seed": 7, "count": 3},
    "serving_default": {"latents": np.load(latents_file)},
}
answers = {}
with tf.compat.v1.Session(graph=tf.Graph()) as session:
    signatures = tf.compat.v1.saved_model.load(session, ["serve"], folder).signature_def
    for name, request in requests.items():
        feed = {signatures[name].inputs[key].name: value for key, value in request.items()}
        (output,) = signatures[name].outputs.values()
        answers[name] = session.run(output.name, feed)
assert "keras_gan" not in sys.modules
answers["sample_png"] = np.array([np.frombuffer(png, np.uint8).tobytes().hex() for png in answers["sample_png"]])
np.savez(answers_file, **answers)
"""

LIMIT = 100


@pytest.fixture(scope="module")
def gan():
    networks = keras_gan.networks.dcgan(image_shape=(8, 8, 3), latent_dim=5, width=4, discriminator_normalization=None)
    gan = keras_gan.NonSaturatingGAN(*networks, ema_half_life=100)
    gan.compile(run_eagerly=True)
    images = np.random.default_rng(0).uniform(-1, 1, (8, 8, 8, 3)).astype(np.float32)
    gan.fit(images, batch_size=4, steps_per_epoch=2, verbose=0)
    return gan


@pytest.fixture(scope="module")
def folder(gan, tmp_path_factory):
    return export.save(gan, tmp_path_factory.mktemp("models") / "colours", max_count=LIMIT)


@pytest.fixture(scope="module")
def signatures(folder):
    model = tf.saved_model.load(folder)
    yield model.signatures
    del model


def _ask(signatures, name, **request):
    kinds = {"seed": tf.int64, "count": tf.int32, "latents": tf.float32}
    request = {key: tf.constant(value, kinds[key]) for key, value in request.items()}
    (answer,) = signatures[name](**request).values()
    return answer.numpy()


def _pixels(png):
    return np.asarray(PIL.Image.open(io.BytesIO(png)))


@pytest.mark.long
def test_another_process_with_tensorflow_alone_gets_the_images_of_generate(gan, folder, tmp_path):
    latents = np.random.default_rng(1).normal(size=(3, 5)).astype(np.float32)
    np.save(tmp_path / "latents.npy", latents)
    arguments = [folder, tmp_path / "answers.npz", tmp_path / "latents.npy"]
    subprocess.run([sys.executable, "-c", _ASK, *map(str, arguments)], check=True, timeout=120, cwd=tmp_path)
    answers = np.load(tmp_path / "answers.npz")
    np.testing.assert_array_equal(answers["sample"], gan.generate(70, seed=7))
    np.testing.assert_array_equal(answers["serving_default"], gan.generate(latents=latents))
    images = np.stack([_pixels(bytes.fromhex(png)) for png in answers["sample_png"]])
    np.testing.assert_array_equal(images, np.floor(127.5 * gan.generate(3, seed=7) + 128.0))


@pytest.mark.parametrize("count", [1, 63, 64, 65, LIMIT])
def test_a_seed_gives_the_images_of_generate(gan, signatures, count):
    np.testing.assert_array_equal(_ask(signatures, "sample", seed=3, count=count), gan.generate(count, seed=3))


def test_a_split_of_the_count_gives_the_same_images(signatures):
    whole = _ask(signatures, "sample", seed=2**40, count=70)
    for count in (1, 5, 66):
        part = _ask(signatures, "sample", seed=2**40, count=count)
        np.testing.assert_allclose(part, whole[:count], rtol=0, atol=1e-6)
    assert np.abs(_ask(signatures, "sample", seed=2, count=1) - whole[:1]).max() > 1e-3


def test_a_png_file_has_the_nearest_of_256_values(signatures):
    images = _ask(signatures, "sample", seed=1, count=66)
    files = _ask(signatures, "sample_png", seed=1, count=66)
    pixels = np.stack([_pixels(png) for png in files])
    assert pixels.shape == images.shape
    assert pixels.dtype == np.uint8
    assert np.abs(pixels / 127.5 - 1.0 - images).max() <= 0.5 / 127.5 + 1e-6


@pytest.mark.long
@pytest.mark.parametrize(
    "name, request_, message",
    [
        ("sample", {"seed": -1, "count": 1}, "seed of a sample must be a whole number of at least 0.*-1"),
        ("sample", {"seed": 0, "count": 0}, "may ask for 1 to 100 samples.*Received: count =.*0"),
        ("sample", {"seed": 0, "count": 101}, "may ask for 1 to 100 samples.*Received: count =.*101"),
        ("sample_png", {"seed": 0, "count": 101}, "may ask for 1 to 100 samples"),
        ("serving_default", {"latents": np.zeros((101, 5))}, "may hold up to 100 latents.*101"),
        ("serving_default", {"latents": [[np.nan] * 5]}, "The latents hold NaN or infinity.*not finite =.*5"),
        ("serving_default", {"latents": [[0, 0, 0, np.inf, 0]]}, "The latents hold NaN or infinity"),
        (
            "serving_default",
            {"latents": np.zeros((2, 4))},
            r"\(2, 4\).*\(None, 5\)|\[2,4\].*\[\?,5\]|expected shape \[\?,5\]",
        ),
    ],
)
@pytest.mark.parametrize("road", ["function", "session"])
def test_a_bad_request_is_answered_with_what_is_wrong(folder, signatures, road, name, request_, message):
    ask = _ask if road == "function" else _ask_in_session
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError), match=f"(?s){message}"):
        ask(signatures if road == "function" else folder, name, **request_)


def _ask_in_session(folder, name, **request):
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        signature = tf.compat.v1.saved_model.load(session, ["serve"], str(folder)).signature_def[name]
        feed = {signature.inputs[key].name: value for key, value in request.items()}
        return session.run([output.name for output in signature.outputs.values()], feed)


def test_no_latents_make_no_images(signatures):
    assert _ask(signatures, "serving_default", latents=np.zeros((0, 5))).shape == (0, 8, 8, 3)


@pytest.mark.long
def test_xla_compiles_what_is_asked_for(gan, tmp_path):
    folder = export.save(gan, tmp_path, jit_compile=True)
    signatures = tf.saved_model.load(folder).signatures
    latents = np.random.default_rng(4).normal(size=(3, 5)).astype(np.float32)
    images = _ask(signatures, "serving_default", latents=latents)
    np.testing.assert_allclose(images, gan.generate(latents=latents), rtol=0, atol=1e-5)
    with pytest.raises(tf.errors.InvalidArgumentError, match="NaN or infinity"):
        _ask(signatures, "serving_default", latents=latents * np.nan)
    graph = tf.compat.v1.saved_model.load(tf.compat.v1.Session(graph=tf.Graph()), ["serve"], str(folder)).graph_def
    assert any(function.attr["_XlaMustCompile"].b for function in graph.library.function)


def test_the_signatures_are_those_of_the_documentation(folder):
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        definitions = tf.compat.v1.saved_model.load(session, ["serve"], str(folder)).signature_def
    listed = {
        name: {
            f"{way} {key}": (tf.as_dtype(info.dtype).name, tuple(dim.size for dim in info.tensor_shape.dim))
            for way, tensors in (("input", signature.inputs), ("output", signature.outputs))
            for key, info in tensors.items()
        }
        for name, signature in definitions.items()
        if name != "__saved_model_init_op"
    }
    asked = {"input seed": ("int64", ()), "input count": ("int32", ())}
    assert listed == {
        "serving_default": {"input latents": ("float32", (-1, 5)), "output images": ("float32", (-1, 8, 8, 3))},
        "sample": {**asked, "output images": ("float32", (-1, 8, 8, 3))},
        "sample_png": {**asked, "output png_bytes": ("string", (-1,))},
    }


def test_nothing_of_this_machine_is_inside(gan, folder):
    assert {path.name for path in folder.iterdir()} == {
        *("saved_model.pb", "fingerprint.pb", "variables", "assets", "assets.extra"),
        *("README.md", "model_card.json", "sample_grid.png", "SHA256SUMS"),
    }
    places = [pathlib.Path(keras_gan.__file__).parent, sys.prefix, pathlib.Path.home(), folder.parent, tf.__file__]
    for path in (path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        for word in [*map(str, places), "pickle", "PyFunc", "EagerPyFunc", ".py"]:
            assert word.encode() not in content, (path.name, word)


@pytest.mark.long
def test_images_that_png_has_no_form_for_have_no_such_signature(tmp_path):
    networks = keras_gan.networks.mlp(image_shape=(2, 3, 2), latent_dim=2, width=2)
    folder = export.save(keras_gan.LSGAN(*networks), tmp_path)
    assert set(tf.saved_model.load(folder).signatures) == {"serving_default", "sample"}


@pytest.mark.long
def test_points_are_served_too(tmp_path):
    gan = keras_gan.LSGAN(*keras_gan.networks.mlp(image_shape=(2,), latent_dim=2, width=2))
    signatures = tf.saved_model.load(export.save(gan, tmp_path)).signatures
    np.testing.assert_array_equal(_ask(signatures, "sample", seed=0, count=9), gan.generate(9, seed=0))


def test_signatures_can_be_left_out(gan, tmp_path):
    folder = export.save(gan, tmp_path, signatures=["serving_default"])
    assert set(tf.saved_model.load(folder).signatures) == {"serving_default"}
    for names in (["sample"], ["serving_default", "sampel"], []):
        message = r"`signatures` must contain 'serving_default', and only names of \[.*'sample_png'\]. Received: "
        with pytest.raises(ValueError, match=message + re.escape(f"signatures={names}")):
            export.save(gan, tmp_path, signatures=names)


@pytest.mark.parametrize("max_count", [0, -3, 1.5])
def test_a_limit_that_is_no_count(gan, tmp_path, max_count):
    with pytest.raises(
        ValueError, match=rf"`max_count` must be an integer of at least 1. Received: max_count={max_count}"
    ):
        export.save(gan, tmp_path, max_count=max_count)


def _sampled(folder, count=66):
    return _ask(tf.saved_model.load(folder).signatures, "sample", seed=5, count=count)


def _batch_norm_gan():
    """The smallest one with BatchNormalization, so that a step of it is quickly traced."""
    generator = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(6),
            keras.layers.BatchNormalization(synchronized=True),
            keras.layers.Activation("tanh"),
            keras.layers.Reshape((3, 2, 1), dtype="float32"),
        ]
    )
    discriminator = keras.Sequential([keras.Input((3, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    gan = keras_gan.NonSaturatingGAN(generator, discriminator, ema_half_life=100, seed=3)
    gan.compile(run_eagerly=True)
    return gan


def _fit(gan, epochs):
    images = np.random.default_rng(0).uniform(-1, 1, (8, 3, 2, 1)).astype(np.float32)
    gan.fit(images, batch_size=4, epochs=epochs, verbose=0)


@pytest.mark.long
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_of_mixed_precision_the_same_images_are_served(tmp_path, policy):
    keras.config.set_dtype_policy(policy)
    try:
        gan = _batch_norm_gan()
    finally:
        keras.config.set_dtype_policy("float32")
    _fit(gan, 1)
    served = _sampled(export.save(gan, tmp_path))
    assert served.dtype == np.float32
    np.testing.assert_array_equal(served, gan.generate(66, seed=5))


@pytest.mark.long
def test_of_replicas_the_same_images_are_served(tmp_path, two_replicas):
    with two_replicas.scope():
        gan = _batch_norm_gan()
    _fit(gan, 1)
    folder = export.save(gan, tmp_path / "1", signatures=["serving_default", "sample"])
    np.testing.assert_array_equal(_sampled(folder), gan.generate(66, seed=5))
    # A process with one device loads it too.
    gan.save(tmp_path / "gan.keras")
    one = keras.saving.load_model(tmp_path / "gan.keras")
    np.testing.assert_array_equal(_sampled(folder), one.generate(66, seed=5))
    _fit(gan, 2)


@pytest.mark.long
def test_of_a_resumed_training_the_same_images_are_served(tmp_path):
    whole = _batch_norm_gan()
    initial = [network.get_weights() for network in (whole.generator, whole.discriminator)]
    part = _batch_norm_gan()
    for network, weights in zip((part.generator, part.discriminator), initial, strict=True):
        network.set_weights(weights)
    part.averaged_generator.set_weights(initial[0])
    _fit(part, 1)
    part.save(tmp_path / "gan.keras")
    resumed = keras.saving.load_model(tmp_path / "gan.keras")
    _fit(resumed, 2)
    _fit(whole, 1)
    _fit(whole, 2)
    names = ["serving_default", "sample"]
    served = [_sampled(export.save(gan, tmp_path, signatures=names)) for gan in (whole, resumed)]
    np.testing.assert_array_equal(served[0], served[1])
    np.testing.assert_array_equal(served[1], resumed.generate(66, seed=5))
