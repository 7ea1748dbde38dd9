"""`python -m extractor.cli` is the same as `tailor`."""

from extractor.cli.main import run

if __name__ == "__main__":
    run()
