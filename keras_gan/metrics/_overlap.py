"""Images that two sets share, found by their content."""

import hashlib

import numpy as np


def image_hashes(pixels):
    """Return a hash of each image: uint64 (num_images,) of uint8 images (num_images, height, width, channels)."""
    digests = (hashlib.blake2b(image.tobytes(), digest_size=8).digest() for image in pixels)
    return np.frombuffer(b"".join(digests), np.uint64)


def require_other_images(names, one, other, remedy):
    """Raise if two sets are mostly the same images, and return a note if they share some.

    A set that is compared with itself is at no distance, however good it is. The same holds if one set contains the
    other: a folder by two of its paths, or all images and a split of them. Two sets are the same if they share at
    least half of the different images of the smaller one; fewer may be duplicates in the data.

    Args:
        names: what messages call the two sets.
        one: `Samples`.
        other: `Samples`.
        remedy: str, a sentence.

    Returns:
        str, or None if they share no image.

    Raises:
        ValueError: if they are mostly the same images.
    """
    if one.hashes is None or other.hashes is None:
        return None
    sets = [np.unique(samples.hashes) for samples in (one, other)]
    shared = len(np.intersect1d(*sets, assume_unique=True))
    if not shared:
        return None
    if 2 * shared >= min(map(len, sets)):
        raise ValueError(
            f"{names[0].capitalize()} and {names[1]} are the same images, at least half of the smaller set. A set has "
            f"no distance to itself, however good it is. {remedy} Received: {len(one):,} and {len(other):,} images, "
            f"{shared:,} of them in both"
        )
    return f"{names[0]} and {names[1]} share {shared:,} images, which makes the distance smaller than it is"
