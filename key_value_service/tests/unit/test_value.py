"""Rules for values of bytes, and their form in JSON."""

import json
import re
from base64 import b64encode
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from key_value_service.domain.value_objects.value import MAX_BYTES, MEDIA_TYPE_PATTERN, Binary, answered_size, make_binary
from key_value_service.presentation.api.values import BinaryValue, read_binary, render_binary
from shared_kernel.domain.rules import RulesBrokenError

VALID = [
    "a/b", "image/png", "IMAGE/PNG", "image/svg+xml", "application/vnd.ms-excel", "a/" + "b" * 253, "!#$%&'*+.^_`|~-09/x",
    "text/plain;charset=utf-8", "text/plain; charset=utf-8", "text/plain \t; \tcharset=utf-8", 'a/b;c="d"', 'a/b;c=""',
    'a/b;c="\\"\\\\ é"'.replace(" é", ""), 'a/b;c="d;e/f,g"', "a/b;", "a/b;;c=d;", "a/b; ; ;", "text/json", "application/json5",
    "application/json-patch+json", 'a/b;x="application/json"',
]  # fmt: skip
INVALID = [
    "", "a", "a/", "/b", "a/b/c", " a/b", "a/b ", "a /b", "a/ b", "a/b c", "a/b,c/d", "a/b; c", "a/b; c=", "a/b; =d", "a/b; c =d",
    "a/b; c= d", 'a/b; c="d', 'a/b; c=d"', 'a/b; c="d"e', "a/b\n", "a/b\nc", "a/b;\r\nc=d",
    "a/\0", "a/b;x=application/json", "é/b", "a/b;c=é", 'a/b;c="é"',
    "a/b;c=\x7f", 'a/b;c="\n"', "[a]/b", "a@b/c",
]  # fmt: skip
OTHERS = [
    "application/json",
    "Application/JSON",
    "application/json ;a=b",
    "application/x-www-form-urlencoded",
    "multipart/form-data;b=c",
]

BASE64_PATTERN = BinaryValue.model_json_schema()["properties"]["base64"]["pattern"]

TOKENS = st.text("!#$%&'*+.^_`|~-0aZ", min_size=1, max_size=5)
QUOTED = st.text(' !#[]~aé\\"\t').map(lambda text: json.dumps(text.replace("é", "").replace("\t", "")))
PARAMETERS = st.builds("{}={}".format, TOKENS, TOKENS | QUOTED)
MEDIA_TYPES = st.builds(
    lambda kind, subtype, parameters: "; ".join([f"{kind}/{subtype}", *parameters]),
    TOKENS,
    TOKENS,
    st.lists(PARAMETERS, max_size=3),
)


def find_broken_rule(media_type: str, content: bytes = b"") -> tuple[str, str]:
    with pytest.raises(RulesBrokenError) as refused:
        make_binary(media_type, content, "the type", "the bytes")
    [violation] = refused.value.violations
    return violation.field, violation.rule


@pytest.mark.parametrize("media_type", VALID)
def test_media_types_of_rfc_9110_are_accepted(media_type: str) -> None:
    value = make_binary(media_type, b"\n", "", "")
    assert (value.media_type, value.content) == (media_type, b"\n")
    assert re.fullmatch(MEDIA_TYPE_PATTERN, media_type)


@pytest.mark.parametrize("media_type", INVALID)
def test_other_texts_are_rejected(media_type: str) -> None:
    assert find_broken_rule(media_type) == ("the type", "media_type")
    assert not re.fullmatch(MEDIA_TYPE_PATTERN, media_type)


@pytest.mark.parametrize("media_type", OTHERS)
def test_json_and_forms_are_not_bytes(media_type: str) -> None:
    assert find_broken_rule(media_type) == ("the type", "media_type")


def test_lengths_are_bounded() -> None:
    assert find_broken_rule("a/" + "b" * 254) == ("the type", "length")
    assert find_broken_rule("a/b", b"x" * (MAX_BYTES + 1)) == ("the bytes", "size")
    assert len(make_binary("a/b", b"x" * MAX_BYTES, "", "").content) == MAX_BYTES


@pytest.mark.parametrize("text", ["a/b" + ";   " * 63, "a/b;" + " ;" * 125, 'a/b;c="' + "\\" * 248, "a/b;c=" + "d" * 248])
def test_no_text_takes_long_to_be_rejected(text: str) -> None:
    begun = process_time()
    find_broken_rule(text[:254] + "\0")
    assert process_time() - begun < 0.05


@given(MEDIA_TYPES, st.binary(max_size=100))
def test_value_of_any_type_and_bytes_survives_the_form_in_json(media_type: str, content: bytes) -> None:
    value = make_binary(media_type, content, "", "")
    document = json.loads(render_binary(value))
    assert document == {"media_type": media_type, "base64": b64encode(content).decode()}
    assert re.fullmatch(BASE64_PATTERN, document["base64"])
    assert read_binary(document, "") == value
    assert answered_size(value) >= len(document["base64"])


@given(st.text(max_size=12) | st.text("AQgw+/=\n -_", max_size=12))
def test_base64_is_accepted_in_its_one_form_alone(text: str) -> None:
    document = {"media_type": "a/b", "base64": text}
    if not re.fullmatch(BASE64_PATTERN, text):
        with pytest.raises(RulesBrokenError) as refused:
            read_binary(document, "binary")
        assert [(one.field, one.rule) for one in refused.value.violations] == [("binary.base64", "encoding")]
    else:
        read_binary(document, "binary")


def test_bytes_never_equal_a_text() -> None:
    values = {Binary(b"a/b\n1"), "a/b\n1", "1", Binary(b"a/b\n"), Binary(b"b/a\n1")}
    assert len(values) == 5
