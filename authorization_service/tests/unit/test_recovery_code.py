"""Recovery codes, names of factors, and the strength of an authentication."""

from datetime import UTC, datetime

import pytest

from authorization_service.domain.value_objects.authentication import Authentication, Method, combine
from authorization_service.domain.value_objects.factor_name import FactorName
from authorization_service.domain.value_objects.one_time_token import OneTimeToken
from authorization_service.domain.value_objects.recovery_code import RecoveryCode, new_recovery_codes
from shared_kernel.domain.rules import RulesBrokenError

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def test_code_is_the_same_in_any_spelling() -> None:
    code = RecoveryCode.new()
    for text in (code.text, code.value, code.text.upper(), f"  {code.text.replace('-', ' ')}\n"):
        assert RecoveryCode.parse(text) == code
    assert len(code.text) == 19
    assert code.value not in repr(code)
    assert len({each.hash for each in new_recovery_codes()}) == 10


@pytest.mark.parametrize("text", ["", "123456", "abcd-efgh-ijkl-mno", "abcd-efgh-ijkl-mno1", "abcd-efgh-ijkl-mnop-q", "я" * 16])
def test_other_texts_are_no_codes(text: str) -> None:
    assert RecoveryCode.parse(text) is None


def test_tokens_of_a_step_are_random_and_not_shown() -> None:
    token = OneTimeToken.new()
    assert OneTimeToken.parse(token.text) == token
    assert token.text not in repr(token)
    assert token.digest != OneTimeToken.new().digest


@pytest.mark.parametrize("name", ["x", "Телефон Анны", "key " + "x" * 60])
def test_names_of_factors(name: str) -> None:
    assert FactorName(name).value == name


@pytest.mark.parametrize("name", ["", " x", "x ", "a\nb", "a\u202eb", "x" * 65, "\ud800"])
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(RulesBrokenError):
        FactorName(name)


def test_strength_of_an_authentication() -> None:
    by_code = combine([Method.PASSWORD], [Method.ONE_TIME_PASSWORD])
    by_key = combine([Method.PASSWORD], [Method.KEY])
    assert (by_code, by_key) == (("pwd", "otp", "mfa"), ("pwd", "swk", "mfa"))
    for methods, strength in (((Method.PASSWORD,), "1"), (by_code, "2"), (by_key, "phr"), (("swk",), "1")):
        authentication = Authentication(NOW, methods)
        assert authentication.context_class == strength
        assert authentication.is_multi_factor is (strength != "1")
