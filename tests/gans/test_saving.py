"""Files: what they hold, and that a failed save loses nothing on the disk."""

import errno
import io
import pathlib
import tempfile
import time
import zipfile

import keras
import numpy as np
import pytest

import keras_gan


@pytest.fixture
def gan(networks, images):
    gan = keras_gan.LSGAN(
        *networks(spectral=True, dropout=0.5), a=-1, b=1, c=0, penalties=[keras_gan.penalties.R1(2.0)], ema_half_life=50
    )
    gan.compile(keras.optimizers.Adam(3e-4), keras.optimizers.RMSprop(1e-4))
    gan.fit(images, batch_size=8, verbose=0)
    return gan


def test_arguments_and_optimizers_come_back(gan, tmp_path):
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert again.adversarial_loss.get_config() == {"a": -1.0, "b": 1.0, "c": 0.0}
    assert repr(again.penalties) == "(R1(weight=2.0),)"
    assert again.ema_half_life == 50
    assert type(again.discriminator_optimizer) is keras.optimizers.RMSprop
    assert float(again.generator_optimizer.learning_rate) == pytest.approx(3e-4)
    assert int(again.generator_optimizer.iterations) == 6
    assert again.optimizer is None


def test_a_network_of_the_users_own_class_comes_back(networks, images, tmp_path):
    @keras.saving.register_keras_serializable(package="tests")
    class Painter(keras.Model):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.hidden = keras.layers.Dense(units, activation="relu")
            self.head = keras.Sequential([keras.layers.Dense(64, activation="tanh"), keras.layers.Reshape((8, 8, 1))])

        def call(self, latents):
            return self.head(self.hidden(latents))

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    generator = Painter(7)
    generator(np.zeros((1, 5), "float32"))
    gan = keras_gan.NonSaturatingGAN(generator, networks()[1], ema_half_life=100)
    assert gan.latent_shape == (5,)
    gan.compile()
    gan.fit(images, batch_size=8, verbose=0)
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert again.fingerprint() == gan.fingerprint()
    np.testing.assert_array_equal(again.generate(2, seed=0), gan.generate(2, seed=0))


def test_a_float16_gan_comes_back_with_its_loss_scales(networks, images, tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.compile()
    gan.generator_optimizer.dynamic_scale.assign(128.0)
    gan.fit(images[:8], batch_size=8, verbose=0)
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert float(again.generator_optimizer.dynamic_scale) == 128.0
    assert not isinstance(again.generator_optimizer.inner_optimizer, keras.optimizers.LossScaleOptimizer)
    assert again.fingerprint() == gan.fingerprint()


@pytest.mark.long
def test_a_gan_that_ran_under_xla_loads_under_a_strategy(gan, tmp_path, two_replicas):
    gan.compile(jit_compile=True, steps_per_execution=2)
    gan.save(tmp_path / "gan.keras")
    with two_replicas.scope():
        again = keras.saving.load_model(tmp_path / "gan.keras")
    assert again.fingerprint() == gan.fingerprint()
    assert (again.jit_compile, again.steps_per_execution) == (False, 1)


def test_a_gan_that_was_not_compiled_comes_back(networks, tmp_path):
    gan = keras_gan.NonSaturatingGAN(*networks())
    gan.save(tmp_path / "gan.keras")
    again = keras.saving.load_model(tmp_path / "gan.keras")
    assert again.fingerprint() == gan.fingerprint()
    assert not again.compiled


def test_weights_alone_hold_the_random_state_and_both_optimizers(gan, networks, tmp_path):
    gan.save_weights(tmp_path / "gan.weights.h5")
    again = keras_gan.LSGAN(*networks(spectral=True, dropout=0.5), ema_half_life=50)
    again.compile(keras.optimizers.Adam(3e-4), keras.optimizers.RMSprop(1e-4))
    assert again.fingerprint() != gan.fingerprint()
    again.load_weights(tmp_path / "gan.weights.h5")
    assert again.fingerprint() == gan.fingerprint()


def test_a_failed_save_leaves_the_file_that_was_there(gan, tmp_path, monkeypatch):
    path = tmp_path / "gan.keras"
    gan.save(path)
    before = path.read_bytes()

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gan.generator.layers[0], "save_own_variables", full)
    with pytest.raises(OSError, match=r"could not be saved; an older file .* is unchanged: No space.*gan.keras"):
        gan.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_weights_without_decay_come_back(networks, images, tmp_path):
    def optimizer():
        optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.5)
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        return optimizer

    gan = keras_gan.LSGAN(*networks())
    gan.compile(optimizer(), optimizer(), run_eagerly=True)
    gan.save(tmp_path / "gan.keras")
    again = keras_gan.training.load_model(tmp_path / "gan.keras")
    excluded = {"generator": [1, 3], "discriminator": [1, 3]}
    for model in (gan, again):
        assert model.get_compile_config()["excluded_from_weight_decay"] == excluded
        # From a bias of 0 the first step alone cannot tell.
        model.generator.weights[1].assign(np.ones(16))
        model.train_on_batch(images[:8])
    assert again.fingerprint() == gan.fingerprint()


