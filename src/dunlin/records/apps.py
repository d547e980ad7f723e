from django.apps import AppConfig


class Records(AppConfig):
    name = "dunlin.records"
    label = "records"
    verbose_name = "Records"
