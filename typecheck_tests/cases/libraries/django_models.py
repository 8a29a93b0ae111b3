# Django models and views. Without django-stubs' own plugin the fields are what the stubs say of them.
from __future__ import annotations

from typing import TypedDict

from django.db import models
from django.http import HttpRequest, JsonResponse
from probe import assert_type
from stepkit import Flow, flow


class Article(models.Model):
    title: models.CharField[str, str] = models.CharField(max_length=100)
    parent: models.ForeignKey[Article | None, Article | None] = models.ForeignKey("self", on_delete=models.CASCADE, null=True)


class PublishIn(TypedDict):
    title: str


class Publish(Flow[PublishIn]):
    @flow.step("create")
    def create(self, title):
        article = Article(title=title)
        article.save()
        return {"article": article, "key": article.pk}

    @flow.step("answer")
    def answer(self, article, title: str, slug):  # E(slug): [stepkit-missing-key]
        return {"shown": title.upper(), "old": article.title}


def publish(request: HttpRequest) -> JsonResponse:
    result = Publish().run_sync({"title": request.POST.get("title", "")})
    assert_type(result["article"], Article)
    return JsonResponse({"shown": result["shown"]})
