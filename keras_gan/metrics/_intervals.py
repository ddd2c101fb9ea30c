"""Confidence intervals that stay in the range of their metric."""

import math

import scipy.special

# Of Student's t, two-sided 95 %.
_UPPER_END = 0.975
# exp(700) is nearly the largest float.
_LARGEST_EXPONENT = 700.0


def student_quantile(num_values):
    """Return the quantile of Student's t for a standard deviation of so many values."""
    return float(scipy.special.stdtrit(num_values - 1, _UPPER_END))


def interval(value, deviation, *, quantile, bounds, num_images):
    """Return (low, high) around a value, within the bounds of its metric.

    With the half-width h = quantile * deviation, the interval is symmetric on the scale on which the metric is free:

        without bounds       value - h, value + h
        value > low          x / exp(h / x), x exp(h / x),   x = value - low       (the logarithm is symmetric)
        low < value < high   p + w/2 -+ sqrt(w p (1 - p) + w^2 / 4), over 1 + w,   p = (value - low) / (high - low),
                             w = max(h^2 / (p (1 - p)), quantile^2 / num_images)

    A small h gives value -+ h in all three. The last is the score interval of a share (Wilson 1927) of as many
    independent images as would have this deviation, but at most `num_images`. So a share of 0 or 1 has an interval,
    too.

    Args:
        value: float.
        deviation: float, its standard deviation.
        quantile: float, the number of deviations on either side.
        bounds: (low, high), the range of the metric; either may be infinite.
        num_images: int, the number of images that a share is taken of.
    """
    low, high = bounds
    half_width = quantile * deviation
    if not math.isfinite(value) or not math.isfinite(half_width):
        return math.nan, math.nan
    if math.isinf(low):
        return value - half_width, value + half_width
    if math.isinf(high):
        return _above(low, value, half_width)
    share, half_width = (value - low) / (high - low), half_width / (high - low)
    spread = quantile**2 / num_images
    if 0 < share < 1:
        spread = max(spread, half_width**2 / (share * (1 - share)))
    middle = share + spread / 2
    reach = math.sqrt(spread * share * (1 - share) + spread**2 / 4)
    first, last = ((middle + sign * reach) / (1 + spread) for sign in (-1, 1))
    # Rounding can leave the bounds, and the value outside.
    ends = max(min(first, share), 0.0), min(max(last, share), 1.0)
    return tuple(low + (high - low) * end for end in ends)


def _above(low, value, half_width):
    excess = value - low
    if excess <= 0:
        return value, value + half_width
    factor = math.exp(min(half_width / excess, _LARGEST_EXPONENT))
    return low + excess / factor, low + excess * factor
