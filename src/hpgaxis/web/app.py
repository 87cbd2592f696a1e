"""The application: which address does what, and how errors are answered."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from ..errors import HpgaxisError
from ..files import plain
from . import courses, lookup, many_men, single_men, take_away
from .guard import LOOPBACK, Guard
from .requests import (
    CoursesAsked,
    DataAsked,
    FigureAsked,
    FitAsked,
    Json,
    Man,
    PopulationAsked,
    Problem,
    ProtocolAsked,
    PulsesAsked,
    SearchAsked,
    TreatmentsAsked,
)
from .work import Busy, Cancelled, Desk, Limits

STATIC = Path(str(resources.files("hpgaxis.web") / "static"))
PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The body cannot be read."},
    401: {"model": Problem, "description": "The server needs a token."},
    403: {"model": Problem, "description": "The request comes from another page."},
    413: {"model": Problem, "description": "The request is too large."},
    421: {"model": Problem, "description": "The server does not answer to this host."},
    422: {"model": Problem, "description": "What was asked for cannot be done; the message says why."},
    429: {"model": Problem, "description": "Too many requests wait already."},
    499: {"model": Problem, "description": "The browser went away."},
}
"""Answers to requests that are refused, in a sentence."""
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/event-stream": {
                "schema": {
                    "type": "object",
                    "properties": {"event": {"enum": ["progress", "result", "error"]}, "data": {"type": "string"}},
                    "required": ["event", "data"],
                }
            }
        },
        "description": "Server-sent events: progress {done, total}, then result, or error {message}.",
    }
}


def media(kind: str, *more: str) -> dict[int | str, dict[str, Any]]:
    """The answer of a file, for the description."""
    return {200: {"content": {one: {"schema": {"type": "string"}} for one in (kind, *more)}, "description": "A file."}}


def _name(route: APIRoute) -> str:
    return route.name


def create_app(
    *, hosts: tuple[str, ...] = LOOPBACK, token: str = "", limits: Limits | None = None
) -> tuple[Guard, FastAPI]:
    """The guarded application, and the application itself (whose `openapi()` describes it).

    Parameters
    ----------
    hosts : names and addresses that requests may ask for.
    token : that every request needs; "" for none.
    limits : of the work.
    """
    app = FastAPI(
        title="hpgaxis", version=version("hpgaxis"), docs_url=None, redoc_url=None,
        openapi_url="/api/openapi.json", generate_unique_id_function=_name,
        description="Simulate the male hypothalamic-pituitary-gonadal axis. For research and teaching; not a medical "
        "device. Nothing that is sent is stored or logged.",
    )  # fmt: skip
    desk = Desk(limits or Limits())
    app.state.desk = desk
    app.include_router(_lookup_routes())
    app.include_router(_simulation_routes(desk))
    app.include_router(_longer_routes(desk))
    app.include_router(_file_routes(desk))
    _answer_errors(app)

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return Guard(app, hosts, token), app


def _lookup_routes() -> APIRouter:
    router = APIRouter(prefix="/api", responses={key: PROBLEMS[key] for key in (401, 421)})

    @router.get("/model")
    def model() -> Json:
        """Measurements with their units, diagnoses, traits, groups of men, drugs, and the typical man's levels."""
        return lookup.catalogue_of_page()

    @router.get("/axis")
    def axis() -> Json:
        """The diagram of the axis, and states, equations, parameters and sources of each organ."""
        return lookup.axis()

    @router.get("/evidence")
    def evidence() -> list[Json]:
        """Every figure of a published trial beside its prediction, with the address of its source."""
        return lookup.evidence()

    @router.get("/men")
    def men() -> Json:
        """The men under treatment that the package ships: testosterone of each over time, and his data set."""
        return single_men.measured_men()

    return router


