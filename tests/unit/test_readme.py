"""What the README shows runs as shown."""

import re
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_example_of_an_own_network_prints_what_the_readme_says():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert f"`{line}`" in README


def test_every_path_that_the_readme_names_exists():
    root = Path(__file__).parents[2]
    named = re.findall(r"`((?:src|rules|config|envs|docs|tests)/[\w./-]+)`", README)
    assert len(named) > 5
    for path in named:
        assert (root / path).exists(), path
