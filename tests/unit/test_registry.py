"""The registry: names and facts are those of config/, and of nothing else."""

import importlib
import subprocess
import sys

import pytest
import yaml

from associated_learning import registry

LISTS = {"methods.yaml": registry.methods, "networks.yaml": registry.networks}


@pytest.mark.parametrize("file", LISTS)
def test_methods_and_networks_are_those_of_their_file_in_its_order(file):
    written = yaml.safe_load((registry.CONFIG / file).read_text(encoding="utf-8"))
    assert list(LISTS[file]()) == list(written) and LISTS[file]() == written


def test_data_sets_are_those_of_the_folder_in_the_order_that_they_name():
    files = {path.stem for path in (registry.CONFIG / "datasets").glob("*.yaml")}
    assert set(registry.datasets()) == files
    places = [entry["order"] for entry in registry.datasets().values()]
    assert places == sorted(places)


def test_a_data_set_of_equal_order_stands_where_its_name_puts_it(tmp_path, monkeypatch):
    (tmp_path / "datasets").mkdir()
    for name, order in (("b", 1), ("a", 1), ("c", 0)):
        (tmp_path / f"datasets/{name}.yaml").write_text(f"order: {order}\nfiles: []\n")
    monkeypatch.setattr(registry, "CONFIG", tmp_path)
    assert list(registry.datasets.__wrapped__()) == ["c", "a", "b"]


def test_only_data_sets_with_files_are_downloaded():
    assert registry.downloaded() == ["mnist", "cifar10", "cifar100"]


def test_modules_of_methods_and_networks_are_there():
    assert registry.method_module("al") == "associated_learning.methods.associated"
    assert registry.method_module("same_path") == "associated_learning.methods.same_path"
    assert registry.network_module("resnet32") == "associated_learning.networks.resnet"
    for name in registry.methods():
        importlib.import_module(registry.method_module(name))
    for name in registry.networks():
        module = importlib.import_module(registry.network_module(name))
        assert {"blocks", "head", "protocol"} <= vars(module).keys()


def test_what_stands_beside_family_and_label_is_passed_on_to_the_blocks():
    assert registry.network_options("resnet20") == {"depth": 20}
    assert registry.network_options("mlp") == {}
    assert registry.network_options("resnet20_nopool") == {"depth": 20, "pool": False}


def test_a_variant_is_shown_beside_a_network_and_others_in_their_own_place():
    assert registry.shown_beside("resnet20_nopool") == "resnet20"
    assert registry.shown_beside("resnet20") == "resnet20"
    assert registry.shown_beside("unheard_of") == "unheard_of"


def test_there_need_be_no_control(monkeypatch):
    assert registry.control() == "frozen"
    monkeypatch.setattr(registry, "methods", lambda: {"a": {"role": "method"}})
    assert registry.control() is None


def test_one_method_is_the_thesis_own_and_one_what_it_is_compared_with():
    assert (registry.baseline(), registry.thesis_method()) == ("bp", "al")


def test_two_methods_of_one_role_are_refused(monkeypatch):
    twice = {"a": {"role": "baseline"}, "b": {"role": "baseline"}}
    monkeypatch.setattr(registry, "methods", lambda: twice)
    with pytest.raises(ValueError, match="unpack"):
        registry.baseline()
    with pytest.raises(ValueError, match="unpack"):
        registry.thesis_method()


def test_labels_are_those_of_the_files_and_of_others_the_name():
    assert registry.method_label("al_target_first") == "AL, target path first"
    assert registry.network_label("resnet20") == "ResNet-20"
    assert registry.dataset_label("mnist") == "MNIST"
    for label in (registry.method_label, registry.network_label, registry.dataset_label):
        assert label("unheard_of") == "unheard_of"


def test_classes_are_those_of_the_data_set():
    assert [registry.classes(name) for name in ("mnist", "cifar100")] == [10, 100]


def test_what_is_listed_is_ranked_by_place_and_before_all_others_by_name():
    names = ["z", "cifar10", "a", "mnist"]
    ranked = sorted(names, key=lambda name: registry.rank(registry.datasets(), name))
    assert ranked == ["mnist", "cifar10", "a", "z"]


def test_reading_it_takes_neither_torch_nor_pandas():
    code = (
        "import sys; from associated_learning import registry, plan, closure\n"
        "registry.methods(), registry.networks(), registry.datasets()\n"
        "assert not {'torch', 'pandas', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
