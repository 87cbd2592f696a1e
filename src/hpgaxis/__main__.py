"""The command line as `python -m hpgaxis`."""

from .cli.main import app

if __name__ == "__main__":
    app(prog_name="hpg")
