"""A resume keeps the rates that training has changed, and takes those that the user has changed."""

import keras
import numpy as np
import pytest

import keras_gan
from keras_gan._fit_control import RestartFit
from keras_gan.callbacks import Checkpoint
from keras_gan.callbacks._checkpoint_files import read_checkpoint, write_checkpoint
from keras_gan.penalties import R1
from keras_gan.schedules import Linear

FALLING, STEEPER = Linear(0.1, 0.0, 100), Linear(0.1, 0.0, 50)


class Scale(keras.callbacks.Callback):
    """Halves the rates at the end of the first epoch, as a rollback of TrainingHealth does."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 0:
            self.model.scale_learning_rates(0.5)


class Assign(keras.callbacks.Callback):
    """A schedule of the user's: it assigns another rate in the first epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 0:
            self.model.generator_optimizer.learning_rate = 0.03


def plain(optimizer):
    return optimizer


@pytest.fixture
def program(walk):
    """Builds a GAN whose players have these rates."""

    def program(generator=0.1, discriminator=0.1, wrap=plain, **options):
        gan = walk(**options)
        gan.compile(
            wrap(keras.optimizers.SGD(generator, momentum=0.9)),
            wrap(keras.optimizers.SGD(discriminator, momentum=0.9)),
            run_eagerly=True,
        )
        return gan

    return program


def rates(gan):
    return [float(getattr(gan, f"{name}_optimizer").learning_rate) for name in ("generator", "discriminator")]


def close(*expected):
    return pytest.approx(expected, rel=1e-6)


@pytest.mark.long
@pytest.mark.parametrize(
    "callback, wrap",
    [
        (Scale, plain),
        *(
            pytest.param(*c, marks=pytest.mark.long)
            for c in ((Assign, plain), (Scale, keras.optimizers.LossScaleOptimizer))
        ),
    ],
)
def test_the_same_program_keeps_the_rates_that_training_has_changed(tmp_path, program, fit, callback, wrap):
    whole = program(wrap=wrap)
    fit(whole, callback())
    fit(program(wrap=wrap), callback(), Checkpoint(tmp_path), epochs=1)
    gan = program(wrap=wrap)
    fit(gan, callback(), Checkpoint(tmp_path))
    assert gan.fingerprint() == whole.fingerprint()
    assert rates(gan)[0] in (pytest.approx(0.05), pytest.approx(0.03))


@pytest.mark.parametrize("wrap", [plain, pytest.param(keras.optimizers.LossScaleOptimizer, marks=pytest.mark.long)])
def test_a_new_rate_replaces_the_one_that_training_has_changed(tmp_path, program, fit, wrap):
    fit(program(wrap=wrap), Scale(), Checkpoint(tmp_path), epochs=1)
    gan = program(0.02, wrap=wrap)
    with pytest.warns(UserWarning, match=r"new ones: generator_optimizer.learning_rate was 0.1, now 0.02\. For"):
        fit(gan, Checkpoint(tmp_path))
    # The discriminator's is as it was: halved.
    assert rates(gan) == close(0.02, 0.05)
    # The new rate is that of the run from now on.
    again = program(0.02, wrap=wrap)
    fit(again, Checkpoint(tmp_path), epochs=3)
    assert rates(again) == close(0.02, 0.05)


@pytest.mark.long
def test_new_rates_of_both_players_are_one_difference(tmp_path, program, fit):
    fit(program(), Checkpoint(tmp_path), epochs=1)
    gan = program(0.02, 0.02)
    message = "new ones: generator_optimizer.learning_rate and discriminator_optimizer.learning_rate were 0.1, now 0.02"
    with pytest.warns(UserWarning, match=message):
        fit(gan, Checkpoint(tmp_path))
    assert rates(gan) == close(0.02, 0.02)


