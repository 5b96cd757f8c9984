"""A name stands once: in config/ and in its own file, nowhere else in src/ and rules/."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from associated_learning import registry

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
PACKAGE = SOURCE / "associated_learning"
MODULES = sorted(path.relative_to(SOURCE).as_posix() for path in PACKAGE.rglob("*.py"))
RULES = ["Snakefile", *sorted(f"rules/{path.name}" for path in (ROOT / "rules").glob("*.smk"))]
SCALES = {path.stem for path in (ROOT / "config/scales").glob("*.yaml")}
FAMILIES = {entry["family"] for entry in registry.networks().values()}
NAMES = {*registry.methods(), *registry.networks(), *registry.datasets(), *SCALES}
# Also English: in a sentence, a text with a blank, these need not be names.
WORDS = {"digits", "laptop", "smoke", "thesis"}
# The column that says where in the thesis a claim stands.
COLUMNS = {
    "associated_learning/tables/claims.py": {"thesis"},
    "associated_learning/answers.py": {"thesis"},
}
HEXADECIMAL = "0-9a-f"  # of a hash, not of a name


def own_names(module: str) -> set[str]:
    """What a module may name: itself, where it is a method's, a network's or a data set's."""
    dotted = module.removesuffix(".py").replace("/", ".")
    readers = {name: entry["reader"] for name, entry in registry.datasets().items()}
    return {
        *(name for name in registry.methods() if registry.method_module(name) == dotted),
        *(name for name in registry.networks() if registry.network_module(name) == dotted),
        *(name for name, reader in readers.items() if reader.rpartition(".")[0] == dotted),
    }


