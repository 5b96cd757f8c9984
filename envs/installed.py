"""Associated Learning, installed: the package lies in src/ here, beside config/ (see setup.py)."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

spec = spec_from_file_location(__name__, Path(__file__).parent / "src" / __name__ / "__init__.py")
sys.modules[__name__] = module = module_from_spec(spec)
spec.loader.exec_module(module)
