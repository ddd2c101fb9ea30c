"""How well a model expects texts."""

import numpy as np

from keras_gan._arguments import require_bool
from keras_gan.metrics._features import as_array
from keras_gan.metrics._tokens import counts_of, require_tokens


def perplexity(log_likelihoods, tokens, *, ends=True):
    """Among how many tokens a model hesitates, on average, at each place of given texts. Lower is better.

    With the logarithms of the probabilities that it gives to the texts, and the number of their tokens,

        exp(-sum log p(text) / sum of the tokens)

    A model of the uniform distribution has the size of its vocabulary. With held-out texts and the likelihood of the
    model, it falls where the model expects all kinds of real texts ("NLL_gen", diversity). With texts of a model and
    the likelihood of a known distribution (`keras_gan.networks.text_oracle`), where each text is good ("NLL_oracle",
    quality). A model is better only if it is better in both, at some temperature (Caccia et al. 2018, arXiv
    1811.02549). The mean negative log-likelihood of a token is the logarithm of the value.

    Args:
        log_likelihoods: array-like `(num_texts,)`, in nats a text, as `LanguageModel.log_likelihood` returns.
        tokens: array-like of integers from 0 `(num_texts, length)`, the texts.
        ends: bool, whether 0 ends a text; the end then counts as a token, and what follows does not.

    Returns:
        float, at least 1 for probabilities.

    Raises:
        ValueError: if these are no tokens, or not one finite number for each text.

    Example:
        >>> round(perplexity(np.log([0.1**3, 0.1**2]), [[5, 3, 0, 0], [4, 0, 0, 0]]), 3)
        10.0
    """
    tokens, ends = require_tokens("tokens", tokens), require_bool("ends", ends)
    found = as_array("log_likelihoods", log_likelihoods, "iuf")
    if found.shape != (len(tokens),) or not np.isfinite(found).all():
        raise ValueError(
            f"`log_likelihoods` must be a finite number for each of the {len(tokens)} texts. "
            f"Received: log_likelihoods of shape {found.shape}, {np.sum(~np.isfinite(found))} of them not finite"
        )
    counts = np.minimum(counts_of(tokens, ends) + ends, tokens.shape[1])
    # Beyond the range of floats, infinite.
    with np.errstate(over="ignore"):
        return float(np.exp(-found.astype(np.float64).sum() / counts.sum()))
