"""Invoices in Django: a model, a flow over it, a view that starts the flow and one that goes on with it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import TypedDict

import django
from django.conf import settings

if not settings.configured:
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=[],
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()

from django.db import connection, models
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.test import RequestFactory
from django.urls import path
from django.views import View
from django.views.decorators.http import require_POST

from stepkit import Flow, flow


class Invoice(models.Model):
    number: models.CharField[str, str] = models.CharField(max_length=20, unique=True)
    customer: models.CharField[str, str] = models.CharField(max_length=100)
    net: models.DecimalField[Decimal, Decimal] = models.DecimalField(max_digits=10, decimal_places=2)
    due: models.DateField[date | None, date | None] = models.DateField(null=True)
    paid: models.BooleanField[bool, bool] = models.BooleanField(default=False)

    class Meta:
        app_label = "billing"

    def gross(self) -> Decimal:
        return self.net * Decimal("1.19")


class SavedRun(models.Model):
    invoice: models.CharField[str, str] = models.CharField(max_length=20, primary_key=True)
    step: models.CharField[str, str] = models.CharField(max_length=100)
    checkpoint: models.TextField[str, str] = models.TextField()

    class Meta:
        app_label = "billing"


class RemindInput(TypedDict):
    number: str
    today: date


class Remind(Flow[RemindInput]):
    @flow.step("load")
    def load(self, number: str):
        invoice = Invoice.objects.get(number=number)
        return {"customer": invoice.customer, "gross": invoice.gross(), "due": invoice.due, "paid": invoice.paid}

    @flow.step("overdue")
    def overdue(self, today: date, due: date | None, paid: bool):
        if due is None or paid:
            return {"days": 0}
        return {"days": max((today - due).days, 0)}

    @flow.step("fee", when=lambda days: days > 30)
    def fee(self, gross: Decimal):
        return {"fee": (gross * Decimal("0.05")).quantize(Decimal("0.01"))}

    @flow.step("letter")
    def letter(self, customer: str, gross: Decimal, days: int, fee: Decimal = Decimal(0)):
        text = f"Dear {customer}, {gross + fee:.2f} EUR"
        return {"letter": text if days == 0 else f"{text}, {days} days late"}


def save(event: Remind.Event) -> None:
    SavedRun.objects.update_or_create(
        invoice=event.context["number"], defaults={"step": event.step_name, "checkpoint": event.checkpoint}
    )


@require_POST
def remind(request: HttpRequest, number: str) -> HttpResponse:
    if not Invoice.objects.filter(number=number).exists():
        raise Http404(number)
    result = Remind().run_sync({"number": number, "today": date(2026, 3, 1)}, on_step_complete=save)
    return JsonResponse({"letter": result["letter"], "fee": str(result.get("fee", ""))})


class ResumeView(View):
    flow_class = Remind

    def post(self, request: HttpRequest, number: str) -> JsonResponse:
        run = get_object_or_404(SavedRun, invoice=number)
        result = self.flow_class().run_checkpoint_sync(run.checkpoint)
        return JsonResponse({"letter": result["letter"], "days": result["days"] + 0})


urlpatterns = [path("remind/<str:number>", remind), path("resume/<str:number>", ResumeView.as_view())]


def main() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(Invoice)
        editor.create_model(SavedRun)
    due = date(2026, 3, 1) - timedelta(days=40)
    Invoice.objects.create(number="i-1", customer="Ana", net=Decimal("100.00"), due=due)
    factory = RequestFactory()
    first = json.loads(remind(factory.post("/remind/i-1"), "i-1").content)
    assert first == {"letter": "Dear Ana, 124.95 EUR, 40 days late", "fee": "5.95"}, first
    response = ResumeView.as_view()(factory.post("/resume/i-1"), number="i-1")
    assert isinstance(response, JsonResponse) and json.loads(response.content)["letter"] == first["letter"]


if __name__ == "__main__":
    main()
