"""heed.load_sequences on tables, as other programs write them."""

import heed
import numpy as np
import pytest

PUMPS = ",0,1,2,label\n0,1.5,2,3,calm\n1,4,5,6.5,worn\n2,7,8,9,calm\n"
RIDES = "ride,time,speed,tilt,surface\nR1,1,6,1,road\nR2,0,9,0,sand\nR1,0,5,2,road\n"


def read(tmp_path, text, name="t.csv", **options):
    (tmp_path / name).write_text(text)
    return heed.load_sequences(tmp_path / name, **options)


def test_a_table_with_labels(tmp_path):
    x, y = read(tmp_path, "1,2,3,4,a\n5,6,7,8,b\n")
    assert x.shape == (2, 4, 1) and x[1, 2, 0] == 7 and y.tolist() == ["a", "b"]
    x, y = read(tmp_path, "1,2,3,4,1\n5,6,7,8,0\n", features=2)
    assert x.shape == (2, 2, 2) and x[1, 0].tolist() == [5, 6] and y.dtype == np.int64
    x, y = read(tmp_path, "1\t0.5\t0.25\n2\t1.5\t2\n", name="t.tsv", label_column="first")
    assert x[:, :, 0].tolist() == [[0.5, 0.25], [1.5, 2]] and y.tolist() == [1, 2]


def test_a_decimal_comma(tmp_path):
    text = "u;v;label\n1,5;2;a\n-0,25;3,5;b\n"
    x, y = read(tmp_path, text, delimiter=";", decimal=",")
    assert x[:, :, 0].tolist() == [[1.5, 2], [-0.25, 3.5]] and y.tolist() == ["a", "b"]
    with pytest.raises(heed.Error, match="a number with a decimal comma .expected a decimal point, or decimal ','"):
        read(tmp_path, text, delimiter=";")
    with pytest.raises(heed.Error, match="need another delimiter"):
        read(tmp_path, text, decimal=",")
    with pytest.raises(heed.Error, match="decimal"):
        read(tmp_path, text, delimiter=";", decimal="comma")


def test_an_index_column(tmp_path):
    x, y = read(tmp_path, PUMPS, index_column="drop")
    assert x.shape == (3, 3, 1) and x[1, 2, 0] == 6.5 and y.tolist() == ["calm", "worn", "calm"]
    with pytest.raises(heed.Error, match="an index column in front.*index_column drop or keep"):
        read(tmp_path, PUMPS)
    assert read(tmp_path, PUMPS, index_column="keep")[0].shape == (3, 4, 1)


def test_without_labels_with_targets_and_with_gaps(tmp_path):
    x = read(tmp_path, "1,2\n3,4\n", label_column="none")
    assert x.shape == (2, 2, 1)
    assert read(tmp_path, "1,2\n3,4\n", steps=2).shape == (2, 2, 1)
    assert read(tmp_path, "1,2,a\n3,4,b\n", steps=2)[1].tolist() == ["a", "b"]
    x, y = read(tmp_path, "p,u,q,v\n1,2,3,0.5\n4,,6,7\n", label_column=["p", "q"], targets=True)
    assert y.tolist() == [[1, 3], [4, 6]] and np.isnan(x[1, 0, 0])
    assert read(tmp_path, "1,2,0.5\n3,4,0.25\n", targets=True)[1].tolist() == [0.5, 0.25]
    assert read(tmp_path, "0;1;l\n1;2;a\n3;4;b\n", delimiter=";", header="yes")[0].shape == (2, 2, 1)


def test_a_row_a_time_step(tmp_path):
    x, y = read(tmp_path, RIDES, sequence_column="ride", time_column="time", label_column="surface")
    assert [one.shape for one in x] == [(2, 2), (1, 2)] and x[0].tolist() == [[5, 2], [6, 1]]
    assert y.tolist() == ["road", "sand"]
    x, y = read(tmp_path, RIDES, sequence_column="ride", time_column="time", feature_columns=["tilt"])
    assert x[0].tolist() == [[2], [1]] and y.tolist() == ["road", "sand"]


def test_dates_have_an_order(tmp_path):
    rows = "ride,day,tilt,surface\na,{},1,road\na,{},2,road\n"
    columns = {"sequence_column": "ride", "time_column": "day", "label_column": "surface"}
    written = rows.format("1.2.2025", "31.1.2025")
    assert read(tmp_path, written, **columns)[0][0].tolist() == [[2], [1]]
    unclear = rows.format("1/2/2025", "2/1/2025")
    with pytest.raises(heed.Error, match="several orders.*date_order day-first or month-first"):
        read(tmp_path, unclear, **columns)
    assert read(tmp_path, unclear, date_order="day-first", **columns)[0][0].tolist() == [[2], [1]]
    assert read(tmp_path, unclear, date_order="month-first", **columns)[0][0].tolist() == [[1], [2]]


@pytest.mark.parametrize(
    "options, said",
    [
        ({"index_column": "skip"}, r"index_column: wrong value \(expected drop or keep, got 'skip'\)"),
        ({"header": "maybe"}, r"header: wrong value \(expected auto or yes or no"),
        ({"delimiter": ";;"}, r"delimiter: wrong value \(expected one character"),
        ({"time_column": "t"}, "need sequence_column"),
        ({"date_order": "day"}, r"date_order: wrong value \(expected day-first or month-first or year-first, got 'day'\)"),
        ({"label_column": "kind", "index_column": "drop"}, "no column has this name"),
    ],
)
def test_names_what_is_wrong(tmp_path, options, said):
    with pytest.raises(heed.Error, match=said):
        read(tmp_path, PUMPS, **options)
    with pytest.raises(heed.Error, match="is for tables"):
        np.save(tmp_path / "x.npy", np.zeros((2, 3)))
        heed.load_sequences(tmp_path / "x.npy", index_column="drop")


def test_fits(tmp_path):
    x, y = read(tmp_path, PUMPS, index_column="drop")
    assert heed.SequenceClassifier(hidden_size=4, epochs=2).fit(x, y).predict(x).shape == (3,)
