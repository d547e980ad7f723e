"""The pages of the sign-in library speak as the rest does."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import pytest

from tests import cast

WORDS = Path(__file__).parent / "words" / "en" / "LC_MESSAGES"
FOREIGN = (
    "Two-Factor",
    "Password Reset",
    "Reset My Password",
    "Change Password",
    "Reauthenticate",
    "Deactivate",
)


@pytest.mark.django_db
def test_the_librarys_pages_have_our_words(client):
    pages = [client.get("/sign-in/password/reset/")]
    pages.append(client.post("/sign-in/login/", {"login": "nobody", "password": "wrong"}))
    assert "User name and password do not fit together." in pages[1].content.decode()
    person = cast.user("collector")
    person.set_password("wading-bird-2026")
    person.save()
    client.post("/sign-in/login/", {"login": person.username, "password": "wading-bird-2026"})
    pages += [
        client.get(f"/sign-in/{path}", follow=True)
        for path in ("password/change/", "2fa/", "2fa/totp/activate/", "reauthenticate/")
    ]
    for page in pages:
        assert page.status_code == 200
        for words in FOREIGN:
            assert words not in page.content.decode(), page.request["PATH_INFO"]


def test_the_compiled_words_are_those_written():
    with (WORDS / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    written = (WORDS / "django.po").read_text(encoding="utf-8")
    pairs = re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', written, re.MULTILINE)
    assert len(pairs) > 50
    for said, ours in pairs:
        assert compiled.gettext(said.replace('\\"', '"')) == ours.replace('\\"', '"')
