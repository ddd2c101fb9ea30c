"""The networks of the VAE: beta-VAE's counted by hand, any picture, and bad input."""

import keras
import numpy as np
import pytest

from keras_gan.networks import vae

TINY = {"latent_dim": 3, "width": 2, "units": 4}


def test_parameter_counts_of_the_papers_layout_by_hand():
    encoder, decoder = vae()
    inner = 16 * 32 * 32 + 32
    convolutions = 16 * 32 + 32 + 3 * inner
    dense = 4 * 4 * 32 * 256 + 256 + 256 * 256 + 256
    assert encoder.count_params() == convolutions + dense + 2 * (256 * 10 + 10) == 252_052
    dense = 10 * 256 + 256 + 256 * 256 + 256 + 256 * 512 + 512
    assert decoder.count_params() == dense + 3 * inner + 16 * 32 + 1 + 1 == 249_954
    assert vae(learn_scale=False)[1].count_params() == 249_953


@pytest.mark.parametrize(
    "sides, smallest",
    [((64, 64), (4, 4)), ((28, 28), (4, 4)), ((33, 47), (5, 6)), ((5, 2), (3, 1)), ((128, 64), (8, 4))],
)
def test_sizes_of_every_output(sides, smallest):
    encoder, decoder = vae(image_shape=(*sides, 3), **TINY)
    assert decoder.get_layer("reshape").output.shape[1:] == (*smallest, 2)
    assert {name: output.shape for name, output in decoder.output.items()} == {
        "images": (None, *sides, 3),
        "logits": (None, *sides, 3),
        "log_scale": (None, 1, 1, 1),
    }
    assert {name: output.shape for name, output in encoder.output.items()} == dict.fromkeys(
        ("mean", "log_variance"), (None, 3)
    )


def test_the_images_are_those_of_the_logits_and_the_scale_is_one_number():
    _, decoder = vae(image_shape=(8, 8, 1), **TINY)
    made = decoder(np.random.default_rng(0).normal(size=(5, 3)).astype("float32"))
    white = 1 / (1 + np.exp(-np.asarray(made["logits"])))
    np.testing.assert_allclose(made["images"], 2 * white - 1, atol=1e-6)
    np.testing.assert_array_equal(made["log_scale"], np.full((5, 1, 1, 1), -1.0))


def test_mixed_precision_returns_float32():
    keras.config.set_dtype_policy("mixed_float16")
    encoder, decoder = vae(image_shape=(8, 8, 1), **TINY)
    assert encoder.get_layer("down_0").compute_dtype == "float16"
    outputs = [*encoder(np.ones((2, 8, 8, 1))).values(), *decoder(np.ones((2, 3))).values()]
    assert {output.dtype.name for output in outputs} == {"float32"}


# Keras reads its variables with an `__array__` of the signature before NumPy 2.
@pytest.mark.long
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_save_and_load_give_equal_outputs(tmp_path):
    latents = np.ones((2, 3), "float32")
    _, decoder = vae(image_shape=(8, 8, 1), **TINY)
    decoder.save(tmp_path / "decoder.keras")
    loaded = keras.saving.load_model(tmp_path / "decoder.keras")
    keras.tree.map_structure(np.testing.assert_array_equal, loaded(latents), decoder(latents))


@pytest.mark.parametrize(
    "arguments", [{"latent_dim": 0}, {"width": 0}, {"units": 2.5}, {"learn_scale": "no"}, {"image_shape": (8, 8)}]
)
def test_bad_arguments(arguments):
    ((name, _),) = arguments.items()
    with pytest.raises(ValueError, match=f"`{name}` must .*Received: {name}="):
        vae(**arguments)
