"""Whose address is it, in whatever case it is written: asked for every mail that comes in."""

from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("records", "0010_message_guards")]
    operations = [
        migrations.AddIndex(
            model_name="contactpoint", index=models.Index(Lower("value"), name="contact_point_email")
        ),
    ]
