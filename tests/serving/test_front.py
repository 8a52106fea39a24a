"""`/` leads a browser to the desk and tells a program where to go."""

from __future__ import annotations

import pytest

from serving.front import LINKS
from tests.fixtures.service import Desk

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize("accept", [BROWSER, "text/html", "application/json;q=0.5, text/html;q=0.9", "TEXT/HTML"])
def test_a_browser_is_led_to_the_desk(desk: Desk, accept: str) -> None:
    response = desk.client.get("/", headers={"Accept": accept}, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/console")
    assert response.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    "accept",
    ["*/*", "", "application/json", "application/json, text/html", "text/html;q=0", "text/html;q=x", ";,;q=\u0663"],
)
def test_a_program_gets_links(desk: Desk, accept: str) -> None:
    response = desk.client.get("/", headers={"Accept": accept.encode()}, follow_redirects=False)
    assert response.status_code == 200
    assert response.json()["links"] == LINKS
    assert response.headers["vary"] == "Accept"


@pytest.mark.parametrize("path", LINKS.values())
def test_every_link_leads_somewhere(desk: Desk, path: str) -> None:
    assert desk.client.get(path, follow_redirects=True).status_code in (200, 401, 405)
