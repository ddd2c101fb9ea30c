"""Clips as pictures: what the models of videos share."""


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
