"""A cabinet from the first click to the carrier: promised, sawn and drilled by its own files, lacquered, measured, shipped."""

import csv
import io
from pathlib import Path

import ezdxf

from tests.contract.lotone.conftest import fresh_house
from tests.one_piece import made

NUMBERS = {"wall_width": 1900, "room_height": 2440, "width": 1800, "height": 780, "depth": 450}
CHOICES = ("colour.midnight", "fronts.inset", "handle.bar", "base.steel_legs", "bays.b4")


def test_a_cabinet_is_promised_sawn_drilled_lacquered_measured_and_shipped(tmp_path: Path) -> None:
    with fresh_house(tmp_path, "") as house:
        orders = made(house, "cabinet", NUMBERS, CHOICES)
        assert {"saw", "drill", "sand", "coat", "dry", "assemble", "boxes", "fit", "check", "wrap"} == orders.keys()
        files = {file.name: house.ledger.files.get(file.sha256) for file in orders["drill"].files}
        rows = {row["board"]: row for row in csv.DictReader(io.StringIO(files["cut-list.csv"].decode("utf-8-sig")))}
        assert rows["side"]["length_mm"] == "660.000"
        side = ezdxf.read(io.StringIO(files[rows["side"]["file"]].decode("ascii")))  # type: ignore[attr-defined]
        assert len(side.modelspace().query("CIRCLE")) == int(rows["side"]["holes"])
        assert b"leg.oak" not in files["pick-list.csv"]
        assert b"frame.steel" in files["pick-list.csv"]
        (sheets,) = [material.quantity for material in orders["saw"].materials if material.material == "sheet.mdf.t19"]
        assert sheets > 20_000
        nominals = {each.checkpoint: each.nominal for each in orders["assemble"].checkpoints}
        assert nominals["carcass_width"] == 1_800_000
