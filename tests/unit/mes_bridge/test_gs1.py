"""Are GS1 keys checked by their digits and written as the standard has them?"""

import pytest

from contracts.gs1 import check_digit, gtin14, is_gtin, piece_path, piece_uri, serial_of

# Numbers of the GS1 General Specifications and of its published examples.
RIGHT = ("6291041500213", "4006381333931", "036000291452", "96385074", "09506000134352")


@pytest.mark.parametrize("gtin", RIGHT)
def test_a_number_of_each_length_has_the_right_check_digit(gtin: str) -> None:
    assert is_gtin(gtin)
    assert gtin14(gtin)[-1] == str(check_digit(gtin14(gtin)[:-1])), "zeros in front change nothing"


@pytest.mark.parametrize("gtin", RIGHT)
def test_a_wrong_digit_is_found(gtin: str) -> None:
    for place, digit in enumerate(gtin):
        wrong = gtin[:place] + str((int(digit) + 1) % 10) + gtin[place + 1 :]
        assert not is_gtin(wrong)


@pytest.mark.parametrize("text", ["", "1234567", "400638133393X", "٤٠٠٦٣٨١٣٣٣٩٣١", "4006381333931 "])
def test_what_is_no_number_is_none(text: str) -> None:
    assert not is_gtin(text)


def test_a_piece_is_called_by_its_digital_link() -> None:
    serial = serial_of("piece_1K0ZQQER9ZH1QZBT2D6S2V4WY")
    assert (len(serial), serial[-5:]) == (20, "2V4WY")
    assert piece_path("6291041500213", serial) == f"/01/06291041500213/21/{serial}"
    assert piece_uri("6291041500213", "a/b") == "https://id.gs1.org/01/06291041500213/21/a%2Fb"