@pytest.mark.parametrize("rate", [0.1, keras_gan.schedules.LinearDecay(0.1, 6)])
def test_an_optimizer_in_use_has_the_settings_that_were_given(networks, rate):
    given = keras.optimizers.Adam(rate, beta_1=0.4)
    config = given.get_config()
    gan = keras_gan.LSGAN(*networks(), penalties=[keras_gan.penalties.Lazy(keras_gan.penalties.R1(1.0), every=3)])
    gan.compile(keras.optimizers.Adam(), given)
    assert gan.discriminator_optimizer is not given
    assert gan.discriminator_optimizer.get_config() == config


def test_nan_is_saved_with_a_warning(networks, tmp_path):
    gan = keras_gan.LSGAN(*networks())
    gan.generator.weights[1].assign(np.full(gan.generator.weights[1].shape, np.nan))
    message = r"^The GAN is saved with NaN or infinity in generator\[1\], so it can neither draw .* earlier file"
    # Every warning is an error here, and Keras's deprecated ones are not for `pytest.warns` to count.
    for save, name in ((gan.save, "gan.keras"), (gan.save_weights, "gan.weights.h5")):
        with pytest.raises(UserWarning, match=message):
            save(tmp_path / name)


def test_weights_are_local_files(networks, tmp_path, monkeypatch):
    gan = keras_gan.LSGAN(*networks())
    monkeypatch.setenv("HOME", str(tmp_path))
    gan.save_weights("~/gan.weights.h5")
    assert (tmp_path / "gan.weights.h5").exists()
    state = gan.fingerprint()
    gan.training_state.step.assign(5)
    gan.load_weights("~/gan.weights.h5")
    assert gan.fingerprint() == state
    for call in (gan.save_weights, gan.load_weights):
        with pytest.raises(ValueError, match=r"without `gs://`. Received: filepath='gs://bucket/gan.weights.h5'"):
            call("gs://bucket/gan.weights.h5")


def test_weights_of_a_damaged_file_are_one_sentence(networks, tmp_path):
    (tmp_path / "gan.weights.h5").write_bytes(b"junk")
    with pytest.raises(ValueError, match=r"not a complete file of weights: .* Received: filepath='.*/gan.weights.h5'"):
        keras_gan.LSGAN(*networks()).load_weights(tmp_path / "gan.weights.h5")


def test_the_export_of_keras_refers_to_that_of_this_package(networks):
    with pytest.raises(ValueError, match=r"Use `keras_gan.export.save\(model, directory\)`"):
        keras_gan.LSGAN(*networks()).export()


@pytest.fixture(scope="module")
def saved():
    """The content of a small `.keras` file, and its path for the damage of one test."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "gan.keras"
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]).save(path)
        yield path, path.read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"not a model",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content[:-1000] + b"\xff" + content[-999:],
        lambda content: content.replace(b"units", b"Units"),
        lambda content: content.replace(b"config.json", b"confog.json", 1),
    ],
)
@pytest.mark.parametrize("load", [keras_gan.training.load_model, keras_gan.metrics.ModelExtractor])
def test_a_damaged_file_is_one_sentence(saved, damage, load):
    path, content = saved
    path.write_bytes(damage(content))
    with pytest.raises(ValueError, match=r"not a complete `.keras` file: .*Copy it again.*Received: file=") as error:
        load(str(path))
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def _with_part(content, name, replaced):
    """The archive, with another content of one part; without the part for None."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(made, "w") as other:
        for part in archive.namelist():
            value = replaced if part == name else archive.read(part)
            if value is not None:
                other.writestr(part, value)
    return made.getvalue()


