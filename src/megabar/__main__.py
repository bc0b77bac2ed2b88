"""Run the command line as ``python -m megabar``."""

import sys

from megabar.cli.main import main

sys.exit(main())
