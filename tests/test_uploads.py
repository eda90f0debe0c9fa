"""What is brought gets a name of ours, in pieces and bounded, or is refused."""

import gzip
import io
import tomllib
import zipfile
from pathlib import Path

import pytest

from mosecrot_core.errors import InputError
from mosecrot_core.runs import uploads
from mosecrot_core.runs.uploads import checked_name, ending, experiment_file, inputs_folder, prepared, receive

BAD_NAMES = [
    "", ".", "..", "../x", "a/b", "/etc/x", "a\\b", "C:x", "a\0", "x\n", " x", "x.inputs", ".x", "-x", "_x",
    "caf\u00e9", "\u0430bc", "a\u202eb", "\uff21", "a" * 65, "con", "NUL", "Com1", "lpt9", "x-reviewed",
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES)
def test_no_name_of_a_run_leads_elsewhere(tmp_path, name):
    for refuses in (lambda: checked_name(name), lambda: inputs_folder(tmp_path, name)):
        with pytest.raises(InputError, match="Choose another one") as error:
            refuses()
        assert str(error.value).isprintable()


@pytest.mark.parametrize("name", ["a", "0", "Faroese_2", "a" * 64, "console", "com", "reviewed"])
def test_ordinary_names_are_kept(tmp_path, name):
    assert experiment_file(tmp_path, name).parent.parent == tmp_path


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("cc.fo.300.vec", ".vec"), ("CC.VEC.GZ", ".vec.gz"), ("a b\u200dc.bin", ".bin"), (".vec", ".vec"),
        ("x.tar.vec", ".vec"),
    ],
)  # fmt: skip
def test_only_the_ending_of_an_upload_is_taken_over(tmp_path, given, expected):
    path = receive(io.BytesIO(b"content"), given, "vectors", tmp_path)
    assert path == tmp_path / f"vectors{expected}"
    assert [path] == list(tmp_path.iterdir())
    assert path.read_bytes() == b"content"


@pytest.mark.parametrize(
    "given",
    [
        "", "vec", "x.exe", "x.vec.zip", "x.gz", "x.py", "../../x.vec", "/etc/x.vec", "..\\x.vec", "x\0.vec",
        "x\n.vec", "a\u202ecev.vec", "\ud800.vec", "x" * 252 + ".vec", "x.vec/", "x.vec ",
    ],
)  # fmt: skip
def test_an_upload_by_another_name_is_refused_and_nothing_written(tmp_path, given):
    with pytest.raises(InputError) as error:
        receive(io.BytesIO(b"content"), given, "vectors", tmp_path)
    assert str(error.value).isprintable()
    assert list(tmp_path.iterdir()) == []


def test_each_part_has_its_own_endings():
    assert ending("x.zip", "words") == ".zip"
    for part in ("vectors", "train"):
        with pytest.raises(InputError, match="ends in"):
            ending("x.zip", part)


def test_a_link_that_stands_there_is_not_followed(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "vectors.vec").symlink_to(tmp_path / "outside")
    with pytest.raises(FileExistsError):
        receive(io.BytesIO(b"content"), "x.vec", "vectors", tmp_path / "inside")
    assert not (tmp_path / "outside").exists()


class Endless(io.RawIOBase):
    """Never holds more than a piece."""

    largest = 0

    def read(self, size=-1):
        assert 0 < size <= 1 << 20, "a piece at a time"
        self.largest += size
        return bytes(size)


def test_an_upload_is_read_in_pieces_up_to_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST_MEGABYTES", {"vectors": 3})
    stream = Endless()
    with pytest.raises(InputError, match="at most 3 MB"):
        receive(stream, "x.vec", "vectors", tmp_path)
    assert stream.largest == 4 << 20
    with pytest.raises(InputError, match="empty"):
        receive(io.BytesIO(b""), "x.tsv", "train", tmp_path)


def packed(size):
    return gzip.compress(bytes(size))


def zipped(size):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vectors.npy", bytes(size))
    return buffer.getvalue()


@pytest.mark.parametrize(("pack", "name"), [(packed, "x.vec.gz"), (packed, "x.vec"), (zipped, "x.npz")])
def test_a_bomb_is_refused_before_anything_reads_it(tmp_path, monkeypatch, pack, name):
    monkeypatch.setattr(uploads, "_UNPACKED_MEGABYTES", 1)
    receive(io.BytesIO(pack(1 << 20)), name, "vectors", tmp_path).unlink()
    with pytest.raises(InputError, match=r"unpack to at most 1,048,576 were expected"):
        receive(io.BytesIO(pack((1 << 20) + 1)), name, "vectors", tmp_path)


def test_real_text_is_no_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "_UNPACKED_MEGABYTES", 0)
    text = "".join(f"word{i} {i * 0.37:.4f} {i * 0.11:.4f}\n" for i in range(20_000)).encode()
    receive(io.BytesIO(gzip.compress(text)), "x.vec.gz", "vectors", tmp_path)


def test_cut_off_gzip_is_told(tmp_path):
    with pytest.raises(InputError, match="gzip data is damaged"):
        receive(io.BytesIO(packed(5_000)[:-9]), "x.txt.gz", "words", tmp_path)


def test_an_archive_of_a_later_version_is_left_to_its_reader(tmp_path):
    later = zipped(5).replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\x72")
    with pytest.raises(NotImplementedError, match="zip file version 11"):
        zipfile.ZipFile(io.BytesIO(later))
    assert receive(io.BytesIO(later), "x.zip", "words", tmp_path).name == "words.zip"


def test_only_inputs_of_ours_are_listed(tmp_path):
    assert prepared(tmp_path / "nowhere") == []
    for name in ("good", "con", "x y", "empty"):
        (tmp_path / f"{name}.inputs").mkdir()
        if name != "empty":
            (tmp_path / f"{name}.inputs" / "experiment.yaml").write_text("")
    (tmp_path / "link.inputs").symlink_to(tmp_path / "good.inputs")
    assert prepared(tmp_path) == ["good"]


def test_the_server_takes_what_the_page_says():
    file = Path(__file__).parents[1] / "dashboard" / ".streamlit" / "config.toml"
    assert tomllib.loads(file.read_text())["server"]["maxUploadSize"] == max(
        uploads.LARGEST_MEGABYTES.values()
    )
