"""Mistakes of users in a hurry, and the errors that they get."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gan
from keras_gan.penalties import GradientPenalty


@pytest.fixture
def gan(networks):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile()
    return gan


def test_networks_that_do_not_fit_each_other(networks):
    generator, _ = networks()
    discriminator = keras.Sequential([keras.Input((16, 16, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match=r"samples of shape \(8, 8, 1\).*inputs of shape \(16, 16, 1\).*Received: gen"):
        keras_gan.LSGAN(generator, discriminator)


def test_a_network_that_is_no_model(networks):
    with pytest.raises(ValueError, match=r"The discriminator must be a keras.Model. Received: discriminator=None"):
        keras_gan.LSGAN(networks()[0], None)


def test_a_network_of_unknown_input(networks):
    unbuilt = keras.Sequential([keras.layers.Dense(64), keras.layers.Reshape((8, 8, 1))])
    with pytest.raises(ValueError, match=r"input shape of the generator is not known.*call the network.*Received: gen"):
        keras_gan.LSGAN(unbuilt, networks()[1])


def test_a_network_of_two_inputs_without_names(networks):
    inputs = [keras.Input((4,)), keras.Input((1,))]
    generator = keras.Model(inputs, keras.layers.Reshape((1, 5, 1))(keras.layers.Concatenate()(inputs)))
    with pytest.raises(ValueError, match=r"several inputs.*names: latents, labels.*Received: generator with inputs"):
        keras_gan.LSGAN(generator, networks()[1])


def test_a_generator_of_any_number_of_latents(networks):
    generator = keras.Sequential([keras.Input((None, 8, 1)), keras.layers.Conv2D(1, 1)])
    with pytest.raises(
        ValueError, match=r"must have a fixed latent size.*Received: generator.input_shape=\(None, None, 8, 1\)"
    ):
        keras_gan.LSGAN(generator, networks()[1])


@pytest.mark.parametrize("head", [[keras.layers.Flatten(), keras.layers.Dense(10)], [keras.layers.Conv2D(3, 1)]])
def test_a_discriminator_of_more_than_one_logit(head, networks):
    discriminator = keras.Sequential([keras.Input((8, 8, 1)), *head])
    with pytest.raises(
        ValueError, match=r"must return one logit for each sample.*Received: discriminator.output_shape="
    ):
        keras_gan.NonSaturatingGAN(networks()[0], discriminator)


def test_batch_normalization_in_a_penalised_critic_is_named(networks):
    discriminator = networks(batch_norm=True)[1]
    norm = next(layer for layer in discriminator.layers if isinstance(layer, keras.layers.BatchNormalization))
    with pytest.raises(ValueError, match=rf"layer '{norm.name}' is a BatchNormalization"):
        keras_gan.WGANGP(networks()[0], discriminator)


@pytest.mark.parametrize("steps", [0, -1, 1.5, True, "two"])
def test_discriminator_steps(steps, networks):
    with pytest.raises(ValueError, match=r"`discriminator_steps` must be an integer of at least 1. Received: disc"):
        keras_gan.HingeGAN(*networks(), discriminator_steps=steps)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"ema_half_life": 0}, r"`ema_half_life` must be a number in \(0.0, inf\). Received: ema_half_life=0"),
        ({"penalties": 10.0}, r"`penalties` must be a list of penalties.*Received: penalties=10.0"),
        ({"penalties": [10.0]}, r"`penalties` must be a list of penalties.*Received: penalties=\[10.0\]"),
        ({"penalties": GradientPenalty()}, r"`penalties` must be a list of penalties"),
        ({"seed": -1}, r"`seed` must be an integer of at least 0. Received: seed=-1"),
    ],
)
def test_options(options, message, networks):
    with pytest.raises(ValueError, match=message):
        keras_gan.LSGAN(*networks(), **options)


@pytest.mark.parametrize("options, message", [({"clip": 0}, "`clip`"), ({"warm_up_steps": -1}, "`warm_up_steps`")])
def test_options_of_wgan(options, message, networks):
    with pytest.raises(ValueError, match=message):
        keras_gan.WGAN(*networks(), **options)


def test_a_misspelt_option_is_an_error(networks):
    with pytest.raises(TypeError, match="penalty"):
        keras_gan.LSGAN(*networks(), penalty=[])


@pytest.mark.parametrize(
    "loss, advice",
    [
        ("hinge", "HingeGAN"),
        ("binary_crossentropy", "NonSaturatingGAN"),
        (keras.losses.BinaryCrossentropy(), "NonSaturatingGAN"),
        (keras.losses.MeanSquaredError(), "LSGAN"),
        (keras_gan.losses.Wasserstein(), "WGAN or WGANGP"),
        (keras_gan.losses.Relativistic(), "RelativisticGAN"),
        ("perceptual", "`keras_gan.NonSaturatingGAN`, `HingeGAN`"),
    ],
)
def test_loss_given_to_compile_names_the_class(loss, advice, gan):
    with pytest.raises(ValueError, match=rf"each adversarial loss has its own class.*{advice}.*Received: loss="):
        gan.compile(loss=loss)


@pytest.mark.parametrize("loss", [keras_gan.losses.Hinge, "hinge", keras.losses.BinaryCrossentropy()])
def test_what_is_no_adversarial_loss_is_refused_by_a_gan_of_your_own(loss, networks):
    class MyGAN(keras_gan.gans.AlternatingGAN):
        def default_optimizer(self):
            return keras.optimizers.Adam()

    with pytest.raises(ValueError, match=r"`adversarial_loss` must be .*such as `NonSaturating\(\)`.*Received: adv"):
        MyGAN(*networks(), loss)


def test_one_optimizer_given_to_compile(gan):
    with pytest.raises(ValueError, match=r"A GAN has two optimizers.*Received: optimizer='adam'"):
        gan.compile(optimizer="adam")


def test_an_optimizer_shared_by_the_players(gan):
    optimizer = keras.optimizers.Adam()
    with pytest.raises(ValueError, match="needs its own optimizer"):
        gan.compile(optimizer, optimizer)


def test_an_optimizer_used_before(gan):
    with pytest.raises(ValueError, match=r"`generator_optimizer` was used before.*Give each player"):
        gan.compile(gan.generator_optimizer, keras.optimizers.Adam())


@pytest.mark.parametrize("given, missing", [("generator", "discriminator"), ("discriminator", "generator")])
def test_an_optimizer_for_one_player_alone(given, missing, gan):
    with pytest.raises(ValueError, match=rf"give `{missing}_optimizer=` as well, or none.*Received: {given}_optimizer"):
        gan.compile(**{f"{given}_optimizer": keras.optimizers.Adam(2e-4)})


def test_a_misspelt_argument_of_compile(gan):
    with pytest.raises(ValueError, match=r"does not take `generator_optimiser`. Did you mean 'generator_optimizer'"):
        gan.compile(generator_optimiser="adam")


def test_fit_before_compile(networks, images):
    with pytest.raises(ValueError, match=r"Call `compile\(\)` before `fit\(\)`"):
        keras_gan.LSGAN(*networks()).fit(images)


def test_labels_for_an_unconditional_gan(gan, images):
    labels = np.zeros(48, "int32")
    labelled = tf.data.Dataset.from_tensor_slices((images, labels)).batch(8)
    for arguments in ((images, labels), (labelled,)):
        with pytest.raises(ValueError, match=r"takes images without labels.*Received: data with 2 parts"):
            gan.fit(*arguments, verbose=0)
    with pytest.raises(ValueError, match="takes images without labels"):
        gan.train_on_batch(images[:8], labels[:8])


@pytest.mark.parametrize("kind", ["array", "dataset"])
@pytest.mark.parametrize(
    "spoil, message",
    [
        (lambda x: ((x + 1) * 127.5).clip(0, 255).astype("uint8"), r"floating-point numbers in \[-1, 1\].*dtype uint8"),
        (lambda x: (x + 1) * 127.5, r"must lie in \[-1, 1\].*Received: values from .* to "),
        (lambda x: np.where(x > 0.9, np.nan, x).astype("float32"), r"NaN or infinity.*Received: \d+ such values"),
        (lambda x: np.where(x > 0.9, np.inf, x).astype("float32"), r"NaN or infinity"),
        (lambda x: x[..., 0], r"shape \(8, 8, 1\).*Received: batches of shape"),
        (lambda x: x[:, :7], r"samples of shape \(8, 8, 1\).*Received: batches of shape \(\w+, 7, 8, 1\)"),
        (lambda x: x[:0], r"fewer samples than one batch|data set is empty"),
    ],
    ids=["uint8", "0 to 255", "NaN", "infinity", "no channel", "wrong height", "empty"],
)
def test_images_that_fit_cannot_take(kind, spoil, message, gan, images):
    # All values are bad, so that the first batch shows it in any order.
    data = spoil(np.clip(np.where(np.arange(8) == 3, 0.95, images.transpose(0, 1, 3, 2)).transpose(0, 1, 3, 2), -1, 1))
    if kind == "dataset":
        data = tf.data.Dataset.from_tensor_slices(data).batch(8)
    with pytest.raises(ValueError, match=message):
        gan.fit(data, batch_size=8 if kind == "array" else None, verbose=0)


@pytest.mark.parametrize("bad", [np.nan, *(pytest.param(bad, marks=pytest.mark.long) for bad in (1.5, -np.inf))])
def test_bad_values_in_a_later_batch_stop_the_training_with_the_reason(bad, gan, images):
    images[20, 3, 3] = bad
    with pytest.raises(ValueError, match=r"While training, a batch holds values that are not finite or lie outside"):
        gan.fit(tf.data.Dataset.from_tensor_slices(images).batch(8), verbose=0)


def test_images_that_look_like_0_to_1_are_warned_of(gan, images):
    with pytest.warns(UserWarning, match=r"images fill \[0, 1\].*`images \* 2 - 1`"):
        gan.fit((images + 1) / 2, batch_size=8, verbose=0)


@pytest.mark.parametrize("size", [0, -1, "8", 2.5])
def test_batch_size(size, gan, images):
    with pytest.raises(ValueError, match=r"`batch_size` must be an integer of at least 1. Received: batch_size="):
        gan.fit(images, batch_size=size, verbose=0)


def test_batch_size_with_a_data_set_that_has_batches(gan, images):
    with pytest.raises(ValueError, match=r"already holds batches.*Received: batch_size=4"):
        gan.fit(tf.data.Dataset.from_tensor_slices(images).batch(8), batch_size=4, verbose=0)


@pytest.mark.parametrize(
    "option", [{"validation_split": 0.1}, {"class_weight": {0: 2.0}}, {"sample_weight": np.ones(48)}]
)
def test_arguments_of_fit_that_a_gan_has_no_use_for(option, gan, images):
    name = next(iter(option))
    with pytest.raises(ValueError, match=rf"`fit` of a GAN does not take `{name}`.*Received: {name}="):
        gan.fit(images, batch_size=8, verbose=0, **option)


def test_labels_for_the_validation(gan, images):
    for labelled in ((images, np.zeros(48)), tf.data.Dataset.from_tensor_slices((images, np.zeros(48))).batch(8)):
        with pytest.raises(ValueError, match="takes images without labels"):
            gan.fit(images, batch_size=8, verbose=0, validation_data=labelled)
    with pytest.raises(ValueError, match="takes images without labels"):
        gan.evaluate(images, np.zeros(48), verbose=0)


def test_fewer_images_than_a_batch(gan, images):
    with pytest.raises(ValueError, match=r"fewer samples than one batch.*Received: 48 samples, batch_size=64"):
        gan.fit(images, batch_size=64, verbose=0)


def test_an_empty_data_set(gan, images):
    for dataset in (
        tf.data.Dataset.from_tensor_slices(images).batch(64, drop_remainder=True),
        tf.data.Dataset.from_tensor_slices(images).batch(8).take(0),
    ):
        with pytest.raises(ValueError, match="The data set is empty: it yields no batch"):
            gan.fit(dataset, verbose=0)


@pytest.mark.parametrize("kind", ["full batches", "unknown length"])
def test_fewer_batches_than_discriminator_steps(kind, networks, images):
    gan = keras_gan.HingeGAN(*networks(), discriminator_steps=7)
    gan.compile()
    dataset = tf.data.Dataset.from_tensor_slices(images).batch(8, drop_remainder=kind == "full batches")
    with pytest.raises(ValueError, match=r"takes 7 batches.*holds fewer.*Received: discriminator_steps=7"):
        gan.fit(dataset, verbose=0)


def test_endless_data_without_an_epoch(gan, images):
    with pytest.raises(ValueError, match=r"The data set is endless.*give `steps_per_epoch`"):
        gan.fit(tf.data.Dataset.from_tensor_slices(images).batch(8, drop_remainder=True).repeat(), verbose=0)


def test_data_of_another_kind(gan):
    with pytest.raises(ValueError, match=r"takes a tf.data.Dataset of batches.*from_generator.*type generator"):
        gan.fit((image for image in []), verbose=0)


def test_a_batch_that_cannot_be_taken_apart(networks, images):
    gan = keras_gan.HingeGAN(*networks(), discriminator_steps=5)
    gan.compile()
    message = r"takes 5 minibatches .`discriminator_steps`.*multiple of 5.*shape \(8, 8, 8, 1\)"
    with pytest.raises(ValueError, match=message):
        gan.train_on_batch(images[:8])


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            {},
            r"Give the number of samples, as `num_images`, or their latents\. Received: num_images=None, latents=None",
        ),
        ({"num_images": 3, "latents": np.zeros((3, 4))}, r"Give either the number of samples.*latents=given"),
        ({"num_images": 0}, "`num_images` must be an integer of at least 1. Received: num_images=0"),
        ({"num_images": 3, "seed": 0.5}, "`seed` must be an integer"),
        ({"num_images": 3, "batch_size": 0}, "`batch_size` must be an integer"),
        (
            {"latents": np.zeros((3, 5))},
            r"shape \('num_images', 4\), with at least one.*Received: latents.shape=\(3, 5\)",
        ),
        ({"latents": np.zeros((0, 4))}, r"Received: latents.shape=\(0, 4\)"),
    ],
)
def test_generate(arguments, message, gan):
    with pytest.raises(ValueError, match=message):
        gan.generate(**arguments)


def test_a_layer_that_cannot_be_copied_is_told_what_it_lacks(networks):
    class Units(keras.layers.Dense):
        def __init__(self, units=16):
            super().__init__(units)

    generator, discriminator = networks()
    generator = keras.Sequential([keras.Input((4,)), Units(), *generator.layers[1:]])
    with pytest.raises(
        ValueError, match=r"an `__init__` that takes `\*\*kwargs` and passes them to `super\(\)\.__init"
    ):
        keras_gan.LSGAN(generator, discriminator, ema_half_life=10)


@pytest.mark.parametrize("mode", [{"steps_per_execution": 2}, {"jit_compile": True}])
def test_modes_that_several_replicas_do_not_support(mode, networks, two_replicas):
    with two_replicas.scope():
        gan = keras_gan.LSGAN(*networks())
        with pytest.raises(ValueError, match=rf"2 replicas.*Received: {next(iter(mode))}="):
            gan.compile(**mode)


def test_a_batch_that_does_not_split_over_the_replicas(networks, images, two_replicas):
    with two_replicas.scope():
        gan = keras_gan.LSGAN(*networks())
        gan.compile()
    with pytest.raises(ValueError, match=r"multiple of 2. Received: batches of 9"):
        gan.fit(images, batch_size=9, verbose=0)


@pytest.mark.parametrize(
    "latents, message",
    [
        (np.full((2, 4), np.nan), "The latents hold NaN or infinity.* Received: 8 such values"),
        (np.zeros((2, 5)), r"must have the shape \(None, 4\).* Received: batches of shape \(2, 5\)"),
        (np.zeros(4), r"The data are single samples.* Received: batches of shape \(4,\)"),
        (np.zeros((2, 4), int), r"`latents` must be floating-point numbers.* Received: latents of dtype int64"),
        (None, "must be an array or a tensor of numbers.* Received: None"),
        ((z for z in ()), "must be an array or a tensor of numbers.* Received: an array of dtype object"),
    ],
    ids=["NaN", "width", "single", "integers", "none", "generator"],
)
def test_inputs_of_predict(latents, message, networks):
    with pytest.raises(ValueError, match=message):
        keras_gan.LSGAN(*networks()).predict(latents)


def test_predict_makes_what_generate_makes(networks):
    gan, latents = keras_gan.LSGAN(*networks()), np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    expected = gan.generate(latents=latents)
    np.testing.assert_array_equal(gan.predict(latents, batch_size=5, verbose=0), expected)
    batches = tf.data.Dataset.from_tensor_slices(latents).batch(5)
    np.testing.assert_array_equal(gan.predict(batches, verbose=0), expected)


@pytest.mark.parametrize("epochs, initial", [(1, 1), (3, 5)])
def test_an_initial_epoch_after_the_last(epochs, initial, gan, images):
    with pytest.raises(ValueError, match=rf"nothing is left to train.* Received: epochs={epochs}, initial_epoch="):
        gan.fit(images, epochs=epochs, initial_epoch=initial, verbose=0)


@pytest.mark.parametrize("setting", ["beta_1", "clipnorm", "epsilon", "weight_decay"])
@pytest.mark.parametrize("value", [-1.0, float("nan")])
def test_settings_of_an_optimizer_that_cannot_be_meant(setting, value, networks):
    gan = keras_gan.LSGAN(*networks())
    with pytest.raises(ValueError, match=rf"`discriminator_optimizer.{setting}` must be a number in"):
        gan.compile("adam", keras.optimizers.Adam(1e-3, **{setting: value}))


def test_an_evaluation_of_batches_with_a_ragged_end_warns_of_nothing(gan, images):
    gan.evaluate(tf.data.Dataset.from_tensor_slices(images[:10]).batch(4), verbose=0)


def test_what_is_no_evaluator(gan, images):
    with pytest.raises(ValueError, match=r"`evaluator` must be a `keras_gan.metrics.Evaluator`. Received: evaluator=5"):
        gan.evaluate(images, evaluator=5)
