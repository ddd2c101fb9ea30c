"""Precision, recall, density, coverage and neighbours, against the definitions written out."""

import numpy as np
import pytest

from keras_gan.metrics import _blocks, density_coverage, nearest_neighbours, precision_recall

RNG = np.random.default_rng(0)


def distances(first, second):
    return np.sqrt(np.array([[np.sum((a - b) ** 2) for b in second] for a in first]))


def radii(samples, k):
    """Distance of each sample to its k-th nearest neighbour, itself left out."""
    rows = distances(samples, samples)
    return np.array([np.sort(np.delete(row, i))[k - 1] for i, row in enumerate(rows)])


def slow_precision_recall(real, fake, k):
    between = distances(real, fake)
    inside_real = between <= radii(real, k)[:, None]
    inside_fake = between <= radii(fake, k)[None]
    return inside_real.any(0).mean(), inside_fake.any(1).mean()


def slow_density_coverage(real, fake, k):
    inside = distances(real, fake) < radii(real, k)[:, None]
    return inside.sum() / (k * len(fake)), inside.any(1).mean()


def gaussians():
    return RNG.normal(size=(60, 5)), RNG.normal(size=(80, 5)) * 0.7 + 0.5


def lattice():
    """Full of equal distances, which decide between < and <=, and of repeated samples."""
    return RNG.integers(0, 4, (70, 2)).astype(float), RNG.integers(0, 5, (50, 2)).astype(float)


def far_from_the_origin():
    return tuple(side * 1e-3 + 100 for side in gaussians())


def collapsed():
    real, fake = gaussians()
    return real, np.concatenate([np.tile(fake[:1], (40, 1)), real[:20]])


def tiny():
    return tuple(side * 1e-25 for side in gaussians())


def huge():
    return tuple(side * 1e25 for side in gaussians())


def nearly_repeated():
    """So near to each other that the screen decides nothing."""
    few = RNG.normal(size=(3, 5))
    return tuple(few[RNG.integers(3, size=count)] + 1e-8 * RNG.normal(size=(count, 5)) for count in (60, 80))


def with_an_outlier():
    """Beside which float32 tells nothing else apart."""
    real, fake = gaussians()
    return np.concatenate([real, np.full((1, 5), 1e9)]), fake


@pytest.fixture(
    params=[gaussians, lattice, far_from_the_origin, collapsed, tiny, huge, nearly_repeated, with_an_outlier],
    ids=lambda make: make.__name__,
)
def sides(request):
    return request.param()


@pytest.fixture(params=[1024, 7], ids=["one block", "small blocks"])
def way(request, monkeypatch):
    """All in one block, or in many whose last ones are smaller."""
    monkeypatch.setattr(_blocks, "_BLOCK_ROWS", request.param)
    if request.param == 7:
        monkeypatch.setattr(_blocks, "_BLOCK_BYTES", 100)


@pytest.mark.parametrize("k", [1, 3])
def test_precision_and_recall_are_the_definition(sides, way, k):
    assert precision_recall(*sides, num_neighbours=k) == slow_precision_recall(*sides, k)


@pytest.mark.parametrize("k", [1, 5])
def test_density_and_coverage_are_the_definition(sides, way, k):
    assert density_coverage(*sides, num_neighbours=k) == pytest.approx(slow_density_coverage(*sides, k), rel=1e-12)


@pytest.mark.parametrize("k", [1, 4])
def test_neighbours_are_the_nearest(sides, way, k):
    references, queries = sides
    found = nearest_neighbours(queries, references, num_neighbours=k)
    all_distances = distances(queries, references)
    order = np.argsort(all_distances, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(found.distances, np.take_along_axis(all_distances, order, axis=1))
    np.testing.assert_array_equal(found.indices, order)


def test_coverage_of_equal_distributions_is_as_the_theory_says():
    count, k = 1500, 5
    expected = 1 - np.prod([(count - 1 - i) / (2 * count - 1 - i) for i in range(k)])
    assert expected == pytest.approx(0.9689, abs=5e-5)
    values = np.array([density_coverage(*RNG.normal(size=(2, count, 8))) for _ in range(4)])
    density, coverage = values.mean(axis=0)
    assert coverage == pytest.approx(expected, abs=0.005)
    assert density == pytest.approx(1.0, abs=0.03)


def test_a_set_lies_within_itself():
    features = RNG.normal(size=(50, 4))
    assert precision_recall(features, features) == (1.0, 1.0)
    assert density_coverage(features, features).coverage == 1.0
    np.testing.assert_array_equal(nearest_neighbours(features, features).distances, 0.0)


def test_precision_is_of_the_samples_and_recall_of_the_real_images():
    real = RNG.normal(size=(200, 2))
    few_modes, outliers = real[:2].repeat(50, axis=0), np.concatenate([real, real + 100])
    precision, recall = precision_recall(real, few_modes + 1e-3 * RNG.normal(size=(100, 2)))
    assert (precision, recall < 0.1) == (1.0, True)
    precision, recall = precision_recall(real, outliers)
    assert (precision, recall) == (0.5, 1.0)


def test_permutations_change_nothing(sides):
    real, fake = sides
    shuffled = real[RNG.permutation(len(real))], fake[::-1]
    assert precision_recall(*shuffled) == precision_recall(real, fake)
    assert density_coverage(*shuffled) == density_coverage(real, fake)


def test_a_block_of_memory_is_enough(monkeypatch):
    real, fake = RNG.normal(size=(2, 300, 4))
    whole = precision_recall(real, fake), density_coverage(real, fake)
    monkeypatch.setattr(_blocks, "_BLOCK_ROWS", 32)
    blocks = list(_blocks.distance_blocks(real, fake))
    assert len(blocks) == 10 * 10
    assert max(block.within(np.zeros(32), strict=True).size for block in blocks[:2]) == 32 * 32
    assert (precision_recall(real, fake), density_coverage(real, fake)) == whole


@pytest.mark.parametrize("function, k", [(precision_recall, 3), (density_coverage, 5)])
def test_samples_need_neighbours(function, k):
    real, fake = np.zeros((20, 2)), np.zeros((k, 2))
    with pytest.raises(ValueError, match=rf"Received: 20 real and {k} generated samples, num_neighbours={k}"):
        function(real, fake)
    with pytest.raises(ValueError, match="`real_features` must hold finite"):
        function(np.full((20, 2), np.nan), real)


def test_there_must_be_as_many_references_as_neighbours():
    with pytest.raises(ValueError, match=r"`references` must hold at least 3 samples"):
        nearest_neighbours(np.zeros((5, 2)), np.zeros((2, 2)), num_neighbours=3)
    with pytest.raises(ValueError, match="the same number of features"):
        nearest_neighbours(np.zeros((5, 2)), np.zeros((5, 3)))
