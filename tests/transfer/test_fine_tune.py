"""A trained GAN that learns other images: what it keeps, and how its classes change."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan.layers import SpectralNormalization
from keras_gan.transfer import fine_tune

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(-1, 1, (12, 2, 2, 1)).astype("float32")
LABELS = np.arange(12, dtype="int32") % 3
FIRST = "hidden_0"


def train(gan, classes=3, steps=2):
    data = IMAGES if gan.num_classes is None else (IMAGES, LABELS % classes)
    for _ in range(steps):
        gan.train_on_batch(*data) if isinstance(data, tuple) else gan.train_on_batch(data)
    return gan


def compiled(networks, make=keras_gan.NonSaturatingGAN, **options):
    gan = make(*networks, seed=0, **options)
    gan.compile(keras.optimizers.Adam(1e-2), keras.optimizers.Adam(2e-2), run_eagerly=True)
    return gan


def mlp(**options):
    return keras_gan.networks.mlp(image_shape=(2, 2, 1), latent_dim=3, width=4, depth=1, **options)


def embedding_networks(num_classes=3):
    """Networks with every way of taking labels, and a head for the classes."""
    latents, labels = keras.Input((3,), name="latents"), keras.Input((), dtype="int32", name="labels")
    one_hot = keras.layers.CategoryEncoding(num_classes, "one_hot")(labels)
    # The label comes first here.
    x = keras.layers.Dense(4, name="hidden")(keras.layers.Concatenate()([one_hot, latents]))
    drawn = keras.layers.Reshape((2, 2, 1))(keras.layers.Dense(4, "tanh")(x))
    generator = keras.Model({"latents": latents, "labels": labels}, drawn)
    images, labels = keras.Input((2, 2, 1), name="images"), keras.Input((), dtype="int32", name="labels")
    x = SpectralNormalization(keras.layers.Dense(4, name="first"))(keras.layers.Flatten()(images))
    embedding = SpectralNormalization(keras.layers.Embedding(num_classes, 4), name="embedding")(labels)
    logits = keras.layers.Dense(1, name="logits")(x) + keras.layers.Dot(1)([x, embedding])
    classes = SpectralNormalization(keras.layers.Dense(num_classes), name="classes")(x)
    return generator, keras.Model({"images": images, "labels": labels}, {"logits": logits, "classes": classes})


@pytest.fixture(scope="module")
def unconditional(tmp_path_factory):
    """A trained GAN, and its file."""
    keras.utils.set_random_seed(0)
    gan = train(compiled(mlp(), ema_half_life=50.0))
    path = tmp_path_factory.mktemp("unconditional") / "gan.keras"
    gan.save(path)
    return gan, path


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    """A trained GAN with three classes, and its file."""
    keras.utils.set_random_seed(0)
    gan = train(compiled(embedding_networks(), keras_gan.ACGAN, ema_half_life=50.0))
    path = tmp_path_factory.mktemp("conditional") / "gan.keras"
    gan.save(path)
    return gan, path


@pytest.fixture(scope="module")
def with_five(conditional):
    """The conditional GAN with two classes more."""
    return fine_tune(conditional[1], num_classes=5)


def test_without_arguments_it_is_the_gan_of_the_file(unconditional):
    gan, path = unconditional
    assert fine_tune(path).fingerprint() == gan.fingerprint()


def test_a_new_learning_rate_leaves_the_state(unconditional):
    gan, path = unconditional
    tuned = fine_tune(path, learning_rate=1e-4)
    for name in ("generator_optimizer", "discriminator_optimizer"):
        old, new = getattr(gan, name), getattr(tuned, name)
        assert float(new.learning_rate) == pytest.approx(1e-4)
        for before, after in zip(old.variables, new.variables, strict=True):
            assert "learning_rate" in before.path or np.array_equal(before, after)


def test_new_optimizers_begin_at_the_beginning_with_the_same_settings(unconditional):
    tuned = fine_tune(unconditional[1], keep_optimizers=False)
    assert int(tuned.generator_optimizer.iterations) == 0
    assert float(tuned.discriminator_optimizer.learning_rate) == pytest.approx(2e-2)
    assert not any(np.asarray(v).any() for v in tuned.generator_optimizer.variables if v.path.endswith("momentum"))


def test_a_schedule_needs_new_optimizers(unconditional):
    schedule = keras_gan.schedules.Linear(1e-3, 1e-4, 100)
    with pytest.raises(ValueError, match=r"begin in its middle.*keep_optimizers=True"):
        fine_tune(unconditional[1], learning_rate=schedule)
    tuned = fine_tune(unconditional[1], learning_rate=schedule, keep_optimizers=False)
    assert float(tuned.generator_optimizer.learning_rate) == pytest.approx(1e-3)


@pytest.mark.long
def test_a_gan_without_optimizers_gets_those_of_its_class(tmp_path):
    keras_gan.LSGAN(*mlp()).save(tmp_path / "gan.keras")
    tuned = fine_tune(tmp_path / "gan.keras", freeze=1, learning_rate=0.5)
    assert float(tuned.generator_optimizer.learning_rate) == 0.5
    assert len(tuned.discriminator_optimizer.variables) == 2 + 2 * len(tuned.discriminator.trainable_weights)


@pytest.mark.long
def test_it_freezes_and_trains(unconditional):
    gan, path = unconditional
    tuned = fine_tune(path, freeze=1, learning_rate=1e-3)
    before = [np.asarray(weight) for weight in tuned.discriminator.get_layer(FIRST).weights]
    train(tuned)
    for value, weight in zip(before, tuned.discriminator.get_layer(FIRST).weights, strict=True):
        np.testing.assert_array_equal(value, weight)
    assert int(tuned.training_state.step) == int(gan.training_state.step) + 2


def kernel_of(gan, network, layer):
    found = getattr(gan, network).get_layer(layer)
    return np.asarray(getattr(found, "layer", found).weights[0])


def test_known_classes_keep_their_rows_and_new_ones_begin_as_the_mean(conditional, with_five):
    gan, tuned = conditional[0], with_five
    assert tuned.num_classes == 5
    for network in ("generator", "averaged_generator"):
        before, after = kernel_of(gan, network, "hidden"), kernel_of(tuned, network, "hidden")
        np.testing.assert_array_equal(after[:3], before[:3])
        np.testing.assert_allclose(after[3:5], np.tile(before[:3].mean(axis=0), (2, 1)), rtol=1e-6)
        np.testing.assert_array_equal(after[5:], before[3:])
    before, after = kernel_of(gan, "discriminator", "embedding"), kernel_of(tuned, "discriminator", "embedding")
    np.testing.assert_array_equal(after[:3], before)
    np.testing.assert_allclose(after[3:], np.tile(before.mean(axis=0), (2, 1)), rtol=1e-6)
    before, after = kernel_of(gan, "discriminator", "classes"), kernel_of(tuned, "discriminator", "classes")
    np.testing.assert_array_equal(after[:, :3], before)


def test_known_classes_draw_the_same_images(conditional):
    gan, path = conditional
    tuned = fine_tune(path, num_classes=5, known_classes={4: 0, 2: 1})
    latents = RNG.normal(size=(2, 3)).astype("float32")
    old, new = gan.generate(latents=latents, labels=[0, 1]), tuned.generate(latents=latents, labels=[4, 2])
    np.testing.assert_allclose(new, old, atol=1e-6)


@pytest.mark.long
def test_the_same_number_of_other_classes(conditional):
    gan, path = conditional
    tuned = fine_tune(path, known_classes={0: 2})
    before, after = kernel_of(gan, "generator", "hidden"), kernel_of(tuned, "generator", "hidden")
    np.testing.assert_array_equal(after[0], before[2])
    np.testing.assert_allclose(after[1], before[:3].mean(axis=0), rtol=1e-6)


@pytest.mark.long
def test_new_classes_can_begin_as_in_a_new_network(conditional):
    tuned = fine_tune(conditional[1], num_classes=5, new_classes="fresh")
    after = kernel_of(tuned, "discriminator", "embedding")
    assert not np.array_equal(after[3], after[4])


def test_the_optimizers_keep_their_state_of_all_classes(conditional, with_five):
    gan, tuned = conditional[0], with_five
    for name in ("generator_optimizer", "discriminator_optimizer"):
        for before, after in zip(getattr(gan, name).variables, getattr(tuned, name).variables, strict=True):
            if before.shape == after.shape:
                np.testing.assert_array_equal(before, after)
                continue
            axis = [a == b for a, b in zip(before.shape, after.shape, strict=True)].index(False)
            old, new = np.moveaxis(np.asarray(before), axis, 0), np.moveaxis(np.asarray(after), axis, 0)
            np.testing.assert_array_equal(new[:3], old[:3])
            np.testing.assert_allclose(new[3:5], np.stack([old[:3].mean(axis=0)] * 2), rtol=1e-5, atol=1e-12)
            np.testing.assert_array_equal(new[5:], old[3:])
    assert int(tuned.training_state.step) == 2


def test_the_spectral_norms_are_those_of_the_new_weights(with_five):
    for name in ("embedding", "classes"):
        layer = with_five.discriminator.get_layer(name)
        assert np.linalg.norm(np.asarray(layer.normalized_kernel()), 2) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.long
def test_fewer_classes_can_be_trained_saved_and_resumed(conditional, tmp_path):
    tuned = train(fine_tune(conditional[1], num_classes=2, freeze=1), classes=2)
    tuned.save(tmp_path / "gan.keras")
    loaded = keras_gan.training.load_model(tmp_path / "gan.keras")
    assert train(loaded, classes=2).fingerprint() == train(tuned, classes=2).fingerprint()


def test_labels_that_enter_in_a_frozen_layer_are_refused(tmp_path):
    compiled(mlp(num_classes=3)).save(tmp_path / "gan.keras")
    with pytest.raises(ValueError, match=r"labels enter the discriminator in block 1.*freeze=1"):
        fine_tune(tmp_path / "gan.keras", freeze=1, num_classes=5)
    fine_tune(tmp_path / "gan.keras", freeze=1)


def test_classes_of_an_unconditional_gan_are_refused(unconditional):
    with pytest.raises(ValueError, match=r"not conditional.*num_classes=5"):
        fine_tune(unconditional[1], num_classes=5)


@pytest.mark.parametrize("known", [{5: 0}, [0, 1]])
def test_impossible_classes_are_refused(conditional, known):
    with pytest.raises(ValueError, match=r"known_classes.*Received"):
        fine_tune(conditional[1], num_classes=5, known_classes=known)


def test_files_that_hold_no_gan_are_refused(tmp_path):
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(tmp_path / "network.keras")
    with pytest.raises(ValueError, match=r"holds no GAN, but a Sequential.*network\.keras"):
        fine_tune(tmp_path / "network.keras")
    (tmp_path / "text.keras").write_text("no")
    with pytest.raises(ValueError, match=r"not a complete `.keras` file"):
        fine_tune(tmp_path / "text.keras")


def test_too_many_frozen_blocks_are_refused(unconditional):
    with pytest.raises(ValueError, match=r"has 2 blocks.*freeze at most 1"):
        fine_tune(unconditional[1], freeze=2)


@pytest.mark.long
def test_images_of_another_shape_are_refused_with_what_to_do(unconditional):
    tuned = fine_tune(unconditional[1])
    with pytest.raises(ValueError, match=r"samples of shape \(2, 2, 1\).*Resize the images, .*image_size="):
        tuned.fit(np.zeros((12, 8, 8, 1), "float32"), batch_size=4, verbose=0)
