"""Files of combinations: what a cell means, and what is no such file."""

import pytest

from mlrun_jupyter import get_dataitem
from mlrun_jupyter.errors import InvalidArgumentError
from mlrun_jupyter.sweeps import param_file


def read(name, text):
    item = get_dataitem(f"memory://param-files/{name}")
    item.put(text)
    return param_file.read(item)


def test_types_of_cells_are_kept_and_blanks_mean_nothing():
    found, strategy = read("a.csv", 'x,eta,kind,layers\n1,0.5,tree,"[1, 2]"\n\n2,,true,\n')
    assert found == {"x": [1, 2], "eta": [0.5, None], "kind": ["tree", True], "layers": [[1, 2], None]}
    assert strategy == "list"
    assert read("a.json", '{"x": [1, 2.5, "a", null]}') == ({"x": [1, 2.5, "a", None]}, "grid")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "", "a row of names"),
        ("a.csv", "x,y\n", "a row of names"),
        ("a.csv", "x,y\n1,2\n3\n", "1 values for 2 names.*row 3"),
        ("a.csv", ",x\n0,1\n", "column 1 has no name.*index=False"),
        ("a.csv", "x,y,x\n1,2,3\n", "several columns are called 'x'"),
        ("a.json", '{"x": 3}', "maps names to lists"),
        ("a.json", '{"x": [1', "not valid JSON"),
        ("a.txt", "x\n1\n", ".csv or .json"),
    ],
)
def test_what_is_no_param_file_is_told(name, text, told):
    with pytest.raises(InvalidArgumentError, match=told):
        read(name, text)
