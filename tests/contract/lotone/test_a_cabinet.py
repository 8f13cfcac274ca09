"""A cabinet from the first click to the carrier: promised, sawn and drilled by its own files, lacquered, measured, shipped."""

import csv
import hashlib
import io
from pathlib import Path

import ezdxf
import httpx

from contracts.work_order import WorkOrderDocument
from lotone.web import create_app
from lotone.wiring import House
from tests.contract.lotone.conftest import fresh_house
from tests.one_piece import made

NUMBERS = {"wall_width": 1900, "room_height": 2440, "width": 1800, "height": 780, "depth": 450}
MEDIA_TYPES = {"svg": "image/svg+xml", "csv": "text/csv", "dxf": "image/vnd.dxf"}
CHOICES = ("colour.midnight", "fronts.inset", "handle.bar", "base.steel_legs", "bays.b4")


def fetched(house: House, order: WorkOrderDocument) -> dict[str, bytes]:
    """The files of a work order as a plant's own system gets them, each as its hash says."""
    key = (house.settings.home / "simulator.key").read_text()
    transport = httpx.WSGITransport(app=create_app(house.settings, house))
    with httpx.Client(transport=transport, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {key}"}) as client:
        answers = {file: client.get(file.href) for file in order.files}
    for file, answer in answers.items():
        assert hashlib.sha256(answer.content).hexdigest() == file.sha256
        assert answer.headers["Content-Type"].partition(";")[0] == MEDIA_TYPES[file.name.rpartition(".")[2]]
    return {file.name: answer.content for file, answer in answers.items()}


def test_a_cabinet_is_promised_sawn_drilled_lacquered_measured_and_shipped(tmp_path: Path) -> None:
    with fresh_house(tmp_path, "") as house:
        orders = made(house, "cabinet", NUMBERS, CHOICES)
        assert {"saw", "drill", "sand", "coat", "dry", "assemble", "boxes", "fit", "check", "wrap"} == orders.keys()
        files = fetched(house, orders["drill"])
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
