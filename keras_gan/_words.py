"""Durations, sizes and names in words, for people in a hurry."""


def duration(seconds):
    """Return a duration in words, with as many units as are of interest.

    Args:
        seconds: non-negative number.

    Returns:
        str.

    Example:
        >>> [duration(seconds) for seconds in (0.3, 59.7, 250, 1_500, 8_640, 280_000)]
        ['0 s', '1 min', '4 min 10 s', '25 min', '2 h 24 min', '3 d 6 h']
    """
    seconds = round(seconds)
    if seconds < 600:
        return _in_two_units(seconds, 60, "min", "s")
    minutes = round(seconds / 60)
    if minutes < 24 * 60:
        return _in_two_units(minutes, 60, "h", "min")
    return _in_two_units(round(minutes / 60), 24, "d", "h")


def _in_two_units(count, per_unit, large, small):
    """A count of the smaller unit in words, without a unit of which there are none."""
    parts = [f"{number} {unit}" for number, unit in zip(divmod(count, per_unit), (large, small), strict=True) if number]
    return " ".join(parts) or f"0 {small}"


def pace(seconds):
    """Return the seconds of a training step in words.

    Example:
        >>> [pace(seconds) for seconds in (4.384, 0.052, 0.0004)]
        ['4.4 s/step', '52 ms/step', '0.4 ms/step']
    """
    if seconds >= 0.9995:
        return f"{seconds:.1f} s/step"
    return f"{1000 * seconds:.{0 if seconds >= 0.00995 else 1}f} ms/step"


def numbered(names):
    """Return names without repetition: the second of one name gets a 2.

    Example:
        >>> numbered(["r1", "r1", "drift", "r1"])
        ['r1', 'r1_2', 'drift', 'r1_3']
    """
    counts = [names[: index + 1].count(name) for index, name in enumerate(names)]
    return [name if count == 1 else f"{name}_{count}" for name, count in zip(names, counts, strict=True)]


def file_size(num_bytes):
    """Return a number of bytes in words: kB, MB and GB are powers of 1,000, as disks are sold.

    Example:
        >>> [file_size(num_bytes) for num_bytes in (12, 4_200, 76_000_000, 1_540_000_000)]
        ['12 bytes', '4 kB', '76 MB', '1.5 GB']
    """
    if num_bytes < 1000:
        return f"{num_bytes} bytes"
    for unit, size in (("kB", 1e3), ("MB", 1e6)):
        if round(num_bytes / size) < 1000:
            return f"{num_bytes / size:.0f} {unit}"
    return f"{num_bytes / 1e9:.1f} GB"
