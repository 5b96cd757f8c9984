#!/bin/sh
# Build an environment from its lock. Called by make when the lock has changed.
# Usage: sh envs/setup.sh [PYTHON [LOCK FOLDER]], by default python3 requirements .venv
set -eu
python=${1:-python3} lock=envs/${2:-requirements}.lock venv=${3:-.venv}
# What would install elsewhere, or let another project's modules in.
unset PIP_TARGET PIP_PREFIX PIP_ROOT PYTHONPATH PYTHONHOME
export PIP_USER=0
stop() { printf 'setup: %s\n' "$1" >&2; exit 1; }

case $(pwd -P) in *[\{\}\"\$\`\\:]* | *[[:cntrl:]]*)
    stop "a path with { } \" \$ \` \\ : or a line break cannot be worked in: move or rename $(pwd -P)" ;;
esac
command -v "$python" >/dev/null 2>&1 ||
    stop "no '$python' here. Install Python 3.11 to 3.13, or name one: make PYTHON=/path/to/python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    stop "$("$python" --version 2>&1) is too old, 3.11 to 3.13 is needed: make PYTHON=python3.11"
"$python" -c 'import sys; sys.exit(sys.version_info >= (3, 14))' || command -v cc >/dev/null 2>&1 ||
    stop "$("$python" --version 2>&1) needs a C compiler, 3.11 to 3.13 none: make PYTHON=python3.13"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    stop "$python has no venv module. On Debian and Ubuntu: apt install python3-venv"

# What it leads to would be emptied.
[ ! -L "$venv" ] || stop "$venv is a link: delete it, and run the same make command again"

echo "setup: building $venv from $lock (on disk 6 GB with torch, 0.6 GB without)"
rm -f "$venv"/.complete
"$python" -m venv --clear "$venv" || stop "python -m venv failed, see above"
"$venv"/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
    -r envs/bootstrap.lock ||
    stop "the package index did not deliver (see above). Is there a network? A proxy or mirror is
       set by pip's and uv's usual variables. Run the same make command again to retry."
"$venv"/bin/uv pip sync --quiet --compile-bytecode --python "$venv"/bin/python --require-hashes \
    envs/bootstrap.lock "$lock" ||
    stop "installing $lock failed (see above). Without a network or with a full disk
       this is expected; mend it and run the same make command again."
"$venv"/bin/uv pip install --quiet --python "$venv"/bin/python --no-deps --no-build-isolation \
    --offline -e . || stop "installing the package itself failed, see above"
touch "$venv"/.complete
echo "setup: done. To use it by hand: source $venv/bin/activate"
