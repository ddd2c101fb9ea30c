"""AlphaGAN: each loss against its formula, what is known, and bad input."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan import networks
from keras_gan.export import _translations
from keras_gan.gans.alpha_gan import KnownAlphas, distance, recomposed

RNG = np.random.default_rng(0)


def generator(channels=4, made=1):
    return keras.Sequential([keras.Input((8, 8, channels)), keras.layers.Conv2D(made, 3, padding="same")])


def judge(channels=3, source=1):
    return networks.patch_discriminator(image_shape=(8, 8, channels), source_channels=source, width=2, layers=1)


def make(maker=None, discriminator=None, **options):
    keras.utils.set_random_seed(0)
    model = keras_gan.AlphaGAN(maker or generator(), discriminator or judge(), **{"seed": 3} | options)
    model.compile(**{f"{name}_optimizer": keras.optimizers.SGD(0.01) for name in model.players}, run_eagerly=True)
    return model


def pairs(count=2):
    """Trimaps with all three values, and alphas that agree with them."""
    trimaps = RNG.integers(-1, 2, (count, 8, 8, 1)).astype("float32")
    alphas = np.where(trimaps == 0, RNG.uniform(-1, 1, trimaps.shape), trimaps).astype("float32")
    pictures = RNG.uniform(-1, 1, (count, 8, 8, 3)).astype("float32")
    return {"source": np.concatenate([pictures, trimaps], axis=-1), "target": alphas}


def composed(alphas, pictures):
    opacity = (alphas + 1) / 2
    return opacity * pictures + (1 - opacity) * pictures[:, ::-1, ::-1]


def test_the_objectives_are_those_of_the_papers():
    own, batch = judge(), pairs()
    model = make(None, own, alpha_weight=3.0, composition_weight=5.0)
    source, alphas = batch["source"], batch["target"]
    pictures, trimaps = source[..., :3], source[..., 3:]
    raw = np.asarray(model.generator.layers[1](source))
    made = np.where(trimaps == 0, raw, trimaps)
    real, fake = (own({"images": composed(each, pictures), "source": trimaps}).numpy() for each in (alphas, made))

    def over_unknown(first, second):
        distances = np.sqrt(((first - second) / 2) ** 2 + 1e-12)
        rows = [row[known[..., 0] == 0].mean() for row, known in zip(distances, trimaps, strict=True)]
        return np.mean(rows)

    expected = {
        "d_loss": 0.5 * np.mean(np.log1p(np.exp(-real)) + np.log1p(np.exp(fake))),
        "g_loss": np.mean(np.log1p(np.exp(-fake))),
        "alpha_loss": 3.0 * over_unknown(alphas, made),
        "composition_loss": 5.0 * over_unknown(composed(alphas, pictures), composed(made, pictures)),
    }
    assert model.test_on_batch(batch, return_dict=True) == pytest.approx(expected, rel=1e-4)


def test_what_the_trimap_knows_is_exact_and_gives_no_gradient():
    batch, model = pairs(1), make()
    trimaps = batch["source"][..., 3:]
    alphas = model.matte(batch["source"][..., :3], trimaps)
    assert alphas.dtype == np.float32
    np.testing.assert_array_equal(alphas[trimaps == 1], 1.0)
    np.testing.assert_array_equal(alphas[trimaps == -1], 0.0)
    assert len(np.unique(alphas[trimaps == 0])) > 9
    raw = tf.Variable(RNG.uniform(-1, 1, trimaps.shape).astype("float32"))
    with tf.GradientTape() as tape:
        made = KnownAlphas()([raw, tf.constant(batch["source"])])
        value = distance(batch["target"], made, trimaps) + tf.reduce_sum(made)
    assert np.array_equal(tape.gradient(value, raw).numpy() != 0, trimaps == 0)


def test_the_losses_see_the_unknown_region_of_each_picture_alone():
    trimaps = np.full((2, 2, 2, 1), 1.0, "float32")
    trimaps[0, 0, 0] = 0.004  # As the byte 128.
    first = np.zeros_like(trimaps)
    second = np.where(trimaps == 1, 9.0, 0.5).astype("float32")
    # The second picture is known everywhere, and counts as 0.
    assert float(distance(first, second, trimaps)) == pytest.approx(0.5 * 0.25, rel=1e-5)


def test_alphas_of_one_and_zero_keep_and_turn_the_picture():
    picture = RNG.uniform(-1, 1, (1, 4, 6, 3)).astype("float32")
    np.testing.assert_allclose(recomposed(tf.ones((1, 4, 6, 1)), picture), picture)
    np.testing.assert_allclose(recomposed(-tf.ones((1, 4, 6, 1)), picture), picture[:, ::-1, ::-1])


@pytest.mark.parametrize("discriminator", [judge(source=None), judge(channels=1, source=4)])
def test_a_discriminator_may_leave_out_the_trimap_or_judge_alphas_next_to_sources(discriminator):
    logs = make(None, discriminator).train_on_batch(pairs(), return_dict=True)
    assert np.isfinite(list(logs.values())).all()


def test_a_model_of_its_own_configuration_is_wrapped_once():
    model = make(ema_half_life=10)
    again = keras_gan.AlphaGAN.from_config(model.get_config())
    for name in ("generator", "discriminator", "averaged_generator"):
        assert len(getattr(again, name).layers) == len(getattr(model, name).layers)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_pictures_as_files_hold_them_get_an_alpha(dtype):
    model, white = make(), np.iinfo(dtype).max
    picture = RNG.integers(0, white + 1, (8, 8, 3)).astype(dtype)
    trimap = np.full((8, 8), white // 2, dtype)
    trimap[:3], trimap[6:] = white, 0
    made = model.matte_picture(picture, trimap)
    assert (made.dtype, made.shape) == (dtype, (8, 8, 4))
    np.testing.assert_array_equal(made[..., :3], picture)
    alphas = model.matte(*(x[None].astype("float32") / (white / 2) - 1 for x in (picture, trimap[..., None])))[0]
    np.testing.assert_allclose(made[..., 3:] / white, alphas, atol=0.51 / white)
    # An alpha of its own is replaced, and grey pictures stay grey.
    np.testing.assert_array_equal(model.matte_picture(np.dstack([picture, trimap // 2 + 1]), trimap)[..., :3], picture)
    assert model.matte_picture(picture[..., 0], trimap[..., None]).shape == (8, 8, 2)
    with pytest.raises(ValueError, match=r"needs its trimap"):
        model.matte_picture(picture, trimap[:4])


def test_pictures_of_training_show_the_whole_picture_next_to_its_trimap_and_alphas():
    model, batch = make(), pairs(2)
    images, columns = model.snapshot(8, seed=0, inputs=batch)
    assert (len(images), columns % 4) == (8, 0)
    np.testing.assert_allclose(images[0], batch["source"][0, ..., :3], atol=1e-6)
    np.testing.assert_allclose(images[1][..., :1], batch["source"][0, ..., 3:], atol=1e-6)
    np.testing.assert_allclose(images[2][..., :1], model.translate(batch["source"])[0], atol=1e-6)
    np.testing.assert_allclose(images[3][..., :1], batch["target"][0], atol=1e-6)


def served(model, **options):
    """The signature of files, as a graph, which is all that a server has."""
    _, signature = _translations.of_translator(model.sampler(), max_count=3, jit_compile=False, **options)
    function = tf.function(signature.function, input_signature=list(signature.inputs), autograph=False)
    return signature, function


@pytest.mark.parametrize("image_type", ["uint8", pytest.param("uint16", marks=pytest.mark.long)])
def test_files_of_pictures_and_trimaps_are_served(image_type):
    # Odd sides are continued for it.
    halving = networks.unet(image_shape=(None, None, 4), target_channels=1, width=2, depth=2)
    any_size = {"image_shape": (None, None, 3), "source_channels": 1}
    model = make(halving, networks.patch_discriminator(**any_size, width=2, layers=1))
    signature, matte = served(model, image_type=image_type)
    assert signature.name == "matte_png"
    matte(*(tf.constant(files) for files in signature.example.values()))
    pictures = [RNG.integers(0, 256, (*sides, 3), "uint8") for sides in ((9, 7), (8, 12))]
    trimaps = [RNG.choice(np.uint8([0, 128, 255]), (*picture.shape[:2], 1)) for picture in pictures]
    files = [[tf.io.encode_png(image).numpy() for image in images] for images in (pictures, trimaps)]
    made = matte(*map(tf.constant, files))["png_bytes"].numpy()
    for file, picture, trimap in zip(made, pictures, trimaps, strict=True):
        found = tf.io.decode_png(file, dtype=image_type).numpy()
        scale = np.iinfo(image_type).max // 255
        expected = model.matte_picture(picture.astype(image_type) * scale, trimap.astype(image_type) * scale)
        np.testing.assert_allclose(found.astype(int), expected.astype(int), atol=1)
        np.testing.assert_array_equal(found[..., 3:][trimap != 128], trimap[trimap != 128] * scale)
    with pytest.raises(tf.errors.InvalidArgumentError, match="height and width of its picture"):
        matte(tf.constant(files[0]), tf.constant(files[1][::-1]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Each picture needs its trimap"):
        matte(tf.constant(files[0]), tf.constant(files[1][:1]))


def test_its_export_has_no_signature_that_takes_the_trimap_for_an_alpha(tmp_path):
    # In a PNG file the trimap would be the alpha, and the background would become white.
    folder = keras_gan.export.save(make(), tmp_path, signatures=["serving_default"])
    assert set(tf.saved_model.load(str(folder)).signatures) == {"serving_default"}
    with pytest.raises(ValueError, match="translate_png"):
        keras_gan.export.save(make(), tmp_path, signatures=["translate_png"])


@pytest.mark.long
def test_it_learns_from_a_data_set_of_cut_outs():
    cut_outs = np.zeros((4, 8, 8, 4), "uint8")
    cut_outs[:, 2:6, 2:6] = 200
    grounds = RNG.integers(0, 256, (4, 8, 8, 3), "uint8")
    scenes = keras_gan.data.load_mattes(cut_outs, backgrounds=grounds, radius=1, batch_size=2)
    history = make().fit(scenes, steps_per_epoch=1, verbose=0).history
    assert np.isfinite([values[0] for values in history.values()]).all()


def test_in_tiles_the_known_region_is_exact_too():
    source = np.concatenate([pairs(1)["source"]] * 3, axis=2)
    alphas = make().matte(source[..., :3], source[..., 3:], overlap=4)
    np.testing.assert_array_equal(alphas[source[..., 3:] == 1], 1.0)
    np.testing.assert_array_equal(alphas[source[..., 3:] == -1], 0.0)


def test_trimaps_of_zero_to_one_are_warned_of_and_those_without_background_are_not():
    model, pictures = make(), np.full((1, 8, 8, 3), -0.5, "float32")
    halves = np.repeat(np.float32([0.0, 0.5, 0.5, 1.0]), 16).reshape(1, 8, 8, 1)
    with pytest.warns(UserWarning, match=r"trimaps fill \[0, 1\].*`trimaps \* 2 - 1`") as caught:
        model.matte(pictures, halves)
    assert caught[0].filename == __file__
    model.matte(pictures, np.where(halves == 0.5, np.float32(0.0), np.float32(1.0)))


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda: make(alpha_weight=-1), r"`alpha_weight` must be a number in \[0.0, inf\)"),
        (lambda: make(generator(made=3)), r"make alphas of one channel: .* from \(8, 8, 4\) to \(8, 8, 3\)"),
        (lambda: make(generator(channels=1)), r"a trimap as their last channel"),
        (lambda: make(None, judge(channels=4)), r'must take "images" of 3 channels.* Received: a discriminator of'),
        (lambda: make(None, judge(source=3)), r'perhaps "source" of one channel'),
        (lambda: make(adversarial_loss="bce"), "`adversarial_loss` must be one of `keras_gan.losses`"),
        (
            lambda: make().matte(np.zeros((1, 8, 8, 3), "float32"), np.zeros((1, 8, 8, 3), "float32")),
            r"needs its trimap .* trimaps.shape=\(1, 8, 8, 3\)",
        ),
        (
            lambda: make().matte(np.zeros((1, 8, 8, 3), "float32"), np.full((1, 8, 8, 1), 255.0)),
            r"must be finite numbers in \[-1, 1\]",
        ),
    ],
)
def test_what_does_not_fit(build, message):
    with pytest.raises(ValueError, match=rf"(?s){message}"):
        build()
