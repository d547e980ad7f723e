from django.db import migrations, models


class Migration(migrations.Migration):
    """Nobody stated the zone UTC: it was the default. The table is left as it is, for the default lives in the model."""

    dependencies = [
        ("records", "0005_search_by_digits_names_orders"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="customer",
                    name="time_zone",
                    field=models.CharField(blank=True, max_length=64),
                ),
            ],
        ),
        migrations.RunSQL(
            "UPDATE records_customer SET time_zone = '' WHERE time_zone = 'UTC'", migrations.RunSQL.noop
        ),
    ]
