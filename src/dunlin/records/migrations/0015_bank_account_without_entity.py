"""A bank account is there as soon as a file tells of it; whose it is may be said later."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0014_customer_portal"),
    ]

    operations = [
        migrations.AlterField(
            model_name="bankaccount",
            name="entity",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, to="records.entity"
            ),
        ),
    ]
