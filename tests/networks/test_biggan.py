"""BigGAN's networks: the sizes of the published code, chunks and the shared embedding, initial values, bad input."""

import functools
import itertools

import keras
import numpy as np
import pytest

from keras_gan.layers import ConditionalBatchNormalization, SelfAttention, SpectralNormalization
from keras_gan.networks import biggan

TINY = {"image_shape": (16, 16, 1), "width": 2}


@functools.cache
def with_labels():
    """Both networks, built once for the tests that only read them."""
    return biggan(**TINY, embedding_dim=5, num_classes=3)


def trainable_parameters(model):
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)


def attention(channels):
    """Parameters of the four kernels, and gamma."""
    return 1 + 2 * channels * (max(channels // 8, 1) + max(channels // 2, 1))


def counted(up, down, width, attended, *, num_classes, embedding_dim, chunk=20):
    """Parameters by the layers of the published code, for colour pictures.

    Args:
        up: multiples of `width` in the generator, from the smallest map on.
        down: the same in the discriminator, from the picture on.
        attended: multiples of `width` at the attention of both.
    """
    up, down = [width * g for g in up], [3, *(width * g for g in down)]
    generator = num_classes * embedding_dim + (chunk + 1) * 16 * up[0]
    generator += attention(attended[0] * width) + 2 * up[-1] + (9 * up[-1] + 1) * 3
    for before, after in itertools.pairwise(up):
        generator += 2 * (embedding_dim + chunk) * (before + after) + (9 * before + 9 * after + before + 3) * after
    discriminator = attention(attended[1] * width) + down[-1] * (num_classes + 1) + 1
    for i, (before, after) in enumerate(itertools.pairwise(down)):
        shortcut = (before + 1) * after if before != after or i < len(down) - 2 else 0
        discriminator += (9 * before + 1 + 9 * after + 1) * after + shortcut
    return generator, discriminator


UP_64, DOWN_64 = (16, 16, 8, 4, 2), (1, 2, 4, 8, 16)
UP_128, DOWN_128 = (16, 16, 8, 4, 2, 1), (1, 2, 4, 8, 16, 16)


def test_parameter_counts():
    networks = biggan(image_shape=(64, 64, 3), width=1, num_classes=10, embedding_dim=2)
    expected = counted(UP_64, DOWN_64, 1, (4, 1), num_classes=10, embedding_dim=2)
    assert tuple(map(trainable_parameters, networks)) == expected


@pytest.mark.long
def test_the_parameter_counts_of_the_published_code():
    paper = {"num_classes": 1000, "embedding_dim": 128}
    assert counted(UP_128, DOWN_128, 96, (2, 1), **paper) == (70_433_988, 87_982_370)
    networks = biggan(width=8, **paper)
    assert tuple(map(trainable_parameters, networks)) == counted(UP_128, DOWN_128, 8, (2, 1), **paper)


def test_the_parameter_counts_of_the_recipe_for_cifar(monkeypatch):
    # The decompositions of the large kernels would take most of the time.
    monkeypatch.setattr(keras.initializers.Orthogonal, "__call__", lambda self, shape, dtype=None: np.ones(shape))
    networks = biggan(
        image_shape=(32, 32, 3), latent_dim=128, width=64, embedding_dim=None, attention_side=0, num_classes=10
    )
    w, labels = 256, 2 * 10 * 2 * 256
    up = 129 * 16 * w + 3 * (labels + (18 * w + w + 3) * w) + 2 * w + (9 * w + 1) * 3
    down = (9 * 3 + 1 + 9 * w + 1 + 3 + 1) * w + 3 * 2 * (9 * w + 1) * w + (w + 1) * w + 11 * w + 1
    assert tuple(map(trainable_parameters, networks)) == (up, down) == (4_304_387, 4_207_361)


@pytest.mark.long
@pytest.mark.parametrize(
    "side, up, down, latents",
    [
        (16, (4, 4, 4), (4, 4, 4, 4), 60),
        (32, (4, 4, 4, 4), (4, 4, 4, 4), 80),
        (64, UP_64, DOWN_64, 100),
        (128, UP_128, DOWN_128, 120),
        (256, (16, 16, 8, 8, 4, 2, 1), (1, 2, 4, 8, 8, 16, 16), 140),
        (512, (16, 16, 8, 8, 4, 2, 1, 1), (1, 1, 2, 4, 8, 8, 16, 16), 160),
    ],
)
def test_the_channels_of_the_published_code(side, up, down, latents):
    generator, discriminator = biggan(image_shape=(side, side, 1), width=1, embedding_dim=1)
    adds = [
        [layer.output.shape for layer in network.layers if layer.name.endswith("add")]
        for network in (generator, discriminator)
    ]
    assert generator.input_shape == (None, latents)
    assert (generator.get_layer("reshape").output.shape[-1], *(shape[-1] for shape in adds[0])) == up
    assert tuple(shape[-1] for shape in adds[1]) == down
    assert adds[1][-1][1] == adds[1][-2][1] == (8 if side == 32 else 4)


@pytest.mark.long
def test_each_block_is_normalized_by_its_own_chunk_and_the_shared_embedding():
    generator, _ = with_labels()
    norms = [layer for layer in generator.layers if isinstance(layer, ConditionalBatchNormalization)]
    embedding = generator.get_layer("class_embedding")
    conditions = keras.Model(generator.input, [embedding.output, *[norm.input[1] for norm in norms]])
    latents = np.arange(60, dtype="float32").reshape(1, 60)
    shared, *found = conditions({"latents": latents, "labels": np.array([2])})
    np.testing.assert_array_equal(shared, np.asarray(embedding.embeddings)[2:])
    # Two normalisations in each of two blocks; the first chunk makes the smallest map.
    for condition, chunk in zip(found, (1, 1, 2, 2), strict=True):
        np.testing.assert_array_equal(condition, np.concatenate([shared, latents[:, 20 * chunk : 20 * chunk + 20]], 1))
    assert generator.get_layer("project").layer.kernel.shape[0] == 20


def test_kernels_start_orthogonal():
    for network in with_labels():
        kernels = [v for v in network.trainable_variables if v.name in ("kernel", "embeddings")]
        assert len(kernels) > 10
        for variable in kernels:
            matrix = np.asarray(variable).reshape(-1, variable.shape[-1])
            gram = matrix.T @ matrix if matrix.shape[0] > matrix.shape[1] else matrix @ matrix.T
            np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-5, err_msg=variable.path)


def test_without_labels_the_chunks_alone_condition_the_generator():
    generator, discriminator = biggan(**TINY, attention_side=0)
    norm = next(layer for layer in generator.layers if isinstance(layer, ConditionalBatchNormalization))
    assert norm.gains.layer.kernel.shape[0] == 20
    assert isinstance(norm.gains, SpectralNormalization)
    assert isinstance(discriminator.input, keras.KerasTensor)
    assert not any(isinstance(layer, SelfAttention) for layer in generator.layers + discriminator.layers)


def test_where_the_attention_is():
    for network in with_labels():
        (layer,) = (layer for layer in network.layers if isinstance(layer, SelfAttention))
        assert layer.output.shape[1:3] == (8, 8)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"latent_dim": 64}, "must be a multiple of 3, such as 63. Received: latent_dim=64"),
        ({"latent_dim": 0}, "`latent_dim` must be an integer of at least 1"),
        ({"width": 0}, "`width` must be an integer of at least 1"),
        ({"embedding_dim": 0}, "`embedding_dim` must be an integer of at least 1"),
        ({"attention_side": 16}, r"choose from \[0, 8\]. Received: attention_side=16"),
        ({"image_shape": (18, 16, 1)}, r"multiples of 4 .*for example to \(16, 16\)"),
        ({"image_shape": (1024, 1024, 1)}, "below 1024.*Received: image_shape="),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        biggan(**(TINY | arguments))
