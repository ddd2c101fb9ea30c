"""`keras_gan evaluate` as a script: `python examples/evaluate.py --help`."""

from keras_gan_cli.main import run

if __name__ == "__main__":
    run("evaluate")