@pytest.mark.long
def test_a_rewind_keeps_the_new_rate_and_what_training_has_changed_since(tmp_path, program, fit):
    class Rewind(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == len(seen) + 1:
                position = checkpoint.rewind()
                seen.append(rates(self.model)[0])
                self.model.scale_learning_rates(0.5)
                raise RestartFit(position)

    fit(program(), Checkpoint(tmp_path), epochs=1)
    seen, checkpoint = [], Checkpoint(tmp_path)
    gan = program(0.02)
    with pytest.warns(UserWarning, match="now 0.02"):
        fit(gan, Rewind(), checkpoint, epochs=3)
    # First to the checkpoint that was written with the old rate, then to one with the halved new one.
    assert seen == close(0.02, 0.01)


@pytest.mark.long
def test_a_rewind_in_a_run_that_did_not_resume_takes_the_rates_of_the_checkpoint(tmp_path, program, fit):
    class Rewind(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                self.model.scale_learning_rates(0.5)
                checkpoint.rewind()

    checkpoint, gan = Checkpoint(tmp_path), program()
    fit(gan, Rewind(), checkpoint)
    assert rates(gan) == close(0.1, 0.1)


@pytest.mark.parametrize("compile_again", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_second_fit_of_one_process_takes_a_new_rate(tmp_path, program, fit, compile_again):
    gan = program()
    fit(gan, Scale(), Checkpoint(tmp_path), epochs=1)
    if compile_again:
        gan.compile(
            keras.optimizers.SGD(0.02, momentum=0.9), keras.optimizers.SGD(0.05, momentum=0.9), run_eagerly=True
        )
    else:
        gan.generator_optimizer.learning_rate = 0.02
    with pytest.warns(UserWarning, match="new ones: generator_optimizer.learning_rate was 0.05, now 0.02"):
        fit(gan, Checkpoint(tmp_path))
    assert rates(gan) == close(0.02, 0.05)
    # A new process begins with the rate of the first `fit`, which is no new one.
    again = program()
    fit(again, Checkpoint(tmp_path))
    assert again.fingerprint() == gan.fingerprint()


@pytest.mark.long
def test_rates_that_were_halved_since_the_checkpoint_are_not_new(tmp_path, program, fit, fit_until_killed):
    gan = program()
    fit_until_killed(gan, Scale(), Checkpoint(tmp_path, unit="step", every=3), after=5)
    assert rates(gan) == close(0.05, 0.05)
    fit(gan, Checkpoint(tmp_path))
    assert rates(gan) == close(0.1, 0.1)


@pytest.mark.long
@pytest.mark.parametrize("wrap", [plain, pytest.param(keras.optimizers.LossScaleOptimizer, marks=pytest.mark.long)])
@pytest.mark.parametrize("before, now, words", [(0.1, FALLING, "0.1, now Linear"), (FALLING, 0.02, "Linear, now 0.02")])
def test_a_rate_can_become_a_schedule_and_a_schedule_a_rate(tmp_path, program, fit, wrap, before, now, words):
    begun = program(before, wrap=wrap)
    fit(begun, Checkpoint(tmp_path), epochs=1)
    gan = program(now, wrap=wrap)
    with pytest.warns(UserWarning, match=rf"new ones: generator_optimizer.*\.learning_rate was {words}\. For"):
        fit(gan, Checkpoint(tmp_path), epochs=1)
    assert rates(gan)[0] == pytest.approx(0.02 if now == 0.02 else 0.1 * (1 - 4 / 100))
    # All other state is that of the checkpoint.
    for one, other in zip(momenta(gan), momenta(begun), strict=True):
        np.testing.assert_array_equal(one, other)


def momenta(gan):
    return [np.asarray(variable) for variable in gan.generator_optimizer.variables if "momentum" in variable.path]


@pytest.mark.long
def test_a_new_schedule_does_not_have_the_factor_of_the_old_one(tmp_path, program, fit):
    fit(program(FALLING, FALLING), Scale(), Checkpoint(tmp_path), epochs=1)
    gan = program(STEEPER, STEEPER)
    with pytest.warns(UserWarning, match=r"learning_rate.steps and .*learning_rate.steps were 100, now 50\. For"):
        fit(gan, Checkpoint(tmp_path), epochs=1)
    assert float(gan.training_state.learning_rate_factor) == 1.0


@pytest.mark.long
def test_a_new_schedule_next_to_an_old_one_keeps_the_factor_and_says_so(tmp_path, program, fit):
    fit(program(FALLING, FALLING), Scale(), Checkpoint(tmp_path), epochs=1)
    gan = program(STEEPER, FALLING)
    with pytest.warns(UserWarning, match=r"keeps these old ones, .*: the factor 0.5, by which training"):
        fit(gan, Checkpoint(tmp_path), epochs=1)
    assert float(gan.training_state.learning_rate_factor) == 0.5


@pytest.mark.long
def test_the_rate_of_a_player_with_a_lazy_penalty(tmp_path, program, fit):
    lazy = keras_gan.penalties.Lazy(keras_gan.penalties.R1(1.0), every=4)
    fit(program(penalties=[lazy]), Checkpoint(tmp_path), epochs=1)
    gan = program(0.1, 0.02, penalties=[lazy])
    with pytest.warns(UserWarning, match="new ones: discriminator_optimizer.learning_rate was 0.1, now 0.02"):
        fit(gan, Checkpoint(tmp_path))
    # Its updates are 5/4 as many as the steps, and their rate is 4/5 as high.
    assert rates(gan)[1] == pytest.approx(0.02 * 4 / 5)


@pytest.mark.long
@pytest.mark.parametrize(
    "changed, updates, step",
    [({"discriminator_steps": 2}, "2", 2), ({"penalties": [keras_gan.penalties.Lazy(R1(1.0), every=4)]}, "1.25", 3)],
)
def test_a_schedule_that_is_read_at_another_step_is_told(tmp_path, fit, changed, updates, step):
    def program(rate, **options):
        networks = keras_gan.networks.mlp(image_shape=(4, 4, 1), latent_dim=2, width=2)
        gan = keras_gan.LSGAN(*networks, **options)
        gan.compile(keras.optimizers.SGD(rate), keras.optimizers.SGD(rate), run_eagerly=True)
        return gan

    fit(program(FALLING), Checkpoint(tmp_path), epochs=1)
    message = (
        rf"keeps these old ones.*: the count of updates of discriminator_optimizer, which had 1 in a training step and "
        rf"now has {updates}, so that its schedule continues from step {step} instead of 4\. For"
    )
    gan = program(FALLING, **changed)
    with pytest.warns(UserWarning, match=message):
        fit(gan, Checkpoint(tmp_path), epochs=1)
    share = 1.0 / 1.25 if updates == "1.25" else 1.0
    assert rates(gan)[1] == pytest.approx(share * 0.1 * (1 - step / 100))


@pytest.mark.long
@pytest.mark.parametrize("settings", [None, pytest.param(5, marks=pytest.mark.long)])
def test_a_checkpoint_that_does_not_say_with_which_rates_it_began(tmp_path, program, fit, checkpoint_of, settings):
    fit(program(), Scale(), Checkpoint(tmp_path), epochs=1)
    meta, values = read_checkpoint(checkpoint_of(4))
    write_checkpoint(checkpoint_of(4), {**meta, "settings": settings}, values)
    same = program()
    fit(same, Checkpoint(tmp_path), epochs=1)
    assert rates(same) == close(0.05, 0.05)
    other = program(0.02)
    with pytest.warns(UserWarning, match="new ones: generator_optimizer.learning_rate was 0.05, now 0.02"):
        fit(other, Checkpoint(tmp_path), epochs=1)
    assert rates(other) == close(0.02, 0.05)
