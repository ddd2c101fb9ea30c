"""The critic: what it sees, what it remembers, and with respect to what penalties are taken."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.augmentation import AdaptiveAugment, Augmentation, DiffAugment, InstanceNoise
from keras_gan.penalties import R1, GradientPenalty
from keras_gan.training import Critic
from keras_gan.training.passes import drawing_from, passes
from keras_gan.training.training_state import StepNoise


class Watching(Augmentation):
    """Doubles the images, and writes down what it was given."""

    def __init__(self):
        self.seen, self.seeds = [], []

    def __call__(self, images, *, seed, step=0):
        self.seen.append(np.asarray(images))
        self.seeds.append(tuple(np.asarray(seed)))
        return 2.0 * images


def noise():
    return StepNoise(tf.constant(1, tf.int64), tf.constant(0, tf.int64))


def linear(slope):
    """D(x) = slope . x, of points in the plane."""
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, use_bias=False)])
    network.set_weights([np.reshape(slope, (2, 1))])
    return network


def conditional():
    """D(x, c) = x . (1, 1) (c + 1)."""
    images, labels = keras.Input((2,), name="images"), keras.Input((), dtype="int32", name="labels")
    factor = keras.layers.Embedding(3, 1, embeddings_initializer=lambda *_, **__: [[1.0], [2.0], [3.0]])(labels)
    total = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")(images)
    return keras.Model({"images": images, "labels": labels}, keras.layers.Multiply()([total, factor]))


def test_real_and_fake_are_augmented_with_draws_of_their_own(networks, images):
    watching = Watching()
    gan = keras_gan.NonSaturatingGAN(*networks(), augmentation=watching, penalties=[R1(1.0)], seed=1)
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), run_eagerly=True)
    fake = gan.generator(gan.training_state.noise().normal((8, 4)))
    gan.train_on_batch(images[:8])
    # Real and fake for the discriminator, fake again for the generator; R1 takes the pass of the loss.
    assert len(watching.seen) == 3
    np.testing.assert_array_equal(watching.seen[0], images[:8])
    for seen in watching.seen[1:]:
        np.testing.assert_allclose(seen, fake, atol=1e-6)
    assert len(set(watching.seeds)) == 3
    gan.train_on_batch(images[:8])
    assert len(set(watching.seeds)) == 6


def test_nothing_is_augmented_in_evaluation_and_in_samples(networks, images):
    watching = Watching()
    gan = keras_gan.NonSaturatingGAN(*networks(), augmentation=watching, seed=1)
    gan.compile(run_eagerly=True)
    losses = gan.evaluate(images[:8], batch_size=8, verbose=0, return_dict=True)
    gan.test_on_batch(images[:8])
    gan.generate(2, seed=0)
    assert not watching.seen
    logits = gan.discriminator(images[:8]), gan.discriminator(gan.generator(noise_of_evaluation((8, 4))))
    assert losses["d_loss"] == pytest.approx(float(gan.adversarial_loss.discriminator_loss(*logits)), abs=1e-5)


def noise_of_evaluation(shape):
    return StepNoise(tf.zeros((), tf.int64), tf.zeros((), tf.int64)).normal(shape)


def test_penalties_are_taken_with_respect_to_the_images_before_the_change():
    """D(2 x): the gradient of 3, 4 doubles."""
    critic = Critic(linear([3.0, 4.0]), augmentations=[Watching()])
    points = tf.random.normal((5, 2))
    with drawing_from(noise()), passes():
        r1 = R1(1.0)(critic.given({}), points, None)
        penalty = GradientPenalty(1.0)(critic.given({}), points, -points)
    assert float(r1) == pytest.approx(0.5 * 100.0)
    assert float(penalty) == pytest.approx((10.0 - 1.0) ** 2)


def test_penalties_of_a_conditional_critic():
    """|grad D| = sqrt(2) (c + 1)."""
    critic = Critic(conditional())
    labels, points = tf.constant([0, 1, 2, 1]), tf.random.normal((4, 2))
    norms = np.sqrt(2.0) * (np.array([0, 1, 2, 1]) + 1)
    given = critic.given({"labels": labels, "images": points})
    with passes():
        assert float(R1(3.0)(given, points, None)) == pytest.approx(1.5 * np.mean(norms**2), rel=1e-5)
        value = GradientPenalty(2.0)(given, points, -points)
    assert float(value) == pytest.approx(2.0 * np.mean((norms - 1.0) ** 2), rel=1e-5)


def test_a_batch_passes_once_and_other_labels_are_another_batch():
    critic, points = Critic(conditional()), tf.ones((1, 2))
    batch, other = ({"images": points, "labels": tf.constant([label])} for label in (0, 2))
    with passes():
        assert critic(batch) is critic(dict(batch))
        assert float(critic(batch).logits[0, 0]) == pytest.approx(2.0)
        assert float(critic(other).logits[0, 0]) == pytest.approx(6.0)
        np.testing.assert_allclose(critic.input_gradients(other), [[3.0, 3.0]])


def test_nothing_is_remembered_beyond_an_update():
    network = linear([1.0, 1.0])
    critic, batch = Critic(network), {"images": tf.ones((1, 2))}
    for factor in (1.0, 5.0):
        network.set_weights([np.full((2, 1), factor)])
        with passes():
            assert float(critic(batch).logits[0, 0]) == pytest.approx(2.0 * factor)


def test_instance_noise_of_real_and_fake_is_not_the_same(networks, images):
    """Real images that are the fakes: with the same noise the logits would be equal."""
    gan = keras_gan.LSGAN(*networks(), augmentation=InstanceNoise(1.0), seed=1)
    first, second = ({"images": tf.constant(images[:8])} for _ in range(2))
    with drawing_from(noise()), passes():
        difference = gan.critic(first).logits - gan.critic(second).logits
    assert np.abs(difference).min() > 1e-3


@pytest.mark.parametrize(
    "outputs, message",
    [
        (["verdict", "classes"], r"must have names: 'logits'.*Received: critic with outputs \['verdict', 'classes'\]"),
        (["logits", "colour"], r"and any of classes, codes, features.*\['logits', 'colour'\]"),
    ],
)
def test_outputs_of_unknown_names(outputs, message):
    images = keras.Input((2,))
    network = keras.Model(images, {name: keras.layers.Dense(1)(images) for name in outputs})
    with pytest.raises(ValueError, match=message):
        Critic(network)


# --- Probabilities instead of logits ----------------------------------------------------------------------------------

FLAT = (keras.layers.Flatten, lambda: keras.layers.Dense(1))
SIGMOIDS = {
    "an activation": (*FLAT, lambda: keras.layers.Activation("sigmoid")),
    "a function": (*FLAT, lambda: keras.layers.Lambda(tf.nn.sigmoid)),
    "before a reshape": (
        *FLAT,
        lambda: keras.layers.Lambda(keras.ops.sigmoid),
        lambda: keras.layers.Reshape((1, 1, 1)),
    ),
    "before a cast": (*FLAT, lambda: keras.layers.Lambda(lambda x: tf.cast(tf.sigmoid(x), "float64"))),
    "before pooling": (lambda: keras.layers.Conv2D(1, 3, activation="sigmoid"), keras.layers.GlobalAveragePooling2D),
    "a patch map": (lambda: keras.layers.Conv2D(1, 3, activation="sigmoid"),),
}
LOGITS = {
    "a dense layer": FLAT,
    "zeros": (keras.layers.Flatten, lambda: keras.layers.Dense(1, kernel_initializer="zeros")),
    "a gate inside": (keras.layers.Flatten, lambda: keras.layers.Dense(64, activation="sigmoid"), FLAT[1]),
    "normalised": (keras.layers.Flatten, keras.layers.LayerNormalization, FLAT[1]),
}


def network_of(layers):
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((8, 8, 1)), *(layer() for layer in layers)], name="judge")


@pytest.mark.parametrize("layers", SIGMOIDS.values(), ids=SIGMOIDS)
def test_probabilities_are_warned_of_however_they_are_made(layers):
    critic = Critic(network_of(layers), role="discriminator")
    with pytest.warns(UserWarning, match=r"The discriminator 'judge' seems to return probabilities.*leave that out"):
        critic.warn_of_probabilities()
    critic.warn_of_probabilities()  # Once is enough.


@pytest.mark.parametrize("layers", LOGITS.values(), ids=LOGITS)
def test_logits_are_not_taken_for_probabilities(layers):
    Critic(network_of(layers)).warn_of_probabilities()


def test_probabilities_among_several_outputs_are_found():
    images = keras.Input((2,))
    heads = {"classes": keras.layers.Dense(3)(images), "logits": keras.layers.Dense(1, activation="sigmoid")(images)}
    with pytest.warns(UserWarning, match="seems to return probabilities"):
        Critic(keras.Model(images, heads)).warn_of_probabilities()


def test_fit_warns_of_a_sigmoid(networks, images):
    gan = keras_gan.NonSaturatingGAN(networks()[0], network_of(SIGMOIDS["a patch map"]))
    gan.compile(run_eagerly=True)
    with pytest.warns(UserWarning, match="seems to return probabilities"):
        gan.fit(images[:8], batch_size=8, verbose=0)


def test_the_search_for_probabilities_changes_no_state():
    class Counted(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False)
            self.seeds = keras.random.SeedGenerator(0)

        def call(self, inputs):
            self.calls.assign_add(1.0)
            return inputs + keras.random.normal((), seed=self.seeds)

    network = network_of((Counted, *FLAT))
    before = [np.asarray(value) for value in network.variables]
    Critic(network).warn_of_probabilities()
    for value, old in zip(network.variables, before, strict=True):
        np.testing.assert_array_equal(value, old)


# --- Pairs of a picture and its source, and several scales ------------------------------------------------------------


def of_pairs(multiscale=False):
    """D(y, x) = sum(y) + 2 sum(x), and the same times 3 as a second scale."""
    images, source = keras.Input((2, 2, 1), name="images"), keras.Input((2, 2, 2), name="source")
    flat = keras.layers.Flatten()(keras.layers.Concatenate()([images, source]))
    kernel = np.tile([1.0, 2.0, 2.0], 4).reshape(12, 1)
    first = keras.layers.Dense(1, use_bias=False, kernel_initializer=lambda *_, **__: kernel)(flat)
    logits = [first, keras.layers.Rescaling(3.0)(first)] if multiscale else first
    return keras.Model({"images": images, "source": source}, {"logits": logits})


def pairs(count=3):
    rng = np.random.default_rng(0)
    shapes = {"images": (count, 2, 2, 1), "source": (count, 2, 2, 2)}
    return {name: tf.constant(rng.uniform(-1, 1, shape), tf.float32) for name, shape in shapes.items()}


def test_a_pair_is_judged_together_and_penalised_in_its_image():
    critic, batch = Critic(of_pairs(), conditions=("source",)), pairs()
    with passes():
        expected = tf.reduce_sum(batch["images"], (1, 2, 3)) + 2.0 * tf.reduce_sum(batch["source"], (1, 2, 3))
        np.testing.assert_allclose(critic(batch).logits[:, 0], expected, rtol=1e-5)
        assert critic(batch) is not critic({**batch, "source": -batch["source"]})
        # The gradient is that of the four pixels of the image alone.
        assert float(R1(1.0)(critic.given(batch), batch["images"], None)) == pytest.approx(0.5 * 4.0)
        penalty = GradientPenalty(1.0)(critic.given(batch), batch["images"], -batch["images"], seed=tf.constant([0, 1]))
    assert float(penalty) == pytest.approx((2.0 - 1.0) ** 2)


def test_a_picture_and_its_source_are_augmented_as_one():
    watching, batch = Watching(), pairs()
    critic = Critic(of_pairs(), conditions=("source",), augmentations=[watching])
    with drawing_from(noise()), passes():
        logits = critic(batch).logits
    (seen,) = watching.seen
    np.testing.assert_array_equal(seen, tf.concat([batch["images"], batch["source"]], -1))
    np.testing.assert_allclose(logits, 2.0 * Critic(of_pairs(), conditions=("source",))(batch).logits, rtol=1e-5)


def test_an_augmentation_moves_a_pair_together():
    """D(y, x) = y - x, a map of zeros for as long as a picture and its source are the same."""
    given = [keras.Input((8, 8, 1), name=name) for name in ("images", "source")]
    network = keras.Model(given, keras.layers.Subtract()(given))
    augmentations = [
        DiffAugment(["translation", "cutout", "brightness"]),
        AdaptiveAugment(probability=1.0, target=None),
    ]
    critic = Critic(network, conditions=("source",), augmentations=augmentations)
    batch = {name: tf.random.stateless_uniform((4, 8, 8, 1), (0, 1)) for name in ("images", "source")}
    with drawing_from(noise()), passes():
        np.testing.assert_allclose(critic(batch).logits, 0.0, atol=1e-5)
        assert np.abs(critic({**batch, "source": tf.zeros((4, 8, 8, 1))}).logits).max() > 0.1


def test_a_shift_moves_the_image_of_a_pair_alone():
    critic, batch = Critic(of_pairs(), conditions=("source",)), pairs()
    with passes():
        moved = critic.given(batch).moved(batch["images"], tf.ones((3, 2, 2, 1)))
        np.testing.assert_allclose(moved, critic(batch).logits + 4.0, rtol=1e-5)


def test_several_scales_are_a_list_that_no_penalty_takes():
    critic, batch = Critic(of_pairs(multiscale=True), conditions=("source",), multiscale=True), pairs()
    first, second = critic(batch).logits
    np.testing.assert_allclose(second, 3.0 * first, rtol=1e-5)
    critic.warn_of_probabilities()
    with pytest.raises(ValueError, match=r"Leave the penalty out.*Received: critic with 2 maps of logits"):
        critic.given(batch)
    with pytest.raises(
        ValueError, match=r"a list of patch maps, which this model does not take.*with 2 maps of logits"
    ):
        Critic(of_pairs(multiscale=True), conditions=("source",))


def test_what_adapts_to_logits_sees_those_of_all_scales():
    class Listening(Watching):
        def observe(self, real_logits):
            self.heard = np.asarray(real_logits)

    listening, batch = Listening(), pairs()
    critic = Critic(of_pairs(multiscale=True), conditions=("source",), multiscale=True, augmentations=[listening])
    with passes() as (own, _):
        critic.observe(batch)
        first, second = critic(batch).logits
    for listener, rows in own.told:
        listener(rows)
    np.testing.assert_array_equal(listening.heard, np.concatenate([first, second], axis=1))


def test_conditions_that_a_model_does_not_have_are_refused():
    with pytest.raises(ValueError, match=r"one of these names: images, labels.*Received: critic with inputs named"):
        Critic(of_pairs())
    with pytest.raises(ValueError, match=r"`conditions` must be a tuple of names.*Received: conditions=\('colour',\)"):
        Critic(of_pairs(), conditions=("colour",))
    with pytest.raises(ValueError, match=r"`multiscale` must be True or False. Received: multiscale='yes'"):
        Critic(linear([1.0, 1.0]), multiscale="yes")
