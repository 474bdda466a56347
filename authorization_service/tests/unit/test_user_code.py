import pytest

from authorization_service.domain.value_objects.user_code import UserCode


def test_code_is_understood_as_people_type_it() -> None:
    code = UserCode.new()
    for typed in (str(code), code.text, str(code).lower(), f" {code.text[:2]} {code.text[2:]} "):
        assert UserCode.parse(typed) == code


@pytest.mark.parametrize("typed", ["", "BCDF-GHJ", "BCDF-GHJKL", "ACDF-GHJK", "BCDF-GHJ1", "БCDF-GHJK"])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert UserCode.parse(typed) is None
