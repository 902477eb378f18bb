"""A result of a user's files: copies, digests, and a config.yaml that runs again."""

import hashlib
from pathlib import Path

import pytest

from electrode_model.analysis.balance import configuration
from electrode_model.config.load import load
from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate
from tests.models import SINGLE
from tests.test_user_files import SHORT, P, mine, same


class TestResult:
    """A result keeps what it was made with."""

    @pytest.fixture
    def folder(self, tmp_path):
        code = (
            "import helper\nfrom electrode_model.materials.lfp import MATERIAL\n"
            "def law(dphi, c, a_e, mu, exchange):\n"
            "    return -helper.tanh(dphi + mu.total(c))\n"
        )
        mine(tmp_path / "a", code)
        mine(tmp_path / "a", "from electrode_model.symbolic import tanh\n", "helper.py")
        shape = "def shape(c):\n    return 1 + c\n"
        mine(tmp_path / "b", shape)
        (tmp_path / "cell.yaml").write_text(SINGLE, encoding="utf-8")
        overrides = [
            SHORT,
            f"{P}.material={{name: a/mine.py, diffusivity_shape: b/mine.py:shape}}",
            f"{P}.kinetics.law=a/mine.py:law",
        ]
        simulate(tmp_path / "cell.yaml", overrides=overrides, folder=tmp_path / "out")
        return tmp_path / "out"

    def test_copies_and_digests(self, folder):
        listed = Result.open(folder).summary["user_files"]
        names = ["user_files/mine.py", "user_files/helper.py", "user_files/2/mine.py"]
        assert list(listed) == names
        for name in names:
            text = (folder / name).read_bytes()
            assert listed[name]["sha256"] == hashlib.sha256(text).hexdigest()
            assert Path(listed[name]["from"]).read_bytes() == text

    def test_it_runs_again_wherever_it_is(self, folder, tmp_path):
        for path in (tmp_path / "a" / "mine.py", tmp_path / "b" / "mine.py"):
            path.unlink()
        moved = folder.rename(tmp_path / "moved")
        same(simulate(moved / "config.yaml"), Result.open(moved))
        assert configuration(Result.open(moved)).positive.particles[0].kinetics.law.name == (
            f"{moved}/user_files/mine.py:law"
        )
        first = (moved / "user_files" / "mine.py").read_bytes()
        simulate(moved / "config.yaml", folder=moved, overwrite=True)  # over itself
        assert (moved / "user_files" / "mine.py").read_bytes() == first
        same(simulate(moved / "config.yaml"), Result.open(moved))

    def test_overwriting_removes_its_own_copies_only(self, folder, tmp_path):
        (folder / "user_files" / "notes.py").write_text("mine")
        simulate(tmp_path / "cell.yaml", overrides=[SHORT], folder=folder, overwrite=True)
        left = [path.name for path in (folder / "user_files").iterdir()]
        assert left == ["notes.py"]

    def test_a_file_that_reads_another_is_named_where_it_is(self, tmp_path):
        code = (
            "from pathlib import Path\nfrom electrode_model.materials.lfp import MATERIAL\n"
            'TEXT = (Path(__file__).parent / "table.csv").read_text()\n'
        )
        file = mine(tmp_path, code)
        (tmp_path / "table.csv").write_text("1")
        (tmp_path / "cell.yaml").write_text(SINGLE, encoding="utf-8")
        overrides = [SHORT, f"{P}.material=mine.py"]
        simulate(tmp_path / "cell.yaml", overrides=overrides, folder=tmp_path / "out")
        config = load(tmp_path / "out" / "config.yaml")
        assert config.positive.particles[0].material.name == str(file)