def texts(tree: ast.Module) -> Iterator[str]:
    """All string constants, also those between the values of an f-string, but for docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            if isinstance(node.value, str):
                yield node.value
            elif isinstance(node.value, bytes):
                yield node.value.decode("latin-1")


def named(text: str) -> set[str]:
    """Names that a text holds as a word, or families that it is."""
    words = {word.strip("_") for word in re.findall(r"\w+", text.replace("et al.", ""))} | {text}
    return (words & (NAMES - WORDS if " " in text else NAMES)) | ({text} & FAMILIES)


def names_in(source: str, module: str = "associated_learning/plan.py") -> set[str]:
    """Names that a module holds and has not to."""
    found = set().union(*map(named, texts(ast.parse(source))))
    return found - own_names(module) - COLUMNS.get(module, set())


@functools.cache
def classes_of_methods() -> set[str]:
    trees = [ast.parse(path.read_text("utf-8")) for path in (PACKAGE / "methods").glob("*.py")]
    return {
        node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    }


def kinds_told_apart(source: str) -> set[str]:
    """Classes of methods that a module asks an object for, or imports from a method's module."""
    own = {registry.method_module(method) for method in registry.methods()}
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom | ast.Import):
            froms = [getattr(node, "module", None), *(alias.name for alias in node.names)]
            froms += [f"{froms[0]}.{alias.name}" for alias in node.names]
            found |= own & set(froms)
        asked = isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "isinstance",
            "issubclass",
        )
        if asked or isinstance(node, ast.Compare):
            words = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            words |= {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
            found |= words & classes_of_methods()
    return found


def digits_parsed(source: str) -> list[str]:
    """What takes digits off a name, or looks for them in one."""
    found = []
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            stripped = [ast.unparse(argument) for argument in node.args]
            if "strip" in node.func.attr and any(
                "digits" in argument or re.search("[0-9]", argument) for argument in stripped
            ):
                found.append(ast.unparse(node))
            if node.func.attr == "isdigit":
                found.append(ast.unparse(node))
    patterns = (text for text in texts(tree) if HEXADECIMAL not in text)
    return found + [text for text in patterns if re.search(r"\\d|\[0-9", text)]


def words_of_rules(text: str) -> set[str]:
    """Words of a rule file, without its comments."""
    code = re.sub(r"(?m)(^|\s)#.*$", "", text)
    return set(re.findall(r"\w+", code))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_names_no_method_network_data_set_or_scale_but_its_own(module):
    assert names_in((SOURCE / module).read_text(encoding="utf-8"), module) == set()


@pytest.mark.parametrize(
    "source",
    [
        'if method == "al":\n    pass',
        'if method in ("same_path", "same_path_mse"):\n    pass',
        'looks = {"bp": "red"}',
        'path = f"results/{scale}/mnist/{arch}"',
        'path = f"results/{scale}/{dataset}/al_{arch}"',
        'path = "results/laptop/jobs.csv"',
        'sys.exit(f"{arch}: give runs of resnet20 alone")',
        'if scale == "smoke":\n    pass',
        'if dataset == "digits":\n    pass',
        'def draw(method="bp"):\n    """Draw."""',
        'name = f"resnet{depth}"',
        'if name.startswith("sigmoid"):\n    pass',
        'if path.read_bytes().startswith(b"vgg"):\n    pass',
        'class A:\n    """Doc."""\n    "cifar10"\n    x = "cifar10"',
    ],
)
def test_a_name_that_somebody_writes_into_the_code_is_found(source):
    assert names_in(source)


@pytest.mark.parametrize(
    "source",
    [
        '"""Of al and bp, on mnist."""',
        'def f():\n    """As smoke does, resnet20 and al."""',
        'sys.exit("the thesis has no such network")',
        "al = registry.thesis_method()",
        'caption = "AL above BP"',
    ],
)
def test_docstrings_variables_and_english_are_no_names(source):
    assert not names_in(source)


def test_a_file_may_name_itself_and_no_other():
    source = 'x = "al"'
    assert not names_in(source, "associated_learning/methods/associated.py")
    assert names_in(source, "associated_learning/methods/backprop.py")
    assert not names_in('x = "digits"', "associated_learning/data/digits.py")


@pytest.mark.parametrize("file", RULES)
def test_no_rule_names_a_method_network_data_set_or_scale(file):
    assert words_of_rules((ROOT / file).read_text(encoding="utf-8")) & NAMES == set()


def test_a_name_that_somebody_writes_into_a_rule_is_found():
    assert words_of_rules('input:\n    "results/al/x.csv", # of bp\n') & NAMES == {"al"}


@pytest.mark.parametrize(
    "module", [module for module in MODULES if "associated_learning/methods/" not in module]
)
def test_nobody_but_the_methods_tells_them_apart_by_class(module):
    assert kinds_told_apart((SOURCE / module).read_text(encoding="utf-8")) - {"Method"} == set()


@pytest.mark.parametrize(
    "source",
    [
        "if isinstance(network, AssociatedNetwork):\n    pass",
        "if isinstance(network, (Other, associated.AssociatedNetwork)):\n    pass",
        "local = issubclass(kind, SamePathNetwork)",
        "if type(network) is BackpropNetwork:\n    pass",
        "from associated_learning.methods.associated import AssociatedNetwork",
        "from associated_learning.methods import target_first",
        "import associated_learning.methods.backprop",
    ],
)
def test_telling_methods_apart_by_class_is_found(source):
    assert kinds_told_apart(source)


@pytest.mark.parametrize("module", MODULES)
def test_no_module_parses_digits_out_of_names(module):
    assert digits_parsed((SOURCE / module).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        'family = arch.rstrip("0123456789")',
        "family = arch.rstrip(string.digits)",
        'depth = int(re.search(r"(\\d+)$", arch)[1])',
        'depth = re.fullmatch("[a-z]+([0-9]+)", arch)',
        "depth = int(''.join(c for c in arch if c.isdigit()))",
    ],
)
def test_parsing_digits_out_of_names_is_found(source):
    assert digits_parsed(source)


@pytest.mark.parametrize("module", MODULES)
def test_no_module_is_longer_than_350_lines(module):
    assert len((SOURCE / module).read_text(encoding="utf-8").splitlines()) <= 350


def test_the_helpers_of_the_rules_are_fewer_than_80_lines():
    common = (ROOT / "rules/common.smk").read_text(encoding="utf-8")
    assert len(common.splitlines()) < 80
