"""A management command of a Django shop: syncs a supplier's catalog through a flow."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from decimal import Decimal
from typing import Any, TypedDict

import django
from django.conf import settings

if not settings.configured:
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=[],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
    )
    django.setup()

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, models, transaction
from django.utils.text import slugify

from stepkit import Flow, flow


class Category(models.Model):
    slug: models.SlugField[str, str] = models.SlugField(unique=True)
    name: models.CharField[str, str] = models.CharField(max_length=100)

    class Meta:
        app_label = "catalog"


class Product(models.Model):
    sku: models.CharField[str, str] = models.CharField(max_length=30, unique=True)
    name: models.CharField[str, str] = models.CharField(max_length=200)
    price: models.DecimalField[Decimal, Decimal] = models.DecimalField(max_digits=9, decimal_places=2)
    category: models.ForeignKey[Category, Category] = models.ForeignKey(Category, on_delete=models.PROTECT)

    class Meta:
        app_label = "catalog"


class Item(TypedDict):
    sku: str
    name: str
    price: str
    category: str


class SyncInput(TypedDict):
    feed: str
    dry_run: bool


class Sync(Flow[SyncInput]):
    @flow.step("parse")
    def parse(self, feed: str):
        items: list[Item] = json.loads(feed)
        return {"items": {item["sku"]: item for item in items}}

    @flow.step("compare")
    def compare(self, items):
        known = {product.sku: product for product in Product.objects.select_related("category")}
        return {
            "created": [sku for sku in items if sku not in known],
            "changed": [sku for sku, item in items.items() if sku in known and known[sku].price != Decimal(item["price"])],
            "gone": Product.objects.exclude(sku__in=list(items)).count(),
        }

    @flow.step("categories", when=lambda created, dry_run: bool(created) and not dry_run)
    def categories(self, items, created):
        ids: dict[str, int] = {}
        for sku in created:
            name = items[sku]["category"]
            category, _ = Category.objects.get_or_create(slug=slugify(name), defaults={"name": name})
            ids[name] = category.pk
        return {"category_ids": ids}

    @flow.step("write", when=lambda dry_run: not dry_run)
    def write(self, items, created, changed, category_ids=None):
        with transaction.atomic():
            for sku in created:
                item = items[sku]
                category = Category.objects.get(pk=(category_ids or {})[item["category"]])
                Product.objects.create(sku=sku, name=item["name"], price=Decimal(item["price"]), category=category)
            for sku in changed:
                Product.objects.filter(sku=sku).update(price=Decimal(items[sku]["price"]))
        return {"written": len(created) + len(changed)}


class Command(BaseCommand):
    help = "Sync the catalog with a supplier's feed"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("feed")
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, **options: Any) -> str:
        try:
            result = Sync().run_sync({"feed": options["feed"], "dry_run": options["dry_run"]})
        except json.JSONDecodeError as error:
            raise CommandError(str(error)) from error
        return f"{result.get('written', 0)} written, {result['gone']} gone, new: {', '.join(result['created'])}"


if __name__ == "__main__":
    with connection.schema_editor() as editor:
        editor.create_model(Category)
        editor.create_model(Product)
    feed = json.dumps([{"sku": "t1", "name": "Tea", "price": "4.50", "category": "Hot drinks"}])
    assert Command().handle(feed=feed, dry_run=True) == "0 written, 0 gone, new: t1"
    assert Command().handle(feed=feed, dry_run=False) == "1 written, 0 gone, new: t1"
    assert Command().handle(feed=feed.replace("4.50", "5.00"), dry_run=False) == "1 written, 0 gone, new: "
    assert Product.objects.get(sku="t1").category.slug == "hot-drinks"
