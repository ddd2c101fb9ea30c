"""What tells one set of samples from another, at no cost."""

import hashlib

import numpy as np


def identity(arrays):
    """Return the number of samples, and a hash of the first and the last one.

    Args:
        arrays: non-empty list of arrays or tensors with a row for each sample.

    Returns:
        dict that JSON can store.

    Example:
        >>> one, other = identity([np.arange(6).reshape(3, 2)]), identity([np.arange(6).reshape(3, 2) + 1])
        >>> one["samples"], one == other
        (3, False)
    """
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array[:1]).tobytes() + np.ascontiguousarray(array[-1:]).tobytes())
    return {"samples": len(arrays[0]), "first_and_last_sample": digest.hexdigest()[:16]}


def identity_of_strings(strings):
    """Return a hash of strings.

    Args:
        strings: list or tuple of str.

    Returns:
        str of 16 hexadecimal digits.

    Example:
        >>> identity_of_strings(["ab", "c"]) == identity_of_strings(["a", "bc"])
        False
    """
    digest = hashlib.sha256()
    for string in strings:
        content = string.encode("utf-8", "surrogatepass")
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()[:16]
