import itertools

import numpy as np
import pytest

from keras_gan.metrics import r_precision


def test_it_is_the_share_over_all_draws_of_candidates():
    """Over many seeds, its mean is the probability that no nearer text is among the candidates, which is counted."""
    rng = np.random.default_rng(0)
    images, texts, numbers = rng.normal(size=(6, 3)), rng.normal(size=(6, 3)), np.arange(6)
    cosine = (images / np.linalg.norm(images, axis=1)[:, None]) @ (texts / np.linalg.norm(texts, axis=1)[:, None]).T
    expected = [
        np.mean([all(row[i] > row[j] for j in chosen) for chosen in itertools.combinations(set(range(6)) - {i}, 2)])
        for i, row in enumerate(cosine)
    ]
    found = np.mean([r_precision(images, texts, numbers, num_candidates=3, seed=s) for s in range(3000)], axis=0)
    np.testing.assert_allclose(found, expected, atol=0.04)
    np.testing.assert_array_equal(*(r_precision(images, texts, numbers, num_candidates=3, seed=7) for _ in range(2)))


def test_a_text_equal_to_its_own_is_no_candidate():
    vectors = np.eye(4)[[0, 0, 0, 1, 2, 3]]
    tokens = np.array([[1, 5], [1, 5], [1, 5], [2, 0], [3, 0], [4, 0]])
    # As numbers of texts, or as rows of tokens: those of the first three are one text, so it never ties with itself.
    assert r_precision(vectors, vectors, tokens, num_candidates=4).mean() == 1.0
    assert r_precision(vectors, vectors, [0, 0, 0, 1, 2, 3], num_candidates=4).mean() == 1.0
    # Said to be different texts, they tie, and a tie counts for nothing.
    np.testing.assert_array_equal(r_precision(vectors, vectors, np.arange(6), num_candidates=6), [0, 0, 0, 1, 1, 1])


@pytest.mark.long
def test_by_chance_it_is_one_in_the_number_of_candidates():
    rng = np.random.default_rng(1)
    images, texts = rng.normal(size=(2, 4000, 8))
    assert r_precision(images, texts, np.arange(4000)).mean() == pytest.approx(0.1, abs=0.015)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.eye(3), np.eye(4), np.arange(3)), "same size"),
        ((np.eye(3), np.eye(3), np.arange(2)), "2 texts"),
        ((np.eye(3), np.eye(3), np.zeros(3, int)), "1 different texts"),
        ((np.eye(3), np.eye(3), np.zeros(3)), "texts"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        r_precision(*arguments, num_candidates=2)
