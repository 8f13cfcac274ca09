"""Where a list is answered: on its room's page, as JSON and as a spreadsheet, all from one question."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, after_this_request, redirect, request

from contracts.listing import Rows
from contracts.problems import InvalidInput
from presentation.api import answer, describe, query
from presentation.by_script import by_script
from presentation.guard import requires
from presentation.language import current_language
from presentation.lists.description import ListDescription
from presentation.lists.sheet import sheet
from presentation.lists.view import Choices, ListView
from presentation.lists.workbook import MEDIA_TYPE, workbook
from presentation.zone import current_zone


def list_page(description: ListDescription, rows: Rows[Any], choices: Mapping[str, Choices] | None = None) -> ListView:
    """What the page's template hands to the list macro. Raises InvalidInput for an address that asks what is not there.

    A form sends its empty fields too; the address that stays says only what is asked.
    """
    if "" in request.args.values():
        _leave_out_empty()
    question = description.question(query(description.query))
    return ListView(description, question, rows(question), choices or {})


def _leave_out_empty() -> None:
    asked = [(name, value) for name, value in request.args.items(multi=True) if value]
    address = f"{request.path}?{urlencode(asked)}" if asked else request.path
    if not by_script():
        abort(redirect(address, 303))

    @after_this_request
    def keep(answered: Response) -> Response:
        answered.headers["HX-Push-Url"] = address
        return answered


def add_list(room: Blueprint, description: ListDescription, rows: Rows[Any]) -> None:
    """The list over HTTP: JSON page by page, and every matching row as a spreadsheet."""

    @requires(description.permission)
    @describe(description.summary, query=description.query, answers={200: description.answer}, problems=(InvalidInput,))
    def as_json() -> Response:
        part = rows(description.question(query(description.query)))
        return answer(description.answered(part), headers={"Cache-Control": "no-store"})

    @requires(description.permission)
    @describe(
        f"{description.summary}, as a spreadsheet of every page",
        query=description.query,
        answers={200: "text/csv"},
        problems=(InvalidInput,),
    )
    def as_sheet() -> Response:
        part = rows(replace(description.question(query(description.query)), page=1, size=None))
        headers = {"Content-Disposition": f'attachment; filename="{description.name}.csv"', "Cache-Control": "no-store"}
        return Response("".join(sheet(description, part.rows, current_language())), content_type="text/csv; charset=utf-8", headers=headers)

    @requires(description.permission)
    @describe(
        f"{description.summary}, as a workbook of every page",
        query=description.query,
        answers={200: MEDIA_TYPE},
        problems=(InvalidInput,),
    )
    def as_workbook() -> Response:
        part = rows(replace(description.question(query(description.query)), page=1, size=None))
        headers = {"Content-Disposition": f'attachment; filename="{description.name}.xlsx"', "Cache-Control": "no-store"}
        return Response(workbook(description, part.rows, current_language(), current_zone()), content_type=MEDIA_TYPE, headers=headers)

    endpoint = f"list_{description.name.replace('-', '_')}"
    room.add_url_rule(description.api, endpoint, as_json, methods=["GET"])
    room.add_url_rule(f"{description.api}.csv", f"{endpoint}_csv", as_sheet, methods=["GET"])
    room.add_url_rule(f"{description.api}.xlsx", f"{endpoint}_xlsx", as_workbook, methods=["GET"])
