"""`keras_gan train` as a script: `python examples/train.py --help`."""

from keras_gan_cli.main import run

if __name__ == "__main__":
    run("train")
