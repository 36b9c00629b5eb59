"""The benchmarks are programs and no package: their modules are found beside one another."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))
