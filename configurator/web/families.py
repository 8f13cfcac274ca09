"""The product engineer's pages: published versions, a proposed one with what is found in it, publishing."""

from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request

from configurator.authoring import examine
from configurator.listing import ListedFamilyVersion
from configurator.proposals import Proposal, Proposals
from configurator.service import Service
from configurator.sketching import Sketch, sketch_of
from contracts.access import Permission
from contracts.model import Contract
from contracts.problems import FieldProblem, InvalidInput, NotFound, TransitionRefused
from contracts.texts import Message, Text
from presentation.api import answer, body, describe
from presentation.by_script import by_script
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.letters import printable
from presentation.lists import Column, ListDescription, add_list, list_page
from presentation.texts import render

VERSIONS = ListDescription(
    name="family-versions",
    title="families.title",
    path="/families",
    api="/api/v1/family-versions",
    summary="Every published version of every family",
    permission=Permission.PUBLISH_FAMILY,
    row=ListedFamilyVersion,
    columns=(
        Column("family", "families.family"),
        Column("version", "families.version", href="/families/{family}/{version}/edit"),
        Column("published_at", "families.published_at", "time"),
        Column("state", "families.state", "choice", "families.state."),
        Column("designs", "families.designs", "count"),
    ),
    sort="published_at",
    descending=True,
    empty="families.none",
    search="families.search",
)


class NewProposal(Contract):
    """``text``: a family file."""

    text: str


class PublishedVersion(Contract):
    family: str
    version: str
    sha256: str


def add_routes(pages: Blueprint, service: Service, proposals: Proposals) -> None:
    @pages.get(VERSIONS.path)
    @requires(VERSIONS.permission)
    def families() -> str:
        return render_template("configurator/families.html", view=list_page(VERSIONS, service.listed_versions))

    add_list(pages, VERSIONS, service.listed_versions)

    @pages.get("/families/<family>/<version>.yaml")
    @requires(Permission.PUBLISH_FAMILY)
    def family_file(family: str, version: str) -> Response:
        name = f"{family}-{version}.yaml"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'} if name.isascii() else {"Content-Disposition": "attachment"}
        return Response(service.family_text(family, version), mimetype="application/yaml", headers=headers)

    @pages.post("/families")
    @requires(Permission.PUBLISH_FAMILY)
    def propose() -> Any:
        try:
            text = _written()
        except UnicodeDecodeError:
            return _refused("families.not_text")
        if not text.strip():
            return _refused("families.no_file")
        return redirect(_page(proposals.propose(text, current_principal())), 303)

    _editing(pages, service, proposals)

    @pages.get("/families/proposals/<proposal>")
    @requires(Permission.PUBLISH_FAMILY)
    def proposed(proposal: str) -> str:
        return render_template("configurator/proposal.html", proposal=proposals.proposal(proposal), said=_said)

    @pages.post("/families/proposals/<proposal>/publish")
    @requires(Permission.PUBLISH_FAMILY)
    def publish_page(proposal: str) -> Any:
        family = proposals.publish(proposal, current_principal()).family
        said = Message(id="families.published", params={"family": family.label, "version": family.version})
        flash(render(said, current_language()), "success")
        return redirect("/families", 303)

    def accepted(proposal: str) -> Response:
        return answer(proposals.proposal(proposal), 202, {"Location": f"/api/v1/family-proposals/{proposal}"})

    @pages.post("/api/v1/family-proposals")
    @describe(
        "Have a family file examined and tested; answers at once",
        body=NewProposal,
        answers={202: Proposal},
        problems=(InvalidInput,),
        again=lambda outcome: accepted(outcome["proposal"]),
    )
    @requires(Permission.PUBLISH_FAMILY)
    def api_propose() -> Response:
        text = body(NewProposal).text
        if not text.strip():
            raise InvalidInput(errors=(FieldProblem("/text", "field.missing"),))
        return accepted(proposals.propose(text, current_principal()).proposal)

    @pages.get("/api/v1/family-proposals/<proposal>")
    @describe("What was found in a proposed version", answers={200: Proposal}, problems=(NotFound,))
    @requires(Permission.PUBLISH_FAMILY)
    def api_proposal(proposal: str) -> Response:
        return answer(proposals.proposal(proposal))

    @pages.post("/api/v1/family-proposals/<proposal>/publish")
    @describe("Make a fit proposal the family's newest version", answers={201: PublishedVersion}, problems=(NotFound, TransitionRefused))
    @requires(Permission.PUBLISH_FAMILY)
    def api_publish(proposal: str) -> Response:
        family = proposals.publish(proposal, current_principal()).family
        return answer(PublishedVersion(family=family.name, version=family.version, sha256=family.sha256), 201)


def _editing(pages: Blueprint, service: Service, proposals: Proposals) -> None:
    @pages.get("/families/<family>/<version>/edit")
    @requires(Permission.PUBLISH_FAMILY)
    def edit_version(family: str, version: str) -> str:
        return _editor(service.family_text(family, version), f"{family} {version}", f"/families/{family}/{version}.yaml")

    @pages.get("/families/proposals/<proposal>/edit")
    @requires(Permission.PUBLISH_FAMILY)
    def edit_proposal(proposal: str) -> str:
        return _editor(proposals.text(proposal), render(Message(id="families.proposal"), current_language()))

    @pages.post("/families/sketch")
    @requires(Permission.PUBLISH_FAMILY)
    def sketch() -> str:
        """What the text comes to: beside it when the script asks, else on the whole page."""
        text = _written()
        if not by_script():
            return _editor(text, request.form.get("title", ""))
        return render_template("configurator/sketch.html", sketch=_sketch(text), said=_said)

    @pages.post("/families/examination")
    @requires(Permission.PUBLISH_FAMILY)
    def examination() -> str:
        """What takes a few seconds to find; without the script "Examine and test" finds it."""
        text = _written()
        if not by_script():
            return _editor(text, request.form.get("title", ""))
        examined = examine(text, printable())
        return render_template("configurator/examination.html", examination=examined, said=_said)


def _editor(text: str, title: str, file: str = "") -> str:
    """``file``: where the text as it was opened can be fetched."""
    most = current_app.config["MAX_FORM_MEMORY_SIZE"]
    return render_template(
        "configurator/family_edit.html", text_written=text, title=title, file=file, most=most, sketch=_sketch(text), said=_said
    )


def _sketch(text: str) -> Sketch:
    return sketch_of(text, printable(), current_language())


def _written() -> str:
    """The text of the file that was sent, or what was typed; its lines end as the command line reads them. Raises UnicodeDecodeError."""
    file = request.files.get("file")
    text = request.form.get("text", "") if file is None else file.read().decode("utf-8-sig")
    return text.replace("\r\n", "\n")


def _page(proposal: Proposal) -> str:
    return f"/families/proposals/{proposal.proposal}"


def _refused(message: str) -> Any:
    flash(render(Message(id=message), current_language()), "refusal")
    return redirect("/families", 303)


def _said(message: str, params: dict[str, Any]) -> Text:
    """A finding's sentence; its parameters are figures and names of the file."""
    return Message.model_construct(id=message, params=params)
