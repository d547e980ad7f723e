"""The link by which a calendar reads a person's follow-ups: only its fingerprint is kept."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0011_address_index")]
    operations = [
        migrations.AddField(
            model_name="user",
            name="feed_hash",
            field=models.CharField(blank=True, max_length=64, null=True, unique=True),
        ),
    ]
