"""What all models with an encoder share: codes, reconstructions, and pictures of them."""

import keras
import numpy as np
import pytest

import keras_gan


@pytest.fixture
def model(tiny):
    """A VAE-GAN whose averages have other weights than its networks."""
    keras.utils.set_random_seed(0)
    model = tiny(keras_gan.VAEGAN).model(run_eagerly=True)
    model.training_state.step.assign(1)
    for average in (model.averaged_encoder, model.averaged_decoder):
        average.set_weights([0.5 * values for values in average.get_weights()])
    return model


def test_averages_encode_and_decode_unless_told_otherwise(model, images):
    for averaged, encoder, decoder in (
        (True, model.averaged_encoder, model.averaged_decoder),
        (False, model.encoder, model.decoder),
    ):
        codes = encoder(images)["mean"]
        np.testing.assert_allclose(model.encode(images, averaged=averaged, batch_size=7), codes, atol=1e-6)
        np.testing.assert_allclose(model.reconstruct(images, averaged=averaged), decoder(codes), atol=1e-6)
        np.testing.assert_allclose(model.decode(codes, averaged=averaged), decoder(codes), atol=1e-6)
    np.testing.assert_allclose(model.predict(images, verbose=0), model.reconstruct(images), atol=1e-6)


def test_codes_of_nothing_and_of_other_images(model, images):
    with pytest.raises(ValueError, match=r"Images must have the shape.*Received: images.shape=\(48, 4, 8, 1\)"):
        model.encode(images[:, :4])
    with pytest.raises(ValueError, match=r"\[-1, 1\]"):
        model.reconstruct(200 * images)
    with pytest.raises(ValueError, match=r"`averaged` must be True or False. Received: averaged='no'"):
        model.encode(images, averaged="no")


def test_a_batch_of_the_data_is_shown_next_to_its_reconstructions(model, images):
    shown, columns = model.snapshot(6, seed=0, inputs={"images": images[:3]})
    expected, same = model.snapshot(6, seed=0, inputs=images[:3])
    np.testing.assert_array_equal(shown, expected)
    assert columns == same == 2
    np.testing.assert_array_equal(shown[1::2], model.reconstruct(images[:3]))
    with pytest.raises(ValueError, match=r"needs images.*Received: inputs with \['labels'\]"):
        model.snapshot(6, seed=0, inputs={"labels": np.zeros(3)})
