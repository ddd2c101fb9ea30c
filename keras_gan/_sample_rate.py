"""How many samples a second the sound of a model has."""


def sample_rate_of(model):
    """The samples a second of a model's recordings: its own `sample_rate`, or that of its mels; None if unknown."""
    rate = getattr(model, "sample_rate", None)
    return getattr(getattr(model, "mel_spectrogram", None), "sample_rate", None) if rate is None else rate
