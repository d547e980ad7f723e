"""Bank files taken in, the receipts they told of, and what payers are known by."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0012_calendar_feed"),
    ]

    operations = [
        migrations.CreateModel(
            name="BankAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("currency", models.CharField(max_length=3)),
                ("tail", models.CharField(blank=True, max_length=4)),
                ("fingerprint", models.CharField(max_length=64, unique=True)),
                (
                    "entity",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="records.entity"),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="BankFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("bytes", models.PositiveBigIntegerField()),
                ("format", models.CharField(max_length=24)),
                ("variant", models.CharField(blank=True, max_length=40)),
                ("taken_at", models.DateTimeField()),
                ("entries", models.PositiveIntegerField(default=0)),
                ("new", models.PositiveIntegerField(default=0)),
                ("sums", models.JSONField(default=dict)),
                ("statements", models.JSONField(default=list)),
                ("warnings", models.JSONField(default=list)),
                ("damaged", models.JSONField(default=list)),
                (
                    "taken_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="PayerAlias",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=8)),
                ("value", models.CharField(max_length=140)),
                ("shown", models.CharField(max_length=140)),
                ("right", models.PositiveIntegerField(default=0)),
                ("wrong", models.PositiveIntegerField(default=0)),
                ("learnt_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payer_aliases",
                        to="records.customer",
                    ),
                ),
                (
                    "learnt_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "value", "customer"), name="payer_alias_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=80, unique=True)),
                ("booking_key", models.CharField(blank=True, db_index=True, max_length=80)),
                ("place", models.CharField(blank=True, max_length=80)),
                ("kind", models.CharField(max_length=8)),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField()),
                ("charges", models.BigIntegerField(default=0)),
                ("booked_on", models.DateField()),
                ("value_on", models.DateField()),
                ("received_at", models.DateTimeField()),
                ("empty_by", models.DateTimeField()),
                ("late_after", models.DateTimeField()),
                ("payer_name", models.CharField(blank=True, max_length=140)),
                ("payer_tail", models.CharField(blank=True, max_length=4)),
                ("payer_fingerprint", models.CharField(blank=True, max_length=64)),
                ("text", models.TextField(blank=True)),
                ("references", models.JSONField(default=list)),
                ("documents", models.JSONField(default=list)),
                ("bank_reference", models.CharField(blank=True, max_length=140)),
                ("end_to_end_id", models.CharField(blank=True, max_length=140)),
                ("trace", models.CharField(blank=True, max_length=80)),
                ("original_trace", models.CharField(blank=True, max_length=80)),
                ("check_number", models.CharField(blank=True, max_length=40)),
                ("return_code", models.CharField(blank=True, max_length=12)),
                ("doubt", models.CharField(blank=True, max_length=40)),
                ("state", models.CharField(default="waiting", max_length=8)),
                ("proposal", models.JSONField(blank=True, null=True)),
                ("automatic", models.BooleanField(default=False)),
                ("corrected", models.BooleanField(default=False)),
                ("question", models.CharField(blank=True, max_length=300)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="records.bankaccount",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="records.customer",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="records.bankfile",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="records.item",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("waiting", "proposed", "asked"))),
                        fields=["empty_by", "id"],
                        name="receipt_queue",
                    ),
                    models.Index(fields=["received_at"], name="receipt_received"),
                    models.Index(
                        condition=models.Q(("trace__gt", "")), fields=["trace"], name="receipt_trace"
                    ),
                    models.Index(
                        condition=models.Q(("payer_fingerprint__gt", "")),
                        fields=["payer_fingerprint"],
                        name="receipt_payer",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("waiting", "proposed", "asked", "done", "aside", "info"))
                        ),
                        name="receipt_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("credit", "debit", "return", "noc", "reversal"))),
                        name="receipt_kind_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "credit"), ("payment__isnull", False)),
                        fields=("payment",),
                        name="receipt_posted_once",
                    ),
                ],
            },
        ),
    ]
