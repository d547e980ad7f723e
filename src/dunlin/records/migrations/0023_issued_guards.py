"""The database refuses edits and deletions of lines and of issued documents too (records/guards.py)."""

from django.db import migrations

from dunlin.records import guards


def install(apps, schema_editor):
    guards.install(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("records", "0022_issued_documents")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
