import io

import pytest
from PIL import Image

import classblocks.study as cs
from classblocks.study import StudyError
from classblocks.study.importing import import_predictions


def photos(root, names):
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (90, 60), (number * 20, 0, 0)).save(root / name)
    return root


def red(study, sample_id):
    image = Image.open(io.BytesIO(study.thumbnails.read(sample_id)))
    return round(image.convert("RGB").getpixel((1, 1))[0] / 20)


def test_images_by_uri(tmp_path, write):
    root = photos(
        tmp_path / "img", ["ant/a.png", "bee/b.png", "bee/c.png", "ant/same.png", "bee/same.png"]
    )
    (root / "bee/c.png").write_bytes(b"no picture")
    file = write(
        "p.csv",
        "true,pred,uri\nbee,ant,/data/old/c.png\nbee,bee,bee/b.png\nant,ant,a.png\n"
        "ant,ant,same.png\nant,ant,\n",
    )
    done = import_predictions(tmp_path / "s", "r", file, images=root)
    assert done.n_thumbnails == 2
    assert done.unreadable == ("bee/c.png: not an image (10 bytes)",)
    assert done.n_without_image == 2
    study = cs.open(tmp_path / "s")
    assert study.thumbnails.ids().tolist() == [1, 2]
    assert [red(study, i) for i in (1, 2)] == [1, 0]


def test_images_by_order(tmp_path, write):
    root = photos(tmp_path / "img", [f"{n}/{i}.png" for n in ("ant", "bee") for i in range(3)])
    file = write("p.csv", "true,pred\n" + "ant,bee\n" * 3 + "bee,bee\n" * 3)
    done = import_predictions(tmp_path / "s", "r", file, images=root)
    assert done.n_thumbnails == 6
    assert [red(done.study, i) for i in range(6)] == [0, 1, 2, 3, 4, 5]
    assert done.study.samples.uri.to_pylist()[4] == "bee/1.png"
    again = import_predictions(tmp_path / "s", "q", file, images=root)
    assert again.n_thumbnails == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("true,pred\nant,ant\nbee,bee\n", "2 predictions and 3 images cannot be matched by order"),
        (
            "true,pred,uri\nant,ant,x.png\nbee,bee,y.png\n",
            "no uri of the predictions, such",
        ),
        ("true,pred\nbee,ant\nbee,bee\nant,ant\n", r"different order: row 0 .* \(2 of 3 differ\)"),
    ],
)
def test_images_that_do_not_match(tmp_path, text, words, write):
    root = photos(tmp_path / "img", ["ant/0.png", "bee/1.png", "bee/2.png"])
    file = write("p.csv", text)
    with pytest.raises(StudyError, match=words):
        import_predictions(tmp_path / "s", "r", file, images=root)
    assert not (tmp_path / "s").exists()


def test_no_progress_bar_without_a_terminal(tmp_path, capfd, write):
    root = photos(tmp_path / "img", ["ant/0.png"])
    file = write("p.csv", "true,pred\nant,ant\n")
    import_predictions(tmp_path / "s", "r", file, images=root)
    assert capfd.readouterr() == ("", "")
