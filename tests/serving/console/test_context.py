"""Every template is given exactly what its context class documents, and escapes all of it."""

import dataclasses
import re
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from jinja2 import meta

from serving.console import context
from serving.console.case_page import case_page
from serving.console.context import ChangedNotice, ProblemPage, SignInPage, Viewer
from serving.console.models import context as models_context
from serving.console.rendering import Page, environment, given, render
from tests.fixtures.desk import HOSTILE, case_file, hostile_case_file, models_page, onlooker, promotion_page, queue_page
from tests.fixtures.recommendations import NOW

PAGES: list[Page] = [
    SignInPage(csrf="c", go_to="/console", problem="p"),
    queue_page(),
    queue_page(rows=0),
    queue_page(decided=True, rows=0),
    case_page(case_file(), onlooker(), NOW, next_url="/console/cases/next"),
    models_page(),
    models_context.DriftTable(
        models_context.BundleName("0123", "sha256:0123"),
        "The latest",
        (models_context.DriftRow("Breach", "4567", "1,000", "no drift", ("the base rate fell",)),),
    ),
    promotion_page(),
    ChangedNotice(text="t", url="/console/cases/1"),
    ProblemPage(title="t", detail="d"),
]
CONTEXTS = (context, models_context)
CLASSES: tuple[type[Page], ...] = typing.get_args(Page)


def sources(name: str) -> Iterator[str]:
    """The template and those it extends or includes; imported macros see only their arguments."""
    text = environment().loader.get_source(environment(), name)[0]  # type: ignore[union-attr]
    yield text
    for node in environment().parse(text).body:
        if type(node).__name__ == "Extends":
            yield from sources(node.template.value)  # type: ignore[attr-defined]
    for other in meta.find_referenced_templates(environment().parse(text)):
        if other and other not in ("parts.html", "bare.html", "desk.html"):
            yield from sources(other)


def asked(name: str) -> set[str]:
    """The names a template reads from outside."""
    return {
        found for text in sources(name) for found in meta.find_undeclared_variables(environment().parse(text))
    } - set(environment().globals)


@pytest.mark.parametrize("page", CLASSES)
def test_a_template_asks_for_exactly_the_fields_of_its_context(page: type[Page]) -> None:
    assert asked(page.template) == {field.name for field in dataclasses.fields(page)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: type(page).__name__)
def test_what_is_rendered_is_what_the_class_documents(page: Page) -> None:
    assert set(given(page)) == set(typing.get_type_hints(type(page))) - {"template"}
    assert render(page)


def documented() -> Iterator[tuple[str, Any]]:
    """The classes of the modules that say what pages are given."""
    for module in CONTEXTS:
        for name, found in vars(module).items():
            if dataclasses.is_dataclass(found) and found.__module__ == module.__name__:
                yield name, found


def test_every_page_is_tested_and_documented() -> None:
    assert {type(page) for page in PAGES} == set(CLASSES)
    for name, found in documented():
        assert (found.__doc__ or "").strip(), name
        assert not (found.__doc__ or "").startswith(f"{name}("), f"{name} has only the docstring dataclass made"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: type(page).__name__)
def test_no_page_has_inline_style_or_script_or_another_host(page: Page) -> None:
    html = render(page)
    assert " style=" not in html
    assert " on" + "click" not in html
    assert "<script>" not in html
    for prefix in ('src="', 'href="', 'action="', 'hx-get="'):
        addresses = [part.partition('"')[0] for part in html.split(prefix)[1:]]
        assert all(address.startswith(("/console", "#")) for address in addresses), addresses


@pytest.mark.parametrize("page", PAGES, ids=lambda page: type(page).__name__)
def test_nothing_but_a_digest_is_told_by_hovering_alone(page: Page) -> None:
    """Keys, touch and screen readers reach no tooltip. Of a bundle's digest the page shows what tells it apart."""
    hovered = re.findall(r'<(\w+)[^>]* title="([^"]*)"', render(page))
    assert all(told.startswith("sha256:") for _, told in hovered), hovered


@pytest.mark.parametrize("page", PAGES, ids=lambda page: type(page).__name__)
def test_every_row_of_a_table_has_a_name(page: Page) -> None:
    for body in re.findall(r"<tbody.*?</tbody>", render(page), re.DOTALL):
        for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL):
            assert row.count('scope="row"') >= 1, row


def test_more_roles_than_fit_are_listed_where_everybody_reaches_them() -> None:
    roles = ("pricing desk", "returns desk", "store finance")
    html = render(
        case_page(case_file(), dataclasses.replace(onlooker(), viewer=Viewer("mara", roles, "t")), NOW, next_url="")
    )
    assert "<summary>3 roles</summary><ul><li>pricing desk</li>" in html


def strings(value: Any) -> Any:
    """The value with every text in it replaced by hostile text."""
    if isinstance(value, str) and type(value) is str:
        return HOSTILE
    if isinstance(value, tuple):
        return tuple(strings(each) for each in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {field.name: strings(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **changed)
    return value


@pytest.mark.parametrize("page", PAGES, ids=lambda page: type(page).__name__)
def test_text_never_becomes_markup(page: Page) -> None:
    html = render(strings(page))
    assert "<img" not in html
    assert "<script>alert" not in html
    assert '"onmouseover' not in html


def test_a_hostile_case_stays_text_all_the_way() -> None:
    html = render(case_page(hostile_case_file(), onlooker(), NOW, next_url=""))
    assert "<img" not in html
    assert "<script>alert" not in html
    assert "&lt;img src=x" in html


def test_contexts_hold_no_markup_but_the_drawings() -> None:
    holders = [
        (name, field.name)
        for name, found in documented()
        for field in dataclasses.fields(found)
        if "Markup" in str(field.type)
    ]
    assert holders == [("PredictionView", "drawing"), ("PromotionPage", "drawing")]


def test_pages_are_named_for_their_templates() -> None:
    assert {page.template for page in CLASSES} == {
        name
        for name in environment().list_templates()
        if name not in ("bare.html", "desk.html", "mark.html", "parts.html", "queue_list.html")
    }
