"""`keras_gan export` as a script: `python examples/export.py --help`."""

from keras_gan_cli.main import run

if __name__ == "__main__":
    run("export")
