"""The networks of text: their sizes, what a place sees, and what is refused."""

import keras
import numpy as np
import pytest

from keras_gan.networks import relgan, seqgan, text_oracle, text_wgan_gp

TINY = {
    seqgan: {"vocab_size": 5, "length": 6, "width": 4, "filters": {2: 3, 6: 2}},
    relgan: {"vocab_size": 5, "length": 6, "width": 4, "representations": 3, "filters": {2: 3}},
    text_wgan_gp: {"vocab_size": 5, "length": 6, "width": 4, "blocks": 2, "latent_dim": 3},
    text_oracle: {"vocab_size": 5, "length": 6},
}


def test_the_discriminator_of_seqgan_has_the_size_of_the_authors():
    _, discriminator = seqgan(vocab_size=5000, length=20)
    filters = {1: 100, 2: 200, 3: 200, 4: 200, 5: 200, 15: 160, 20: 160} | dict.fromkeys(range(6, 11), 100)
    found = sum(filters.values())
    convolutions = sum(64 * size * number + number for size, number in filters.items())
    # Theirs has two logits.
    assert discriminator.count_params() == 5000 * 64 + convolutions + 2 * (found + 1) * found + found + 1 == 7_043_681


def test_filters_that_are_too_long_are_left_out_unless_they_are_asked_for():
    _, discriminator = seqgan(vocab_size=5, length=4)
    assert discriminator.get_layer("found").output.shape[1] == 100 + 3 * 200
    with pytest.raises(ValueError, match="must not see more tokens than a text has, which is 4"):
        seqgan(vocab_size=5, length=4, filters={5: 2})


def test_the_networks_of_relgan_have_the_size_of_the_authors():
    generator, discriminator = relgan(vocab_size=5000, length=20)
    # The memory has 1,890,816 of its own; see the test of the layer.
    assert generator.count_params() == 5000 * 32 + 1_890_816 + 512 * 5000 + 5000
    found = 1200
    convolutions = sum(300 * size + 300 for size in (2, 3, 4, 5))
    highway, last = 2 * (found + 1) * found, (found + 1) * 100 + 101
    assert discriminator.count_params() == 5000 * 64 + convolutions + highway + last
    assert discriminator.output_shape == (None, 64, 1)


def test_the_generator_of_relgan_may_be_an_lstm():
    lstm, _ = relgan(vocab_size=5000, length=20, cell="lstm", width=32)
    assert lstm.count_params() == seqgan(vocab_size=5000, length=20)[0].count_params()


def test_each_representation_is_judged_by_itself_with_the_same_weights():
    _, discriminator = relgan(**TINY[relgan])
    kernel = discriminator.get_layer("representations").kernel
    kernel.assign(np.random.default_rng(0).normal(size=(5, 1)) * np.array([[1.0, 1.0, -2.0]]))
    rows = np.eye(5, dtype="float32")[np.random.default_rng(1).integers(0, 5, (2, 6))]
    first, second, third = np.asarray(discriminator(rows)).transpose(1, 0, 2)
    np.testing.assert_allclose(first, second, atol=1e-6)
    assert not np.allclose(first, third)


def test_the_networks_of_the_wasserstein_gan_have_the_size_of_the_authors():
    generator, critic = text_wgan_gp(vocab_size=65)
    blocks = 10 * (5 * 512 * 512 + 512)
    assert generator.count_params() == 129 * 32 * 512 + blocks + 513 * 65
    assert critic.count_params() == 66 * 512 + blocks + 32 * 512 + 1


def test_its_rows_are_shares_of_tokens():
    generator, _ = text_wgan_gp(**TINY[text_wgan_gp])
    rows = np.asarray(generator(np.random.default_rng(0).normal(size=(4, 3))))
    assert rows.min() > 0.0
    np.testing.assert_allclose(rows.sum(axis=-1), 1.0, atol=1e-6)


def test_without_blocks_that_find_something_the_residuals_pass_what_they_get():
    _, critic = text_wgan_gp(**TINY[text_wgan_gp])
    for layer in critic.layers:
        if layer.name.startswith("convolution"):
            layer.set_weights([np.zeros_like(weight) for weight in layer.get_weights()])
    rows = np.random.default_rng(0).uniform(size=(2, 6, 5)).astype("float32")
    embedding, logits = (critic.get_layer(name).get_weights() for name in ("embedding", "logits"))
    expected = (rows @ embedding[0][0] + embedding[1]).reshape(2, -1) @ logits[0] + logits[1]
    np.testing.assert_allclose(critic(rows), expected, atol=1e-5)


def test_an_oracle_is_drawn_from_the_normal_distribution_by_its_seed():
    first, again, other = (text_oracle(vocab_size=5000, length=20, seed=seed) for seed in (1, 1, 2))
    for weights, same, different in zip(first.get_weights(), again.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(weights, same)
        assert not np.array_equal(weights, different)
        assert abs(weights.mean()) < 4.0 / np.sqrt(weights.size)
        assert abs(weights.std() - 1.0) < 3.0 / np.sqrt(weights.size)
    kernel, recurrent = (weights for weights in first.get_weights() if weights.shape == (32, 128))
    assert not np.array_equal(kernel, recurrent)


@pytest.mark.long
@pytest.mark.parametrize("make", TINY, ids=lambda make: make.__name__)
def test_they_are_saved(make, tmp_path):
    made = make(**TINY[make])
    for network in [made] if make is text_oracle else made:
        network.save(tmp_path / "network.keras")
        again = keras.saving.load_model(tmp_path / "network.keras")
        shape, is_tokens = network.input_shape[1:], network.inputs[0].dtype == "int32"
        values = np.random.default_rng(0).integers(0, 5, (2, *shape)).astype("int32" if is_tokens else "float32")
        np.testing.assert_array_equal(again(values), network(values))


@pytest.mark.parametrize(
    "make, arguments, message",
    [
        (seqgan, {"vocab_size": 1}, "`vocab_size` must be an integer of at least 2"),
        (seqgan, {"filters": {}}, "`filters` must be a dict"),
        (seqgan, {"filters": {2: 0}}, "`filters` must be an integer"),
        (seqgan, {"dropout": 1.0}, "`dropout`"),
        (relgan, {"cell": "gru"}, "`cell` must be"),
        (relgan, {"width": 5}, "must be a multiple of `num_heads`"),
        (relgan, {"representations": 0}, "`representations`"),
        (text_wgan_gp, {"blocks": 0}, "`blocks`"),
        (text_oracle, {"seed": -1}, "`seed`"),
    ],
)
def test_bad_arguments(make, arguments, message):
    with pytest.raises(ValueError, match=message):
        make(**TINY[make] | arguments)
