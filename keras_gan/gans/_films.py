"""What the models of videos share: clips as pictures, and inputs that are the same for all clips."""

import tensorflow as tf


def film_strips(clips):
    """Frames of clips as `snapshot` returns images: a row for each clip.

    Args:
        clips: array `(num_clips, num_frames, height, width, channels)`.

    Returns:
        (images, columns): array `(num_clips * num_frames, height, width, channels)`, and the number of frames.
    """
    return clips.reshape(-1, *clips.shape[2:]), clips.shape[1]


def strips_within(num_images, num_frames):
    """How many clips a picture of so many images can show, at least one."""
    return max(1, num_images // num_frames)


def for_all(name, value, count):
    """A row of an input for each of so many clips; one row is for all of them.

    Args:
        name: name of the input.
        value: tensor with rows.
        count: int.

    Raises:
        ValueError: if it has another number of rows.
    """
    if len(value) not in (1, count):
        raise ValueError(
            f"Give a row of `{name}` for each clip, or one for all of them. "
            f"Received: {name} with {len(value)} rows for {count} clips"
        )
    return tf.repeat(value, count, axis=0) if len(value) == 1 else value
