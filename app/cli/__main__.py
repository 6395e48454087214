"""``python -m app.cli``, the same as ``taskoverflow``."""

from app.cli.main import main

main()