@pytest.mark.parametrize(
    "part, replaced",
    [
        ("config.json", b"{"),
        ("config.json", b"[]"),
        ("config.json", b"{}"),
        ("metadata.json", b"5"),
        ("model.weights.h5", b"junk"),
        ("model.weights.h5", None),
    ],
)
def test_a_whole_archive_of_something_else_is_one_sentence(saved, part, replaced):
    path, content = saved
    path.write_bytes(_with_part(content, part, replaced))
    with pytest.raises(ValueError, match=r"not a complete `.keras` file: .*Received: file='.*gan.keras'$"):
        keras_gan.training.load_model(path)


@pytest.mark.parametrize(
    "before, after, message",
    [
        (b'"units": 2', b'"units": "many"', r"invalid value for `units`, .* Received: units=many, file='.*gan.keras'$"),
        (
            b'"Sequential"',
            b'"Unknown"',
            r"^The model in this file cannot be built: Could not .*Unknown.* Received: file=",
        ),
    ],
)
def test_a_model_that_keras_cannot_build_is_named_by_its_file(saved, before, after, message):
    path, content = saved
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        config = archive.read("config.json")
    path.write_bytes(_with_part(content, "config.json", config.replace(before, after).replace(b"keras.src", b"none")))
    with pytest.raises(ValueError, match=message) as error:
        keras_gan.training.load_model(path)
    assert "\n" not in str(error.value)


def test_a_file_that_cannot_be_read_is_not_damaged(saved, monkeypatch):
    path, content = saved
    path.write_bytes(content)
    assert keras_gan.training.load_model(path).output_shape == (None, 2)
    with pytest.raises(FileNotFoundError, match=r"none.keras"):
        keras_gan.training.load_model(path.with_name("none.keras"))

    def fail(archive):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(zipfile.ZipFile, "testzip", fail)
    with pytest.raises(OSError, match="Input/output error"):
        keras_gan.training.load_model(path)


@pytest.mark.parametrize("year", [1970, 2108])
def test_a_clock_that_no_file_can_hold_is_named(networks, tmp_path, monkeypatch, year):
    gan = keras_gan.LSGAN(*networks())
    monkeypatch.setattr(time, "localtime", lambda *arguments: time.struct_time((year, 1, 1, 0, 0, 0, 0, 1, 0)))
    with pytest.raises(
        OSError, match=rf"could not be saved.*clock says {year}, .* 1980 to 2107. Set the clock.*gan.keras"
    ):
        gan.save(tmp_path / "gan.keras")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(gan, tmp_path):
    with pytest.raises(OSError, match=r"could not be saved.*No such file or directory.*missing/gan.keras"):
        gan.save(tmp_path / "missing" / "gan.keras")


def test_what_a_killed_save_left_is_removed(gan, tmp_path):
    (tmp_path / ".gan.keras.1.01234567.keras").touch()
    gan.save(tmp_path / "gan.keras")
    assert list(tmp_path.iterdir()) == [tmp_path / "gan.keras"]


def test_bad_file_names(gan, tmp_path):
    with pytest.raises(ValueError, match=r"must end in `.keras`. Received: filepath="):
        gan.save(tmp_path / "gan.h5")
    (tmp_path / "gan.keras").touch()
    with pytest.raises(FileExistsError, match=r"exists and `overwrite=False`"):
        gan.save(tmp_path / "gan.keras", overwrite=False)


def test_a_file_of_another_format_is_refused_in_one_sentence(gan):
    config = gan.get_config() | {"format": 1}
    with pytest.raises(
        ValueError, match=r"Another version of keras_gan wrote this file, in format 1.*Received: format=1"
    ):
        keras_gan.LSGAN.from_config(config)
    del config["format"]
    with pytest.raises(ValueError, match="in format 1"):
        keras_gan.LSGAN.from_config(config)


def test_weights_that_cannot_be_written_leave_the_old_file(networks, tmp_path, monkeypatch):
    gan, path = keras_gan.LSGAN(*networks()), tmp_path / "gan.weights.h5"
    gan.save_weights(path)
    before = path.read_bytes()

    def save(model, temporary, **options):
        pathlib.Path(temporary).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(keras.Model, "save_weights", save)
    with pytest.raises(OSError, match="No space left"):
        gan.save_weights(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