def _simulation_routes(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/api", responses=PROBLEMS)

    @router.post("/man")
    async def man(request: Request, asked: Man) -> Json:
        """The traits that fit a man's labs, his untreated levels, and remarks."""
        return await desk.run(request, lambda step: plain(courses.matched_man(asked.patient())))

    @router.post("/protocol")
    async def protocol(request: Request, asked: ProtocolAsked) -> Json:
        """A protocol's sentence as bars and marks of a timeline; an error says at which characters."""
        return await desk.run(request, lambda step: plain(courses.read_protocol(asked)))

    @router.post("/simulate", response_model=Json)
    async def simulate(request: Request, asked: CoursesAsked) -> JSONResponse:
        """Protocols in one man over time, with visits, doses and limits of safety."""
        return JSONResponse(await desk.run(request, lambda step: courses.courses(asked, step)))

    @router.post("/pulses")
    async def pulses(request: Request, asked: PulsesAsked) -> Json:
        """A day of one man with explicit pulses."""
        return await desk.run(request, lambda step: courses.pulses(asked, step))

    @router.post("/data")
    async def data(request: Request, asked: DataAsked) -> Json:
        """The men of a data set, and how each row was read. Nothing is stored."""
        return await desk.run(request, lambda step: single_men.read_data(asked))

    return router


def _longer_routes(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/api", responses=PROBLEMS | EVENTS)

    def stream(work: Callable[[Any], Any]) -> StreamingResponse:
        return StreamingResponse(desk.events(work), media_type="text/event-stream")

    @router.post("/fit", response_class=StreamingResponse)
    async def fit(asked: FitAsked) -> StreamingResponse:
        """A man learned from his data or labs, with forecasts and their bands."""
        desk.limits.check_size(asked.members * max(len(asked.protocols), 1), asked.days)
        return stream(lambda step: single_men.learned(asked, step))

    @router.post("/optimise", response_class=StreamingResponse)
    async def optimise(asked: SearchAsked) -> StreamingResponse:
        """A protocol found for a man's goals under bounds."""
        return stream(lambda step: single_men.searched(asked, step))

    @router.post("/population", response_class=StreamingResponse)
    async def population(asked: PopulationAsked) -> StreamingResponse:
        """Virtual men before and after a protocol."""
        desk.limits.check_size(asked.count, asked.days)
        return stream(lambda step: many_men.responders(asked, step))

    @router.post("/treatments", response_class=StreamingResponse)
    async def treatments(asked: TreatmentsAsked) -> StreamingResponse:
        """A year of every standard treatment in one man."""
        return stream(lambda step: many_men.treatments(asked, step))

    return router


def _file_routes(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/api", responses=PROBLEMS)

    @router.post("/figure", response_class=Response, responses=media("image/png", "image/svg+xml"))
    async def figure(request: Request, asked: FigureAsked) -> Response:
        """A picture of the protocols over time."""
        content = await desk.run(request, lambda step: take_away.figure(asked, step))
        return Response(content, media_type=take_away.MEDIA[asked.format])

    @router.post("/report", response_class=Response, responses=media("text/html"))
    async def report(request: Request, asked: CoursesAsked) -> Response:
        """The report of the comparison as one HTML page."""
        return Response(await desk.run(request, lambda step: take_away.report(asked, step)), media_type="text/html")

    @router.post("/csv", response_class=Response, responses=media("text/csv"))
    async def csv(request: Request, asked: CoursesAsked) -> Response:
        """The time courses as CSV."""
        return Response(await desk.run(request, lambda step: take_away.table(asked, step)), media_type="text/csv")

    @router.post("/sbml", response_class=Response, responses=media("application/xml"))
    async def sbml(request: Request, asked: CoursesAsked) -> Response:
        """The first protocol in the man as SBML."""
        found = await desk.run(request, lambda step: take_away.sbml(asked, step))
        return Response(found, media_type="application/xml")

    @router.post("/python", response_class=Response, responses=media("text/plain"))
    async def python(request: Request, asked: CoursesAsked) -> Response:
        """The Python that does the same."""
        return Response(await desk.run(request, lambda step: take_away.python(asked)), media_type="text/plain")

    return router


def _answer_errors(app: FastAPI) -> None:
    def problem(status: int, message: str, **more: Any) -> JSONResponse:
        return JSONResponse({"message": message, **more}, status)

    @app.exception_handler(HpgaxisError)
    async def wrong(request: Request, error: Exception) -> JSONResponse:
        place = {name: getattr(error, name) for name in ("begin", "end") if isinstance(getattr(error, name, None), int)}
        return problem(422, str(error), **place)

    @app.exception_handler(Busy)
    async def busy(request: Request, error: Exception) -> JSONResponse:
        return problem(429, str(error))

    @app.exception_handler(Cancelled)
    async def gone(request: Request, error: Exception) -> JSONResponse:
        return problem(499, "the browser went away")

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return JSONResponse({"message": str(error.detail)}, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: Exception) -> JSONResponse:
        found = error.errors() if isinstance(error, RequestValidationError) else []
        words = [f"{'.'.join(str(part) for part in one['loc'][1:]) or 'the body'}: {one['msg']}" for one in found[:5]]
        return problem(422, "; ".join(words))
