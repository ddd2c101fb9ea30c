"""Whether a picture is nearer to the text that it was drawn for than to others."""

import numpy as np

from keras_gan._arguments import require_int, require_seed
from keras_gan.metrics._features import as_array, require_features


def r_precision(image_vectors, text_vectors, texts, *, num_candidates=10, seed=0):
    """The share of pictures whose own text is the nearest among some candidates: does a picture show its text?

    A judge of its own, two encoders that were trained on real pictures and their captions (not those of the model that
    is measured, which was trained to please them), gives each picture i a vector v[i] and its text a vector t[i]. The
    candidates of a picture are its own text and `num_candidates - 1` others, drawn at random from the texts of the
    other pictures without repetition, none equal to its own. It counts if its own is the nearest by the cosine:

        1 if cos(v[i], t[i]) > cos(v[i], t[j]) for all other candidates j, else 0

    A tie counts for nothing. Xu et al. 2018 (AttnGAN, arXiv 1711.10485, section 4.1), with R = 1 and 99 others. By
    chance it is 1 / num_candidates. Give the value of real pictures next to it: no model needs more.

    Args:
        image_vectors: array-like `(num_images, size)`, what the judge makes of the pictures.
        text_vectors: array-like `(num_images, size)`, what it makes of the text of each.
        texts: integers `(num_images,)` or rows of tokens `(num_images, length)`, which texts are equal.
        num_candidates: int, at least 2; at most the number of different texts.
        seed: int, of the candidates.

    Returns:
        float64 array `(num_images,)` of zeros and ones; its mean is the R-precision.

    Raises:
        ValueError: if these are no vectors of as many pictures as texts, or there are too few different texts.

    Example:
        >>> import numpy as np
        >>> vectors = np.eye(10)
        >>> r_precision(vectors, vectors, np.arange(10)).mean()
        np.float64(1.0)
        >>> r_precision(vectors, np.roll(vectors, 1, axis=0), np.arange(10)).mean()
        np.float64(0.0)
    """
    images, own = require_features("image_vectors", image_vectors), require_features("text_vectors", text_vectors)
    numbers = _numbers_of(texts)
    if images.shape != own.shape or len(numbers) != len(images):
        raise ValueError(
            "Each picture needs a vector, and its text one of the same size and its number. Received: image_vectors of "
            f"shape {images.shape}, text_vectors of shape {own.shape}, {len(numbers)} texts"
        )
    num_candidates, rng = (
        require_int("num_candidates", num_candidates, low=2),
        np.random.default_rng(require_seed(seed)),
    )
    _, first = np.unique(numbers, return_index=True)
    if len(first) < num_candidates:
        raise ValueError(
            "The candidates are different texts: give fewer of them, or more texts. "
            f"Received: num_candidates={num_candidates}, {len(first)} different texts"
        )
    images, own = _units(images), _units(own)
    # Different texts in a random order for each picture, its own at the end.
    order = rng.random((len(images), len(first)))
    order[np.arange(len(images)), np.searchsorted(numbers[first], numbers)] = 2.0
    others = own[first[np.argsort(order, axis=1)[:, : num_candidates - 1]]]
    # Both by the same function, which rounds alike: equal vectors are a tie.
    right = np.einsum("is,iks->ik", images, own[:, np.newaxis])
    wrong = np.einsum("is,iks->ik", images, others)
    return (right > wrong).all(axis=1).astype(np.float64)


def _numbers_of(texts):
    texts = as_array("texts", texts, kinds="iu")
    if texts.ndim not in (1, 2) or not texts.size:
        raise ValueError(
            "`texts` must be integers (num_images,), or rows of tokens (num_images, length). "
            f"Received: texts of shape {texts.shape}"
        )
    return np.unique(texts, axis=0, return_inverse=True)[1].reshape(-1)


def _units(vectors):
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0.0, lengths, 1.0)
