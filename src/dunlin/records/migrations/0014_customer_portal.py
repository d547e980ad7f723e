"""The customer portal: sign-in links, sessions, what is chosen to pay; whose person acted, in the diary."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0013_bank_files_and_receipts"),
    ]

    operations = [
        migrations.CreateModel(
            name="PortalSession",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("address", models.CharField(max_length=254)),
                ("opened_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="diaryline",
            name="contact",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="records.contact",
            ),
        ),
        migrations.CreateModel(
            name="PaymentChoice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField()),
                ("reference", models.CharField(max_length=25, null=True, unique=True)),
                ("content_hash", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField()),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.contact",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payment_choices",
                        to="records.customer",
                    ),
                ),
                (
                    "entity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.entity"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PaymentChoiceItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amount", models.BigIntegerField()),
                (
                    "choice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="records.paymentchoice",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="records.item"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PortalLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address_hash", models.CharField(max_length=64)),
                ("client_hash", models.CharField(max_length=64)),
                ("asked_at", models.DateTimeField()),
                ("address", models.CharField(blank=True, max_length=254)),
                ("token_hash", models.CharField(max_length=64, null=True, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["address_hash", "asked_at"], name="portal_link_address"),
                    models.Index(fields=["client_hash", "asked_at"], name="portal_link_client"),
                    models.Index(fields=["asked_at"], name="portal_link_asked"),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="paymentchoice",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="payment_choice_amount_is_above_zero"
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentchoiceitem",
            constraint=models.UniqueConstraint(fields=("choice", "item"), name="payment_choice_item_once"),
        ),
        migrations.AddConstraint(
            model_name="paymentchoiceitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="payment_choice_item_is_above_zero"
            ),
        ),
    ]
