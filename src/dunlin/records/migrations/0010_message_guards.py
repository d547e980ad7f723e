"""The database refuses edits and deletions of a message's steps too (records/guards.py)."""

from django.db import migrations

from dunlin.records import guards


def install(apps, schema_editor):
    guards.install(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("records", "0009_messages_mail_processes")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
