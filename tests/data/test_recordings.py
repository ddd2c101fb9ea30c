"""What is read of recordings and of their names, who is held out, and what is refused or left out."""

import itertools

import numpy as np
import pytest
import soundfile

from keras_gan.data import Recordings

DIGITS = r"(?P<label>\d)_(?P<group>[a-z]+)_\d+"


def ramp(count=64, channels=1):
    """Samples whose channels are levels of 16 bits: 0, 1, 2, ..., and their negatives."""
    return np.stack([np.arange(count), -np.arange(count)][:channels], axis=1) / 2**15


def write(folder, *names, waveform=None, rate=8000):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, ramp() if waveform is None else waveform, rate)
    return folder


@pytest.fixture
def spoken(tmp_path):
    """Two digits of three speakers."""
    names = itertools.product("01", ("ann", "bob", "eve"), "01")
    return write(tmp_path, *("_".join(parts) + ".wav" for parts in names))


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_sixteen_bits_are_read_as_they_are(suffix, tmp_path):
    data = Recordings(write(tmp_path, f"one.{suffix}")).read()
    np.testing.assert_array_equal(data.samples, np.arange(64))
    assert (data.sample_rate, data.lengths.tolist()) == (8000, [64])


def test_ogg_is_read_and_cut_to_sixteen_bits(tmp_path):
    tone = np.sin(np.arange(8000) * 0.3)
    data = Recordings(write(tmp_path, "tone.ogg", waveform=tone)).read()
    assert np.abs(data.samples / 2**15 - tone)[1000:-1000].max() < 0.1
    assert np.abs(tone).max() > 0.99


def test_channels_are_mixed_to_their_mean(tmp_path):
    np.testing.assert_array_equal(Recordings(write(tmp_path, "both.wav", waveform=ramp(channels=2))).read().samples, 0)


def test_a_tone_keeps_its_pitch_and_its_loudness_at_another_rate(tmp_path):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    data = Recordings(write(tmp_path, "tone.wav", waveform=tone, rate=16000)).read(sample_rate=8000)
    assert (len(data.samples), data.sample_rate) == (8000, 8000)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    np.testing.assert_allclose(data.samples[200:-200] / 2**15, expected[200:-200], atol=2e-3)


def test_the_peak_of_each_recording_is_scaled_and_silence_stays(tmp_path):
    write(tmp_path, "quiet.wav", waveform=ramp() / 4)
    write(tmp_path, "silent.wav", waveform=0 * ramp())
    data = Recordings(tmp_path, peak=0.5).read()
    assert np.abs(data.samples[:64]).max() == 2**14
    np.testing.assert_array_equal(data.samples[64:], 0)


def test_labels_and_groups_are_read_from_names(spoken):
    data = Recordings(spoken, pattern=DIGITS).read("all")
    assert data.class_names == ("0", "1")
    assert data.groups == ("ann", "bob", "eve")
    assert data.labels.tolist() == [0] * 6 + [1] * 6


def test_classes_that_are_numbers_are_in_their_order(tmp_path):
    write(tmp_path, "10/a.wav", "9/a.wav")
    assert Recordings(tmp_path).read().class_names == ("9", "10")


def test_sub_folders_are_classes_and_a_pattern_adds_the_groups(tmp_path):
    write(tmp_path, "yes/ann_0.wav", "no/ann_0.wav", "no/bob_0.wav")
    data = Recordings(tmp_path, pattern=r"(?P<group>[a-z]+)_\d", held_out=["bob"]).read("test")
    assert (data.class_names, data.labels.tolist(), data.groups) == (("no", "yes"), [0], ("bob",))


@pytest.mark.parametrize("held_out", [None, ["eve"], ["ann", "bob"]])
def test_who_is_held_out_is_never_trained_on(held_out, spoken):
    source = Recordings(spoken, pattern=DIGITS, held_out=held_out)
    train, test = source.read("train"), source.read("test")
    assert set(train.groups) | set(test.groups) == {"ann", "bob", "eve"}
    assert not set(train.groups) & set(test.groups)
    assert test.groups == tuple(held_out or test.groups)
    assert len(train.lengths) + len(test.lengths) == 12
    assert train.num_held_out == len(test.lengths)
    # Labels mean the same in both.
    assert train.class_names == test.class_names
    assert source.read().split == ("all" if held_out is None else "train")


def test_without_groups_a_tenth_of_the_recordings_is_held_out(tmp_path):
    source = Recordings(write(tmp_path, *(f"{number}.wav" for number in range(20))))
    assert [len(source.read(split).lengths) for split in ("train", "test", "all")] == [18, 2, 20]


