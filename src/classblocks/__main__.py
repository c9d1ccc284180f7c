"""``python -m classblocks``."""

from classblocks.cli import main

if __name__ == "__main__":
    main()
