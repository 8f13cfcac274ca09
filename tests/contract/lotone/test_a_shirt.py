"""A shirt from the first click to the carrier: promised, cut from its own pieces, sewn, measured against own nominals, shipped."""

import io
from pathlib import Path

import ezdxf

from tests.contract.lotone.conftest import fresh_house
from tests.one_piece import made

MEASURES = {"neck": 391, "chest": 1003, "waist": 871, "hip": 1013, "sleeve": 873, "back_length": 463, "biceps": 337, "wrist": 173}
CHOICES = ("fabric.check_green", "collar.button_down", "pocket.one", "monogram.pocket", "initial.k")


def test_a_shirt_is_promised_cut_sewn_measured_and_shipped(tmp_path: Path) -> None:
    with fresh_house(tmp_path, "") as house:
        orders = made(house, "shirt", MEASURES, CHOICES)
        assert {
            "cut",
            "fuse",
            "collar",
            "embroider",
            "fronts",
            "yoke",
            "close",
            "finish",
            "buttons",
            "press",
            "inspect",
            "pack",
        } <= orders.keys()
        cut = orders["cut"]
        files = {file.name: house.ledger.files.get(file.sha256) for file in cut.files}
        pieces = ezdxf.read(io.StringIO(files["pieces.dxf"].decode("ascii")))  # type: ignore[attr-defined]
        assert {insert.dxf.name for insert in pieces.modelspace().query("INSERT")} >= {
            "FRONT_LEFT",
            "FRONT_RIGHT",
            "BACK",
            "SLEEVE",
            "POCKET",
        }
        (cloth,) = [material.quantity for material in cut.materials if material.material == "cloth.check_green"]
        assert f"{cloth} mm of cloth".encode() in files["marker.shell.en.svg"]
        nominals = {each.checkpoint: each.nominal for each in orders["inspect"].checkpoints}
        assert (nominals["finished_chest"], nominals["finished_collar"]) == (1120, 405)