def test_sub_folders_with_the_names_of_splits_are_the_splits(tmp_path):
    write(tmp_path, "train/yes/1.wav", "train/no/1.wav", "test/no/1.wav", "extra.wav")
    source = Recordings(tmp_path)
    with pytest.warns(UserWarning, match="without 1 file next to them.*extra.wav"):
        assert len(source.read().lengths) == 2
    with pytest.warns(UserWarning, match="next to them"):
        assert source.read("test").class_names == ("no", "yes")
    with pytest.raises(ValueError, match=r"no such split. It has: 'test', 'train'"):
        source.read("dev")


BAD = {
    "text": (b"no sound", "cannot be read as sound"),
    "nothing": (b"", "it has no content"),
    "no samples": (ramp(0), "it holds no samples"),
    "NaN": (ramp() * np.nan, "it holds NaN"),
    "range": (ramp() * 2**15, r"its samples reach 63 and must be in \[-1, 1\]"),
}


@pytest.mark.parametrize("content, message", BAD.values(), ids=list(BAD))
def test_a_file_without_sound_is_named_or_skipped_with_a_warning(content, message, tmp_path):
    path = write(tmp_path, "good.wav") / "bad.wav"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        soundfile.write(path, content, 8000, subtype="FLOAT")
    with pytest.raises(ValueError, match=f"{message}.*skip_corrupt=True.*Received: file='.*bad.wav'"):
        Recordings(tmp_path).read()
    with pytest.warns(UserWarning, match="Left out 1 of 2 recordings that cannot be read as sound: .*bad.wav"):
        assert len(Recordings(tmp_path, skip_corrupt=True).read().lengths) == 1


def test_short_recordings_are_kept_left_out_or_refused(tmp_path):
    write(tmp_path, "long.wav")
    write(tmp_path, "short.wav", waveform=ramp(32))
    assert len(Recordings(tmp_path).read(num_samples=64).lengths) == 2
    with pytest.warns(UserWarning, match="Left out 1 of 2 recordings that are shorter than 64 samples: .*short.wav"):
        assert len(Recordings(tmp_path, short="skip").read(num_samples=64).lengths) == 1
    with pytest.raises(ValueError, match=r"shorter than the 64 samples.*Received: 1 file, .*short.wav"):
        Recordings(tmp_path, short="refuse").read(num_samples=64)
    with pytest.raises(ValueError, match=r"shorter than the 65 samples.*Received: 2 files"):
        Recordings(tmp_path, short="skip").read(num_samples=65)


def test_other_formats_and_broken_links_are_named(tmp_path):
    write(tmp_path, "good.wav")
    (tmp_path / "song.m4a").write_bytes(b"x")
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    with pytest.warns(UserWarning, match=r"looks like sound.*2 files, .*song.m4a, .*gone.wav"):
        Recordings(tmp_path).read()


def test_different_rates_need_a_sample_rate(tmp_path):
    write(tmp_path, "a.wav")
    write(tmp_path, "b.wav", rate=16000)
    with pytest.raises(ValueError, match=r"a.wav has 8000 Hz and .*b.wav has 16000 Hz: give a `sample_rate`"):
        Recordings(tmp_path).read()
    assert Recordings(tmp_path).read(sample_rate=16000).lengths.tolist() == [128, 64]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"pattern": "("}, "must be a regular expression"),
        ({"pattern": r"\d_[a-z]+"}, "named parts are 'label', 'group' or both"),
        ({"pattern": r"(?P<digit>\d).*"}, "named parts are 'label', 'group' or both"),
        ({"pattern": r"(?P<label>\d)"}, r"must match the whole `pattern`.*file='.*0_ann_0.wav'"),
        ({"pattern": DIGITS, "held_out": ["anne"]}, "No recording is of this group. Did you mean 'ann'"),
        ({"pattern": DIGITS, "held_out": ["ann", "bob", "eve"]}, "none is left for training"),
        ({"held_out": ["ann"]}, "give a `pattern` with a part called 'group'"),
        ({"held_out": "ann"}, "must be a list of names of groups"),
        ({"short": "drop"}, "must be one of 'pad', 'skip', 'refuse'"),
        ({"peak": 0}, "`peak` must be a number"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message, spoken):
    with pytest.raises(ValueError, match=message):
        Recordings(spoken, **options).read("train")


def test_a_folder_without_sound_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no file of sound"):
        Recordings(tmp_path).read()
    with pytest.raises(FileNotFoundError, match="no such folder"):
        Recordings(tmp_path / "gone")
    with pytest.raises(ValueError, match="at least 20 recordings or two groups"):
        Recordings(write(tmp_path, "a.wav")).read("test")
