"""ACGAN: which images its classifier sees, and what its loss may be."""

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf

import keras_gan
from keras_gan.losses import Hinge, Wasserstein
from keras_gan.penalties import GradientPenalty

LABELS = np.arange(8) % 3


def make(tiny, **options):
    model = tiny(keras_gan.ACGAN).model(run_eagerly=True, **options)
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), run_eagerly=True)
    return model


def cross_entropy(model, pictures):
    logits = model.discriminator(pictures)["classes"].numpy()
    return -scipy.special.log_softmax(logits, axis=1)[np.arange(8), LABELS].mean()


@pytest.mark.parametrize("classified", ["real_and_fake", "real"])
def test_the_classifier_sees_the_images_that_it_is_to_see(tiny, images, classified):
    model = make(tiny, classified=classified)
    latents = model.training_state.noise().normal((8, 4))
    fakes = model.generator({"latents": latents, "labels": tf.constant(LABELS)})
    logs = model.train_on_batch(images[:8], LABELS, return_dict=True)
    real, fake = cross_entropy(model, images[:8]), cross_entropy(model, fakes)
    assert logs["d_class_loss"] == pytest.approx(real + fake if classified == "real_and_fake" else real, rel=1e-5)
    # In both forms the generator is taught by its own images.
    assert logs["g_class_loss"] == pytest.approx(fake, rel=1e-5)


def test_the_conditional_wgan_gp_is_saved_with_its_weights_of_the_halves(tiny, images, tmp_path):
    options = {"classified": "real", "adversarial_loss": Wasserstein(), "penalties": [GradientPenalty(10.0)]}
    model = make(tiny, **options)
    model.compile(loss_weights={"g_class_loss": 0.1}, run_eagerly=True)
    logs = model.train_on_batch(images[:8], LABELS, return_dict=True)
    assert set(logs) == {"d_loss", "g_loss", "d_class_loss", "g_class_loss", "gradient_penalty"}
    model.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert (again.classified, type(again.adversarial_loss)) == ("real", Wasserstein)
    assert again.get_config()["adversarial_loss"] == model.get_config()["adversarial_loss"]
    assert again.loss_weights["g_class_loss"] == 0.1


def test_the_loss_is_the_given_one(tiny, images):
    model = make(tiny, adversarial_loss=Hinge())
    latents = model.training_state.noise().normal((8, 4))
    fakes = model.generator({"latents": latents, "labels": tf.constant(LABELS)})
    logs = model.train_on_batch(images[:8], LABELS, return_dict=True)
    real, fake = (model.discriminator(pictures)["logits"].numpy() for pictures in (images[:8], fakes))
    hinge = np.maximum(0.0, 1.0 - real).mean() + np.maximum(0.0, 1.0 + fake).mean()
    assert logs["d_loss"] == pytest.approx(hinge, rel=1e-5)
    assert logs["g_loss"] == pytest.approx(-fake.mean(), rel=1e-4)


def test_arguments_that_are_none_of_these(tiny):
    with pytest.raises(ValueError, match=r"`classified` must be one of 'real_and_fake', 'real'.*Received: classified"):
        make(tiny, classified="fake")
    with pytest.raises(ValueError, match=r"`adversarial_loss` must be one of `keras_gan.losses`.*Received: .*'hinge'"):
        make(tiny, adversarial_loss="hinge")


def test_a_discriminator_without_classes(networks, tiny):
    generator, _ = tiny(keras_gan.ACGAN).networks(spectral=False, dropout=0.0)
    with pytest.raises(ValueError, match=r"two outputs, 'logits' and 'classes'. `networks.acgan` builds one"):
        keras_gan.ACGAN(generator, networks()[1], num_classes=3)
