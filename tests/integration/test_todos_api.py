"""The todo resource, row by row of the contract."""

from typing import Any

import httpx
import pytest

from tests.support import databases


async def add(client: httpx.AsyncClient, **todo: Any) -> dict[str, Any]:
    answer = await client.post("/todos", json={"title": "Buy milk", **todo})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def ids(client: httpx.AsyncClient, query: str = "") -> list[int]:
    answer = await client.get(f"/todos{query}")
    assert answer.status_code == 200, answer.text
    return [todo["id"] for todo in answer.json()]


async def test_a_new_todo_is_answered_whole_with_its_address(client: httpx.AsyncClient) -> None:
    answer = await client.post("/todos", json={"title": "  Buy milk\n"})
    body = answer.json()
    assert answer.headers["location"] == f"http://testserver/api/v1/todos/{body['id']}"
    assert {**body, "created_at": "", "updated_at": ""} == {
        "id": body["id"],
        "title": "Buy milk",
        "description": None,
        "completed": False,
        "deadline_at": None,
        "created_at": "",
        "updated_at": "",
    }
    assert (await client.get(f"/todos/{body['id']}")).json() == body


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("2023-02-27T00:00:00", "2023-02-27T00:00:00"),
        ("2023-02-27", "2023-02-27T00:00:00"),
        ("2023-02-27 08:30:00.25", "2023-02-27T08:30:00.25"),
        ("2023-02-27T08:30:00Z", "2023-02-27T08:30:00+00:00"),
        ("2023-02-27T08:30:00+05:30", "2023-02-27T03:00:00+00:00"),
        (None, None),
    ],
)
async def test_a_deadline_comes_back_as_the_kind_it_was(
    client: httpx.AsyncClient, sent: str | None, shown: str | None
) -> None:
    body = await add(client, deadline_at=sent)
    assert body["deadline_at"] == shown
    assert (await client.get("/todos")).json()[0]["deadline_at"] == shown


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/title"),
        ({"title": ""}, "/title"),
        ({"title": " \n "}, "/title"),
        ({"title": "x" * 81}, "/title"),
        ({"title": None}, "/title"),
        ({"title": 7}, "/title"),
        ({"title": "a\x00"}, "/title"),
        ({"title": "a\rb"}, "/title"),
        ({"title": "a", "description": "x" * 121}, "/description"),
        ({"title": "a", "description": "\x1b[0m"}, "/description"),
        ({"title": "a", "completed": "true"}, "/completed"),
        ({"title": "a", "completed": 1}, "/completed"),
        ({"title": "a", "completed": None}, "/completed"),
        ({"title": "a", "deadline_at": "soon"}, "/deadline_at"),
        ({"title": "a", "deadline_at": 1677456000}, "/deadline_at"),
        ({"title": "a", "id": 1}, "/id"),
        ({"title": "a", "a/b~c": 1}, "/a~1b~0c"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_stored(
    client: httpx.AsyncClient, body: dict[str, Any], pointer: str
) -> None:
    answer = await client.post("/todos", json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert [flaw["pointer"] for flaw in answer.json()["errors"]] == [pointer]
    assert await ids(client) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"7",
        b"\xff",
        b'{"title": NaN}',
        b"[" * 60_000,
        b'{"title": "\\ud800"}',
        b'{"\\ud800": 1, "title": "a"}',
        '{"title": "a"}'.encode("utf-16"),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused(client: httpx.AsyncClient, raw: bytes) -> None:
    answer = await client.post("/todos", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert await ids(client) == []


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_another_media_type_is_refused(client: httpx.AsyncClient, media_type: str) -> None:
    answer = await client.post("/todos", content=b'{"title": "a"}', headers={"content-type": media_type})
    assert (answer.status_code, answer.json()["error"]) == (415, "Unsupported media type")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_only_the_members_given_change(client: httpx.AsyncClient, method: str) -> None:
    before = await add(client, description="Oat", deadline_at="2026-01-01")
    answer = await client.request(method, f"/todos/{before['id']}", json={"completed": True})
    after = answer.json()
    assert after == {**before, "completed": True, "updated_at": after["updated_at"]}
    assert after["updated_at"] > before["updated_at"]
    cleared = await client.request(
        method, f"/todos/{before['id']}", json={"description": None, "deadline_at": None}
    )
    assert (cleared.json()["description"], cleared.json()["deadline_at"]) == (None, None)


async def test_a_change_that_changes_nothing_leaves_the_todo_as_it_was(client: httpx.AsyncClient) -> None:
    before = await add(client, deadline_at="2026-01-01")
    for body in ({}, {"title": "Buy milk"}, {"deadline_at": "2026-01-01T00:00:00"}):
        assert (await client.put(f"/todos/{before['id']}", json=body)).json() == before


async def test_an_unknown_key_wins_over_an_unknown_id(client: httpx.AsyncClient) -> None:
    assert (await client.put("/todos/999", json={"colour": 1})).status_code == 400
    missing = await client.put("/todos/999", json={"title": "a"})
    assert (missing.status_code, missing.json()["error"]) == (404, "Todo not found")
    todo = await add(client)
    assert (await client.put(f"/todos/{todo['id']}", json={"id": todo["id"]})).status_code == 400


@pytest.mark.parametrize("todo_id", ["999", "0", str(2**63), "9" * 40, "9" * 5000, "abc", "-1"])
async def test_an_unknown_id_is_not_found(client: httpx.AsyncClient, todo_id: str) -> None:
    assert (await client.get(f"/todos/{todo_id}")).status_code == 404


async def test_deleting_twice_is_as_well(client: httpx.AsyncClient) -> None:
    todo = await add(client)
    assert (await client.delete(f"/todos/{todo['id']}")).json() == todo
    again = await client.delete(f"/todos/{todo['id']}")
    assert (again.status_code, again.json()) == (200, {})


async def test_filters_are_combined(client: httpx.AsyncClient) -> None:
    overdue = await add(client, deadline_at="2001-01-01")
    done = await add(client, deadline_at="2001-01-01T00:00:00Z", completed=True)
    later = await add(client, deadline_at="2090-01-01T00:00:00Z")
    never = await add(client)
    assert await ids(client) == [overdue["id"], done["id"], later["id"], never["id"]]
    assert await ids(client, "?window=3") == [overdue["id"], done["id"]]
    assert await ids(client, "?window=36500") == [overdue["id"], done["id"], later["id"]]
    assert await ids(client, "?completed=false") == [overdue["id"], later["id"], never["id"]]
    assert await ids(client, "?completed=true&window=0") == [done["id"]]


@pytest.mark.parametrize(
    ("title", "description", "text", "found"),
    [
        ("Buy milk", None, "MILK", True),
        ("buy", "Oat milk, two litres", "oat milk", True),
        ("Bl\u00e5b\u00e6r", None, "BL\u00c5B\u00c6R", True),
        (
            "\u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3",
            None,
            "\u03bf\u03b4\u03c5\u03c3\u03c3\u03b5\u03c5\u03c2",
            True,
        ),
        ("Buy milk", "Oat", "milk oat", False),
        ("Buy milk", None, "%", False),
        ("Buy milk", None, "b_y", False),
        ("Buy milk", None, "\\", False),
        ("100 % sure_", "a\\b", "% SURE_", True),
        ("100 % sure_", "a\\b", "a\\B", True),
        ("Two  blanks", None, "o  b", True),
        ("x" * 80, None, "X" * 80, True),
    ],
)
async def test_a_search_finds_its_text_in_title_and_description_whatever_its_case(
    client: httpx.AsyncClient, title: str, description: str | None, text: str, *, found: bool
) -> None:
    todo = await add(client, title=title, description=description)
    answer = await client.get("/todos", params={"q": text})
    assert [match["id"] for match in answer.json()] == ([todo["id"]] if found else [])


async def test_a_search_is_combined_with_the_other_filters_and_paged(client: httpx.AsyncClient) -> None:
    wanted = [(await add(client, title=f"Tea & milk {n}", deadline_at="2001-01-01"))["id"] for n in range(5)]
    await add(client, title="Tea & milk", deadline_at="2001-01-01", completed=True)
    await add(client, title="Tea & milk")
    await add(client, title="Bread", deadline_at="2001-01-01")
    found, url = [], "/todos?q=tea+%26+MILK&completed=false&window=0&limit=2"
    while url:
        answer = await client.get(url)
        found += [todo["id"] for todo in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert found == wanted


@pytest.mark.parametrize(
    "query",
    [
        "q=",
        "q=" + "x" * 81,
        "q=a%00",
        "q=%1b",
        "q=%c2%85",
        "window=-1",
        "window=x",
        "window=36501",
        "window=1.5",
        "completed=maybe",
        "completed=1",
        "limit=0",
        "limit=1001",
        "cursor=x",
    ],
)
async def test_a_bad_filter_is_refused(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/todos?{query}")
    assert answer.status_code == 400
    assert [flaw["pointer"] for flaw in answer.json()["errors"]] == ["/" + query.partition("=")[0]]


async def test_pages_follow_each_other_without_gap_or_overlap(client: httpx.AsyncClient) -> None:
    expected = [(await add(client, title=str(n), completed=n % 2 == 0))["id"] for n in range(7)]
    found, url = [], "/todos?limit=2&completed=false"
    while url:
        answer = await client.get(url)
        found += [todo["id"] for todo in answer.json()]
        url = answer.links.get("next", {}).get("url", "")
    assert found == [todo_id for n, todo_id in enumerate(expected) if n % 2]
    assert "link" not in (await client.get("/todos?limit=7")).headers


async def many(database_url: str, count: int) -> None:
    await databases.execute(
        database_url,
        "INSERT INTO todos (owner_id, title, description, completed, completed_at, deadline_at)"
        " SELECT '00000000-0000-0000-0000-000000000001', 'Nr ' || n, CASE n % 3 WHEN 0 THEN 'ø, \"x\"' END,"
        " n % 2 = 0, CASE n % 2 WHEN 0 THEN now() END, CASE n % 4 WHEN 1 THEN now() END"
        f" FROM generate_series(1, {count}) AS n",
    )


@pytest.mark.parametrize("count", [999, 1000, 1001, 2000, 2500])
async def test_all_todos_are_one_array_however_many(
    client: httpx.AsyncClient, database_url: str, count: int
) -> None:
    await many(database_url, count)
    everything, page = await client.get("/todos"), await client.get("/todos?limit=1000")
    assert everything.headers["content-type"] == page.headers["content-type"] == "application/json"
    assert "link" not in everything.headers
    assert len(everything.json()) == count
    # Written as a page is, to the last byte.
    assert everything.content.startswith(page.content.removesuffix(b"]"))
    assert len(await ids(client, "?completed=true")) == count // 2


async def test_the_head_of_all_todos_has_no_body(client: httpx.AsyncClient, database_url: str) -> None:
    await many(database_url, 1001)
    answer = await client.head("/todos")
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (
        200,
        "application/json",
        b"",
    )
