"""Write a version of a template in a language, and put one into force (C7). What was sent names its version for ever."""

from __future__ import annotations

import re

from dunlin.actions.doing import Who, doing
from dunlin.formats.template_variables import KINDS
from dunlin.formats.templates import check
from dunlin.records.models import Template, TemplateVersion
from dunlin.rules.codes import Refused

_KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")


def save_template(
    who: Who,
    key: str,
    language: str,
    subject: str,
    body: str,
    *,
    kind: str = "email",
    name: str = "",
    note: str = "",
) -> TemplateVersion:
    """Keep it as the next version of the template in that language, not in force yet; a new key makes a new template of `kind`.

    A version with mistakes is kept too, so that nobody loses typing; it cannot be activated. The words of the newest version are
    that version again. Refused: template_key_not_usable, template_language_not_usable, template_kind_unknown.
    """
    if not _KEY.fullmatch(key):
        raise Refused("template_key_not_usable", template=key)
    if not _LANGUAGE.fullmatch(language):
        raise Refused("template_language_not_usable", language=language)
    if kind not in KINDS:
        raise Refused("template_kind_unknown", kind=kind, kinds=", ".join(KINDS))
    with doing(who, "save_template") as act:
        defaults = {"kind": kind, "name": name.strip()[:120] or key.replace("_", " ").capitalize()}
        row, _ = Template.objects.get_or_create(key=key, defaults=defaults)
        Template.objects.select_for_update().get(pk=row.pk)
        newest = row.versions.filter(language=language).order_by("-number").first()
        if newest is not None and (newest.subject, newest.body) == (subject, body):
            return newest
        version = TemplateVersion.objects.create(
            template=row, language=language, number=(newest.number if newest else 0) + 1, subject=subject[:300], body=body,
            note=note.strip()[:200], written_at=who.now, written_by_id=who.user_id,
        )  # fmt: skip
        act.tell(about=f"template:{key}:{language}", after={"version": version.number}, cause=note)
    return version


def activate_template(who: Who, version_id: int) -> TemplateVersion:
    """Put a version into force. Refused: template_unknown, template_not_usable with the place of the first mistake."""
    with doing(who, "activate_template") as act:
        row = (
            TemplateVersion.objects.select_for_update()
            .select_related("template")
            .filter(pk=version_id)
            .first()
        )
        if row is None:
            raise Refused("template_unknown", template=version_id)
        problems = check(row.template.kind, row.subject, row.body)
        if problems:
            first = problems[0]
            raise Refused(
                "template_not_usable",
                part=first.part,
                line=first.line,
                column=first.column,
                why=first.sentence,
            )
        row.activated_at, row.activated_by_id = who.now, who.user_id
        row.save(update_fields=["activated_at", "activated_by"])
        act.tell(about=f"template:{row.template.key}:{row.language}", after={"version": row.number})
    return row
