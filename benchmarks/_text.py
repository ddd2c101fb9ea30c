"""What the benchmarks of text share: the optimizers of all models that write one token after another."""

import keras

import keras_gan


def adam(rate):
    """Return Adam as the papers' codes have it, with gradients of a norm of at most 5."""
    return keras.optimizers.Adam(rate, epsilon=1e-8, global_clipnorm=5.0)


def falling(rate, steps):
    """Return a rate that falls to 0 in the second half of the steps."""
    return keras_gan.schedules.LinearDecay(rate, steps, hold_steps=steps // 2)


class ThenGame(keras.optimizers.schedules.LearningRateSchedule):
    """The rate of a pre-training, `falling`, and then that of the game.

    Args:
        rate: float, the first rate.
        steps: int, training steps of the pre-training.
        game_rate: float.
    """

    def __init__(self, rate, steps, game_rate):
        self.rate, self.steps, self.game_rate = rate, steps, game_rate

    def __call__(self, step):
        """Return the rate of a training step."""
        return keras.ops.where(step < self.steps, falling(self.rate, self.steps)(step), self.game_rate)

    def get_config(self):
        """Return the constructor's arguments."""
        return {"rate": self.rate, "steps": self.steps, "game_rate": self.game_rate}
