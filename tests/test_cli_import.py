import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from classblocks import study as studies
from classblocks.cli import main

ROWS = [(0, 0), (0, 1), (1, 1), (2, 2), (2, 0), (2, 2)]


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def failure(*arguments):
    result = run(*arguments)
    assert result.exit_code == 1, result.output
    assert result.stderr.count("Error:") == 1
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    return result.stderr


@pytest.fixture
def classes(tmp_path):
    file = tmp_path / "classes.txt"
    file.write_text("cat\ndog\ncar\n")
    return file


def csv(path, rows, header="true,pred"):
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def write_parquet(path):
    true, pred = np.array(ROWS).T
    pq.write_table(pa.table({"true": true, "pred": pred}), path)


def write_npz(path):
    true, pred = np.array(ROWS).T
    np.savez(path, true=true, pred=pred)


@pytest.mark.parametrize("form", ["csv", "parquet", "npz"])
def test_each_form_gives_the_same_study(tmp_path, classes, form):
    file = tmp_path / f"p.{form}"
    {"csv": lambda f: csv(f, ROWS), "parquet": write_parquet, "npz": write_npz}[form](file)
    result = run(
        "import", tmp_path / "s", "--name", "r", "--predictions", file, "--classes", classes,
        "--model", "net", "--epoch", 3,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "r: 6 samples" in result.output
    study = studies.open(tmp_path / "s")
    np.testing.assert_array_equal(study.confusion("r"), [[1, 1, 0], [0, 1, 0], [1, 0, 2]])
    assert study.results["r"].coordinates.epoch == 3
    assert list(study.hierarchies) == ["derived"]


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        ([(0, 0), (3, 1)], "true,pred", "3"),
        ([(0, 0), (-1, 1)], "true,pred", "-1"),
        ([(0,), (1,)], "true", "pred"),
        ([(0, 0, 7), (1, 1, 7)], "true,pred,sample_id", "7"),
        ([(0, 0, "nan"), (1, 1, -0.5)], "true,pred,p_pred", "-0.5"),
        ([(0, 0), (1,)], "true,pred", "p.csv"),
    ],
)
def test_bad_predictions_are_one_error_and_leave_nothing(tmp_path, classes, rows, header, said):
    file = csv(tmp_path / "p.csv", rows, header)
    said_in = failure(
        "import", tmp_path / "s", "--name", "r", "--predictions", file, "--classes", classes
    )
    assert said in said_in
    assert not (tmp_path / "s" / "study.json").exists()


@pytest.mark.parametrize(
    "bad",
    [
        [[0.5, np.nan, 0.5], [1, 0, 0]],
        [[0.5, 0.7, -0.2], [1, 0, 0]],
        [[0.5, 0.5, 0.5], [1, 0, 0]],
        [[0.5, 0.5], [1, 0]],
    ],
)
def test_bad_probabilities_are_one_error(tmp_path, classes, bad):
    np.savez(tmp_path / "p.npz", true=[0, 1], probabilities=np.array(bad))
    message = failure(
        "import", tmp_path / "s", "--name", "r", "--predictions", tmp_path / "p.npz",
        "--classes", classes,
    )  # fmt: skip
    assert "probabilities" in message


def test_a_result_is_never_overwritten(tmp_path, classes):
    file = csv(tmp_path / "p.csv", ROWS)
    arguments = ("import", tmp_path / "s", "--name", "r", "--predictions", file)
    assert run(*arguments, "--classes", classes).exit_code == 0
    assert "exists already" in failure(*arguments)


def test_a_name_that_leaves_the_study_is_refused(tmp_path, classes):
    file = csv(tmp_path / "p.csv", ROWS)
    arguments = ("import", tmp_path / "s", "--predictions", file, "--classes", classes)
    assert "not allowed" in failure(*arguments, "--name", "../r")


def test_missing_files_are_usage_errors(tmp_path):
    result = run("import", tmp_path / "s", "--name", "r", "--predictions", tmp_path / "no.csv")
    assert result.exit_code == 2
    assert "no.csv" in result.stderr


def test_check_finds_a_damaged_file(tmp_path, classes):
    file = csv(tmp_path / "p.csv", ROWS)
    run("import", tmp_path / "s", "--name", "r", "--predictions", file, "--classes", classes)
    fine = run("check", tmp_path / "s")
    assert fine.exit_code == 0, fine.output
    assert "no problems" in fine.output
    victim = tmp_path / "s" / "results" / "r" / "predictions.parquet"
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 255
    victim.write_bytes(content)
    broken = run("check", tmp_path / "s")
    assert broken.exit_code == 1
    assert "predictions.parquet" in broken.output


def test_a_hierarchy_of_the_study_is_not_replaced_by_another(tmp_path, classes):
    file, tree = csv(tmp_path / "p.csv", ROWS), tmp_path / "tree.csv"
    tree.write_text("path\nall/cat\nall/b/dog\nall/b/car\n")
    arguments = ("import", tmp_path / "s", "--predictions", file, "--classes", classes)
    arguments += ("--hierarchy", tree)
    assert run(*arguments, "--name", "one").exit_code == 0
    assert run(*arguments, "--name", "two").exit_code == 0
    stored = (tmp_path / "s" / "hierarchies" / "tree.json").read_bytes()
    tree.write_text("path\nall/b/cat\nall/b/dog\nall/car\n")
    assert "another hierarchy 'tree' is in the study" in failure(*arguments, "--name", "three")
    assert (tmp_path / "s" / "hierarchies" / "tree.json").read_bytes() == stored
    assert list(studies.open(tmp_path / "s").results) == ["one", "two"]
    again = ("hierarchy", tmp_path / "s", "--import", tree)
    assert "--replace" in failure(*again)
    assert run(*again, "--replace").exit_code == 0
    assert run(*arguments, "--name", "three").exit_code == 0


def test_probabilities_are_ranked_by_distance_too(tmp_path):
    p = np.array([[0.4, 0.35, 0.25], [0.36, 0.3, 0.34], [0.1, 0.8, 0.1]])
    np.savez(tmp_path / "p.npz", true=[0, 2, 1], probabilities=p)
    (tmp_path / "tree.csv").write_text("path\nall/class 0\nall/b/class 1\nall/b/class 2\n")
    arguments = ("import", tmp_path / "s", "--name", "r", "--predictions", tmp_path / "p.npz")
    result = run(*arguments, "--hierarchy", tmp_path / "tree.csv", "--crm", "tree")
    assert result.exit_code == 0, result.output
    assert "r-crm: the same, ranked by distance in 'tree'" in result.output
    study = studies.open(tmp_path / "s")
    # Distances 2 across, 1 inside b: risks 1.2 1.05 1.15, 1.28 1.06 1.02, 1.8 0.3 1.
    assert study.results["r-crm"].pred.tolist() == [1, 2, 1]
    assert study.results["r"].pred.tolist() == [0, 0, 1]
    # The last result that is not ranked by distance is the one a command looks at.
    assert run("report", tmp_path / "s").output.splitlines()[0] == "s · r"
    assert run("report", tmp_path / "s", "--result", "r-crm").output.startswith("s · r-crm")
    assert "errors of r\n" in run("hierarchy", tmp_path / "s", "--partition", 2).output
    assert "no hierarchy 'x'" in failure(*arguments, "--crm", "x")
